"""What all commands share: consoles, exit codes, options, progress, and the policy that governs."""

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

from autograder.course.grading_file import load_policy
from autograder.course.policy import Policy, find_policy
from autograder.reports import safe_text

SOMETHING_WRONG, USAGE, UNGRADED, INTERRUPTED = 1, 2, 3, 130
"""Exit codes."""
FLAG = ""
"""The type of an option that takes no value: help shows none."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of tables.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The grading.yml to go by. Default: the nearest one upwards from a folder that is named, else from here.",
    ),
]
ExerciseName = Annotated[
    str | None, typer.Option("--exercise", "-e", metavar="NAME", help="Only this exercise, or: this file is of it.")
]


def governing_policy(config: Path | None, *folders: Path) -> Policy:
    """The policy of `--config`, or the one that governs the folders named on the command line.

    Raises `UsageError` where it is wrong, where there is none, and where the folders are governed by different ones.
    """
    return load_policy(config or find_policy(*folders))


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


@contextmanager
def spinner(what: str) -> Generator[Any]:
    """A spinner on standard error, and the function that says what is being done now."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True) as shown:
        task = shown.add_task(escape(what))

        def say(title: str) -> None:
            shown.update(task, description=escape(title))

        yield say


@contextmanager
def progress_bar(total: int) -> Generator[Any]:
    """A bar on standard error, and the function that moves it on by one."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task("", total=total)

        def advance(title: str) -> None:
            shown.update(task, advance=1, description=escape(safe_text.line(title)))

        yield advance


def say_written(paths: Sequence[Path], as_json: bool) -> None:
    """Say which files were written."""
    if as_json:
        sys.stdout.write(msgspec.json.encode({"written": [str(path) for path in paths]}).decode() + "\n")
        return
    for path in paths:
        out.print(Text(f"{path}  written"), soft_wrap=True)
