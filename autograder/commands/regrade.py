"""`autograder regrade` and `autograder rescore`: show what changed checks or points make of the results, and let a
person decide whether that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from autograder.commands.options import (
    FLAG,
    RESULTS,
    Config,
    ExerciseName,
    HistoryUrl,
    Json,
    Results,
    err,
    governing_policy,
    out,
    print_json,
    progress_bar,
)
from autograder.commands.results_folder import refresh
from autograder.course.policy import Policy, did_you_mean
from autograder.decisions.author import author
from autograder.errors import UsageError
from autograder.reports import difference, safe_text, words

if TYPE_CHECKING:
    from autograder.grading.regrade import Regraded
    from autograder.results.history.gradings import Grading

Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="WHOM",
        help="Let the new results count: `all`, `gains` (of everyone who does not lose points), or a student. May be "
        "repeated.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record; required with --accept.")]
StudentName = Annotated[str | None, typer.Option("--student", "-s", metavar="NAME", help="Only this student.")]
MOST_SHOWN = 50
"""Rows of a table; --json has all."""


def regrade(
    checks: Annotated[
        list[str] | None, typer.Option("--check", metavar="ID", help="Only this check. May be repeated.")
    ] = None,
    exercise_name: ExerciseName = None,
    student: StudentName = None,
    accept: Accept = None,
    reason: Reason = "",
    results: Results = RESULTS,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Number of submissions graded in parallel.")
    ] = 1,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak", metavar=FLAG, help="Grade even if student code cannot be sandboxed.")
    ] = False,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Run the checks that have changed, on the files in the record, and show who gains and who loses.

    A check has changed if its code, its thresholds, its needs, the exercise's limits, or functions that it uses have
    changed. Nothing counts before --accept, which does not run them again.
    """
    insist_on_reason(accept, reason)
    policy = governing_policy(config)
    from autograder.decisions import regrade as deciding
    from autograder.results.history.record import History

    asked = deciding.Asked(
        policy=policy, exercise=exercise_name, student=student, checks=checks, jobs=jobs, allow_weak=allow_weak
    )
    with History.existing(results, history_url) as history:
        found = deciding.find(history, asked)
        _say_gone(found.gone, policy)
        _insist_on_students(found.gradings, accept)
        with progress_bar(len(found.gradings)) as advance:
            outcome = deciding.run(
                history, asked, found, lambda each: advance(f"{each.before.student} · {each.before.exercise}")
            )
        decided: list[Regraded] = []
        if accept:
            chosen = deciding.chosen(outcome, accept)
            decided = deciding.accept(history, chosen, author(), reason, files=False)
            # Also if nothing is decided: an earlier command may have been killed before it wrote the pages.
            refresh(results, policy, history_url, record=history)
    _show(Shown("regrade", outcome, decided, accept is not None), as_json)


