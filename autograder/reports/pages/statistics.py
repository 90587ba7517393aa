"""Figures of one exercise over the class: scores, parts, every check, and what the grading took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from autograder.reports import words
from autograder.results.form import CheckResult, Result

_MOST_STRUGGLES, _MOST_CAUSES, _MOST_SLOW = 5, 3, 3


@dataclass(frozen=True)
class Bar:
    """The number of submissions whose score is in a range."""

    label: str
    spoken: str
    count: int
    height: float
    """0 to 100, relative to the tallest bar."""


@dataclass(frozen=True)
class CheckFigures:
    """How one check ended, over the class. The four counts sum to the submissions of the exercise that have a score."""

    id: str
    title: str
    visible: bool
    maximum: float
    passed: int
    failed: int
    skipped: int
    """A check that this one needs did not pass."""
    never_reached: int
    """It was deferred, it is newer than the result, or there was no code to run."""
    causes: Sequence[tuple[str, int]]
    """The most frequent likely causes, and how often each was named."""
    seconds: float
    """Median of those that ran; 0 if none did."""

    @property
    def tried(self) -> int:
        """The number of submissions in which it ran."""
        return self.passed + self.failed

    @property
    def share_failed(self) -> float:
        """Percentage of those in which it ran."""
        return 100 * self.failed / max(self.tried, 1)


@dataclass(frozen=True)
class PartFigures:
    """The points of one part, over the class."""

    name: str
    average: float
    maximum: float
    full: int
    """Submissions with all points of the part."""
    nothing: int
    """Submissions with none."""

    @property
    def share(self) -> float:
        """The average as a percentage of the maximum."""
        return 100 * self.average / self.maximum if self.maximum else 0.0


@dataclass(frozen=True)
class Effort:
    """What the grading took, in seconds of wall-clock time."""

    total: float
    middle: float
    slowest: Sequence[Result]


@dataclass(frozen=True)
class Exercise:
    """The figures of one exercise."""

    name: str
    submissions: int
    ungraded: int
    full: int
    middle: str
    average: str
    bars: Sequence[Bar]
    parts: Sequence[PartFigures]
    checks: Sequence[CheckFigures]
    effort: Effort

    @property
    def struggles(self) -> list[CheckFigures]:
        """The checks that most submissions fail, worst first."""
        failed = [check for check in self.checks if check.failed]
        return sorted(failed, key=lambda check: (-check.failed, -check.share_failed))[:_MOST_STRUGGLES]


def exercises(results: Sequence[Result]) -> list[Exercise]:
    """The figures of each exercise. Ungraded submissions are counted in none but their own."""
    by_name: dict[str, list[Result]] = {}
    # Where nothing was handed in, there is nothing to count, whatever people decided.
    there = [result for result in results if result.checks]
    for result in sorted(there, key=lambda result: result.exercise):
        by_name.setdefault(result.exercise, []).append(result)
    return [_exercise(name, those) for name, those in by_name.items()]


def share(result: Result) -> float | None:
    """The score as a fraction of the maximum, 0 to 1; `None` if there is no score or no maximum."""
    if result.total is None or result.possible == 0:
        return None
    return min(result.total / result.possible, 1.0)


def is_full(result: Result) -> bool:
    """Whether nothing is missing from the score."""
    return result.total is not None and result.total >= result.possible


def _exercise(name: str, results: Sequence[Result]) -> Exercise:
    graded = [result for result in results if not result.ungraded]
    scores = [result.total for result in graded if result.total is not None]
    checks = _checks(graded)
    return Exercise(
        name=name,
        submissions=len(results),
        ungraded=len(results) - len(graded),
        full=sum(map(is_full, graded)),
        middle=words.points(median(scores)) if scores else "–",
        average=words.points(round(mean(scores), 1)) if scores else "–",
        bars=_bars(graded),
        parts=_parts(graded),
        checks=checks,
        effort=_effort([result for result in results if not result.derived]),
    )


def _bars(results: Sequence[Result]) -> list[Bar]:
    """Ten bars of ten percent each, and one for full marks."""
    counts = Counter(int(10 * part) for result in results if (part := share(result)) is not None)
    tallest = max(counts.values(), default=1)
    return [
        Bar(
            label=f"{10 * ten}",
            spoken="full marks" if ten == 10 else f"{10 * ten} to under {10 * ten + 10} percent",
            count=counts[ten],
            height=100 * counts[ten] / tallest,
        )
        for ten in range(11)
    ]


def _checks(results: Sequence[Result]) -> list[CheckFigures]:
    """In the order of the exercise."""
    by_id: dict[str, list[tuple[Result, CheckResult]]] = {}
    for result in results:
        for check in result.checks:
            by_id.setdefault(check.id, []).append((result, check))
    return [_check(those, len(results)) for those in by_id.values()]


def _check(those: Sequence[tuple[Result, CheckResult]], submissions: int) -> CheckFigures:
    # A file without code "fails" every check; none of them has looked at anything.
    ran = [check for result, check in those if result.framework != "unknown" and check.status in ("passed", "failed")]
    failed = [check for check in ran if check.status == "failed"]
    skipped = sum(check.status == "skipped" for _, check in those)
    newest = those[-1][1]
    return CheckFigures(
        id=newest.id,
        title=newest.title,
        visible=newest.visible,
        maximum=newest.maximum,
        passed=len(ran) - len(failed),
        failed=len(failed),
        skipped=skipped,
        never_reached=submissions - len(ran) - skipped,
        causes=Counter(cause for check in failed if (cause := _cause(check))).most_common(_MOST_CAUSES),
        seconds=median([check.seconds for check in ran]) if ran else 0.0,
    )


def _cause(check: CheckResult) -> str:
    return f"the same as {check.same_cause_as}" if check.same_cause_as else check.likely


def _parts(results: Sequence[Result]) -> list[PartFigures]:
    """The points of each part, in the order of the exercise. Deferred checks have no points."""
    reached: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        for name, checks in words.parts(result.checks).items():
            counted = [check for check in checks if check.status != "deferred"]
            if counted:
                pair = sum(check.points for check in counted), sum(check.maximum for check in counted)
                reached.setdefault(name, []).append(pair)
    return [
        PartFigures(
            name=name,
            average=mean(points for points, _ in pairs),
            maximum=max(most for _, most in pairs),
            full=sum(points >= most for points, most in pairs),
            nothing=sum(points == 0 < most for points, most in pairs),
        )
        for name, pairs in reached.items()
    ]


def _effort(results: Sequence[Result]) -> Effort:
    times = [result.seconds for result in results]
    slowest = sorted(results, key=lambda result: -result.seconds)[:_MOST_SLOW]
    return Effort(sum(times), median(times) if times else 0.0, slowest)
