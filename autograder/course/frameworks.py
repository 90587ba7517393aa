"""The framework that a student's file says it uses, or imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Literal, cast

from autograder.course import definitions
from autograder.worker.names import FRAMEWORKS, FrameworkName

Framework = Literal[FrameworkName, "unknown"]

_IMPORTS = {"torch": "torch", "keras": "keras", "tensorflow": "keras"}
# Possessive, and within a line: the time is linear in the length of the text, whatever it is.
_IMPORTED = re.compile(
    r"^[ \t]*+(?:import|from)[ \t]++(?:[\w.]++(?:[ \t]++as[ \t]++\w++)?+[ \t]*+,[ \t]*+){0,50}(torch|keras|tensorflow)\b",
    re.MULTILINE,
)
_SPELLED = re.compile(r"""^FRAMEWORK[ \t]*+(?::[ \t]*+\w++[ \t]*+)?+=[ \t]*+["'](torch|keras)["']""", re.MULTILINE)


def framework_of(sources: Sequence[str], stem: str) -> Framework:
    """The value of `FRAMEWORK`; otherwise the framework in the file's name; otherwise the one it imports.

    A cell that is not valid Python is searched line by line: a magic or a syntax error must not hide the assignment.
    `stem`: the file's name without its ending.
    """
    left = definitions.LARGEST
    for source in sources:
        if "FRAMEWORK" not in source:
            continue
        left -= len(source)
        statements = definitions.parsed(source) if left >= 0 else None
        spelled = _SPELLED.search(source) if statements is None else None
        assigned = _assigned(statements) if statements else spelled and spelled[1]
        if assigned:
            return cast(Framework, assigned)
    named = re.search(r"_(torch|keras)$", stem)
    if named:
        return cast(Framework, named[1])
    for source in sources:
        if imported := _IMPORTED.search(source):
            return cast(Framework, _IMPORTS[imported[1]])
    return "unknown"


def _assigned(statements: Sequence[ast.stmt]) -> str | None:
    """The value that the statements assign to `FRAMEWORK`."""
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        named = any(isinstance(target, ast.Name) and target.id == "FRAMEWORK" for target in targets)
        if named and isinstance(value, ast.Constant) and value.value in FRAMEWORKS:
            return str(value.value)
    return None
