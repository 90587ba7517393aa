"""A YAML file's values and the line of each, so that mistakes can be reported with their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from autograder.errors import UsageError

Keys = tuple[str, ...]
"""The path to a value: keys of mappings, indices of list entries."""
Place = tuple[Path, int]
"""File and line, counted from 1."""


class Lines(dict[Keys, Place]):
    """Maps the path to a value to its place; `doubled` lists duplicate keys and their places."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.doubled: list[tuple[Place, str]] = []

    def nearest(self, keys: Keys) -> Place:
        """The place of a value, or of the innermost enclosing value that is in the file."""
        while keys and keys not in self:
            keys = keys[:-1]
        return self.get(keys, (self.file, 1))

    def extend(self, under: Lines) -> None:
        """Add the places of the file that this one extends, except for values that it overrides."""
        for keys, place in under.items():
            self.setdefault(keys, place)
        self.doubled += under.doubled


def spelled(place: Place) -> str:
    """A place as error messages start with it: `grading.yml, line 5`."""
    return f"{place[0]}, line {place[1]}"


def read_text(path: Path, shown: Path) -> str:
    """The file's text. Raises `UsageError`, with `shown` as its name, if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{shown} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is not UTF-8 text: save it as UTF-8") from None


def parse(text: str, shown: Path) -> tuple[yaml.Node | None, Any]:
    """The text as nodes, which know their lines, and as values; both `None` if it is empty.

    Raises `UsageError`, with the line, if it is not valid YAML.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return node, None if node is None else _values(loader, node)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise UsageError(f"{shown}, line {line}: invalid YAML: {problem.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise UsageError(f"{shown}: invalid YAML: {problem}") from None


def _values(loader: Any, node: yaml.Node) -> Any:
    # PyYAML's stubs do not describe its parameters and result.
    return loader.construct_document(node)


def lines_of(node: yaml.Node, shown: Path) -> Lines:
    """The place of every value. Raises `UsageError` if a value in the file contains itself."""
    lines = Lines(shown)
    try:
        _mark(node, (), lines)
    except RecursionError:
        raise UsageError(f"{shown}: a value in the file contains itself through an alias; write it out") from None
    return lines


def _mark(node: yaml.Node, keys: Keys, lines: Lines) -> None:
    lines.setdefault(keys, (lines.file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, place = str(key.value), (lines.file, key.start_mark.line + 1)
            if name in seen:
                lines.doubled.append((place, f"duplicate key {name!r}; remove one"))
            seen.add(name)
            lines[(*keys, name)] = place
            _mark(value, (*keys, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _mark(value, (*keys, str(index)), lines)
