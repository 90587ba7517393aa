"""Formulas as MathML, which browsers render themselves: no script, no font and no LaTeX installation is needed."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

_logger = logging.getLogger(__name__)
_NOT_CONVERTED = re.compile(r"<mi>(\\[^<]*|&)</mi>")
"""What the converter does not know, it passes on as an identifier."""
_FUNCTION = re.compile(r"<m([io])>([A-Za-z]{2,})</m\1>(?!</mrow></math>)(?=(<mo[^>]*>(?:&#x00028;|\())?)")
"""A function's name before its argument, and the argument's bracket if there is one: the converter leaves no space."""


def _converted(node: nodes.Element, display: str) -> str:
    # The converter knows the environment only by the name under which it stands alone.
    formula = convert(node.astext().replace("{aligned}", "{align*}"), display=display)
    if unknown := _NOT_CONVERTED.search(formula):
        _logger.warning("MathML has no form for %r in: %s", unknown[1], node.astext(), location=node)
    return _FUNCTION.sub(_spaced, formula)


def _spaced(function: re.Match[str]) -> str:
    """The name with a thin space before it, and behind it unless a bracket follows: ln x, ln(x)."""
    behind = "0" if function[3] else "0.167em"
    return f'<mo form="prefix" lspace="0.167em" rspace="{behind}">{function[2]}</mo>'


def _inline(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(_converted(node, "inline"))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(f"{translator.starttag(node, 'div', CLASS='math')}{_converted(node, 'block')}</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True}
