"""Hand in: check that a file is complete, run its visible checks, and pack it for the instructor."""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.course import definitions, handin_zip, submission
from autograder.course.handin_zip import Manifest, Visible
from autograder.course.submission import Submission
from autograder.errors import GraderError, UsageError
from autograder.execution.zygote_client import Zygote
from autograder.grading import grader
from autograder.reports import words
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.worker.loader import without_magics
from autograder.worker.names import FrameworkName

UPLOAD = "Upload it where your instructor collects the submissions."
_LONGEST_NAME = 60


@dataclass(frozen=True)
class HandIn:
    """What was written, and what its student should know before uploading it."""

    path: Path
    """The zip."""
    file: str
    """The name of the packed file."""
    saved: datetime.datetime | None
    """When the file was last saved, in local time; `None` if it is open in Colab, which keeps it in the browser."""
    missing: Sequence[str]
    """What is not complete, in sentences."""
    result: Result | None
    """The visible checks; `None` if they could not be run on this machine."""
    why_not_run: str
    """Why they could not be run; empty if they were."""
    upload: str
    """Where to upload the zip, in a sentence."""

    def summary(self) -> str:
        """What was packed, what is missing, and what to do with the zip, in lines."""
        state = f"saved on {self.saved:%Y-%m-%d at %H:%M:%S}" if self.saved else "it is open in Colab"
        lines = [f"{self.path}  written: {self.file} as {state}"]
        lines += [f"missing  {each}" for each in self.missing]
        if self.result and self.result.score is not None:
            lines.append(f"checked  {words.score_line(self.result, hidden_later=True)}")
        else:
            lines.append(f"checked  not on this machine: {self.why_not_run}")
        return "\n".join([*lines, f"upload   {self.upload}"])


def read(exercise: Exercise, file: Path, student: str) -> Submission:
    """The file that a student worked in. Raises `UsageError` if it is no notebook and no `.py` file."""
    if file.suffix not in submission.ENDINGS:
        raise UsageError(f"{file} is not a notebook or a .py file: name the file that you worked in")
    return submission.read(file, student, exercise.name)


def hand_in(
    exercise: Exercise,
    handed_in: Submission,
    student: str,
    *,
    folder: Path,
    zygote_of: Callable[[FrameworkName], Zygote | None],
    upload: str = "",
    progress: grader.Progress = lambda title: None,
) -> HandIn:
    """Write `<exercise>_<student>.zip` into the folder, over an older one; return what it contains.

    A file that is not complete is packed, and so is one that cannot be checked on this machine: the result says so.
    `upload`: the course's own sentence. Raises `UsageError` for a file that cannot be graded at all, a file that is as
    it was handed out, or a name without letters and digits.
    """
    file = handed_in.file
    path = folder / f"{exercise.name}_{spelled(student)}{handin_zip.ENDING}"
    if not handed_in.readable:
        raise UsageError(*(handed_in.notes or (f"{file} contains no code",)))
    stub = exercise.folder / f"{exercise.name}_{handed_in.framework}.ipynb"
    as_handed_out = submission.read(stub, "", exercise.name) if stub.is_file() else None
    if as_handed_out and _code(handed_in) == _code(as_handed_out):
        raise UsageError(f"{file} contains only what was handed out: save your notebook first, and name the right file")
    saved = datetime.datetime.fromtimestamp(handed_in.path.stat().st_mtime).astimezone() if handed_in.path else None
    seed = fresh_seed()
    result, why_not = _run(handed_in, grader.Job(exercise, seed, zygote_of, visible_only=True, progress=progress))
    missing = list(_missing(handed_in, as_handed_out))
    manifest = Manifest(
        exercise=exercise.name,
        student=student,
        framework=handed_in.framework,
        file=file,
        sha256=handin_zip.digest(handed_in.content),
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seed=seed,
        versions=result.versions if result else {},
        score=result.score if result else None,
        maximum=result.maximum if result else 0,
        visible=[Visible(check.id, check.status) for check in result.checks] if result else [],
        notes=[*missing, *filter(None, [why_not])],
    )
    write_whole(path, handin_zip.pack(file, handed_in.content, manifest))
    path.chmod(0o644)
    return HandIn(path, file, saved, missing, result, why_not, upload or UPLOAD)


def spelled(student: str) -> str:
    """A name as a part of a file's name: `Ada-Lovelace`. Raises `UsageError` if nothing is left of it."""
    name = re.sub(r"[\W_]+", "-", student).strip("-")[:_LONGEST_NAME]
    if not name:
        raise UsageError(f"{student!r} is not a name: use letters and digits")
    return name


def _run(handed_in: Submission, job: grader.Job) -> tuple[Result | None, str]:
    try:
        result = grader.grade(handed_in, job)
    except (UsageError, GraderError) as problem:
        # The framework may not be installed on this machine; that is no reason not to hand in.
        return None, str(problem)
    return result, " ".join(result.notes) if result.ungraded else ""


def _missing(handed_in: Submission, as_handed_out: Submission | None) -> Iterator[str]:
    """Names of the text that the file does not define, and those that still raise what the stub raises."""
    own = _definitions(handed_in)
    for name in _definitions(as_handed_out) if as_handed_out else ():
        if name not in own:
            yield f"{name} is not defined."
    for name, node in own.items():
        if _is_stub(node):
            yield f"{name} still raises NotImplementedError."


def _definitions(handed_in: Submission) -> dict[str, ast.stmt]:
    """The functions and classes of the cells, by name; of two with a name the later."""
    found: dict[str, ast.stmt] = {}
    for _, source in handed_in.cells:
        for node in definitions.parsed(without_magics(source)) or ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = node
    return found


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function, or a method of a class, raises what the stub raises."""
    raised = [each.exc for each in ast.walk(node) if isinstance(each, ast.Raise)]
    calls = [each.func for each in raised if isinstance(each, ast.Call)]
    return any(isinstance(each, ast.Name) and each.id == "NotImplementedError" for each in [*raised, *calls])


def _code(handed_in: Submission) -> list[str]:
    return [source.strip() for _, source in handed_in.cells]
