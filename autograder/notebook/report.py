"""What a notebook's cells show: a check's report, what was packed, why neither is there, or that it was interrupted."""

from __future__ import annotations

import textwrap

from autograder.reports import safe_text, terminal
from autograder.reports.pages import fragment
from autograder.results.form import Result


class Report:
    """The results of checks: HTML in a notebook, plain text elsewhere. Its first line says which code was checked."""

    def __init__(self, result: Result, checked: str) -> None:
        self.result = result
        self._checked = checked

    @property
    def passed(self) -> bool:
        """Whether all checks that were run passed."""
        return all(check.status in ("passed", "deferred") for check in self.result.checks)

    def text(self, width: int = terminal.WIDTH) -> str:
        """The report as plain text, in lines of at most `width` characters."""
        checked = textwrap.fill(safe_text.inert(self._checked), width)
        return f"{checked}\n\n{terminal.plain(self.result, hidden_later=True, width=width)}"

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return fragment.html(self.result, hidden_later=True, checked=self._checked)


class Packed:
    """What was written for the instructor, in lines."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines

    def __repr__(self) -> str:
        return safe_text.inert("\n".join(self._lines))


class Problem:
    """The reason why nothing was checked or packed."""

    passed = False

    def __init__(self, *sentences: str) -> None:
        self._sentences = sentences

    def text(self, width: int) -> str:
        """The sentences, in lines of at most `width` characters."""
        return "\n".join(textwrap.fill(each, width) for each in self._sentences)

    def __repr__(self) -> str:
        return "\n".join(self._sentences)


class Interrupted(KeyboardInterrupt):
    """The student interrupted a check. It stops the cells that wait to be run, as any interrupt does."""

    def __init__(self) -> None:
        super().__init__("The check was interrupted. You can run it again.")

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback, whose lines would all be the grader's own.
        return [str(self)]
