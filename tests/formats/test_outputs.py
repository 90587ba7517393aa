"""The formats that `--format` prints: each is parsed by an independent parser, and student text has no effect in it."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from markdown_it import MarkdownIt

from autograder.commands.formats import Format
from autograder.course import submission
from autograder.course.source_lines import SourceLines
from autograder.integrations import brightspace, canvas, github, gradescope, junit, moodle
from autograder.integrations import csv as summary_csv
from autograder.integrations.gradescope import grades
from autograder.reports import markdown, words
from tests import command, toy
from tests.formats.results import HOSTILE, PNG, check, every_status, hostile, result

GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["output"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "integer"},
        "output": {"type": "string"},
        "output_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]},
        "test_output_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]},
        "test_name_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]},
        "visibility": {"enum": ["hidden", "after_due_date", "after_published", "visible"]},
        "stdout_visibility": {"enum": ["hidden", "after_due_date", "after_published", "visible"]},
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": {"type": "string"},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": {"enum": ["hidden", "after_due_date", "after_published", "visible"]},
                    "extra_data": {"type": "object"},
                },
            },
        },
        "leaderboard": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value"],
                "properties": {"name": {"type": "string"}, "value": {}, "order": {"enum": ["asc", "desc"]}},
            },
        },
    },
}
"""Gradescope's published specification as a schema: no other fields are written."""

REGISTERED = {
    "add-mask",
    "error",
    "warning",
    "notice",
    "set-output",
    "set-env",
    "stop-commands",
    "debug",
    "group",
    "endgroup",
}


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that a runner finds in a step's output, by the rules for `::` commands and for the older `##[`."""
    found: list[tuple[str, dict[str, str], str]] = []
    for line in re.split(r"\r\n|\r|\n", text):
        bare = line.lstrip()
        if bare.startswith("::") and "::" in bare[2:]:
            head, _, data = bare[2:].partition("::")
            name, _, rest = head.partition(" ")
            if name in REGISTERED:
                pairs = (pair.partition("=") for pair in rest.split(",") if pair)
                found.append((name, {key: _decoded(value, "%3A:", "%2C,") for key, _, value in pairs}, _decoded(data)))
                continue
        if older := re.search(r"##\[([\w-]+)[^\]]*\](.*)", line):
            found.append((older[1], {}, older[2]))
    return found


def _decoded(text: str, *more: str) -> str:
    for pair in ("%0D\r", "%0A\n", *more, "%25%"):
        text = text.replace(pair[:3], pair[3:])
    return text


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reader_of_commands_sees_forged_ones() -> None:
    assert [name for name, _, _ in commands("x\n::add-mask::a\r  ::error::b\nlog ##[set-env name=A;]c")] == [
        "add-mask",
        "error",
        "set-env",
    ]


@pytest.mark.parametrize("said", HOSTILE)
def test_no_text_becomes_a_workflow_command(said: str) -> None:
    path = Path(f"a,b:c%/{said or 'x'}")
    shown = github.encode([hostile(said)], lambda result, check: (path, 7)).decode()
    found = commands(shown)
    assert [name for name, _, _ in found] == ["error", "notice", "notice"]
    _, properties, data = found[0]
    assert properties["file"] == path.as_posix().encode(errors="backslashreplace").decode()
    assert (properties["line"], properties["title"]) == ("7", "gates.or · 0 / 1")
    assert data.startswith("Title of gates.or\ntried: tried")
    assert shown.count("\n") == 3, "a line for each command"


def test_annotations_are_of_failed_checks_and_points_are_sums() -> None:
    found = commands(github.encode([every_status(), result([check("a.b", "passed")], student="bo")]).decode())
    assert [(name, data.split("\n")[0]) for name, _, data in found] == [
        ("error", "Title of gates.and"),
        ("notice", "Points 3/5"),
        ("notice", '{"totalPoints":3.0,"maxPoints":5.0}'),
    ]


def test_what_was_not_graded_gives_no_points() -> None:
    broken = result([check("a.b", "error"), check("a.c", "passed")])
    found = commands(github.encode([broken]).decode())
    assert [(name, data) for name, _, data in found] == [("warning", words.UNGRADED)]
    told = json.loads(base64.b64decode(github.classroom([broken])))
    assert told["status"] == "error"
    assert {test["score"] for test in told["tests"]} == {0}


def test_points_as_the_reporter_of_classroom_reads_them() -> None:
    told = json.loads(base64.b64decode(github.classroom([every_status()])))
    assert (told["version"], told["status"], told["max_score"]) == (1, "fail", 4)
    assert sum(test["score"] for test in told["tests"]) == 2
    assert [test["status"] for test in told["tests"]] == ["pass", "fail", "fail", "pass"]
    assert json.loads(base64.b64decode(github.classroom([result([check(status="passed")])])))["status"] == "pass"


