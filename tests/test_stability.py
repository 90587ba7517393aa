"""`python -m tests.stability` grades programs with several seeds, and its page counts what changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder.execution.zygote_client import Zygotes
from tests import catalogue, outcomes, stability
from tests.stability import Outcome, Program


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "FILE", tmp_path / "stability.jsonl")
    monkeypatch.setattr(stability, "PAGE", tmp_path / "stability.md")


def _outcome(program: Program, seed: int, score: float | None, **not_passed: str) -> Outcome:
    return Outcome(program.key(seed), str(program), seed, score, 20, not_passed)


def _page(*found: Outcome) -> str:
    return stability.page(stability.of_present({each.key: each for each in found}))


def _first(kind: stability.Kind) -> Program:
    return stability.programs(["xor"], ["torch"], [kind])[0]


def test_the_page_counts_scores_that_change() -> None:
    reference, mistake = _first("reference"), _first("mistake")
    found = [
        *(_outcome(reference, seed, 20) for seed in range(3)),
        *(_outcome(mistake, seed, 16, model_nonlinear="failed: 1") for seed in range(2)),
        _outcome(mistake, 2, 14, model_nonlinear="failed: 1", training_corners="failed: 2"),
    ]
    page = _page(*found)
    assert "| references | torch | 3 | 1 | 0 | 0.0% | 0 |" in page
    assert "| mistakes | torch | 3 | 1 | 1 | 100.0% |  |" in page
    assert f"| {mistake} | 2 × 16, 1 × 14 | `training_corners` |" in page
    assert "| `xor` | torch | 3 of 20 | 0 of 30 | 3 of " in page
    assert page.endswith("## Right programs without full marks\n\nNone.\n")


def test_the_page_lists_right_programs_that_lose_points() -> None:
    variant = _first("variant")
    lost = _outcome(variant, 1, 18, training_learns="failed: 0.9")
    page = _page(_outcome(variant, 0, 20), lost)
    assert "| variants | torch | 2 | 1 | 1 | 100.0% | 1 |" in page
    assert page.endswith(f"- {variant}, seed 1: `training_learns`\n")


def test_outcomes_of_other_code_do_not_count() -> None:
    program = _first("reference")
    changed = program._replace(source=program.source + "\n")
    assert changed.key(0) != program.key(0) != program.key(1)
    assert "| references |" not in _page(_outcome(changed, 0, 10))


def test_a_run_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    outcomes.add(stability.FILE, _outcome(_first("reference")._replace(source=""), 0, 20))

    def graded(_: Zygotes, program: Program, seed: int) -> Outcome:
        asked.append(seed)
        return _outcome(program, seed, 20 if seed < 3 else None)

    monkeypatch.setattr(stability, "graded", graded)
    for seeds, code in (("2", 0), ("4", 1)):
        monkeypatch.setattr(sys, "argv", ["", "xor", "--framework", "torch", "--kind", "reference", "--seeds", seeds])
        assert stability.main() == code
    assert asked == [0, 1, 2, 3]
    assert len(outcomes.read(stability.FILE, Outcome)) == 4
    assert "| references | torch | 4 | 1 | 1 | 100.0% | 1 |" in stability.PAGE.read_text(encoding="utf-8")


def test_a_grading_is_kept_with_what_did_not_pass(zygotes: Zygotes) -> None:
    title = "no nonlinearity in the hidden layer"
    (program,) = [each for each in stability.programs(["xor"], ["torch"], ["mistake"]) if each.name == title]
    outcome = stability.graded(zygotes, program, 1)
    assert (outcome.key, outcome.seed, outcome.maximum) == (program.key(1), 1, 20)
    assert outcome.score and outcome.score < 20
    assert outcome.not_passed["model.nonlinear"] == "failed"
    assert {each.split(".")[0] for each in outcome.not_passed} <= {each.part for each in catalogue.load("xor").checks}
