"""The score that counts: the checks' score, the late rule, and what people decided. A pure function.

All arithmetic is in hundredths of a point, in decimal; each line is rounded half up, so the lines sum to the score.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from autograder.course.people.adjustments import Adjustment, points_of, that_count, time_of
from autograder.course.policy import LateRule
from autograder.results.form import CHECKS_LINE, Final, ScoreLine, Submitted

_DAY = datetime.timedelta(days=1)
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Rules:
    """The course's rules for one exercise."""

    due: datetime.datetime | None = None
    """Without an offset, it is in `zone`."""
    late: LateRule | None = None
    zone: str = "UTC"
    attempt: Literal["best", "last"] = "last"


@dataclass(frozen=True)
class Attempt:
    """One submission with the score of its checks."""

    score: float | None
    """`None` if the grader failed."""
    maximum: float
    submitted: Submitted | None = None
    by: str = ""
    """The member of the group who handed it in; empty for the student."""


@dataclass(frozen=True)
class _Counted:
    """An attempt with what the late rule takes from it."""

    attempt: Attempt
    checks: Decimal
    deduction: Decimal
    said: list[ScoreLine]

    @property
    def net(self) -> Decimal:
        return self.checks - self.deduction


def final_score(attempts: Sequence[Attempt], rules: Rules, decided: Sequence[Adjustment] = ()) -> Final:
    """The final score of one student in one exercise.

    `attempts`: in the order of submission, at least one. `decided`: all adjustments of this student and exercise, in
    their order. A score that a person set replaces the score of the checks with its late deduction and all points that
    were given before. A final score is never negative.
    """
    undone = [_said("comment", each) for each in decided if each.kind == "undo"]
    decided = that_count(decided)
    counts = [_counted(each, rules, decided) for each in attempts if each.score is not None]
    maximum = float(hundredths(attempts[-1].maximum))
    override = next((each for each in reversed(decided) if each.kind == "score"), None)
    excuse = next((each for each in reversed(decided) if each.kind == "excuse"), None)
    comments = [_said("comment", each) for each in decided if each.kind in ("comment", "extension", "submitted")]
    comments += undone
    if excuse:
        return Final(score=None, maximum=maximum, excused=True, lines=[*comments, _said("excuse", excuse)])
    # The latest attempt waits for the grader: its score is unknown, unless a person said what it is.
    if (not counts or attempts[-1].score is None) and override is None:
        return Final(score=None, maximum=maximum, lines=comments)
    lines = _of_checks(counts, rules) if counts else []
    if override:
        lines = [line if line.kind == "checks" else _free(line) for line in lines]
    total = sum((hundredths(line.points) for line in lines), _ZERO)
    checks = next((hundredths(line.points) for line in lines if line.kind == "checks"), None)
    if override:
        wanted = hundredths(points_of(override.value))
        lines.append(_said("override", override, wanted - total))
        lines += _changed(override, checks)
        total = wanted
        decided = decided[decided.index(override) + 1 :]
    for each in decided:
        if each.kind == "points":
            change = max(hundredths(points_of(each.value)), -total) + _ZERO
            lines.append(_said("points", each, change))
            lines += _changed(each, checks)
            total += change
    return Final(score=float(total), maximum=maximum, lines=[*lines, *comments])


def hundredths(points: float) -> Decimal:
    """The points rounded half up to hundredths; noise beyond six decimals is not a half."""
    return Decimal(f"{points:.6f}").quantize(Decimal("0.01"), ROUND_HALF_UP)


