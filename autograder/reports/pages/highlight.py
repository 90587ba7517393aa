"""A student's code as highlighted lines. Pygments finds the tokens; the classes are few, and our own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer  # pyright: ignore[reportMissingTypeStubs]
from pygments.token import Token

from autograder.reports import safe_text

_MOST_REMEMBERED = 10_000
"""Characters of a cell."""
LONGEST_LINE = 600
"""Characters of a line that are shown."""
_NEWLINE = re.compile(r"\r\n?|\n")
"""What ends a line for Python."""
_CLASSES = (
    (Token.Comment, "c"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Keyword, "k"),
    (Token.Operator.Word, "k"),
    (Token.Name.Decorator, "d"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Builtin, "b"),
    (Token.Name.Exception, "b"),
)


def split(source: str) -> tuple[str, ...]:
    """The lines of a Python source, numbered as Python numbers them."""
    return tuple(_NEWLINE.split(source))


def lines(sources: tuple[str, ...], plain: bool = False) -> Sequence[Markup]:
    """Lines of code as HTML. `plain`: without colours."""
    return _remembered(sources, plain) if sum(map(len, sources)) < _MOST_REMEMBERED else _lines(sources, plain)


def _lines(sources: tuple[str, ...], plain: bool) -> Sequence[Markup]:
    shown = [safe_text.clipped(_on_one_line(line), LONGEST_LINE) for line in sources]
    text = "\n".join(shown)
    if not plain:
        highlighted = list(_highlighted(text))
        if len(highlighted) == len(shown):
            return highlighted
    return [escape(line) for line in shown]


_remembered = lru_cache(maxsize=256)(_lines)
"""Many cells of a class are the same: those that were handed out and are not for students to change."""


def _on_one_line(line: str) -> str:
    return safe_text.inert(line).replace("\n", "␍")


def _highlighted(text: str) -> Iterator[Markup]:
    """The lines of the text, from tokens that may have several lines."""
    line: list[str] = []
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for css, tokens in itertools.groupby(lexer.get_tokens(text), key=lambda pair: _class_of(pair[0])):
        first, *others = "".join(value for _, value in tokens).split("\n")
        line.append(_piece(css, first))
        for other in others:
            yield Markup("".join(line))
            line = [_piece(css, other)]
    yield Markup("".join(line))


@cache
def _class_of(token: Any) -> str:
    return next((css for kind, css in _CLASSES if token in kind), "")


def _piece(css: str, text: str) -> str:
    return f'<span class="{css}">{escape(text)}</span>' if css and text.strip() else str(escape(text))
