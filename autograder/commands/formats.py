"""`--format` and `--out` of `check` and `grade`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import structs

from autograder.authoring.exercise import Exercise
from autograder.course.people.book import People
from autograder.course.people.roster import Student
from autograder.course.source_lines import SourceLines
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.integrations import brightspace, canvas, csv, github, gradescope, junit, moodle
from autograder.reports import markdown
from autograder.results.files import write_whole
from autograder.results.form import CheckResult, Result

WORKSPACE = "GITHUB_WORKSPACE"
"""The variable with the path of the repository on a runner: annotations name files relative to it."""


class Format(StrEnum):
    """The values of `--format`."""

    BRIGHTSPACE = "brightspace"
    CANVAS = "canvas"
    CLASSROOM = "classroom"
    CSV = "csv"
    GITHUB = "github"
    GRADESCOPE = "gradescope"
    JSON = "json"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    MOODLE = "moodle"


Formats = Annotated[
    list[Format] | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help=f"Print {', '.join(Format)} instead of tables. May be repeated together with --out.",
    ),
]
Outs = Annotated[
    list[Path] | None,
    typer.Option(
        "--out", metavar="FILE", help="Write the --format to FILE instead of printing it; one for each --format."
    ),
]


@dataclass(frozen=True)
class Graded:
    """Results with their submissions and exercises."""

    results: Sequence[Result]
    submissions: Sequence[Submission]
    exercises: Mapping[str, Exercise]
    people: People | None = None
    """What the course says about the students, for platforms that know them by other names."""
    alone: bool = False
    """A single file was graded: its JSON is one result, not a list."""

    def student_of(self, name: str) -> Student:
        """The student of this id."""
        return self.people.student(name) if self.people else Student(name)

    def named(self) -> list[Result]:
        """The results under the students' own ids, also after an anonymous grading."""
        if self.people is None:
            return [*self.results]
        return [structs.replace(each, student=self.people.real(each.student)) for each in self.results]


def insist(formats: Sequence[Format] | None, outs: Sequence[Path] | None, as_json: bool) -> None:
    """Raise `UsageError`, before anything is graded, if the options are inconsistent."""
    formats, outs = formats or (), outs or ()
    if outs and len(outs) != len(formats):
        raise UsageError(f"{len(outs)} --out and {len(formats)} --format were given; each --format needs one --out")
    if not outs and len(formats) > 1:
        raise UsageError("Only one --format can be printed; give each an --out")
    for path in outs:
        if path.is_dir():
            raise UsageError(f"--out {path}: this is a folder; name a file")
    if formats and not outs and as_json:
        raise UsageError("--json and --format both print; give --format an --out")


def insist_on_one(formats: Sequence[Format] | None, submissions: int) -> None:
    """Raise `UsageError`, before anything is graded, if a format for one submission is used with another number."""
    if Format.GRADESCOPE in (formats or ()) and submissions != 1:
        raise UsageError(f"--format gradescope takes one submission, but {submissions} were given; name one file")


def hand_out(formats: Sequence[Format] | None, outs: Sequence[Path] | None, graded: Graded) -> bool:
    """Print or write the requested formats. True if one was printed, so that nothing else may be printed."""
    if not formats:
        return False
    contents = [_ENCODERS[name](graded) for name in formats]
    if not outs:
        sys.stdout.buffer.write(contents[0])
        sys.stdout.flush()
        return True
    for path, content in zip(outs, contents, strict=True):
        write_whole(path, content)
    return False


def _gradescope(graded: Graded) -> bytes:
    (result,) = graded.results
    return gradescope.encode(result, graded.exercises[result.exercise].policy.leaderboard)


def _github(graded: Graded) -> bytes:
    by_name = {(each.student, each.exercise): each for each in graded.submissions}
    lines = {key: SourceLines(each, graded.exercises[each.exercise].folder) for key, each in by_name.items()}
    root = Path(os.environ.get(WORKSPACE) or Path.cwd()).resolve()

    def place_of(result: Result, check: CheckResult) -> tuple[Path, int] | None:
        handed_in = by_name.get((result.student, result.exercise))
        if handed_in is None or handed_in.path is None:
            return None
        whole = handed_in.path.resolve()
        shown = whole.relative_to(root) if whole.is_relative_to(root) else handed_in.path
        return shown, lines[result.student, result.exercise].of(check)

    return github.encode(graded.results, place_of)


def _json(graded: Graded) -> bytes:
    value = graded.results[0] if graded.alone else graded.results
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


_ENCODERS: dict[Format, Callable[[Graded], bytes]] = {
    Format.BRIGHTSPACE: lambda graded: brightspace.encode(graded.named(), graded.student_of),
    Format.CANVAS: lambda graded: canvas.encode(graded.named(), graded.student_of),
    Format.CLASSROOM: lambda graded: github.classroom(graded.results).encode() + b"\n",
    Format.CSV: lambda graded: csv.encode(graded.results),
    Format.GITHUB: _github,
    Format.GRADESCOPE: _gradescope,
    Format.JSON: _json,
    Format.JUNIT: lambda graded: junit.encode(graded.results),
    Format.MARKDOWN: lambda graded: markdown.whole(graded.results).encode(),
    Format.MOODLE: lambda graded: moodle.encode(graded.named(), graded.student_of),
}
