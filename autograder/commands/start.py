"""`autograder start`: an exercise's notebook, text and pictures in a folder of the student's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from autograder.commands.options import FLAG, Config, Json, governing_policy, out, print_json
from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.release import start as release
from autograder.reports import safe_text
from autograder.reports.words import points
from autograder.worker.names import FrameworkName


class Choice(StrEnum):
    """The values of `--framework`."""

    TORCH = "torch"
    KERAS = "keras"


_FRAMEWORKS: dict[Choice, FrameworkName] = {Choice.TORCH: "torch", Choice.KERAS: "keras"}


def start(
    exercise: Annotated[str | None, typer.Argument(metavar="EXERCISE", help="The exercise.")] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to put it. Default: a folder with the exercise's name.")
    ] = None,
    framework: Annotated[
        Choice | None,
        typer.Option(metavar="|".join(Choice), help="Default: the one that is installed, or the course's."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", "-l", metavar=FLAG, help="Only list the exercises.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Put the notebook, the text and the pictures of EXERCISE into DIR.

    A file that exists and is different is never overwritten.
    """
    policy = governing_policy(config)
    if listed:
        _list(policy, as_json)
        return
    if exercise is None:
        raise UsageError(f"Name an exercise: {', '.join(policy.exercises)}. `autograder start --list` describes them")
    chosen = _FRAMEWORKS[framework] if framework else release.likely_framework(policy)
    paths = release.copy(policy, exercise, chosen, folder or Path(exercise))
    if as_json:
        print_json({"written": [str(path) for path in paths]})
        return
    for path in paths:
        out.print(Text(str(path)), soft_wrap=True)
    out.print(f"\nOpen   jupyter lab {escape(str(paths[0]))}", soft_wrap=True)
    out.print(f"Check  autograder check {escape(str(paths[0]))}", soft_wrap=True)


def _list(policy: Policy, as_json: bool) -> None:
    offers = release.offers(policy)
    if as_json:
        print_json(offers)
        return
    longest = max(len(offer.name) for offer in offers)
    for offer in offers:
        text = f"{offer.name:<{longest}}  {offer.title} ({points(offer.points)} points)"
        out.print(Text(safe_text.inert(text)), soft_wrap=True)
