"""Record gradings in a process of its own, and print the number of each as soon as it is recorded.

    python -m tests.record.writer RESULTS URL FIRST LAST STUDENT…

`URL` may be empty. Seeds are FIRST … LAST: each student gets one grading with each seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.results.history.record import History
from tests.record import made


def main(results: str, url: str, first: str, last: str, *students: str) -> None:
    with History(Path(results), url or None) as history:
        for seed in range(int(first), int(last) + 1):
            for student in students:
                run = history.record(made.new(student, f"# {student} {seed % 3}".encode(), seed=seed))
                print(run, seed, student, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
