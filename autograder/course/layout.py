"""Find submissions in folders: `submitted/<student>/<exercise>/<file>`, and whose they are.

Names are a stranger's too: every folder below `submitted` counts, whatever its name, and none stops the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.course import handin_zip
from autograder.course.submission import ENDINGS, Submission, nothing, read, withheld
from autograder.errors import UsageError

SUBMITTED = "submitted"
_COURSE_FOLDERS = {"assignments", "solutions"}
_HANDED_OUT = {"checks.py", "probes.py"}
"""Files that come with the text of an exercise."""
_MOST_NAMED = 5
"""Files that a note lists."""


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
        yield _as_text(read(path, student or _student_of(path, name), name))
        return
    any_found = False
    for each in _in_folder(path, exercises, exercise, student):
        any_found = True
        yield replace(_as_text(each), folder=path.resolve())
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


def chosen(files: Iterable[Path], exercise: str) -> Path | None:
    """The student's file that is the submission: the one named after the exercise, otherwise the only one.

    Upper and lower case are equivalent. A zip is named `xor_ada.zip`, as `handin` does; a file with the exercise's own
    name takes precedence over it. Among files with other names, notebooks take precedence over `.py` files, and these
    over zips. Files that come with the text of an exercise count only if there is no other.
    """
    files = sorted(files)
    zips = [path for path in files if path.suffix.lower() == handin_zip.ENDING]
    files = [path for path in files if path.suffix in ENDINGS]
    names = [f"{exercise}{suffix}{ending}" for suffix in ("", "_torch", "_keras") for ending in ENDINGS]
    named = [path for name in names for path in files if path.name == name]
    named += [path for name in names for path in files if path.name.lower() == name]
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    handed_in = [path for path in zips if _is_zip_of(path, exercise)]
    own = [path for path in files if path.name not in _HANDED_OUT]
    only = next((those[0] for those in (handed_in, notebooks, own, files, zips) if len(those) == 1), None)
    return named[0] if named else only


def beside(read: Submission, files: Iterable[Path]) -> Submission:
    """The submission, with a note about other files that could have been meant instead."""
    names = {f"{read.exercise}{suffix}{ending}" for suffix in ("", "_torch", "_keras") for ending in ENDINGS}
    graded = read.path.name if read.path else ""
    meant = [file for file in files if file.name.lower() in names or _is_zip_of(file, read.exercise)]
    others = sorted(file.name for file in meant if file.name != graded)
    if not others:
        return read
    were = "were also submitted and were" if len(others) > 1 else "was also submitted and was"
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    listed = ", ".join(others[:_MOST_NAMED]) + more
    return replace(read, notes=(*read.notes, f"{graded} was graded; {listed} {were} not."))


def nothing_handed_in(folder: Path, student: str, exercise: str) -> Submission:
    """The submission for a folder without a suitable file."""
    there = ", ".join(_listed(path) for path in sorted(folder.iterdir())[:_MOST_NAMED]) or "nothing"
    note = f"Neither {exercise}.ipynb nor {exercise}.py was submitted; the folder contains {there}."
    return Submission(student, exercise, "", "unknown", (), b"", (note,))


def _in_folder(path: Path, exercises: Sequence[str], exercise: str | None, student: str | None) -> Iterator[Submission]:
    top = top_of(path)
    folders = _exercise_folders(top, exercises)
    loose = list(_loose_files(top, exercises))
    for folder in folders:
        whose, name = student_name(folder.parent), folder.name
        if exercise in (None, name) and student in (None, whose):
            yield _of_folder(folder, whose, name, path)
    for file, name in loose:
        whose = student_name(file.parent)
        if exercise in (None, name) and student in (None, whose):
            yield _link(file, whose, name) if file.is_symlink() else read(file, whose, name)
    handed_in = {folder.name for folder in folders} | {name for _, name in loose}
    # A folder without any exercise in it is somebody's, too: of all that others handed in, this student has nothing.
    missing = sorted(handed_in & {exercise} if exercise else handed_in)
    if top.name == SUBMITTED:
        known = {folder.parent for folder in folders} | {file.parent for file, _ in loose}
        for folder in _folders_in(top):
            whose = student_name(folder)
            if folder not in known and student in (None, whose) and not folder.name.startswith("."):
                yield from (nothing_handed_in(folder, whose, name) for name in missing)


def _of_folder(folder: Path, whose: str, name: str, path: Path) -> Submission:
    if not folder.is_dir():
        note = f"{_listed(folder)} was submitted instead of a folder {name} with a file."
        return nothing(folder, whose, name, b"", note)
    try:
        files = [file for file in folder.iterdir() if _may_be(file)]
        file = chosen(files, name)
    except OSError as problem:
        return withheld(folder, whose, name, problem)
    if file is None:
        return nothing_handed_in(folder, whose, name)
    if file.resolve().parent != _place_of(folder, path):
        return _link(file, whose, name)
    return beside(read(file, whose, name), files)


def _exercise_folders(top: Path, exercises: Sequence[str]) -> list[Path]:
    closed = [folder for folder in _folders_in(top) if not os.access(folder, os.R_OK | os.X_OK)]
    if closed:
        raise UsageError(*(f"{folder} cannot be read: grant access, or specify the other folders" for folder in closed))
    # The path may be `submitted`, `submitted/<student>` or `submitted/<student>/<exercise>`.
    for pattern in ("*/*",) if _only_students(top, exercises) else ("*/*", "*"):
        if folders := [each for each in sorted(top.glob(pattern)) if each.name in exercises and _is_handed_in(each)]:
            return folders
    return [top] if top.name in exercises and _is_handed_in(top) else []


def _only_students(top: Path, exercises: Sequence[str]) -> bool:
    """Whether all folders are students', also one that is called like an exercise."""
    return top.name == SUBMITTED and any(folder.name not in exercises for folder in _folders_in(top))


