"""Create a new exercise: a copy of the skeleton under a new name, and its block in the course's `grading.yml`.

The skeleton, in `skeleton/` beside this module, is a course with one small working exercise.
"""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import textwrap
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml

from autograder.course.policy import GRADING_FILE, Policy
from autograder.course.yaml_places import parse
from autograder.errors import UsageError
from autograder.results.files import write_whole
from autograder.worker.names import FRAMEWORKS, FrameworkName

SKELETON = Path(__file__).resolve().parent / "skeleton"
PLACEHOLDER = "exercise_name"
"""The name of the skeleton's exercise, in file names and in texts."""
HALVES = ("assignments", "solutions")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_IMPORTED = {"autograder", "jax", "jaxtyping", "keras", "matplotlib", "numpy", "pandas", "scipy", "shared", "sklearn",
             "sympy",
             "tensorflow", "torch"}  # fmt: skip
"""Modules that notebooks import: a student's file `numpy.py` would shadow them."""


@contextmanager
def created(policy: Policy, name: str, frameworks: Sequence[FrameworkName]) -> Generator[list[Path]]:
    """Write a new exercise and its block of `grading.yml`. Yields its two folders, assignments first.

    If the block raises, all changes are undone. Raises `UsageError` if the name is not allowed, if there is no folder
    for the exercise, or if no block can be added to `grading.yml` in its present form.
    """
    if problems := list(_problems_of_name(policy, name)):
        raise UsageError(*problems)
    home, file = home_of(policy), policy.file.resolve()
    before = file.read_bytes()
    after = with_block(before.decode(), policy.file, name).encode()
    folders = [home / half / name for half in HALVES]
    not_there_yet = [folder.parent for folder in folders if not folder.parent.exists()]
    try:
        for path, content in files(name, frameworks).items():
            write_whole(home / path, content)
            (home / path).chmod(0o644)
        _rewrite(file, after)
        yield folders
    except BaseException:
        if file.read_bytes() == after:
            _rewrite(file, before)
        for folder in (*folders, *not_there_yet):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def home_of(policy: Policy) -> Path:
    """The folder of the policy's own exercises: the policy's folder, or the first one below it in `exercises_from`.

    Raises `UsageError` if there is neither.
    """
    beside = policy.file.resolve().parent
    own = [root for root in map(Path.resolve, policy.roots) if root.is_relative_to(beside)]
    if beside in own and (beside / HALVES[0]).is_dir():
        return beside
    below = next((root for root in own if root != beside), None)
    if below is None:
        say = "" if beside in own else f" and add `exercises_from: .` to {policy.file}"
        raise UsageError(f"{policy.file}: there is no folder for its own exercises; create {beside / HALVES[0]}{say}")
    return below


def files(name: str, frameworks: Sequence[FrameworkName]) -> dict[Path, bytes]:
    """The files of a new exercise in these frameworks, by their path in a course folder."""
    left_out = set(FRAMEWORKS) - set(frameworks)
    contents: dict[Path, bytes] = {}
    for half in HALVES:
        for path in sorted((SKELETON / half).rglob("*.*")):
            if path.suffix == ".pyc" or any(path.stem.endswith(f"_{framework}") for framework in left_out):
                continue
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".yml":
                text = _without(text, left_out)
            target = Path(path.relative_to(SKELETON).as_posix().replace(PLACEHOLDER, name))
            contents[target] = text.replace(PLACEHOLDER, name).encode()
    return contents


