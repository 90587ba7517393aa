"""The plugin for `otter run` and `otter grade`: otter executes an empty notebook, this package the submission.

Otter itself runs tests in the same process as the student's code. Here, before otter starts a kernel, all submitted
files are removed from its folder: the submission, any other files (a log of pickles, modules that shadow others), and
the tests, which this plugin replaces.
"""

# otter and nbformat ship no types, and otter's base class declares that its methods never return.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin
from otter.test_files import ExceptionTestFile, GradingResults, TestCase
from otter.test_files.abstract_test import TestCaseResult

from autograder.authoring.loading import load_exercise
from autograder.course import layout, submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.course.submission import Submission
from autograder.errors import GraderError, UsageError
from autograder.grading import engine
from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Result

COURSE = Path("source", "files", "course")
"""Where otter puts the course, relative to the folder that also contains `submission/`."""
STUDENT = "submission"


class Plugin(AbstractOtterPlugin):
    """Options: `exercise`, and `allow_weak: true` to grade even if student code cannot be sandboxed.

    If the grader itself fails, the plugin raises, so that otter writes no grade at all.
    """

    _handed_in: Submission | None = None
    _result: Result | None = None

    def before_grading(self, config: Any) -> None:
        """Read the submission, and remove it from otter's folder."""
        path = Path(self.submission_path)
        self._handed_in = self._read(path)
        config.grade_from_log = False
        wants_pdf = bool(config.pdf or config.token)
        for entry in path.parent.iterdir():
            if entry == path and path.suffix == ".ipynb" and wants_pdf and not path.is_symlink():
                # Otter renders a PDF for graders from this notebook, without running it.
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if not path.exists():
            path.write_text(nbformat.writes(_empty()) if path.suffix == ".ipynb" else "", encoding="utf-8")

    def before_execution(self, submission: Any) -> Any:
        """Give otter an empty notebook to execute."""
        return _empty()

    def after_grading(self, results: GradingResults) -> None:
        """Grade with this package's engine, and replace otter's results."""
        if results.has_catastrophic_failure():
            raise GraderError(f"otter's own kernel failed: {results.catastrophic_error}")
        if self._handed_in is None:
            raise GraderError("otter did not call before_grading")
        result = self._grade(self._handed_in)
        if result.score is None:
            raise GraderError(" ".join([words.UNGRADED, *result.notes]))
        self._result = result
        results.clear_results()
        for part, checks in words.parts(result.checks).items():
            results.results[part] = _question(part, checks)
            results.update_score(part, round(sum(check.points for check in checks), 6))
        results.set_output("\n".join(safe_text.inert(note) for note in result.notes))

    def generate_report(self) -> str:
        """A summary for the instructor."""
        assert self._result is not None
        result = self._result
        return (
            f"graded by autograder {result.versions.get('autograder', '')}: {words.score(result)}, seed {result.seed}, "
            f"isolation {result.isolation.level}"
        )

    def _read(self, path: Path) -> Submission:
        name = str(self.plugin_config.get("exercise", ""))
        if path.is_symlink():
            # The solutions are on the same machine.
            return layout.nothing_handed_in(path.parent, STUDENT, name)
        return submission.read(path, STUDENT, name)

    def _grade(self, handed_in: Submission) -> Result:
        course = Path(self.submission_path).parent.parent / COURSE
        if not (course / GRADING_FILE).is_file():
            raise UsageError("The autograder.zip contains no course: create its source with `autograder otter`")
        loaded = load_exercise(load_policy(course / GRADING_FILE), handed_in.exercise)
        with tempfile.TemporaryDirectory() as folder:
            allow_weak = bool(self.plugin_config.get("allow_weak", False))
            plan = engine.Plan([handed_in], {loaded.name: loaded}, Path(folder), allow_weak=allow_weak)
            (result,) = engine.run(plan)
        return result


def _empty() -> Any:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[], metadata={"kernelspec": kernel})


def _question(part: str, checks: list[CheckResult]) -> ExceptionTestFile:
    """A part in otter's result format: a case for each check."""
    cases = [
        TestCase(
            name=safe_text.line(check.id),
            body="",
            hidden=not check.visible,
            points=check.maximum if check.status != "deferred" else 0,
            success_message=None,
            failure_message=None,
        )
        for check in checks
    ]
    question = ExceptionTestFile(part, "", cases, all_or_nothing=False)
    question.test_case_results = [
        TestCaseResult(case, _said(check), check.status in ("passed", "deferred"))
        for case, check in zip(cases, checks, strict=True)
    ]
    return question


def _said(check: CheckResult) -> str:
    title = f"{words.MARKS[check.status]} {safe_text.line(check.title)}"
    return "\n".join([title, *(f"{name}: {sentence}" for name, sentence in words.sentences(check))])
