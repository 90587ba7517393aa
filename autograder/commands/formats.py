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

from autograder.authoring.exercise import Exercise
from autograder.course import source_lines
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.integrations import canvas, csv, github, gradescope, junit, moodle
from autograder.reports import markdown
from autograder.results.files import write_whole
from autograder.results.form import CheckResult, Result

WORKSPACE = "GITHUB_WORKSPACE"
"""Where a runner says that the repository lies: annotations name files as seen from there."""


class Format(StrEnum):
    """What `--format` takes."""

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
        help=f"Print {', '.join(Format)} instead of tables. With --out, several may be named.",
    ),
]
Outs = Annotated[
    list[Path] | None,
    typer.Option(
        "--out", metavar="FILE", help="Write the --format to FILE, one for each --format, instead of printing it."
    ),
]


@dataclass(frozen=True)
class Graded:
    """What was graded, and from where."""

    results: Sequence[Result]
    submissions: Sequence[Submission]
    exercises: Mapping[str, Exercise]
    alone: bool = False
    """One file was asked about: JSON is its result and no list."""


def insist(formats: Sequence[Format] | None, outs: Sequence[Path] | None, as_json: bool) -> None:
    """Raise `UsageError`, before anything is graded, where the options do not fit together."""
    formats, outs = formats or (), outs or ()
    if outs and len(outs) != len(formats):
        raise UsageError(f"{len(outs)} --out and {len(formats)} --format were given; each --format takes one --out")
    if not outs and len(formats) > 1:
        raise UsageError("Only one --format can be printed; give each an --out")
    for path in outs:
        if path.is_dir():
            raise UsageError(f"--out {path}: this is a folder; name a file")
    if formats and not outs and as_json:
        raise UsageError("--json and --format both print; give --format an --out")


def insist_on_one(formats: Sequence[Format] | None, submissions: int) -> None:
    """Raise `UsageError`, before anything is graded, where a format is of one submission and others were named."""
    if Format.GRADESCOPE in (formats or ()) and submissions != 1:
        raise UsageError(f"--format gradescope is of one submission, and {submissions} were named; name one file")


def hand_out(formats: Sequence[Format] | None, outs: Sequence[Path] | None, graded: Graded) -> bool:
    """Print or write what was asked for; true where it was printed, so that nothing else should be."""
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
    root = Path(os.environ.get(WORKSPACE) or Path.cwd()).resolve()

    def place_of(result: Result, check: CheckResult) -> tuple[Path, int] | None:
        handed_in = by_name[result.student, result.exercise]
        if handed_in.path is None:
            return None
        whole = handed_in.path.resolve()
        shown = whole.relative_to(root) if whole.is_relative_to(root) else handed_in.path
        return shown, source_lines.line_of(handed_in, check, graded.exercises[result.exercise].folder)

    return github.encode(graded.results, place_of)


def _json(graded: Graded) -> bytes:
    value = graded.results[0] if graded.alone else graded.results
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


_ENCODERS: dict[Format, Callable[[Graded], bytes]] = {
    Format.CANVAS: lambda graded: canvas.encode(graded.results),
    Format.CLASSROOM: lambda graded: github.classroom(graded.results).encode() + b"\n",
    Format.CSV: lambda graded: csv.encode(graded.results),
    Format.GITHUB: _github,
    Format.GRADESCOPE: _gradescope,
    Format.JSON: _json,
    Format.JUNIT: lambda graded: junit.encode(graded.results),
    Format.MARKDOWN: lambda graded: markdown.whole(graded.results).encode(),
    Format.MOODLE: lambda graded: moodle.encode(graded.results),
}
