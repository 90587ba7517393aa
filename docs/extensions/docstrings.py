"""Docstrings as the project writes them, for Sphinx: single backticks are code, and nothing else is markup."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_CODE = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"([\\*|_])")


def as_restructured_text(line: str) -> str:
    """One line of a docstring, with its code marked as reStructuredText marks it and everything else taken literally."""
    return "".join(f"`{part}`" if _CODE.fullmatch(part) else _MARKUP.sub(r"\\\1", part) for part in _CODE.split(line))


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    lines[:] = [as_restructured_text(line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Have `autodoc` read every docstring this way."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
