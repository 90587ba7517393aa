"""`--format` and `--out` of `check` and `grade`, and the commands that make something for another tool: `gradescope`, `otter`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from autograder import locate, rubric
from autograder.errors import UsageError
from autograder.exercise import Exercise
from autograder.formats import canvas, github, gradescope, junit, moodle, table
from autograder.formats.gradescope import bundle
from autograder.report import markdown
from autograder.result import CheckResult, Result, write_whole
from autograder.rubric import Policy
from autograder.submission import Submission

out = Console(highlight=False)

FLAG = ""
"""The type of an option that takes no value: help shows none."""
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
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="The grading.yml to go by. Default: the nearest one, upwards from here."
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
    return gradescope.encode(result, graded.exercises[result.exercise].rubric.leaderboard)


def _github(graded: Graded) -> bytes:
    by_name = {(each.student, each.exercise): each for each in graded.submissions}
    root = Path(os.environ.get(WORKSPACE) or Path.cwd()).resolve()

    def place_of(result: Result, check: CheckResult) -> tuple[Path, int] | None:
        handed_in = by_name[result.student, result.exercise]
        if handed_in.path is None:
            return None
        whole = handed_in.path.resolve()
        shown = whole.relative_to(root) if whole.is_relative_to(root) else handed_in.path
        return shown, locate.line_of(handed_in, check, graded.exercises[result.exercise].folder)

    return github.encode(graded.results, place_of)


def _json(graded: Graded) -> bytes:
    value = graded.results[0] if graded.alone else graded.results
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


_ENCODERS: dict[Format, Callable[[Graded], bytes]] = {
    Format.CANVAS: lambda graded: canvas.encode(graded.results),
    Format.CLASSROOM: lambda graded: github.classroom(graded.results).encode() + b"\n",
    Format.CSV: lambda graded: table.encode(graded.results),
    Format.GITHUB: _github,
    Format.GRADESCOPE: _gradescope,
    Format.JSON: _json,
    Format.JUNIT: lambda graded: junit.encode(graded.results),
    Format.MARKDOWN: lambda graded: markdown.whole(graded.results).encode(),
    Format.MOODLE: lambda graded: moodle.encode(graded.results),
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("gradescope")(make_gradescope)
    app.command("otter")(make_otter)


def make_gradescope(
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise.")],
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: <exercise>-gradescope.zip.")
    ] = None,
    allow_weak: Annotated[
        bool,
        typer.Option("--allow-weak", metavar=FLAG, help="Grade there also where student code cannot be walled in."),
    ] = False,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of a sentence.")] = False,
) -> None:
    """Make the autograder.zip of EXERCISE for a programming assignment on Gradescope.

    It holds the grader, the exercise and its solutions.
    setup.sh installs the rest, each package in the version of requirements.lock.
    Either framework may be handed in.
    """
    content = bundle.archive(_policy(config), exercise, allow_weak=allow_weak)
    path = file or Path(f"{exercise}-gradescope.zip")
    write_whole(path, content)
    path.chmod(0o644)
    _say_written([path], as_json)


def make_otter(
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise.")],
    folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Default: <exercise>-otter.")] = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of a sentence.")] = False,
) -> None:
    """Make the source notebooks of EXERCISE for `otter assign`, one for each framework.

    What it makes of them is graded by this package's engine, through a plugin:
    `otter run` and `otter grade` execute no student's code beside a test.
    """
    insist_on_otter()
    from autograder.formats.otter import source

    written = source.write(_policy(config), exercise, folder or Path(f"{exercise}-otter"))
    _say_written(written, as_json)


def insist_on_otter() -> None:
    """Raise `UsageError` where otter-grader is not installed."""
    if find_spec("otter") is None:
        raise UsageError("otter-grader is not installed here: pip install 'deep-learning-autograder[otter]'")


def _policy(config: Path | None) -> Policy:
    return rubric.load(config or rubric.find(Path.cwd()))


def _say_written(paths: Sequence[Path], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode({"written": [str(path) for path in paths]}).decode() + "\n")
        return
    for path in paths:
        out.print(Text(f"{path}  written"), soft_wrap=True)
