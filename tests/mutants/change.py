"""What an operator is given, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

from autograder.worker.names import FrameworkName

New = cst.CSTNode | cst.FlattenSentinel[cst.BaseStatement]


@dataclass(frozen=True)
class Around:
    """Where a node stands."""

    framework: FrameworkName
    function: cst.FunctionDef | None
    """The innermost function."""
    trains: bool
    """Whether this function updates weights or calls what does."""
    numpy: bool
    """Whether the program calls NumPy `np`."""
    parents: tuple[cst.CSTNode, ...]
    """The nodes around it, the closest last."""


Apply = Callable[[cst.CSTNode, Around], Iterator[tuple[str, New]]]


@dataclass(frozen=True)
class Operator:
    """A kind of fault. `apply` yields, for a node, the strength of each fault and the node that replaces it."""

    name: str
    title: str
    apply: Apply
    names: tuple[str, ...] = ()
    """Words for this fault, of which a check's likely cause should contain one. Empty if the fault has no name."""
