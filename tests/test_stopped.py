"""A grader that is stopped and goes on (Ctrl-Z, SIGSTOP, a machine that hung): the time in between is nobody's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from autograder.execution.watchdog import STOPPED_SECONDS, WALL_PER_CPU
from tests.catalogue import ROOT

ALLOWED = 0.5
"""CPU seconds of the request."""
GRADER = f"""
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
worker = Worker("torch", Budget(), None)
worker.ask("hello", seconds=60, args=["plain", 0])
worker.ask("load", seconds=30, args=[["cell 1", "import time\\ndef naps():\\n    time.sleep(1.0)\\n    return 1"]])
print("asking", flush=True)
print(worker.ask("call", seconds={ALLOWED}, name="naps", args=[]))
worker.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
def test_the_time_in_which_the_grader_stood_still_is_not_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", GRADER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "asking\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS + ALLOWED * WALL_PER_CPU)
        process.send_signal(signal.SIGCONT)
        assert process.communicate()[0] == "1\n"
