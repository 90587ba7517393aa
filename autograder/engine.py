"""Many submissions: a pool on this machine, results written as they come, and going on where an earlier run was stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from autograder import grader, launch
from autograder.draw import fresh_seed
from autograder.errors import GraderError, UsageError
from autograder.exercise import Exercise
from autograder.launch import FrameworkName, Zygote
from autograder.machines import NO_GPUS, Gpus
from autograder.result import Result, encode, file_name, read, write_whole
from autograder.submission import Submission
from autograder.watchdog import OUTPUT_KEPT
from autograder.worker import sandbox


@dataclass(frozen=True)
class Plan:
    """What to grade and how."""

    submissions: Sequence[Submission]
    exercises: dict[str, Exercise]
    results: Path
    seed: int | None = None
    """The same seed gives the same scores; `None` draws a fresh one for each submission."""
    jobs: int = 1
    force: bool = False
    """Grade also what has a result already."""
    allow_weak: bool = False
    """Grade also where student code is not walled in."""
    only: str | None = None
    """Complete earlier results: run again what is deferred in this part, and leave the rest of each result as it is."""
    gpus: Gpus = NO_GPUS


class Zygotes:
    """One zygote for each framework, started when the first submission needs it. A context.

    Without `allow_weak`, asking for one raises `UsageError` where the walls around student code do not hold.
    """

    def __init__(self, allow_weak: bool = True) -> None:
        self._allow_weak = allow_weak
        # A lock for each: who waits for PyTorch need not wait for TensorFlow.
        self._locks: dict[FrameworkName, threading.Lock] = {"torch": threading.Lock(), "keras": threading.Lock()}
        self._started: dict[FrameworkName, Zygote] = {}

    def __enter__(self) -> Zygotes:
        return self

    def __exit__(self, *_: object) -> None:
        for zygote in self._started.values():
            zygote.close()

    def of(self, framework: FrameworkName) -> Zygote | None:
        """The framework's zygote; `None` where this system cannot fork: then each worker imports for itself."""
        if not launch.forks():
            self._refuse_weak(())
            return None
        with self._locks[framework]:
            earlier = self._started.get(framework)
            if earlier and not earlier.alive:
                earlier.close()
            if not earlier or not earlier.alive:
                self._started[framework] = Zygote(framework)
            self._refuse_weak(self._started[framework].layers)
            return self._started[framework]

    def _refuse_weak(self, layers: Sequence[str]) -> None:
        if not self._allow_weak and sandbox.level(layers) == "weak":
            raise UsageError(
                "Student code cannot be walled in on this system (`autograder doctor` says what is missing): "
                "a submission could read the solutions or harm this account. For submissions that you trust, say --allow-weak"
            )


def run(plan: Plan, begun: Callable[[Submission], None] = lambda handed_in: None) -> Iterator[Result]:
    """Grade; each result is written to `<results>/<student>/<exercise>.json` before it is handed on."""
    launch.make_undumpable()
    with Zygotes(plan.allow_weak) as zygotes, ThreadPoolExecutor(max(1, plan.jobs)) as pool:

        def one(handed_in: Submission) -> Result:
            path = result_path(plan.results, handed_in.student, handed_in.exercise)
            exercise = plan.exercises[handed_in.exercise]
            earlier = None if plan.force else _earlier(path, handed_in, exercise, plan.seed)
            waiting = _deferred(earlier, plan.only)
            if earlier and not waiting:
                return earlier
            begun(handed_in)
            if earlier:
                known = {check.id: check for check in earlier.checks}
                job = grader.Job(exercise, earlier.seed, zygotes.of, only=waiting, gpus=plan.gpus, known=known)
                result = _completed(earlier, grader.grade(handed_in, job))
            else:
                seed = fresh_seed() if plan.seed is None else plan.seed
                result = grader.grade(handed_in, grader.Job(exercise, seed, zygotes.of, gpus=plan.gpus))
            write_whole(path, encode(result))
            return result

        graded = [pool.submit(one, handed_in) for handed_in in plan.submissions]
        try:
            for done in as_completed(graded):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def result_path(results: Path, student: str, exercise: str) -> Path:
    """Where a result lies. Raises `GraderError` for a name that would lead out of the folder."""
    if student in ("", ".", "..") or any(sign in student for sign in "/\\\0"):
        raise GraderError(f"{student!r} is no name for a folder")
    return results / file_name(student) / f"{exercise}.json"


def _deferred(earlier: Result | None, part: str | None) -> list[str]:
    """Ids of the part's checks that an earlier grading could not run."""
    if earlier is None or part is None:
        return []
    return [check.id for check in earlier.checks if check.part == part and check.status == "deferred"]


def _completed(earlier: Result, now: Result) -> Result:
    """The later result; what only the earlier one could say is kept."""
    notes = list(dict.fromkeys([*earlier.notes, *now.notes]))
    output = (earlier.output + now.output)[:OUTPUT_KEPT]
    return structs.replace(now, notes=notes, output=output, seconds=round(earlier.seconds + now.seconds, 3))


def _earlier(path: Path, handed_in: Submission, exercise: Exercise, seed: int | None) -> Result | None:
    """The result of an earlier run, if it is of the same file, checks and policy, and has a score."""
    try:
        found = read(path)
    except ValueError:
        return None
    same = found.digest == grader.digest(handed_in, exercise) and seed in (None, found.seed)
    return found if same and not found.ungraded else None
