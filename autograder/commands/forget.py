"""`autograder forget`: remove a student from the record and the results."""

from __future__ import annotations

import shutil
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
from autograder.errors import UsageError
from autograder.results.files import file_name


def forget(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The student's name, as in the results.")],
    sure: Annotated[bool, typer.Option("--yes", metavar=FLAG, help="Remove it; it cannot be undone.")] = False,
    results: Results = RESULTS,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Remove all gradings, files and pages of a student. Counts are left, without a name.

    Submissions, lists of students and other files outside the folder of results stay where they are.
    """
    from autograder.results.history.record import History

    policy = governing_policy(config)
    with History.existing(results, history_url) as history:
        gradings = history.gradings(student)
        if not gradings:
            raise UsageError(f"Nothing is recorded of {student!r} in {history}")
        if not sure:
            raise UsageError(
                f"{student} has {len(gradings)} runs in {history}: they, their files and their pages would be removed "
                "for good. Say so with --yes"
            )
        counts = history.forget(student)
    if (folder := results / file_name(student)).exists():
        shutil.rmtree(folder)
    refresh(results, policy, history_url)
    if as_json:
        print_json([{"exercise": name, "gradings": runs, "attempts": attempts} for name, runs, attempts in counts])
        return
    for name, runs, attempts in counts:
        out.print(Text(f"{name}: {runs} runs of {attempts} attempts removed"), soft_wrap=True)
    out.print(Text(f"Not removed: what was handed in, and other lists with the name of {student}"), soft_wrap=True)
