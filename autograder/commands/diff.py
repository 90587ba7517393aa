"""`autograder diff`: two gradings compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from autograder.commands.options import RESULTS, HistoryUrl, Json, Results, out, print_json
from autograder.reports import difference, safe_text, words

if TYPE_CHECKING:
    from autograder.results.history.gradings import Grading


def diff(
    before: Annotated[int, typer.Argument(metavar="RUN", help="The number of a run; see `autograder history`.")],
    after: Annotated[int, typer.Argument(metavar="RUN", help="The number of another run.")],
    results: Results = RESULTS,
    history_url: HistoryUrl = None,
    as_json: Json = False,
) -> None:
    """Compare two runs: the score, what they graded and with what, and each check that differs."""
    from autograder.results.history.record import History

    with History.existing(results, history_url) as history:
        first, second = history.grading(before), history.grading(after)
    changes = difference.changes(first.result, second.result)
    facts = _facts(first, second)
    if as_json:
        print_json(
            {
                "differs": {name: [str(value) for value in values] for name, values in facts.items()},
                "score": [first.score, second.score],
                "checks": {
                    change.id: {
                        "before": change.before.status if change.before else None,
                        "after": change.after.status if change.after else None,
                        "gain": change.gain,
                        "why": change.why,
                    }
                    for change in changes
                },
            }
        )
        return
    out.print(Text(f"score  {words.score(first.result)} → {words.score(second.result)}", style="bold"), soft_wrap=True)
    for name, (old, new) in facts.items():
        out.print(Text(f"{name}  {safe_text.line(str(old), 60)} → {safe_text.line(str(new), 60)}"), soft_wrap=True)
    if not changes:
        out.print("No check differs.")
        return
    shown = Table(box=box.SIMPLE_HEAD)
    for name in ("check", f"run {before}", f"run {after}", "why"):
        shown.add_column(name, overflow="fold")
    for change in changes:
        shown.add_row(change.id, difference.score(change.before), difference.score(change.after), Text(change.why))
    out.print(shown)


def _facts(first: Grading, second: Grading) -> dict[str, tuple[object, object]]:
    """What differs apart from the checks: name → before, after."""
    old, new = first.result, second.result
    facts: dict[str, tuple[object, object]] = {
        "student": (first.student, second.student),
        "exercise": (first.exercise, second.exercise),
        "attempt": (first.attempt, second.attempt),
        "graded file": (old.source[:12], new.source[:12]),
        "seed": (old.seed, new.seed),
    }
    for name in sorted({*old.versions, *new.versions}):
        facts[f"version of {name}"] = (old.versions.get(name, "–"), new.versions.get(name, "–"))
    return {name: values for name, values in facts.items() if values[0] != values[1]}
