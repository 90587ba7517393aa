"""Workflow commands: annotations on the lines of a student's file, and points for GitHub Classroom.

A runner treats every output line of a step that starts with `::` as a command, and any line that contains `##[` as a
command of an older format. Untrusted text is only used as data of a command, encoded as the runner decodes it: it
cannot end a line, and so cannot start one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Result

Command = Literal["error", "warning", "notice"]
PlaceOf = Callable[[Result, CheckResult], tuple[Path, int] | None]
"""The file and line that a check refers to, relative to the repository's root."""


class Test(Struct, frozen=True):
    """A check in the format of GitHub Classroom's reporter."""

    name: str
    status: Literal["pass", "fail", "error"]
    score: float


class Points(Struct, frozen=True):
    """The input of `classroom-resources/autograding-grading-reporter` from a step, base64-encoded JSON."""

    status: Literal["pass", "fail", "error"]
    max_score: float
    tests: list[Test]
    version: int = 1


def encode(results: Sequence[Result], place_of: PlaceOf = lambda result, check: None) -> bytes:
    """An annotation for each failed check and each ungraded submission, and the notices for Classroom's reporter."""
    lines = [_annotation(result, check, place_of) for result in results for check in _troubles(result)]
    lines += [
        _command(
            "warning", words.UNGRADED, title=f"{safe_text.line(result.student)} · {safe_text.line(result.exercise)}"
        )
        for result in results
        if result.ungraded
    ]
    if results and not any(result.ungraded for result in results):
        reached, most = _sums(results)
        lines.append(
            _command("notice", f"Points {words.points(reached)}/{words.points(most)}", title="Autograding complete")
        )
        report = msgspec.json.encode({"totalPoints": reached, "maxPoints": most}).decode()
        lines.append(_command("notice", report, title="Autograding report"))
    # A file name may contain invalid bytes.
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")


def classroom(results: Sequence[Result]) -> str:
    """The points of a step for Classroom's reporter. If a submission was not graded, the status is `error`."""
    ungraded = any(result.ungraded for result in results)
    tests = [
        Test(
            f"{safe_text.line(result.exercise)} {safe_text.line(check.id)}",
            "error" if ungraded else "pass" if check.status == "passed" else "fail",
            0.0 if ungraded else check.points,
        )
        for result in results
        for check in result.checks
        if check.status != "deferred"
    ]
    _, most = _sums(results)
    passed = all(test.status == "pass" for test in tests)
    return base64.b64encode(
        msgspec.json.encode(Points("error" if ungraded else "pass" if passed else "fail", most, tests))
    ).decode()


def _sums(results: Sequence[Result]) -> tuple[float, float]:
    return round(sum(result.total or 0 for result in results), 6), round(sum(result.possible for result in results), 6)


def _troubles(result: Result) -> list[CheckResult]:
    return [check for check in result.checks if check.status == "failed"]


def _annotation(result: Result, check: CheckResult, place_of: PlaceOf) -> str:
    place = place_of(result, check)
    text = "\n".join(
        [safe_text.line(check.title), *(f"{name}: {sentence}" for name, sentence in words.sentences(check))]
    )
    title = f"{safe_text.line(check.id)} · {words.check_points(check)}"
    if place is None:
        return _command("error", text, title=title)
    path, line = place
    return _command("error", text, file=path.as_posix(), line=str(line), title=title)


def _command(name: Command, data: str, **properties: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(data)}"


def _data(text: str) -> str:
    """Encode the text after the second `::`. `%` is escaped first, so that the other escapes are not escaped again."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
