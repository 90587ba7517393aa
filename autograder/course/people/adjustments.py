"""`adjustments.csv`: what people decided about scores. Rows are only ever added."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from autograder.course.people import tables
from autograder.errors import UsageError

ADJUSTMENTS = "adjustments.csv"
COLUMNS = ("time", "author", "student", "exercise", "kind", "value", "reason", "score of the checks")

Kind = Literal["points", "score", "extension", "submitted", "excuse", "comment", "undo"]
MOST = 1_000_000
"""Points; more is a slip of the keyboard."""


@dataclass(frozen=True)
class Adjustment:
    """One decision of a person about one student and one exercise."""

    time: str
    """UTC, ISO 8601."""
    author: str
    student: str
    exercise: str
    kind: Kind
    """`points` adds its value; `score` sets the score; `extension` sets the student's deadline; `submitted` sets the
    time of the submission; `excuse` takes the exercise out of the grade; `comment` changes nothing; `undo` takes back
    the student's latest decision that still counts."""
    value: str
    reason: str
    checks: str
    """The score of the checks at that time; empty if there was none."""


def read(path: Path) -> list[Adjustment]:
    """All decisions in their order; empty if there is no file. Raises `UsageError` with every mistake and its line."""
    if not path.is_file():
        return []
    columns, rows = tables.read(path)
    if missing := [column for column in COLUMNS if column not in columns]:
        raise UsageError(f"{path}, line 1: these columns are missing: {', '.join(missing)}")
    problems = [f"{row.place}: {problem}" for row in rows if (problem := _problem(row))]
    if problems:
        raise UsageError(*problems)
    return [
        Adjustment(
            time=row["time"],
            author=row["author"],
            student=row["student"],
            exercise=row["exercise"],
            kind=cast(Kind, row["kind"]),
            value=row["value"],
            reason=row["reason"],
            checks=row[COLUMNS[-1]],
        )
        for row in rows
    ]


def append(path: Path, made: Adjustment) -> None:
    """Add a decision."""
    cells = (made.time, made.author, made.student, made.exercise, made.kind, made.value, made.reason, made.checks)
    tables.append(path, dict(zip(COLUMNS, cells, strict=True)))


def that_count(made: Sequence[Adjustment]) -> list[Adjustment]:
    """The decisions about one student and exercise that were not taken back."""
    kept: list[Adjustment] = []
    for each in made:
        if each.kind == "undo":
            del kept[-1:]
        else:
            kept.append(each)
    return kept


def points_of(value: str) -> float:
    """A number of points as people write it: `+1.5`, `-2`. Raises `ValueError` with a sentence."""
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        number = math.nan
    if not abs(number) <= MOST:
        raise ValueError(f"{value!r} is not a number of points such as +1.5")
    return number


def time_of(value: str) -> datetime.datetime:
    """A date and a time, without a zone if it names none. Raises `ValueError` with a sentence."""
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a date and a time such as 2026-11-20 23:59") from None


def _problem(row: tables.Row) -> str:
    kind = row["kind"]
    if kind not in get_args(Kind):
        return f"{kind!r} is not a kind of adjustment; there are {', '.join(get_args(Kind))}"
    if not row["student"] or not row["exercise"]:
        return "the student or the exercise is missing"
    try:
        if kind in ("points", "score"):
            points_of(row["value"])
        if kind == "score" and points_of(row["value"]) < 0:
            return "a score cannot be negative"
        if kind in ("extension", "submitted"):
            time_of(row["value"])
        if row[COLUMNS[-1]]:
            points_of(row[COLUMNS[-1]])
    except ValueError as problem:
        return str(problem)
    return ""
