"""No layer costs an honest submission a point: it scores alike with and without the walls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.engine import Zygotes
from autograder.launch import FrameworkName
from autograder.result import Result
from autograder.worker import sandbox
from tests import catalogue
from tests.catalogue import FRAMEWORKS

EXERCISES = ("xor", "style_loss", "optimal_discriminator")
"""The cheap ones, of which each leans on other libraries."""


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


def scores(
    zygotes: Zygotes, name: str, framework: FrameworkName, source: str
) -> tuple[Result, dict[str, tuple[str, float]]]:
    result = catalogue.grade(zygotes, name, framework, source, only=catalogue.exact_checks(name))
    return result, {check.id: (check.status, check.points) for check in result.checks}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", EXERCISES)
def test_references_score_alike(zygotes: Zygotes, bare: Zygotes, name: str, framework: FrameworkName) -> None:
    source = catalogue.reference_source(name, framework)
    walled, inside = scores(zygotes, name, framework, source)
    free, outside = scores(bare, name, framework, source)
    assert walled.isolation.layers and not free.isolation.layers
    assert inside == outside, catalogue.not_passed(walled)
    assert walled.score == walled.maximum, catalogue.not_passed(walled)


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", EXERCISES)
def test_variants_and_mistakes_score_alike(
    zygotes: Zygotes, bare: Zygotes, name: str, framework: FrameworkName
) -> None:
    programs = catalogue.variants(name, framework)
    programs |= {
        mistake.title: mistake.source() for mistake in catalogue.mistakes(name) if mistake.framework == framework
    }
    different = [
        title
        for title, source in programs.items()
        if scores(zygotes, name, framework, source)[1] != scores(bare, name, framework, source)[1]
    ]
    assert not different


def test_every_layer_that_this_machine_has_is_on(zygotes: Zygotes) -> None:
    """What the other tests rest on: the worker says which layers stand around it, and they were all tried."""
    zygote = zygotes.of("torch")
    assert zygote and set(zygote.layers) <= set(sandbox.LAYERS)
    assert sandbox.level(zygote.layers) != "weak", zygote.layers
