"""Nothing outlives the grader: whichever of its processes is killed, workers and all their descendants end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.execution.environment import forks
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote
from tests.catalogue import ROOT
from tests.processes import gone, zygote_process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not forks(), reason="no fork on this system: workers are plain processes"),
]

STAYS = """
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
def stay():
    libc.prctl(1, 0, 0, 0, 0)
    libc.prctl(36, 0, 0, 0, 0)
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            pass
    ready, here = os.pipe()
    for _ in range(2):
        if os.fork() == 0:
            if os.fork() == 0:
                try:
                    os.setsid()
                except OSError:
                    pass
            os.write(here, b".")
            time.sleep(600)
    while len(found := os.read(ready, 4)) < 4:
        os.write(here, found)
        time.sleep(0.01)
    return 1
"""

GRADER = """
import sys, time
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote
zygote = Zygote("torch")
worker = Worker("torch", Budget(), zygote)
worker.ask("hello", seconds=60, args=["plain", 0])
worker.ask("load", seconds=30, args=[["cell 1", sys.argv[1]]])
worker.ask("call", seconds=30, name="stay", args=[])
print(zygote._process.pid, flush=True)
time.sleep(600)
"""


def staying(zygote: Zygote) -> Worker:
    """A worker with descendants that do all they can to stay."""
    worker = Worker("torch", Budget(), zygote)
    worker.ask("hello", seconds=60, args=["plain", 0])
    worker.ask("load", seconds=30, args=[["cell 1", STAYS]])
    worker.ask("call", seconds=30, name="stay", args=[])
    return worker


@pytest.fixture
def grader() -> Iterator[tuple[psutil.Process, list[psutil.Process]]]:
    """A grader of its own, and all of its descendants."""
    # Not pytest's tmp_path: its parents are closed to the worker's user.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with subprocess.Popen(
            [sys.executable, "-c", GRADER, STAYS],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            assert process.stdout and process.stdout.readline()
            this = psutil.Process(process.pid)
            below = this.children(recursive=True)
            try:
                assert len(below) >= 6, "keeper, zygote, worker, and its descendants"
                yield this, below
            finally:
                for each in (this, *below):
                    if each.is_running():
                        each.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda end: end.name)
def test_the_end_of_the_grader(grader: tuple[psutil.Process, list[psutil.Process]], end: signal.Signals) -> None:
    process, below = grader
    process.send_signal(end)
    left = [each.pid for each in below if not gone(each.pid)]
    assert not left


@pytest.mark.parametrize("whom", ["keeper", "zygote", "worker"])
def test_the_end_of_a_process_between(grader: tuple[psutil.Process, list[psutil.Process]], whom: str) -> None:
    process, below = grader
    keeper = process.children()[0]
    zygote = keeper.children()[0]
    worker = zygote.children()[0]
    {"keeper": keeper, "zygote": zygote, "worker": worker}[whom].kill()
    stays = {"keeper": (), "zygote": (), "worker": (keeper, zygote)}[whom]
    left = [each.pid for each in below if each not in stays and not gone(each.pid)]
    assert not left


def test_all_that_a_worker_started_ends_with_it() -> None:
    zygote = Zygote("torch")
    try:
        worker = staying(zygote)
        below = zygote_process(zygote).children(recursive=True)
        assert len(below) >= 5
        worker.close()
        assert all(gone(each.pid) for each in below)
    finally:
        zygote.close()
    assert not zygote.alive
