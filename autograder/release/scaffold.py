"""A new exercise: a copy of the skeleton under a name of its own, and its block in the course's `grading.yml`.

The skeleton is a course of one small exercise, which works; its files lie in `skeleton/` beside this module.
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
"""What the skeleton calls its exercise, in names of files and in texts."""
HALVES = ("assignments", "solutions")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_IMPORTED = {"autograder", "jax", "jaxtyping", "keras", "matplotlib", "numpy", "pandas", "scipy", "shared", "sklearn", "sympy",
             "tensorflow", "torch"}  # fmt: skip
"""What notebooks import: a student's file `numpy.py` would be imported in its place."""


@contextmanager
def created(policy: Policy, name: str, frameworks: Sequence[FrameworkName]) -> Generator[list[Path]]:
    """Write a new exercise and its block of `grading.yml`; the two folders, assignments first.

    Where the code inside raises, nothing is left behind. Raises `UsageError` where the name cannot be given, where no folder
    is there to hold the exercise, and where `grading.yml` has a form to which no block can be added.
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
    """The folder of the policy's own exercises: its own folder, or the first below it that `exercises_from` names.

    Raises `UsageError` where there is neither.
    """
    beside = policy.file.resolve().parent
    own = [root for root in map(Path.resolve, policy.roots) if root.is_relative_to(beside)]
    if beside in own and (beside / HALVES[0]).is_dir():
        return beside
    below = next((root for root in own if root != beside), None)
    if below is None:
        say = "" if beside in own else f", and write `exercises_from: .` into {policy.file}"
        raise UsageError(f"{policy.file}: no folder here holds exercises of its own; make {beside / HALVES[0]}{say}")
    return below


def files(name: str, frameworks: Sequence[FrameworkName]) -> dict[Path, bytes]:
    """The files of a new exercise in these frameworks, by their path in a course's folder."""
    left_out = set(FRAMEWORKS) - set(frameworks)
    found: dict[Path, bytes] = {}
    for half in HALVES:
        for path in sorted((SKELETON / half).rglob("*.*")):
            if path.suffix == ".pyc" or any(path.stem.endswith(f"_{framework}") for framework in left_out):
                continue
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".yml":
                text = _without(text, left_out)
            target = Path(path.relative_to(SKELETON).as_posix().replace(PLACEHOLDER, name))
            found[target] = text.replace(PLACEHOLDER, name).encode()
    return found


def with_block(text: str, shown: Path, name: str) -> str:
    """The text of a `grading.yml` with the block of a new exercise at the end of `exercises:`; all else stays as it is.

    Raises `UsageError`, which calls the file `shown`, where the exercises do not stand on lines of their own.
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
    return UsageError(f"{shown}: `exercises:` stands in braces; put each exercise on lines of its own, without them")


def _problems_of_name(policy: Policy, name: str) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"{name!r} is no name of an exercise: at most 50 lower-case letters, digits and _, a letter first"
    elif keyword.iskeyword(name):
        yield f"{name!r} is a word of Python's own; take another name"
    elif name in sys.stdlib_module_names or name in _IMPORTED:
        yield f"a student's file {name}.py would be imported in place of the module {name}; take another name"
    elif name.endswith(tuple(f"_{framework}" for framework in FRAMEWORKS)):
        yield f"{name!r} ends like a file's framework: {name}.py would be taken for another exercise; take another name"
    elif name in policy.exercises:
        yield f"{policy.place('exercises', name)}: there is an exercise {name} already; take another name"
    else:
        for folder in (root / half / name for root in policy.roots for half in HALVES):
            if folder.exists():
                yield f"{folder} is there already; take another name, or move it away"


def _without(text: str, frameworks: Collection[FrameworkName]) -> str:
    """The mistakes without their edits for these frameworks."""
    dropped = tuple(f"    {framework}:" for framework in frameworks)
    return "".join(line for line in text.splitlines(keepends=True) if not (dropped and line.startswith(dropped)))


def _block(name: str, indent: int) -> list[str]:
    """The skeleton's block of `grading.yml`, a line each."""
    text = (SKELETON / GRADING_FILE).read_text(encoding="utf-8")
    block = textwrap.dedent(text.partition("\nexercises:\n")[2]).replace(PLACEHOLDER, name)
    return textwrap.indent(block, " " * indent).splitlines(keepends=True)


def _end(exercises: yaml.MappingNode, lines: Sequence[str]) -> int:
    """How many lines there are up to the end of the mapping, comments that are indented below it included."""
    end = _last_line(exercises)
    while end < len(lines) and re.match(r"[ \t]+#", lines[end]):
        end += 1
    return end


def _last_line(node: yaml.Node) -> int:
    """The number of the last line on which something of a node stands, counted from 1."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if not isinstance(last, tuple):
            return _last_line(last)
        key, value = cast(tuple[yaml.Node, yaml.Node], last)
        # An alias is the node that it names, which stands elsewhere.
        return max(key.end_mark.line + 1, _last_line(value))
    ends_before_a_line = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return node.end_mark.line + (0 if ends_before_a_line else 1)


def _insist_on_nothing_else(before: Any, after: Any, shown: Path, name: str) -> None:
    """The new text must say what the old one said, and the new exercise."""
    added = dict(after.get("exercises") or {})
    added.pop(name, None)
    if {**before, "exercises": before.get("exercises") or {}} != {**after, "exercises": added}:
        raise UsageError(f"{shown}: no block could be added at the end of `exercises:`; write it there by hand")


def _rewrite(file: Path, content: bytes) -> None:
    mode = file.stat().st_mode & 0o777
    write_whole(file, content)
    file.chmod(mode)
