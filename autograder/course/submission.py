"""Read submissions: their student, exercise and framework, and their cells as text.

A submission is data. Nothing in it is run here, and a problem with it becomes a note in its result, never an exception.
Time and memory are linear in the size of the file, and bounded: `notebook_cells`, `percent_cells` and `definitions` say
how.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import handin_zip, notebook_cells, percent_cells
from autograder.course.frameworks import Framework, framework_of
from autograder.course.notebook_cells import MOST_CODE, NotANotebook, TooMuch
from autograder.results.form import Submitted

Code = tuple[str, str]
"""The name of a cell in tracebacks, and its source."""

LARGEST = 64 << 20
"""Bytes per file, including pictures in a notebook's outputs."""
ENDINGS = (".ipynb", ".py")
_AT_ONCE = 1 << 20
"""Bytes that are decoded at once to see whether a file is text."""


@dataclass(frozen=True)
class Submission:
    """One student's file for one exercise."""

    student: str
    exercise: str
    file: str
    framework: Framework
    cells: Sequence[Code]
    content: bytes
    notes: tuple[str, ...] = ()
    path: Path | None = None
    """The path of the file; `None` if nothing was submitted."""
    withheld: str = ""
    """Why the system denied access to the file, through no fault of the student; it cannot be graded yet."""
    folder: Path | None = None
    """The folder of the class that contains it; `None` if the file itself was given."""
    submitted: Submitted | None = None
    """When it was handed in; `None` if that was not asked or is not known."""

    @property
    def readable(self) -> bool:
        """Whether there is code to run."""
        return self.framework != "unknown" and bool(self.cells)


def read(path: Path, student: str, exercise: str) -> Submission:
    """Read a submission from its file, whatever the file contains: a notebook, a `.py` file, or a zip with one."""
    try:
        if path.stat().st_size > LARGEST:
            return nothing(path, student, exercise, b"", f"{path.name} is larger than {LARGEST >> 20} MB.")
        content = path.read_bytes()
    except FileNotFoundError as problem:
        return nothing(path, student, exercise, b"", f"{path.name} cannot be read: {problem.strerror}.")
    except OSError as problem:
        return withheld(path, student, exercise, problem)
    if path.suffix.lower() == handin_zip.ENDING:
        return _from_zip(path, student, exercise, content)
    return replace(of_content(path, content, student, exercise), path=path)


def _from_zip(path: Path, student: str, exercise: str, content: bytes) -> Submission:
    try:
        inside = handin_zip.unpack(content, ENDINGS, LARGEST)
    except handin_zip.Refused as problem:
        return nothing(path, student, exercise, content, f"{path.name} {problem}.")
    read = of_content(path.with_name(inside.name), inside.content, student, exercise)
    return replace(read, path=path, notes=(*read.notes, *inside.notes(exercise)))


def of_content(path: Path, content: bytes, student: str, exercise: str) -> Submission:
    """The submission whose file has this content. `path` is its name; there need not be such a file."""
    if content.removeprefix(codecs.BOM_UTF8).strip() == b"":
        return nothing(path, student, exercise, content, f"{path.name} is empty.")
    try:
        cells = _notebook_cells(content) if path.suffix == ".ipynb" else _percent_cells(content, path.name)
    except (UnicodeError, SyntaxError):
        note = f"{path.name} is not UTF-8 text."
    except NotANotebook:
        note = f"{path.name} is not a notebook: save it again, or download it as .ipynb."
    except TooMuch as problem:
        note = f"{path.name} {problem}."
    else:
        return _of_cells(cells, path, content, student, exercise)
    return nothing(path, student, exercise, content, note)


def of_cells(cells: Sequence[Code], name: str, student: str, exercise: str) -> Submission:
    """The submission of these cells, which come from no file. `name` stands for the file in its result."""
    content = json.dumps(cells).encode()
    return _of_cells(cells, Path(name), content, student, exercise)


def _of_cells(cells: Sequence[Code], path: Path, content: bytes, student: str, exercise: str) -> Submission:
    framework = framework_of([source for _, source in cells], path.stem)
    notes = (
        ()
        if framework != "unknown"
        else (f'{path.name} does not specify its framework: set FRAMEWORK = "torch" or "keras" in its first cell.',)
    )
    return Submission(student, exercise, path.name, framework, cells, content, notes)


def sources(read: Submission) -> frozenset[str]:
    """All code cells of a submission's file, tagged ones included, without the space around them."""
    try:
        if read.file.endswith(".ipynb"):
            return frozenset(cell.source.strip() for cell in notebook_cells.read(_unmarked(read.content)))
        return frozenset(body.strip() for _, _, body in percent_cells.parts(percent_cells.decoded(read.content)))
    except (UnicodeError, SyntaxError, NotANotebook, TooMuch):
        return frozenset()


def nothing(path: Path, student: str, exercise: str, content: bytes, note: str) -> Submission:
    """The submission of a file in which there is nothing to run, and why."""
    return Submission(student, exercise, path.name, "unknown", (), content, (note,), path)


def withheld(path: Path, student: str, exercise: str, problem: OSError) -> Submission:
    """The submission of a file or folder that the system does not let us read."""
    reason = f"{path} cannot be read: {problem.strerror}."
    return Submission(student, exercise, path.name, "unknown", (), b"", (reason,), path, reason)


def _notebook_cells(content: bytes) -> list[Code]:
    """The code cells that count, numbered among all code cells."""
    content = _unmarked(content)
    decoder = codecs.getincrementaldecoder("utf-8")()
    # In pieces: a single character beyond the first 65,536 would make the text four times as large as the file.
    for start in range(0, len(content), _AT_ONCE):
        decoder.decode(content[start : start + _AT_ONCE], final=start + _AT_ONCE >= len(content))
    cells = notebook_cells.read(content)
    return [(f"cell {number}", cell.source) for number, cell in enumerate(cells, start=1) if not cell.skipped]


def _percent_cells(content: bytes, name: str) -> list[Code]:
    if len(content) > MOST_CODE:
        raise TooMuch(f"contains more than {MOST_CODE >> 20} MB of code")
    return [(name, source) for source in percent_cells.code_cells(percent_cells.decoded(content))]


def _unmarked(content: bytes) -> bytes:
    return content.removeprefix(codecs.BOM_UTF8)
