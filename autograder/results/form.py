"""The versioned result format that `grade` writes for each submission.

The JSON Schema in `docs/result.schema.json` is generated from these types; tests validate every result against it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from autograder.worker.names import FrameworkName

FORM = 1
"""Version of the format. Fields may be added within a version; a changed or removed field requires a new version."""

Status = Literal["passed", "failed", "skipped", "deferred", "error"]
Isolation = Literal["strong", "standard", "weak"]
Points = Annotated[float, Meta(ge=0)]


class Measurement(Struct, frozen=True):
    """A number that a check compared with a bound, whether it passed or not."""

    what: str
    value: float
    bound: float
    wanted: Literal["at most", "at least"]


class Picture(Struct, frozen=True):
    """A picture that a check drew from arrays returned by the student's code."""

    title: str
    png: bytes
    """Base64 in the JSON."""


class CheckResult(Struct, frozen=True, kw_only=True):
    """The result of one check. The five sentences are empty if it passed."""

    id: str
    """`part.idea`."""
    title: str
    visible: bool
    """Whether students can run this check too."""
    points: Points
    maximum: Points
    status: Status
    tried: str = ""
    saw: str = ""
    expected: str = ""
    likely: str = ""
    same_cause_as: str = ""
    """The check whose failure probably has the same cause, if there is one: `likely` is then the second guess."""
    read: str = ""
    place: str = ""
    """Where the student's code raised an exception, if it did: `cell 3, line 2`."""
    printed: str = ""
    """If it failed: what the student's code printed during this check, truncated. Untrusted text, like `output`."""
    seconds: Points = 0.0
    """Wall-clock time, including the start of a worker."""
    measured: list[Measurement] = []
    """Measured numbers and their bounds; of the last attempt, if a check has several."""
    pictures: list[Picture] = []
    """Samples, losses over time; also of the last attempt."""
    digest: str = ""
    """SHA-256 of what decides the outcome besides the submission: the check's code, thresholds and needs, not its points."""

    @property
    def part(self) -> str:
        """The part that the check belongs to."""
        return self.id.partition(".")[0]


class Layers(Struct, frozen=True):
    """The layers of the sandbox that were active for the worker."""

    level: Isolation
    layers: list[str]
    missing: list[str]


class Submitted(Struct, frozen=True, kw_only=True):
    """When a file was submitted, and who says so."""

    at: str = ""
    """Date and time in UTC, ISO 8601; empty if the source only says whether it was late."""
    source: str
    """Who says so, such as `Gradescope` or `the file's own date`."""
    late: bool | None = None
    """What the learning platform says about lateness; `None` if it does not say."""


CHECKS_LINE = "score of the checks"
"""The text of a final score's first line, which says more if there are several attempts or a group."""


class ScoreLine(Struct, frozen=True):
    """A line of the final score."""

    kind: Literal["checks", "late", "override", "points", "excuse", "comment", "note"]
    text: str
    points: float = 0.0
    """What the line adds to the score, in hundredths of a point; negative for a deduction."""


class Final(Struct, frozen=True, kw_only=True):
    """What counts: the score of the checks, the late rule, and what people decided. The lines sum to the score."""

    score: Points | None
    """In hundredths of a point; `None` if the submission is excused or not graded."""
    maximum: Points
    excused: bool = False
    lines: list[ScoreLine]


class Result(Struct, frozen=True, kw_only=True):
    """The grading of one submission."""

    form: Literal[1] = FORM
    student: str
    exercise: str
    framework: Literal[FrameworkName, "unknown"]
    file: str
    """The submission's file name, without its folder."""
    folder: str = ""
    """The graded class folder; empty if a file was given. The summary omits students who are no longer in it."""
    digest: str
    """SHA-256 of what was graded: the submission, the checks, the policy, the version of the autograder."""
    source: str = ""
    """SHA-256 of the file that was graded; of a zip, of the file in it. Empty if the file could not be read."""
    score: Points | None
    """`None` if the grader itself failed: the submission must be graded again, not scored as 0."""
    maximum: Points
    """Excludes the points of deferred checks."""
    checks: list[CheckResult]
    notes: list[str] = []
    """Notes on the whole submission: cells that raised, hidden checks that were not available, an invalid notebook."""
    isolation: Layers
    versions: dict[str, str]
    seed: int
    """The seed of all challenges: the same seed gives the same ones."""
    output: str
    """What the student's code printed, truncated. Untrusted text: escape it wherever it is shown."""
    seconds: Points
    graded: str
    """Date and time in UTC, ISO 8601."""
    submitted: Submitted | None = None
    """When the file was submitted; `None` if that is not known."""
    handed_in_by: str = ""
    """The member of the student's group who handed in the file; empty if it was the student."""
    final: Final | None = None
    """The score that counts; `None` if only the checks count, as for `check`."""

    @property
    def total(self) -> float | None:
        """The score that counts; `None` if there is none, because the student is excused or the grader failed."""
        return self.final.score if self.final else self.score

    @property
    def possible(self) -> float:
        """The maximum that `total` is out of."""
        return self.final.maximum if self.final else self.maximum

    @property
    def excused(self) -> bool:
        """Whether an instructor excused the student from this exercise."""
        return self.final is not None and self.final.excused

    @property
    def derived(self) -> bool:
        """Whether nothing was graded: a copy for a member of a group, or a decision where nothing was handed in."""
        return bool(self.handed_in_by) or not self.digest

    @property
    def ungraded(self) -> bool:
        """Whether the grader itself failed."""
        return self.score is None


def schema() -> dict[str, Any]:
    """The JSON Schema of a result."""
    return msgspec.json.schema(Result)


def encode(result: Result) -> bytes:
    """The result as indented JSON, UTF-8."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def decode(content: bytes) -> Result:
    """The inverse of `encode`. Raises `ValueError` if it is not a result in this format."""
    return msgspec.json.decode(content, type=Result)


def read(path: Path) -> Result:
    """Read a result from a file. Raises `ValueError` if it does not contain a result in this format."""
    try:
        with path.open("rb", buffering=0) as file:
            return decode(file.read())
    except (msgspec.DecodeError, OSError) as problem:
        raise ValueError(f"{path} is not a result: {problem}") from problem
