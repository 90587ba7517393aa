"""Solutions and READMEs become the notebooks that students receive.

    solutions/xor/xor_torch.py ─┐
                                ├→ assignments/xor/xor_torch.ipynb
    assignments/xor/README.md  ─┘

Byte for byte the same each time: no clock, no random cell ids, JSON as nbformat writes it.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from autograder.cells import HEAD, Cell, parse
from autograder.errors import UsageError
from autograder.result import write_whole

Framework = Literal["torch", "keras"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "keras")

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Change:
    """A notebook that is not what its solution and README make of it; without `check` it is rewritten."""

    path: Path
    was: Literal["missing", "different"]


def release(root: Path, exercises: Sequence[str] = (), check: bool = False) -> list[Change]:
    """Write the notebooks of these exercises, or of all; with `check` only say which are out of date.

    Nothing is written where any exercise has a problem: all of them are in the one `UsageError`.
    """
    folders = _solution_folders(root, exercises)
    problems: list[str] = []
    wanted: dict[Path, bytes] = {}
    for folder in folders:
        target = root / "assignments" / folder.name
        for framework in FRAMEWORKS:
            try:
                wanted[target / f"{folder.name}_{framework}.ipynb"] = notebook(folder, target / "README.md", framework)
            except UsageError as problem:
                problems += problem.problems
    if problems:
        raise UsageError(*dict.fromkeys(problems))
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


def _solution_folders(root: Path, exercises: Sequence[str]) -> list[Path]:
    known = exercises_of(root)
    if not known:
        raise UsageError(f"{root / 'solutions'} holds no exercise: notebooks are made where the solutions are")
    if unknown := [name for name in dict.fromkeys(exercises) if name not in known]:
        raise UsageError(*(f"solutions/{name} is not there; there are {', '.join(known)}" for name in unknown))
    return [root / "solutions" / name for name in dict.fromkeys(exercises or known)]


def _change(path: Path, content: bytes) -> Change | None:
    if not path.is_file():
        return Change(path, "missing")
    return None if path.read_bytes() == content else Change(path, "different")


# ── a notebook ──────────────────────────────────────────────────────────────────────────────────────────────


def notebook(
    exercise_folder_solution: Path, readme: Path, framework: Framework, solved: bool = False, marked: bool = False
) -> bytes:
    """The notebook of one framework: a student's; with `solved` the instructor's; with `marked` that and its markers."""
    exercise = exercise_folder_solution.name
    solution = exercise_folder_solution / f"{exercise}_{framework}.py"
    source, text = _read(solution, readme)
    cells = parse(source, _place(solution))
    rewritten = cells if marked else parse(_rewrite(source, _place(solution), keep=solved), _place(solution))
    sections = readme_sections(text, _place(readme))
    if problems := [
        *_framework_problems(cells, solution, framework),
        *_part_problems(cells, solution, sections, readme),
    ]:
        raise UsageError(*problems)
    cells = [replace(cell, source=new.source) for cell, new in zip(cells, rewritten, strict=True)]
    return _encode(_layout(exercise, cells, sections))


@dataclass(frozen=True)
class Section:
    """What stands under a `##` heading of a README; a graded part's has `part`, `title` and `points`."""

    text: str
    line: int
    part: str | None = None
    title: str = ""
    points: float = 0


PART_HEADING = re.compile(r"## `(?P<part>[a-z][a-z0-9_]{0,49})` · (?P<title>.+) · (?P<points>\d+(?:\.\d+)?) points?\s*")


def readme_sections(text: str, place: str = "README.md") -> list[Section]:
    """A README cut at its `##` headings, in order; the first section is what stands above them all."""
    starts = [(0, "")]
    lines = text.split("\n")
    fence = ""
    for number, line in enumerate(lines):
        if mark := re.match(r" {0,3}(```+|~~~+)", line):
            if not fence:
                fence = mark[1]
            elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif not fence and line.startswith("## "):
            starts.append((number, line))
    sections: list[Section] = []
    problems: list[str] = []
    for (start, heading), (end, _) in zip(starts, [*starts[1:], (len(lines), "")], strict=True):
        body = "\n".join(lines[start:end]).strip("\n").rstrip()
        if match := PART_HEADING.fullmatch(heading):
            title, points = match["title"], float(match["points"])
            sections.append(Section(body, start + 1, match["part"], title, points))
        elif re.match(r"## +`\w+` *[·•—–|:-] ", heading):
            problems.append(
                f"{place}, line {start + 1}: {heading!r} is not of the form '## `gates` · Title · 3 points'"
            )
        elif body:
            sections.append(Section(body, start + 1))
    seen = Counter(section.part for section in sections if section.part)
    problems += [f"{place}: part `{part}` has {count} sections" for part, count in seen.items() if count > 1]
    if problems:
        raise UsageError(*problems)
    return sections