def with_block(text: str, shown: Path, name: str) -> str:
    """The text of a `grading.yml` with the block of a new exercise appended to `exercises:`, otherwise unchanged.

    Raises `UsageError`, with `shown` as the file's name, if the exercises are not on separate lines.
    """
    node, values = parse(text, shown)
    pairs = cast(list[tuple[yaml.Node, yaml.Node]], node.value if isinstance(node, yaml.MappingNode) else [])
    exercises = next((value for key, value in pairs if key.value == "exercises"), None)
    lines = text.splitlines(keepends=True)
    if not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise _in_braces(shown)
    if exercises is None:
        end, added = len(lines), ["\n", "exercises:\n", *_block(name, 2)]
    elif not isinstance(exercises, yaml.MappingNode) or (exercises.flow_style and exercises.value):
        raise _in_braces(shown)
    elif exercises.value:
        end, added = _end(exercises, lines), ["\n", *_block(name, exercises.value[0][0].start_mark.column)]
    else:
        row, start, stop = exercises.start_mark.line, exercises.start_mark.column, exercises.end_mark.column
        lines[row] = lines[row][:start].rstrip() + lines[row][stop:]
        end, added = row + 1, _block(name, 2)
    newline = "\r\n" if "\r\n" in text else "\n"
    whole = "".join([*lines[:end], *(line.replace("\n", newline) for line in added), *lines[end:]])
    _insist_on_nothing_else(values, parse(whole, shown)[1], shown, name)
    return whole


def _in_braces(shown: Path) -> UsageError:
    return UsageError(f"{shown}: `exercises:` uses braces; write each exercise on separate lines instead")


def _problems_of_name(policy: Policy, name: str) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"{name!r} is not a valid exercise name: use up to 50 lower-case letters, digits and _, a letter first"
    elif keyword.iskeyword(name):
        yield f"{name!r} is a Python keyword; choose another name"
    elif name in sys.stdlib_module_names or name in _IMPORTED:
        yield f"a student's file {name}.py would be imported instead of the module {name}; choose another name"
    elif name.endswith(tuple(f"_{framework}" for framework in FRAMEWORKS)):
        yield f"{name!r} ends with a framework's name: {name}.py would belong to another exercise; choose another name"
    elif name in policy.exercises:
        yield f"{policy.place('exercises', name)}: the exercise {name} already exists; choose another name"
    else:
        for folder in (root / half / name for root in policy.roots for half in HALVES):
            if folder.exists():
                yield f"{folder} already exists; choose another name, or move it away"


def _without(text: str, frameworks: Collection[FrameworkName]) -> str:
    """The text of `mistakes.yml` without the edits for these frameworks."""
    dropped = tuple(f"    {framework}:" for framework in frameworks)
    return "".join(line for line in text.splitlines(keepends=True) if not (dropped and line.startswith(dropped)))


def _block(name: str, indent: int) -> list[str]:
    """The lines of the skeleton's block of `grading.yml`."""
    text = (SKELETON / GRADING_FILE).read_text(encoding="utf-8")
    block = textwrap.dedent(text.partition("\nexercises:\n")[2]).replace(PLACEHOLDER, name)
    return textwrap.indent(block, " " * indent).splitlines(keepends=True)


def _end(exercises: yaml.MappingNode, lines: Sequence[str]) -> int:
    """The number of lines up to the end of the mapping, including indented comments below it."""
    end = _last_line(exercises)
    while end < len(lines) and re.match(r"[ \t]+#", lines[end]):
        end += 1
    return end


def _last_line(node: yaml.Node) -> int:
    """The last line of a node, counted from 1."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if not isinstance(last, tuple):
            return _last_line(last)
        key, value = cast(tuple[yaml.Node, yaml.Node], last)
        # An alias refers to a node elsewhere in the file.
        return max(key.end_mark.line + 1, _last_line(value))
    ends_before_a_line = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return node.end_mark.line + (0 if ends_before_a_line else 1)


def _insist_on_nothing_else(before: Any, after: Any, shown: Path, name: str) -> None:
    """Raise `UsageError` if the new text differs from the old one in anything but the new exercise."""
    added = dict(after.get("exercises") or {})
    added.pop(name, None)
    if {**before, "exercises": before.get("exercises") or {}} != {**after, "exercises": added}:
        raise UsageError(f"{shown}: the block could not be added at the end of `exercises:`; add it by hand")


def _rewrite(file: Path, content: bytes) -> None:
    mode = file.stat().st_mode & 0o777
    write_whole(file, content)
    file.chmod(mode)