def spelled(points: Decimal | float) -> str:
    """`2`, `0.5`, `13.33`."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _of_checks(counts: Sequence[_Counted], rules: Rules) -> list[ScoreLine]:
    """The lines of the attempt that counts."""
    last = len(counts) - 1
    best = max(range(len(counts)), key=lambda number: (counts[number].net, number))
    number = best if rules.attempt == "best" else last
    chosen = counts[number]
    text = CHECKS_LINE
    if len(counts) > 1:
        text += f", attempt {number + 1} of {len(counts)} ({rules.attempt})"
    if chosen.attempt.by:
        text += f", handed in by {chosen.attempt.by} for the group"
    return [ScoreLine("checks", text, float(chosen.checks)), *chosen.said]


def _counted(attempt: Attempt, rules: Rules, decided: Sequence[Adjustment]) -> _Counted:
    checks = hundredths(attempt.score or 0.0)
    zone = ZoneInfo(rules.zone)
    extension = next((each for each in reversed(decided) if each.kind == "extension"), None)
    stated = next((each for each in reversed(decided) if each.kind == "submitted"), None)
    due = _in_zone(time_of(extension.value), zone) if extension else rules.due and _in_zone(rules.due, zone)
    if due is None:
        return _Counted(attempt, checks, _ZERO, [])
    submitted = attempt.submitted
    if stated:
        submitted = Submitted(at=_in_zone(time_of(stated.value), zone).isoformat(), source=stated.author)
    days, said = _lateness(submitted, due, rules.late, zone, extended=extension is not None)
    percent = min(days * rules.late.percent_per_day, rules.late.most_percent) if rules.late else 0.0
    deduction = hundredths(float(checks) * percent / 100)
    if not days or rules.late is None:
        return _Counted(attempt, checks, _ZERO, [ScoreLine("note", said)])
    return _Counted(attempt, checks, deduction, [ScoreLine("late", f"{said}: −{percent:g} %", -float(deduction))])


def _lateness(
    submitted: Submitted | None, due: datetime.datetime, rule: LateRule | None, zone: ZoneInfo, *, extended: bool
) -> tuple[int, str]:
    """The days late, each one that has begun, and the sentence about it."""
    until = f"due {due.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    if submitted is None:
        return 0, f"the time of the submission is not known; {until}"
    by = f"(by {submitted.source})"
    if not submitted.at:
        if not submitted.late:
            return 0, f"on time {by}; {until}"
        if extended:
            return 0, f"late for everyone else {by}, which does not say when; {until}"
        return 1, f"late {by}, which does not say by how much; counted as one day; {until}"
    at = datetime.datetime.fromisoformat(submitted.at)
    when = f"submitted {at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z} {by}, {until}"
    # In UTC: a day has 24 hours, also when the clocks change.
    over = at.astimezone(datetime.UTC) - due.astimezone(datetime.UTC)
    grace = datetime.timedelta(minutes=rule.grace_minutes) if rule else datetime.timedelta()
    if over <= datetime.timedelta():
        return 0, f"{when}: on time"
    if over <= grace:
        return 0, f"{when}: within the grace period"
    days = -(-over // _DAY)
    return days, f"{when}: {days} day{'' if days == 1 else 's'} late"


def _in_zone(time: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    return time if time.tzinfo else time.replace(tzinfo=zone)


def _said(
    kind: Literal["override", "points", "excuse", "comment"], made: Adjustment, points: Decimal = _ZERO
) -> ScoreLine:
    what = {
        "score": f"set to {made.value}",
        "points": "adjusted",
        "extension": f"extension until {made.value}",
        "submitted": f"submitted {made.value}",
        "excuse": "excused",
        "comment": "comment",
        "undo": "an earlier decision was taken back",
    }[made.kind]
    reason = f": {made.reason}" if made.reason else ""
    return ScoreLine(kind, f"{what} by {made.author}, {made.time[:10]}{reason}", float(points))


def _free(line: ScoreLine) -> ScoreLine:
    """A late line under a score that a person set: it is said, and takes nothing."""
    return ScoreLine("note", f"{line.text}, not applied to a score that was set", 0.0) if line.kind == "late" else line


def _changed(made: Adjustment, checks: Decimal | None) -> list[ScoreLine]:
    """A note if the checks' score is no longer the one that the person saw."""
    before = hundredths(points_of(made.checks)) if made.checks else None
    if before == checks:
        return []
    then, now = ("no score" if each is None else spelled(each) for each in (before, checks))
    return [ScoreLine("note", f"the checks gave {then} when {made.author} decided this, and {now} now")]
