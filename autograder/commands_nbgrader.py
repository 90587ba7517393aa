"""`autograder nbgrader …`, and `--gradebook` of `autograder grade`: what needs the extra `nbgrader`, imported when it is used."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from autograder import exercise, rubric
from autograder.errors import UsageError
from autograder.exercise import Exercise
from autograder.release import exercises_of
from autograder.result import Result
from autograder.rubric import FILE
from autograder.submission import Submission

app = typer.Typer(no_args_is_help=True, help="Make a course for nbgrader whose `autograde` is this engine.")
out = Console(highlight=False)
FLAG = ""
"""The type of an option that takes no value: help shows none."""

Gradebook = Annotated[
    str | None,
    typer.Option(
        "--gradebook",
        metavar="URL",
        help="Write the scores into nbgrader's gradebook, too: sqlite:///… or postgresql://…, or a course's folder.",
    ),
]


@app.callback()
def nbgrader() -> None:
    """Make a course for nbgrader whose `autograde` is this engine."""
    insist_on_extra()


@app.command()
def init(
    course: Annotated[Path, typer.Argument(metavar="COURSE", help="The course's folder; made where it is not there.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="EXERCISE", help="Default: all.")] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar=FLAG, help="Write source notebooks anew that are there already.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="The grading.yml to go by. Default: the nearest, from COURSE upwards."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead of lines.")] = False,
) -> None:
    """Write nbgrader_config.py, grading.yml and source/<exercise>/<exercise>.ipynb into COURSE.

    The framework of the notebooks is the one that `grading.yml` names.
    Then, in COURSE: `nbgrader generate_assignment`, `nbgrader autograde`, and so on.
    """
    from autograder.formats.nbgrader import course as courses

    if course.exists() and not course.is_dir():
        raise UsageError(f"{course} is a file; name a folder")
    governed_by = config or rubric.find(course.resolve())
    policy = rubric.load(governed_by)
    wanted = names or [name for name in exercises_of(policy.root) if name in policy.exercises]
    if not wanted:
        raise UsageError(
            f"{policy.root / 'solutions'} holds no exercise of {FILE}: a course is made where the solutions are"
        )
    loaded = [exercise.load(policy, name) for name in dict.fromkeys(wanted)]
    files = list(courses.init(course, policy, governed_by, loaded, force))
    if as_json:
        said = [{"path": str(each.path), "done": each.done} for each in files]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(said), indent=2).decode() + "\n")
        return
    for each in files:
        out.print(Text(f"{each.path}  {each.done}"), soft_wrap=True)


def insist_on_extra() -> None:
    """Raise `UsageError` where nbgrader is not installed."""
    if find_spec("nbgrader") is None:
        raise UsageError("nbgrader is not installed here: pip install 'deep-learning-autograder[nbgrader]'")


def write_gradebook(
    named: str, results: Sequence[Result], found: Sequence[Submission], exercises: Mapping[str, Exercise], start: Path
) -> None:
    """Write results into the gradebook that was named; the course's settings are sought from `start` upwards."""
    from autograder.formats.nbgrader import gradebook

    when = {(each.student, each.exercise): gradebook.handed_in_at(each) for each in found}
    handed = [gradebook.Handed(result, when[result.student, result.exercise]) for result in results]
    gradebook.write(gradebook.url_of(named), handed, exercises, gradebook.course_of(named, start))
