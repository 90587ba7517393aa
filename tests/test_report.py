"""What the reports show, and that students' text has no effect in a terminal, a browser or a spreadsheet."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from rich.console import Console

from autograder.course.policy import Policy
from autograder.integrations import csv as csv_table
from autograder.reports import safe_text, terminal, words
from autograder.reports.pages import class_page, folder, fragment, statistics, submission
from autograder.results.form import CheckResult, Layers, Result

FIVE = {
    "tried": "gram_matrix on 2 feature maps, the second all zeros",
    "saw": "a second matrix with entries up to 14.2",
    "expected": "zeros: nothing of the first image may reach the second",
    "likely": "you flatten batch and channels together",
    "read": "README, part 1 “Gram matrix”",
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></pre><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "..",
    ".",
    "index.html",
    "summary.csv",
    "..\\..\\x",
    "[bold red]rich[/] [link=file:///etc/passwd]x[/link] :smile:",
    "\x1b[2J\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07",
    "a\x9b31mb\x07\x00\x7f",
    "x\u202egnp.exe\u2066",
    "=cmd|' /C calc'!A0",
    "Z" + "\u0317" * 500,
    "50% Åsa فاطمة 王小明",
    "lone \udcff surrogate",
    "",
]


def check(id: str = "gram.batch", status: str = "failed", **given: Any) -> CheckResult:
    values: dict[str, Any] = {
        "id": id,
        "title": f"Title of {id}",
        "visible": True,
        "points": 1.0 if status == "passed" else 0.0,
        "maximum": 1.0,
        "status": status,
        **(FIVE if status == "failed" else {}),
        **given,
    }
    return CheckResult(**values)


def result(student: str = "ada", *checks: CheckResult, **given: Any) -> Result:
    values: dict[str, Any] = {
        "student": student,
        "exercise": "style_loss",
        "framework": "torch",
        "file": "style_loss_torch.ipynb",
        "digest": "0" * 64,
        "score": sum(one.points for one in checks),
        "maximum": sum(one.maximum for one in checks if one.status != "deferred"),
        "checks": list(checks),
        "isolation": Layers("weak", ["two processes"], ["seccomp"]),
        "versions": {"torch": "2.13.0"},
        "seed": 7,
        "output": "",
        "seconds": 1.25,
        "graded": "2026-05-04T10:11:12Z",
        **given,
    }
    return Result(**values)


def course(title: str) -> folder.Course:
    """A course without files of its own."""
    return folder.Course(Policy(title=title, exercises={}))


MIXED = (
    check("gram.shape", "passed"),
    check("gram.batch"),
    check("content.values", "skipped", saw="because gram.batch failed"),
    check("content.time", "error", saw="the reference died"),
    check("gpu.moves", "deferred", saw="needs a GPU"),
)


class Page(HTMLParser):
    """The elements, attributes and texts as a browser parses them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        # Data for the page's script is neither shown nor run.
        self._inside = "data" if dict(attrs).get("type") == "application/json" else tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside not in ("style", "data"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def printed(shown: Any, width: int = 120) -> str:
    """The output for a colour terminal, with escape sequences."""
    paper = io.StringIO()
    Console(file=paper, width=width, force_terminal=True, color_system="truecolor").print(shown)
    return paper.getvalue()


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


# --- the terminal


def test_a_failure_reads_as_in_the_style_guide():
    assert terminal.as_text(terminal.failure(check(title="Images of a batch do not mix"))).split("\n") == [
        "✗ gram.batch  Images of a batch do not mix" + " " * 45 + "0 / 1",
        "  tried     gram_matrix on 2 feature maps, the second all zeros",
        "  saw       a second matrix with entries up to 14.2",
        "  expected  zeros: nothing of the first image may reach the second",
        "  likely    you flatten batch and channels together",
        "  read      README, part 1 “Gram matrix”",
    ]


def test_a_passed_check_gets_a_tick_and_nothing_else():
    text = terminal.plain(result("ada", check("gram.shape", "passed", **FIVE)))
    assert "✓ gram.shape" in text
    assert FIVE["tried"] not in text


def test_a_submission_shows_every_ending_by_more_than_colour():
    text = terminal.plain(result("ada", *MIXED, notes=["cell 3 raised NameError"]))
    assert re.search(r"^gram +1 / 2$", text, re.M)
    assert re.search(r"^gpu +deferred$", text, re.M)
    assert "– content.values" in text and "skipped   because gram.batch failed" in text
    assert "! content.time" in text and "(grader failed)" in text and "the reference died" in text
    assert "… gpu.moves" in text and "deferred  needs a GPU" in text
    assert "cell 3 raised NameError" in text
    assert text.endswith("1 of 4 points")


def test_the_score_line_says_what_is_still_to_come():
    right = result("ada", *(check(f"gram.{n}", "passed") for n in range(12)))
    assert terminal.plain(right, hidden_later=True).endswith("12 of 12 visible points; hidden checks are graded later")
    assert terminal.plain(result("ada", *MIXED, score=None)).endswith(words.UNGRADED)


def test_output_is_shown_only_if_asked_and_bounded():
    chatty = result("ada", check(), output="hello\n" * 50_000)
    assert "hello" not in terminal.plain(chatty)
    text = terminal.plain(chatty, show_output=True)
    assert "hello" in text and "omitted" in text
    assert len(text.split("\n")) < 60


@pytest.mark.parametrize("width", [40, 60, 92, 200])
def test_plain_text_keeps_its_width(width: int):
    text = terminal.plain(result("ada", *MIXED), width=width)
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text


def test_the_table_of_a_class():
    shown = terminal.as_text(
        terminal.table(
            [
                result("ada", check("gram.shape", "passed")),
                result("bob", *MIXED),
                result("eve", score=None, notes=["no space left on device"]),
            ]
        ),
        140,
    )
    rows = {row.split()[0]: row for row in shown.split("\n") if row.split()}
    assert "1 / 1" in rows["ada"] and "1.2 s" in rows["ada"]
    assert "1 / 4" in rows["bob"] and "gram.batch: a second matrix" in rows["bob"]
    assert "not graded" in rows["eve"] and "no space left on device" in rows["eve"]
    assert "3 submissions, 1 not graded: run the command again" in shown


def test_the_table_of_a_large_class_lists_all_that_could_not_be_graded():
    those = [result(f"student{number}", *MIXED) for number in range(terminal.MOST_ROWS)]
    shown = terminal.as_text(terminal.table([*those, result("zoe", score=None)]))
    assert "zoe" in shown and "student0 " in shown and f"student{terminal.MOST_ROWS - 1} " not in shown
    assert f"{terminal.MOST_ROWS} are listed here, all on the class page" in " ".join(shown.split())


def test_what_went_wrong_first():
    assert words.wrong_first(result("ada", check("a.b", "passed"), notes=["hidden checks not present"])) == ""
    assert words.wrong_first(result("ada", *MIXED, notes=["a note"])).startswith("gram.batch: a second")
    skipped = check("a.b", "skipped", saw="the file is empty")
    assert words.wrong_first(result("ada", skipped, notes=["a note"])) == "a.b: the file is empty"
    assert words.wrong_first(result("ada", check(), score=None, notes=["disk full"])) == "disk full"
    assert words.wrong_first(result("ada", score=None)) == "the grader itself failed"
    ours = check("a.c", "error", saw="the reference died")
    assert words.wrong_first(result("ada", check(), ours, score=None, notes=["a note"])) == "a.c: the reference died"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_to_a_terminal(text: str):
    attacked = result(
        text, check(saw=text, likely=text, printed=text), file=text, notes=[text], output=text, score=0, maximum=1
    )
    for shown in (
        terminal.submission(attacked, show_output=True),
        terminal.table([attacked]),
        terminal.failure(attacked.checks[0]),
    ):
        seen = without_colours(printed(shown))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen)
    if "[bold red]" in text:
        assert "[bold red]rich[/] [link=file:///etc/passwd]x[/link] :smile:" in seen


