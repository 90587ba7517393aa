"""JUnit XML: what every CI system shows. One suite for each submission, one case for each check."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from autograder.report import words
from autograder.result import CheckResult, Result


def encode(results: Sequence[Result]) -> bytes:
    """The document. What XML has no character for is shown by name: `words.inert`."""
    checks = [check for result in results for check in result.checks]
    root = ElementTree.Element("testsuites", {"name": "autograder", **_counts(checks)})
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    for result in results:
        root.append(_suite(result))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(result: Result) -> ElementTree.Element:
    name = f"{words.line(result.student)} · {words.line(result.exercise)}"
    suite = ElementTree.Element("testsuite", {"name": name, **_counts(result.checks)})
    suite.set("timestamp", result.graded)
    suite.set("time", f"{result.seconds:.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    said = {
        "student": words.line(result.student),
        "exercise": words.line(result.exercise),
        "framework": result.framework,
        "file": words.line(result.file),
        "score": words.NOT_GRADED if result.score is None else words.points(result.score),
        "maximum": words.points(result.maximum),
        "seed": str(result.seed),
    }
    for key, value in said.items():
        ElementTree.SubElement(properties, "property", name=key, value=value)
    for check in result.checks:
        suite.append(_case(result, check))
    ElementTree.SubElement(suite, "system-out").text = words.output(result.output)
    ElementTree.SubElement(suite, "system-err").text = words.inert("\n".join(result.notes))
    return suite


def _case(result: Result, check: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{words.line(result.exercise)}.{words.line(check.part)}",
        name=f"{words.line(check.id)}: {words.line(check.title)}",
        time=f"{check.seconds:.3f}",
    )
    sentences = words.sentences(check)
    whole = "\n".join(f"{name}: {said}" for name, said in sentences)
    match check.status:
        case "failed":
            ElementTree.SubElement(case, "failure", message=words.line(check.saw), type="failed").text = whole
        case "error":
            ElementTree.SubElement(case, "error", message=words.UNGRADED, type="grader").text = whole
        case "skipped" | "deferred":
            ElementTree.SubElement(case, "skipped", message=words.line(f"{check.status}: {check.saw}"))
        case "passed":
            pass
    return case


def _counts(checks: Sequence[CheckResult]) -> dict[str, str]:
    return {
        "tests": str(len(checks)),
        "failures": str(sum(check.status == "failed" for check in checks)),
        "errors": str(sum(check.status == "error" for check in checks)),
        "skipped": str(sum(check.status in ("skipped", "deferred") for check in checks)),
    }
