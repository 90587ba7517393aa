"""PyTorch's pretended GPU: right programs give a plain run's numbers, wrong ones are reported with line and remedy."""

from __future__ import annotations

import pytest

from autograder.execution.zygote_client import Zygotes
from tests.gpu import programs

RIGHT = programs.read("right_torch")
WRONG = programs.read("wrong_torch")


@pytest.fixture(scope="module")
def plain(zygotes: Zygotes):
    with programs.worker(zygotes, RIGHT, "plain") as opened:
        yield opened


@pytest.fixture(scope="module")
def pretended(zygotes: Zygotes):
    with programs.worker(zygotes, RIGHT, "pretended") as opened:
        yield opened


@pytest.fixture(scope="module")
def mistaken(zygotes: Zygotes):
    with programs.worker(zygotes, WRONG, "pretended") as opened:
        yield opened


def test_there_are_enough_programs() -> None:
    assert len(RIGHT.names) >= 60
    assert len(WRONG.names) >= 35


@pytest.mark.parametrize("name", RIGHT.names)
def test_a_right_program_computes_what_it_computes_on_the_cpu(
    plain: programs.Run, pretended: programs.Run, name: str
) -> None:
    programs.alike(plain.call(name), pretended.call(name))
    assert [each for each in pretended.findings() if each["kind"] != "refused"] == []


@pytest.mark.parametrize("name", WRONG.names)
def test_a_wrong_program_is_found(mistaken: programs.Run, name: str) -> None:
    programs.found(mistaken, WRONG, name)
