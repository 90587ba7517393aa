"""The passages that two programs share: statements in a row whose fingerprints are in both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from autograder.similarity.fingerprints import Prints, of_statement
from autograder.similarity.index import Weights
from autograder.similarity.tokens import Statement

SHARED = 0.6
"""Share of a statement's weight that must be in a statement of the other program."""
_GAP = 4
"""Statements between two matches that still belong to one passage."""
_SWAPPED = 2
"""Statements that a match may lie before the last one: neighbours may be swapped."""
_MOST_PLACES = 50
"""Places of a fingerprint that are looked at: a program may repeat a line a thousand times."""


@dataclass(frozen=True)
class Passage:
    """Statements of one program, and those of the other that match them, by their numbers in each."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    weight: float


def shared(first: Sequence[Statement], second: Sequence[Statement], weights: Weights) -> list[Passage]:
    """The shared passages in the order of the first program. Common code and code of the exercise are in none."""
    theirs = [of_statement(statement) for statement in second]
    places: dict[int, list[int]] = defaultdict(list)
    for number, prints in enumerate(theirs):
        for value in prints.tolist():
            if len(places[value]) < _MOST_PLACES:
                places[value].append(number)
    continued: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, statement in enumerate(second[1:]):
        continued[statement.tokens].add(number)
    runs: list[list[tuple[int, int, float]]] = []
    for number, statement in enumerate(first):
        last = runs[-1][-1] if runs else (-_GAP, -_GAP, 0.0)
        following = first[number + 1].tokens if number + 1 < len(first) else ()
        match = _match(of_statement(statement), places, weights, last[1] + 1, continued.get(following, frozenset()))
        if match is None:
            continue
        if runs and number - last[0] <= _GAP and -_SWAPPED <= match[0] - last[1] <= _GAP:
            runs[-1].append((number, *match))
        else:
            runs.append([(number, *match)])
    taken = {number for run in runs for number, _, _ in run}, {place for run in runs for _, place, _ in run}
    return [_passage(run, first, second, taken) for run in runs]


def _match(
    prints: Prints, places: dict[int, list[int]], weights: Weights, expected: int, continued: Set[int]
) -> tuple[int, float] | None:
    """The statement of the other program that shares most, if it shares enough.

    Among equals, one that is `continued` as this statement is, and then the one that is closest to the `expected` place.
    """
    score: dict[int, float] = defaultdict(float)
    each = weights.of(prints)
    for value, weight in zip(prints.tolist(), each.tolist(), strict=True):
        if weight:
            for place in places.get(value, ()):
                score[place] += weight
    if not score:
        return None
    best = max(score, key=lambda place: (score[place], place in continued, -abs(place - expected)))
    return (best, score[best]) if score[best] >= SHARED * each.sum() else None


def _passage(
    run: Sequence[tuple[int, int, float]],
    first: Sequence[Statement],
    second: Sequence[Statement],
    taken: tuple[set[int], set[int]],
) -> Passage:
    """The passage of these matches, with the common code that is the same in both, within it and around it."""
    mine, theirs = {number for number, _, _ in run}, {place for _, place, _ in run}
    for (number, place, _), (next_number, next_place, _) in pairwise(run):
        # Gaps are short, so that this is linear in the length of the passage.
        for between in range(number + 1, next_number):
            for there in range(min(place, next_place) + 1, max(place, next_place)):
                if first[between].tokens == second[there].tokens and not (between in taken[0] or there in taken[1]):
                    _take(between, there, mine, theirs, taken)
    for number, place, step in ((min(mine), min(theirs), -1), (max(mine), max(theirs), 1)):
        number, place = number + step, place + step
        while (
            0 <= number < len(first)
            and 0 <= place < len(second)
            and first[number].tokens == second[place].tokens
            and not (number in taken[0] or place in taken[1])
        ):
            _take(number, place, mine, theirs, taken)
            number, place = number + step, place + step
    return Passage(tuple(sorted(mine)), tuple(sorted(theirs)), sum(weight for _, _, weight in run))


def _take(number: int, place: int, mine: set[int], theirs: set[int], taken: tuple[set[int], set[int]]) -> None:
    mine.add(number)
    theirs.add(place)
    taken[0].add(number)
    taken[1].add(place)