def rescore(
    exercise_name: ExerciseName = None,
    student: StudentName = None,
    accept: Accept = None,
    reason: Reason = "",
    results: Results = RESULTS,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Apply the present points of grading.yml, and dropped or added checks, without running anything.

    An added check is deferred until `regrade` runs it. Nothing counts before --accept.
    """
    insist_on_reason(accept, reason)
    policy = governing_policy(config)
    from autograder.decisions import regrade as deciding
    from autograder.grading.regrade import rescored
    from autograder.results.history.record import History

    with History.existing(results, history_url) as history:
        found = deciding.find(history, deciding.Asked(policy=policy, exercise=exercise_name, student=student))
        _say_gone(found.gone, policy)
        _insist_on_students(found.gradings, accept)
        outcome = list(rescored(found.gradings, found.exercises))
        decided: list[Regraded] = []
        if accept:
            decided = [each for each in deciding.chosen(outcome, accept) if each.differs]
            deciding.accept_scores(history, decided, author(), reason)
            refresh(results, policy, history_url, record=history)
    _show(Shown("rescore", outcome, decided, accept is not None), as_json)


def insist_on_reason(accept: Sequence[str] | None, reason: str) -> None:
    """Raise `UsageError` if a decision is made without a reason."""
    if accept and not reason.strip():
        raise UsageError('--accept changes grades: say why with --reason "…"')


def _say_gone(exercises: Sequence[str], policy: Policy) -> None:
    if exercises:
        message = f"{', '.join(exercises)}: not in {policy.file} any more; these results stay as they are"
        err.print(Text(message, style="yellow"), soft_wrap=True)


def _insist_on_students(gradings: Sequence[Grading], accept: Sequence[str] | None) -> None:
    students = sorted({each.student for each in gradings})
    if unknown := [whom for whom in accept or () if whom not in ("all", "gains", *students)]:
        raise UsageError(*(f"--accept {whom}: no such student{did_you_mean(whom, students)}" for whom in unknown))


@dataclass(frozen=True)
class Shown:
    """What a command tells about its outcome."""

    command: str
    outcome: Sequence[Regraded]
    decided: Sequence[Regraded]
    deciding: bool

    @property
    def ran(self) -> int:
        """The number of checks that were run."""
        return sum(len(each.ran) for each in self.outcome)

    @property
    def kept(self) -> int:
        """The number of checks whose earlier results were kept."""
        return sum(len(each.after.checks) - len(each.ran) for each in self.outcome)

    @cached_property
    def changed(self) -> list[tuple[Regraded, list[difference.Change]]]:
        """The results in which a check differs, and the differences."""
        with_changes = [(each, difference.changes(each.was, each.after)) for each in self.outcome]
        return [(each, changes) for each, changes in with_changes if changes]

    @property
    def sentences(self) -> list[str]:
        """The outcome in numbers, and what to do next."""
        changed = [each for each, _ in self.changed]
        gaining, losing = sum(each.gain > 0 for each in changed), sum(each.gain < 0 for each in changed)
        lacking = sum(each.lacking for each in self.outcome)
        said = [
            f"{_counted(self.ran, 'check')} run, {self.kept} kept, of {_counted(len(self.outcome), 'result')}.",
            f"{gaining} gain{'s' * (gaining == 1)}, {losing} lose{'s' * (losing == 1)}, "
            f"{len(self.outcome) - gaining - losing} keep their points.",
        ]
        if lacking:
            said.append(
                f"{_counted(lacking, 'result')} could not be regraded: the record does not have the file. "
                "`autograder grade --force` grades such a submission again."
            )
        if self.deciding:
            said.append(
                f"{_counted(len(self.decided), 'new result')} of {self.command} count{'s' * (len(self.decided) == 1)} now."
            )
        elif any(each.differs for each in self.outcome):
            said.append(f'Nothing counts yet: autograder {self.command} --accept all --reason "…"')
        return said


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _show(shown: Shown, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(shown))
        return
    if changed := shown.changed:
        out.print(_table(changed[:MOST_SHOWN]))
        if len(changed) > MOST_SHOWN:
            out.print(f"… and {len(changed) - MOST_SHOWN} more; --json has all of them")
    for sentence in shown.sentences:
        out.print(Text(sentence), soft_wrap=True)


def _table(changed: Sequence[tuple[Regraded, Sequence[difference.Change]]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("student", overflow="fold")
    shown.add_column("exercise", overflow="fold")
    shown.add_column("score", no_wrap=True)
    shown.add_column("check")
    shown.add_column("why", ratio=1, overflow="fold")
    for each, changes in changed:
        first = [
            Text(safe_text.line(each.before.student, 60)),
            Text(each.before.exercise),
            Text(f"{words.score(each.was)} → {words.score(each.after)}", style=_colour(each.gain)),
        ]
        for change in changes:
            shown.add_row(*first, Text(change.id, style=_colour(change.gain)), Text(change.why))
            first = [Text(), Text(), Text()]
    return shown


def _colour(gain: float) -> str:
    return "green" if gain > 0 else "red" if gain < 0 else ""


def _as_json(shown: Shown) -> dict[str, Any]:
    decided = {each.before.run for each in shown.decided}
    return {
        "ran": shown.ran,
        "kept": shown.kept,
        "results": len(shown.outcome),
        "lacking": sum(each.lacking for each in shown.outcome),
        "changes": [
            {
                "student": each.before.student,
                "exercise": each.before.exercise,
                "before": each.before.score,
                "after": each.after.score,
                "counts": each.before.run in decided,
                "runs": [each.before.run, each.run],
                "checks": {change.id: {"gain": change.gain, "why": change.why} for change in changes},
            }
            for each, changes in shown.changed
        ],
    }
