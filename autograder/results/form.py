"""The form of a result: what `grade` writes for each submission, version by version.

The JSON Schema in `docs/result.schema.json` is made from these types; tests hold every result against it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from autograder.worker.names import FrameworkName

FORM = 1
"""Version of the form. A field may be added within a version; one that changes meaning or goes makes a new one."""

Status = Literal["passed", "failed", "skipped", "deferred", "error"]
Isolation = Literal["strong", "standard", "weak"]
Points = Annotated[float, Meta(ge=0)]


class Measurement(Struct, frozen=True):
    """A number that a check held against a bound, pass or fail."""

    what: str
    value: float
    bound: float
    wanted: Literal["at most", "at least"]


class Picture(Struct, frozen=True):
    """What a check drew from the arrays that the student's code answered."""

    title: str
    png: bytes
    """Base64 in the JSON."""


class CheckResult(Struct, frozen=True, kw_only=True):
    """What one check found. The five sentences are empty where it passed."""

    id: str
    """`part.idea`."""
    title: str
    visible: bool
    """Can a student run this check too?"""
    points: Points
    maximum: Points
    status: Status
    tried: str = ""
    saw: str = ""
    expected: str = ""
    likely: str = ""
    read: str = ""
    place: str = ""
    """Where the student's code raised, if it did: `cell 3, line 2`."""
    seconds: Points = 0.0
    """Wall-clock time, start of a worker included."""
    measured: list[Measurement] = []
    """How near to its bounds the submission came; the last attempt's, where a check has several."""
    pictures: list[Picture] = []
    """Samples, losses over time; of the last attempt, too."""

    @property
    def part(self) -> str:
        return self.id.partition(".")[0]


class Layers(Struct, frozen=True):
    """Which layers of the sandbox stood around the worker."""

    level: Isolation
    layers: list[str]
    missing: list[str]


class Result(Struct, frozen=True, kw_only=True):
    """The grading of one submission."""

    form: Literal[1] = FORM
    student: str
    exercise: str
    framework: Literal[FrameworkName, "unknown"]
    file: str
    """The submission's file name, without its folder."""
    folder: str = ""
    """The folder of the class that was graded; empty where a file was named. Who is in it no more is left out of the summary."""
    digest: str
    """SHA-256 of what was graded: the submission, the checks, the policy, the versions, the seed given."""
    score: Points | None
    """`None` where the grader itself failed: list it for another run, give nobody a zero for it."""
    maximum: Points
    """Without the points of deferred checks."""
    checks: list[CheckResult]
    notes: list[str] = []
    """What held for the whole submission: cells that raised, hidden checks not present, a file that is no notebook."""
    isolation: Layers
    versions: dict[str, str]
    seed: int
    """Every challenge was drawn from it: the same seed asks the same questions."""
    output: str
    """What the student's code printed, bounded. Untrusted text: escape it wherever it is shown."""
    seconds: Points
    graded: str
    """When, in UTC, ISO 8601."""

    @property
    def ungraded(self) -> bool:
        return self.score is None


def schema() -> dict[str, Any]:
    """The JSON Schema of a result."""
    return msgspec.json.schema(Result)


def encode(result: Result) -> bytes:
    """The result as indented JSON, UTF-8."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def read(path: Path) -> Result:
    """The result in a file. Raises `ValueError` where it holds no result of this form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (msgspec.DecodeError, OSError) as problem:
        raise ValueError(f"{path} holds no result: {problem}") from problem