# --- messages


def test_inert_text_shows_what_it_removes_the_sting_of():
    assert safe_text.inert("tab\tand\nline stay, Åsa ½ 王 می‌خواهم 👩‍🔬") == "tab\tand\nline stay, Åsa ½ 王 می‌خواهم 👩‍🔬"
    assert safe_text.inert("\x1b[1;31mred\x1b[0m") == "red"
    assert safe_text.inert("\x1b]8;;https://evil\x1b\\text\x1b]8;;\x1b\\") == "text"
    assert safe_text.inert("a\x07b\x00") == "a␇b␀"
    assert safe_text.inert("x\u202egnp.exe") == "x⟨U+202E⟩gnp.exe"
    assert safe_text.inert("\x1b\x1b[m[31m") == "␛[31m", "what is left must not become a sequence"
    assert safe_text.inert("1/3\r2/3\b\b\b\r3/3\r\nend") == "1/3\n2/3\n3/3\nend"


def test_no_sign_is_harmless_alone_that_is_not_beside_others():
    # A control character makes the whole text suspicious, so that every rule is applied to it.
    signs = [chr(code) for code in (*range(0x20000), *range(0xE0000, 0xE0200))]
    assert [sign for sign in signs if "␀" + safe_text.inert(sign) != safe_text.inert("\x00" + sign)] == []
    marks = "".join(chr(code) for code in range(0x300, 0x310))
    assert safe_text.inert("a" + marks) == "a" + marks[:4]


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\x1bP\x1b", "\x9b", "\u0317", "\r", "\x1b]0;"])
def test_inert_takes_linear_time(piece: str):
    began = time.perf_counter()
    safe_text.inert(piece * 200_000)
    assert time.perf_counter() - began < 5


