"""Find and read submissions: their student, exercise and framework, and their cells as text.

A submission is data. Nothing in it is run here, and a problem with it becomes a note in its result, never an exception.
"""

from __future__ import annotations

import ast
import codecs
import io
import json
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from autograder.course import handin_zip
from autograder.errors import UsageError
from autograder.results.form import Submitted
from autograder.worker.names import FRAMEWORKS, FrameworkName

Framework = Literal[FrameworkName, "unknown"]
Code = tuple[str, str]
"""The name of a cell in tracebacks, and its source."""

LARGEST = 50 << 20
"""Bytes per file, including pictures in a notebook's outputs."""
MOST_CODE = 8 << 20
SKIPPED_TAGS = {"demo", "check"}
ENDINGS = (".ipynb", ".py")
_HEAD = re.compile(r"^# ?%%(?!%)(?P<rest>.*)$")
_IMPORTS = {"torch": "torch", "keras": "keras", "tensorflow": "keras"}
_IMPORTED = re.compile(
    r"^\s*(?:import|from)\s+(?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*(torch|keras|tensorflow)\b", re.MULTILINE
)
_SPELLED = re.compile(r"""^FRAMEWORK\s*(?::\s*\w+\s*)?=\s*["'](torch|keras)["']""", re.MULTILINE)


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
            return _nothing(path, student, exercise, b"", f"{path.name} is larger than {LARGEST >> 20} MB.")
        content = path.read_bytes()
    except FileNotFoundError as problem:
        return _nothing(path, student, exercise, b"", f"{path.name} cannot be read: {problem.strerror}.")
    except OSError as problem:
        return _withheld(path, student, exercise, problem)
    if path.suffix.lower() == handin_zip.ENDING:
        return _from_zip(path, student, exercise, content)
    return replace(of_content(path, content, student, exercise), path=path)


def _from_zip(path: Path, student: str, exercise: str, content: bytes) -> Submission:
    try:
        inside = handin_zip.unpack(content, ENDINGS, LARGEST)
    except handin_zip.Refused as problem:
        return _nothing(path, student, exercise, content, f"{path.name} {problem}.")
    read = of_content(path.with_name(inside.name), inside.content, student, exercise)
    return replace(read, path=path, notes=(*read.notes, *inside.notes(exercise)))


def of_content(path: Path, content: bytes, student: str, exercise: str) -> Submission:
    """The submission whose file has this content. `path` is its name; there need not be such a file."""
    try:
        text = content.decode("utf-8-sig" if path.suffix == ".ipynb" else _encoding(content))
    except (UnicodeError, SyntaxError):
        return _nothing(path, student, exercise, content, f"{path.name} is not UTF-8 text.")
    if not text.strip():
        return _nothing(path, student, exercise, content, f"{path.name} is empty.")
    if path.suffix == ".ipynb":
        try:
            cells = list(_notebook_cells(json.loads(text)))
        except (ValueError, RecursionError):
            return _nothing(
                path,
                student,
                exercise,
                content,
                f"{path.name} is not a notebook: save it again, or download it as .ipynb.",
            )
    else:
        cells = list(_percent_cells(text, path.name))
    if sum(len(source.encode(errors="replace")) for _, source in cells) > MOST_CODE:
        return _nothing(
            path, student, exercise, content, f"{path.name} contains more than {MOST_CODE >> 20} MB of code."
        )
    return _of_cells(cells, path, content, student, exercise)


def of_cells(cells: Sequence[Code], name: str, student: str, exercise: str) -> Submission:
    """The submission of these cells, which come from no file. `name` stands for the file in its result."""
    content = json.dumps(cells).encode()
    return _of_cells(cells, Path(name), content, student, exercise)


def _of_cells(cells: Sequence[Code], path: Path, content: bytes, student: str, exercise: str) -> Submission:
    framework = _framework(cells, path)
    notes = (
        ()
        if framework != "unknown"
        else (f'{path.name} does not specify its framework: set FRAMEWORK = "torch" or "keras" in its first cell.',)
    )
    return Submission(student, exercise, path.name, framework, cells, content, notes)


