"""The outputs of grade cells: the five sentences and the pictures, for both students and instructors.

Students read them in nbgrader's feedback. For a hidden check they include what was tried, what was seen, the likely
cause and where to read; not what was expected, nor its source.
"""

# nbgrader and nbformat have few type annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from msgspec import structs
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.reports import safe_text, terminal, words
from autograder.reports.pages import fragment
from autograder.results.form import CheckResult, Result

Output = NotebookNode


def outputs_of_part(result: Result, part: str) -> list[Output]:
    """A report, the pictures, and the points as the only `execute_result`: a finite float from 0 to the maximum.

    nbgrader uses that float as the score, and gives full marks for any other output of a cell. If the grader itself
    failed, there is an error instead, which nbgrader counts as 0; `SaveScores` then saves no score at all.
    """
    checks = [words.for_students(check) for check in result.checks if check.part == part]
    shown = [_report(structs.replace(_only(result, checks), notes=[]))]
    shown += [_picture(picture.title, picture.png) for check in checks for picture in check.pictures]
    if result.ungraded:
        return [*shown, new_output("error", ename="NotGraded", evalue=words.UNGRADED, traceback=[words.UNGRADED])]
    points, maximum = points_of(checks)
    data = {"text/plain": repr(min(max(points, 0.0), maximum))}
    return [*shown, new_output("execute_result", data, execution_count=None)]


def outputs_of_whole(result: Result) -> list[Output]:
    """The score, the notes on the whole submission, and the output of its code."""
    shown = [_report(structs.replace(result, checks=[]))]
    if result.output.strip():
        shown.append(new_output("stream", name="stdout", text=safe_text.output(result.output)))
    return shown


def points_of(checks: Sequence[CheckResult]) -> tuple[float, float]:
    """Points and maximum of some checks, without deferred ones."""
    counted = [check for check in checks if check.status != "deferred"]
    return (
        float(round(sum(check.points for check in counted), 6)),
        float(round(sum(check.maximum for check in counted), 6)),
    )


def _only(result: Result, checks: list[CheckResult]) -> Result:
    points, maximum = points_of(checks)
    return structs.replace(result, checks=checks, score=None if result.ungraded else points, maximum=maximum)


def _report(result: Result) -> Output:
    # Pictures are separate outputs, so that viewers without HTML also show them.
    bare = structs.replace(result, checks=[structs.replace(check, pictures=[]) for check in result.checks])
    data: dict[str, Any] = {"text/html": fragment.html(bare), "text/plain": terminal.plain(bare)}
    return new_output("display_data", data)


def _picture(title: str, png: bytes) -> Output:
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": safe_text.line(title)}
    return new_output("display_data", data)
