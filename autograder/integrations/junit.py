"""JUnit XML, which every CI system can display: one suite per submission, one case per check."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Result


def encode(results: Sequence[Result]) -> bytes:
    """The XML document. Characters that XML does not allow are shown by name: `safe_text.inert`."""
    checks = [check for result in results for check in result.checks]
    root = ElementTree.Element("testsuites", {"name": "autograder", **_counts(checks)})
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    for result in results:
        root.append(_suite(result))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(result: Result) -> ElementTree.Element:
    name = f"{safe_text.line(result.student)} · {safe_text.line(result.exercise)}"
    suite = ElementTree.Element("testsuite", {"name": name, **_counts(result.checks)})
    suite.set("timestamp", result.graded)
    suite.set("time", f"{result.seconds:.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    values = {
        "student": safe_text.line(result.student),
        "exercise": safe_text.line(result.exercise),
        "framework": result.framework,
        "file": safe_text.line(result.file),
        "score": words.NOT_GRADED if result.total is None else words.points(result.total),
        "maximum": words.points(result.possible),
        "seed": str(result.seed),
    }
    for key, value in values.items():
        ElementTree.SubElement(properties, "property", name=key, value=value)
    for check in result.checks:
        suite.append(_case(result, check))
    ElementTree.SubElement(suite, "system-out").text = safe_text.output(result.output)
    ElementTree.SubElement(suite, "system-err").text = safe_text.inert("\n".join(result.notes))
    return suite


def _case(result: Result, check: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{safe_text.line(result.exercise)}.{safe_text.line(check.part)}",
        name=f"{safe_text.line(check.id)}: {safe_text.line(check.title)}",
        time=f"{check.seconds:.3f}",
    )
    sentences = words.sentences(check)
    whole = "\n".join(f"{name}: {sentence}" for name, sentence in sentences)
    match check.status:
        case "failed":
            ElementTree.SubElement(case, "failure", message=safe_text.line(check.saw), type="failed").text = whole
        case "error":
            ElementTree.SubElement(case, "error", message=words.UNGRADED, type="grader").text = whole
        case "skipped" | "deferred":
            ElementTree.SubElement(case, "skipped", message=safe_text.line(f"{check.status}: {check.saw}"))
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
