"""`autograder nbgrader …` and `autograder grade --gradebook`: they need the extra `nbgrader`, imported on use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.commands.options import FLAG, Config, Json, err, governing_policy, out, print_json
from autograder.course.policy import GRADING_FILE
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.release.notebooks import solved_exercises
from autograder.reports import safe_text
from autograder.results.form import Result

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Create an nbgrader course whose `autograde` uses this grader.",
)

Gradebook = Annotated[
    str | None,
    typer.Option(
        "--gradebook",
        metavar="URL",
        help="Also write the scores into nbgrader's gradebook: sqlite:///… or postgresql://…, or a course folder.",
    ),
]


@app.callback()
def nbgrader() -> None:
    """Create an nbgrader course whose `autograde` uses this grader."""
    insist_on_extra()


@app.command()
def init(
    course: Annotated[Path, typer.Argument(metavar="COURSE", help="The course folder; created if it does not exist.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="EXERCISE", help="Default: all.")] = None,
    force: Annotated[bool, typer.Option("--force", metavar=FLAG, help="Overwrite existing source notebooks.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write nbgrader_config.py, grading.yml and source/<exercise>/<exercise>.ipynb into COURSE.

    `grading.yml` sets the framework of the notebooks.
    Then, in COURSE: `nbgrader generate_assignment`, `nbgrader autograde`, and so on.
    """
    from autograder.integrations.nbgrader import course as courses

    if course.exists() and not course.is_dir():
        raise UsageError(f"{course} is a file; name a folder")
    policy = governing_policy(config, course)
    wanted = names or list(solved_exercises(policy))
    if not wanted:
        raise UsageError(
            f"{policy.roots[-1] / 'solutions'} contains no exercise of {GRADING_FILE}: "
            "creating a course needs the solutions"
        )
    loaded = [load_exercise(policy, name) for name in dict.fromkeys(wanted)]
    files = list(courses.init(course, policy, loaded, force))
    if as_json:
        written = [{"path": str(each.path), "done": each.done} for each in files]
        print_json(written)
        return
    for each in files:
        out.print(Text(f"{each.path}  {each.done}"), soft_wrap=True)


def insist_on_extra() -> None:
    """Raise `UsageError` if nbgrader is not installed."""
    if find_spec("nbgrader") is None:
        raise UsageError("nbgrader is not installed here: pip install 'deep-learning-autograder[nbgrader]'")


def write_gradebook(
    named: str,
    results: Sequence[Result],
    submissions: Sequence[Submission],
    exercises: Mapping[str, Exercise],
    start: Path,
) -> None:
    """Write results into the named gradebook; the course's settings are searched from `start` upwards.

    A student whose `timestamp.txt` contains no time is left out, with a warning: nobody else's score waits for that.
    """
    from autograder.integrations.nbgrader import gradebook

    when: dict[tuple[str, str], datetime | None] = {}
    left_out: set[tuple[str, str]] = set()
    for each in submissions:
        try:
            when[each.student, each.exercise] = gradebook.handed_in_at(each)
        except UsageError as problem:
            left_out.add((each.student, each.exercise))
            message = f"{problem}: the score of {safe_text.line(each.student)} is not written into the gradebook"
            err.print(Text(safe_text.inert(message), style="yellow"), soft_wrap=True)
    keys = [(result.handed_in_by or result.student, result.exercise) for result in results]
    graded = [
        gradebook.Handed(result, when.get(key))
        for result, key in zip(results, keys, strict=True)
        if key not in left_out
    ]
    gradebook.write(gradebook.url_of(named), graded, exercises, gradebook.course_of(named, start))
