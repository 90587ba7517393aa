"""No layer costs an honest submission a point: it scores alike with and without the walls.

`tests/exercises` grades every reference, variant and mistake behind the walls, where each scores what the catalogue says. Here
the references of all exercises are graded without any wall, where they must score as much, and the programs of three exercises
both ways.
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
"""All of whose variants and mistakes are run, in the framework that starts soonest."""
TRAINING = ("training.losses", "training.learns", "training.corners")
"""Of xor."""


@pytest.fixture(scope="module")
def bare() -> Iterator[Zygotes]:
    """Zygotes whose workers stand behind no wall."""
    with Zygotes() as started:
        for framework in FRAMEWORKS:
            zygote = started.of(framework)
            if zygote is None:
                pytest.skip("no fork on this system: there are no walls to leave out")
            zygote.layers = ()
        yield started


def graded(zygotes: Zygotes, name: str, framework: FrameworkName, source: str, *trained: str) -> Result:
    """By the checks that train nothing, and by those named."""
    only = [check.id for check in catalogue.load(name).checks if check.id in {*catalogue.exact_checks(name), *trained}]
    return catalogue.grade(zygotes, name, framework, source, only=only)


def scores(result: Result) -> dict[str, tuple[str, float]]:
    return {check.id: (check.status, check.points) for check in result.checks}


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", catalogue.names())
def test_without_walls_a_reference_scores_as_much(bare: Zygotes, name: str, framework: FrameworkName) -> None:
    result = graded(bare, name, framework, catalogue.reference_source(name, framework))
    assert not result.isolation.layers
    assert result.score == result.maximum, catalogue.not_passed(result)


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_training_scores_alike(zygotes: Zygotes, bare: Zygotes, framework: FrameworkName) -> None:
    source = catalogue.reference_source("xor", framework)
    walled, free = (graded(each, "xor", framework, source, *TRAINING) for each in (zygotes, bare))
    assert walled.isolation.layers and not free.isolation.layers
    assert scores(walled) == scores(free), catalogue.not_passed(walled)
    assert walled.score == walled.maximum, catalogue.not_passed(walled)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEAP)
def test_variants_and_mistakes_score_alike(zygotes: Zygotes, bare: Zygotes, name: str) -> None:
    programs = catalogue.variants(name, "torch")
    programs |= {
        mistake.title: mistake.source() for mistake in catalogue.mistakes(name) if mistake.framework == "torch"
    }
    different = [
        title
        for title, source in programs.items()
        if scores(graded(zygotes, name, "torch", source)) != scores(graded(bare, name, "torch", source))
    ]
    assert not different


def test_every_layer_that_this_machine_has_is_on(zygotes: Zygotes) -> None:
    """What the other tests rest on: the worker says which layers stand around it, and they were all tried."""
    zygote = zygotes.of("torch")
    assert zygote and set(zygote.layers) <= set(sandbox.LAYERS)
    assert sandbox.level(zygote.layers) != "weak", zygote.layers
