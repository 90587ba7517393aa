"""A submission for a notebook's rich display."""

from __future__ import annotations

from autograder.reports.pages.render import template
from autograder.results.form import Result


def html(result: Result, *, hidden_later: bool = False, checked: str = "") -> str:
    """A submission for a notebook's rich display: inline styles, no script, any theme.

    `checked` is its first line, which says where the code comes from.
    """
    return template("fragment.html").render(result=result, hidden_later=hidden_later, checked=checked)