def sources(read: Submission) -> frozenset[str]:
    """All code cells of a submission's file, tagged ones included, without the space around them."""
    try:
        text = read.content.decode("utf-8-sig" if read.file.endswith(".ipynb") else _encoding(read.content))
        if read.file.endswith(".ipynb"):
            return frozenset(source.strip() for source, _ in _sources_and_tags(json.loads(text)))
    except (ValueError, SyntaxError, RecursionError):
        return frozenset()
    return frozenset(body.strip() for _, _, body in _percent_parts(text))


def nothing_handed_in(folder: Path, student: str, exercise: str) -> Submission:
    """The submission for a folder without a suitable file."""
    there = ", ".join(_listed(path) for path in sorted(folder.iterdir())[:5]) or "nothing"
    note = f"Neither {exercise}.ipynb nor {exercise}.py was submitted; the folder contains {there}."
    return Submission(student, exercise, "", "unknown", (), b"", (note,))


def _listed(path: Path) -> str:
    """The name, and what it is if it is not a file."""
    if path.is_dir():
        return f"{path.name}/"
    if path.is_file():
        return path.name
    return f"{path.name} ({'a broken link' if path.is_symlink() else 'not a file'})"


def find(path: Path, exercises: Sequence[str], exercise: str | None, student: str | None) -> Iterator[Submission]:
    """The submissions in a file, or in a folder with the layout `submitted/<student>/<exercise>/<file>`.

    Raises `UsageError` if the path is neither.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if path.is_file():
        name = exercise or exercise_of(path, exercises)
        if name is None:
            raise UsageError(
                f"{path}: which exercise is this? Rename the file to {exercises[0]}.ipynb, or use --exercise"
            )
        yield read(path, student or _student_of(path, name), name)
        return
    for each in _in_folder(path, exercises, exercise, student):
        yield replace(each, folder=path.resolve())


def _in_folder(path: Path, exercises: Sequence[str], exercise: str | None, student: str | None) -> Iterator[Submission]:
    any_found = False
    for folder in _exercise_folders(path, exercises):
        whose, name = _name_of(folder.parent), folder.name
        if (exercise and name != exercise) or (student and whose != student):
            continue
        any_found = True
        if not folder.is_dir():
            yield _nothing(
                folder, whose, name, b"", f"{_listed(folder)} was submitted instead of a folder {name} with a file."
            )
            continue
        try:
            files = [file for file in folder.iterdir() if _may_be(file)]
            file = chosen(files, name)
        except OSError as problem:
            yield _withheld(folder, whose, name, problem)
            continue
        if file is None:
            yield nothing_handed_in(folder, whose, name)
        elif file.resolve().parent != _place_of(folder, path):
            yield _link(file, whose, name)
        else:
            yield beside(read(file, whose, name), files)
    for file, name in _loose_files(path, exercises):
        whose = _name_of(file.parent)
        if (exercise and name != exercise) or (student and whose != student):
            continue
        any_found = True
        if file.is_symlink():
            yield _link(file, whose, name)
        else:
            yield read(file, whose, name)
    if not any_found:
        only = " ".join(f"of {value}" for value in (exercise, student) if value)
        raise UsageError(
            f"{path} contains no submission {only}".rstrip() + "; expected submitted/<student>/<exercise>/<file>"
        )


def exercise_of(path: Path, exercises: Sequence[str]) -> str | None:
    """The exercise whose name the file has, or its folder. A zip has the exercise's name and the student's."""
    if path.suffix.lower() == handin_zip.ENDING:
        named = [name for name in exercises if _is_zip_of(path, name)]
        return max(named, key=len) if named else path.parent.name if path.parent.name in exercises else None
    stem = re.sub(r"_(torch|keras)$", "", path.stem)
    return next((name for name in (stem, path.parent.name) if name in exercises), None)


def _student_of(path: Path, exercise: str) -> str:
    folder = path.resolve().parent
    laid_out = folder.name == exercise and "submitted" in folder.parts
    return folder.parent.name if laid_out else path.stem


def _top(path: Path) -> Path:
    """The folder of the students' folders, also for a given course folder."""
    inner = path / "submitted"
    return inner if inner.is_dir() else path


def _name_of(student: Path) -> str:
    """The folder's name, with bytes that are not UTF-8 escaped: results can only contain valid text."""
    return os.fsencode(student.name).decode(errors="backslashreplace").replace("\\", "~")


