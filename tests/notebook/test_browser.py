"""A student's way in JupyterLab: type, check, read, mend, pass, hand in. In a real browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from autograder.course import submission
from tests.catalogue import ROOT
from tests.notebook import lab

AND = """\
def and_gate():
    return [2.0, 2.0], {}"""
OR = """\
def or_gate():
    return [2.0, 2.0], -1.0"""

SCREENSHOTS = "AUTOGRADER_SCREENSHOTS"
"""A folder for pictures of what the student sees; none by default. The variable `AUTOGRADER_THEME` is Light or Dark."""


@pytest.mark.slow
def test_a_solution_is_typed_checked_mended_and_passes(tmp_path: Path) -> None:
    for name in ("xor_torch.ipynb", "xor_keras.ipynb"):
        shutil.copy(ROOT / "assignments/xor" / name, tmp_path / name)
    shutil.copy(ROOT / "grading.yml", tmp_path)
    (tmp_path / "assignments").symlink_to(ROOT / "assignments")
    with lab.server(tmp_path, os.environ.get("AUTOGRADER_THEME", "Light")) as address, lab.browser() as browser:
        opened = lab.Lab(browser.new_page(), address, tmp_path / "xor_torch.ipynb")
        for setup in ('FRAMEWORK = "torch"', "grader = Notebook"):
            opened.run(setup)
        opened.type("def or_gate", f"{OR}\n\n\n{AND.format(-1.0)}")
        opened.run("def or_gate")
        stale = opened.run('grader.check("gates")').inner_text()
        assert "Checked the last saved version of xor_torch.ipynb, this notebook." in stale
        assert "save the notebook, then check again" in stale
        opened.save()
        failed = opened.run('grader.check("gates")')
        text = failed.inner_text()
        assert "save the notebook" not in text
        for word in ("This is OR", "and_gate() on the corners", "[0, 1, 1, 1]", "[0, 0, 0, 1]"):
            assert word in text
        _keep(failed, "failure.png")
        opened.type("def or_gate", f"{OR}\n\n\n{AND.format(-3.0)}")
        opened.run("def or_gate")
        opened.save()
        passed = opened.run('grader.check("gates")')
        assert "✗" not in passed.inner_text()
        assert "This is OR" not in passed.inner_text()
        _keep(passed, "pass.png")
        opened.type("grader.hand_in", 'grader.hand_in("Ada Lovelace")')
        handed_in = opened.run("grader.hand_in")
        assert "xor_Ada-Lovelace.zip  written: xor_torch.ipynb as saved on" in handed_in.inner_text()
        _keep(handed_in, "handed_in.png")
    read = submission.read(tmp_path / "xor_Ada-Lovelace.zip", "ada", "xor")
    assert read.content == (tmp_path / "xor_torch.ipynb").read_bytes()


def _keep(output: Locator, name: str) -> None:
    if folder := os.environ.get(SCREENSHOTS):
        output.scroll_into_view_if_needed()
        output.page.screenshot(path=Path(folder, name))
