"""What student code tries inside the sandbox, layer by layer. Layers unavailable here are skipped with the reason."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import UsageError
from autograder.execution.gpus import Lease
from autograder.execution.scratch import MOST_FILES
from autograder.execution.watchdog import Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote, Zygotes
from autograder.worker import sandbox
from tests.catalogue import ROOT

ATTACKS = """
import ctypes, os, pathlib, socket, subprocess, sys

def read(path):
    return len(pathlib.Path(path).read_bytes())

def listing(path):
    return len(os.listdir(path))

def size(path):
    return os.stat(path).st_size

def room():
    found = os.statvfs(".")
    return [found.f_blocks * found.f_frsize, found.f_files]

def write(path):
    pathlib.Path(path).write_text("mine now")

def connect(port):
    socket.create_connection(("127.0.0.1", port), timeout=2)

def connect_unix(path):
    socket.socket(socket.AF_UNIX).connect(path)

def own_socketpair():
    a, b = socket.socketpair()
    a.send(b"x")
    return len(b.recv(1))

def who():
    return [os.getuid(), os.geteuid(), os.getgid(), len(os.getgroups()), os.getpid()]

def become_root():
    os.setuid(0)

def signal(pid):
    os.kill(pid, 0)

def new_session():
    os.setsid()

def unshare():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) < 0:
        raise OSError(ctypes.get_errno(), "unshare")

def trace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def shell(command):
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True).returncode

def imported(name):
    __import__(name)

def ordinary():
    import shutil, tempfile, zipfile, resource
    with tempfile.TemporaryDirectory() as folder:
        one = pathlib.Path(folder, "one")
        one.write_text("x")
        shutil.copy2(one, f"{folder}/two")
        one.touch()
        one.chmod(0o600)
        shutil.move(one, f"{folder}/three")
        with zipfile.ZipFile(f"{folder}/packed.zip", "w") as packed:
            packed.write(f"{folder}/two", "two")
        zipfile.ZipFile(f"{folder}/packed.zip").extractall(f"{folder}/out")
        shutil.copytree(f"{folder}/out", f"{folder}/again")
    resource.getrlimit(resource.RLIMIT_DATA)
    os.nice(1)
    os.sched_getaffinity(0)
    subprocess.run(["/bin/sh", "-c", "kill -0 $$; echo $(ls | wc -l)"], check=False, timeout=10)

def socket_of(family, kind):
    socket.socket(family, kind)

def tools_of_a_driver():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind("")
        listening.listen(1)
    pathlib.Path("/proc/self/comm").write_text("worker")

def datagrams():
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

def limit_of(pid):
    import resource
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 8))

def new_group():
    os.setpgid(0, 0)
"""


@pytest.fixture(scope="module")
def zygote(zygotes: Zygotes) -> Zygote:
    found = zygotes.of("torch")
    if found is None:
        pytest.skip("no fork on this system: workers are plain processes")
    return found


@pytest.fixture(scope="module")
def ask(zygote: Zygote) -> Iterator[Callable[..., Any]]:
    worker = Worker("torch", Budget(), zygote)
    assert worker.ask("load", seconds=30, args=[["cell 1", ATTACKS]]) == []

    def call(name: str, *args: Any) -> Any:
        return worker.ask("call", seconds=30, name=name, args=list(args))

    yield call
    worker.close()


@pytest.fixture(scope="module")
def ask_with_gpu(zygote: Zygote) -> Iterator[Callable[..., Any]]:
    """Ask a worker with the additional access that a GPU's driver needs, and a driver that computes nothing."""
    worker = Worker("torch", Budget(), zygote, Lease({}, ("/dev/null",)))
    assert worker.ask("load", seconds=30, args=[["cell 1", ATTACKS]]) == []

    def call(name: str, *args: Any) -> Any:
        return worker.ask("call", seconds=30, name=name, args=list(args))

    yield call
    worker.close()


def needs(zygote: Zygote, layer: str) -> None:
    if layer not in zygote.layers:
        pytest.skip(f"this machine cannot have the layer {layer}")


def refused(ask: Callable[..., Any], name: str, *args: Any) -> str:
    with pytest.raises(Exception) as problem:
        ask(name, *args)
    return str(problem.value)


@pytest.mark.parametrize(
    "path",
    [
        "solutions/xor/xor_torch.py",
        "solutions/xor/checks.py",
        "assignments/xor/checks.py",
        "tests/catalogue.py",
        "grading.yml",
        "README.md",
    ],
)
def test_no_file_of_the_course_can_be_read(zygote: Zygote, ask: Callable[..., Any], path: str) -> None:
    needs(zygote, "landlock")
    assert (ROOT / path).is_file()
    said = refused(ask, "read", str(ROOT / path))
    assert ("FileNotFoundError" if "view" in zygote.layers else "PermissionError") in said


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/1/environ", "/dev/shm/x", "/root", "/tmp", "/home"])
def test_nothing_of_the_machine_can_be_read(zygote: Zygote, ask: Callable[..., Any], path: str) -> None:
    needs(zygote, "landlock")
    refused(ask, "read", path)
    if Path(path).is_dir() and not (path == "/tmp" and "view" in zygote.layers):
        refused(ask, "listing", path)


def test_what_it_does_not_see_is_not_there(zygote: Zygote, ask: Callable[..., Any], tmp_path: Path) -> None:
    """Landlock restricts opening only: without a view, names, sizes and times of files outside can be had."""
    needs(zygote, "view")
    for path in (
        tmp_path,
        Path(__file__),
        ROOT / "grading.yml",
        ROOT / "solutions",
        Path("/etc/passwd"),
        Path("/home"),
    ):
        assert "FileNotFoundError" in refused(ask, "size", str(path)), path
    assert ask("size", os.__file__) > 0
    assert "FileNotFoundError" in refused(ask, "size", f"/proc/{os.getpid()}")


