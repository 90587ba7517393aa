"""The names that Python code defines. The code is a stranger's: time and memory are linear in its length, and bounded."""

from __future__ import annotations

import ast
import re

LARGEST = 100_000
"""Characters of a text that is parsed. The worst texts take 800 bytes of memory and 10 µs for each character."""
# Possessive, atomic, and within a line.
_IN_A_LINE = r"\b(?:def|class)[ \t]++{name}\b|^[ \t]*+{name}[ \t]*+[:=]|^(?>[^\n]*?\bimport\b)[^\n]*\b{name}\b"


def parsed(source: str) -> list[ast.stmt] | None:
    """The statements of a cell; `None` if it is not Python, or larger than `LARGEST`."""
    if len(source) > LARGEST:
        return None
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names(statement: ast.stmt) -> set[str]:
    """The names that a statement defines or imports at its own level; `*` stands for all names of a module."""
    found: set[str] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        match node := pending.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                # What is assigned inside it is its own.
                found.add(node.name)
                continue
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
            case ast.alias():
                found.add(node.asname or node.name.partition(".")[0])
            case ast.Name(ctx=ast.Store()):
                found.add(node.id)
            case _:
                pass
        pending += ast.iter_child_nodes(node)
    return found


def looks_defined(name: str, source: str) -> bool:
    """Whether a line seems to define the name, in a cell that is not Python."""
    return bool(re.search(_IN_A_LINE.format(name=re.escape(name)), source, re.MULTILINE))