def _loose_files(top: Path, exercises: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Files such as `submitted/<student>/xor.ipynb`, without an exercise folder, and their exercises by file name."""
    students = _folders_in(top)
    if not _only_students(top, exercises) and any(folder.name in exercises for folder in (top, *students)):
        return  # The path is a student's or an exercise's folder: its subfolders are not students.
    for student in students:
        there = list(student.iterdir())
        exercise_by_file = {file: exercise_of(file, exercises) for file in there if _may_be(file)}
        folders = {each.name for each in there}
        for name in (each for each in exercises if each in exercise_by_file.values() and each not in folders):
            files = [file for file, exercise in exercise_by_file.items() if exercise == name]
            if file := chosen(files, name):
                yield file, name


def top_of(path: Path) -> Path:
    """The folder of the students' folders in a given folder: itself, or `submitted` in a course's folder."""
    inner = path / SUBMITTED
    return inner if inner.is_dir() else path


def _folders_in(top: Path) -> list[Path]:
    return [folder for folder in sorted(top.iterdir()) if folder.is_dir()]


def student_name(folder: Path) -> str:
    """The folder's name as text that results, paths and tables can contain; different names stay different.

    Bytes that are not UTF-8, and backslashes, become `~` and two hexadecimal digits. So does a `~` that stands before
    two such digits.
    """
    name = os.fsencode(folder.name)
    text = re.sub(rb"\\|~(?=[0-9A-F]{2})", lambda found: b"~%02X" % found[0][0], name).decode(errors="surrogateescape")
    return _without_bytes(text)


def _without_bytes(text: str) -> str:
    """The text with `~` and two digits for each byte of a file's name that is not UTF-8."""
    return re.sub("[\udc80-\udcff]", lambda found: f"~{ord(found[0]) - 0xDC00:02X}", text)


def _as_text(read: Submission) -> Submission:
    """The submission with names of files that results and pages can contain; a student may have chosen any bytes."""
    said = "".join((read.file, read.withheld, *read.notes))
    if said == _without_bytes(said):
        return read
    return replace(
        read,
        file=_without_bytes(read.file),
        withheld=_without_bytes(read.withheld),
        notes=tuple(map(_without_bytes, read.notes)),
        cells=[(_without_bytes(name), source) for name, source in read.cells],
    )


def _student_of(path: Path, exercise: str) -> str:
    folder = path.resolve().parent
    laid_out = folder.name == exercise and SUBMITTED in folder.parts
    return student_name(folder.parent) if laid_out else path.stem


def _place_of(folder: Path, named: Path) -> Path:
    """The real path of an exercise's folder if it is not a link; the given path and students' folders may be links."""
    return named.resolve() if folder == named else folder.parent.resolve() / folder.name


def _may_be(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".")


def _is_handed_in(folder: Path) -> bool:
    """Whether it is a submission, not `assignments/<exercise>` or `solutions/<exercise>`, which contain checks.

    A student may hand in checks too: with the folder that `autograder start` made.
    """
    of_students = folder.parent.parent.name == SUBMITTED or folder.parent.name not in _COURSE_FOLDERS
    return of_students or not os.path.exists(folder / "checks.py")  # noqa: PTH110 - false where we may not look


def _is_zip_of(path: Path, exercise: str) -> bool:
    """Whether it is named as `handin` names the zip of an exercise: `xor_ada.zip`, or `xor.zip`."""
    name = path.name.lower()
    return name.endswith(handin_zip.ENDING) and (path.stem.lower() == exercise or name.startswith(f"{exercise}_"))


def _listed(path: Path) -> str:
    """The name, and what it is if it is not a file."""
    if path.is_dir():
        return f"{path.name}/"
    if path.is_file():
        return path.name
    return f"{path.name} ({'a broken link' if path.is_symlink() else 'not a file'})"


def _link(path: Path, student: str, exercise: str) -> Submission:
    return nothing(path, student, exercise, b"", f"{path.name} is a link to another location: submit the file itself.")
