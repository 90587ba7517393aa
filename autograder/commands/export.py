"""`autograder export`: grades as a learning platform reads them, from results that are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs

from autograder.commands.options import (
    RESULTS,
    Config,
    ExerciseName,
    HistoryUrl,
    Json,
    Results,
    governing_policy,
    say_written,
)
from autograder.commands.results_folder import refresh, say_missing
from autograder.course.people.roster import Student
from autograder.decisions.folder import insist_on_results
from autograder.errors import UsageError
from autograder.integrations import brightspace, canvas, csv, moodle
from autograder.integrations.gradescope import grades as gradescope
from autograder.results.files import write_whole
from autograder.results.form import Result


class Platform(StrEnum):
    """The platforms, and a table for a spreadsheet."""

    BRIGHTSPACE = "brightspace"
    CANVAS = "canvas"
    CSV = "csv"
    GRADESCOPE = "gradescope"
    MOODLE = "moodle"


_ENCODERS: dict[Platform, Callable[[Sequence[Result], Callable[[str], Student]], bytes]] = {
    Platform.BRIGHTSPACE: brightspace.encode,
    Platform.CANVAS: canvas.encode,
    Platform.CSV: lambda results, student_of: csv.encode(results, None, student_of),
    Platform.GRADESCOPE: gradescope.encode,
    Platform.MOODLE: moodle.encode,
}


def export(
    platform: Annotated[Platform, typer.Argument(metavar="PLATFORM", help=f"{', '.join(Platform)}.")],
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: print it.")] = None,
    results: Results = RESULTS,
    exercise_name: ExerciseName = None,
    section: Annotated[str | None, typer.Option("--section", metavar="NAME", help="Only this section.")] = None,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write the grades for PLATFORM: the scores that count, under the students' own names.

    Results, pages and summary.csv are brought up to date first. Nothing is graded.
    """
    policy = governing_policy(config)
    insist_on_results(results)
    if as_json and file is None:
        raise UsageError("--json and the grades would both be printed; give --out FILE")
    refreshed = refresh(results, policy, history_url)
    people = refreshed.people
    chosen = [
        structs.replace(each, student=people.real(each.student))
        for each in refreshed.book.results
        if exercise_name in (None, each.exercise) and section in (None, people.student(each.student).section)
    ]
    if not chosen:
        only = " ".join(each for each in (exercise_name or "", f"in section {section}" if section else "") if each)
        raise UsageError(f"--results {results}: there is no result {only}")
    content = _ENCODERS[platform](chosen, people.student)
    say_missing(refreshed.book)
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    write_whole(file, content)
    say_written([file], as_json)
