"""Build the students' notebooks from solutions and READMEs.

    solutions/xor/xor_torch.py ─┐
                                ├→ assignments/xor/xor_torch.ipynb
    assignments/xor/README.md  ─┘

The build is reproducible byte for byte: no timestamps, no random cell ids, JSON as nbformat writes it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from autograder.authoring.catalogue import frameworks_with_solution
from autograder.authoring.exercise import Exercise
from autograder.course.policy import Policy, did_you_mean
from autograder.errors import UsageError
from autograder.release import common_texts
from autograder.release.percent import Cell, parse
from autograder.release.readme import Section, readme_sections
from autograder.release.solution_markers import rewrite
from autograder.results.files import write_whole
from autograder.worker.names import FRAMEWORKS, FrameworkName

PICTURES = (".png", ".jpg", ".svg")

# Valid Python rather than `%pip`, so that any tool can read the cell. Colab has the frameworks.
INSTALL = """\
# In Colab, this installs what is missing. Elsewhere it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and not importlib.util.find_spec("autograder"):
    get_ipython().run_line_magic("pip", "install --quiet deep-learning-autograder")\
"""
"""The first code cell of each notebook; a check cell, so that no grader runs it."""

HAND_IN = """\
# To hand in: save the notebook, write your name between the quotes, and run this cell.
grader.hand_in("")\
"""
"""The last cell of each notebook."""

# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Change:
    """A notebook or README that is out of date; without `check` it is rewritten."""

    path: Path
    was: Literal["missing", "different"]


def release(root: Path, exercises: Sequence[str] = (), check: bool = False) -> list[Change]:
    """Write the notebooks of these exercises, or of all; with `check`, only return those that are out of date.

    Raises what `release_folders` raises.
    """
    return release_folders(_solution_folders(root, exercises), check)


def release_folders(folders: Iterable[Path], check: bool = False) -> list[Change]:
    """The same for folders `…/solutions/<exercise>`, which may belong to different courses.

    If any exercise has a problem, nothing is written, and one `UsageError` contains all problems.
    """
    problems: list[str] = []
    wanted: dict[Path, bytes] = {}
    for folder in folders:
        target = folder.parent.parent / "assignments" / folder.name
        for framework in frameworks_of(folder):
            try:
                wanted[target / f"{folder.name}_{framework}.ipynb"] = notebook(folder, target / "README.md", framework)
            except UsageError as problem:
                problems += problem.problems
    if problems:
        raise UsageError(*dict.fromkeys(problems))
    return _brought_up_to_date(wanted, check)


def release_readmes(exercises: Iterable[Exercise], check: bool = False) -> list[Change]:
    """Put the common texts into the READMEs of these exercises; with `check` only say which are out of date.

    Raises `UsageError`, with the place, where a README's comments do not say which text belongs where.
    """
    wanted: dict[Path, bytes] = {}
    problems: list[str] = []
    for exercise in exercises:
        readme = exercise.folder / "README.md"
        if exercise.solutions is None or not readme.is_file():
            continue
        text = readme.read_text(encoding="utf-8")
        try:
            filled = common_texts.put_in(text, _place(readme), exercise, frameworks_of(exercise.solutions))
        except UsageError as problem:
            problems += problem.problems
        else:
            wanted[readme] = filled.encode()
    if problems:
        raise UsageError(*problems)
    return _brought_up_to_date(wanted, check)


def _brought_up_to_date(wanted: Mapping[Path, bytes], check: bool) -> list[Change]:
    changes = [change for path, content in wanted.items() if (change := _change(path, content))]
    if not check:
        for change in changes:
            write_whole(change.path, wanted[change.path])
            change.path.chmod(0o644)
    return changes


def exercises_of(root: Path) -> list[str]:
    """The names of all exercises under `solutions/`, sorted."""
    folder = root / "solutions"
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._")


def pictures_of(assignment: Path) -> list[Path]:
    """The pictures beside an exercise's README: its notebooks show them and are handed out with them."""
    return sorted(path for path in assignment.iterdir() if path.suffix in PICTURES and path.is_file())


