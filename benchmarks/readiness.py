"""CPU seconds of `gpu.readiness` with each reference: the plain run, and the worker with the pretended GPU.

That worker is started for this check only.

`python -m benchmarks.readiness [EXERCISE…]`
"""

from __future__ import annotations

import sys

import psutil

from autograder.authoring.challenges import Draw
from autograder.authoring.student import Student
from autograder.execution.zygote_client import Zygotes
from autograder.grading.session import Session
from tests import catalogue
from tests.catalogue import FRAMEWORKS, SEED


def cpu_seconds(session: Session) -> float:
    """CPU seconds that the session's worker has used so far."""
    worker = session._worker  # pyright: ignore[reportPrivateUsage]
    assert worker
    used = psutil.Process(worker._process.pid).cpu_times()  # pyright: ignore[reportPrivateUsage]
    return used.user + used.system


def main() -> None:
    """Print a line for each exercise and framework."""
    print(f"{'exercise':<24}{'framework':<10}{'plain':>8}{'pretended':>11}{'start':>8}{'in all':>8}")
    with Zygotes() as zygotes:
        for name in sys.argv[1:] or catalogue.names():
            loaded = catalogue.load(name)
            check = next(check for check in loaded.checks if check.id == "gpu.readiness")
            for framework in FRAMEWORKS:
                file = catalogue.as_submission(name, framework, catalogue.reference_source(name, framework))
                plain, pretended = Session(file, loaded, zygotes.of), Session(file, loaded, zygotes.of, "pretended")
                plain.begin()
                pretended.begin()
                before, start = cpu_seconds(plain), cpu_seconds(pretended)
                check.body(Student(plain.ask), Student(pretended.ask), Draw(SEED, name, check.id))
                run, there = cpu_seconds(plain) - before, cpu_seconds(pretended) - start
                print(
                    f"{name:<24}{framework:<10}{run:>8.2f}{there:>11.2f}{start:>8.2f}{run + there + start:>8.2f}",
                    flush=True,
                )
                plain.close()
                pretended.close()


if __name__ == "__main__":
    main()
