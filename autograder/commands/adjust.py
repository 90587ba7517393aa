"""`autograder adjust`: what a person decides about a score, with the reason, the author and the time."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from autograder.commands.options import (
    FLAG,
    RESULTS,
    Config,
    HistoryUrl,
    Json,
    Results,
    governing_policy,
    out,
    print_json,
)
from autograder.commands.results_folder import refresh
from autograder.course.people import book
from autograder.course.people.adjustments import Kind
from autograder.course.policy import Policy
from autograder.decisions import author as by
from autograder.decisions.adjust import Decision, insist_on_value, record
from autograder.errors import UsageError
from autograder.reports import safe_text, words
from autograder.results.form import Result
from autograder.results.latest import latest

app = typer.Typer(add_completion=False)


# `-2` is a number of points, not an option.
@app.command(context_settings={"ignore_unknown_options": True})
def adjust(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The student's id, or code if anonymous.")],
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise.")],
    points: Annotated[str | None, typer.Argument(metavar="POINTS", help="Points to add, such as +1.5 or -2.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the student can read it.")] = "",
    score: Annotated[
        str | None, typer.Option("--score", metavar="POINTS", help="Set the score, whatever the checks give.")
    ] = None,
    extend: Annotated[
        str | None, typer.Option("--extend", metavar="TIME", help="The student's own deadline: 2026-11-25 23:59.")
    ] = None,
    submitted: Annotated[
        str | None, typer.Option("--submitted", metavar="TIME", help="When the file was in fact submitted.")
    ] = None,
    excuse: Annotated[bool, typer.Option("--excuse", metavar=FLAG, help="The exercise does not count.")] = False,
    comment: Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="Only say something.")] = None,
    undo: Annotated[bool, typer.Option("--undo", metavar=FLAG, help="Take the latest decision back.")] = False,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help=f"Default: {by.AUTHOR}, or your user name.")
    ] = None,
    results: Results = RESULTS,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Adjust the score of STUDENT for EXERCISE. The decision is added to adjustments.csv, and survives every regrade.

    One decision at a time: POINTS, --score, --extend, --submitted, --excuse, --comment or --undo.
    """
    policy = governing_policy(config)
    policy.exercise(exercise)
    kind, value = _decision(
        {"points": points, "score": score, "extension": extend, "submitted": submitted, "comment": comment},
        {"excuse": excuse, "undo": undo},
    )
    if kind not in ("comment", "undo") and not reason.strip():
        raise UsageError('Say why with --reason "…": the student reads it, and so do you next month')
    there = latest(results)
    decision = Decision(
        student=student, exercise=exercise, kind=kind, value=value, reason=reason, author=by.author(author)
    )
    recorded = record(decision, policy, there)
    result = (
        refresh(results, policy, history_url).of(recorded.student, exercise)
        if there
        else _without_results(recorded.student, exercise, policy)
    )
    if as_json:
        print_json(
            {"file": str(recorded.path), "student": student, "exercise": exercise, "final": result and result.final}
        )
        return
    if result is None:
        out.print(Text(f"{safe_text.line(student)} · {exercise}: nothing was handed in yet"))
    else:
        out.print(Text(f"{safe_text.line(student)} · {exercise}: {words.score(result)}"))
        for text, worth in words.score_lines(result):
            out.print(Text(f"  {worth:>7}  {text}"), soft_wrap=True)
    out.print(Text(f"recorded in {recorded.path}"), soft_wrap=True)


def _decision(values: dict[Kind, str | None], flags: dict[Kind, bool]) -> tuple[Kind, str]:
    """The one decision. Raises `UsageError` for none, several, or a value of another form."""
    given: dict[Kind, str] = {kind: value for kind, value in values.items() if value is not None}
    given |= {kind: "" for kind, on in flags.items() if on}
    if len(given) != 1:
        what = " and ".join(given) or "nothing"
        raise UsageError(
            f"{what} was given: decide one thing at a time, by POINTS, --score, --extend, --submitted, "
            "--excuse, --comment or --undo"
        )
    ((kind, value),) = given.items()
    insist_on_value(kind, value)
    return kind, value


def _without_results(student: str, exercise: str, policy: Policy) -> Result | None:
    """What was decided before anything was graded."""
    settled = book.settled([], book.people_of(policy), policy)
    return next((each for each in settled.results if (each.student, each.exercise) == (student, exercise)), None)
