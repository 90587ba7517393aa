"""What a notebook's cells show: a check's report, what was packed, why neither is there, or that it was interrupted."""

from __future__ import annotations

from autograder.reports import page, safe_text, terminal
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

    def __repr__(self) -> str:
        return f"{safe_text.inert(self._checked)}\n\n{terminal.plain(self.result, hidden_later=True)}"

    def _repr_html_(self) -> str:
        return page.html_fragment(self.result, hidden_later=True, checked=self._checked)


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
        self._message = "\n".join(sentences)

    def __repr__(self) -> str:
        return self._message


class Interrupted(KeyboardInterrupt):
    """The student interrupted a check. It stops the cells that wait to be run, as any interrupt does."""

    def __init__(self) -> None:
        super().__init__("The check was interrupted. You can run it again.")

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback, whose lines would all be the grader's own.
        return [str(self)]
