"""Measure the record on this machine: `python -m benchmarks.records [--results 10000]` prints the seconds.

A class of the toy exercise is recorded, its points are changed, and `autograder rescore` shows and then accepts the new
scores: two processes, each with start-up, the record, the results' files, `summary.csv` and all pages.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from autograder.results.history.record import History
from tests import command
from tests.record.classes import a_class, change, results_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        a_class(project)
        students = [f"student{number:05}" for number in range(asked.results)]
        began = time.perf_counter()
        with History(project / "results") as history:
            history.record_all(results_of(project, students, b""))
        print(f"{asked.results} results recorded: {time.perf_counter() - began:.1f} s")
        change(project, "third: 10.0", "third: 30.0", "grading.yml")
        for title, options in {
            "shown": [],
            "accepted": ["--accept", "all", "--reason", "counts more"],
        }.items():
            began = time.perf_counter()
            ended = command.finish(command.start("rescore", *options, cwd=project))
            assert ended.code == 0, ended
            print(f"autograder rescore, {title}: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
