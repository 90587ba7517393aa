"""Measure costs on this machine: `python -m benchmarks.measure` writes `docs/measurements.md`.

Run it on an idle machine: measurements on a busy one are meaningless. CPU seconds are the sum for the worker and the
grader, without the framework's import, which happens in the zygote.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime

from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.session import Session
from autograder.results.files import write_whole
from autograder.worker.names import FrameworkName
from tests import catalogue
from tests.catalogue import FRAMEWORKS, ROOT

TARGET = ROOT / "docs" / "measurements.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--workers", type=int, default=40, help="workers to start for the median")
    parser.add_argument("--repeat", type=int, default=3, help="gradings of each right submission")
    asked = parser.parse_args()
    with Zygotes() as zygotes:
        starts: dict[FrameworkName, list[float]] = {
            framework: start_times(zygotes, framework, asked.workers) for framework in FRAMEWORKS
        }
        costs: dict[tuple[str, FrameworkName], list[tuple[float, float]]] = {
            (name, framework): [submission_cost(zygotes, name, framework, seed) for seed in range(asked.repeat)]
            for name in asked.exercises or catalogue.names()
            for framework in FRAMEWORKS
        }
    demos = [demo() for _ in range(2)]
    write_whole(TARGET, page(starts, costs, demos).encode())
    TARGET.chmod(0o644)


def start_times(zygotes: Zygotes, framework: FrameworkName, count: int) -> list[float]:
    """Seconds from the request for a worker until the student's file is loaded, with the sandbox. Omits the first."""
    handed_in = catalogue.as_submission("xor", framework, catalogue.reference_source("xor", framework))
    times: list[float] = []
    for _ in range(count + 1):
        session = Session(handed_in, catalogue.load("xor"), zygotes.of)
        started = time.perf_counter()
        session.begin()
        times.append(time.perf_counter() - started)
        session.close()
    return times[1:]


def submission_cost(zygotes: Zygotes, name: str, framework: FrameworkName, seed: int) -> tuple[float, float]:
    """CPU seconds and wall-clock seconds of one right submission."""
    exercise = catalogue.load(name)
    handed_in = catalogue.as_submission(name, framework, catalogue.reference_source(name, framework))
    children, own, started = children_cpu(), time.process_time(), time.perf_counter()
    result = grader.grade(handed_in, grader.Job(exercise, seed, zygotes.of))
    assert result.score == result.maximum, catalogue.not_passed(result)
    wall = time.perf_counter() - started
    return time.process_time() - own + children_cpu() - children, wall


def demo() -> float:
    """Wall-clock seconds for the sample class, from the command's start to its table."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "autograder", "grade", "tests/class", "--results", folder, "--jobs", "2"]
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - started


def page(
    starts: dict[FrameworkName, list[float]],
    costs: dict[tuple[str, FrameworkName], list[tuple[float, float]]],
    demos: list[float],
) -> str:
    lines = [
        "# Measurements",
        "",
        f"Made by `python -m benchmarks.measure` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, no GPU.",
        "",
        "## Start of a worker",
        "",
        "Milliseconds from the request to the zygote until the student's file is loaded.",
        "",
        "| framework | median | 90th percentile | n |",
        "|---|---|---|---|",
    ]
    for framework, times in starts.items():
        late = statistics.quantiles(times, n=10)[-1]
        lines.append(f"| {framework} | {1e3 * statistics.median(times):.0f} | {1e3 * late:.0f} | {len(times)} |")
    lines += [
        "",
        "## One right submission",
        "",
        "All checks on the reference. CPU seconds are those of grader and workers, without the framework's import.",
        "",
        "| exercise | framework | CPU seconds, median | largest | wall seconds, median |",
        "|---|---|---|---|---|",
    ]
    for (name, framework), spent in costs.items():
        cpu, wall = [each[0] for each in spent], statistics.median(each[1] for each in spent)
        lines.append(f"| {name} | {framework} | {statistics.median(cpu):.1f} | {max(cpu):.1f} | {wall:.1f} |")
    lines += [
        "",
        "## The sample class",
        "",
        "Grading 19 submissions, two at a time, takes from the command's start to its table: "
        f"{min(demos):.0f} to {max(demos):.0f} s.",
    ]
    return "\n".join(lines) + "\n"


def children_cpu() -> float:
    """CPU seconds of all descendants of this process: zygotes and the workers that they have reaped."""
    import psutil

    total = 0.0
    for process in psutil.Process().children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


if __name__ == "__main__":
    main()
