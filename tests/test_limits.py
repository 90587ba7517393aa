"""Code that exceeds a limit, crashes or cheats: the report is right, only its own check fails, and grading continues.

All processes here are real and really die. The limits are small to keep the tests fast.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from autograder.authoring.exercise import Exercise
from autograder.authoring.student import Student
from autograder.errors import LimitExceeded, StudentError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import Result
from autograder.worker.names import FrameworkName
from tests import toy
from tests.processes import gone, outside

CHECKS = '''
from autograder import check, expect

@check("part.before")
def _(student):
    """Something right comes first"""
    expect.equal(student.one(), 1, tried="one()")

@check("part.bad")
def _(student):
    """bad() answers"""
    student.bad()

@check("part.after")
def _(student):
    """Something right comes after"""
    expect.equal(student.one(), 1, tried="one()")
'''
POINTS = {"part": {"before": 5.0, "bad": 10.0, "after": 5.0}}
LIMITS = "{seconds: 60, check_seconds: 1, memory_mb: 300, output_mb: 2, file_mb: 2}"

PROLOGUE = """
import ctypes, os, signal, sys, threading, time
import numpy as np

def one():
    return 1

"""


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    return toy.load(toy.project(tmp_path_factory.mktemp("limits"), CHECKS, POINTS, limits=LIMITS))


def graded(zygotes: Zygotes, exercise: Exercise, bad: str, framework: FrameworkName = "torch") -> Result:
    source = PROLOGUE + "def bad():\n" + "".join(f"    {line}\n" for line in bad.splitlines())
    return grader.grade(toy.handed_in(source, framework), grader.Job(exercise, 1, zygotes.of))


ENDINGS = {
    # name: (body of bad(), what the report says under "saw", what it says about the cause)
    "an infinite loop": ("while True: pass", "it exceeded the time limit", "An endless loop"),
    "sleep": ("time.sleep(1000)", "it exceeded the time limit", "An endless loop"),
    "os._exit(0)": ("os._exit(0)", "the process exited with status 0", "os._exit"),
    "os._exit(3)": ("os._exit(3)", "the process exited with status 3", "os._exit"),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "the process was killed by SIGKILL", "os._exit"),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)", "the process was killed by SIGTERM", "os._exit"),
    "abort": ("os.abort()", "the process was killed by SIGABRT", "os._exit"),
    "a segmentation fault": ("ctypes.string_at(0)", "the process was killed by SIGSEGV", "A crash in native code"),
    "50 MB of output": ("for _ in range(50): print('x' * 1_000_000)", "it exceeded the output limit", "`print` inside"),
    "output without a line's end": ("sys.stdout.write('x' * 50_000_000)", "it exceeded the output limit", "`print`"),
    "output past Python": (
        "for _ in range(50): os.write(2, b'x' * 1_000_000)",
        "it exceeded the output limit",
        "`print`",
    ),
    "4 GB in NumPy": ("return float(np.ones(500_000_000).sum())", "MemoryError", "An array far larger"),
    "4 GB in torch": (
        "import torch; return float(torch.ones(1_000_000_000).sum())",
        "RuntimeError",
        "An array far larger",
    ),
    "memory little by little": (
        "kept = []\nwhile True: kept.append(bytearray(1_000_000))",
        "MemoryError",
        "An array far larger",
    ),
    "recursion": ("return bad()", "RecursionError", "endlessly"),
    "a large file": ("open('big', 'wb').write(b'x' * 10_000_000)", "File too large", ""),
    "sys.exit": ("sys.exit('bye')", "SystemExit: bye", "a function must return"),
    "garbage on the wire": ("os.write(3, b'garbage' * 100)", "malformed response", "wrote into the grader's"),
    "zeros on the wire": ("os.write(3, bytes(100))", "malformed response", "wrote into the grader's"),
    "a huge promise": (
        "os.write(3, b'\\xff' * 12)",
        "malformed response",
        "wrote into the grader's",
    ),
    "the wire closed": ("os.close(3); time.sleep(9)", "", ""),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_one_check_fails_and_the_next_goes_on(zygotes: Zygotes, exercise: Exercise, name: str) -> None:
    bad, saw, likely = ENDINGS[name]
    result = graded(zygotes, exercise, bad)
    assert [check.status for check in result.checks] == ["passed", "failed", "passed"], result.checks[1]
    assert result.score == 10
    failed = result.checks[1]
    assert saw in failed.saw
    assert likely in failed.likely
    assert "bad() answers" in failed.tried
    assert failed.read
    assert len(result.output) < 100_000
    assert result.notes == [note for note in result.notes if "Hidden checks" in note]


@pytest.mark.slow
def test_4_gb_in_keras(zygotes: Zygotes, exercise: Exercise) -> None:
    result = graded(zygotes, exercise, "import tensorflow as tf; return float(tf.reduce_sum(tf.ones(10**9)))", "keras")
    assert [check.status for check in result.checks] == ["passed", "failed", "passed"], result.checks[1]


@pytest.mark.parametrize(
    ("bad", "limit"),
    [
        ("while True: pass", "time"),
        ("time.sleep(100)", "time"),
        ("os._exit(0)", "process"),
        ("os.kill(os.getpid(), 9)", "process"),
        ("for _ in range(50): print('x' * 1_000_000)", "output"),
        ("os.write(3, b'\\xff' * 64)", "wire"),
    ],
)
def test_the_limit_has_its_name(zygotes: Zygotes, bad: str, limit: str) -> None:
    source = f"{PROLOGUE}def bad():\n    {bad}\n"
    with toy.session(zygotes, source, check_seconds=0.5, output_mb=2) as session:
        with pytest.raises(LimitExceeded) as caught:
            Student(session.ask).bad()
        assert caught.value.limit == limit
        assert caught.value.used and caught.value.allowed


def test_memory_that_the_kernel_does_not_count_is_counted_by_us(zygotes: Zygotes) -> None:
    """Shared memory is not in RLIMIT_DATA."""
    source = """
    import mmap
    def bad():
        kept = mmap.mmap(-1, 1 << 30)
        for start in range(0, 1 << 30, 1 << 20):
            kept[start : start + (1 << 20)] = b"x" * (1 << 20)
        while True:
            pass
    """
    with toy.session(zygotes, source, memory_mb=200, check_seconds=20) as session:
        with pytest.raises(LimitExceeded) as caught:
            Student(session.ask).bad()
        assert caught.value.limit == "memory"


def test_of_a_cell_that_computes_for_too_long_what_it_defines_is_graded(zygotes: Zygotes, exercise: Exercise) -> None:
    """A student's forgotten experiment costs only the result that it would have computed."""
    experiment = "TWO = 2\nresult = sum(iter(int, 1))\ndef bad():\n    return TWO\n"
    result = grader.grade(toy.handed_in(PROLOGUE + experiment), grader.Job(exercise, 1, zygotes.of))
    assert result.score == result.maximum, result.checks
    assert result.notes[0].startswith(
        "toy.py, from line 1 on, was not run: loading the file took over 1 s of CPU time."
    )


