"""What two gradings of a submission say differently: check by check, and why."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Result

_LENGTH = 200


@dataclass(frozen=True)
class Change:
    """A check whose points, maximum or status differ. `None`: the grading does not have this check."""

    id: str
    before: CheckResult | None
    after: CheckResult | None
    why: str

    @property
    def gain(self) -> float:
        """Points gained; negative if points are lost."""
        return (self.after.points if self.after else 0.0) - (self.before.points if self.before else 0.0)


def changes(before: Result, after: Result) -> list[Change]:
    """The checks that differ, in the order of the later grading, and then those that it does not have."""
    old = {check.id: check for check in before.checks}
    new = {check.id: check for check in after.checks}
    found: list[Change] = []
    for id in [*new, *(id for id in old if id not in new)]:
        first, second = old.get(id), new.get(id)
        if _shown(first) != _shown(second):
            found.append(Change(id, first, second, _why(first, second)))
    return found


def score(check: CheckResult | None) -> str:
    """`1 / 2 passed`, or that the grading does not have this check."""
    return f"{words.check_points(check)} {words.STATUS[check.status]}" if check else "–"


def _shown(check: CheckResult | None) -> tuple[object, ...]:
    return (check.status, check.points, check.maximum) if check else ()


def _why(before: CheckResult | None, after: CheckResult | None) -> str:
    if after is None:
        return "the check was dropped"
    if before is None:
        return _with_saw("the check is new", after)
    if before.status == after.status:
        return "its points changed" if before.digest == after.digest else "the check and its points changed"
    if before.digest != after.digest:
        return _with_saw("the check changed", after)
    if before.status == "skipped":
        return _with_saw("what it needs passes now", after)
    return _with_saw("", after)


def _with_saw(why: str, after: CheckResult) -> str:
    """The reason, followed by what the check saw if it did not pass."""
    saw = "" if after.status == "passed" else safe_text.line(after.saw, _LENGTH)
    return ": ".join(each for each in (why, saw) if each) or "another run of the same check"
