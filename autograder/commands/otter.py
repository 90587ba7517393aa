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
    """Create the source notebooks of EXERCISE for `otter assign`, one for each framework.

    A plugin grades the resulting assignments with this package's engine:
    `otter run` and `otter grade` never execute student code in the process of a test.
    """
    insist_on_otter()
    from autograder.integrations.otter import source

    written = source.write(governing_policy(config), exercise, folder or Path(f"{exercise}-otter"))
    say_written(written, as_json)


def insist_on_otter() -> None:
    """Raise `UsageError` if otter-grader is not installed."""
    if find_spec("otter") is None:
        raise UsageError("otter-grader is not installed here: pip install 'deep-learning-autograder[otter]'")
