"""Wording shared by all reports; student text in it is sanitised."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from autograder.reports import safe_text
from autograder.results.form import CHECKS_LINE, CheckResult, Result, ScoreLine, Status

SENTENCES = ("tried", "saw", "expected", "likely", "read")
MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "!", "skipped": "–", "deferred": "…"}
STATUS: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "error": "grader failed",
    "skipped": "skipped",
    "deferred": "deferred",
}
NOT_GRADED = "not graded"
EXCUSED = "excused"
UNGRADED = "The grader failed, not the student's code. There is no score yet: grade it again."

PRINTED = "printed"
"""The name under which a report shows what the student's code printed during a check."""

_SAID_ONLY = ("comment", "excuse", "note")
"""Kinds of lines of a final score that add no points."""

_SENTENCE_LENGTH = 2_000
_PRINTED_LINES = 12


def points(number: float) -> str:
    """`2`, `0.5`, `13.33`."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """A duration, sensibly rounded."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def score(result: Result) -> str:
    """`14 / 20`, the score that counts; or that the student is excused or the submission was not graded."""
    if result.excused:
        return EXCUSED
    return NOT_GRADED if result.total is None else f"{points(result.total)} / {points(result.possible)}"


def score_line(result: Result, hidden_later: bool = False) -> str:
    """The last line of a report; `hidden_later` adds that hidden checks are graded later."""
    if result.excused:
        return EXCUSED
    if result.total is None:
        return UNGRADED
    scored = f"{points(result.total)} of {points(result.possible)}"
    if hidden_later:
        return f"{scored} visible points; hidden checks are graded later"
    return f"{scored} points"


def check_points(check: CheckResult) -> str:
    """`1 / 2`; `–` instead of the points if the check was deferred or the grader failed."""
    reached = "–" if check.status in ("deferred", "error") else points(check.points)
    return f"{reached} / {points(check.maximum)}"


def part_points(checks: Sequence[CheckResult]) -> str:
    """The points of a part, without deferred checks."""
    counted = [check for check in checks if check.status != "deferred"]
    if not counted:
        return STATUS["deferred"]
    reached, most = sum(check.points for check in counted), sum(check.maximum for check in counted)
    return f"{points(reached)} / {points(most)}"


def parts(checks: Sequence[CheckResult]) -> dict[str, list[CheckResult]]:
    """The checks by part, in the order of the exercise."""
    by_part: dict[str, list[CheckResult]] = {}
    for check in checks:
        by_part.setdefault(check.part, []).append(check)
    return by_part


def sentences(check: CheckResult) -> list[tuple[str, str]]:
    """The sentences to show for a check: none if it passed, the reason if it did not run, otherwise all five."""
    if check.status == "passed":
        return []
    if check.status in ("skipped", "deferred"):
        return [(STATUS[check.status], safe_text.inert(safe_text.clipped(check.saw, _SENTENCE_LENGTH)))]
    shown: list[tuple[str, str]] = []
    said = {name: getattr(check, name) for name in SENTENCES} | {"likely": likely(check)}
    for name, sentence in said.items():
        text = safe_text.inert(safe_text.clipped(sentence, _SENTENCE_LENGTH)).strip()
        if text:
            shown.append((name, text))
    return shown


def likely(check: CheckResult) -> str:
    """The likely cause of a failure: first the one that it shares with the failure of another check, if it does."""
    if not check.same_cause_as:
        return check.likely
    shared = f"Probably the same cause as {check.same_cause_as}."
    return f"{shared} If it fails after that too: {check.likely}" if check.likely else shared


def for_students(check: CheckResult) -> CheckResult:
    """The check as its student may see it: a hidden one without what was expected."""
    return check if check.visible else structs.replace(check, expected="")


def printed(check: CheckResult) -> str:
    """A few lines of what the student's code printed during a failed check; empty if it printed nothing."""
    return safe_text.output(check.printed, _PRINTED_LINES, _SENTENCE_LENGTH) if check.printed.strip() else ""


def score_lines(result: Result) -> list[tuple[str, str]]:
    """The lines of the final score, each with its points; empty if only the checks count and nobody said anything."""
    lines = result.final.lines if result.final else []
    if [line.text for line in lines] == [CHECKS_LINE]:
        return []
    return [
        (safe_text.line(line.text, _SENTENCE_LENGTH), "" if line.kind in _SAID_ONLY else _line_points(line))
        for line in lines
    ]


def _line_points(line: ScoreLine) -> str:
    if line.kind == "checks":
        return points(line.points)
    return f"{'−' if line.points < 0 else '+'}{points(abs(line.points))}"


def wrong_first(result: Result, most: int = 120) -> str:
    """The first problem of a result, on one line; empty for full marks."""
    if result.score == result.maximum:
        return ""
    return safe_text.line(next(iter(_troubles(result)), "the grader itself failed" if result.ungraded else ""), most)


def _troubles(result: Result) -> list[str]:
    """All problems, the most informative first: notes come last, because some apply to the whole class."""
    of_interest: tuple[Status, ...] = ("error",) if result.ungraded else ("failed", "skipped")
    by_check = [
        f"{check.id}: {check.saw or check.title}"
        for status in of_interest
        for check in result.checks
        if check.status == status
    ]
    return [*by_check, *result.notes]
