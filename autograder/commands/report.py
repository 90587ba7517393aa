"""`autograder report`: the table and the pages of results that are there, for example from nbgrader."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from autograder.commands.options import Config, HistoryUrl, Json, governing_policy, out, print_json
from autograder.commands.results_folder import refresh, say_missing
from autograder.decisions.folder import insist_on_results
from autograder.reports import terminal


def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder of results.")] = Path("results"),
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Bring RESULTS up to date without grading: final scores, summary.csv and the pages.

    Use it after `nbgrader autograde`, and after a change of deadlines, the roster or adjustments.csv.
    """
    policy = governing_policy(config)
    insist_on_results(results)
    refreshed = refresh(results, policy, history_url)
    if as_json:
        print_json(refreshed.book.results)
        return
    out.print(terminal.table(sorted(refreshed.book.results, key=lambda each: (each.student, each.exercise))))
    say_missing(refreshed.book)
    for what, path in {"report": refreshed.index, "summary": refreshed.summary, "policy": policy.file}.items():
        out.print(f"{what:<8} {escape(str(path))}", soft_wrap=True)