def test_only_the_cells_that_compute_for_long_are_shortened(zygotes: Zygotes, exercise: Exercise) -> None:
    slow = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 5: pass\nslow = 1\n"
    cells = [PROLOGUE, "quick = [n for n in range(3)]\n", slow, "def bad():\n    return quick\n", "never = 9 ** 9 ** 9"]
    source = "".join(f"# %%\n{cell}" for cell in cells)
    result = grader.grade(toy.handed_in(source), grader.Job(exercise, 1, zygotes.of))
    assert result.score == result.maximum, result.checks
    lines = [note.split(",")[1] for note in result.notes if "was not run" in note]
    assert lines == [" from line 12 on", " from line 20 on"], "the slow one, and the one that is slow to define"


def test_what_a_cell_was_to_compute_is_missed_by_name(zygotes: Zygotes, exercise: Exercise) -> None:
    source = PROLOGUE + "while True: pass\nbad = make()\n"
    result = grader.grade(toy.handed_in(source), grader.Job(exercise, 1, zygotes.of))
    assert [check.status for check in result.checks] == ["passed", "failed", "passed"]
    assert "took over 1 s of CPU time" in result.checks[1].likely


@pytest.mark.parametrize("ending", ["os._exit(0)", "ctypes.string_at(0)", "os.kill(os.getpid(), 9)"])
def test_a_crash_while_the_file_is_read(zygotes: Zygotes, exercise: Exercise, ending: str) -> None:
    result = grader.grade(toy.handed_in(PROLOGUE + ending), grader.Job(exercise, 1, zygotes.of))
    assert result.score == 0
    assert "while the file was loaded" in result.checks[0].saw


