"""The contributor's tools: complete help, hooks that run installed tools, and a page whose commands and links exist."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from tests.catalogue import ROOT

SCRIPTS = Path(sysconfig.get_path("scripts"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def test_help_names_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([a-z-]+)", shown, re.MULTILINE)) == TARGETS - {"help"}
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony and set(phony[1].split()) == TARGETS


def test_hooks_are_local_and_valid() -> None:
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    assert all(hook["language"] == "system" for hook in HOOKS[0]["hooks"])
    subprocess.run([SCRIPTS / "pre-commit", "validate-config"], cwd=ROOT, check=True)


@pytest.mark.parametrize("command", [hook["entry"] for hook in HOOKS[0]["hooks"]])
def test_a_hook_runs_what_make_runs(command: str) -> None:
    program = command.removeprefix(".venv/bin/").split()[0]
    assert (SCRIPTS / program).is_file()
    assert f"$(BIN)/{program}" in MAKEFILE


def test_the_page_names_targets_and_files_that_exist() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= TARGETS
    files = [name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", page) if not name.startswith((".venv", "build"))]
    assert files and [name for name in files if not (ROOT / name).exists()] == []
    assert len(page.splitlines()) < 100, "one page"
