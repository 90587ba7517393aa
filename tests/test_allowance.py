"""Limits on CPU time follow from what the reference solution needs; files that nobody has measured have the bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from autograder.authoring.costs import COSTS_FILE, Costs, read_costs
from autograder.authoring.exercise import Check
from autograder.course.policy import Bounds, Limits
from autograder.errors import UsageError
from autograder.grading import speed
from autograder.grading.allowance import Allowance, allowed
from tests import catalogue, toy

S = speed.slowness()
"""How slow this machine is: limits grow with it."""
COSTS: Costs = {"torch": {"part.cheap": 0.1, "part.dear": 4 / speed.USUAL_SECONDS}}


def check(id: str, *, trains: bool) -> Check:
    return Check(id, "It works", lambda: None, (), (), trains, False, "", None, Path(), 1)


def seconds(id: str, *, trains: bool, on_gpu: bool = False, suspected: bool = False, **limits: object) -> float:
    exercise = replace(toy.with_limits(**limits), costs=COSTS)
    asked = check(id, trains=trains)
    return Allowance(exercise, "torch").for_request(asked, on_gpu=on_gpu, suspected=suspected)


@pytest.mark.parametrize(
    ("cost", "limit"),
    [(0.1, 60), (2.0, 60), (3.0, 90), (4.9, 147), (13, 150), (None, 150)],
)
def test_a_factor_within_bounds(cost: float | None, limit: float) -> None:
    assert allowed(Bounds(least=60, most=150), 30, cost) == pytest.approx(limit * S)


def test_the_defaults() -> None:
    assert seconds("part.cheap", trains=False) == pytest.approx(30 * S)
    assert seconds("part.dear", trains=False) == pytest.approx(100 * S)
    assert seconds("part.unknown", trains=False) == pytest.approx(30 * S)
    assert seconds("part.cheap", trains=True) == pytest.approx(60 * S)
    assert seconds("part.dear", trains=True) == pytest.approx(120 * S)
    assert seconds("part.cheap", trains=False, on_gpu=True) == pytest.approx(60 * S)
    assert seconds("part.unknown", trains=True) == pytest.approx(150 * S)


def test_what_calls_an_endless_function_has_less() -> None:
    assert seconds("part.cheap", trains=True, suspected=True) == pytest.approx(1 * S)
    assert seconds("part.dear", trains=True, suspected=True) == pytest.approx(16 * S)
    assert seconds("part.unknown", trains=True, suspected=True) == pytest.approx(1 * S)
    assert seconds("part.dear", trains=True, suspected=True, check_seconds=1) == 1


def test_an_author_s_own_seconds_hold_on_every_machine() -> None:
    assert seconds("part.dear", trains=True, check_seconds=7) == 7
    assert seconds("part.dear", trains=False, check_seconds=7) == 7
    assert seconds("part.dear", trains=False, check_seconds=700) == pytest.approx(100 * S)
    assert seconds("part.dear", trains=False, exact_seconds=3) == 3
    assert seconds("part.dear", trains=True, exact_seconds=3) == pytest.approx(120 * S)
    assert seconds("part.dear", trains=True, factor=20) == pytest.approx(80 * S)


@pytest.mark.parametrize(
    ("limits", "costs", "limit"),
    [({}, COSTS, 300), ({}, {}, 900), ({"seconds": 10}, COSTS, None), ({"factor": 100}, COSTS, 400)],
)
def test_all_checks_together(limits: dict[str, object], costs: Costs, limit: float | None) -> None:
    found = Allowance(replace(toy.with_limits(**limits), costs=costs), "torch").in_all
    assert found == (10 if limit is None else pytest.approx(limit * S, rel=0.01))


def test_bounds_are_in_order() -> None:
    with pytest.raises(ValidationError, match="least is 3, and most is 2, which is less"):
        Limits.model_validate({"training": {"least": 3, "most": 2}})


def test_a_file_that_is_not_a_measurement(tmp_path: Path) -> None:
    assert read_costs(tmp_path) == {}
    toy.write(tmp_path / COSTS_FILE, "torch: {part.first: 0.3}\n")
    assert read_costs(tmp_path) == {"torch": {"part.first": 0.3}}
    for text in ("torch: 3\n", "troch: {}\n", "torch: {part.first: long}\n", "torch: [\n", "- torch\n"):
        toy.write(tmp_path / COSTS_FILE, text)
        with pytest.raises(UsageError, match=r"costs\.yml is not what `python -m benchmarks\.costs` writes"):
            read_costs(tmp_path)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_check_is_measured(name: str) -> None:
    """A check that is renamed or added has the most time until somebody measures it."""
    exercise = catalogue.load(name)
    graded = {check.id for check in exercise.checks if check.id != "gpu.execution"}
    assert {framework: set(costs) for framework, costs in exercise.costs.items()} == dict.fromkeys(
        catalogue.frameworks(name), graded
    )


@pytest.mark.parametrize("name", catalogue.names())
def test_a_right_program_may_be_slow(name: str) -> None:
    """Twenty times as slow as the reference in what takes it less than five seconds, four times in the rest."""
    exercise = catalogue.load(name)
    for framework, costs in exercise.costs.items():
        allowance = Allowance(exercise, framework)
        for check in exercise.checks:
            if (loops := costs.get(check.id)) is not None:
                cost = loops * speed.USUAL_SECONDS
                assert allowance.for_request(check) / S >= cost * (20 if cost < 5 else 4), (check.id, cost)
        assert allowance.in_all / S >= 4 * sum(costs.values()) * speed.USUAL_SECONDS


def test_the_loop_takes_cpu_time_and_is_measured_once() -> None:
    assert speed.measured() > 0
    assert speed.loop_seconds() == speed.loop_seconds()
    assert S >= 1
