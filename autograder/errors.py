"""The only exceptions that cross module boundaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LimitName = Literal["time", "memory", "GPU memory", "output", "processes", "files", "process", "wire"]
"""Limits that a submission can exceed. `process`: its process ended; `wire`: its process sent a malformed response."""


@dataclass(frozen=True)
class Place:
    """A location in a student's file: `cell 3, line 2`, and the text of that line."""

    where: str
    code: str


class StudentError(Exception):
    """The student's code raised an exception, or a name is not defined.

    `kind` is the exception's class name, `message` its truncated text.
    """

    def __init__(self, kind: str, message: str, place: Place | None = None, likely: str = "") -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        self.place = place
        self.likely = likely


class LimitExceeded(Exception):
    """The student's code exceeded a limit, or ended its process."""

    def __init__(self, limit: LimitName, used: str, allowed: str) -> None:
        super().__init__(f"{limit}: {used}, allowed {allowed}")
        self.limit: LimitName = limit
        self.used = used
        self.allowed = allowed


class NotAskedAgain(Exception):
    """A check calls a function of the student's that ran past its time limit in an earlier check.

    `caller`: the function that the check calls, if that one only uses it.
    """

    def __init__(self, function: str, earlier: str, caller: str = "") -> None:
        uses = f"`{caller}` uses `{function}`, which" if caller else f"`{function}`"
        super().__init__(f"{uses} ran past its time limit in {earlier}")
        self.function = function
        self.earlier = earlier
        """The id of that check."""


class Deferred(Exception):
    """A check cannot be run on this machine, through nobody's fault, and is not counted. The message says why."""


class GraderError(Exception):
    """The grader itself failed. No score is given."""


class UsageError(Exception):
    """The user's request cannot be carried out: one sentence per problem, with its place and remedy. Exit code 2."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class CheckFailed(Exception):
    """A check failed; described in five sentences (`read` is filled in from the check's part)."""

    tried: str
    saw: str
    expected: str
    likely: str = ""
    read: str = field(default="")
    place: str = field(default="")
    """Where the student's code raised an exception: `cell 3, line 2`."""
    hopeless: bool = field(default=False)
    """Whether another attempt, with other random draws, would fail too."""

    def __str__(self) -> str:
        return f"tried {self.tried}; saw {self.saw}; expected {self.expected}"
