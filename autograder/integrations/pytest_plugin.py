"""Checks as pytest items: `pytest xor_torch.ipynb`, `pytest assignments/xor -k gates -x`.

The grader runs in pytest's process, and the student's code in its worker: pytest never imports the student's file.

pytest loads this module in every project in which the package is installed. So nothing else of the package is imported
until there is a file that may be a submission.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.authoring.exercise import Check, Exercise
    from autograder.course.policy import Policy
    from autograder.execution.zygote_client import Zygotes
    from autograder.grading.grader import Run
    from autograder.results.form import CheckResult

# pytest's nodes are partially typed.
# pyright: reportUnknownMemberType=false

# Not imported from `course.policy`: pydantic would delay the start of pytest in every project with a notebook.
_GRADING_FILE = "grading.yml"
_HANDED_IN = "submitted"
_IMPORTS_THE_CHECKS = b"from autograder import Notebook"
_FIRST_CELLS = 64 << 10
"""Bytes at the start of a notebook that contain its imports."""
_ZYGOTES: pytest.StashKey[Zygotes] = pytest.StashKey()


class SubmissionWarning(pytest.PytestWarning):
    """A note on a whole submission: a cell that raised, a cell that was too slow."""


@pytest.hookimpl(hookwrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, Any]:
    """Collect a submission's checks instead of what other plugins would: pytest itself would import a `.py` file."""
    ours = _submission_file(file_path, parent)
    outcome = yield
    if ours:
        outcome.force_result([ours])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any]:
    """Report a skipped check at its place in the student's file, not in this module."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if isinstance(item, CheckItem) and report.skipped and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (os.fspath(path), (line or 0) + 1, report.longrepr[2])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of the visible points the checks that ran have reached."""
    ended = [
        dict(report.user_properties)
        for outcome in ("passed", "failed", "skipped", "error")
        for report in terminalreporter.stats.get(outcome, ())
        if hasattr(report, "user_properties")
    ]
    graded = [properties for properties in ended if "autograder_maximum" in properties]
    if not graded:
        return
    from autograder.reports import words

    reached = sum(float(str(properties["autograder_points"])) for properties in graded)
    most = sum(float(str(properties["autograder_maximum"])) for properties in graded)
    count = f"{len(graded)} visible check{'' if len(graded) == 1 else 's'}"
    terminalreporter.write_line(
        f"{words.points(reached)} of {words.points(most)} points in {count}; hidden checks are graded later"
    )