# ── where an annotation points ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def assignment(tmp_path: Path) -> Path:
    """An exercise's folder with the notebook for students."""
    stub = toy.notebook("def first():\n    pass", "def second():\n    pass", "def other():\n    pass")
    for cell, name in zip(stub["cells"], ("part-1", "part-2", "other-1"), strict=True):
        cell["id"] = name
    return toy.write(tmp_path / "assignments" / "toy" / "toy_torch.ipynb", json.dumps(stub)).parent


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (check("part.a", said="x", tried="second() of 3 numbers"), 7),
        (check("part.a", said="x", tried="both", title="first() is 1"), 4),
        (check("part.a", said="x", tried="something else"), 4),
        (check("other.a", said="x", tried="not there"), 1),
        (check("nothing.a", said="x"), 1),
    ],
)
def test_the_line_is_where_the_student_defines_it(tmp_path: Path, assignment: Path, asked: Any, line: int) -> None:
    source = 'FRAMEWORK = "torch"\n\n# %%\ndef first():\n    return 1\n\ndef second(): return 2\n'
    script = submission.read(toy.write(tmp_path / "toy.py", source), "ada", "toy")
    assert SourceLines(script, assignment).of(asked) == line
    for indent in (1, None):
        lines: list[str] = [f"{each}\n" for each in source.splitlines()]
        text = json.dumps(toy.notebook('FRAMEWORK = "torch"', lines), indent=indent)
        notebook = submission.read(toy.write(tmp_path / "toy.ipynb", text), "ada", "toy")
        found = SourceLines(notebook, assignment).of(asked)
        wanted = source.splitlines()[line - 1] if line > 1 and indent else None
        assert (found == 1) if wanted is None else (wanted in text.splitlines()[found - 1])


def test_the_line_that_raised_counts_more(tmp_path: Path, assignment: Path) -> None:
    cells: list[str] = ["FRAMEWORK = 'torch'", "def first():\n    return 1", "x = 1\n\n\ndef second():\n    return 1\n"]
    notebook = toy.write(
        tmp_path / "toy.ipynb",
        json.dumps(toy.notebook(*(list[str](each.splitlines(keepends=True)) for each in cells)), indent=1),
    )
    handed_in = submission.read(notebook, "ada", "toy")
    found = SourceLines(handed_in, assignment).of(check("part.a", place="cell 3, line 5"))
    assert found > SourceLines(handed_in, assignment).of(check("part.a", place="cell 2, line 2"))
    assert notebook.read_text().splitlines()[found - 1].strip() == r'"    return 1\n"'
    script = submission.read(toy.write(tmp_path / "toy.py", "\n\n".join(cells)), "ada", "toy")
    assert SourceLines(script, assignment).of(check("part.a", place="toy.py, line 4")) == 4
    for nonsense in ("cell 9, line 3", "cell 3, line 999999", "a, line 99999999999999999999", "x"):
        assert 1 <= SourceLines(handed_in, assignment).of(check("part.a", place=nonsense)) <= 200


def test_the_last_definition_counts(tmp_path: Path, assignment: Path) -> None:
    source = "FRAMEWORK = 'torch'\ndef first(): pass\nfirst_one = 2\ndef first(): return 1\n"
    script = submission.read(toy.write(tmp_path / "toy.py", source), "ada", "toy")
    assert SourceLines(script, assignment).of(check("part.a")) == 4


# ── JUnit ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", HOSTILE)
def test_junit_is_xml_whatever_is_in_it(said: str) -> None:
    root = ElementTree.fromstring(junit.encode([hostile(said), every_status()]))
    assert [suite.get("tests") for suite in root] == ["3", "5"]
    assert [case.get("name") for case in root[0].iter("testcase")] == [
        f"{id}: Title of {id}" for id in ("gates.or", "gates.and", "model.shape")
    ]
    assert not list(root.iter("forged"))


