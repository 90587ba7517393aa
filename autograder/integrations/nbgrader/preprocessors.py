"""Replacements for nbgrader's preprocessors on the exercises of `grading.yml`; other assignments use nbgrader's own."""

# nbgrader and nbformat have few type annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import atexit
import logging
import sys
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearOutput, ClearSolutions, Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Unicode

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course import submission
from autograder.course.grading_file import load_policy
from autograder.course.people import submitted
from autograder.course.policy import find_policy
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.execution.environment import make_undumpable
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.integrations.nbgrader import feedback, gradebook, outputs_of_students
from autograder.release import solution_markers
from autograder.reports import words
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, encode

RESULT = "autograder"
"""The key in nbconvert's resources under which `Grade` stores the result for `SaveScores`."""
IDLE_SECONDS = 30.0
"""How long a process with an imported framework is kept for the next grading."""
WHOLE = "# Graded by autograder"
"""The source of the first cell, which shows the whole submission's score and notes."""

Preprocessed = tuple[NotebookNode, Any]


class MakeStub(ClearSolutions):
    """Create the students' version: each function raises NotImplementedError with its name; every cell still runs."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Preprocessed:
        """Replace the solution in a cell by a stub."""
        marked = cell.cell_type == "code" and self.begin_solution_delimeter in cell.source
        if not (marked and is_solution(cell) and _is_ours(self, resources)):
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = solution_markers.stub(
            cell.source, f"{resources['nbgrader']['notebook']}.ipynb, cell {cell_index + 1}"
        )
        return cell, resources


class RestoreCells(NbGraderPreprocessor):
    """Restore every cell's metadata from the gradebook, and add missing grade cells.

    A submission's own metadata are not trusted. Metadata copied from another notebook would stop nbgrader; a deleted
    grade cell would cost its points.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
        """Restore the cells of an exercise's notebook."""
        with _left_to_people_if_it_fails(resources):
            if _is_ours(self, resources):
                self._restore(nb, resources["nbgrader"])
        return nb, resources

    def _restore(self, nb: NotebookNode, names: Any) -> None:
        with gradebook.opened(names["db_url"]) as book:
            notebook = book.find_notebook(names["notebook"], names["assignment"])
            left = {cell.name: _marks(cell, notebook) for cell in notebook.source_cells}
            tests = {cell.name for cell in notebook.grade_cells if cell.cell_type == "code"}
            graded = {cell.name: cell.source for cell in notebook.source_cells if cell.name in tests and cell.locked}
        # Of several cells with the same id (a cell that was split or copied) the last one keeps it, as in
        # DeduplicateIds; the metadata that it leaves in the others would stop nbgrader.
        for cell in reversed(nb.cells):
            given = cell.metadata.pop("nbgrader", None)
            id = cast(Any, given).get("grade_id") if isinstance(given, dict) else None
            if isinstance(id, str) and id in left:
                cell.metadata["nbgrader"] = left.pop(id)
        for id, source in graded.items():
            if id in left:
                nb.cells.append(_new_cell(nb, source, metadata={"nbgrader": left[id]}))


