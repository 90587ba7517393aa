"""Whatever a student writes, text that leaves us for another program is text there: the same tests for every export."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from autograder.commands.formats import Format
from autograder.integrations import brightspace, canvas, github, gradescope, junit, moodle
from autograder.integrations import csv as summary_csv
from autograder.integrations.nbgrader import feedback
from autograder.notebook.report import Report
from autograder.reports import markdown, terminal
from autograder.reports.pages import fragment, submission
from autograder.results.form import Result
from tests.formats.results import HOSTILE, hostile

MORE = [
    '<img src=x onerror="alert(1)">',
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "</code></pre></div></body></html><script>alert(1)</script>",
    "<!-- <![CDATA[ ]]> --> <?php 1 ?> <style>*{display:none}</style>",
    "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "@everyone @octocat octo/repo#1 GH-1 #1 https://example.org/a@b",
    "![x](https://example.org/x.png) [x]: https://example.org <https://example.org>",
    "<details><summary>x</summary>|a|b|\n|-|-|\n</details>",
    "=cmd|' /C calc'!A0",
    '";=1+1;"\r\n=1+1,=2',
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u200c\u200d =1+1",
    "\x7f\x80\x85\x9b31m\u2028\u2029\u0085",
    "\x1b]8;;https://example.org\x07link\x1b]8;;\x07\x1b[2J\x1b]52;c;AAAA\x07",
    "\ud800\udfff \U000e0041\U000e007f",
    "a" + "\u0301" * 500,
    "x" * 5_000,
]
TEXTS = [each for each in dict.fromkeys([*HOSTILE, *MORE]) if each]
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Tags(HTMLParser):
    """The tags of a page with their attributes, without the texts that may be the student's."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.shown = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", ()))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", ()))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", ()))

    def handle_data(self, data: str) -> None:
        self.shown += data


def html_of_nbgrader(result: Result) -> str:
    outputs = [*feedback.outputs_of_part(result, "gates"), *feedback.outputs_of_whole(result)]
    return "".join(each["data"].get("text/html", "") for each in outputs if "data" in each)


def html_of_markdown(result: Result) -> str:
    """As GitHub makes it: with raw HTML let through, links found, and tables."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown.whole([result, result]))


def html_of_gradescope(result: Result) -> str:
    told = json.loads(gradescope.encode(result))
    texts = [told["output"], *(test.get("output", "") for test in told["tests"])]
    return "".join(MarkdownIt("commonmark", {"html": True}).render(each) for each in texts)


PAGES: dict[str, Callable[[Result], str]] = {
    "a submission's page": submission.for_instructors,
    "a notebook's report": lambda result: fragment.html(result, checked=result.notes[0]),
    "nbgrader": html_of_nbgrader,
    "Markdown": html_of_markdown,
    "Gradescope": html_of_gradescope,
}
"""What a browser is given."""

PLAIN: dict[str, Callable[[Result], str]] = {
    "the terminal": lambda result: terminal.plain(result, show_output=True),
    "a notebook": lambda result: repr(Report(result, result.notes[0])),
    "GitHub's commands": lambda result: github.encode([result]).decode(),
    "JUnit": lambda result: junit.encode([result]).decode(),
    "Brightspace": lambda result: brightspace.encode([result]).decode("utf-8-sig"),
    "Canvas": lambda result: canvas.encode([result]).decode(),
    "Moodle": lambda result: moodle.encode([result]).decode(),
    "summary.csv": lambda result: summary_csv.encode([result]).decode("utf-8-sig"),
    "Markdown": lambda result: markdown.whole([result]),
    "nbgrader": lambda result: "".join(
        each["data"].get("text/plain", "") if "data" in each else each.get("text", "")
        for each in [*feedback.outputs_of_part(result, "gates"), *feedback.outputs_of_whole(result)]
    ),
}
"""What a program, or a person at a terminal, reads."""


def test_every_format_is_tried() -> None:
    tried = {"brightspace", "canvas", "github", "gradescope", "junit", "markdown", "moodle", "csv"}
    # JSON and the base64 of Classroom's reporter are data of a typed form, which their reader escapes.
    assert {each.value for each in Format} - tried == {"json", "classroom"}


def tags(text: str) -> set[tuple[str, tuple[str, ...]]]:
    return set(Tags(text).found)


@pytest.mark.parametrize("where", PAGES)
def test_no_tag_and_no_link_is_the_students(where: str) -> None:
    made = PAGES[where]
    # Texts with several lines have blocks of their own, and backticks make code.
    usual = {tag for text in ("x", "x\ny", "x `y`") for tag in tags(made(hostile(text)))}
    for text in TEXTS:
        shown = made(hostile(text))
        assert tags(shown) <= usual, (where, text)
        assert not CONTROL.search(shown), (where, text)


@pytest.mark.parametrize("where", PLAIN)
def test_no_control_character_arrives(where: str) -> None:
    for text in TEXTS:
        assert not CONTROL.search(PLAIN[where](hostile(text))), (where, text)


@pytest.mark.parametrize("text", TEXTS)
def test_moodle_shows_a_feedback_as_it_was_written(text: str) -> None:
    """Moodle reads the column as HTML."""
    (row,) = csv.DictReader(io.StringIO(moodle.encode([hostile(text)]).decode(), newline=""))
    read = Tags(row["toy feedback"])
    assert not read.found
    assert read.shown.startswith("gates.or: likely")


def test_nobody_is_notified_and_no_issue_is_linked() -> None:
    shown = Tags(html_of_markdown(hostile("@octocat octo/repo#1 GH-1 #1"))).shown
    assert "octocat" in shown
    assert not re.search(r"@\w|#\d", shown)


def test_a_table_has_as_many_cells_as_its_head() -> None:
    for encode in (summary_csv.encode, brightspace.encode, canvas.encode, moodle.encode):
        for text in TEXTS:
            rows = list(csv.reader(io.StringIO(encode([hostile(text)]).decode("utf-8-sig"), newline="")))
            assert len({len(row) for row in rows}) == 1
            for cell in (cell for row in rows for cell in row):
                # A spreadsheet passes over what cannot be seen.
                visible = re.sub("[\\s\u200b-\u200d\u2060\ufeff]", "", cell)
                assert not visible.startswith(("=", "+", "-", "@", "＝")) or re.fullmatch(r"-?[\d.]+", visible), cell


def test_junit_holds_no_foreign_element() -> None:
    for text in TEXTS:
        root = ElementTree.fromstring(junit.encode([hostile(text)]))
        kinds = {each.tag for each in root.iter()}
        assert kinds <= {
            "testsuites", "testsuite", "testcase", "properties", "property", "failure", "skipped", "system-out", "system-err",
        }  # fmt: skip
