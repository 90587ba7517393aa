"""Random fault schedules on a real cluster: something is killed, stopped or filled at a random moment of a class.

    python -m tests.cluster.faults --schedules 200 --students 200

plays many, and writes each outcome to `build/faults.jsonl`; it goes on where it was interrupted. The tests play a few on
small classes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import psutil
from dask import config  # pyright: ignore[reportPrivateImportUsage]

from autograder import History, Result, grade_many
from autograder.errors import GraderError
from autograder.results.form import read
from tests import command, toy
from tests.catalogue import ROOT
from tests.cluster.machinery import Cluster, cluster, end_all, wait_for

Fault = Literal["worker", "nanny", "zygote", "pause", "hang", "scheduler", "client", "disk"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
QUICK: Sequence[Fault] = (
    *("disk", "zygote", "client", "pause", "disk", "worker", "pause", "disk", "client", "hang"),
    *("disk", "pause", "worker", "disk", "pause", "disk", "pause", "disk", "nanny", "scheduler"),
)
"""What the tests play: what is quick to mend more often."""
MOST_RUNS = 5
"""How often `grade` is started until everybody has a score."""
WAITS = toy.RIGHT.replace("def one():", "def one():\n    import time\n    time.sleep(0.3)")
"""A right submission that takes a moment, so that something is being graded whenever a fault strikes."""
DONE = ROOT / "build" / "faults.jsonl"


@dataclass(frozen=True)
class Schedule:
    """A fault and its moment: after so many results, and so many seconds more."""

    seed: int
    students: int
    fault: Fault
    results: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.seed}: {self.fault} after {self.results} of {self.students} results and {self.seconds:.2f} s"


def schedule(seed: int, students: int, faults: Sequence[Fault] = FAULTS) -> Schedule:
    draw = random.Random(seed)
    return Schedule(seed, students, faults[seed % len(faults)], draw.randrange(students), draw.uniform(0.0, 0.5))


@dataclass
class Outcome:
    """What a schedule came to."""

    schedule: Schedule
    runs: int
    first_run: int
    """Results with a score after the run in which the fault struck."""
    seconds: float


def play(planned: Schedule, around: Cluster, folder: Path) -> Outcome:
    """Grade a class while the fault strikes, and again until everybody has a score. Raises if anything is wrong then."""
    started = time.monotonic()
    names = [f"s{number:04}" for number in range(planned.students)]
    toy.project(folder, hidden="")
    for name in names:
        toy.write(folder / "submitted" / name / "toy" / "toy.py", f"{WAITS}\n# {name}\n")
    ways = {"client": _client, "disk": _disk, "scheduler": _scheduler}
    ways.get(planned.fault, _other)(planned, around, folder)
    before = scored(folder)
    mend(around)
    runs = 1
    while len(scored(folder)) < planned.students and runs < MOST_RUNS:
        with contextlib.suppress(GraderError):
            for _ in grade_many([folder], folder / "results", config=folder / "grading.yml", cluster=str(around.file)):
                pass
        mend(around)
        runs += 1
    examine(folder, names, before)
    return Outcome(planned, runs, len(before), time.monotonic() - started)


def examine(folder: Path, names: Sequence[str], before: dict[str, Result]) -> None:
    """Everybody has one result, none was graded twice, none is blamed, and nothing lies about."""
    after = scored(folder)
    assert sorted(after) == sorted(names), f"lost: {sorted(set(names) - set(after))}"
    assert {result.score for result in after.values()} == {20.0}
    kept = {name: (result.seed, result.graded) for name, result in before.items()}
    assert {name: (after[name].seed, after[name].graded) for name in before} == kept, "graded twice"
    with History.existing(folder / "results") as history:
        gradings = history.gradings()
    assert Counter(each.student for each in gradings if each.score is not None) == Counter(names), "doubled"
    # Without a score, checks that need one which could not be run are skipped; that says nothing about anybody.
    allowed = {True: ("passed",), False: ("passed", "error", "skipped")}
    blamed = [
        (each.student, check)
        for each in gradings
        for check in each.result.checks
        if check.status not in allowed[each.score is not None]
    ]
    assert not blamed, blamed
    left = [path for path in (folder / "results").rglob("*") if path.name.startswith(".writing-")]
    assert not left


def scored(folder: Path) -> dict[str, Result]:
    """The results with a score; each file must be whole."""
    found = [read(path) for path in (folder / "results").glob("*/*.json")]
    return {result.student: result for result in found if result.score is not None}


def mend(around: Cluster) -> None:
    """Start again what a service manager would start again."""
    if around.scheduler is None or around.scheduler.poll() is not None:
        for process in around.workers.values():
            end_all(process)
        around.start_scheduler()
    for name, process in list(around.workers.items()):
        if process.poll() is not None:
            around.start_worker(name)


def _other(planned: Schedule, around: Cluster, folder: Path) -> None:
    """A fault in the cluster, while this process grades."""
    victim = random.Random(planned.seed).choice(sorted(around.workers))
    strike = threading.Thread(target=_STRIKES[planned.fault], args=(around, victim))
    count = 0
    run = grade_many([folder], folder / "results", config=folder / "grading.yml", cluster=str(around.file))
    struck = threading.Timer(planned.seconds, strike.start)
    try:
        if planned.results == 0:
            struck.start()
        for _ in run:
            count += 1
            if count == planned.results:
                struck.start()
    finally:
        struck.join()
        strike.join()
        run.close()


def _client(planned: Schedule, around: Cluster, folder: Path) -> None:
    words = ("grade", ".", "--cluster", around.file)
    process = command.start(*words, cwd=folder, **around.environment)
    wait_for(lambda: len(scored(folder)) >= planned.results or process.poll() is not None)
    time.sleep(planned.seconds)
    process.kill()
    process.communicate()


def _scheduler(planned: Schedule, around: Cluster, folder: Path) -> None:
    """The one fault that ends the grading: the command says so, and its tables have what is finished."""
    assert around.scheduler
    process = command.start("grade", ".", "--cluster", around.file, cwd=folder, **around.environment)
    wait_for(lambda: len(scored(folder)) >= planned.results or process.poll() is not None)
    time.sleep(planned.seconds)
    around.scheduler.kill()
    around.scheduler.wait()
    ended = command.finish(process)
    assert ended.code in (0, 3), ended
    if ended.code:
        assert "scheduler" in ended.err and "finished results are kept" in ended.err, ended


def _disk(planned: Schedule, around: Cluster, folder: Path) -> None:
    """The results are on a disk that is full after some of them; then there is room again."""
    results = folder / "results"
    results.mkdir()
    with _small_disk(results) as grow:
        with contextlib.suppress(OSError):
            for number, _ in enumerate(
                grade_many([folder], results, config=folder / "grading.yml", cluster=str(around.file)), start=1
            ):
                if number >= planned.results:
                    _fill(results)
        grow()
        (results / "ballast").unlink(missing_ok=True)
        saved = folder / "saved"
        subprocess.run(["cp", "--archive", str(results), str(saved)], check=True)
    results.rmdir()
    saved.rename(results)


@contextmanager
def _small_disk(place: Path) -> Iterator[Callable[[], object]]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> None:
    with (place / "ballast").open("ab") as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"\0" * (1 << 16))
            ballast.flush()


def _kill_worker(around: Cluster, name: str) -> None:
    around.worker_process(name).kill()


def _kill_nanny(around: Cluster, name: str) -> None:
    below = psutil.Process(around.workers[name].pid).children(recursive=True)
    around.workers[name].kill()
    around.workers[name].wait()
    _, alive = psutil.wait_procs(below, timeout=30)
    assert not alive, f"a killed nanny leaves {alive}"


def _kill_zygote(around: Cluster, name: str) -> None:
    with contextlib.suppress(IndexError, StopIteration, psutil.NoSuchProcess):
        around.zygote(name).kill()


def _pause(around: Cluster, name: str) -> None:
    worker = around.worker_process(name)
    worker.suspend()
    time.sleep(3.0)
    worker.resume()


def _hang(around: Cluster, name: str) -> None:
    """It never answers again: the scheduler has its nanny start another one."""
    worker = around.worker_process(name)
    worker.suspend()
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


_STRIKES: dict[Fault, Callable[[Cluster, str], None]] = {
    "worker": _kill_worker,
    "nanny": _kill_nanny,
    "zygote": _kill_zygote,
    "pause": _pause,
    "hang": _hang,
}


@contextmanager
def settings(around: Cluster) -> Iterator[None]:
    """Dask's settings in this process, as the cluster's processes have them."""
    with config.set(around.settings):
        yield


def possible() -> list[Fault]:
    """The faults that can be made here: a small disk needs root, and a machine where something may be mounted."""
    mounts = os.geteuid() == 0 and not subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode
    return [each for each in FAULTS if mounts or each != "disk"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    DONE.parent.mkdir(exist_ok=True)
    DONE.touch()
    done = {(each["seed"], each["students"]) for each in map(json.loads, DONE.read_text().splitlines())}
    faults = possible()
    wrong = 0
    with tempfile.TemporaryDirectory() as place, cluster(Path(place), asked.workers) as around, settings(around):
        for seed in range(asked.schedules):
            planned = schedule(seed, asked.students, faults)
            if (seed, asked.students) in done:
                continue
            line: dict[str, object] = {"seed": seed, "students": asked.students, "fault": planned.fault}
            try:
                outcome = play(planned, around, Path(place) / f"class-{seed}")
                line |= {"runs": outcome.runs, "first_run": outcome.first_run, "seconds": round(outcome.seconds, 1)}
                with DONE.open("a") as lines:
                    lines.write(json.dumps(line) + "\n")
            except AssertionError as problem:
                wrong += 1
                line["wrong"] = str(problem)
            print(planned, "|", json.dumps(line), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    sys.exit(main())
