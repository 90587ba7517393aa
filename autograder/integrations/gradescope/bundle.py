"""`autograder.zip`: what an instructor uploads to a programming assignment of Gradescope."""

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
    """What `run` needs to know beside the policy."""

    exercise: str
    allow_weak: bool = False
    """Grade also where student code cannot be walled in."""


def archive(policy: Policy, exercise: str, *, allow_weak: bool = False) -> bytes:
    """The zip. Raises `UsageError` where the exercise is not there as a whole."""
    files = bundle.pack(policy, exercise)
    here = Path(__file__).parent
    files |= {name: (here / name).read_bytes() for name in SCRIPTS}
    files[SETTINGS] = msgspec.json.encode(Settings(exercise, allow_weak)) + b"\n"
    files[UNFINISHED] = gradescope.unfinished("The autograder did not finish. No grade was given: run it again.")
    return bundle.archive(files, executable=SCRIPTS)
