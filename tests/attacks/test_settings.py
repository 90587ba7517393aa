"""Attacks that depend on the user's privileges, as an ordinary user and in containers with Docker's defaults.

To run the whole corpus: `python -m tests.attacks.settings container python -m pytest tests/attacks/test_attacks.py`.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.attacks.settings import SETTINGS, Setting, command, missing
from tests.catalogue import ROOT

LEVELS = {"user": {"strong", "standard"}, "container": {"standard"}, "container-user": {"standard"}}
"""A system may refuse namespaces to its users; Docker does."""

PART = (
    "reading_", "(running_the_solution and torch)", "network_", "writing_outside", "changing_modes",
    "becoming_root", "odd_system_calls", "signals_", "memory_of", "memory_in_memfd", "memory_shared",
    "limits_of_the_grader", "daemons", "orphans_that_fork", "fork_bomb", "disk_full", "closed_folder",
    "folder_that_stays", "temporary_files", "links_in", "raised_limits", "shadowing_modules",
    "answer_through_a_child", "secrets_of", "siblings_with", "file_in_", "hidden_from", "names_outside",
    "leaving_the_view", "priority_of",
)  # fmt: skip

OTHERS = ("(training_scores and torch)", "every_layer", "test_walls", "SIGKILL")


@pytest.fixture(scope="module", autouse=True)
def settings_can_be_had() -> None:
    if why := missing():
        pytest.skip(why)


def inside(setting: Setting, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(setting, *words), cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_level(setting: Setting) -> None:
    """As `doctor` says it, which would try much else."""
    says = "from autograder.grading import preflight; print(preflight.isolation().said)"
    found = inside(setting, sys.executable, "-c", says)
    assert found.stdout.partition(":")[0] in LEVELS[setting], found


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_attacks_and_honest_submissions(setting: Setting) -> None:
    found = inside(
        setting,
        # One process: it starts one zygote of each framework, and the other processors are busy with other tests.
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("tests/attacks/test_attacks.py", "tests/attacks/test_honest.py", "tests/test_walls.py"),
        "tests/test_survivors.py",
        *("-k", " or ".join((*PART, *OTHERS))),
    )
    assert found.returncode == 0, found.stdout[-8000:] + found.stderr[-2000:]
    assert " passed" in found.stdout
