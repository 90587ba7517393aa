"""Percent format: a `.py` file as cells, as Jupytext writes them.

A cell starts with a line such as `# %%`, `# %% part="gates"`, `# %% tags=["demo"]` or `# %% [markdown]`; any text
before the first of them is also a code cell. Keys other than `part` and `tags` are rejected as typos.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, cast

from autograder.errors import UsageError

Kind = Literal["code", "markdown"]

HEAD = re.compile(r"# %%(?!\S)(?P<rest>.*)")
ATTRIBUTE = re.compile(r"""\s*(?P<key>[A-Za-z_]\w*)=(?P<value>"[^"]*"|\[[^\]]*\])(?=\s|$)""")


@dataclass(frozen=True)
class Cell:
    """A cell's text without its header; for a markdown cell, without the comment signs."""

    kind: Kind
    tags: frozenset[str]
    part: str | None
    source: str
    line: int = 0
    """The line of the cell's header in the file, counted from 1."""


def parse(text: str, place: str = "the file") -> list[Cell]:
    """The cells of a percent file, in order. Raises `UsageError`, with `place` and line, for a malformed cell."""
    heads: list[tuple[int, str]] = [(0, "")]
    bodies: list[list[str]] = [[]]
    for number, line in enumerate(text.split("\n"), start=1):
        if head := HEAD.fullmatch(line):
            heads.append((number, head["rest"]))
            bodies.append([])
        else:
            bodies[-1].append(line)
    problems: list[str] = []
    cells: list[Cell] = []
    for (number, rest), body in zip(heads, bodies, strict=True):
        if number == 0 and not any(line.strip() for line in body):
            continue
        try:
            cells.append(_cell(number, rest, body))
        except ValueError as problem:
            problems.append(f"{place}, line {number}: {problem}")
    if problems:
        raise UsageError(*problems)
    return cells


def _cell(number: int, rest: str, body: list[str]) -> Cell:
    kind: Kind = "code"
    if markdown := re.match(r"\s*\[(?:markdown|md)\](?=\s|$)", rest):
        kind, rest = "markdown", rest[markdown.end() :]
    attributes: dict[str, object] = {}
    while attribute := ATTRIBUTE.match(rest):
        key, rest = attribute["key"], rest[attribute.end() :]
        if key not in ("part", "tags") or key in attributes:
            raise ValueError(f'a cell may have part="…" and tags=["…"], each once, but not {key}=')
        attributes[key] = json.loads(attribute["value"])
    if rest.strip():
        raise ValueError(f'{rest.strip()!r} is invalid; a cell may have [markdown], then part="…" and tags=["…"]')
    tags, part = attributes.get("tags", []), attributes.get("part")
    if not isinstance(tags, list) or not isinstance(part, str | None):
        raise ValueError('write part="gates" and tags=["demo"]')
    names = frozenset(str(tag) for tag in cast("list[object]", tags))
    if kind == "markdown":
        body = [_uncommented(line) for line in body]
    return Cell(kind, names, part, "\n".join(body).strip("\n").rstrip(), number)


def _uncommented(line: str) -> str:
    if line.strip() and not line.startswith("#"):
        raise ValueError(f"a markdown cell may contain only comment lines, not {line.strip()!r}")
    return line.removeprefix("#").removeprefix(" ")
