"""Grading a mutant: the checks that run the changed function, until one fails; full trainings last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from autograder.authoring.exercise import Check
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import CheckResult
from tests import catalogue, outcomes, reach
from tests.catalogue import ROOT
from tests.mutants.making import Mutant, Program

FILE = ROOT / "docs" / "mutants.jsonl"
"""The outcomes, which took hours of many machines."""
Reach = Mapping[str, list[str]]


class Outcome(msgspec.Struct, frozen=True):
    """What the grader said about a mutant."""

    key: str
    id: str
    status: Literal["killed", "open", "survived", "error"]
    """`open`: all exact checks passed, no training was run. `error`: a check failed through its own fault."""
    checks: str
    """A hash of the check that failed, or of all checks if none did."""
    check: str = ""
    """The check that failed first."""
    likely: str = ""
    """The cause that it named, if the fault has a name."""


def key(mutant: Mutant) -> str:
    """A hash of the mutant's code and the seed."""
    return hashlib.sha256(f"{mutant.program}\0{mutant.source}\0{catalogue.SEED}".encode()).hexdigest()[:16]


def known() -> dict[str, Outcome]:
    """The outcomes that hold for the present checks, by `key`."""
    found = outcomes.read(FILE, Outcome)
    return {key: outcome for key, outcome in found.items() if holds(outcome)}


def holds(outcome: Outcome) -> bool:
    """Whether the checks that decided it are still the same: a mutant that one killed needs no other."""
    exercise = outcome.id.split("/")[0]
    return exercise in catalogue.names() and outcome.checks == _checks(exercise, outcome.check)


def exact(exercise: str) -> list[Check]:
    """The checks without a full training, in an order in which each comes after those that it needs."""
    wanted = set(catalogue.exact_checks(exercise))
    return [check for check in catalogue.load(exercise).ordered() if check.id in wanted]


def trained(exercise: str) -> list[Check]:
    """All others that need no real GPU."""
    wanted = set(catalogue.exact_checks(exercise))
    ordered = catalogue.load(exercise).ordered()
    return [check for check in ordered if check.id not in wanted and "gpu" not in check.takes and not check.deferred]


def reached(zygotes: Zygotes, program: Program, checks: Iterable[Check]) -> dict[str, list[str]]:
    """Check → the functions that it runs. A check on a pretended GPU prints in another process: it is left out."""
    ids = [check.id for check in checks if "pretended" not in check.takes]
    return reach.of_program(zygotes, program.exercise, program.framework, program.source, ids)


def graded(zygotes: Zygotes, mutant: Mutant, checks: Iterable[Check], reached: Reach) -> Outcome | None:
    """The outcome of these checks, without those that never run the changed function; `None` if all passed."""
    exercise = catalogue.load(mutant.program.exercise)
    file = catalogue.as_submission(exercise.name, mutant.program.framework, mutant.source)
    with grader.Run(file, grader.Job(exercise, catalogue.SEED, zygotes.of)) as run:
        for check in checks:
            if mutant.where != reach.MODULE and mutant.where not in reached.get(check.id, [mutant.where]):
                continue
            result = run.results[check.id] = run.result_of(check)
            if result.status in ("failed", "error"):
                return killed(mutant, result)
    return None


def passed(mutant: Mutant, status: Literal["open", "survived"]) -> Outcome:
    """The outcome of a mutant that no check failed."""
    return Outcome(key(mutant), mutant.id, status, _checks(mutant.program.exercise))


def killed(mutant: Mutant, result: CheckResult) -> Outcome:
    """The outcome of a mutant that this check failed, or in which it raised an error of its own."""
    status = "killed" if result.status == "failed" else "error"
    likely = result.likely[:300] if mutant.operator.names else ""
    return Outcome(key(mutant), mutant.id, status, _checks(mutant.program.exercise, result.id), result.id, likely)


def names_it(mutant: Mutant, outcome: Outcome) -> bool:
    """Whether the cause that the check named contains a word for the mutant's fault."""
    likely = outcome.likely.casefold()
    return any(word in likely for word in mutant.operator.names)


def _checks(exercise: str, check: str = "") -> str:
    """A hash of one check, or of all of them."""
    digests = catalogue.load(exercise).check_digests
    return hashlib.sha256(repr(digests.get(check) if check else sorted(digests.items())).encode()).hexdigest()[:8]