def test_junit_counts_and_keeps_the_five_sentences() -> None:
    root = ElementTree.fromstring(junit.encode([every_status()]))
    assert root.attrib | {"time": ""} == {
        "name": "autograder",
        "tests": "5",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
        "time": "",
    }
    (failure,) = root.iter("failure")
    assert failure.get("message") == "something"
    assert failure.text is not None
    assert failure.text.splitlines() == [
        "tried: tried something",
        "saw: something",
        "expected: expected something",
        "likely: likely something",
        "read: README",
    ]
    properties = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert (properties["score"], properties["maximum"]) == ("2", "4")
    errors = list(ElementTree.fromstring(junit.encode([result([check(status="error")])])).iter("error"))
    assert len(errors) == 1


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dialect", ["commonmark", "gfm-like"])
@pytest.mark.parametrize("said", [each for each in HOSTILE if each])
def test_markdown_of_a_student_is_text(said: str, dialect: str) -> None:
    reader = MarkdownIt(dialect, {"linkify": False})
    whole = markdown.whole([hostile(said), hostile(said)])
    plain = markdown.whole([hostile("x"), hostile("x")])
    assert _shape(reader, whole) == _shape(reader, plain), "no text changes what stands around it"
    html = reader.render(whole)
    assert "<script" not in html and "<img" not in html and "<a " not in html


def _shape(reader: MarkdownIt, text: str) -> list[str]:
    """The kinds of blocks and their contents; a multi-line sentence is a code block, any other is a paragraph."""
    kinds: list[str] = []
    for token in reader.parse(text):
        kinds += [child.type for child in token.children or () if child.type != "text"]
        if token.type not in ("inline", "fence", "paragraph_open", "paragraph_close"):
            kinds.append(token.type)
    return kinds


@pytest.mark.parametrize("said", ["```\nx\n````\ny", "`````", "~~~\nx", "x\n    y\n\n\nz", "```text\n```"])
def test_a_fence_is_longer_than_what_is_in_it(said: str) -> None:
    tokens = MarkdownIt().parse(markdown.block(said))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == said.strip("\n") + "\n"


def test_text_shows_all_that_it_holds() -> None:
    everything = "".join(map(chr, range(0x21, 0x7F)))
    (_, inline, _) = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown.text(everything))
    shown = "".join(child.content for child in inline.children or ())
    # No name is notified and no issue is linked.
    assert shown == everything.replace("@", "@\u2060").replace("#", "#\u2060")


def test_small_pictures_stand_in_the_text_and_large_ones_do_not() -> None:
    assert base64.b64encode(PNG).decode() in markdown.check(every_status().checks[1])
    large = check(pictures=[every_status().checks[1].pictures[0].__class__("large", b"0" * 300_000)])
    assert "base64" not in markdown.check(large)


