"""The only exceptions that cross a module's border."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LimitName = Literal["time", "memory", "GPU memory", "output", "processes", "files", "process", "wire"]
"""What a submission can run past. `process`: its process ended; `wire`: its process sent a malformed answer."""


@dataclass(frozen=True)
class Place:
    """Where in a student's file something happened: `cell 3, line 2` and the text of that line."""

    where: str
    code: str


class StudentError(Exception):
    """The student's code raised, or is not there. `kind` is the exception's class name, `message` its bounded text."""

    def __init__(self, kind: str, message: str, place: Place | None = None, likely: str = "") -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        self.place = place
        self.likely = likely


class LimitExceeded(Exception):
    """The student's code ran past a limit, or ended its process."""

    def __init__(self, limit: LimitName, used: str, allowed: str) -> None:
        super().__init__(f"{limit}: {used}, allowed {allowed}")
        self.limit: LimitName = limit
        self.used = used
        self.allowed = allowed


class Deferred(Exception):
    """A check cannot be run on this machine, through nobody's fault: it counts nowhere. The text says why."""


class GraderError(Exception):
    """The grader itself failed. No score is given."""


class UsageError(Exception):
    """What the user asked for cannot be done: each problem in a sentence with its place and remedy. Exit code 2."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class CheckFailed(Exception):
    """A check found something wrong, in five sentences (`read` is filled in from the check's part)."""

    tried: str
    saw: str
    expected: str
    likely: str = ""
    read: str = field(default="")
    place: str = field(default="")
    """Where the student's code raised: `cell 3, line 2`."""

    def __str__(self) -> str:
        return f"tried {self.tried}; saw {self.saw}; expected {self.expected}"
