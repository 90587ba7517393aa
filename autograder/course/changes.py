"""Which parts of an exercise a change of the student's file concerns."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from autograder.course import definitions
from autograder.course.source_lines import names_of_part
from autograder.course.submission import Submission

_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def concerned(before: Submission, after: Submission, parts: Collection[str], assignment: Path) -> set[str]:
    """The parts whose code has changed, or uses what has changed; all if that cannot be told.

    A part that defines no name of its own, such as one about the GPU, is concerned by every change. `assignment`: the
    exercise's folder under `assignments/`, whose notebook says which names a part defines.
    """
    old, new = _statements(before), _statements(after)
    if before.framework != after.framework:
        return set(parts)
    if old == new:
        return set()
    changed = [*(Counter(old) - Counter(new)), *(Counter(new) - Counter(old))]
    defined = [_defined(statement) for statement in changed]
    if not changed or any(names is None or "*" in names for names in defined):
        # The same statements in another order, or one that may change anything.
        return set(parts)
    affected = _users(set[str]().union(*(names or set() for names in defined)), new)
    notebook = assignment / f"{assignment.name}_{after.framework}.ipynb"
    of_parts = {part: set(names_of_part(notebook, part)) for part in parts}
    return {part for part, names in of_parts.items() if not names or names & affected}


def _statements(handed_in: Submission) -> list[str]:
    """The statements of all cells, without comments and loose texts; a cell that is not Python is a single one."""
    found: list[str] = []
    for _, source in handed_in.cells:
        statements = definitions.parsed(source)
        if statements is None:
            found.append(source)
            continue
        found += [
            ast.unparse(statement)
            for statement in statements
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        ]
    return found


def _defined(source: str) -> set[str] | None:
    """The names that a statement defines; `None` if it also does something else, or is not Python."""
    statements = definitions.parsed(source)
    if statements is None or not all(_only_defines(statement) for statement in statements):
        return None
    return set[str]().union(*(definitions.names(statement) for statement in statements))


def _only_defines(statement: ast.stmt) -> bool:
    """Whether a statement only gives values to names; `a.b = 1` and `a[0] = 1` change an object that others share."""
    shared = (ast.Attribute, ast.Subscript)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return not any(isinstance(node, shared) for target in targets for node in ast.walk(target))
    return isinstance(statement, _DEFINES)


def _users(names: set[str], statements: Sequence[str]) -> set[str]:
    """The names, and those that statements which mention one of them define, directly or indirectly."""
    all_of_them = [(set(re.findall(r"\w+", each)), _defined(each) or set[str]()) for each in statements]
    while True:
        more = set[str]().union(*(defined for words, defined in all_of_them if words & names)) - names
        if not more:
            return names
        names = names | more
