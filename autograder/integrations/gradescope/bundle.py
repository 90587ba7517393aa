"""`autograder.zip`, which an instructor uploads to a programming assignment on Gradescope."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from autograder.course.policy import Policy
from autograder.integrations import gradescope
from autograder.release import bundle

SCRIPTS = ("setup.sh", "run_autograder")
SETTINGS = "gradescope.json"
UNFINISHED = "unfinished.json"


class Settings(Struct, frozen=True):
    """The settings of `run` besides the policy."""

    exercise: str
    allow_weak: bool = False
    """Grade even if student code cannot be sandboxed."""


def archive(policy: Policy, exercise: str, *, allow_weak: bool = False) -> bytes:
    """The zip file. Raises `UsageError` if the exercise is incomplete."""
    files = bundle.pack(policy, exercise)
    here = Path(__file__).parent
    files |= {name: (here / name).read_bytes() for name in SCRIPTS}
    files[SETTINGS] = msgspec.json.encode(Settings(exercise, allow_weak)) + b"\n"
    files[UNFINISHED] = gradescope.unfinished("The autograder did not finish. There is no grade yet: run it again.")
    return bundle.archive(files, executable=SCRIPTS)