def test_numbers_as_a_person_would_write_them():
    assert [words.points(n) for n in (0, 1.0, 0.5, 13.333, 0.1 + 0.2, 20)] == [
        "0",
        "1",
        "0.5",
        "13.33",
        "0.3",
        "20",
    ]
    assert [words.duration(s) for s in (0.04, 9.96, 61, 300)] == ["0.0 s", "10 s", "61 s", "5 min"]


# --- the pages


def test_the_pages_of_a_class(tmp_path: Path):
    results = [
        result("bob", *MIXED, output="epoch 1"),
        result("ada", check("gram.shape", "passed"), check("gram.batch")),
        result("cleo", check("gram.batch", "skipped", saw="the file is empty")),
        result("eve", score=None, notes=["no space left on device"]),
        result("ada", check("gates.or", "passed", visible=False), exercise="xor"),
    ]
    index = folder.write(results, tmp_path, course("Deep learning, 2026"))
    assert index == tmp_path / "index.html"
    seen = Page(index.read_text("utf-8"))
    assert "Deep learning, 2026" in seen.text
    assert "1 not graded" in seen.text and "no space left on device" in seen.text
    assert "2 of 2 failed" in seen.text and "2 × you flatten batch and channels together" in seen.text
    assert "1 did not get that far" in seen.text
    assert "20 to under 30 percent: 1" in seen.text and "full marks: 1" in seen.text
    links = [unquote(a["href"] or "") for a in seen.named("a") if (a["href"] or "").endswith(".html")]
    assert sorted(set(links)) == [
        "ada/style_loss.html",
        "ada/xor.html",
        "bob/style_loss.html",
        "cleo/style_loss.html",
        "eve/style_loss.html",
    ]
    assert all((tmp_path / link).is_file() for link in links)


def test_the_page_of_a_submission():
    seen = Page(submission.for_instructors(result("bob", *MIXED, notes=["cell 3 raised"], output="epoch 1\nepoch 2")))
    for text in (
        *FIVE.values(),
        "because gram.batch failed",
        "grader failed",
        "needs a GPU",
        "cell 3 raised",
    ):
        assert text in seen.text
    assert "1 / 4 points" in seen.text and "gram 1 / 2" in seen.text
    assert "epoch 1 epoch 2" in seen.text
    assert "weak: two processes; missing: seccomp" in seen.text
    assert "hidden" not in seen.text
    hidden = Page(submission.for_instructors(result("bob", check("gram.batch", visible=False))))
    assert "hidden" in hidden.text
    ungraded = Page(submission.for_instructors(result("bob", score=None)))
    assert "Not graded" in ungraded.text and words.UNGRADED in ungraded.text


def test_long_output_is_bounded_on_the_page():
    source = submission.for_instructors(result("bob", check(), output="x" * 10_000_000))
    assert len(source) < 60_000
    assert "characters omitted" in source


def test_the_fragment_for_a_notebook_stands_alone():
    source = fragment.html(result("ada", *MIXED), hidden_later=True)
    seen = Page(source)
    assert {tag for tag, _ in seen.elements} == {"div", "span", "strong", "code"}
    assert all(value in seen.text for value in FIVE.values())
    assert seen.text.endswith("1 of 4 visible points; hidden checks are graded later")
    assert {a["aria-label"] for a in seen.named("span") if "aria-label" in a} == set(words.STATUS.values())


def test_what_was_printed_is_shown_with_its_check_and_bounded():
    said = result("ada", check(printed="first\n" + "x\n" * 100 + "`last`\n"), check("gram.shape", printed=" \n"))
    plain = terminal.plain(said)
    assert plain.count("printed") == 1 and "  printed   first" in plain and "lines omitted" in plain
    for seen in (plain, Page(submission.for_instructors(said)).text, Page(fragment.html(said)).text):
        assert "`last`" in seen and seen.count("x\n") < 20


