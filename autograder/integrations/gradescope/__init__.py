"""Gradescope's `results.json`, in its documented format.

Visible checks are `visible` immediately, hidden ones `after_published`. The output of the student's code is not shown,
because it could reveal the inputs of hidden checks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from autograder.reports import markdown, safe_text, words
from autograder.results.form import CheckResult, Result

Visibility = Literal["visible", "after_published", "hidden"]


class Test(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test in the student's view."""

    name: str
    number: str
    output: str | UnsetType = UNSET
    score: float | UnsetType = UNSET
    max_score: float | UnsetType = UNSET
    status: Literal["passed", "failed"] | UnsetType = UNSET
    visibility: Visibility


class Entry(Struct, frozen=True, omit_defaults=True):
    """A leaderboard entry."""

    name: str
    value: float
    order: Literal["asc", "desc"] | UnsetType = UNSET


class Results(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole file. If it contains no score, Gradescope reports that the autograder failed and stores no grade."""

    tests: list[Test] | UnsetType = UNSET
    score: float | UnsetType = UNSET
    execution_time: int | UnsetType = UNSET
    output: str
    output_format: Literal["md"] | UnsetType = UNSET
    test_output_format: Literal["md"] | UnsetType = UNSET
    test_name_format: Literal["text"] | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    stdout_visibility: Visibility | UnsetType = UNSET
    leaderboard: list[Entry] | UnsetType = UNSET


def encode(result: Result, leaderboard: Collection[str] = ()) -> bytes:
    """The file for one submission. `leaderboard`: ids of the checks whose measured numbers are shown to the class.

    If the grader itself failed, the file has no score and no tests.
    """
    if result.score is None:
        return unfinished(f"{words.UNGRADED} {' '.join(result.notes)}")
    numbers = _numbers(result)
    return _json(
        Results(
            score=result.score,
            execution_time=round(result.seconds),
            output=_overview(result),
            output_format="md",
            test_output_format="md",
            test_name_format="text",
            visibility="visible",
            stdout_visibility="hidden",
            tests=[_test(check, number) for check, number in zip(result.checks, numbers, strict=True)],
            leaderboard=_entries(result, leaderboard) or UNSET,
        )
    )


def unfinished(why: str) -> bytes:
    """The file that says that there is no grade, and why."""
    return _json(
        Results(output=markdown.text(why), output_format="md", visibility="visible", stdout_visibility="hidden")
    )


def _json(results: Results) -> bytes:
    return msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n"


def _numbers(result: Result) -> list[str]:
    """`2.1`: the first check of the second part."""
    parts = list(words.parts(result.checks))
    seen = dict.fromkeys(parts, 0)
    numbers: list[str] = []
    for check in result.checks:
        seen[check.part] += 1
        numbers.append(f"{parts.index(check.part) + 1}.{seen[check.part]}")
    return numbers


def _test(check: CheckResult, number: str) -> Test:
    counted = check.status != "deferred"
    return Test(
        name=f"{safe_text.line(check.id)}: {safe_text.line(check.title)}",
        number=number,
        output=markdown.check(check) or UNSET,
        score=check.points if counted else UNSET,
        max_score=check.maximum if counted else UNSET,
        status=("passed" if check.status == "passed" else "failed") if counted else UNSET,
        visibility="visible" if check.visible else "after_published",
    )


def _overview(result: Result) -> str:
    """Notes on the whole submission; they do not reveal the score of hidden checks."""
    lines = [f"{markdown.text(result.exercise)}, {result.framework}, {markdown.text(result.file)}"]
    lines += [markdown.text(note) for note in result.notes]
    if any(not check.visible for check in result.checks):
        lines.append("Further checks also count; they are shown when the grades are published.")
    return "\n\n".join(lines)


def _entries(result: Result, leaderboard: Collection[str]) -> list[Entry]:
    return [
        Entry(safe_text.line(measured.what), measured.value, "asc" if measured.wanted == "at most" else UNSET)
        for check in result.checks
        if check.id in leaderboard
        for measured in check.measured
    ]
