"""`summary.csv`: one row per submission, for a spreadsheet or for import into a learning platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autograder.course.people.roster import Student
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.files import write_whole
from autograder.results.form import Result, ScoreLine

COLUMNS = (
    *("student", "exercise", "framework", "file", "score", "maximum", "status", "failed", "seconds"),
    *("checks", "late", "adjusted", "submitted", "source", "handed_in_by", "name", "section", "group"),
)
_BY_PEOPLE = ("override", "points")


def write(
    results: Sequence[Result],
    path: Path,
    missing: Mapping[str, Sequence[str]] | None = None,
    student_of: Callable[[str], Student] = Student,
) -> None:
    """Write the table atomically. `missing`: for each exercise, who handed in nothing."""
    write_whole(path, encode(results, missing, student_of))


def encode(
    results: Sequence[Result],
    missing: Mapping[str, Sequence[str]] | None = None,
    student_of: Callable[[str], Student] = Student,
) -> bytes:
    """The table as CSV."""
    rows = [[*_row(result), *_person(student_of(result.student))] for result in results]
    for exercise, students in (missing or {}).items():
        for name in students:
            empty = dict.fromkeys(COLUMNS, "") | {
                "student": cell(name),
                "exercise": cell(exercise),
                "status": "missing",
            }
            rows.append([*list(empty.values())[:-3], *_person(student_of(name))])
    return encode_rows([COLUMNS, *rows])


def _row(result: Result) -> list[str]:
    lines = result.final.lines if result.final else [ScoreLine("checks", "", result.score or 0)]
    sums = [_sum(lines, kinds) for kinds in (("checks",), ("late",), _BY_PEOPLE)]
    return [
        cell(result.student),
        cell(result.exercise),
        result.framework,
        cell(result.file),
        "" if result.total is None else number(result.total),
        number(result.possible),
        "excused" if result.excused else "ungraded" if result.total is None else "graded",
        cell(" ".join(check.id for check in result.checks if check.status == "failed")),
        f"{result.seconds:.1f}",
        *(["", "", ""] if result.total is None else sums),
        result.submitted.at if result.submitted else "",
        cell(result.submitted.source) if result.submitted else "",
        cell(result.handed_in_by),
    ]


def _sum(lines: Sequence[ScoreLine], kinds: Sequence[str]) -> str:
    return number(round(sum(line.points for line in lines if line.kind in kinds), 2))


def _person(student: Student) -> list[str]:
    return [cell(student.name), cell(student.section), cell(student.group)]
