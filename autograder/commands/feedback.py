"""`autograder feedback`: what each student may see, named as the learning platform's upload wants it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer
from rich.text import Text

from autograder.commands.options import (
    RESULTS,
    Config,
    ExerciseName,
    HistoryUrl,
    Json,
    Results,
    err,
    governing_policy,
    say_written,
)
from autograder.commands.results_folder import refresh
from autograder.course.people.book import People
from autograder.course.people.submitted import Imported
from autograder.decisions.folder import files_of, insist_on_results, record_of
from autograder.reports import safe_text
from autograder.reports.pages import submission
from autograder.reports.pages.folder import Course
from autograder.results.files import file_name, write_whole
from autograder.results.form import Result


class Platform(StrEnum):
    """Where the feedback goes; `folder` is a page for each student in a folder of their own."""

    BRIGHTSPACE = "brightspace"
    CANVAS = "canvas"
    FOLDER = "folder"
    MOODLE = "moodle"


_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, so that the same feedback is the same zip."""


def feedback(
    platform: Annotated[
        Platform, typer.Option("--for", metavar="PLATFORM", help=f"{', '.join(Platform)}.")
    ] = Platform.FOLDER,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it.")] = Path("feedback"),
    results: Results = RESULTS,
    exercise_name: ExerciseName = None,
    history_url: HistoryUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write for each student a page that they may see: hidden checks are shown without what was expected.

    For a platform, the pages of an exercise are one zip, named as its upload of feedback wants them.
    This needs what `autograder import` recorded in submissions.csv.
    """
    policy = governing_policy(config)
    insist_on_results(results)
    refreshed = refresh(results, policy, history_url)
    chosen = [each for each in refreshed.book.results if exercise_name in (None, each.exercise)]
    written: list[Path] = []
    with record_of(results, history_url) as record:
        course = Course(policy, contents_of=files_of(record))

        def page(result: Result) -> bytes:
            return submission.for_student(result, refreshed.people.real(result.student), course.code(result)).encode()

        if platform is Platform.FOLDER:
            for each in chosen:
                whose = refreshed.people.real(each.student)
                written.append(folder / file_name(whose) / f"{file_name(each.exercise)}.html")
                write_whole(written[-1], page(each))
        else:
            for exercise in sorted({each.exercise for each in chosen}):
                theirs = [each for each in chosen if each.exercise == exercise]
                entries = _entries(theirs, refreshed.people, platform, page)
                if entries:
                    written.append(folder / f"{exercise}-feedback-{platform}.zip")
                    write_whole(written[-1], _packed(entries))
    for path in written:
        path.chmod(0o644)
    say_written(written, as_json)


def _entries(
    results: Sequence[Result], people: People, platform: Platform, page: Callable[[Result], bytes]
) -> dict[str, bytes]:
    """The pages of one exercise by their names in the zip; says whose page has none."""
    entries: dict[str, bytes] = {}
    for each in results:
        whose = people.real(each.student)
        record = _record(people.imported, people.real(each.handed_in_by or whose), each.exercise, platform)
        name = record and _NAMES[platform](PurePosixPath(record.original), f"{each.exercise}-feedback.html")
        if not name:
            why = "was not imported from there: there is no name for the feedback"
            err.print(
                Text(safe_text.inert(f"left out: {whose} · {each.exercise} {why}"), style="yellow"), soft_wrap=True
            )
            continue
        entries[name] = page(each)
    return entries


def _record(imported: Sequence[Imported], student: str, exercise: str, platform: Platform) -> Imported | None:
    return next(
        (
            each
            for each in reversed(imported)
            if (each.student, each.exercise, each.platform.lower()) == (student, exercise, platform)
        ),
        None,
    )


def _for_canvas(original: PurePosixPath, file: str) -> str:
    """`lovelaceada_12345_67890_xor-feedback.html`: Canvas finds the student by the two numbers."""
    named = (re.match(r"([^_]+_(?:LATE_|late_)?\d+_\d+_)", part) for part in original.parts)
    return next((f"{match[1]}{file}" for match in named if match), "")


def _for_moodle(original: PurePosixPath, file: str) -> str:
    """`Ada Lovelace_1234567_assignsubmission_file_xor-feedback.html`: Moodle finds the student by the number."""
    named = (re.match(r"(.+?_\d+_assignsubmission_file)", part) for part in original.parts)
    return next((f"{match[1]}_{file}" for match in named if match), "")


def _for_brightspace(original: PurePosixPath, file: str) -> str:
    """The folder of the download, which Brightspace finds again."""
    named = (part for part in original.parts[:-1] if re.search(r"\d{4} \d{1,2}[.:]?\d{2} [AP]M$", part))
    return next((f"{part}/{file}" for part in named), "")


_NAMES = {
    Platform.BRIGHTSPACE: _for_brightspace,
    Platform.CANVAS: _for_canvas,
    Platform.MOODLE: _for_moodle,
}


def _packed(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(entries.items()):
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
