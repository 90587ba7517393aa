"""`autograder import`: what a learning platform hands out becomes `submitted/<student>/<exercise>/<file>`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from autograder.commands.options import (
    SOMETHING_WRONG,
    Config,
    ExerciseName,
    Json,
    err,
    governing_policy,
    out,
    print_json,
)
from autograder.course.imports import placing
from autograder.course.people import roster
from autograder.course.policy import course_folder
from autograder.errors import UsageError
from autograder.reports import safe_text


def import_(
    archive: Annotated[
        Path, typer.Argument(metavar="ARCHIVE", help="The zip of a learning platform, or its unpacked folder.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder of submissions.")] = Path("submitted"),
    exercise_name: ExerciseName = None,
    said: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="NAME=ID",
            help="A name or a number in the archive is this student. May be repeated.",
        ),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Read what Canvas, Moodle, Gradescope, Brightspace or nbgrader hand out, or zips of `handin`.

    Each file is placed in DIR/<student>/<exercise>/; what cannot be placed is listed, with a suggestion.
    Nothing is overwritten: a file that a newer one replaces is moved to DIR-earlier.
    """
    policy = governing_policy(config, to.absolute().parent)
    if exercise_name:
        policy.exercise(exercise_name)
    folder = course_folder(policy)
    outcome = placing.place(
        archive,
        placing.Course(
            folder=folder,
            to=to,
            roster=roster.in_folder(folder),
            exercises=list(policy.exercises),
            zone=ZoneInfo(policy.time_zone),
            exercise=exercise_name or "",
            said=_said(said or []),
        ),
    )
    if as_json:
        placed = [
            {"student": each.student, "exercise": each.exercise, "path": str(each.path), "original": each.original}
            | {"platform": each.platform, "done": each.done}
            for each in outcome.placed
        ]
        left = [
            {"original": each.original, "why": each.why, "suggestion": each.suggestion, "needed": each.needed}
            for each in outcome.not_placed
        ]
        print_json({"placed": placed, "not_placed": left})
    else:
        _say(outcome, to)
    if any(each.needed for each in outcome.not_placed):
        raise typer.Exit(SOMETHING_WRONG)


def _said(given: list[str]) -> dict[str, str]:
    pairs = [each.rpartition("=") for each in given]
    if wrong := [each for each, (name, _, id) in zip(given, pairs, strict=True) if not name or not id]:
        raise UsageError(*(f"--as {each!r}: write a name or a number of the archive, =, and the id" for each in wrong))
    return {name.strip(): id.strip() for name, _, id in pairs}


def _say(outcome: placing.Outcome, to: Path) -> None:
    for each in outcome.placed:
        line = f"{safe_text.line(each.original)} → {each.path}"
        out.print(Text(line if each.done == "placed" else f"{line}: {each.done}"), soft_wrap=True)
    for each in outcome.not_placed:
        line = f"{safe_text.line(each.original)} {each.why}" + (f"; {each.suggestion}" if each.suggestion else "")
        style = "yellow" if each.needed else "dim"
        err.print(Text(safe_text.inert(f"not placed: {line}"), style=style), soft_wrap=True)
    students = len({each.student for each in outcome.placed})
    needed = sum(each.needed for each in outcome.not_placed)
    out.print(
        Text(
            f"{len(outcome.placed)} file{'' if len(outcome.placed) == 1 else 's'} of {students} "
            f"student{'' if students == 1 else 's'} in {to}; {needed} could not be placed"
        )
    )