@pytest.mark.slow
def test_the_seconds_of_all_checks_together(zygotes: Zygotes, tmp_path: Path) -> None:
    checks = '''
    from autograder import check

    def slow(name):
        @check(name)
        def _(student):
            """It computes"""
            student.slow()

    for number in range(6):
        slow(f"part.n{number}")
    '''
    points = {"part": {f"n{number}": 20 / 6 for number in range(6)}}
    points["part"]["n5"] = 20 - 5 * (20 / 6)
    folder = toy.project(tmp_path, checks, points, limits="{seconds: 2, check_seconds: 10}")
    source = "import time\ndef slow():\n    end = time.process_time() + 1\n    while time.process_time() < end: pass\n"
    result = grader.grade(toy.handed_in(source), grader.Job(toy.load(folder), 1, zygotes.of))
    assert result.checks[0].status == "passed"
    assert result.checks[-1].status == "failed"
    assert "in total" in result.checks[-1].expected


def test_a_file_too_large_for_the_wire_is_said_so(tmp_path: Path, zygotes: Zygotes, exercise: Exercise) -> None:
    from autograder.course import submission

    path = tmp_path / "toy.py"
    path.write_text(toy.RIGHT + "# " + "x" * (17 << 20))
    result = grader.grade(submission.read(path, "ada", "toy"), grader.Job(exercise, 1, zygotes.of))
    assert result.score == 0
    assert "MB" in result.checks[0].saw
    assert "grader's channel" not in result.checks[0].likely


# Forged replies.

FORGE = """
import os, struct
def frame(message, promise=0):
    header = b"\\x92" + message + b"\\x90"
    return struct.pack("<IQ", len(header) + promise, 0) + header
def text(s):
    return bytes([0xa0 + len(s)]) + s.encode()
def answer(nonce, value=b"\\x01"):
    return b"\\x83" + text("type") + text("answer") + text("nonce") + b"\\xcf" + nonce.to_bytes(8, "big") + text("value") + value
def wrong_nonce():
    os.write(3, frame(answer(12345)))
    return 5
def right_nonce():
    import sys
    at = sys._getframe()
    while at and "request" not in at.f_locals:
        at = at.f_back
    os.write(3, frame(answer(at.f_locals["request"].nonce, b"\\x2a")))
    return 5
def promised():
    os.write(3, frame(answer(1), 1000))
    return 5
def two_answers():
    os.fork()
    return 5
def one():
    return 1
"""


@pytest.mark.parametrize("name", ["wrong_nonce", "promised"])
def test_a_forged_answer_is_none(zygotes: Zygotes, name: str) -> None:
    with toy.session(zygotes, FORGE, check_seconds=1) as session:
        student = Student(session.ask)
        with pytest.raises(LimitExceeded) as caught:
            student.call(name)
        assert caught.value.limit in ("wire", "time")
        session.begin()
        assert student.one() == 1


