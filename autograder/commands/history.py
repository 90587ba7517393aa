"""`autograder history`: all gradings of a submission."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from autograder.commands.options import RESULTS, HistoryUrl, Json, Results, out, print_json
from autograder.course.policy import did_you_mean
from autograder.errors import UsageError
from autograder.reports import safe_text, words

if TYPE_CHECKING:
    from autograder.results.history.gradings import Grading


def history(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The student's name, as in the results.")],
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE", help="The exercise's name.")],
    source: Annotated[
        int | None, typer.Option("--source", metavar="RUN", help="Print the file that RUN graded, and nothing else.")
    ] = None,
    results: Results = RESULTS,
    history_url: HistoryUrl = None,
    as_json: Json = False,
) -> None:
    """List all gradings of a submission: attempt, date, seed, versions and score, and which one counts."""
    from autograder.results.history.record import History

    with History.existing(results, history_url) as record:
        gradings = record.gradings(student, exercise)
        if not gradings:
            others = sorted({each.exercise for each in record.latest(student)})
            hint = did_you_mean(exercise, others) if others else ""
            raise UsageError(f"Nothing is recorded of {exercise} by {student} in {record}{hint}")
        if source is not None:
            _print_source(record.source_of(_one_of(gradings, source)))
            return
    if as_json:
        print_json([_as_json(each) for each in gradings])
        return
    out.print(_table(gradings))
    for each in gradings:
        if each.reason:
            said = f"run {each.run}: {each.kind} of run {each.basis}, accepted by {each.author}: {each.reason}"
            out.print(Text(safe_text.line(said, 300)), soft_wrap=True)
    for versions, runs in _by_versions(gradings).items():
        out.print(Text(f"run {', '.join(map(str, runs))}: {safe_text.line(versions)}", style="dim"), soft_wrap=True)


def _one_of(gradings: Sequence[Grading], run: int) -> Grading:
    found = next((each for each in gradings if each.run == run), None)
    if found is None:
        raise UsageError(f"Run {run} is not one of these: {', '.join(str(each.run) for each in gradings)}")
    return found


def _print_source(content: bytes) -> None:
    if sys.stdout.isatty():
        # A student may have written codes into it that a terminal obeys.
        content = safe_text.inert(content.decode(errors="replace")).encode()
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def _as_json(grading: Grading) -> dict[str, object]:
    result = grading.result
    return {
        "run": grading.run,
        "attempt": grading.attempt,
        "counts": grading.counts,
        "kind": grading.kind,
        "basis": grading.basis,
        "author": grading.author,
        "reason": grading.reason,
        "decided": grading.decided,
        "graded": grading.graded,
        "score": grading.score,
        "maximum": grading.maximum,
        "seed": result.seed,
        "versions": result.versions,
        "file": result.file,
        "source": result.source,
        "checks": {check.id: {"digest": check.digest, "points": check.points} for check in result.checks},
    }


def _table(gradings: Sequence[Grading]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, caption="✓ counts", caption_justify="left")
    for name in ("run", "attempt", "graded", "score", "why", "seed", "file"):
        shown.add_column(name, justify="right" if name in ("run", "attempt", "score", "seed") else "left")
    for each in gradings:
        result = each.result
        shown.add_row(
            f"{each.run} {'✓' if each.counts else ' '}",
            str(each.attempt),
            each.graded.partition("+")[0].replace("T", " "),
            words.score(result),
            each.kind,
            str(result.seed),
            Text(safe_text.line(result.file, 40)),
        )
    return shown


def _by_versions(gradings: Sequence[Grading]) -> dict[str, list[int]]:
    """Versions → the runs with them."""
    runs: dict[str, list[int]] = {}
    for each in gradings:
        versions = ", ".join(f"{name} {number}" for name, number in each.result.versions.items())
        runs.setdefault(versions or "versions are not known", []).append(each.run)
    return runs
