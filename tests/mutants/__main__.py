"""`make mutants`: grade all mutants that have no outcome yet, and write `docs/mutants.md`. It can be interrupted.

The outcomes are in `docs/mutants.jsonl`; those for other code or checks are removed from it.

python -m tests.mutants [EXERCISE…] [--framework torch|keras] [--references] [--exact] [--sample N] [--minutes N]
    [--no-page] [--jobs N]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from autograder.authoring.exercise import Check
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FRAMEWORKS, FrameworkName
from tests import catalogue, outcomes
from tests.mutants import allowed, grading, making, page
from tests.mutants.grading import Outcome
from tests.mutants.making import REFERENCE, Mutant, Program


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--framework", choices=FRAMEWORKS, action="append", help="default: both")
    parser.add_argument("--references", action="store_true", help="no variants")
    parser.add_argument("--exact", action="store_true", help="no full trainings")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N mutants of each program")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no mutant after so many minutes")
    parser.add_argument("--page", action=argparse.BooleanOptionalAction, default=True, help="write the page")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    survivors = 0
    with Zygotes() as zygotes, ThreadPoolExecutor(asked.jobs) as pool:
        for program in _programs(asked.exercises or catalogue.names(), asked.framework or FRAMEWORKS, asked.references):
            made = making.drawn(making.mutants(program), asked.sample)
            run = _Run(program, made, until, zygotes, pool)
            run.exact()
            survivors += 0 if asked.exact else run.trained()
    if asked.page:
        page.write(grading.known())
    return 1 if survivors else 0


def _programs(
    exercises: list[str], frameworks: list[FrameworkName] | tuple[FrameworkName, ...], references: bool
) -> Iterator[Program]:
    """References first, PyTorch before Keras."""
    found = [
        program
        for framework in frameworks
        for name in exercises
        if framework in catalogue.frameworks(name)
        for program in making.programs(name, framework)
    ]
    yield from (program for program in found if program.name == REFERENCE)
    yield from (program for program in found if program.name != REFERENCE and not references)


class _Run:
    """Grades mutants of one program and adds their outcomes to the file."""

    def __init__(
        self, program: Program, made: list[Mutant], until: float, zygotes: Zygotes, pool: ThreadPoolExecutor
    ) -> None:
        self._program = program
        self._made = made
        self._until = until
        self._zygotes = zygotes
        self._pool = pool

    def exact(self) -> None:
        """Run the checks without a training on mutants that have no outcome."""
        known = grading.known()
        todo = [mutant for mutant in self._made if grading.key(mutant) not in known]
        self._grade(todo, grading.exact(self._program.exercise), "open")

    def trained(self) -> int:
        """Run the trainings on mutants that no exact check failed; returns how many passed that the text forbids."""
        known = grading.known()
        stages = {mutant: known.get(grading.key(mutant)) for mutant in self._made}
        todo = [mutant for mutant, outcome in stages.items() if outcome and outcome.status == "open"]
        return self._grade(todo, grading.trained(self._program.exercise), "survived")

    def _grade(self, todo: list[Mutant], checks: list[Check], otherwise: Literal["open", "survived"]) -> int:
        if not todo or time.monotonic() > self._until:
            return 0
        reached = grading.reached(self._zygotes, self._program, checks)

        def grade(mutant: Mutant) -> Outcome | None:
            if time.monotonic() > self._until:
                return None
            return grading.graded(self._zygotes, mutant, checks, reached) or grading.passed(mutant, otherwise)

        counted: Counter[str] = Counter()
        right = set(allowed.ids())
        for mutant, outcome in zip(todo, self._pool.map(grade, todo), strict=True):
            if outcome:
                outcomes.add(grading.FILE, outcome)
                counted[outcome.status] += 1
            if outcome and (outcome.status == "error" or (outcome.status == "survived" and mutant.id not in right)):
                counted["not allowed"] += 1
                print(f"{outcome.status} {mutant.id} {mutant.where}: {mutant.change} {outcome.check}", flush=True)
        print(f"{self._program}: {dict(counted)} of {len(todo)}", flush=True)
        return counted["not allowed"]


if __name__ == "__main__":
    raise SystemExit(main())