def test_the_scratch_folder_is_all_that_it_can_fill(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "view")
    assert ask("write", "/tmp/mine") is None
    assert ask("listing", ".") == ask("listing", "/tmp")
    total, files = ask("room")
    assert total == Budget().all_files_mb << 20 and files == MOST_FILES
    assert not Path("/tmp/mine").exists()


def test_workers_do_not_see_each_other(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "view")
    needs(zygote, "namespaces")
    other = Worker("torch", Budget(), zygote)
    try:
        other.ask("load", seconds=30, args=[["cell 1", ATTACKS]])
        pid = other.ask("call", seconds=30, name="who", args=[])[-1]
        assert "FileNotFoundError" in refused(ask, "size", f"/proc/{pid}")
        assert "PermissionError" in refused(ask, "signal", pid)
    finally:
        other.close()


def test_what_the_exercise_needs_can_be_read(ask: Callable[..., Any]) -> None:
    """The sandbox permits reading the interpreter, its packages and `shared`."""
    assert ask("read", os.__file__) > 0
    assert ask("read", str(ROOT / "shared" / "plots.py")) > 0
    for name in ("sklearn.datasets", "scipy.integrate", "shared.data", "torch.nn.utils.rnn", "wave"):
        assert ask("imported", name) is None


def test_solutions_and_tests_cannot_be_imported(ask: Callable[..., Any]) -> None:
    for name in ("solutions", "tests", "tests.catalogue"):
        assert "ModuleNotFoundError" in refused(ask, "imported", name)


def test_nothing_is_written_outside(zygote: Zygote, ask: Callable[..., Any], tmp_path: Path) -> None:
    needs(zygote, "landlock")
    tmp_path.chmod(0o777)
    refused(ask, "write", str(tmp_path / "left"))
    if "view" not in zygote.layers:
        refused(ask, "write", "/tmp/left")
    refused(ask, "write", str(ROOT / "shared" / "left.py"))
    assert not list(tmp_path.iterdir())
    assert ask("write", "here") is None


def test_no_connection_and_no_socket(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "seccomp")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        refused(ask, "connect", server.getsockname()[1])
        with pytest.raises(TimeoutError):
            server.accept()
    assert ask("own_socketpair") == 1


def test_a_worker_with_a_gpu_may_listen_and_not_connect(
    zygote: Zygote, ask: Callable[..., Any], ask_with_gpu: Callable[..., Any], tmp_path: Path
) -> None:
    needs(zygote, "seccomp")
    ask_with_gpu("tools_of_a_driver")
    assert "PermissionError" in refused(ask, "tools_of_a_driver")
    for family, kind in (
        (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET6, socket.SOCK_DGRAM),
        # A datagram socket can send to any path without connecting.
        (socket.AF_UNIX, socket.SOCK_DGRAM),
    ):
        assert "PermissionError" in refused(ask_with_gpu, "socket_of", int(family), int(kind))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine"))
        listening.listen(1)
        assert "PermissionError" in refused(ask_with_gpu, "connect_unix", str(tmp_path / "engine"))
    assert refused(ask_with_gpu, "read", "/etc/shadow")
    assert refused(ask_with_gpu, "write", "/dev/shm/left")


def test_what_programs_ordinarily_do_goes_on(ask: Callable[..., Any]) -> None:
    """The filter permits copying, packing and moving files, querying limits, and starting a program."""
    assert ask("ordinary") is None


def test_nothing_that_reaches_another_process_of_the_same_user(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "seccomp")
    assert "PermissionError" in refused(ask, "limit_of", os.getpid())
    assert "PermissionError" in refused(ask, "signal", os.getpid())
    assert "PermissionError" in refused(ask, "datagrams")
    assert "PermissionError" in refused(ask, "new_group")


def test_it_is_nobody(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "uid")
    assert min(ask("who")[:3]) > 60_000
    assert ask("who")[3] == 0
    assert "PermissionError" in refused(ask, "become_root")


def test_the_grader_is_out_of_reach(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "seccomp")
    refused(ask, "trace", os.getpid())
    refused(ask, "new_session")
    refused(ask, "unshare")
    if "uid" in zygote.layers:
        refused(ask, "signal", os.getpid())


def test_a_program_that_it_starts_stands_behind_the_same_walls(zygote: Zygote, ask: Callable[..., Any]) -> None:
    needs(zygote, "landlock")
    assert ask("shell", "true") == 0
    assert ask("shell", f"cat {ROOT}/grading.yml") != 0
    assert ask("shell", f"ls {ROOT}") != 0


def test_levels() -> None:
    everything = list(sandbox.LAYERS)
    as_root = os.geteuid() == 0
    assert sandbox.level(everything) == "strong"
    for layer in ("namespaces", "view"):
        assert sandbox.level([each for each in everything if each != layer]) == "standard"
    assert sandbox.level([layer for layer in everything if layer != "uid"]) == ("weak" if as_root else "strong")
    for layer in ("landlock", "limits", "seccomp"):
        assert sandbox.level([each for each in everything if each != layer]) == "weak"


def test_weak_is_refused_where_it_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_NO_FORK", "1")
    with Zygotes(allow_weak=False) as zygotes, pytest.raises(UsageError, match="--allow-weak"):
        zygotes.of("torch")
    with Zygotes(allow_weak=True) as zygotes:
        assert zygotes.of("torch") is None