class KeepPlainOutputs(ClearOutput):
    """Keep the text and the pictures that a student's cells show, so that a person can grade a plot.

    They are what the student's file says, so markup and scripts are removed, and grade cells keep nothing.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Preprocessed:
        """Keep what is plain; remove all outputs in other assignments, as nbgrader does."""
        outputs = cell.get("outputs", []) if cell.cell_type == "code" else []
        cell, resources = cast(Preprocessed, super().preprocess_cell(cell, resources, cell_index))
        if cell.cell_type == "code" and _is_ours(self, resources) and not is_grade(cell):
            cell.outputs = outputs_of_students.plain(outputs)
        return cell, resources


class Grade(NbGraderPreprocessor):
    """Grade the submission with the engine: its code runs neither in this process nor in a kernel."""

    allow_weak = Bool(False, help="Grade even if student code cannot be sandboxed.").tag(config=True)
    results = Unicode(
        "results", help="Folder in the course folder for the full result of each grading; empty to store none."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
        """Grade the submission and show the result in its cells."""
        grading = _grading(self)
        names = resources["nbgrader"]
        exercise = grading.exercise_of(resources)
        if exercise is None:
            return cast(Preprocessed, Execute(parent=self.parent)(nb, resources))
        with _left_to_people_if_it_fails(resources):
            with gradebook.opened(names["db_url"]) as book:
                gradebook.insist_on_points(book, exercise)
            result = grading.grade(exercise, names["student"], self.allow_weak)
        if self.results:
            folder = grading.root / self.results
            write_whole(result_path(folder, names["student"], exercise.name), encode(result))
        if result.ungraded:
            self.log.error("%s by %s was not graded: %s", exercise.name, names["student"], " ".join(result.notes))
        resources[RESULT] = result
        parts = words.parts(result.checks)
        for cell in nb.cells:
            if is_grade(cell) and cell.metadata.nbgrader["grade_id"] in parts:
                cell.outputs = feedback.outputs_of_part(result, cell.metadata.nbgrader["grade_id"])
        nb.cells.insert(0, _new_cell(nb, WHOLE, outputs=feedback.outputs_of_whole(result)))
        return nb, resources


class SaveScores(SaveAutoGrades):
    """Write the result's scores into the gradebook; cell outputs are never read as scores."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
        """Save the scores of the result that `Grade` has stored."""
        nb, resources = super().preprocess(nb, resources)
        if not _is_ours(self, resources):
            return nb, resources
        names, result = resources["nbgrader"], cast(Result | None, resources.get(RESULT))
        with gradebook.opened(names["db_url"]) as book:
            if result is None:
                gradebook.leave_to_people(book, names["assignment"], names["student"])
            else:
                gradebook.record(book, result)
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Preprocessed:
        """Leave grade cells without a result to manual grading."""
        result = cast(Result | None, resources.get(RESULT))
        if not _is_ours(self, resources) or not is_grade(cell) or is_solution(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        if result is None or cell.metadata.nbgrader["grade_id"] not in words.parts(result.checks):
            self._leave_to_people(cell)
        return cell, resources

    def _leave_to_people(self, cell: NotebookNode) -> None:
        """Mark an instructor's own test cell, which was not run: nbgrader would give it full marks."""
        names = (self.notebook_id, self.assignment_id, self.student_id)
        grade: Any = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *names)
        grade.auto_score, grade.needs_manual_grade = None, True
        self.gradebook.db.commit()


# ── one run of nbgrader ─────────────────────────────────────────────────────────────────────────────────────


class _Ready:
    """Zygotes kept by this process for all of nbgrader's converters: its formgrader creates a converter for each click.

    A server cannot see the end of a run, so they stop `IDLE_SECONDS` after the last grading, or with the process.
    """

    def __init__(self, allow_weak: bool) -> None:
        self._allow_weak = allow_weak
        self._zygotes: Zygotes | None = None
        self._lock = threading.RLock()
        self._idle: threading.Timer | None = None

    def grade(self, handed_in: Submission, exercise: Exercise) -> Result:
        with self._lock:
            if self._idle:
                self._idle.cancel()
            if self._zygotes is None:
                make_undumpable()
                self._zygotes = Zygotes(self._allow_weak)
            try:
                return grader.grade(handed_in, grader.Job(exercise, fresh_seed(), self._zygotes.of))
            finally:
                self._idle = threading.Timer(IDLE_SECONDS, self.close)
                self._idle.daemon = True
                self._idle.start()

    def close(self) -> None:
        with self._lock:
            if self._zygotes:
                self._zygotes.__exit__()
                self._zygotes = None


_ready = {allow_weak: _Ready(allow_weak) for allow_weak in (False, True)}
for _each in _ready.values():
    atexit.register(_each.close)


