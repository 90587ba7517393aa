"""Grading the grader: references and variants get all points, stubs none; known mistakes fail the named checks."""

from __future__ import annotations

from contextlib import suppress

import pytest

from autograder.authoring.catalogue import Mistake
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.release import solution_markers
from autograder.worker.names import FrameworkName
from tests import catalogue, reach
from tests.conftest import Once

EXERCISES = catalogue.names()
BOTH: list[tuple[str, FrameworkName]] = [
    (name, framework) for name in EXERCISES for framework in catalogue.frameworks(name)
]
VARIANTS = [(name, framework, variant) for name, framework in BOTH for variant in catalogue.variants(name, framework)]


def _readable_mistakes(name: str) -> list[Mistake]:
    """Empty if `mistakes.yml` is invalid: `test_the_catalogue_is_full` reports that; other exercises are tested."""
    with suppress(UsageError):
        return catalogue.mistakes(name)
    return []


MISTAKES = [
    mistake
    for name in EXERCISES
    for known in [_readable_mistakes(name)]
    for mistake in known
    if not reach.repeats_itself(mistake, known)
]


def _scores_everything(zygotes: Zygotes, name: str, framework: FrameworkName, source: str) -> None:
    result = catalogue.grade(zygotes, name, framework, source)
    assert result.score == result.maximum, catalogue.not_passed(result)
    assert not result.notes
    worth_points = {id for id, points in catalogue.load(name).policy.check_points().items() if points}
    # Checks without points are deferred because they need a GPU, or have passed on one.
    assert {check.id for check in result.checks if check.status == "passed"} >= worth_points
    assert {check.status for check in result.checks if check.id not in worth_points} <= {"passed", "deferred"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "framework"), BOTH)
def test_the_reference_scores_everything(zygotes: Zygotes, name: str, framework: FrameworkName) -> None:
    _scores_everything(zygotes, name, framework, catalogue.reference_source(name, framework))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "framework", "variant"), VARIANTS)
def test_a_variant_scores_everything(zygotes: Zygotes, name: str, framework: FrameworkName, variant: str) -> None:
    _scores_everything(zygotes, name, framework, catalogue.variants(name, framework)[variant])


@pytest.mark.parametrize(("name", "framework"), BOTH)
def test_the_stub_scores_nothing(zygotes: Zygotes, name: str, framework: FrameworkName) -> None:
    stub = solution_markers.stub(catalogue.reference_source(name, framework))
    result = catalogue.grade(zygotes, name, framework, stub)
    assert result.score == 0
    assert not result.notes, "a stub cell raised"
    assert {check.status for check in result.checks} <= {"failed", "skipped", "deferred"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "mistake", MISTAKES, ids=lambda mistake: f"{mistake.exercise}-{mistake.framework}-{mistake.title}"[:120]
)
def test_a_mistake_fails_what_it_names(zygotes: Zygotes, once: Once, mistake: Mistake) -> None:
    """Run the check that it names, its prerequisites, and every exact check that runs code changed by the mistake.

    The other exact checks have the reference's results (`tests.reach`). A mistake that PyTorch's list has too is asked
    about other checks only there: tracing them in Keras takes half of the time of all tests, and the checks are the
    same. One that only chooses the CPU gives the reference's answers to all checks but the GPU's. `make matrix` runs
    all against all.
    """
    if not _asks_fully(mistake):
        result = catalogue.grade(zygotes, mistake.exercise, mistake.framework, mistake.source(), only=[mistake.fails])
        assert not catalogue.complaints(mistake, result)
        return
    asked_fully = [each for each in MISTAKES if _alike(each, mistake) and _asks_fully(each)]
    reached = reach.stored(once, zygotes, mistake) if len(asked_fully) > reach.FEW else {}
    known = reach.unreached(mistake, reached)
    only = [mistake.fails, *(id for id in catalogue.exact_checks(mistake.exercise) if id not in known)]
    result = catalogue.grade(zygotes, mistake.exercise, mistake.framework, mistake.source(), only=only, known=known)
    assert not catalogue.complaints(mistake, result)


def _asks_fully(mistake: Mistake) -> bool:
    known = catalogue.mistakes(mistake.exercise)
    return not (reach.only_chooses_the_cpu(mistake) or reach.has_a_twin(mistake, known))


def _alike(one: Mistake, other: Mistake) -> bool:
    return (one.exercise, one.framework) == (other.exercise, other.framework)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_catalogue_is_full(name: str) -> None:
    assert not (said := catalogue.shortcomings(name)), "\n".join(said)
