"""Compare the submissions of a class, exercise by exercise. They are data: nothing in them is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import submission
from autograder.course.submission import Code, Submission
from autograder.similarity import index
from autograder.similarity.fingerprints import Prints, of_program
from autograder.similarity.given import Given
from autograder.similarity.index import LEAST, Weights
from autograder.similarity.tokens import statements


@dataclass(frozen=True)
class Program:
    """A submission that is compared; its code is not kept."""

    student: str
    exercise: str
    file: str
    path: Path | None
    year: str = ""
    """The folder of an earlier year; empty for the class itself."""


@dataclass(frozen=True)
class Pair:
    """Two programs that look alike."""

    first: Program
    """Of the class."""
    second: Program
    similarity: float
    """Share of the smaller program's fingerprints, by weight, that are in the other: 0 to 1."""


@dataclass(frozen=True)
class Left:
    """A submission that was not compared, and why."""

    program: Program
    reason: str


@dataclass(frozen=True)
class Comparison:
    """One exercise."""

    exercise: str
    given: Given
    threshold: float
    programs: int
    """Of the class."""
    earlier: int
    """Of earlier years."""
    pairs: Sequence[Pair]
    reached: int
    """Pairs at or above the threshold; `pairs` has the most similar of them."""
    spread: Sequence[int]
    """Pairs within the class, in `index.BINS` bins of similarity from 0 to 1."""
    left: Sequence[Left]
    weights: Weights

    @property
    def compared(self) -> int:
        """The number of pairs within the class."""
        return sum(self.spread)

    def quantile(self, share: float) -> float:
        """The similarity that this share of the class's pairs stays below, as the upper end of a bin."""
        below = 0
        for number, count in enumerate(self.spread, start=1):
            below += count
            if below >= share * self.compared:
                return number / len(self.spread)
        return 1.0


@dataclass
class _Class:
    programs: list[tuple[Program, Prints]] = field(default_factory=list[tuple[Program, Prints]])
    earlier: list[tuple[Program, Prints]] = field(default_factory=list[tuple[Program, Prints]])
    left: list[Left] = field(default_factory=list[Left])


def compare(
    submissions: Iterable[tuple[str, Submission]],
    given_of: Callable[[str], Given],
    threshold: float,
    most: int,
    read: Callable[[Submission], None] = lambda _: None,
) -> list[Comparison]:
    """Compare submissions, each with its year (empty for the class itself).

    `given_of`: what an exercise gives. `most`: pairs of each exercise that are returned. `read` is called with each
    submission. Of a submission only the fingerprints are kept.
    """
    classes: dict[str, _Class] = {}
    given: dict[str, Given] = {}
    for year, each in submissions:
        read(each)
        if each.exercise not in given:
            given[each.exercise] = given_of(each.exercise)
        program = Program(each.student, each.exercise, each.file, each.path, year)
        of = classes.setdefault(each.exercise, _Class())
        prints = prints_of(each.cells, given[each.exercise])
        if reason := _reason(each, prints):
            if each.file:
                of.left.append(Left(program, reason))
            continue
        (of.earlier if year else of.programs).append((program, prints))
    return [
        _compared(exercise, of, given[exercise], threshold, most)
        for exercise, of in sorted(classes.items())
        if of.programs or of.left
    ]


def prints_of(cells: Sequence[Code], given: Given) -> Prints:
    """The fingerprints of a program, without what the exercise gives."""
    return of_program(statements(cells, given.names), given.prints)


def code_of(program: Program) -> Sequence[Code]:
    """The program's cells, read again; none if the file is no longer there."""
    if program.path is None:
        return ()
    return submission.read(program.path, program.student, program.exercise).cells


def _reason(each: Submission, prints: Prints) -> str:
    if not each.cells:
        return each.withheld or (each.notes[0] if each.notes else f"{each.file} contains no code.")
    return f"{each.file} has too little code of its own to be compared." if len(prints) < LEAST else ""


def _compared(exercise: str, of: _Class, given: Given, threshold: float, most: int) -> Comparison:
    programs = [program for program, _ in (*of.programs, *of.earlier)]
    prints = [each for _, each in (*of.programs, *of.earlier)]
    found = index.pairs(prints, len(of.programs), threshold, most)
    return Comparison(
        exercise=exercise,
        given=given,
        threshold=threshold,
        programs=len(of.programs),
        earlier=len(of.earlier),
        pairs=[Pair(programs[each.first], programs[each.second], each.similarity) for each in found.above],
        reached=found.reached,
        spread=found.spread.tolist(),
        left=of.left,
        weights=index.weights(prints),
    )