class _Grading:
    """The state shared by all submissions of one nbgrader run."""

    def __init__(self, course: Any) -> None:
        self.root = Path(course.root)
        self._course = course
        self._policy = load_policy(find_policy(self.root))
        self._exercises: dict[str, Exercise] = {}

    def exercise_of(self, resources: Any) -> Exercise | None:
        """The exercise of a notebook; `None` for other assignments of the course."""
        name = resources["nbgrader"]["assignment"]
        if name not in self._policy.exercises or resources["nbgrader"]["notebook"] != name:
            return None
        if name not in self._exercises:
            self._exercises[name] = load_exercise(self._policy, name)
        return self._exercises[name]

    def grade(self, exercise: Exercise, student: str, allow_weak: bool) -> Result:
        return _ready[allow_weak].grade(self._handed_in(exercise.name, student), exercise)

    def _handed_in(self, name: str, student: str) -> Submission:
        """The student's submitted file, which `autograder grade` would read."""
        path = Path(self._course.format_path(self._course.submitted_directory, student, name)) / f"{name}.ipynb"
        if path.resolve().parent != path.parent.resolve():
            note = f"{path.name} is a link to another location: submit the file itself."
            return Submission(student, name, path.name, "unknown", (), b"", (note,))
        read = submission.read(path, student, name)
        return replace(read, submitted=submitted.of(read, ()))


_gradings: weakref.WeakKeyDictionary[Any, _Grading] = weakref.WeakKeyDictionary()


def _grading(step: NbGraderPreprocessor) -> _Grading:
    """The shared state of a preprocessor: there is one for each of nbgrader's converters."""
    # A logger takes the same filter only once.
    step.log.addFilter(_without_traceback)
    converter = cast(Any, step.parent).parent
    if converter not in _gradings:
        _gradings[converter] = _Grading(converter.coursedir)
    return _gradings[converter]


def _without_traceback(record: logging.LogRecord) -> bool:
    """Log the sentences of a `UsageError` instead of the traceback that nbgrader logs for every exception."""
    problem = sys.exc_info()[1]
    if isinstance(problem, UsageError) and str(record.msg).startswith("Traceback "):
        record.msg, record.args = "\n".join(problem.problems), ()
    return True


@contextmanager
def _left_to_people_if_it_fails(resources: Any) -> Generator[None]:
    """If grading fails, through no fault of the student, mark the submission for manual grading and re-raise."""
    names = resources["nbgrader"]
    try:
        yield
    except Exception:
        with gradebook.opened(names["db_url"]) as book:
            gradebook.leave_to_people(book, names["assignment"], names["student"])
        raise


def _is_ours(step: NbGraderPreprocessor, resources: Any) -> bool:
    return _grading(step).exercise_of(resources) is not None


def _marks(cell: Any, notebook: Any) -> dict[str, Any]:
    """A cell's nbgrader metadata, schema 3, from the gradebook."""
    graded = {each.name: each for each in [*notebook.grade_cells, *notebook.task_cells]}
    marks: dict[str, Any] = {
        "schema_version": MetadataValidator().schema_version,
        "grade_id": cell.name,
        "grade": cell.name in {each.name for each in notebook.grade_cells},
        "solution": cell.name in {each.name for each in notebook.solution_cells},
        "task": cell.name in {each.name for each in notebook.task_cells},
        "locked": bool(cell.locked),
        "cell_type": cell.cell_type,
        "checksum": cell.checksum,
    }
    if cell.name in graded:
        marks["points"] = graded[cell.name].max_score
    return marks


def _new_cell(nb: NotebookNode, source: str, **fields: Any) -> NotebookNode:
    cell = new_code_cell(source, **fields)
    if nb.nbformat_minor < 5:
        # Cells have ids since nbformat 4.5; in earlier versions, an id makes a notebook invalid.
        del cell["id"]
    return cell
