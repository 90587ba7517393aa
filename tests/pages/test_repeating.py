"""The commands on a page repeat the grading: run in a shell, they draw the same challenges."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.results import form
from tests import command, toy

WRONG = toy.RIGHT.replace("return 2 * x", "return 3 * x")


@pytest.mark.slow
def test_the_commands_on_a_page_repeat_the_grading(tmp_path: Path) -> None:
    toy.project(tmp_path)
    toy.write(tmp_path / "submitted/o'ada/toy/toy.py", WRONG)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(line: str) -> None:
        done = subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=tmp_path,
            env=command.environment(PATH=path),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    run("autograder grade submitted")
    page = (tmp_path / "results/o'ada/toy.html").read_text("utf-8")
    (commands,) = re.findall(r"<pre [^>]*data-copy[^>]*>(.*?)</pre>", page, re.DOTALL)
    run(html.unescape(commands))
    first, again = (form.read(tmp_path / each / "o'ada/toy.json") for each in ("results", "repeated/results"))
    assert (again.seed, again.source, again.digest) == (first.seed, first.source, first.digest)
    assert [(check.status, check.saw) for check in again.checks] == [
        (check.status, check.saw) for check in first.checks
    ]
    assert any(check.status == "failed" and check.saw for check in first.checks)
