"""Measure many submissions on Dask workers: `python -m benchmarks.scale PART --submissions N` measures one part.

    real     `grade` on so many right submissions of xor: in one process, on a scheduler with two workers, and again
             with nothing to do
    toy      the same with the tests' toy exercise
    again    `grade` again on so many submissions of xor that have results already, which are all the result of one
    standin  a millisecond instead of a grading: the costs of the engine, the scheduler and the record
    page     writes `docs/cluster-measurements.md` from all that has been measured

Each measurement is kept in `benchmarks/scale.json`; a part that is measured again replaces its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from autograder.authoring.exercise import Exercise
from autograder.course.grading_file import load_policy
from autograder.course.submission import Submission, of_content
from autograder.execution.zygote_client import Zygotes
from autograder.grading import engine, grader, interface
from autograder.grading.cluster.connection import connect
from autograder.grading.cluster.course import course_of
from autograder.grading.cluster.plugin import Grading
from autograder.grading.cluster.pool import Cluster
from autograder.grading.orders import Order, said_of
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.results.history.record import History
from tests import catalogue, command, toy
from tests.catalogue import ROOT
from tests.cluster import machinery
from tests.cluster.faults import settings

KEPT = ROOT / "benchmarks" / "scale.json"
TARGET = ROOT / "docs" / "cluster-measurements.md"
STANDIN_SECONDS = 0.001
EVERY = 0.2
"""Seconds between two looks at a process's memory."""
MEGABYTE = 1 << 20
Measured = dict[str, Any]


class StandIn(Grading):
    """On a worker: a millisecond instead of each grading but the first, whose result is every other's."""

    def grade(self, content: bytes) -> bytes:
        known: bytes | None = getattr(self, "_known", None)
        if known is None:
            known = super().grade(content)
            self._known = known
        else:
            time.sleep(STANDIN_SECONDS)
        return known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["real", "toy", "again", "standin", "page"])
    parser.add_argument("--submissions", type=int, default=1000)
    asked = parser.parse_args()
    if asked.part != "page":
        parts = {"standin": standin, "again": again}
        measured = (
            parts[asked.part](asked.submissions) if asked.part in parts else commands(asked.part, asked.submissions)
        )
        kept = _kept()
        kept[f"{asked.part} {asked.submissions}"] = {**measured, **_machine()}
        KEPT.write_text(json.dumps(kept, indent=2) + "\n")
    write_whole(TARGET, page(_kept()).encode())
    TARGET.chmod(0o644)


def commands(part: str, count: int) -> Measured:
    """The command in one process, on a cluster, and again with nothing to do."""
    with tempfile.TemporaryDirectory() as place, machinery.cluster(Path(place), workers=0) as around:
        folder = Path(place) / "class"
        source = _class(folder, part, count)
        one = _run(folder, "one", ["--jobs", "2"])
        for name in ("a", "b"):
            around.start_worker(name, *(["--config", str(ROOT / "grading.yml")] if part == "real" else []))
        machinery.wait_for(lambda: _workers(around) == 2)
        # Both have imported the framework before the clock starts, as in the second grading of a day.
        _warm(folder, around, source)
        many = _run(folder, "many", ["--cluster", str(around.file)], around)
        return {"submissions": count, "one": one, "many": many}


class Known:
    """A pool that gives everybody the result of one submission."""

    def __init__(self, result: Result, graded: Submission, exercise: Exercise) -> None:
        self._said = result, graded, exercise
        self._orders: list[Order] = []

    @property
    def wants_more(self) -> bool:
        return len(self._orders) < 500

    @property
    def busy(self) -> bool:
        return bool(self._orders)

    def running(self) -> Sequence[Order]:
        return []

    def start(self, order: Order) -> None:
        self._orders.append(order)

    def finished(self, seconds: float) -> list[tuple[Order, Result]]:
        orders, self._orders = self._orders, []
        result, graded, exercise = self._said
        return [(order, said_of(result, graded, order.handed_in, exercise)) for order in orders]

    def stop(self) -> None:
        self._orders.clear()

    def close(self) -> None:
        return


