"""A line below a notebook's cell that says what a check is doing."""

from __future__ import annotations

import contextvars
import threading
from types import TracebackType
from typing import Any

from markupsafe import escape

PATIENCE = 0.5
"""Seconds before the line is shown: a line that comes and goes at once would only flicker."""


class Line:
    """A context manager; `say` sets the text. The line is shown in place, and removed at the end.

    Nothing is shown outside of a notebook.
    """

    def __init__(self, shown: bool) -> None:
        self._text = ""
        self._handle: Any = None
        self._over = not shown
        self._lock = threading.Lock()
        # A thread has no context of its own, and Jupyter finds the cell to write to in the context.
        self._timer = threading.Timer(PATIENCE, contextvars.copy_context().run, (self._show,))
        self._timer.daemon = True

    def __enter__(self) -> Line:
        if not self._over:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, where: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._handle is not None:
                self._handle.update({"text/plain": "", "text/html": "<div></div>"}, raw=True)

    def say(self, text: str) -> None:
        """What is being done now, without a full stop."""
        with self._lock:
            self._text = text
            if self._handle is not None:
                self._handle.update(self._content(), raw=True)

    def _show(self) -> None:
        with self._lock:
            if self._over:
                return
            from IPython.display import DisplayHandle

            self._handle = DisplayHandle()
            self._handle.display(self._content(), raw=True)

    def _content(self) -> dict[str, str]:
        line = f"{self._text} …"
        return {"text/plain": line, "text/html": f'<div style="opacity: .75">{escape(line)}</div>'}
