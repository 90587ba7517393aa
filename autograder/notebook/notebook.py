"""`Notebook`: find the notebook's code, check it in the kernel's warm session, report, and hand it in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.loading import load_exercise
from autograder.course.grading_file import load_policy
from autograder.course.policy import did_you_mean, find_policy
from autograder.errors import GraderError, UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.notebook import colab, kernel, sources, warm
from autograder.notebook.progress import Line
from autograder.notebook.report import Interrupted, Packed, Problem, Report
from autograder.notebook.sources import Source
from autograder.release import handin

Shown = TypeVar("Shown", bound=Report | Packed | Problem)

_VALIDATE_WIDTH = 82
"""Characters of a line that `nbgrader validate` shows whole: it indents lines by 4 and cuts them at 87."""


class Notebook:
    """The visible checks of an exercise, and its handing in, for use in a notebook.

    `file`: the notebook's own file. By default the open notebook is found: in Colab, Jupyter and VS Code by asking them;
    otherwise it is the only file of the exercise in the current folder, or else the code that this kernel has run. The
    report's first line says which. Raises `UsageError` if there is no exercise of that name.
    """

    def __init__(self, name: str, file: str | Path | None = None) -> None:
        here = Path.cwd()
        policy = load_policy(find_policy(here))
        self._exercise = load_exercise(policy, name)
        self._exercises = tuple(policy.exercises)
        self._upload = policy.upload
        self._file = Path(file) if file else None
        self._kernel = kernel.current()

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
            print(told.text(_VALIDATE_WIDTH), file=sys.stderr)
        return told

    def hand_in(self, student: str) -> Packed | Problem:
        """Write `<exercise>_<student>.zip` beside the notebook, as `autograder handin` does.

        Without a name nothing is written, so that running all cells does not hand in.
        """
        if not student.strip():
            return Problem("Not handed in. To do so, write your name between the quotes and run this cell again.")

        def pack(found: Source, zygotes: Zygotes, line: Line) -> Packed | Problem:
            if found.not_saved:
                return Problem(f"Not handed in. {found.not_saved}")
            done = handin.hand_in(
                self._exercise,
                found.submission,
                student,
                folder=Path.cwd(),
                zygote_of=zygotes.of,
                upload=self._upload,
                progress=lambda title: line.say(f"checking: {title}"),
            )
            downloaded = colab.download(done.path)
            return Packed(done.summary(), *(["Your browser downloads the zip."] if downloaded else []))

        return self._with_code(pack)

    def _checked(self, only: list[str] | None) -> Report | Problem:
        def check(found: Source, zygotes: Zygotes, line: Line) -> Report:
            job = grader.Job(
                self._exercise,
                fresh_seed(),
                zygotes.of,
                visible_only=True,
                only=only,
                progress=lambda title: line.say(f"checking: {title}"),
            )
            return Report(grader.grade(found.submission, job), found.checked)

        return self._with_code(check)

    def _with_code(self, act: Callable[[Source, Zygotes, Line], Shown]) -> Shown | Problem:
        """What `act` returns, given the student's code and the kernel's zygotes, or why it could not."""
        try:
            found = sources.find(self._exercise, self._exercises, self._file, self._kernel)
            with Line(shown=self._kernel is not None) as line:
                framework, zygotes = found.submission.framework, warm.KERNEL.zygotes()
                if framework != "unknown":
                    line.say(f"importing {framework}, once for this kernel")
                    zygotes.of(framework)
                return act(found, zygotes, line)
        except UsageError as problem:
            return Problem(*problem.problems)
        except GraderError as problem:
            return Problem(f"Not checked: {problem}")
        except KeyboardInterrupt:
            raise Interrupted from None
