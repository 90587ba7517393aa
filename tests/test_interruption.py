"""Ctrl-C, SIGTERM, a closed terminal, and a grader that is killed: real processes, real signals."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from autograder.commands.interruption import SENTENCE
from tests import command, toy

ENDLESS = toy.RIGHT + "\nimport time\ntime.sleep(1_000)\n"
COMPUTES_HERE = """
from autograder import check

@check("part.all")
def _(student):
    \"\"\"A check that computes in the grader's own process, for ever\"\"\"
    while True:
        pass
"""


@pytest.fixture
def graded(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `grade` on a class, with a folder of its own for temporary files, and kill what a failed test leaves."""
    (tmp_path / "scratch").mkdir(mode=0o711)
    tmp_path.chmod(0o711)
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str, checks: str = toy.CHECKS, **files: str) -> subprocess.Popen[str]:
        points = toy.POINTS if checks == toy.CHECKS else {"part": {"all": 20.0}}
        limits = "{seconds: 900, check_seconds: 900, memory_mb: 600}"
        toy.project(tmp_path, checks, points, hidden="", limits=limits)
        for student, source in files.items():
            toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", source)
        running.append(command.start("grade", ".", *arguments, cwd=tmp_path, TMPDIR=str(tmp_path / "scratch")))
        return running[-1]

    yield start
    for process in running:
        process.kill()


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + command.SECONDS
    while not what():
        assert process.poll() is None and time.monotonic() < end, command.finish(process)
        time.sleep(0.02)


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def students(folder: Path) -> list[str]:
    with (folder / "results" / "summary.csv").open(encoding="utf-8-sig") as summary:
        return [row["student"] for row in csv.DictReader(summary)]


def nothing_left(folder: Path, processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive
    end = time.monotonic() + 10
    while (left := list((folder / "scratch").iterdir())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_what_is_finished_is_in_the_tables(
    tmp_path: Path, graded: Callable[..., subprocess.Popen[str]], name: str, code: int
) -> None:
    process = graded(ada="", bob=ENDLESS, cleo=ENDLESS)
    # The zygote and its worker.
    wait_for(lambda: len(below(process)) >= 2 and (tmp_path / "results/ada/toy.json").exists(), process)
    if name == "SIGINT":
        # The tables follow while the rest still runs, also if nothing more is finished.
        wait_for((tmp_path / "results/index.html").exists, process)
        assert students(tmp_path) == ["ada"]
    processes = below(process)
    process.send_signal(signal.Signals[name])
    ended = command.finish(process)
    assert ended.code == code, ended
    assert SENTENCE in ended.err and "1 of 3 submissions are graded" in ended.err, ended
    assert students(tmp_path) == ["ada"]
    assert "ada" in (tmp_path / "results/index.html").read_text()
    assert not (tmp_path / "results/bob").exists()
    nothing_left(tmp_path, processes)


@pytest.mark.parametrize(("signals", "code"), [(["SIGINT"], 130), (["SIGINT", "SIGTERM"], 143)])
def test_a_check_that_does_not_end_holds_nobody(
    tmp_path: Path, graded: Callable[..., subprocess.Popen[str]], signals: list[str], code: int
) -> None:
    """Once, the results are written although a thread goes on computing; a second signal ends the process at once."""
    process = graded("--jobs", "2", checks=COMPUTES_HERE, ada="", bob='FRAMEWORK = "torch"')
    wait_for(lambda: (tmp_path / "results/ada/toy.json").exists(), process)
    for name in signals:
        process.send_signal(signal.Signals[name])
    ended = command.finish(process)
    assert ended.code == code, ended
    if len(signals) == 1:
        assert students(tmp_path) == ["ada"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_while_it_is_importing(tmp_path: Path, graded: Callable[..., subprocess.Popen[str]], name: str) -> None:
    for moment in (0.15, 0.4, 0.8):
        process = graded(ada="")
        time.sleep(moment)
        process.send_signal(signal.Signals[name])
        ended = command.finish(process)
        # It may have ended before the signal; Python itself has not started to listen in its first milliseconds.
        assert ended.code in (0, 128 + signal.Signals[name], -signal.Signals[name]), ended
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("when", ["while the zygote imports", "while a worker computes"])
def test_a_killed_grader_leaves_no_process_and_no_folder(
    tmp_path: Path, graded: Callable[..., subprocess.Popen[str]], when: str
) -> None:
    process = graded(ada=ENDLESS)
    wait_for(lambda: len(below(process)) >= (1 if "imports" in when else 2), process)
    processes = below(process)
    process.kill()
    process.communicate()
    nothing_left(tmp_path, processes)


LISTENS = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
# A shell's background jobs ignore it, and what they start does too.
signal.signal(signal.SIGINT, signal.default_int_handler)
from autograder.commands.interruption import Interrupted, Interruption
interruption = Interruption()
interruption.begin()
os.kill(os.getpid(), signal.SIGHUP)
print("ignored", flush=True)
try:
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
except Interrupted:
    print(interruption.code, flush=True)
os.kill(os.getpid(), int(sys.argv[1]))
signal.pause()
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_ignored_stays_so_and_a_second_one_ends_at_once(second: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTENS, str(int(second))], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (128 + second, ["ignored", "143"]), done.stderr


def test_a_terminal_that_is_gone(tmp_path: Path) -> None:
    """Whoever closes the window loses no result: nothing can be written to the terminal any more."""
    import pty

    toy.project(tmp_path, COMPUTES_HERE, {"part": {"all": 20.0}}, hidden="")
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
    toy.write(tmp_path / "submitted/bob/toy/toy.py", 'FRAMEWORK = "torch"')
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.chdir(tmp_path)
        os.execve(sys.executable, [sys.executable, "-m", "autograder", "grade", ".", "-j", "2"], command.environment())
    end = time.monotonic() + command.SECONDS
    while not (tmp_path / "results/ada/toy.json").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 129
    assert students(tmp_path) == ["ada"]
