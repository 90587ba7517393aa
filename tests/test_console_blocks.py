"""Every command in the `console` blocks of the README and of `docs/` is run, here or by a test that is named here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import command
from tests.catalogue import ROOT
from tests.test_class import CLASS

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
ELSEWHERE = {
    "docs/ci.md": "tests/formats/test_pages.py",
    "docs/cluster.md": "tests/cluster/test_docs.py",
    "docs/gradescope.md": "tests/formats/test_pages.py",
    "docs/nbgrader.md": "tests/nbgrader/test_docs.py",
    "docs/otter.md": "tests/formats/test_pages.py",
    "docs/semester.md": "tests/people/test_semester.py",
    "docs/similarity.md": "tests/similarity/test_command.py",
}
"""Pages whose commands another test runs in order, together with the steps that the page describes in words."""
NOT_RUN = {
    "make demo": "sets up an environment; tests/test_class.py grades the class",
    "make test": "runs this test",
    "make exercise NAME=averaging": "takes minutes; tests/test_new.py runs its steps",
    "autograder new averaging": "tests/test_new.py runs it",
    "make dist": "sets up an environment; tests/test_wheel.py builds what it builds",
    'pip install "deep-learning-autograder[torch]" jupyterlab': "changes the environment; the extras are looked up instead",
    "pip install pytest": "changes the environment; pytest runs this test",
    "jupyter lab xor/xor_torch.ipynb": "starts a server that does not end",
    'pip install "deep-learning-autograder[serve]"': "changes the environment; the extras are looked up instead",
    "autograder serve results": "starts a server that does not end; tests/serving runs it",
    "autograder grade submitted --watch": "does not end; tests/test_grade_watch.py runs it",
}
"""Commands that no test runs → the reason."""
EXIT_CODES = {
    "autograder check xor/xor_torch.ipynb --part gates": 1,
    "autograder check --config release/grading.yml release/assignments/xor/xor_torch.ipynb": 1,
    'autograder handin xor/xor_torch.ipynb --name "Ada Lovelace"': 2,
    "pytest xor/xor_torch.ipynb -k gates -x": 1,
    "pytest xor --junitxml checks.xml": 1,
}
"""Commands with an exit code other than 0: the notebook that they check, or hand in, is the stub."""
COPIED = ("assignments", "autograder", "shared", "solutions")
BESIDE = ("grading.yml", "pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE", "requirements.lock")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _lines(page: Path) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def commands(page: Path) -> list[str]:
    """The commands, without their trailing comments."""
    return [re.sub(r"\s+# .*", "", line.removeprefix("$ ")) for line in _lines(page)]


RUN_HERE = [page for page in PAGES if _name(page) not in ELSEWHERE and set(commands(page)) - set(NOT_RUN)]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project with one student's submission."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(CLASS / "submitted" / "ada", tmp_path / "submitted" / "ada")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_HERE, ids=_name)
def test_every_command_of_the_page_works(page: Path, copy: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in commands(page):
        if line in NOT_RUN:
            continue
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=copy,
            env=command.environment(PATH=path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=command.SECONDS,
            check=False,
        )
        assert done.returncode == EXIT_CODES.get(line, 0), f"$ {line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_stand_in_console_blocks_with_a_prompt(page: Path) -> None:
    assert not re.findall(r"^```(?:sh|bash|shell)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert not [line for line in _lines(page) if not line.startswith("$ ")]


def test_pages_with_a_test_of_their_own_have_it() -> None:
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")
        assert _lines(ROOT / page)


def test_every_exception_is_still_on_a_page() -> None:
    found = {line for page in PAGES for line in commands(page)}
    assert set(NOT_RUN) | set(EXIT_CODES) <= found


def test_the_extras_that_the_pages_install_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        extra
        for page in PAGES
        for line in commands(page)
        for group in re.findall(r"^pip install .*\[([\w,]+)\]", line)
        for extra in group.split(",")
    }
    assert named and named <= set(extras)