def again(count: int) -> Measured:
    """The command when everybody has a result but no page, and when there is nothing to do at all."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "class"
        _class(folder, "real", count)
        exercise = catalogue.load("xor")
        submissions = interface.submissions_of([folder], load_policy(ROOT / "grading.yml"))
        with Zygotes() as zygotes:
            result = grader.grade(submissions[0], grader.Job(exercise, 7, zygotes.of))
        plan = engine.Plan(submissions, {"xor": exercise}, folder / "results")
        with History(plan.results) as history:
            assert sum(1 for _ in engine.run(plan, history, Known(result, submissions[0], exercise))) == count
        pages = _run(folder, "results", ["--config", str(ROOT / "grading.yml")])
        nothing = _run(folder, "results", ["--config", str(ROOT / "grading.yml")])
        sizes = [path.stat().st_size for path in (folder / "results").glob("*/*.html")]
        index = round((folder / "results" / "index.html").stat().st_size / MEGABYTE, 2)
        mb = round(sum(sizes) / MEGABYTE, 1)
        return {"submissions": count, "pages": pages, "nothing": nothing, "pages_mb": mb, "index_mb": index}


def standin(count: int) -> Measured:
    """The engine with a record, on real workers that only wait a millisecond."""
    with (
        tempfile.TemporaryDirectory() as place,
        machinery.cluster(Path(place), workers=0) as around,
        settings(around),
    ):
        folder = toy.project(Path(place) / "class", hidden="")
        for name in ("a", "b"):
            around.start_worker(name, "--config", str(folder / "grading.yml"), PYTHONPATH=str(ROOT))
        exercise = toy.load(folder)
        before = _rss(os.getpid())
        submissions = [
            of_content(Path("toy.py"), f"{toy.RIGHT}\n# {number}\n".encode(), f"s{number:06}", "toy")
            for number in range(count)
        ]
        held = _rss(os.getpid())
        plan = engine.Plan(submissions, {"toy": exercise}, folder / "results")
        course = course_of({"toy": exercise}, folder / "grading.yml", ["torch"], allow_weak=False)
        pool = Cluster(connect(str(around.file)), course, {"toy": exercise}, print, grading=StandIn)
        assert around.scheduler
        memory: list[Measured] = []
        with History(plan.results) as history:
            started = time.monotonic()
            for number, _ in enumerate(engine.run(plan, history, pool), start=1):
                if number % max(1, count // 10) == 0:
                    sizes = {"client_mb": _rss(os.getpid()), "scheduler_mb": _rss(around.scheduler.pid)}
                    memory.append({"submissions": number, "seconds": round(time.monotonic() - started, 1), **sizes})
            seconds = time.monotonic() - started
            started = time.monotonic()
            again = sum(1 for _ in engine.run(plan, history))
            assert again == count
            nothing = time.monotonic() - started
        return {
            "submissions": count,
            "seconds": round(seconds, 1),
            "submissions_mb": held - before,
            "memory": memory,
            "again_ms": round(1e3 * nothing / count, 3),
        }


def _class(folder: Path, part: str, count: int) -> str:
    if part == "real":
        source, name = catalogue.reference_source("xor", "torch"), "xor"
    else:
        toy.project(folder, hidden="")
        source, name = toy.RIGHT, "toy"
    for number in range(count):
        toy.write(folder / "submitted" / f"s{number:06}" / name / f"{name}.py", f"{source}\n# {number}\n")
    return source


def _warm(folder: Path, around: machinery.Cluster, source: str) -> None:
    names = ["--student", "s000000", "--results", str(folder / "warm"), "--cluster", str(around.file)]
    ended = command.run("grade", ".", *names, cwd=folder, **around.environment)
    assert ended.code == 0, ended


def _run(folder: Path, results: str, words: Sequence[str], around: machinery.Cluster | None = None) -> Measured:
    """Seconds, CPU seconds and largest memory of the command; of the scheduler too, if there is one."""
    environment = command.environment(**(around.environment if around else {}))
    used = _cpu()
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", ".", "--results", results, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    client = scheduler = 0
    workers = _cluster_cpu(around)
    while process.poll() is None:
        try:
            client = max(client, _rss(process.pid))
        except psutil.NoSuchProcess:
            break
        if around and around.scheduler:
            scheduler = max(scheduler, _rss(around.scheduler.pid))
        time.sleep(EVERY)
    assert process.wait() == 0
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu": round(_cpu() - used + _cluster_cpu(around) - workers, 1),
        "client_mb": client,
        "scheduler_mb": scheduler,
    }


def _cluster_cpu(around: machinery.Cluster | None) -> float:
    """CPU seconds of scheduler and workers, with all that they have waited for."""
    if around is None:
        return 0.0
    processes = [process for process in (around.scheduler, *around.workers.values()) if process]
    those = [each for process in processes for each in _tree(process.pid)]
    return sum(sum(each.cpu_times()[:4]) for each in those)


def _tree(pid: int) -> list[psutil.Process]:
    this = psutil.Process(pid)
    return [this, *this.children(recursive=True)]


def _workers(around: machinery.Cluster) -> int:
    return sum("Registered to" in path.read_text() for path in around.folder.glob("*.log"))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rss(pid: int) -> int:
    """Megabytes of a process."""
    return psutil.Process(pid).memory_info().rss // MEGABYTE


def _kept() -> dict[str, Measured]:
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def _machine() -> Measured:
    load = os.getloadavg()[2]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        "load": round(load, 1),
    }


def page(kept: dict[str, Measured]) -> str:
    real = [each for key, each in kept.items() if key.startswith(("real", "toy"))]
    stands = [each for key, each in kept.items() if key.startswith("standin")]
    lines = [
        "# Many submissions, measured",
        "",
        "Made by `python -m benchmarks.scale`. Everything here was run: scheduler, workers and client were processes of",
        "one machine, with TLS. The last column says how busy the machine was (its load average over 15 minutes); on a",
        "busy machine, CPU seconds say more than seconds.",
        "",
        "## Gradings",
        "",
        "*One*: `grade --jobs 2`. *Cluster*: two workers with one job each for each core, warm from an earlier grading.",
        "CPU seconds are those of all processes. *Efficiency* is the CPU time of *one* divided by that of *cluster*. In a",
        "small class, what is done once for each process weighs: its start, and what a first submission imports.",
        "",
        "| class | one: s | CPU s | cluster: s | CPU s | per second | efficiency | client | scheduler | machine, load |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, each in kept.items():
        if each in real:
            one, many = each["one"], each["many"]
            lines.append(
                f"| {_name(key)} | {one['seconds']} | {one['cpu']} | {many['seconds']} | {many['cpu']} | "
                f"{each['submissions'] / many['seconds']:.1f} | {one['cpu'] / many['cpu']:.2f} | "
                f"{many['client_mb']} MB | {many['scheduler_mb']} MB | {each['machine']}, {each['load']} |"
            )
    lines += [
        "",
        "## Pages, and again with nothing to do",
        "",
        "`grade` on a class of `xor` that has results: the first time it makes all pages, the second time there is nothing to",
        "do. The start of the command and the loading of the exercise are in these numbers.",
        "",
        "| class | pages: s | CPU s | size | class page | nothing to do: s | CPU s | CPU ms for each | client | load |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, each in kept.items():
        if key.startswith("again"):
            made, nothing = each["pages"], each["nothing"]
            lines.append(
                f"| {each['submissions']:,} | {made['seconds']} | {made['cpu']} | {each['pages_mb']} MB | "
                f"{each['index_mb']} MB | "
                f"{nothing['seconds']} | {nothing['cpu']} | {1e3 * nothing['cpu'] / each['submissions']:.1f} | "
                f"{nothing['client_mb']} MB | {each['load']} |"
            )
    lines += [
        "",
        "## A millisecond instead of a grading",
        "",
        "The engine, the record in SQLite, the scheduler and two workers, without the pages. The client holds the files of",
        "the class from the start; what it holds beyond them, and what the scheduler holds, must not grow.",
        "",
        "| submissions | seconds | per second | files of the class | nothing to do: ms for each | machine, load |",
        "|---|---|---|---|---|---|",
    ]
    for each in stands:
        lines.append(
            f"| {each['submissions']:,} | {each['seconds']} | {each['submissions'] / each['seconds']:.0f} | "
            f"{each['submissions_mb']} MB | {each['again_ms']} | {each['machine']}, {each['load']} |"
        )
    lines += ["", "| submissions | after | seconds | client | scheduler |", "|---|---|---|---|---|"]
    for each in stands:
        for point in each["memory"]:
            if point["submissions"] * 10 // each["submissions"] in (1, 5, 10):
                lines.append(
                    f"| {each['submissions']:,} | {point['submissions']:,} | {point['seconds']} | "
                    f"{point['client_mb']} MB | {point['scheduler_mb']} MB |"
                )
    lines += ["", "## What is extrapolated", "", _extrapolated(kept), ""]
    return "\n".join(lines)


def _name(key: str) -> str:
    part, count = key.split()
    return f"{int(count):,} of {'`xor`' if part == 'real' else 'the toy exercise'}"


WANTED = {"real": 1_000, "toy": 10_000, "standin": 100_000}


def _extrapolated(kept: dict[str, Measured]) -> str:
    """What was not run, and how long it would take at the rate of the largest that was."""
    said = ["Several machines: all processes shared one. The network between machines is in none of these numbers."]
    for part, count in WANTED.items():
        sizes = [int(key.split()[1]) for key in kept if key.startswith(f"{part} ")]
        if not sizes or max(sizes) >= count:
            continue
        each = kept[f"{part} {max(sizes)}"]
        seconds = each["seconds"] if part == "standin" else each["many"]["seconds"]
        what = f"{count:,} with a millisecond each" if part == "standin" else _name(f"{part} {count}")
        said.append(
            f"{what} were not run: at the rate above they take {count * seconds / max(sizes) / 60:.0f} minutes."
        )
    return " ".join(said)


if __name__ == "__main__":
    main()
