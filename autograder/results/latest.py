"""The latest result of every submission, as the files of a folder contain it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autograder.results.files import results_in
from autograder.results.form import Result, read


def latest(folder: Path, unreadable: Callable[[Path], None] = lambda path: None) -> list[Result]:
    """The results in `<folder>/<student>/<exercise>.json`, by student and exercise.

    The files follow the record of gradings, if there is one; a folder without a record is read in the same way.
    `unreadable` is called with each file that is not a result of this version.
    """
    results: list[Result] = []
    for path in results_in(folder):
        try:
            results.append(read(path))
        except ValueError:
            unreadable(path)
    return results