def test_code_in_a_sentence_is_set_as_code_and_stays_harmless():
    said = result("ada", check("gram.batch", likely="Put `x < 1` and `<script>` first; a lone ` stays."))
    for source in (submission.for_instructors(said), fragment.html(said, hidden_later=True)):
        assert {"x < 1", "<script>"} <= set(Page(source).texts)
        assert "first; a lone ` stays." in Page(source).text
        assert "<script>" not in source.partition("</style>")[2]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_in_a_browser(text: str, tmp_path: Path):
    def made(text: str) -> list[str]:
        attacked = result(
            text,
            check(saw=text, likely=text, title=text, tried=text, printed=text),
            file=text,
            notes=[text],
            output=text,
            score=0,
            maximum=1,
            versions={text: text},
        )
        return [class_page.first_page([attacked], text), submission.for_instructors(attacked), fragment.html(attacked)]

    for attacked, harmless in zip(made(text), made("harmless"), strict=True):
        found, wanted = Page(attacked), Page(harmless)
        if text:
            assert [tag for tag, _ in found.elements] == [tag for tag, _ in wanted.elements]
        assert {name for _, a in found.elements for name in a} <= {name for _, a in wanted.elements for name in a}
        assert found.scripts == wanted.scripts
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", attacked)
        for link in found.named("a"):
            assert re.fullmatch(r"#[\w-]+|\.\./index\.html#submissions|[\w.~%-]+/style_loss\.html", link["href"] or "")
        if text.startswith("<script>"):
            assert text in found.text


def test_pages_of_hostile_names_stay_in_their_folder_and_apart(tmp_path: Path):
    report = tmp_path / "report"
    names = [name[:60] for name in HOSTILE] + ["%2E%2E", "a/b", "a\\b", "a%2Fb", "/etc", "%"]
    index = folder.write([result(name, check()) for name in names], report, course("hostile"))
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert len([path for path in report.iterdir() if path.is_dir()]) == len(set(names))
    links = [a["href"] or "" for a in Page(index.read_text("utf-8")).named("a")]
    pages = [link for link in links if link.endswith(".html")]
    assert len(set(pages)) == len(set(names))
    assert all((report / unquote(link)).is_file() for link in pages)


def test_the_pages_forbid_all_but_their_own_script():
    index, one = (
        Page(class_page.first_page([result("ada", check())], "t")),
        Page(submission.for_instructors(result("ada", check()))),
    )
    for seen in (index, one):
        policy = next(a["content"] or "" for a in seen.named("meta") if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
        assert not {"link", "img", "iframe", "form", "object"} & {tag for tag, _ in seen.elements}
        assert not [a for _, a in seen.elements if "src" in a or any(name.startswith("on") for name in a)]
    (script,) = index.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in (index.named("meta")[1]["content"] or "")
    assert one.scripts == []


def test_a_class_of_nobody_and_an_exercise_of_no_points():
    assert "No submissions were found." in Page(class_page.first_page([], "empty")).text
    deferred = result("ada", check("gpu.moves", "deferred", saw="needs a GPU"))
    assert "0 / 0" in Page(class_page.first_page([deferred], "deferred")).text
    assert "No check failed." in Page(class_page.first_page([deferred], "deferred")).text


def test_the_pages_are_the_same_whenever_they_are_written():
    results = [result("bob", *MIXED), result("ada", *MIXED)]
    assert class_page.first_page(results, "t") == class_page.first_page(results, "t")


def test_ungraded_submissions_count_in_no_figure():
    (exercise,) = statistics.exercises([result("ada", check("a.b", "passed")), result("bob", check("a.b"), score=None)])
    assert (exercise.submissions, exercise.ungraded, exercise.full, exercise.middle) == (2, 1, 1, "1")
    assert exercise.struggles == []
    assert [bar.count for bar in exercise.bars] == [0] * 10 + [1]


# --- the spreadsheet


def rows(*results: Result) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_table.encode(results).decode("utf-8-sig"))))


def test_the_spreadsheet(tmp_path: Path):
    csv_table.write([result("Åsa", *MIXED), result("eve", score=None)], tmp_path / "summary.csv")
    content = (tmp_path / "summary.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8"
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert found[0][9:] == [
        *("checks", "late", "adjusted", "submitted", "source", "handed_in_by", "name", "section", "group"),
    ]
    assert [row[9:12] for row in found[1:]] == [["1", "0", "0"], ["", "", ""]]
    assert [row[:9] for row in found] == [
        ["student", "exercise", "framework", "file", "score", "maximum", "status", "failed", "seconds"],
        [
            "Åsa",
            "style_loss",
            "torch",
            "style_loss_torch.ipynb",
            "1",
            "4",
            "graded",
            "gram.batch",
            "1.2",
        ],
        ["eve", "style_loss", "torch", "style_loss_torch.ipynb", "", "0", "ungraded", "", "1.2"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(name: str):
    _, row = rows(result(name, file=name))
    assert row[0] == row[3] == "'" + name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_in_its_cell(name: str):
    found = rows(result(name, check(), file=name))
    assert len(found) == 2 and len(found[1]) == len(csv_table.COLUMNS)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(found[1]))
    assert not found[1][0].startswith(("=", "+", "-", "@"))


def test_names_with_commas_quotes_and_lines_stay_whole():
    assert rows(result('O"Brien, Søn'))[1][0] == 'O"Brien, Søn'
    assert rows(result("a\r\n=1"))[1][0] == "a��=1"
