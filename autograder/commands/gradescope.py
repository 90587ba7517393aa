"""`autograder gradescope`: an autograder.zip for a programming assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import FLAG, Config, Json, governing_policy, say_written
from autograder.integrations.gradescope import bundle
from autograder.results.files import write_whole


def gradescope(
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise.")],
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: <exercise>-gradescope.zip.")
    ] = None,
    allow_weak: Annotated[
        bool,
        typer.Option("--allow-weak", metavar=FLAG, help="Grade there also where student code cannot be walled in."),
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the autograder.zip of EXERCISE for a programming assignment on Gradescope.

    It holds the grader, the exercise and its solutions.
    setup.sh installs the rest, each package in the version of requirements.lock.
    Either framework may be handed in.
    """
    content = bundle.archive(governing_policy(config), exercise, allow_weak=allow_weak)
    path = file or Path(f"{exercise}-gradescope.zip")
    write_whole(path, content)
    path.chmod(0o644)
    say_written([path], as_json)
