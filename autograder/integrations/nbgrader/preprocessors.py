"""What nbgrader runs on the exercises of `grading.yml` in the place of steps of its own; on all others, its own."""

# nbgrader and nbformat say few of their types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions, Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Unicode

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course import submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import find_policy
from autograder.course.submission import Submission
from autograder.execution.environment import make_undumpable
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.integrations.nbgrader import feedback, gradebook
from autograder.release import solution_markers
from autograder.reports import words
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, encode

RESULT = "autograder"
"""Where `Grade` leaves the result for `SaveScores`, among nbconvert's resources."""
IDLE_SECONDS = 30.0
"""After the last grading, a process with a framework in it is kept ready for the next one for so long."""
WHOLE = "# Graded by autograder"
"""What stands in the cell, put before all others, that shows the whole submission's score and notes."""

Preprocessed = tuple[NotebookNode, Any]


class MakeStub(ClearSolutions):
    """What students receive: each function raises NotImplementedError with its name; every cell still runs."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Preprocessed:
        marked = cell.cell_type == "code" and self.begin_solution_delimeter in cell.source
        if not (marked and is_solution(cell) and _is_ours(self, resources)):
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = solution_markers.stub(
            cell.source, f"{resources['nbgrader']['notebook']}.ipynb, cell {cell_index + 1}"
        )
        return cell, resources


class RestoreCells(NbGraderPreprocessor):
    """Give every cell the marks that the gradebook has for it, and add the grade cells that are not there.

    A submission's own marks are a student's word. One that was copied from another notebook would stop nbgrader; a grade
    cell that was deleted would cost its points.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
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
        # Of cells with the same mark (a cell that was split or copied) the last one keeps it, as in DeduplicateIds; what
        # that leaves of the others would stop nbgrader.
        for cell in reversed(nb.cells):
            given = cell.metadata.pop("nbgrader", None)
            id = cast(Any, given).get("grade_id") if isinstance(given, dict) else None
            if isinstance(id, str) and id in left:
                cell.metadata["nbgrader"] = left.pop(id)
        for id, source in graded.items():
            if id in left:
                nb.cells.append(_new_cell(nb, source, metadata={"nbgrader": left[id]}))


class Grade(NbGraderPreprocessor):
    """Grade the submission by the engine: nothing of it runs in this process, nor in a kernel."""

    allow_weak = Bool(False, help="Grade also where student code cannot be walled in.").tag(config=True)
    results = Unicode(
        "results", help="Where the whole result of each grading goes, in the course's folder; empty for nowhere."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
        grading = _grading(self)
        names = resources["nbgrader"]
        asked = grading.exercise_of(resources)
        if asked is None:
            return cast(Preprocessed, Execute(parent=self.parent)(nb, resources))
        with _left_to_people_if_it_fails(resources):
            with gradebook.opened(names["db_url"]) as book:
                gradebook.insist_on_points(book, asked)
            result = grading.grade(asked, names["student"], self.allow_weak)
        if self.results:
            folder = grading.root / self.results
            write_whole(result_path(folder, names["student"], asked.name), encode(result))
        if result.ungraded:
            self.log.error("%s by %s was not graded: %s", asked.name, names["student"], " ".join(result.notes))
        resources[RESULT] = result
        parts = words.parts(result.checks)
        for cell in nb.cells:
            if is_grade(cell) and cell.metadata.nbgrader["grade_id"] in parts:
                cell.outputs = feedback.outputs_of_part(result, cell.metadata.nbgrader["grade_id"])
        nb.cells.insert(0, _new_cell(nb, WHOLE, outputs=feedback.outputs_of_whole(result)))
        return nb, resources


class SaveScores(SaveAutoGrades):
    """Write the result's scores into the gradebook; nothing that a notebook shows is read as one."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Preprocessed:
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
        result = cast(Result | None, resources.get(RESULT))
        if not _is_ours(self, resources) or not is_grade(cell) or is_solution(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        if result is None or cell.metadata.nbgrader["grade_id"] not in words.parts(result.checks):
            self._leave_to_people(cell)
        return cell, resources

    def _leave_to_people(self, cell: NotebookNode) -> None:
        """A test cell of the instructor's own: nobody has run it, and nbgrader would take that for full marks."""
        names = (self.notebook_id, self.assignment_id, self.student_id)
        grade: Any = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *names)
        grade.auto_score, grade.needs_manual_grade = None, True
        self.gradebook.db.commit()


# ── one run of nbgrader ─────────────────────────────────────────────────────────────────────────────────────


class _Ready:
    """Zygotes that this process keeps ready, whichever of nbgrader's converters asks: its formgrader makes one for each click.

    In a server no end of a run is to be seen: they end `IDLE_SECONDS` after the last grading, or with the process.
    """

    def __init__(self, allow_weak: bool) -> None:
        self._allow_weak = allow_weak
        self._zygotes: Zygotes | None = None
        self._lock = threading.RLock()
        self._idle: threading.Timer | None = None

    def grade(self, handed_in: Submission, asked: Exercise) -> Result:
        with self._lock:
            if self._idle:
                self._idle.cancel()
            if self._zygotes is None:
                make_undumpable()
                self._zygotes = Zygotes(self._allow_weak)
            try:
                return grader.grade(handed_in, grader.Job(asked, fresh_seed(), self._zygotes.of))
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
    """What a run of nbgrader needs of ours, once for all its submissions."""

    def __init__(self, course: Any) -> None:
        self.root = Path(course.root)
        self._course = course
        self._policy = load_policy(find_policy(self.root))
        self._exercises: dict[str, Exercise] = {}

    def exercise_of(self, resources: Any) -> Exercise | None:
        """The exercise that a notebook is of; `None` where it is of another assignment of the course."""
        name = resources["nbgrader"]["assignment"]
        if name not in self._policy.exercises or resources["nbgrader"]["notebook"] != name:
            return None
        if name not in self._exercises:
            self._exercises[name] = load_exercise(self._policy, name)
        return self._exercises[name]

    def grade(self, asked: Exercise, student: str, allow_weak: bool) -> Result:
        return _ready[allow_weak].grade(self._handed_in(asked.name, student), asked)

    def _handed_in(self, name: str, student: str) -> Submission:
        """The student's file as it was handed in: what `autograder grade` reads."""
        path = Path(self._course.format_path(self._course.submitted_directory, student, name)) / f"{name}.ipynb"
        if path.resolve().parent != path.parent.resolve():
            note = f"{path.name} is a link to somewhere else: hand in the file itself."
            return Submission(student, name, path.name, "unknown", (), b"", (note,))
        return submission.read(path, student, name)


_gradings: weakref.WeakKeyDictionary[Any, _Grading] = weakref.WeakKeyDictionary()


def _grading(step: NbGraderPreprocessor) -> _Grading:
    """The grading that a step belongs to: there is one for each of nbgrader's converters."""
    converter = cast(Any, step.parent).parent
    if converter not in _gradings:
        _gradings[converter] = _Grading(converter.coursedir)
    return _gradings[converter]


@contextmanager
def _left_to_people_if_it_fails(resources: Any) -> Generator[None]:
    """What keeps a submission from being graded is no student's fault: nbgrader says it, and nobody has a score from it."""
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
        # Cells have had ids since 4.5; before, an id made a notebook invalid.
        del cell["id"]
    return cell