def frameworks_of(solutions: Path) -> list[FrameworkName]:
    """The frameworks of an exercise: those with a solution in its folder, or all if there is no solution yet."""
    return frameworks_with_solution(solutions) or list(FRAMEWORKS)


def solved_exercises(policy: Policy) -> dict[str, Path]:
    """The policy's exercises with available solutions, and the folder with `assignments/` and `solutions/` of each."""
    roots = {name: root for root in reversed(policy.roots) for name in exercises_of(root)}
    return {name: roots[name] for name in sorted(roots) if name in policy.exercises}


def nothing_to_release(root: Path) -> UsageError:
    """The error for a folder without solutions."""
    return UsageError(f"{root / 'solutions'} contains no exercise: a release needs the solutions")


def _solution_folders(root: Path, exercises: Sequence[str]) -> list[Path]:
    known = exercises_of(root)
    if not known:
        raise nothing_to_release(root)
    if unknown := [name for name in dict.fromkeys(exercises) if name not in known]:
        raise UsageError(*(f"solutions/{name} does not exist{did_you_mean(name, known)}" for name in unknown))
    return [root / "solutions" / name for name in dict.fromkeys(exercises or known)]


def _change(path: Path, content: bytes) -> Change | None:
    if not path.is_file():
        return Change(path, "missing")
    return None if path.read_bytes() == content else Change(path, "different")


# ── a notebook ──────────────────────────────────────────────────────────────────────────────────────────────


def notebook(
    exercise_folder_solution: Path,
    readme: Path,
    framework: FrameworkName,
    *,
    solved: bool = False,
    marked: bool = False,
    hand_in: bool = True,
) -> bytes:
    """The notebook of one framework: the student's; with `solved` the instructor's; with `marked` also the markers.

    `hand_in`: whether its last cell hands it in; other tools have their own way.
    """
    exercise = exercise_folder_solution.name
    solution = exercise_folder_solution / f"{exercise}_{framework}.py"
    source, text = _read(solution, readme)
    cells = parse(source, _place(solution))
    rewritten = cells if marked else parse(rewrite(source, _place(solution), keep=solved), _place(solution))
    sections = [
        replace(section, text=common_texts.without_comments(section.text))
        for section in readme_sections(text, _place(readme))
    ]
    if problems := [
        *_framework_problems(cells, solution, framework),
        *_part_problems(cells, solution, sections, readme),
    ]:
        raise UsageError(*problems)
    cells = [replace(cell, source=new.source) for cell, new in zip(cells, rewritten, strict=True)]
    laid_out = list(_layout(exercise, cells, sections))
    if hand_in:
        laid_out.append(("hand-in", _check_cell(HAND_IN)))
    return _encode(laid_out)


def _read(solution: Path, readme: Path) -> tuple[str, str]:
    problems: list[str] = []
    texts: list[str] = []
    for path in (solution, readme):
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
            problems.append(f"{_place(path)} cannot be read: {reason}")
    if problems:
        raise UsageError(*problems)
    return texts[0], texts[1]


def _place(path: Path) -> str:
    """The path relative to the project: `solutions/xor/xor_torch.py`."""
    return "/".join(path.parts[-3:])


def _framework_problems(cells: Iterable[Cell], solution: Path, framework: FrameworkName) -> Iterator[str]:
    first = next((cell for cell in cells if cell.kind == "code"), None)
    if not first or not re.search(rf"^FRAMEWORK = [\"']{framework}[\"']", first.source, re.MULTILINE):
        line = first.line if first else 1
        yield f'{_place(solution)}, line {line}: the first code cell must set FRAMEWORK = "{framework}"'