class SubmissionFile(pytest.File):
    """A student's file. Its children are the parts of its exercise; one worker runs all its checks."""

    def __init__(self, *, found: _Found, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._found = found
        self._exercise: Exercise | None = None
        self._opened = ExitStack()
        self._run: Run | None = None
        self._said: set[str] = set()

    def collect(self) -> Iterator[Part]:
        """The parts that have visible checks. Neither the file's code nor a framework is loaded for this."""
        from autograder.authoring.loading import load_exercise
        from autograder.errors import UsageError

        try:
            if self._found.policy is None:
                raise UsageError(*self._found.problems)
            self._exercise = load_exercise(self._found.policy, self._found.exercise)
        except UsageError as problem:
            raise self.CollectError("\n".join(problem.problems)) from None
        parts: dict[str, list[Check]] = {}
        for check in self._exercise.checks:
            if check.visible:
                parts.setdefault(check.part, []).append(check)
        lines = self._lines([check for checks in parts.values() for check in checks])
        for part, checks in parts.items():
            yield Part.from_parent(self, name=part, checks=checks, lines=lines)

    def setup(self) -> None:
        """Read the file again, as it is now. The worker starts with the first check."""
        from autograder.authoring.challenges import fresh_seed
        from autograder.course import submission
        from autograder.grading.grader import Job, Run

        assert self._exercise
        handed_in = submission.read(self.path, "you", self._exercise.name)
        job = Job(self._exercise, fresh_seed(), _zygotes(self.config).of, visible_only=True)
        self._run = self._opened.enter_context(Run(handed_in, job))

    def teardown(self) -> None:
        """End the worker."""
        self._opened.close()

    def result_of(self, check: Check) -> CheckResult:
        """Run one check, after those that it needs, each once. Notes on the file become warnings."""
        from autograder.reports import safe_text

        assert self._run
        result = self._run.up_to(check.id)
        for note in self._run.session.notes:
            if note not in self._said:
                self._said.add(note)
                self.warn(SubmissionWarning(safe_text.line(note, 2_000)))
        return result

    def _lines(self, checks: list[Check]) -> dict[str, int]:
        """The line of the file that each check is about, from 0, for editors that jump there."""
        from autograder.course import submission
        from autograder.course.source_lines import SourceLines

        assert self._exercise
        lines = SourceLines(submission.read(self.path, "you", self._exercise.name), self._exercise.folder)
        return {check.id: lines.about(check.part, check.title) - 1 for check in checks}


class Part(pytest.Collector):
    """A part of an exercise."""

    def __init__(self, *, checks: list[Check], lines: dict[str, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._checks = checks
        self._lines = lines

    def collect(self) -> Iterator[CheckItem]:
        """The visible checks of the part."""
        for check in self._checks:
            # The whole id, since many ideas (`and`, `or`) mean something else to `-k`.
            yield CheckItem.from_parent(self, name=check.id, check=check, line=self._lines[check.id])


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, check: Check, line: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check = check
        self._line = line
        self._result: CheckResult | None = None

    def setup(self) -> None:
        """Run the check, so that what the grader or the machine is to blame for is an error and not a failure."""
        from autograder.errors import GraderError, UsageError
        from autograder.reports import words

        file = self.getparent(SubmissionFile)
        assert file
        try:
            self._result = result = file.result_of(self._check)
        except (GraderError, UsageError) as problem:
            raise pytest.fail.Exception(str(problem), pytrace=False) from None
        if result.status != "deferred":
            self.user_properties += [("autograder_points", result.points), ("autograder_maximum", result.maximum)]
        if result.status == "error":
            raise pytest.fail.Exception(f"{words.UNGRADED}\n{_said(result)}", pytrace=False)
        if result.status in ("skipped", "deferred"):
            pytest.skip("; ".join(text for _, text in words.sentences(result)))

    def runtest(self) -> None:
        """Fail if the check failed."""
        assert self._result
        if self._result.status == "failed":
            raise _CheckDidNotPass

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The five sentences, as on the command line."""
        if self._result and isinstance(excinfo.value, _CheckDidNotPass):
            return _Sentences(self._result, os.fspath(self.path), self._line + 1)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int, str]:
        """The file, the line that the check is about, and the heading of a failure."""
        return self.path, self._line, f"{self._check.id} in {self.path.name}"


class _CheckDidNotPass(Exception):
    """A check failed; its result says why."""


@dataclass(frozen=True)
class _Crash:
    """What pytest's summary shows of a failure."""

    path: str
    lineno: int
    message: str


class _Sentences:
    """A failure that pytest can print: its whole text, and one line for its summary."""

    def __init__(self, result: CheckResult, path: str, line: int) -> None:
        from autograder.reports import safe_text

        self._text = _said(result)
        self.reprcrash = _Crash(path, line, safe_text.line(result.saw))

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: Any) -> None:
        """Write the text to pytest's terminal."""
        for line in self._text.split("\n"):
            tw.line(line)


def _said(result: CheckResult) -> str:
    from autograder.reports import terminal

    return terminal.as_text(terminal.failure(result))


@dataclass(frozen=True)
class _Found:
    """The exercise of a file, or why it is not known."""

    exercise: str = ""
    policy: Policy | None = None
    problems: tuple[str, ...] = ()


def _submission_file(path: Path, parent: pytest.Collector) -> SubmissionFile | None:
    """The node of a file that is a submission; `None` for all other files."""
    if path.suffix not in (".ipynb", ".py"):
        return None
    if parent.session.isinitpath(path):
        # Most of the files that people name are tests, and no exercise is called like one.
        if path.suffix == ".py" and (path.name.startswith(("test_", "conftest.")) or path.stem.endswith("_test")):
            return None
        found = _found(path, named=True)
    else:
        found = _found(path, named=False) if path.suffix == ".ipynb" and _may_be_ours(path) else None
    return SubmissionFile.from_parent(parent, path=path, found=found) if found else None


def _may_be_ours(path: Path) -> bool:
    """Whether a notebook that nobody named may belong to an exercise; all others are another project's, whatever their name.

    Either a `grading.yml` lies above it, or it imports the checks. What a class has handed in is for `autograder grade`.
    """
    if _HANDED_IN in path.parts:
        return False
    if any((folder / _GRADING_FILE).is_file() for folder in path.parents):
        return True
    with path.open("rb") as notebook:
        return _IMPORTS_THE_CHECKS in notebook.read(_FIRST_CELLS)


def _found(path: Path, named: bool) -> _Found | None:
    """The exercise of a file. A notebook that is named may have another name if its folder has the exercise's."""
    from autograder.course.grading_file import load_policy
    from autograder.course.layout import exercise_of
    from autograder.course.policy import find_policy
    from autograder.errors import UsageError

    try:
        policy = load_policy(find_policy(path.parent))
    except UsageError as problem:
        # Other tools may have a `grading.yml` too; every submission sets FRAMEWORK.
        return _Found(problems=problem.problems) if b"FRAMEWORK" in path.read_bytes() else None
    by_folder = named and path.suffix == ".ipynb"
    name = exercise_of(path if by_folder else Path(path.name), list(policy.exercises))
    return _Found(name, policy) if name else None


def _zygotes(config: pytest.Config) -> Zygotes:
    """The zygotes of this run of pytest, which end with it."""
    from autograder.execution.zygote_client import Zygotes

    if _ZYGOTES not in config.stash:
        opened = ExitStack()
        config.stash[_ZYGOTES] = opened.enter_context(Zygotes())
        config.add_cleanup(opened.close)
    return config.stash[_ZYGOTES]
