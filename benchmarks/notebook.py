"""How long a student waits for a check: `python -m benchmarks.notebook` writes `docs/waiting.md`.

python -m benchmarks.notebook [EXERCISE ...] [--repeat N]

Run it on an idle machine. For each part whose visible checks train nothing, with the reference: `grader.check(part)` in
a session that has checked before (warm), against `autograder check` on the command line (cold), which starts Python and
imports the framework each time.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder import Notebook
from autograder.authoring.exercise import Exercise
from autograder.notebook import warm
from autograder.notebook.report import Report
from autograder.results.files import write_whole
from autograder.worker.names import FrameworkName
from tests import catalogue
from tests.catalogue import ROOT

TARGET = ROOT / "docs" / "waiting.md"


@dataclass(frozen=True)
class Waited:
    """Seconds until the report, with one reference."""

    exercise: str
    framework: FrameworkName
    first: float
    """The first check of a session, in which the framework is imported."""
    warm: dict[str, float]
    """Part → median of the later checks."""
    cold: float
    """One of these parts on the command line: the one with the median of `warm`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--repeat", type=int, default=3, help="checks of each part")
    asked = parser.parse_args()
    os.chdir(ROOT)
    waited = [
        measured(name, framework, asked.repeat)
        for name in asked.exercises or catalogue.names()
        for framework in catalogue.frameworks(name)
    ]
    written = page(waited, asked.repeat)
    if asked.exercises:
        print(written)
    else:
        write_whole(TARGET, written.encode())


def measured(name: str, framework: FrameworkName, repeat: int) -> Waited:
    exercise = catalogue.load(name)
    file = exercise.reference(framework)
    parts = untrained_parts(exercise)
    # Each exercise has a session of its own, so that its first check imports the framework.
    warm.KERNEL.close()
    warm.KERNEL = warm.Warm()
    notebook = Notebook(name, file)
    first = check(notebook, parts[0])
    later = {part: statistics.median(check(notebook, part) for _ in range(repeat)) for part in parts}
    middle = sorted(parts, key=lambda part: later[part])[len(parts) // 2]
    print(name, framework, f"{statistics.median(later.values()):.2f}", file=sys.stderr)
    return Waited(name, framework, first, later, statistics.median(cold(file, middle) for _ in range(repeat)))


def untrained_parts(exercise: Exercise) -> list[str]:
    """The parts whose visible checks, and those that they need, train nothing."""
    checks = {check.id: check for check in exercise.checks}

    def trains(id: str) -> bool:
        return checks[id].trains or any(trains(other) for other in checks[id].needs)

    visible = [check for check in exercise.checks if check.visible]
    parts = dict.fromkeys(check.part for check in visible)
    return [part for part in parts if not any(trains(check.id) for check in visible if check.part == part)]


def check(notebook: Notebook, part: str) -> float:
    started = time.perf_counter()
    report = notebook.check(part)
    seconds = time.perf_counter() - started
    assert isinstance(report, Report) and report.passed, report
    return seconds


def cold(file: Path, part: str) -> float:
    command = [sys.executable, "-m", "autograder", "check", str(file), "--part", part]
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def page(waited: list[Waited], repeat: int) -> str:
    lines = [
        "# Waiting for a check",
        "",
        f"Made by `python -m benchmarks.notebook` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, no GPU.",
        "",
        "Seconds from the call to the report, with the reference, for the parts whose checks train nothing. *First* is "
        "the first check of a notebook's session, in which the framework is imported. *Warm* are the later ones: the "
        f"median over the parts, and the slowest part, each checked {repeat} times. *Cold* is `autograder check` for the "
        "part with the median, which starts Python and imports the framework each time.",
        "",
        "| exercise | framework | first | warm | slowest part | cold | cold / warm |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in waited:
        slowest = max(each.warm, key=lambda part: each.warm[part])
        middle = statistics.median(each.warm.values())
        lines.append(
            f"| {each.exercise} | {each.framework} | {each.first:.1f} | {middle:.2f} "
            f"| `{slowest}`: {each.warm[slowest]:.2f} | {each.cold:.1f} | {each.cold / middle:.0f} |"
        )
    lines += [""]
    for framework in catalogue.FRAMEWORKS:
        later = [seconds for each in waited if each.framework == framework for seconds in each.warm.values()]
        if later:
            lines.append(
                f"- {framework}: {len(later)} parts, median {statistics.median(later):.2f} s, "
                f"{sum(seconds <= 1 for seconds in later)} of them within a second."
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