def _exercise_folders(path: Path, exercises: Sequence[str]) -> Iterator[Path]:
    top = _top(path)
    closed = [
        folder for folder in sorted(top.iterdir()) if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)
    ]
    if closed:
        raise UsageError(*(f"{folder} cannot be read: grant access, or specify the other folders" for folder in closed))
    # The path may be `submitted`, `submitted/<student>` or `submitted/<student>/<exercise>`.
    for pattern in ("*/*", "*"):
        folders = [folder for folder in sorted(top.glob(pattern)) if folder.name in exercises and _is_handed_in(folder)]
        if folders:
            yield from folders
            return
    if top.name in exercises and _is_handed_in(top):
        yield top


def _loose_files(path: Path, exercises: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Files such as `submitted/<student>/xor.ipynb`, without an exercise folder, and their exercises by file name."""
    students = [folder for folder in sorted(_top(path).iterdir()) if folder.is_dir()]
    if path.name in exercises or any(folder.name in exercises for folder in students):
        return  # The path is a student's or an exercise's folder: its subfolders are not students.
    for student in students:
        there = list(student.iterdir())
        for name in exercises:
            files = [file for file in there if _may_be(file) and exercise_of(file, exercises) == name]
            if not any(each.name == name for each in there) and (file := chosen(files, name)):
                yield file, name


def _place_of(folder: Path, named: Path) -> Path:
    """The real path of an exercise's folder if it is not a link; the given path and students' folders may be links."""
    return named.resolve() if folder == named else folder.parent.resolve() / folder.name


def _may_be(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".")


def _is_handed_in(folder: Path) -> bool:
    """Whether it is a submission, not `assignments/<exercise>` or `solutions/<exercise>`, which contain checks."""
    return not os.path.exists(folder / "checks.py")  # noqa: PTH110 - false where we may not look


def chosen(files: Iterable[Path], exercise: str) -> Path | None:
    """The student's file that is the submission: the one named after the exercise, otherwise the only one.

    Upper and lower case are equivalent. A zip is named `xor_ada.zip`, as `handin` does; a file with the exercise's own
    name takes precedence over it. Among files with other names, notebooks take precedence over `.py` files, and these
    over zips.
    """
    files = sorted(files)
    zips = [path for path in files if path.suffix.lower() == handin_zip.ENDING]
    files = [path for path in files if path.suffix in ENDINGS]
    names = [f"{exercise}{suffix}{ending}" for suffix in ("", "_torch", "_keras") for ending in ENDINGS]
    named = [path for name in names for path in files if path.name == name]
    named += [path for name in names for path in files if path.name.lower() == name]
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    handed_in = [path for path in zips if _is_zip_of(path, exercise)]
    only = next((those[0] for those in (handed_in, notebooks, files, zips) if len(those) == 1), None)
    return named[0] if named else only


def _is_zip_of(path: Path, exercise: str) -> bool:
    """Whether it is named as `handin` names the zip of an exercise: `xor_ada.zip`, or `xor.zip`."""
    name = path.name.lower()
    return name.endswith(handin_zip.ENDING) and (path.stem.lower() == exercise or name.startswith(f"{exercise}_"))


def beside(read: Submission, files: Iterable[Path]) -> Submission:
    """The submission, with a note about other files that could have been meant instead."""
    names = {f"{read.exercise}{suffix}{ending}" for suffix in ("", "_torch", "_keras") for ending in ENDINGS}
    graded = read.path.name if read.path else ""
    meant = [file for file in files if file.name.lower() in names or _is_zip_of(file, read.exercise)]
    others = sorted(file.name for file in meant if file.name != graded)
    if not others:
        return read
    were = "were also submitted and were" if len(others) > 1 else "was also submitted and was"
    return replace(read, notes=(*read.notes, f"{graded} was graded; {', '.join(others)} {were} not."))


def _withheld(path: Path, student: str, exercise: str, problem: OSError) -> Submission:
    reason = f"{path} cannot be read: {problem.strerror}."
    return Submission(student, exercise, path.name, "unknown", (), b"", (reason,), path, reason)


def _link(path: Path, student: str, exercise: str) -> Submission:
    return _nothing(path, student, exercise, b"", f"{path.name} is a link to another location: submit the file itself.")


def _nothing(path: Path, student: str, exercise: str, content: bytes, note: str) -> Submission:
    return Submission(student, exercise, path.name, "unknown", (), content, (note,), path)


def _notebook_cells(notebook: Any) -> Iterator[Code]:
    """The code cells that count, numbered among all code cells. Raises `ValueError` if the notebook is invalid."""
    for number, (source, tags) in enumerate(_sources_and_tags(notebook), start=1):
        if not SKIPPED_TAGS & tags:
            # JSON can contain lone surrogates, which are not valid text.
            yield f"cell {number}", source.encode(errors="surrogatepass").decode(errors="replace")


def _sources_and_tags(notebook: Any) -> Iterator[tuple[str, set[str]]]:
    """All code cells. Raises `ValueError` if the notebook is invalid."""
    for cell in _all_cells(notebook):
        if not isinstance(cell, dict):
            raise ValueError("a cell is not a dict")
        fields = cast(dict[str, Any], cell)
        source: Any = fields.get("source", fields.get("input", ""))
        if isinstance(source, list):
            source = "".join(str(line) for line in cast(list[Any], source))
        if fields.get("cell_type") != "code" or not isinstance(source, str):
            continue
        metadata: Any = fields.get("metadata")
        tags: Any = cast(dict[str, Any], metadata).get("tags") if isinstance(metadata, dict) else ()
        yield source, {str(tag) for tag in (cast(list[Any], tags) if isinstance(tags, list) else [])}


def _all_cells(notebook: Any) -> list[Any]:
    """A notebook's cells; in nbformat 3, which old tools still write, they are in worksheets."""
    fields = cast(dict[str, Any], notebook) if isinstance(notebook, dict) else {}
    sheets: Any = fields.get("worksheets")
    # Without worksheets the notebook itself contains the cells.
    holders: list[Any] = cast(list[Any], sheets) if isinstance(sheets, list) and "cells" not in fields else [fields]
    all_cells: list[Any] = []
    for holder in holders:
        cells: Any = cast(dict[str, Any], holder).get("cells") if isinstance(holder, dict) else None
        if not isinstance(cells, list):
            raise ValueError("no cells")
        all_cells += cast(list[Any], cells)
    return all_cells


def _encoding(content: bytes) -> str:
    """The encoding of a Python file: UTF-8, or the one that its first lines declare. Raises `SyntaxError`."""
    named, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    # Some of Python's codecs are not character encodings, and some are very slow.
    return named if codecs.lookup(named).name.startswith(("ascii", "iso8859", "cp")) else "utf-8-sig"


def _percent_cells(text: str, name: str) -> Iterator[Code]:
    """The cells, padded with empty lines so that their line numbers are those of the file."""
    for start, rest, body in _percent_parts(text):
        tagged = re.search(r"tags=\[([^\]]*)\]", rest)
        tags = set(re.findall(r"[\w-]+", tagged[1])) if tagged else set[str]()
        if not body.strip() or "[markdown]" in rest or "[md]" in rest or SKIPPED_TAGS & tags:
            continue
        yield name, "\n" * (start + 1) + body


def _percent_parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Of each cell, of whatever kind: the number of its first line, counted from −1, the rest of that line, and its text."""
    lines = text.replace("\r\n", "\n").split("\n")
    starts = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    for start, end in zip([-1, *starts], [*starts, len(lines)], strict=True):
        head = _HEAD.match(lines[start]) if start >= 0 else None
        yield start, head["rest"] if head else "", "\n".join(lines[start + 1 : end])


def _framework(cells: Sequence[Code], path: Path) -> Framework:
    """The value of `FRAMEWORK`; otherwise the framework in the file's name; otherwise the one it imports.

    A cell that is not valid Python is searched line by line: a magic or a syntax error must not hide the assignment.
    """
    sources = [source for _, source in cells]
    for source in sources:
        tree = _parsed(source)
        assigned = _assigned(tree) if tree else _SPELLED.search(source)
        if assigned:
            return cast(Framework, assigned if isinstance(assigned, str) else assigned[1])
    named = re.search(r"_(torch|keras)$", path.stem)
    if named:
        return cast(Framework, named[1])
    for source in sources:
        if imported := _IMPORTED.search(source):
            return cast(Framework, _IMPORTS[imported[1]])
    return "unknown"


def _assigned(tree: ast.Module) -> str | None:
    """The value that the cell assigns to `FRAMEWORK`."""
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        named = any(isinstance(target, ast.Name) and target.id == "FRAMEWORK" for target in targets)
        if named and isinstance(value, ast.Constant) and value.value in FRAMEWORKS:
            return str(value.value)
    return None


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
