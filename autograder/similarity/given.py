"""What the exercise itself gives to all students: the code of its notebooks, of its text and of its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder.course import notebook_cells, submission
from autograder.course.definitions import parsed
from autograder.course.notebook_cells import NotANotebook, TooMuch
from autograder.course.submission import Code
from autograder.similarity import fingerprints
from autograder.similarity.fingerprints import Prints
from autograder.similarity.tokens import defined, statements

_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_MODULES = ("checks.py", "probes.py")


@dataclass(frozen=True)
class Given:
    """What is taken out of every program of an exercise."""

    names: frozenset[str] = frozenset()
    """Of functions, classes and methods, which no program can change."""
    prints: Prints = field(default_factory=lambda: np.empty(0, np.uint64))
    found: bool = False
    """Whether there is a notebook of the exercise."""


def of_exercise(folder: Path) -> Given:
    """What the folder `assignments/<exercise>` gives: its notebooks, its README and its check files.

    A student's or an author's own copies there do not count.
    """
    notebooks = [
        folder / f"{folder.name}{suffix}.ipynb"
        for suffix in ("_torch", "_keras", "")
        if (folder / f"{folder.name}{suffix}.ipynb").is_file()
    ]
    cells = [cell for path in notebooks for cell in _of_notebook(path)]
    names = defined(cells)
    text = [("README", code) for code in _of_text(folder / "README.md")]
    modules = [("module", read) for name in _MODULES if (read := _read(folder / name))]
    found = statements([*cells, *text, *modules], names)
    return Given(names, fingerprints.everything(found), bool(notebooks))


def _of_notebook(path: Path) -> Iterator[Code]:
    """All code cells, also those that are not graded: a student may take their tags off."""
    try:
        cells = notebook_cells.read(path.read_bytes())
    except (OSError, NotANotebook, TooMuch):
        return
    for number, cell in enumerate(cells):
        yield f"cell {number}", cell.source


def _of_text(path: Path) -> Iterator[str]:
    """The code of a text: in blocks, and within sentences if it is Python."""
    text = _read(path)
    yield from _FENCED.findall(text)
    for code in _INLINE.findall(_FENCED.sub("", text)):
        if parsed(code):
            yield code


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return content[: submission.LARGEST].decode(errors="replace")
