"""Orders: the gradings that a class needs, the longest first, and each code once where one seed is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec import structs

from autograder.authoring.exercise import Exercise
from autograder.course import handin_zip
from autograder.course.submission import Submission
from autograder.execution.output import OUTPUT_KEPT
from autograder.grading import grader
from autograder.results.form import Result


@dataclass(frozen=True)
class Order:
    """One grading."""

    handed_in: Submission
    seed: int
    twins: tuple[Submission, ...] = ()
    """Submissions whose code is the same: with the same seed, they have the same result."""
    earlier: Result | None = None
    """An earlier result to complete."""
    only: tuple[str, ...] = ()
    """The ids of the checks that complete it."""

    @property
    def label(self) -> str:
        """What people read about it: `ada · xor`."""
        return f"{self.handed_in.student} · {self.handed_in.exercise}"


def longest_first(submissions: Iterable[Submission], limit_of: dict[str, float]) -> list[Submission]:
    """By the longest time that each may take; what has no code to run takes none and is first.

    `limit_of`: an exercise's limit in seconds. A Keras submission takes longer than one in PyTorch.
    """

    def expected(handed_in: Submission) -> tuple[bool, float, bool]:
        return (handed_in.readable, -limit_of[handed_in.exercise], handed_in.framework != "keras")

    return sorted(submissions, key=expected)


def by_code(submissions: Iterable[Submission]) -> Iterator[list[Submission]]:
    """The submissions in groups with the same code, in the order of the first of each group."""
    groups: dict[bytes, list[Submission]] = {}
    for each in submissions:
        groups.setdefault(_code(each), []).append(each)
    yield from groups.values()


def said_of(result: Result, graded: Submission, other: Submission, exercise: Exercise) -> Result:
    """The result of one submission as the result of another one with the same code."""
    return structs.replace(
        result,
        student=other.student,
        file=other.file,
        folder=str(other.folder or ""),
        digest=grader.digest(other, exercise),
        source=handin_zip.digest(other.content),
        notes=[*other.notes, *result.notes[len(graded.notes) :]],
        submitted=other.submitted,
    )


def completed(earlier: Result, now: Result) -> Result:
    """The later result, with the notes, output and time of both."""
    notes = list(dict.fromkeys([*earlier.notes, *now.notes]))
    output = (earlier.output + now.output)[:OUTPUT_KEPT]
    return structs.replace(now, notes=notes, output=output, seconds=round(earlier.seconds + now.seconds, 3))


def _code(handed_in: Submission) -> bytes:
    """A digest of what is run: names of cells stand in tracebacks, outputs of notebooks nowhere."""
    parts: Sequence[str] = (
        handed_in.exercise,
        handed_in.framework,
        *(text for cell in handed_in.cells for text in cell),
    )
    whole = hashlib.sha256()
    for part in parts:
        encoded = part.encode(errors="surrogatepass")
        whole.update(f"{len(encoded)}\0".encode() + encoded)
    if not handed_in.readable:
        # Its notes are its result, and they name the file.
        whole.update(f"{handed_in.student}\0{handed_in.exercise}".encode(errors="surrogatepass"))
    return whole.digest()
