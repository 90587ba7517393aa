"""Code as normalised tokens: what stays the same when names, layout, comments and annotations change.

A statement is a list of tokens. Names that the program itself gives become `V`, numbers `N`, strings `S`. Names that it
cannot choose stay: of built-in functions, of libraries (an alias becomes the full path), of methods, and those that
the exercise gives. Imports, docstrings, comments, annotations and brackets are gone. The header of a compound
statement is a statement of its own, so that nothing crosses from one statement into the next.

The code is a stranger's. Time and memory are linear in its length; what is not Python is read word by word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from pygments.lexers.python import PythonLexer  # pyright: ignore[reportMissingTypeStubs]
from pygments.token import Comment, Literal, Name, Text, Whitespace

from autograder.course.definitions import LARGEST, names, parsed
from autograder.course.submission import Code

MOST_STATEMENTS = 5_000
"""Statements of one program that are compared."""
MOST_CHARACTERS = 200_000
"""Characters of one program that are compared: fifty times as many as a long solution has."""
_MOST_TOKENS = 200
"""Tokens of a statement that is too deep to be read to its end."""
_MAGIC = re.compile(r"^[ \t]*[%!?][^\n]*|^[^\n#'\"]*\?[ \t]*$", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?=[^\s#)\]}'\"])", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """A statement without its body, as tokens."""

    tokens: tuple[str, ...]
    cell: int
    """The position of its cell in the program, counted from 0."""
    first: int
    """Its first line in the cell, counted from 1."""
    last: int


@dataclass(frozen=True)
class _Scope:
    """What the names of a program mean."""

    own: frozenset[str]
    """Names that the program gives: of variables, functions, classes, parameters and attributes."""
    imported: dict[str, str]
    """For each imported name, the full path: `F` → `torch.nn.functional`."""


def statements(cells: Sequence[Code], given: frozenset[str] = frozenset()) -> list[Statement]:
    """The statements of a program, in order, at most `MOST_STATEMENTS`.

    `given`: names of functions, classes and methods that the exercise gives, which no program can change.
    """
    pieces = [(number, piece) for number, source in _bounded(cells) for piece in _pieces(source)]
    scope = _scope([statement for _, piece in pieces for statement in piece.parsed], given)
    found: list[Statement] = []
    for number, piece in pieces:
        if piece.parsed or not piece.unparsed.strip():
            found += _of_block(piece.parsed, scope, number, piece.line)
        else:
            found += _of_words(piece.unparsed, number, piece.line)
        if len(found) >= MOST_STATEMENTS:
            return found[:MOST_STATEMENTS]
    return found


def defined(cells: Iterable[Code]) -> frozenset[str]:
    """The names of all functions, classes and methods that are defined in these cells."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(
        node.name
        for _, source in cells
        for statement in parsed(source) or ()
        for node in ast.walk(statement)
        if isinstance(node, kinds)
    )


# ── what is Python, and what is not ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Piece:
    parsed: list[ast.stmt]
    unparsed: str
    """The text, if it is not Python."""
    line: int
    """Lines above it in its cell."""


def _bounded(cells: Sequence[Code]) -> Iterator[tuple[int, str]]:
    """The cells with their numbers, as far as they are compared. Trees take hundreds of bytes for each character."""
    left = MOST_CHARACTERS
    for number, (_, source) in enumerate(cells):
        # The padding of a percent cell takes no memory in a tree.
        left -= len(source) - source.count("\n")
        if left < 0:
            return
        yield number, source


def _pieces(source: str) -> Iterator[_Piece]:
    """The cell as a whole; if it is not Python, its top-level statements one by one."""
    for text in (source, _MAGIC.sub("", source)):
        if (whole := parsed(text)) is not None:
            yield _Piece(whole, "", 0)
            return
    source = _MAGIC.sub("", source)[:LARGEST]
    starts = sorted({0, *(match.start() for match in _TOP_LEVEL.finditer(source)), len(source)})
    line = 0
    for start, end in pairwise(starts):
        text = source[start:end]
        found = parsed(text)
        yield _Piece(found or [], "" if found is not None else text, line)
        line += text.count("\n")


# An empty word stands for the text itself.
_KINDS: tuple[tuple[Any, str], ...] = (
    (Literal.Number, "N"),
    (Literal, "S"),
    (Name.Builtin, ""),
    (Name, "V"),
)


def _of_words(text: str, cell: int, above: int) -> Iterator[Statement]:
    """The words of each line that is not Python."""
    line = above + 1
    words: list[str] = []
    for kind, value in PythonLexer(stripnl=False).get_tokens(text):
        if "\n" in value:
            if words:
                yield Statement(tuple(words), cell, line, line)
            words = []
            line += value.count("\n")
        elif kind not in Text and kind not in Whitespace and kind not in Comment and value not in _BRACKETS:
            words.append(next((said for each, said in _KINDS if kind in each), "") or value)


_BRACKETS = frozenset("()[]{},;:")

# ── what names mean ─────────────────────────────────────────────────────────────────────────────────────────


_NAMING = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.arg, ast.Name, ast.Attribute,
    ast.ExceptHandler, ast.MatchAs, ast.MatchStar,
)  # fmt: skip
"""Nodes that may give a name."""