def _read(solution: Path, readme: Path) -> tuple[str, str]:
    problems: list[str] = []
    texts: list[str] = []
    for path in (solution, readme):
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
            problems.append(f"{_place(path)} cannot be read: {reason}")
    if problems:
        raise UsageError(*problems)
    return texts[0], texts[1]


def _place(path: Path) -> str:
    """`solutions/xor/xor_torch.py`, wherever the project lies."""
    return "/".join(path.parts[-3:])


def _framework_problems(cells: Iterable[Cell], solution: Path, framework: Framework) -> Iterator[str]:
    first = next((cell for cell in cells if cell.kind == "code"), None)
    if not first or not re.search(rf"^FRAMEWORK = [\"']{framework}[\"']", first.source, re.MULTILINE):
        line = first.line if first else 1
        yield f'{_place(solution)}, line {line}: the first code cell must say FRAMEWORK = "{framework}"'


def _part_problems(cells: Iterable[Cell], solution: Path, sections: Iterable[Section], readme: Path) -> Iterator[str]:
    """Where the parts of a solution and those of a README disagree, and code that belongs to no part."""
    where, text = _place(solution), _place(readme)
    first_line: dict[str, int] = {}
    current: str | None = None
    for cell in cells:
        if cell.part is None:
            if current and cell.kind == "code" and "demo" not in cell.tags and cell.source:
                yield f'{where}, line {cell.line}: code of no part; give it part="…" or tags=["demo"]'
        elif cell.part != current and cell.part in first_line:
            yield (
                f'{where}, line {cell.line}: part "{cell.part}" began in line {first_line[cell.part]} and '
                f'part "{current}" came between; put its cells together'
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
            f"{where} has the parts {', '.join(first_line)}, "
            f"but {text} has them in another order: {', '.join(headings)}"
        )


# ── order of cells ──────────────────────────────────────────────────────────────────────────────────────────


def _layout(exercise: str, cells: Sequence[Cell], sections: Sequence[Section]) -> Iterator[tuple[str, Cell]]:
    """Each cell of the notebook with the name that its id begins with."""
    chapters: dict[str | None, list[Cell]] = {None: []}
    current: str | None = None
    for cell in cells:
        current = cell.part or current
        chapters.setdefault(current, []).append(cell)
    # A section without a part leads on to the next part; behind the last part it ends the notebook.
    first = next((number for number, section in enumerate(sections) if section.part), len(sections))
    texts: dict[str | None, list[str]] = {None: [section.text for section in sections[:first]]}
    leading: list[str] = []
    for section in sections[first:]:
        leading.append(section.text)
        if section.part:
            texts[section.part], leading = leading, []
    start = _check_cell(f'from autograder import Notebook\n\ngrader = Notebook("{exercise}")')
    for name in chapters:
        label = name or "introduction"
        for text in texts.get(name, []):
            yield label, _markdown(text)
        closing = _check_cell(f'grader.check("{name}")') if name else start
        for cell in _with_check([cell for cell in chapters[name] if cell.source], closing):
            yield name or "setup", cell
    for text in leading:
        yield "end", _markdown(text)
    yield "end", _check_cell("grader.check_all()")


def _with_check(cells: Sequence[Cell], check: Cell) -> list[Cell]:
    """The check cell comes after the last cell that is the part's own, before the demos that follow it."""
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


# ── solution markers ────────────────────────────────────────────────────────────────────────────────────────


def stub(source: str, place: str = "the solution") -> str:
    """The source without what stands between the markers: a function raises NotImplementedError instead."""
    return _rewrite(source, place, keep=False)


def solved(source: str, place: str = "the solution") -> str:
    """The source without the markers."""
    return _rewrite(source, place, keep=True)


@dataclass(frozen=True)
class Region:
    """A pair of markers: their lines and their common column."""

    begin: int
    end: int
    column: int

    def holds(self, line: int) -> bool:
        return self.begin < line < self.end


@dataclass(frozen=True)
class Block:
    """Statements that stand under one another, and what they stand in."""

    statements: Sequence[ast.stmt]
    owner: int
    """Where the statement begins that the block belongs to; 0 for the module."""
    name: str
    """`GAN.fit`: what the block lies in, dotted."""
    function: int
    """Where the function begins that the block lies in; 0 where the nearest scope is no function."""


def _rewrite(source: str, place: str, keep: bool) -> str:
    try:
        blocks = list(_blocks(ast.parse(source)))
    except SyntaxError as problem:
        raise UsageError(f"{place}, line {problem.lineno}: {problem.msg}") from None
    lines = source.split("\n")
    regions = _regions(source, place)
    replacements = _replacements(_blocks_of(regions, blocks, lines, place))
    written: list[str] = []
    after = 0
    for region in regions:
        inside = lines[region.begin : region.end - 1] if keep else replacements[region]
        written = _joined(_joined(written, lines[after : region.begin - 1]), inside)
        after = region.end
    text = "\n".join(_joined(written, lines[after:]))
    return text.rstrip("\n") + "\n" if regions and text.endswith("\n") else text


