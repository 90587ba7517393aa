"""`autograder gradescope`: the autograder.zip of a programming assignment."""

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
        typer.Option("--allow-weak", metavar=FLAG, help="Grade there even if student code cannot be sandboxed."),
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Create the autograder.zip of EXERCISE for a programming assignment on Gradescope.

    It contains the grader, the exercise and its solutions.
    setup.sh installs the other packages, in the versions of requirements.lock.
    Students may submit either framework.
    """
    content = bundle.archive(governing_policy(config), exercise, allow_weak=allow_weak)
    path = file or Path(f"{exercise}-gradescope.zip")
    write_whole(path, content)
    path.chmod(0o644)
    say_written([path], as_json)
