"""What a person does on a page: recorded by the functions that the commands use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from autograder.course.people.adjustments import Kind
from autograder.decisions import adjust, regrade
from autograder.decisions.adjust import Decision
from autograder.errors import UsageError
from autograder.grading.regrade import Regraded
from autograder.results.form import Result
from autograder.serving.record import Record
from autograder.serving.state import State, View
from autograder.serving.work import Regrade, Workshop

Fields = dict[str, list[str]]
"""A form: the values of each field."""


@dataclass(frozen=True, kw_only=True)
class Office:
    """What actions work with."""

    state: State
    record: Record
    workshop: Workshop
    author: str
    jobs: int = 1
    allow_weak: bool = False

    def decide(self, view: View, result: Result, form: Fields) -> str:
        """Record a comment, an adjustment, or that the latest one is taken back. Returns a sentence about it."""
        kind = value(form, "kind")
        if kind not in get_args(Kind):
            raise UsageError("Choose what to decide")
        comment = kind == "comment"
        decision = Decision(
            student=result.student,
            exercise=result.exercise,
            kind=cast(Kind, kind),
            value=value(form, "comment" if comment else "value"),
            reason=value(form, "reason"),
            author=self.author,
        )
        recorded = adjust.record(decision, view.policy, view.results)
        self.workshop.refresh()
        return f"Recorded in {recorded.path.name}."

    def regrade(self, student: str | None, exercise: str | None, check: str | None) -> str:
        """Begin to run the checks that have changed. Returns a sentence about it."""
        state = self.state
        order = Regrade(
            results=str(state.results),
            config=str(state.config),
            history=self.record.url,
            exercise=exercise,
            student=student,
            checks=[check] if check else None,
            jobs=self.jobs,
            allow_weak=self.allow_weak,
        )
        what = " · ".join(each for each in (check, exercise, student) if each) or "all results"
        if not self.workshop.regrade(order, what):
            raise UsageError("Another regrading is running: wait until it has ended, or stop it")
        return f"Regrading {what}. Nothing counts before you accept it."

    def accept(self, chosen: Sequence[Regraded], reason: str) -> str:
        """Let these differences count. Returns a sentence about it."""
        if not chosen:
            raise UsageError("Choose the differences to accept")
        accepted = regrade.accept(self.record.opened(), chosen, self.author, reason)
        self.workshop.refresh()
        left = len(chosen) - len(accepted)
        said = f"{len(accepted)} new result{' counts' if len(accepted) == 1 else 's count'} now."
        return f"{said} {left} had been graded again meanwhile, and did not change." if left else said


def value(form: Fields, name: str) -> str:
    """The text of a field; empty if there is none."""
    return next(iter(form.get(name, ())), "").strip()