def _joined(above: list[str], below: list[str]) -> list[str]:
    """Where blank lines meet at the seam, the longer run stays."""
    trailing, leading = _leading_blanks(above[::-1]), _leading_blanks(below)
    return [*above, *below[min(trailing, leading) :]]


def _leading_blanks(lines: Sequence[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), len(lines))


def _regions(source: str, place: str) -> list[Region]:
    """The pairs of markers. What only looks like a marker, or stands where none can, is refused: it leaks."""
    regions: list[Region] = []
    problems: list[str] = []
    begin: tuple[int, int] | None = None
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        here = f"{place}, line {line}"
        if begin and HEAD.fullmatch(token.line.rstrip("\n")):
            problems.append(f"{here}: a new cell begins between {BEGIN!r} (line {begin[0]}) and {END!r}")
        if not re.search(r"(BEGIN|END)\W+SOLUTION", token.string, re.IGNORECASE):
            continue
        if token.string.rstrip() not in (BEGIN, END) or token.line[:column].strip():
            problems.append(f"{here}: a marker stands alone in its line and reads {BEGIN!r} or {END!r}")
        elif depth:
            problems.append(f"{here}: a marker stands between statements, not inside brackets")
        elif token.string.rstrip() == BEGIN:
            if begin:
                problems.append(f"{here}: {BEGIN!r} again, and the one in line {begin[0]} has no end")
            begin = token.start
        elif not begin:
            problems.append(f"{here}: {END!r} without a {BEGIN!r} before it")
        else:
            if column != begin[1]:
                problems.append(f"{here}: {END!r} is not indented as {BEGIN!r} in line {begin[0]}")
            regions.append(Region(begin[0], line, begin[1]))
            begin = None
    if begin:
        problems.append(f"{place}, line {begin[0]}: {BEGIN!r} has no {END!r}")
    if problems:
        raise UsageError(*problems)
    return regions


def _blocks_of(
    regions: Sequence[Region], blocks: Sequence[Block], lines: Sequence[str], place: str
) -> dict[Region, Block]:
    found: dict[Region, Block] = {}
    problems: list[str] = []
    for region in regions:
        try:
            found[region] = _block(region, blocks, lines)
        except ValueError as problem:
            problems.append(f"{place}, line {region.begin}: {problem}")
    if problems:
        raise UsageError(*problems)
    return found


def _blocks(node: ast.AST, owner: int = 0, name: str = "", function: int = 0) -> Iterator[Block]:
    """Every block of statements below a node."""
    if isinstance(node, ast.stmt):
        owner = _start(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}" if name else node.name
        function = 0 if isinstance(node, ast.ClassDef) else owner
    for _, value in ast.iter_fields(node):
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        children = [child for child in values if isinstance(child, ast.AST)]
        statements = [child for child in children if isinstance(child, ast.stmt)]
        if statements:
            yield Block(statements, owner, name, function)
        for child in children:
            yield from _blocks(child, owner, name, function)


def _start(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _block(region: Region, blocks: Iterable[Block], lines: Sequence[str]) -> Block:
    """The block of which a region marks whole statements. `ValueError` where it marks something else."""
    holding = [
        block
        for block in blocks
        if not region.holds(block.owner) and any(region.holds(_start(statement)) for statement in block.statements)
    ]
    if not holding:
        raise ValueError("the markers hold no statement")
    block = holding[0]
    marked = [statement for statement in block.statements if region.holds(_start(statement))]
    last = marked[-1].end_lineno or marked[-1].lineno
    around = [*lines[region.begin : _start(marked[0]) - 1], *lines[last : region.end - 1]]
    whole = len(holding) == 1 and last < region.end
    if not whole or any(line.strip() and not line.lstrip().startswith("#") for line in around):
        raise ValueError("the markers cut a statement or a block in two")
    if marked[0].col_offset != region.column:
        raise ValueError("the markers are not indented as the statements between them")
    return block


def _replacements(found: dict[Region, Block]) -> dict[Region, list[str]]:
    """What a stub has for each region: an exception the first time in a function, else next to nothing."""
    replacements: dict[Region, list[str]] = {}
    raising: set[int] = set()
    filled: set[int] = set()
    for region, block in found.items():
        indent = " " * region.column
        marked_all = all(any(other.holds(_start(statement)) for other in found) for statement in block.statements)
        replacement: list[str] = []
        if block.function and block.function not in raising:
            raising.add(block.function)
            replacement = [f'{indent}raise NotImplementedError("{block.name}")']
        elif block.owner and marked_all and id(block) not in filled:
            replacement = [f"{indent}pass"]
        if replacement:
            filled.add(id(block))
        replacements[region] = replacement
    return replacements
