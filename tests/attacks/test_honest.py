"""No layer costs an honest submission a point: the score is the same with and without the sandbox.

`tests/exercises` grades every reference, variant and mistake inside the sandbox and compares the scores with the
catalogue. Here, the references of all exercises and all programs of three exercises are graded without the sandbox and
must get the same scores.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.execution.zygote_client import Zygotes
from autograder.results.form import Result
from autograder.worker import sandbox
from autograder.worker.names import FrameworkName
from tests import catalogue
from tests.catalogue import FRAMEWORKS

CHEAP = ("xor", "style_loss", "optimal_discriminator")
"""The exercises whose variants and mistakes are all run, in the framework that starts fastest."""
TRAINING = ("training.losses", "training.learns", "training.corners")
"""Of xor."""


@pytest.fixture(scope="module")
def bare() -> Iterator[Zygotes]:
    """Zygotes whose workers have no sandbox."""
    with Zygotes() as started:
        for framework in FRAMEWORKS:
            zygote = started.of(framework)
            if zygote is None:
                pytest.skip("no fork on this system: there is no sandbox to leave out")
            zygote.layers = ()
        yield started


def graded(zygotes: Zygotes, name: str, framework: FrameworkName, source: str, *trained: str) -> Result:
    """Grade with the checks without a training and with the named ones."""
    only = [check.id for check in catalogue.load(name).checks if check.id in {*catalogue.exact_checks(name), *trained}]
    return catalogue.grade(zygotes, name, framework, source, only=only)


def scores(result: Result) -> dict[str, tuple[str, float]]:
    return {check.id: (check.status, check.points) for check in result.checks}


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", catalogue.names())
def test_without_the_sandbox_a_reference_scores_as_much(bare: Zygotes, name: str, framework: FrameworkName) -> None:
    result = graded(bare, name, framework, catalogue.reference_source(name, framework))
    assert not result.isolation.layers
    assert result.score == result.maximum, catalogue.not_passed(result)


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_training_scores_alike(zygotes: Zygotes, bare: Zygotes, framework: FrameworkName) -> None:
    source = catalogue.reference_source("xor", framework)
    sandboxed, free = (graded(each, "xor", framework, source, *TRAINING) for each in (zygotes, bare))
    assert sandboxed.isolation.layers and not free.isolation.layers
    assert scores(sandboxed) == scores(free), catalogue.not_passed(sandboxed)
    assert sandboxed.score == sandboxed.maximum, catalogue.not_passed(sandboxed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEAP)
def test_without_the_sandbox_variants_score_as_much(bare: Zygotes, name: str) -> None:
    for title, source in catalogue.variants(name, "torch").items():
        result = graded(bare, name, "torch", source)
        assert result.score == result.maximum, f"{title}: {catalogue.not_passed(result)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEAP)
def test_without_the_sandbox_mistakes_fail_the_same_checks(bare: Zygotes, name: str) -> None:
    """They fail the check in the catalogue; `tests/exercises` tests that, and all other checks, inside the sandbox."""
    complaints: list[str] = []
    for mistake in catalogue.mistakes(name):
        if mistake.framework == "torch":
            result = catalogue.grade(bare, name, "torch", mistake.source(), only=[mistake.fails])
            complaints += [f"{mistake.title}: {each}" for each in catalogue.complaints(mistake, result)]
    assert not complaints, "\n".join(complaints)


def test_every_layer_that_this_machine_has_is_on(zygotes: Zygotes) -> None:
    """The other tests rely on this: the worker reports its active layers, and all of them were attempted."""
    zygote = zygotes.of("torch")
    assert zygote and set(zygote.layers) <= set(sandbox.LAYERS)
    assert sandbox.level(zygote.layers) != "weak", zygote.layers
