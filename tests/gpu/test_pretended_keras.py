"""Keras' pretended GPU: right programs give a plain run's numbers, wrong ones are reported with line and remedy."""

from __future__ import annotations

import pytest

from autograder.execution.zygote_client import Zygotes
from tests.gpu import programs

RIGHT = programs.read("right_keras")
WRONG = programs.read("wrong_keras")


@pytest.fixture(scope="module", params=[True, False], ids=["eagerly", "traced"])
def eagerly(request: pytest.FixtureRequest) -> bool:
    """The training step is run eagerly, and traced if that raises."""
    return request.param


@pytest.fixture(scope="module")
def plain(zygotes: Zygotes, eagerly: bool):
    with programs.worker(zygotes, RIGHT, "plain") as opened:
        opened.eagerly(eagerly)
        yield opened


@pytest.fixture(scope="module")
def pretended(zygotes: Zygotes, eagerly: bool):
    with programs.worker(zygotes, RIGHT, "pretended") as opened:
        opened.eagerly(eagerly)
        yield opened


@pytest.fixture(scope="module")
def mistaken(zygotes: Zygotes, eagerly: bool):
    with programs.worker(zygotes, WRONG, "pretended") as opened:
        opened.eagerly(eagerly)
        yield opened


def test_there_are_enough_programs() -> None:
    assert len(RIGHT.names) >= 40
    assert len(WRONG.names) >= 20


@pytest.mark.parametrize("name", RIGHT.names)
def test_a_right_program_computes_what_it_computes_on_the_cpu(
    plain: programs.Run, pretended: programs.Run, name: str
) -> None:
    programs.alike(plain.call(name), pretended.call(name))
    assert pretended.findings() == []


@pytest.mark.parametrize("name", WRONG.names)
def test_a_wrong_program_is_found(mistaken: programs.Run, name: str) -> None:
    programs.found(mistaken, WRONG, name)
