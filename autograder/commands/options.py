"""Shared by all commands: consoles, exit codes, options, progress display and the governing policy."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from autograder.course import layout
from autograder.course.grading_file import load_policy
from autograder.course.policy import Policy, find_policy
from autograder.errors import UsageError
from autograder.reports import safe_text

SOMETHING_WRONG, USAGE, UNGRADED, INTERRUPTED = 1, 2, 3, 130
"""Exit codes."""
FLAG = ""
"""The metavar of an option without a value: the help shows none."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of tables.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The grading.yml to use. Default: the nearest one upwards from a given folder, otherwise from here, "
        "otherwise the package's own.",
    ),
]
ExerciseName = Annotated[
    str | None,
    typer.Option("--exercise", "-e", metavar="NAME", help="Only this exercise, or the exercise of the given file."),
]
HistoryUrl = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="URL",
        envvar="AUTOGRADER_HISTORY",
        show_envvar=False,
        help="The database of all gradings: postgresql://…. Default: history.sqlite beside the results.",
    ),
]
RESULTS = Path("results")
Results = Annotated[Path, typer.Option("--results", metavar="DIR", help="Folder with the results of `grade`.")]


def governing_policy(config: Path | None, *folders: Path) -> Policy:
    """The policy of `--config`, or the one that governs the folders given on the command line.

    Raises `UsageError` if it is invalid, if there is none, or if different policies govern the folders.
    """
    return load_policy(config or find_policy(*folders))


def exercise_of_file(file: Path, policy: Policy, named: str | None) -> str:
    """The exercise of `--exercise`, or the one whose name the file or its folder has.

    Raises `UsageError` if there is no such file, or if nothing says which exercise it is.
    """
    if not file.is_file():
        there = "is a folder; name the file in it" if file.is_dir() else "is not a file; name a notebook or a .py file"
        raise UsageError(f"{file} {there if file.exists() else 'does not exist'}")
    name = named or layout.exercise_of(file, list(policy.exercises))
    if name is None:
        raise UsageError(f"{file}: which exercise is this? Use --exercise with one of: {', '.join(policy.exercises)}")
    return name


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


@contextmanager
def spinner(what: str) -> Generator[Any]:
    """Show a spinner on standard error; yields a function that sets its text."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True) as shown:
        task = shown.add_task(escape(what))

        def say(title: str) -> None:
            shown.update(task, description=escape(title))

        yield say


@contextmanager
def progress_bar(total: int) -> Generator[Any]:
    """Show a progress bar on standard error; yields a function that advances it by one."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task("", total=total)

        def advance(title: str) -> None:
            shown.update(task, advance=1, description=escape(safe_text.line(title)))

        yield advance


def say_written(paths: Sequence[Path], as_json: bool) -> None:
    """Print which files were written."""
    if as_json:
        sys.stdout.write(msgspec.json.encode({"written": [str(path) for path in paths]}).decode() + "\n")
        return
    for path in paths:
        out.print(Text(f"{path}  written"), soft_wrap=True)
