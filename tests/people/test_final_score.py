"""The score that counts: the late rule, attempts, and what people decided."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.people.adjustments import Adjustment, Kind
from autograder.course.people.final_score import Attempt, Rules, final_score, hundredths
from autograder.course.policy import LateRule
from autograder.results.form import Final, Submitted

DUE = datetime.datetime(2026, 11, 20, 23, 59)
RULE = LateRule(percent_per_day=10, grace_minutes=15, most_percent=50)
RULES = Rules(DUE, RULE, "Europe/Berlin")


def at(time: str) -> Submitted:
    return Submitted(at=time, source="Gradescope")


def decided(kind: Kind, value: str = "", checks: str = "") -> Adjustment:
    return Adjustment("2026-11-25T10:00:00+00:00", "grace", "ada", "toy", kind, value, "because", checks)


def said(final: Final) -> list[tuple[str, float]]:
    return [(line.kind, line.points) for line in final.lines]


@pytest.mark.parametrize(
    ("time", "score", "words"),
    [
        ("2026-11-20T22:59:00+00:00", 13.34, "on time"),
        ("2026-11-20T23:14:00+00:00", 13.34, "within the grace period"),
        ("2026-11-20T23:14:01+00:00", 12.01, "1 day late: −10 %"),
        ("2026-11-21T22:59:00+00:00", 12.01, "1 day late"),
        ("2026-11-21T22:59:01+00:00", 10.67, "2 days late: −20 %"),
        ("2027-11-20T22:59:00+00:00", 6.67, "365 days late: −50 %"),
    ],
)
def test_lateness_is_counted_in_the_course_s_time_zone(time: str, score: float, words: str) -> None:
    final = final_score([Attempt(13.335, 20, at(time))], RULES)
    assert final.score == score
    assert words in final.lines[-1].text
    assert "by Gradescope" in final.lines[-1].text
    assert "due 2026-11-20 23:59 CET" in final.lines[-1].text


def test_a_day_has_24_hours_when_the_clocks_change() -> None:
    # On 2026-10-25 the clocks in Berlin go back: from 12:00 to 12:00 are 25 hours.
    rules = Rules(datetime.datetime(2026, 10, 24, 12, 0), RULE, "Europe/Berlin")
    assert final_score([Attempt(10, 20, at("2026-10-25T11:00:00+00:00"))], rules).score == 8
    assert final_score([Attempt(10, 20, at("2026-10-25T10:00:00+00:00"))], rules).score == 9


def test_platforms_that_only_say_late() -> None:
    late, on_time = (Submitted(source="Canvas", late=each) for each in (True, False))
    assert final_score([Attempt(10, 20, on_time)], RULES).score == 10
    final = final_score([Attempt(10, 20, late)], RULES)
    assert final.score == 9
    assert "does not say by how much" in final.lines[1].text
    extended = final_score([Attempt(10, 20, late)], RULES, [decided("extension", "2026-11-25 12:00")])
    assert extended.score == 10, "late for others says nothing about a student with an extension"


def test_an_unknown_time_costs_nothing() -> None:
    assert final_score([Attempt(10, 20, None)], RULES).score == 10


def test_best_and_last_count_what_is_left_after_the_deduction() -> None:
    attempts = [Attempt(12, 20, at("2026-11-20T20:00:00+00:00")), Attempt(13, 20, at("2026-11-21T20:00:00+00:00"))]
    assert final_score(attempts, RULES).score == 11.7
    best = final_score(attempts, Rules(DUE, RULE, "Europe/Berlin", "best"))
    assert best.score == 12
    assert best.lines[0].text == "score of the checks, attempt 1 of 2 (best)"


def test_points_and_scores_of_people() -> None:
    late = [Attempt(10, 20, at("2026-11-21T20:00:00+00:00"))]
    final = final_score(late, RULES, [decided("points", "+1.5", "10")])
    assert said(final) == [("checks", 10), ("late", -1), ("points", 1.5)]
    assert final.score == 10.5
    # A score that was set counts as it is; points that were given later are added.
    final = final_score(late, RULES, [decided("points", "4", "10"), decided("score", "14", "10")])
    assert (final.score, said(final)) == (14, [("checks", 10), ("note", 0), ("override", 4)])
    final = final_score(late, RULES, [decided("score", "14", "10"), decided("points", "-0.5", "10")])
    assert final.score == 13.5
    final = final_score(late, RULES, [decided("points", "-30", "10")])
    assert (final.score, said(final)[-1]) == (0, ("points", -9)), "a score is never negative"


def test_a_changed_score_of_the_checks_is_said() -> None:
    final = final_score([Attempt(12, 20)], Rules(), [decided("points", "+1", "10")])
    assert final.lines[-1].text == "the checks gave 10 when grace decided this, and 12 now"
    assert final.score == 13
    assert len(final_score([Attempt(10, 20)], Rules(), [decided("points", "+1", "10")]).lines) == 2


def test_excused_and_ungraded_have_no_score() -> None:
    excused = final_score([Attempt(10, 20)], RULES, [decided("excuse")])
    assert (excused.score, excused.excused) == (None, True)
    assert final_score([Attempt(None, 20)], RULES).score is None
    assert final_score([Attempt(12, 20), Attempt(None, 20)], RULES).score is None, "the last one waits for the grader"
    assert final_score([Attempt(None, 20)], RULES, [decided("score", "7")]).score == 7


def test_undo_takes_back_the_latest_decision_and_is_said() -> None:
    made = [decided("points", "+1", "10"), decided("points", "+5", "10"), decided("undo")]
    final = final_score([Attempt(10, 20)], Rules(), made)
    assert final.score == 11
    assert "taken back" in final.lines[-1].text
    assert final_score([Attempt(10, 20)], Rules(), [*made, decided("undo")]).score == 10


_DECISIONS = st.one_of(
    st.tuples(st.just("points"), st.integers(-3000, 3000).map(lambda number: f"{number / 100}")),
    st.tuples(st.just("score"), st.integers(0, 3000).map(lambda number: f"{number / 100}")),
    st.sampled_from([("comment", ""), ("undo", ""), ("extension", "2026-11-22 12:00")]),
)


@given(
    scores=st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=4),
    hours=st.integers(-100, 300),
    made=st.lists(_DECISIONS, max_size=6),
    which=st.sampled_from(["best", "last"]),
)
def test_the_lines_sum_to_the_score_to_the_cent(scores: list[float], hours: int, made: list, which: str) -> None:
    when = (DUE.replace(tzinfo=datetime.UTC) + datetime.timedelta(hours=hours)).isoformat()
    attempts = [Attempt(score, 20, at(when)) for score in scores]
    rules = Rules(DUE, RULE, "Europe/Berlin", which)  # pyright: ignore[reportArgumentType]
    final = final_score(attempts, rules, [decided(kind, value, "1") for kind, value in made])
    assert final.score is not None and final.score >= 0
    total = sum((Decimal(str(line.points)) for line in final.lines), Decimal(0))
    assert hundredths(final.score) == total
