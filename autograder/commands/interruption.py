"""Ctrl-C, SIGTERM and a closed terminal: the first ends a command in good order, a second one ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SENTENCE = "Interrupted. Finished results are kept; run the same command again to continue."


class Interrupted(KeyboardInterrupt):
    """A signal has asked the command to end."""


class Interruption:
    """Listens to the signals, from its creation on. Before `begin`, a signal ends the process at once.

    A signal that is ignored stays so: `nohup` and shells ignore some for the commands that they start.
    """

    def __init__(self) -> None:
        self._number = 0
        self._begun = False
        self._terminals = [stream for stream in (1, 2) if os.isatty(stream)]
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._heard)

    @property
    def code(self) -> int:
        """The exit code of a command that was interrupted, as shells count: 128 and the signal's number; otherwise 0."""
        return 128 + self._number if self._number else 0

    def begin(self) -> None:
        """From now on, the first signal raises `Interrupted` in the main thread."""
        self._begun = True

    def settled(self) -> None:
        """The command has ended by itself, also if a signal asked it to."""
        self._number = 0

    def end(self, code: int) -> None:
        """End the process, after an interruption without waiting for a thread that is still computing."""
        if not self._number:
            sys.exit(code)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                # Nobody reads any more.
                continue
        os._exit(self.code)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        hung_up = signal.Signals(number).name == "SIGHUP"
        if hung_up:
            # A write to a terminal that is gone would raise, while results are still being written.
            self._leave_terminals()
        if self._number and not hung_up:
            os._exit(128 + number)
        if self._number:
            # The system and the shell may each send one for the same closed terminal.
            return
        self._number = number
        if not self._begun:
            os.write(2, f"{SENTENCE}\n".encode())
            os._exit(self.code)
        raise Interrupted

    def _leave_terminals(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in self._terminals:
            os.dup2(null, stream)
        os.close(null)