@pytest.mark.parametrize("name", ["right_nonce", "two_answers"])
def test_an_answer_too_many_spoils_the_next_question(zygotes: Zygotes, name: str) -> None:
    """A forged answer counts as the answer to its question: the code could have returned it. The second is rejected."""
    with toy.session(zygotes, FORGE, check_seconds=1) as session:
        student = Student(session.ask)
        assert student.call(name) in (5, 42)
        with pytest.raises(LimitExceeded) as caught:
            for _ in range(20):
                student.one()
        # It is random which of two processes answers first, and whether the second answer is still received.
        assert caught.value.limit in ("wire", "process")
        session.begin()
        assert student.one() == 1


# Processes and files that are left behind.


LEAVE = """
import os, time, subprocess, threading
def one():
    return 1
def leave():
    try:
        os.setsid()
    except PermissionError:
        pass  # the sandbox forbids it: then it stays, and must be found all the same
def child():
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(0)
    return pid
def of_its_own_session():
    pid = os.fork()
    if pid == 0:
        leave()
        time.sleep(30)
        os._exit(0)
    time.sleep(0.2)
    return pid
def orphan():
    out, inn = os.pipe()
    if os.fork() == 0:
        leave()
        pid = os.fork()
        if pid == 0:
            time.sleep(30)
        else:
            os.write(inn, str(pid).encode())
        os._exit(0)
    pid = int(os.read(out, 20))
    time.sleep(0.2)
    return pid
def shell():
    return subprocess.Popen(["sleep", "30"]).pid
def thread():
    threading.Thread(target=lambda: [time.sleep(0.01) for _ in range(3000)], daemon=False).start()
    return os.getpid()
def busy_child():
    if os.fork() == 0:
        while True:
            pass
    while True:
        pass
"""


@pytest.mark.parametrize("name", ["child", "of_its_own_session", "orphan", "shell", "thread"])
def test_nothing_is_left_running(zygotes: Zygotes, name: str) -> None:
    """Processes that a student's code starts are dead once its worker is closed, also those that detached from it."""
    with toy.session(zygotes, LEAVE, check_seconds=5) as session:
        pid = outside(zygotes.of("torch"), Student(session.ask).call(name))
    try:
        assert gone(pid), f"{name} outlives its worker"
    finally:
        if not gone(pid, 0.1):
            os.kill(pid, 9)


def test_the_time_of_children_counts(zygotes: Zygotes) -> None:
    with toy.session(zygotes, LEAVE, check_seconds=1) as session, pytest.raises(LimitExceeded) as caught:
        Student(session.ask).busy_child()
    assert caught.value.limit == "time"


def test_many_threads_and_many_processes_do_not_stop_the_next_student(zygotes: Zygotes) -> None:
    source = """
    import os, threading, time
    def threads():
        for _ in range(60):
            threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        return 1
    def processes():
        for _ in range(8):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        return os.getpid()
    """
    with toy.session(zygotes, source, check_seconds=10) as session:
        student = Student(session.ask)
        assert student.threads() == 1
        pid = outside(zygotes.of("torch"), student.processes())
        children = [each.pid for each in psutil.Process(pid).children(recursive=True)]
        assert len(children) == 8
    assert gone(pid)
    assert all(gone(each) for each in children)
    with toy.session(zygotes, "def f():\n    return 1") as session:
        assert Student(session.ask).f() == 1


def test_a_worker_that_dies_between_two_checks_costs_the_next_nothing(zygotes: Zygotes) -> None:
    source = """
    import os, threading
    def later():
        threading.Timer(0.3, os._exit, (0,)).start()
        return 1
    def one():
        return 1
    """
    with toy.session(zygotes, source) as session:
        student = Student(session.ask)
        assert student.later() == 1
        time.sleep(0.8)
        session.begin()
        assert student.one() == 1


def test_an_exception_after_a_limit_of_the_kernel_leaves_the_worker_usable(zygotes: Zygotes) -> None:
    source = """
    import numpy as np
    def much():
        return np.ones(500_000_000)
    def one():
        return 1
    """
    with toy.session(zygotes, source, memory_mb=200) as session:
        student = Student(session.ask)
        with pytest.raises(StudentError) as caught:
            student.much()
        assert "MemoryError" in caught.value.kind
        assert student.one() == 1
