"""Winnowing, the weights of fingerprints, and the pairs that an index finds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.similarity import fingerprints, index
from autograder.similarity.fingerprints import GUARANTEED, NOISE, Prints, hashes, of_program, of_statement, winnowed
from autograder.similarity.passages import shared
from autograder.similarity.tokens import Statement, statements

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=30).map(tuple)


def statement(tokens: Sequence[str]) -> Statement:
    return Statement(tuple(tokens), 0, 1, 1)


@given(WORDS, WORDS, WORDS, WORDS, st.lists(st.sampled_from("abcdefgh"), min_size=GUARANTEED, max_size=30).map(tuple))
@settings(max_examples=100, deadline=None)
def test_what_is_long_enough_is_always_found(
    before: tuple[str, ...], after: tuple[str, ...], other_before: tuple[str, ...], other_after: tuple[str, ...],
    common: tuple[str, ...],
) -> None:  # fmt: skip
    first, second = (
        of_statement(statement(before + common + after)),
        of_statement(statement(other_before + common + other_after)),
    )
    assert len(np.intersect1d(first, second))


@given(st.lists(st.sampled_from("abcdefgh"), max_size=NOISE - 1).map(tuple), WORDS)
@settings(max_examples=50, deadline=None)
def test_what_is_short_counts_only_as_a_whole(short: tuple[str, ...], after: tuple[str, ...]) -> None:
    longer = short + after
    same = len(np.intersect1d(of_statement(statement(short)), of_statement(statement(longer))))
    assert same == (longer == short)


def test_fewer_fingerprints_than_hashes_and_the_same_ones_everywhere() -> None:
    every = hashes([str(number) for number in range(1000)])
    assert len(every) == 1000 - NOISE + 1
    assert 0.4 < len(winnowed(every)) / len(every) < 0.6
    # Python's own `hash` of a text differs from process to process.
    assert hashes(("a", "b")).tolist() == [17696931234487487684]


def test_what_is_given_is_taken_out() -> None:
    given_code = "def f(x):\n    return [value * 2 for value in x if value > 3 and value < 9]\n"
    own = "def g(x):\n    return sorted({key: sum(x[key]) for key in x}.items(), key=lambda pair: pair[1])\n"
    stub = fingerprints.everything(statements([("", given_code)]))
    both = statements([("", given_code.replace("value", "v") + own)])
    assert not len(of_program(both[:2], stub))
    assert np.array_equal(of_program(both, stub), np.setdiff1d(of_program(both[2:], stub), stub))


# ── pairs ───────────────────────────────────────────────────────────────────────────────────────────────────


def drawn(count: int, rng: np.random.Generator) -> list[Prints]:
    return [np.unique(rng.integers(0, 300, rng.integers(30, 90)).astype(np.uint64)) for _ in range(count)]


def by_hand(programs: Sequence[Prints], first: int, second: int) -> float:
    weights = index.weights(programs)
    both = np.intersect1d(programs[first], programs[second])
    totals = [weights.of(programs[each]).sum() for each in (first, second)]
    return float(weights.of(both).sum() / min(totals))


def test_pairs_are_those_that_one_finds_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = drawn(30, np.random.default_rng(1))
    wanted = {pair: value for pair in combinations(range(30), 2) if (value := by_hand(programs, *pair))}
    # A few rows at a time, as in a large class.
    monkeypatch.setattr(index, "_BLOCK", 100)
    found = index.pairs(programs, 30, 0.0, 1000)
    assert {(each.first, each.second): pytest.approx(each.similarity) for each in found.above} == wanted
    assert found.spread.sum() == 30 * 29 / 2
    values = [each.similarity for each in found.above]
    assert values == sorted(values, reverse=True)
    few = index.pairs(programs, 30, values[20], 5)
    assert few.above == found.above[:5]
    assert few.reached == 21


def test_earlier_years_are_compared_with_the_class_only() -> None:
    programs = drawn(12, np.random.default_rng(2))
    programs[11] = programs[10]
    found = index.pairs(programs, 10, 0.0, 1000)
    assert {each.first for each in found.above} <= set(range(10))
    assert any(each.second == 11 for each in found.above)
    assert found.spread.sum() == 45


def test_common_code_weighs_nothing_and_a_class_of_copies_is_no_common_code() -> None:
    common = np.arange(1000, 1040, dtype=np.uint64)
    programs = [np.union1d(each, common) for each in drawn(20, np.random.default_rng(3))]
    assert not index.weights(programs).of(common).any()
    # The same program nine times counts once: their own code stays rare.
    programs[11:] = [programs[10]] * 9
    found = index.pairs(programs, 20, 0.99, 1000)
    assert found.reached == 45


def test_little_code_is_in_no_pair() -> None:
    programs = [*drawn(5, np.random.default_rng(4)), np.arange(index.LEAST - 1, dtype=np.uint64)]
    programs += [programs[-1], np.empty(0, np.uint64)]
    found = index.pairs(programs, 8, 0.5, 1000)
    assert found.reached == 0
    assert found.spread.sum() == 10
    assert index.pairs([], 0, 0.5, 10).above == []


# ── passages ────────────────────────────────────────────────────────────────────────────────────────────────

FIRST = """
def encode(text, table):
    numbers = [table[sign] for sign in text if sign in table]
    total = sum(number ** 2 for number in numbers) / max(len(numbers), 1)
    return numbers, total
def decode(numbers, signs):
    return "".join(signs[number % len(signs)] for number in reversed(numbers))
"""
SECOND = """
a = 5
def back(n, s):
    return "".join(s[k % len(s)] for k in reversed(n))
def forth(t, d):
    q = [d[c] for c in t if c in d]
    print("not shared", 3 * a + 2 - 1, a)
    r = sum(k ** 2 for k in q) / max(len(q), 1)
    return q, r
"""


def test_passages_are_found_in_another_order_with_other_code_between() -> None:
    first, second = (statements([("", source)]) for source in (FIRST, SECOND))
    programs = [of_program(each, np.empty(0, np.uint64)) for each in (first, second)]
    passages = shared(first, second, index.weights(programs))
    assert [(each.first, each.second) for each in passages] == [((0, 1, 2, 3), (3, 4, 6, 7)), ((4, 5), (1, 2))]
    assert all(each.weight > 0 for each in passages)


def test_a_program_that_repeats_itself_is_shared_as_a_whole() -> None:
    found = statements([("", "value = table[1] + other[2] * third\n" * 2_500)])
    passages = shared(found, found, index.weights([of_program(found, np.empty(0, np.uint64))]))
    assert {number for each in passages for number in each.first} == set(range(2_500))
