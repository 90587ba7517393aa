"""A grading as it is recorded, and as a row of the database."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from autograder.results.form import Result, decode, encode

Kind = Literal["grade", "complete", "found", "regrade", "rescore"]
"""Why there is a grading: `grade`; `grade --only`, which completed an earlier one; a file that was there before the
record; `regrade` of changed checks; `rescore` with new points."""


@dataclass(frozen=True, kw_only=True)
class New:
    """A grading to be recorded. `content`: the file that was graded; its SHA-256 is `result.source`."""

    result: Result
    kind: Kind
    content: bytes | None = None
    """`None` if the record has the file already, or if it is not known."""
    notes: Sequence[str] = ()
    """What was noted on the submission before any of its code was run."""
    basis: int | None = None
    """The number of the grading that it was made from."""
    author: str = ""
    """Who decided that it counts."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Grading:
    """One grading of one submission, as it is recorded."""

    run: int
    """Its number: `autograder diff` takes two of them. Later gradings have larger ones."""
    student: str
    exercise: str
    attempt: int
    """1 for the first file that the student handed in, 2 for the second one."""
    kind: Kind
    graded: str
    """UTC, ISO 8601."""
    score: float | None
    """`None` if the grader itself failed."""
    maximum: float
    counts: bool
    """Whether it is the one that counts."""
    digest: str
    source: str | None
    """SHA-256 of the file that was graded; `None` if the record does not have that file."""
    notes: Sequence[str]
    encoded: str
    """The whole result as JSON."""
    basis: int | None = None
    """The number of the grading that a regrade or a rescore was made from."""
    author: str = ""
    """Who decided that it counts; empty if it counted at once, or does not count."""
    reason: str = ""
    decided: str = ""
    """UTC, ISO 8601."""

    @property
    def result(self) -> Result:
        """The whole result."""
        return decode(self.encoded.encode())


@dataclass(frozen=True)
class Run:
    """A line of a submission's history: a grading without its checks."""

    run: int
    attempt: int
    kind: Kind
    graded: str
    """UTC, ISO 8601."""
    score: float | None
    maximum: float
    counts: bool
    source: str | None
    """SHA-256 of the file that was graded; `None` if the record does not have that file."""
    basis: int | None
    author: str
    reason: str
    decided: str
    """UTC, ISO 8601."""

    @property
    def open(self) -> bool:
        """Whether it is a regrade that nobody has decided about."""
        return self.kind == "regrade" and not self.decided and not self.counts


def row_of(new: New, entry: int, attempt: int, stored: bool) -> dict[str, Any]:
    """The row for a new grading. `entry`: the entry's number. `stored`: the file that was graded is in the database."""
    result = new.result
    return {
        "entry": entry,
        "attempt": attempt,
        "kind": new.kind,
        "graded": result.graded,
        "score": result.score,
        "maximum": result.maximum,
        "digest": result.digest,
        "source": result.source if stored else None,
        "notes": list(new.notes),
        "result": encode(result).decode(),
        "basis": new.basis,
        "author": new.author,
        "reason": new.reason,
        "decided": now() if new.author else "",
    }


def grading_of(row: Row[Any]) -> Grading:
    """The grading in a row, which has its entry's columns too."""
    return Grading(
        run=row.id,
        student=row.student,
        exercise=row.exercise,
        attempt=row.attempt,
        kind=row.kind,
        graded=row.graded,
        score=row.score,
        maximum=row.maximum,
        counts=row.current == row.id,
        digest=row.digest,
        source=row.source,
        notes=row.notes,
        encoded=row.result,
        basis=row.basis,
        author=row.author,
        reason=row.reason,
        decided=row.decided,
    )


def now() -> str:
    """Date and time in UTC, ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
