"""What Dask loads into each worker process first: a signal of the terminal is for the process that started it."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed.worker import Worker

_OF_THE_TERMINAL = ("SIGINT", "SIGHUP")


def dask_setup(worker: Worker) -> None:
    """Ignore Ctrl-C and a closed terminal: who started this worker ends it in good order."""
    if threading.current_thread() is threading.main_thread():
        for name in _OF_THE_TERMINAL:
            signal.signal(signal.Signals[name], signal.SIG_IGN)
