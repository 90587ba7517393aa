"""The pages for Gradescope, otter and CI: every command in them is run, in order, in a course's folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import command
from tests.catalogue import ROOT
from tests.test_class import CLASS, SCORES

SECONDS = 900
ADA = SCORES["ada"]


def _commands(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert found and all(found)
    return found


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "grading.yml").write_text(f"extends: {CLASS / 'grading.yml'}\n")
    handed_in = CLASS / "submitted" / "ada" / "xor" / "xor.ipynb"
    shutil.copy(handed_in, tmp_path / "xor_torch.ipynb")
    (tmp_path / "submitted" / "ada" / "xor").mkdir(parents=True)
    shutil.copy(handed_in, tmp_path / "submitted" / "ada" / "xor")
    return tmp_path


def _run(course: Path, page: str) -> list[str]:
    printed: list[str] = []
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    modules = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
    for line in _commands(page):
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=course,
            env=command.environment(PATH=path, PYTHONPATH=modules, PIP_DISABLE_PIP_VERSION_CHECK="1"),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
    return printed


def _total(results: dict[str, Any]) -> float:
    return sum(test.get("score", 0) for test in results["tests"])


@pytest.mark.slow
def test_gradescope(course: Path) -> None:
    printed = _run(course, "gradescope.md")
    assert _total(json.loads(printed[-1])) == ADA


@pytest.mark.slow
def test_otter(course: Path) -> None:
    _run(course, "otter.md")
    assert _total(json.loads((course / "results.json").read_bytes())) == ADA


@pytest.mark.slow
def test_ci(course: Path) -> None:
    _run(course, "ci.md")
    (suite,) = ElementTree.parse(course / "junit.xml").getroot()
    assert suite.get("failures") == "0"
    assert json.loads((course / "ada.json").read_bytes())["student"]
    assert (course / "canvas.csv").read_text().splitlines()[-1] == f"ada,,,ada,,{ADA}"
    assert (course / "moodle.csv").read_text().splitlines()[-1].startswith(f"ada,{ADA},")
    assert (course / "summary.md").is_file()


def test_the_pages_name_every_format_and_input() -> None:
    from autograder.commands.formats import Format

    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in Format)
    action = (ROOT / "action.yml").read_text()
    inputs = re.findall(r"^  (\w+):$", action[action.index("inputs:") : action.index("runs:")], re.MULTILINE)
    assert inputs and all(f"`{name}`" in text for name in inputs)
