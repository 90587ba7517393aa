"""A YAML file's values, and in which line each of them stands: mistakes in what people write are reported with their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from autograder.errors import UsageError

Keys = tuple[str, ...]
"""The way to a value: keys of mappings, numbers of list entries."""
Place = tuple[Path, int]
"""File and line, counted from 1."""


class Lines(dict[Keys, Place]):
    """The way to a value → its place; `doubled` says which keys stand twice, and where."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.doubled: list[tuple[Place, str]] = []

    def nearest(self, keys: Keys) -> Place:
        """The place of a value, or of the innermost one around it that stands in the file."""
        while keys and keys not in self:
            keys = keys[:-1]
        return self.get(keys, (self.file, 1))

    def extend(self, under: Lines) -> None:
        """Take in the places of the file that this one extends, where it says nothing itself."""
        for keys, place in under.items():
            self.setdefault(keys, place)
        self.doubled += under.doubled


def spelled(place: Place) -> str:
    """A place as a sentence about it begins: `grading.yml, line 5`."""
    return f"{place[0]}, line {place[1]}"


def read_text(path: Path, shown: Path) -> str:
    """The file's text. Raises `UsageError`, which calls it `shown`, where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{shown} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not UTF-8 text: save it as UTF-8") from None


def parse(text: str, shown: Path) -> tuple[yaml.Node | None, Any]:
    """The text as nodes, which know their lines, and as values; `None` twice where it holds nothing.

    Raises `UsageError`, with the line, where it is no YAML.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return node, None if node is None else _values(loader, node)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise UsageError(f"{shown}, line {line}: this is no YAML: {problem.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise UsageError(f"{shown}: this is no YAML: {problem}") from None


def _values(loader: Any, node: yaml.Node) -> Any:
    # PyYAML's stubs say nothing of what this takes and returns.
    return loader.construct_document(node)


def lines_of(node: yaml.Node, shown: Path) -> Lines:
    """The place of every value. Raises `UsageError` where something in the file contains itself."""
    lines = Lines(shown)
    try:
        _mark(node, (), lines)
    except RecursionError:
        raise UsageError(f"{shown}: something in the file holds itself; write it out") from None
    return lines


def _mark(node: yaml.Node, keys: Keys, lines: Lines) -> None:
    lines.setdefault(keys, (lines.file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, place = str(key.value), (lines.file, key.start_mark.line + 1)
            if name in seen:
                lines.doubled.append((place, f"{name!r} stands here for the second time; remove one"))
            seen.add(name)
            lines[(*keys, name)] = place
            _mark(value, (*keys, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(value, (*keys, str(index)), lines)