def _part_problems(cells: Iterable[Cell], solution: Path, sections: Iterable[Section], readme: Path) -> Iterator[str]:
    """Differences between the parts of a solution and those of a README, and code without a part."""
    where, text = _place(solution), _place(readme)
    first_line: dict[str, int] = {}
    current: str | None = None
    for cell in cells:
        if cell.part is None:
            if current and cell.kind == "code" and "demo" not in cell.tags and cell.source:
                yield f'{where}, line {cell.line}: code without a part; add part="…" or tags=["demo"]'
        elif cell.part != current and cell.part in first_line:
            yield (
                f'{where}, line {cell.line}: part "{cell.part}" started in line {first_line[cell.part]} but is '
                f'interrupted by part "{current}"; put its cells together'
            )
        else:
            current = cell.part
            first_line.setdefault(cell.part, cell.line)
    headings = {section.part: section.line for section in sections if section.part}
    for part in [part for part in first_line if part not in headings]:
        yield (
            f'{where}, line {first_line[part]}: part "{part}" has no section in {text}; '
            f"it needs a heading '## `{part}` · Title · 3 points'"
        )
    for part in [part for part in headings if part not in first_line]:
        yield (f"{text}, line {headings[part]}: part `{part}` has no cell in {where}; it needs '# %% part=\"{part}\"'")
    if first_line.keys() == headings.keys() and list(first_line) != list(headings):
        yield (
            f"{where} has the parts {', '.join(first_line)}, but {text} has a different order: {', '.join(headings)}"
        )


# ── order of cells ──────────────────────────────────────────────────────────────────────────────────────────


def _layout(exercise: str, cells: Sequence[Cell], sections: Sequence[Section]) -> Iterator[tuple[str, Cell]]:
    """Each cell of the notebook, with the prefix of its id."""
    chapters: dict[str | None, list[Cell]] = {None: []}
    current: str | None = None
    for cell in cells:
        current = cell.part or current
        chapters.setdefault(current, []).append(cell)
    # A section without a part introduces the next part; after the last part it ends the notebook.
    first = next((number for number, section in enumerate(sections) if section.part), len(sections))
    texts: dict[str | None, list[str]] = {None: [section.text for section in sections[:first]]}
    leading: list[str] = []
    for section in sections[first:]:
        leading.append(section.text)
        if section.part:
            texts[section.part], leading = leading, []
    # Before the student's imports: where the course comes from a wheel, `Notebook` makes `shared` importable.
    start = _check_cell(f'from autograder import Notebook\n\ngrader = Notebook("{exercise}")')
    for name in chapters:
        label = name or "introduction"
        for text in texts.get(name, []):
            yield label, _markdown(text)
        own = [cell for cell in chapters[name] if cell.source]
        if name is None:
            yield "install", _check_cell(INSTALL)
            yield "grader", start
        else:
            own = _with_check(own, _check_cell(f'grader.check("{name}")'))
        for cell in own:
            yield name or "setup", cell
    for text in leading:
        yield "end", _markdown(text)
    yield "end", _check_cell("grader.check_all()")


def _with_check(cells: Sequence[Cell], check: Cell) -> list[Cell]:
    """Insert the check cell after the last cell of the part, before the demos that follow."""
    own = [number for number, cell in enumerate(cells, start=1) if cell.part and "demo" not in cell.tags]
    if not own:
        own = [number for number, cell in enumerate(cells, start=1) if cell.kind == "code" and "demo" not in cell.tags]
    last = own[-1] if own else 0
    return [*cells[:last], check, *cells[last:]]


def _markdown(text: str) -> Cell:
    return Cell("markdown", frozenset(), None, text)


def _check_cell(source: str) -> Cell:
    return Cell("code", frozenset({"check"}), None, source)


def _encode(cells: Iterable[tuple[str, Cell]]) -> bytes:
    numbers: Counter[str] = Counter()
    encoded: list[dict[str, Any]] = []
    for name, cell in cells:
        numbers[name] += 1
        entry: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"{name}-{numbers[name]}",
            "metadata": {"tags": sorted(cell.tags)} if cell.tags else {},
            "source": cell.source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            entry |= {"execution_count": None, "outputs": []}
        encoded.append(entry)
    whole = {
        "cells": encoded,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1, separators=(",", ": "), sort_keys=True)
    return (text + "\n").encode()
