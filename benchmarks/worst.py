"""What an endless loop costs: `python -m benchmarks.worst` writes `docs/worst-case.md`.

python -m benchmarks.worst [EXERCISE ...] [--framework torch|keras] [--function NAME ...] [--again]

In the reference solution, `while True: pass` replaces the body of one function of the stub, and the file is graded: for
each function, which takes an hour or two for all exercises. What was graded is kept in `benchmarks/worst.json`, so that
a run continues where another one ended; `--again` replaces it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.authoring.exercise import Exercise
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader, speed
from autograder.release import solution_markers
from autograder.results.files import write_whole
from autograder.results.form import Result
from autograder.worker.names import FrameworkName
from benchmarks.measure import children_cpu
from tests import catalogue, reach
from tests.catalogue import ROOT

TARGET = ROOT / "docs" / "worst-case.md"
RECORDS = Path(__file__).with_suffix(".json")
SEED = 1
REFERENCE = ""
"""Stands for the reference solution itself, in the place of a function's name."""


@dataclass(frozen=True)
class Row:
    """What was graded."""

    exercise: str
    framework: FrameworkName
    function: str
    trains: bool
    """Whether a check that trains is the first to call it."""
    seconds: float
    """CPU seconds of grader and workers."""
    slowness: float
    """Of the machine, at that time: the limits were so many times as long."""
    score: float
    says: str
    """What the report says of the first check that fails."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--framework", choices=catalogue.FRAMEWORKS, help="default: all")
    parser.add_argument("--function", nargs="+", metavar="NAME", help="default: all of the stub; methods as GAN.fit")
    parser.add_argument("--again", action="store_true", help="also what has been graded before")
    asked = parser.parse_args()
    rows = _records()
    with Zygotes() as zygotes:
        for name in asked.exercises or catalogue.names():
            for framework in catalogue.frameworks(name) if asked.framework is None else [asked.framework]:
                for function in [REFERENCE, *(asked.function or of_the_stub(name, framework))]:
                    key = (name, framework, function)
                    if asked.again or key not in rows:
                        rows[key] = graded(zygotes, *key)
                        print(*key, f"{rows[key].seconds:.1f} s", flush=True)
                        _keep(rows)
    TARGET.write_text(page(list(_records().values())), encoding="utf-8")


def of_the_stub(name: str, framework: FrameworkName) -> list[str]:
    """The functions and methods that students write."""
    return list(reach.functions(solution_markers.stub(catalogue.reference_source(name, framework))))


def endless(source: str, function: str) -> str:
    """The source with an endless loop as the body of a function."""
    if function == REFERENCE:
        return source
    body = reach.functions(source)[function].body
    first, last = body[0], body[-1]
    lines = source.split("\n")
    lines[first.lineno - 1 : last.end_lineno] = [" " * first.col_offset + "while True: pass"]
    return "\n".join(lines)


def graded(zygotes: Zygotes, name: str, framework: FrameworkName, function: str) -> Row:
    exercise = catalogue.load(name)
    handed_in = catalogue.as_submission(name, framework, endless(catalogue.reference_source(name, framework), function))
    job = grader.Job(exercise, SEED, zygotes.of)
    with grader.Run(handed_in, job) as earlier:
        earlier.session.begin()
    before = children_cpu() + time.process_time()
    result = grader.grade(handed_in, job)
    seconds = children_cpu() + time.process_time() - before
    first = next((check for check in result.checks if check.status == "failed"), None)
    trains = first is not None and _check(exercise, first.id)
    says = f"`{first.id}` {first.saw}" if first else ""
    return Row(
        name, framework, function, trains, seconds, speed.slowness(), result.score or 0.0, says + _skipped(result)
    )


def _check(exercise: Exercise, id: str) -> bool:
    return next(check.trains for check in exercise.checks if check.id == id)


def _skipped(result: Result) -> str:
    later = sum(check.status == "failed" for check in result.checks) - 1
    skipped = sum(check.status == "skipped" for check in result.checks)
    return f"; {later} more failed, {skipped} skipped" if later >= 0 else ""


def page(rows: list[Row]) -> str:
    references = {(row.exercise, row.framework): row.seconds for row in rows if row.function == REFERENCE}
    measured = [row for row in rows if row.function != REFERENCE]
    lines = [
        "# The worst case",
        "",
        "Made by `python -m benchmarks.worst`. In each row, `while True: pass` is the body of one function, and the rest",
        "of the file is the reference solution. *Beyond* is the CPU time of the grading without what the reference",
        "solution takes, divided by how slow the machine was at that time, as [the limits](limits.md) are multiplied by",
        "it. It is negative if most checks were skipped. Functions that are not in the table have not been graded.",
        "",
        "| exercise | framework | function | called first by a check that | beyond, CPU s | score | the report says |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in measured:
        beyond = (row.seconds - references[row.exercise, row.framework]) / row.slowness
        kind = "trains" if row.trains else "trains nothing"
        lines.append(
            f"| {row.exercise} | {row.framework} | `{row.function}` | {kind} | {beyond:.0f} | {row.score:g} | {row.says} |"
        )
    return "\n".join([*lines, ""])


def _records() -> dict[tuple[str, FrameworkName, str], Row]:
    rows = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.is_file() else []
    found = (Row(**row) for row in rows)
    return {(row.exercise, row.framework, row.function): row for row in found}


def _keep(rows: dict[tuple[str, FrameworkName, str], Row]) -> None:
    lines = (json.dumps(asdict(row), ensure_ascii=False) for row in _in_order(rows))
    write_whole(RECORDS, ("[\n" + ",\n".join(lines) + "\n]\n").encode())
    RECORDS.chmod(0o644)


def _in_order(rows: dict[tuple[str, FrameworkName, str], Row]) -> Iterator[Row]:
    for name in catalogue.names():
        for framework in catalogue.frameworks(name):
            names = [REFERENCE, *of_the_stub(name, framework)]
            yield from (rows[key] for each in names if (key := (name, framework, each)) in rows)


if __name__ == "__main__":
    main()
