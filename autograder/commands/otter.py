"""`autograder otter`: source notebooks for `otter assign`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import Config, Json, governing_policy, say_written
from autograder.errors import UsageError


def otter(
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise.")],
    folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Default: <exercise>-otter.")] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the source notebooks of EXERCISE for `otter assign`, one for each framework.

    What it makes of them is graded by this package's engine, through a plugin:
    `otter run` and `otter grade` execute no student's code beside a test.
    """
    insist_on_otter()
    from autograder.integrations.otter import source

    written = source.write(governing_policy(config), exercise, folder or Path(f"{exercise}-otter"))
    say_written(written, as_json)


def insist_on_otter() -> None:
    """Raise `UsageError` where otter-grader is not installed."""
    if find_spec("otter") is None:
        raise UsageError("otter-grader is not installed here: pip install 'deep-learning-autograder[otter]'")
