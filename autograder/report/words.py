"""The words that every report shares, and what makes a student's text harmless in any of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.result import CheckResult, Result, Status

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
UNGRADED = "The grader failed, not the student's code. No points are given or lost: grade it again."

_SENTENCE_LENGTH = 2_000
_OUTPUT_LENGTH = 20_000
_OUTPUT_LINES = 400

# Each alternative ends at the next escape at the latest, so that a long run of unfinished ones costs no more
# than reading it once.
_TERMINAL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # window titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]"
)
# Progress bars go back to the start of their line; here each of their states is a line of its own.
_BACK_TO_START = re.compile(r"[\r\b]+\n?")
# Controls, lone surrogates, and characters that are not seen but turn, join or hide what is. The two joiners
# U+200C and U+200D stay: Persian names and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
# No language stacks more than four marks on a letter; hundreds cover the lines above and below.
_MARKS_IN_EXCESS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def inert(text: str) -> str:
    """Text that does nothing to a terminal and shows all that it holds; newlines and tabs stay.

    Terminal sequences go; other control characters, and those that turn the direction of writing or are
    invisible, are shown by name. Markup is the business of whoever prints: Rich's `Text`, Jinja's autoescape.
    """
    text = _BACK_TO_START.sub("\n", _TERMINAL_SEQUENCE.sub("", text))
    return _MARKS_IN_EXCESS.sub(r"\1", _UNSEEN.sub(_named, text))


def _named(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode draws each control character: ␀, ␇, ␛
    return f"⟨U+{code:04X}⟩"


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def line(text: str, most: int = 160) -> str:
    """Inert text on one line, cut where it is too long for a table."""
    return clipped(" ".join(inert(text).split()), most)


def output(text: str, lines: int = _OUTPUT_LINES, length: int = _OUTPUT_LENGTH) -> str:
    """The start and the end of what a student's code printed, with the size of what is left out between."""
    text = inert(text).strip("\n")
    if len(text) > length:
        head, tail = text[: length // 2], text[-(length // 2) :]
        text = f"{head}\n[… {len(text) - len(head) - len(tail):,} characters left out …]\n{tail}"
    rows = text.split("\n")
    if len(rows) > lines:
        head, tail = rows[: lines // 2], rows[-(lines // 2) :]
        rows = [*head, f"[… {len(rows) - len(head) - len(tail):,} lines left out …]", *tail]
    return "\n".join(rows)


def points(number: float) -> str:
    """`2`, `0.5`, `13.33`."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """As a person would round it."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{round(seconds / 60)} min"


def score(result: Result) -> str:
    return NOT_GRADED if result.score is None else f"{points(result.score)} / {points(result.maximum)}"


def score_line(result: Result, hidden_later: bool = False) -> str:
    """The sentence that ends a report: `hidden_later` where checks that the student does not see follow."""
    if result.score is None:
        return UNGRADED
    scored = f"{points(result.score)} of {points(result.maximum)}"
    if hidden_later:
        return f"{scored} visible points; hidden checks are graded later"
    return f"{scored} points"


def check_points(check: CheckResult) -> str:
    """`1 / 2`. Nothing is known yet of a deferred check, or of one where the grader failed."""
    reached = "–" if check.status in ("deferred", "error") else points(check.points)
    return f"{reached} / {points(check.maximum)}"


def part_points(checks: Sequence[CheckResult]) -> str:
    counted = [check for check in checks if check.status != "deferred"]
    if not counted:
        return STATUS["deferred"]
    reached, most = sum(check.points for check in counted), sum(check.maximum for check in counted)
    return f"{points(reached)} / {points(most)}"


def parts(checks: Sequence[CheckResult]) -> dict[str, list[CheckResult]]:
    """The checks by part, both in the order of the exercise."""
    found: dict[str, list[CheckResult]] = {}
    for check in checks:
        found.setdefault(check.part, []).append(check)
    return found


def sentences(check: CheckResult) -> list[tuple[str, str]]:
    """What to say of a check: nothing if it passed, the reason if it did not run, else the five."""
    if check.status == "passed":
        return []
    if check.status in ("skipped", "deferred"):
        return [(STATUS[check.status], inert(clipped(check.saw, _SENTENCE_LENGTH)))]
    said: list[tuple[str, str]] = []
    for name in SENTENCES:
        text = inert(clipped(getattr(check, name), _SENTENCE_LENGTH)).strip()
        if text:
            said.append((name, text))
    return said


def wrong_first(result: Result, most: int = 120) -> str:
    """The first thing that went wrong, on one line; empty where nothing did."""
    if result.score == result.maximum:
        return ""
    return line(next(iter(_troubles(result)), "the grader itself failed" if result.ungraded else ""), most)


def _troubles(result: Result) -> list[str]:
    """What is wrong, the telling first: notes come last, for some are true of the whole class."""
    of_interest: tuple[Status, ...] = ("error",) if result.ungraded else ("failed", "skipped")
    by_check = [
        f"{check.id}: {check.saw or check.title}"
        for status in of_interest
        for check in result.checks
        if check.status == status
    ]
    return [*by_check, *result.notes]