def test_a_class_too_large_for_a_summary_keeps_its_table() -> None:
    many = [hostile("x" * 1_500) for _ in range(150)]
    whole = markdown.whole(many)
    assert len(whole.encode()) < 1_000_000
    assert whole.count("\n| ") >= 150


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", HOSTILE)
@pytest.mark.parametrize(
    "encode", [summary_csv.encode, brightspace.encode, canvas.encode, grades.encode, moodle.encode]
)
def test_no_cell_is_a_formula(encode: Any, said: str) -> None:
    rows = list(csv.reader(io.StringIO(encode([hostile(said), every_status()]).decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
        assert number or not cell.lstrip().startswith(("=", "+", "-", "@")), cell


def test_canvas_and_moodle_have_a_column_for_each_exercise() -> None:
    graded = [
        every_status(),
        every_status(exercise="more", student="bo", score=13.333333),
        result([check(status="error")], student="bo"),
    ]
    rows = list(csv.DictReader(io.StringIO(canvas.encode(graded).decode(), newline="")))
    assert [row["Student"] for row in rows] == ["    Points Possible", "ada", "bo"]
    assert [(row["more"], row["toy"]) for row in rows[1:]] == [("", "2"), ("13.3333", "")]
    assert [row["SIS Login ID"] for row in rows] == ["", "ada", "bo"]
    assert (rows[0]["more"], rows[0]["toy"]) == ("4", "1"), "the maximum of one whose grading failed may differ"
    grades = {row["username"]: row for row in csv.DictReader(io.StringIO(moodle.encode(graded).decode(), newline=""))}
    assert (grades["ada"]["toy"], grades["ada"]["more"]) == ("2", "")
    assert (grades["bo"]["toy"], grades["bo"]["toy feedback"], grades["bo"]["more"]) == ("", "", "13.3333")
    said = "gates.and: likely something · 1 hidden check did not pass (model)"
    assert grades["ada"]["toy feedback"] == said, "neither the name nor the cause of a hidden check"


# ── Gradescope ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", HOSTILE)
def test_results_json_is_of_the_documented_form(said: str) -> None:
    told = json.loads(gradescope.encode(hostile(said)))
    jsonschema.validate(told, GRADESCOPE)
    reader = MarkdownIt("gfm-like", {"linkify": False})
    for text in [told["output"], *(test.get("output", "") for test in told["tests"])]:
        assert not re.search(r"<(script|img|a|h\d|table|blockquote|ul|ol|hr)\b", reader.render(text))


def test_results_json_tells_each_check_in_its_time() -> None:
    told = json.loads(gradescope.encode(every_status(), leaderboard=["model.learns"]))
    jsonschema.validate(told, GRADESCOPE)
    assert (told["score"], told["execution_time"], told["stdout_visibility"]) == (2, 2, "hidden")
    assert [(test["number"], test["visibility"], test.get("status"), test.get("score")) for test in told["tests"]] == [
        ("1.1", "visible", "passed", 1),
        ("1.2", "visible", "failed", 0),
        ("2.1", "after_published", "failed", 0),
        ("2.2", "after_published", "passed", 1),
        ("3.1", "visible", None, None),
    ]
    assert sum(test.get("max_score", 0) for test in told["tests"]) == 4
    assert "data:image/png;base64," in told["tests"][1]["output"]
    assert told["leaderboard"] == [{"name": "error", "value": 0.25, "order": "asc"}]
    assert "leaderboard" not in json.loads(gradescope.encode(every_status()))


def test_what_the_code_printed_is_not_shown() -> None:
    assert b"hidden question" not in gradescope.encode(every_status(output="the hidden question was 42"))


def test_the_graders_failure_is_no_grade() -> None:
    told = json.loads(
        gradescope.encode(result([check(status="error"), check("a.b", "passed")], notes=["what *happened*"]))
    )
    jsonschema.validate(told, GRADESCOPE)
    assert "score" not in told and "tests" not in told
    assert "There is no score yet" in told["output"].replace("&#46;", ".")


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = toy.project(tmp_path_factory.mktemp("project"), hidden="")
    for student in ("ada", "bo"):
        toy.write(folder / "submitted" / student / "toy" / "toy.py", toy.RIGHT.replace("return 3", "return 4"))
    # A file that needs no worker.
    toy.write(folder / "toy.py", "")
    return folder


@pytest.mark.parametrize("name", Format)
def test_check_prints_each_format(project: Path, name: Format) -> None:
    ended = command.run("check", "toy.py", "--format", name, cwd=project)
    assert ended.code == 1
    READS[name](ended.out)
    assert name != "markdown" or "0 / 20" in ended.out


@pytest.mark.slow
def test_grade_writes_several_formats_and_prints_its_table(project: Path, tmp_path: Path) -> None:
    options = [each for name in Format if name != "gradescope" for each in ("--format", name, "--out", tmp_path / name)]
    ended = command.run("grade", "submitted", "--results", tmp_path / "results", *options, cwd=project)
    assert ended.code == 0
    assert "10 / 20" in ended.out
    for name in Format:
        if name != "gradescope":
            READS[name]((tmp_path / name).read_text(encoding="utf-8-sig"))
    assert "10 / 20" in (tmp_path / "markdown").read_text()
    assert len(json.loads((tmp_path / "json").read_text())) == 2
    found = commands((tmp_path / "github").read_text())
    assert [p["file"] for name, p, _ in found if name == "error"] == [
        f"submitted/{student}/toy/toy.py" for student in ("ada", "bo")
    ]
    again = command.run("grade", "submitted", "--results", tmp_path / "results", "--format", "gradescope", cwd=project)
    assert again.code == 2
    assert "takes one submission, but 2 were given" in again.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "junit", "--format", "csv"], "Only one --format can be printed"),
        (["--format", "junit", "--json"], "both print"),
        (["--format", "junit", "--out", "a", "--out", "b"], "2 --out and 1 --format"),
        (["--out", "a"], "1 --out and 0 --format"),
        (["--format", "xml"], "xml"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "grade"])
def test_options_that_do_not_fit(project: Path, verb: str, options: list[str], said: str) -> None:
    ended = command.run(verb, "submitted/ada/toy/toy.py", *options, cwd=project)
    assert ended.code == 2
    assert said in ended.err
    assert not (project / "a").exists()


def _reads_csv(*columns: str) -> Any:
    def read(text: str) -> None:
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        assert rows and set(columns) <= set(rows[0])

    return read


READS: dict[str, Any] = {
    "brightspace": _reads_csv("Username", "toy Points Grade"),
    "canvas": _reads_csv("SIS Login ID", "toy"),
    "classroom": lambda text: json.loads(base64.b64decode(text))["tests"],
    "csv": _reads_csv("student", "score"),
    "github": lambda text: next(each for each in commands(text) if each[0] == "error"),
    "gradescope": lambda text: jsonschema.validate(json.loads(text), GRADESCOPE),
    "json": json.loads,
    "junit": lambda text: ElementTree.fromstring(text.encode()),
    "markdown": lambda text: text.index(" / 20"),
    "moodle": _reads_csv("username", "toy", "toy feedback"),
}
