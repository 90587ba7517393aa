"""Consistency of thresholds: each one must be set in `grading.yml` and read by a check."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.course.policy import Policy, did_you_mean

LIMITS = "limits"
"""The parameter through which checks, and the probes they pass it to, read thresholds."""


def thresholds_that_do_not_fit(policy: Policy, name: str, folders: Sequence[Path], all_there: bool) -> Iterator[str]:
    """Thresholds that are read but not set and, if `all_there` (hidden checks included), those set but not read.

    `folders`: the folders of the exercise's check files.
    """
    given = policy.exercise(name).thresholds
    read = [each for folder in folders for file in ("checks.py", "probes.py") for each in _read(folder / file)]
    for threshold, place in read:
        if threshold not in given:
            hint = did_you_mean(threshold, given) if given else "; it sets none"
            missing = f"{policy.file} does not set it for {name}{hint}"
            yield f"{place}: a check reads the threshold {threshold}, but {missing}"
    names = {threshold for threshold, _ in read}
    for threshold in given if all_there else ():
        if threshold not in names:
            hint = did_you_mean(threshold, names) if names else "; they read none"
            place = policy.place("exercises", name, "thresholds", threshold)
            yield f"{place}: no check of {name} reads the threshold {threshold}{hint}"


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """Every `limits.name` in a file, with its place."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return  # Loading the file reports that it cannot be run.
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == LIMITS:
            yield node.attr, f"{path}, line {node.lineno}"