def _scope(tree: Sequence[ast.stmt], given: frozenset[str]) -> _Scope:
    own: set[str] = set()
    imported: dict[str, str] = {}
    for statement in tree:
        for node in ast.walk(statement):
            if not isinstance(node, _NAMING):
                continue
            match node:
                case ast.Import():
                    for alias in node.names:
                        top = alias.name.partition(".")[0]
                        imported[alias.asname or top] = alias.name if alias.asname else top
                case ast.ImportFrom():
                    for alias in node.names:
                        imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    own.add(node.name)
                case ast.arg():
                    own.add(node.arg)
                case ast.Name(ctx=ast.Store()):
                    own.add(node.id)
                case ast.Attribute(ctx=ast.Store()):
                    own.add(f".{node.attr}")
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    own.add(name)
                case _:
                    pass
            if isinstance(node, ast.ClassDef):
                own |= {f".{name}" for each in node.body for name in names(each) if not name.startswith("__")}
    return _Scope(frozenset(own - imported.keys() - given - {f".{name}" for name in given}), imported)


# ── a tree as statements ────────────────────────────────────────────────────────────────────────────────────

_HEADER_LINES = 8
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def _of_block(block: Sequence[ast.AST], scope: _Scope, cell: int, above: int) -> Iterator[Statement]:
    """The statements of a block and of all blocks in it, in order."""
    pending = list(reversed(block))
    while pending:
        node = pending.pop()
        if not _says_nothing(node):
            tokens: list[str] = []
            try:
                _add(node, scope, tokens)
            except RecursionError:
                # A sum of ten thousand terms is a tree as deep; what was read of it is enough.
                del tokens[_MOST_TOKENS:]
            if tokens:
                first, last = _lines(node)
                yield Statement(tuple(tokens), cell, above + first, above + last)
        pending += reversed(_inside(node))


def _says_nothing(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return True
        case _:
            return False


def _inside(node: ast.AST) -> list[ast.AST]:
    """What stands in the blocks of a statement, in order."""
    if isinstance(node, ast.expr):
        return []
    blocks = [getattr(node, name, None) for name in _BODIES]
    return [each for block in blocks if isinstance(block, list) for each in cast(list[ast.AST], block)]


def _lines(node: ast.AST) -> tuple[int, int]:
    """The first and the last line of a statement without its blocks."""
    first: int = node.pattern.lineno if isinstance(node, ast.match_case) else getattr(node, "lineno", 1)
    if not (inside := _inside(node)):
        return first, getattr(node, "end_lineno", first)
    following: int = getattr(inside[0], "lineno", first + 1)
    # Comments stand between a header and its block; a header has few lines.
    return first, min(max(first, following - 1), first + _HEADER_LINES)


def _add(node: ast.AST, scope: _Scope, tokens: list[str]) -> None:
    """Append the tokens of a statement or an expression, without blocks inside."""
    match node:
        case ast.Name():
            tokens.append(_name(node.id, scope))
        case ast.Attribute():
            _add_attribute(node, scope, tokens)
        case ast.Constant(value=value):
            tokens.append(_constant(value))
        case ast.JoinedStr():
            tokens.append("S")
        case ast.arg():
            tokens.append("V")
        case ast.keyword(arg=name):
            if name is not None:
                tokens.append("V=" if name in scope.own else f"{name}=")
            _add(node.value, scope, tokens)
        case ast.AugAssign():
            _add(node.target, scope, tokens)
            tokens.append("=")
            for part in (node.target, node.op, node.value):
                _add(part, scope, tokens)
        case ast.Assign() | ast.AnnAssign() | ast.NamedExpr():
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                _add(target, scope, tokens)
                tokens.append("=")
            if node.value:
                _add(node.value, scope, tokens)
        case ast.BinOp():
            for part in (node.left, node.op, node.right):
                _add(part, scope, tokens)
        case ast.Compare():
            _add(node.left, scope, tokens)
            for operator, right in zip(node.ops, node.comparators, strict=True):
                _add(operator, scope, tokens)
                _add(right, scope, tokens)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for decorator in node.decorator_list:
                tokens.append("@")
                _add(decorator, scope, tokens)
            tokens += ["def", _name(node.name, scope)]
            _add(node.args, scope, tokens)
        case ast.ClassDef():
            tokens += ["class", _name(node.name, scope)]
            for part in (*node.decorator_list, *node.bases, *node.keywords):
                _add(part, scope, tokens)
        case ast.Tuple():
            for part in node.elts:
                _add(part, scope, tokens)
        case ast.expr_context():
            pass
        case ast.Expr() | ast.arguments():
            _add_children(node, scope, tokens)
        case ast.Call():
            tokens.append("call")
            for part in (node.func, *node.args, *node.keywords):
                _add(part, scope, tokens)
        case ast.Subscript():
            tokens.append("Subscript")
            _add(node.value, scope, tokens)
            _add(node.slice, scope, tokens)
        case ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            tokens.append(type(node).__name__)
        case _:
            tokens.append(type(node).__name__)
            _add_children(node, scope, tokens)


def _add_children(node: ast.AST, scope: _Scope, tokens: list[str]) -> None:
    skipped = {id(each) for each in _inside(node)}
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr_context) and id(child) not in skipped:
            _add(child, scope, tokens)


def _add_attribute(node: ast.Attribute, scope: _Scope, tokens: list[str]) -> None:
    path = [node.attr]
    inner = node.value
    while isinstance(inner, ast.Attribute):
        path.append(inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name) and inner.id in scope.imported:
        tokens.append(".".join([scope.imported[inner.id], *reversed(path)]))
        return
    _add(inner, scope, tokens)
    tokens += [".V" if f".{name}" in scope.own else f".{name}" for name in reversed(path)]


def _name(name: str, scope: _Scope) -> str:
    if name in scope.imported:
        return scope.imported[name]
    return "V" if name in scope.own else name


def _constant(value: object) -> str:
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return str(value)
    return "S" if isinstance(value, str | bytes) else "N"
