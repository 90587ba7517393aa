"""Checks inside a notebook: `grader = Notebook("xor"); grader.check("gates"); grader.check_all()`.

As on the command line, the saved file is graded: save the notebook first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.loading import load_exercise
from autograder.course import submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import did_you_mean, find_policy
from autograder.course.submission import Submission
from autograder.errors import GraderError, UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.reports import page, terminal
from autograder.results.form import Result


class Report:
    """The results of checks: HTML in a notebook, plain text elsewhere."""

    def __init__(self, result: Result, note: str = "") -> None:
        self.result = result
        self._note = note

    @property
    def passed(self) -> bool:
        """Whether all checks that were run passed."""
        return all(check.status in ("passed", "deferred") for check in self.result.checks)

    def __repr__(self) -> str:
        return "\n".join(filter(None, [terminal.plain(self.result, hidden_later=True), self._note]))

    def _repr_html_(self) -> str:
        return page.html_fragment(self.result, hidden_later=True) + (f"<p>{self._note}</p>" if self._note else "")


class Problem:
    """The reason why nothing was checked."""

    passed = False

    def __init__(self, *sentences: str) -> None:
        self._message = "\n".join(sentences)

    def __repr__(self) -> str:
        return self._message


class Notebook:
    """The visible checks of an exercise, for use in a notebook.

    `file`: the notebook's own file. Default: the file of the exercise in the current folder that was saved last.
    Raises `UsageError` if there is no exercise of that name.
    """

    def __init__(self, name: str, file: str | Path | None = None) -> None:
        here = Path.cwd()
        policy = load_policy(find_policy(here))
        self._exercise = load_exercise(policy, name)
        self._file = Path(file) if file else None

    def check(self, part: str) -> Report | Problem:
        """Run the checks of one part, and the checks they need."""
        ids = [check.id for check in self._exercise.checks if check.part == part and check.visible]
        if not ids:
            parts = dict.fromkeys(check.part for check in self._exercise.checks)
            return Problem(f"{self._exercise.name} has no part {part!r}{did_you_mean(part, parts)}")
        return self._run(ids)

    def check_all(self) -> Report | Problem:
        """Run all visible checks."""
        return self._run(None)

    def _run(self, only: list[str] | None) -> Report | Problem:
        if os.environ.get("NBGRADER_EXECUTION") == "autograde":
            # nbgrader itself would give this cell full marks, whatever it shows.
            raise GraderError("running this cell does not grade it: nbgrader must read the course's nbgrader_config.py")
        told = self._checked(only)
        if os.environ.get("NBGRADER_VALIDATING") and not told.passed:
            # `nbgrader validate` looks at what a cell writes here, not at what it shows.
            print(told, file=sys.stderr)
        return told

    def _checked(self, only: list[str] | None) -> Report | Problem:
        try:
            handed_in = self._read()
            with Zygotes() as zygotes:
                job = grader.Job(self._exercise, fresh_seed(), zygotes.of, visible_only=True, only=only)
                return Report(grader.grade(handed_in, job), f"Checked the last saved version of {handed_in.file}.")
        except UsageError as problem:
            return Problem(*problem.problems)
        except GraderError as problem:
            return Problem(f"Not checked: {problem}")

    def _read(self) -> Submission:
        name = self._exercise.name
        if self._file:
            return submission.read(self._file, "you", name)
        files = [
            path
            for path in Path.cwd().iterdir()
            if path.suffix in (".ipynb", ".py") and submission.exercise_of(path, [name]) and path.stem.startswith(name)
        ]
        if not files:
            raise UsageError(f"This folder contains no file for {name}: use Notebook({name!r}, 'your_file.ipynb').")
        return submission.read(max(files, key=lambda path: path.stat().st_mtime), "you", name)
