"""What a worker uses is counted alike by control groups and by the process tree, and nothing is missed.

`tests/attacks` has the programs that try to be missed. Here, known amounts are compared with what is counted.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import LimitExceeded
from autograder.execution import account, cgroups
from autograder.execution.watchdog import Budget, Wall
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote, Zygotes
from tests import toy

MEGABYTE = 1 << 20

USES = """
import mmap, os, signal, time
kept = []
def touched(room):
    for page in range(0, len(room), 4096):
        room[page] = 1
    return room
def in_children(count, megabytes):
    ready, here = os.pipe()
    for _ in range(count):
        if os.fork() == 0:
            room = touched(bytearray(megabytes << 20))
            os.write(here, b".")
            time.sleep(1000)
    while count:
        count -= len(os.read(ready, count))
def shared(megabytes, out_of_sight):
    room = touched(mmap.mmap(-1, megabytes << 20))
    if out_of_sight:
        room.madvise(mmap.MADV_DONTNEED)
    kept.append(room)
def computed(seconds, waits):
    if not waits:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ready, here = os.pipe()
    if os.fork() == 0:
        os.close(ready)
        while time.process_time() < seconds:
            pass
        os._exit(0)
    os.close(here)
    os.read(ready, 1)
    if waits:
        os.wait()
def sleepy():
    time.sleep(0.6)
"""

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def zygote(zygotes: Zygotes) -> Zygote:
    found = zygotes.of("torch")
    if found is None:
        pytest.skip("no fork on this system: workers are plain processes")
    return found


@pytest.fixture(params=["control group", "process tree"])
def used(
    request: pytest.FixtureRequest, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Ask, account.Account]]:
    """Requests to a worker, and what counts its use."""
    if request.param == "process tree":
        monkeypatch.setattr(account, "group_parents", lambda: ())
    worker = Worker("torch", Budget(memory_mb=2_000), zygote)
    try:
        worker.ask("hello", seconds=60, args=["plain", 0])
        assert worker.ask("load", seconds=30, args=[["cell 1", USES]]) == []
        counts = worker._watch._account  # pyright: ignore[reportPrivateUsage]
        if request.param == "control group" and not {"cpu", "memory"} <= counts.counted_by_group:
            pytest.skip("no control group that counts CPU time and memory can be made here")
        yield lambda name, *args: worker.ask("call", seconds=30, name=name, args=list(args)), counts
    finally:
        worker.close()


@pytest.mark.parametrize("use", [("in_children", 3, 40), ("shared", 120, False), ("shared", 120, True)], ids=str)
def test_memory(used: tuple[Ask, account.Account], use: tuple[Any, ...]) -> None:
    ask, counts = used
    before = counts.memory(0)
    ask(*use)
    # 120 MB, and the pages that the forks of a process with a framework copy.
    low, high = before + 110 * MEGABYTE, before + 180 * MEGABYTE
    assert counts.memory(low) > low
    assert counts.memory(high) <= high


@pytest.mark.parametrize("waits", [True, False], ids=["waited for", "forgotten"])
def test_time_of_children_that_have_ended(used: tuple[Ask, account.Account], waits: bool) -> None:
    ask, counts = used
    before = counts.cpu_seconds()
    ask("computed", 0.5, waits)
    # A forgotten child is seen at the last look before its end, at most 50 ms of its own time earlier; the kernel
    # reports the times of a process in steps of 10 ms.
    assert counts.cpu_seconds() - before >= 0.4


def test_a_group_is_removed_with_its_worker(zygote: Zygote) -> None:
    parents = account.group_parents()
    if not parents:
        pytest.skip("no control group can be made here")
    worker = Worker("torch", Budget(), zygote)
    group = worker._watch._account._group  # pyright: ignore[reportPrivateUsage]
    assert group
    folders: list[Path] = [each.folder for each in group._parents]  # pyright: ignore[reportPrivateUsage]
    assert folders and all(folder.is_dir() for folder in folders)
    worker.close()
    assert not any(folder.exists() for folder in folders)


def test_groups_count_what_they_say() -> None:
    parents = list(account.group_parents())
    if not parents:
        pytest.skip("no control group can be made here")
    assert cgroups.counted(parents) == {each for parent in parents for each in parent.counts}


MAKES_ROOM = """
import subprocess, sys
from pathlib import Path
from autograder.execution import cgroups
sys.stdin.readline()
with subprocess.Popen(["sleep", "30"]) as child:
    try:
        cgroups._make_room(Path(sys.argv[1]))
        print(Path(sys.argv[1], "cgroup.procs").read_text().split(), Path("/proc/self/cgroup").read_text(), flush=True)
    finally:
        child.kill()
"""


def test_a_grader_that_has_a_group_to_itself_makes_room_in_it() -> None:
    """In version 2, only a group without processes can count memory for the groups below it."""
    parent = next((each.folder for each in account.group_parents() if each.version == 2), None)
    if not parent:
        pytest.skip("no control group of version 2 can be made here")
    group = parent / f"autograder-{os.getpid()}-room"
    group.mkdir()
    try:
        for alone in (True, False):
            with subprocess.Popen(
                [sys.executable, "-c", MAKES_ROOM, str(group)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            ) as grader:  # fmt: skip
                with contextlib.ExitStack() as others:
                    if not alone:
                        other = others.enter_context(subprocess.Popen(["sleep", "30"]))
                        others.callback(other.kill)
                        (group / "cgroup.procs").write_text(str(other.pid))
                    (group / "cgroup.procs").write_text(str(grader.pid))
                    said, complaint = grader.communicate("go\n", timeout=60)
                if alone:
                    assert said.startswith("[] ") and f"{group.name}/autograder-{grader.pid}-grader" in said
                else:
                    assert "other processes are in this group" in complaint
    finally:
        for folder in (*group.glob("*/"), group):
            folder.rmdir()


def test_no_group_where_none_can_be_made(tmp_path: Path) -> None:
    """A container has the files of a group in a folder that is not there, or that may not be written."""
    (tmp_path / "cgroup").write_text("0::/\n4:memory:/a/b\n")
    mounts = [
        f"30 1 0:1 / {tmp_path}/absent rw - cgroup2 cgroup2 rw",
        f"31 1 0:2 / {tmp_path}/memory ro - cgroup cgroup rw,memory",
    ]
    (tmp_path / "mountinfo").write_text("\n".join(mounts) + "\n")
    assert cgroups.parents(tmp_path) == []
    assert cgroups.parents(tmp_path / "nothing") == []


def test_the_clock_of_a_submission(zygotes: Zygotes) -> None:
    with toy.session(zygotes, USES, seconds=60, check_seconds=5, wall_seconds=1) as session:
        session.ask("call", name="sleepy", args=[])
        session.ask("call", name="sleepy", args=[])
        with pytest.raises(LimitExceeded, match="wall-clock") as caught:
            session.ask("call", name="sleepy", args=[])
    assert caught.value.limit == "time"


def test_the_ceiling_of_a_request(zygotes: Zygotes) -> None:
    with (
        toy.session(zygotes, USES, check_seconds=5, check_wall_seconds=0.3) as session,
        pytest.raises(LimitExceeded, match="wall-clock") as caught,
    ):
        session.ask("call", name="sleepy", args=[])
    assert caught.value.limit == "time"


def test_waiting_counts_in_all_only() -> None:
    assert not Wall(own=3, whole=30).exceeds(4, 40)
    assert Wall(own=5, whole=5).exceeds(4, 40)
    assert Wall(own=3, whole=50).exceeds(4, 40)
    assert Wall(1, 2) + Wall(3, 4) == Wall(4, 6)
