"""The record of gradings, as the server uses it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from autograder.decisions import folder, regrade
from autograder.grading.regrade import Regraded
from autograder.reports.pages.folder import Course
from autograder.results.form import Result
from autograder.results.history import database
from autograder.results.history.record import History


class Record:
    """The record of gradings, opened when it is first asked for something, and kept open. Thread-safe."""

    def __init__(self, results: Path, url: str | None) -> None:
        self._results = results
        self.url = url
        self._history: History | None = None
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether anything has been recorded."""
        return self._history is not None or database.exists(database.url_of(self._results, self.url))

    @property
    def if_any(self) -> History | None:
        """The record, if anything has been recorded."""
        return self.opened() if self.exists else None

    def differences(self, student: str | None = None, exercise: str | None = None) -> list[Regraded]:
        """The regradings that nobody has decided about."""
        return regrade.open_differences(self.opened(), student, exercise) if self.exists else []

    def beside(self, course: Course, result: Result) -> Course:
        """The course with what the record says about a result."""
        if not self.exists:
            return course
        history = self.opened()
        return replace(
            course,
            record=self._results if self.url is None else None,
            runs=history.runs(result.student, result.exercise),
            contents_of=folder.files_of(history),
        )

    def opened(self) -> History:
        """The record. Raises `UsageError` if nothing has been recorded."""
        with self._lock:
            if self._history is None:
                self._history = History.existing(self._results, self.url)
            return self._history

    def close(self) -> None:
        """Close the connections."""
        if self._history:
            self._history.close()
