"""`autograder check`: the visible checks on one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from autograder.authoring import exercise
from autograder.authoring.challenges import fresh_seed
from autograder.authoring.loading import load_exercise
from autograder.commands.formats import Formats, Graded, Outs, hand_out, insist
from autograder.commands.options import (
    FLAG,
    SOMETHING_WRONG,
    UNGRADED,
    Config,
    ExerciseName,
    Json,
    exercise_of_file,
    governing_policy,
    out,
    print_json,
    spinner,
)
from autograder.commands.watch import Watch, watch
from autograder.course import submission
from autograder.course.policy import did_you_mean
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.reports import terminal


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your notebook (.ipynb) or Python file (.py).")],
    part: Annotated[
        str | None, typer.Option("--part", "-p", metavar="PART", help="Run only this part and the checks it needs.")
    ] = None,
    exercise_name: ExerciseName = None,
    config: Config = None,
    show_output: Annotated[
        bool, typer.Option("--output", metavar=FLAG, help="Also show what your code printed.")
    ] = False,
    watching: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", metavar=FLAG, help="Check again when FILE is saved, only what changed; Ctrl-C ends it."
        ),
    ] = False,
    formats: Formats = None,
    outs: Outs = None,
    as_json: Json = False,
) -> None:
    """Run the visible checks on FILE.

    For each failed check: what was tried, what was seen, what was expected, the likely cause, and where to read.
    """
    insist(formats, outs, as_json)
    if watching and (formats or as_json):
        raise UsageError("--watch shows tables until it is stopped; leave out --format and --json")
    policy = governing_policy(config)
    name = exercise_of_file(file, policy, exercise_name)
    loaded = load_exercise(policy, name)
    only = _ids_of_part(loaded, part)
    if watching:
        watch(Watch(file, loaded, only, show_output))
        return
    handed_in = submission.read(file, "you", name)
    with Zygotes() as zygotes, spinner("starting") as say:
        if handed_in.framework != "unknown":
            # Imported before the checks, because it takes seconds on a slow machine.
            say(f"importing {handed_in.framework}")
            zygotes.of(handed_in.framework)
        job = grader.Job(loaded, fresh_seed(), zygotes.of, visible_only=True, only=only, progress=say)
        result = grader.grade(handed_in, job)
    told = Graded([result], [handed_in], {name: loaded}, alone=True)
    if hand_out(formats, outs, told):
        pass
    elif as_json:
        print_json(result)
    else:
        out.print(terminal.submission(result, hidden_later=True, show_output=show_output))
        out.print(f"policy   {escape(str(policy.file))}", style="dim", soft_wrap=True)
    if result.ungraded:
        raise typer.Exit(UNGRADED)
    if any(each.status not in ("passed", "deferred") for each in result.checks):
        raise typer.Exit(SOMETHING_WRONG)


def _ids_of_part(loaded: exercise.Exercise, part: str | None) -> list[str] | None:
    if part is None:
        return None
    parts = list(dict.fromkeys(each.part for each in loaded.checks))
    if part not in parts:
        raise UsageError(f"{loaded.name} has no part {part!r}{did_you_mean(part, parts)}")
    return [each.id for each in loaded.checks if each.part == part and each.visible]
