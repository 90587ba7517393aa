"""Hand-made results: what a student's text could attempt, in every field that contains such text."""

from __future__ import annotations

from typing import Any

from autograder.results.form import CheckResult, Layers, Measurement, Picture, Result

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50

HOSTILE = [
    "::add-mask::secret",
    "\n::error file=forged.py,line=1::forged",
    "%0A::set-output name=score::20",
    "\r\n::stop-commands::x\n",
    "##[add-mask]secret",
    "##[set-env name=PATH;]x",
    "a,title=forged::forged",
    "```\n# Not a heading\n````\n~~~",
    "| a | b |\n|---|---|\n",
    "[link](https://example.org) ![x](https://example.org/x.png) <https://example.org> https://example.org www.example.org",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</failure></testcase><testcase name='forged'/>",
    "]]><forged/><![CDATA[",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "\x00\x01\x1b[31m\x0b\x0c\ufffe\uffff\udc80",
    "**bold** _under_ `code` ~~gone~~ $x$ @everyone #1 :smile:",
    "    indented\n> quoted\n- item\n1. item\n===\n---",
    "=HYPERLINK(1)",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    '"; drop table "x',
    "Zoë 陈伟 ½ ∑",
    "\u202egnp.exe",
    "",
]


def check(id: str = "gates.or", status: str = "failed", said: str = "something", **given: Any) -> CheckResult:
    values: dict[str, Any] = {
        "id": id,
        "title": f"Title of {id}",
        "visible": True,
        "points": 1.0 if status == "passed" else 0.0,
        "maximum": 1.0,
        "status": status,
        "tried": f"tried {said}",
        "saw": said,
        "expected": f"expected {said}",
        "likely": f"likely {said}",
        "read": "README",
    }
    if status == "passed":
        values |= dict.fromkeys(("tried", "saw", "expected", "likely", "read"), "")
    return CheckResult(**values | given)


def result(checks: list[CheckResult] | None = None, **given: Any) -> Result:
    checks = [check()] if checks is None else checks
    counted = [each for each in checks if each.status != "deferred"]
    ungraded = any(each.status == "error" for each in checks)
    values: dict[str, Any] = {
        "student": "ada",
        "exercise": "toy",
        "framework": "torch",
        "file": "toy.py",
        "digest": "0" * 64,
        "score": None if ungraded else sum(each.points for each in counted),
        "maximum": sum(each.maximum for each in counted),
        "checks": checks,
        "isolation": Layers("strong", ["uid"], []),
        "versions": {"autograder": "1"},
        "seed": 1,
        "output": "",
        "seconds": 1.5,
        "graded": "2026-01-01T00:00:00+00:00",
    }
    return Result(**values | given)


def every_status(**given: Any) -> Result:
    """One check with each status, two of them hidden, with a picture and a measurement."""
    return result(
        [
            check("gates.or", "passed"),
            check("gates.and", "failed", pictures=[Picture("samples", PNG)]),
            check("model.shape", "skipped", "because gates.and did not pass", visible=False),
            check("model.learns", "passed", visible=False, measured=[Measurement("error", 0.25, 0.5, "at most")]),
            check("gpu.execution", "deferred", "no GPU here"),
        ],
        **given,
    )


def hostile(said: str) -> Result:
    """Every field that a student's text can reach."""
    return result(
        [check("gates.or", "failed", said), check("gates.and", "skipped", said), check("model.shape", "passed")],
        student=said or "nobody",
        file=said,
        notes=[said],
        output=said,
    )
