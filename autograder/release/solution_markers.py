"""The code between solution markers: removed for a stub, kept for the instructor's notebook."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from autograder.errors import UsageError
from autograder.release.percent import HEAD

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


def stub(source: str, place: str = "the solution") -> str:
    """The source without the code between the markers: functions raise NotImplementedError instead."""
    return rewrite(source, place, keep=False)


def solved(source: str, place: str = "the solution") -> str:
    """The source without the markers."""
    return rewrite(source, place, keep=True)


@dataclass(frozen=True)
class Region:
    """A pair of markers: their lines and their common column."""

    begin: int
    end: int
    column: int

    def holds(self, line: int) -> bool:
        """Whether the line is between the markers."""
        return self.begin < line < self.end


@dataclass(frozen=True)
class Block:
    """A sequence of statements, and what encloses it."""

    statements: Sequence[ast.stmt]
    owner: int
    """The first line of the statement that contains the block; 0 for the module."""
    name: str
    """The qualified name of the enclosing function or class: `GAN.fit`."""
    function: int
    """The first line of the enclosing function; 0 if the nearest scope is not a function."""


def rewrite(source: str, place: str, keep: bool) -> str:
    """The source without markers; without `keep`, also without the code between them."""
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
    """Join two pieces; where blank lines meet, the longer run is kept."""
    trailing, leading = _leading_blanks(above[::-1]), _leading_blanks(below)
    return [*above, *below[min(trailing, leading) :]]


def _leading_blanks(lines: Sequence[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), len(lines))


def _regions(source: str, place: str) -> list[Region]:
    """The pairs of markers. Malformed or misplaced markers are rejected, because they would leak the solution."""
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
            problems.append(f"{here}: a new cell starts between {BEGIN!r} (line {begin[0]}) and {END!r}")
        if not re.search(r"(BEGIN|END)\W+SOLUTION", token.string, re.IGNORECASE):
            continue
        if token.string.rstrip() not in (BEGIN, END) or token.line[:column].strip():
            problems.append(f"{here}: a marker must be alone on its line and read {BEGIN!r} or {END!r}")
        elif depth:
            problems.append(f"{here}: a marker must be between statements, not inside brackets")
        elif token.string.rstrip() == BEGIN:
            if begin:
                problems.append(f"{here}: another {BEGIN!r}, but the one in line {begin[0]} has no end")
            begin = token.start
        elif not begin:
            problems.append(f"{here}: {END!r} without a {BEGIN!r} before it")
        else:
            if column != begin[1]:
                problems.append(f"{here}: {END!r} is not indented like {BEGIN!r} in line {begin[0]}")
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
    marked: dict[Region, Block] = {}
    problems: list[str] = []
    for region in regions:
        try:
            marked[region] = _block(region, blocks, lines)
        except ValueError as problem:
            problems.append(f"{place}, line {region.begin}: {problem}")
    if problems:
        raise UsageError(*problems)
    return marked


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
    """The block in which a region marks whole statements. Raises `ValueError` if it marks something else."""
    holding = [
        block
        for block in blocks
        if not region.holds(block.owner) and any(region.holds(_start(statement)) for statement in block.statements)
    ]
    if not holding:
        raise ValueError("there is no statement between the markers")
    block = holding[0]
    marked = [statement for statement in block.statements if region.holds(_start(statement))]
    last = marked[-1].end_lineno or marked[-1].lineno
    around = [*lines[region.begin : _start(marked[0]) - 1], *lines[last : region.end - 1]]
    whole = len(holding) == 1 and last < region.end
    if not whole or any(line.strip() and not line.lstrip().startswith("#") for line in around):
        raise ValueError("the markers split a statement or a block")
    if marked[0].col_offset != region.column:
        raise ValueError("the markers are not indented like the statements between them")
    return block


def _replacements(blocks: dict[Region, Block]) -> dict[Region, list[str]]:
    """The stub's code for each region: an exception for the first one in a function, otherwise `pass` or nothing."""
    replacements: dict[Region, list[str]] = {}
    raising: set[int] = set()
    filled: set[int] = set()
    for region, block in blocks.items():
        indent = " " * region.column
        marked_all = all(any(other.holds(_start(statement)) for other in blocks) for statement in block.statements)
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
