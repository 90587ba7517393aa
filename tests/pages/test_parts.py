"""What the pages are made of: highlighted lines, outputs, statistics, commands, and what is written again."""

from __future__ import annotations

import base64
import re
import shlex
from pathlib import Path

import pytest
from msgspec import structs

from autograder.course import cell_outputs, notebook_cells
from autograder.reports.pages import check, class_page, code, highlight, repeat, statistics, submission
from autograder.reports.pages.class_page import Running, Underway
from autograder.results import progress
from autograder.results.files import SIMILAR_PAGE
from autograder.results.form import Picture
from tests.catalogue import ROOT
from tests.fuzz.monsters import NOTEBOOKS, SCRIPTS, Monster
from tests.pages import sample

TAG = re.compile(r"<[^>]*>")
ODD = [
    "",
    "\n",
    "x",
    "x\r\ny\rz",
    "'''a\nb'''\n",
    "\ufeffx = 1",
    "f'{x!r:>{y}}'",
    "\x00\x0c\x1b[31m",
    "%magic\n!pip",
    "é\u0301" * 9,
]


def plain(line: str) -> str:
    return TAG.sub("", line)


@pytest.mark.parametrize("source", ODD)
def test_every_line_keeps_its_number(source: str) -> None:
    lines = highlight.split(source)
    assert len(highlight.lines(lines)) == len(highlight.lines(lines, plain=True)) == len(lines)
    assert [plain(line) for line in highlight.lines(lines)] == list(highlight.lines(lines, plain=True))


def test_code_has_colours_and_no_markup_of_its_own() -> None:
    (line,) = highlight.lines(("def f(x): return '<b>'  # &",))
    assert line == (
        '<span class="k">def</span> <span class="f">f</span>(x): <span class="k">return</span> '
        '<span class="s">&#39;&lt;b&gt;&#39;</span>  <span class="c"># &amp;</span>'
    )


@pytest.mark.parametrize("piece", ["`", "x=", '"%(', "f'{x!r:", "@", "\\\n", "(" * 9, "'''", "\x00"])
def test_a_large_hostile_file_has_a_page_of_bounded_size(piece: str) -> None:
    lines = "\n".join([(piece * 500)[:500]] * 4_000)
    content = f"FRAMEWORK = 'torch'\n{lines}".encode()
    shown = code.code_of(sample.result("ada", "toy", [], content, file="toy_torch.py"), content, Path("none"))
    assert shown is None or sum(len(line.html) for cell in shown.cells for line in cell.lines) < 12_000_000


@pytest.mark.parametrize("monster", [*SCRIPTS, *NOTEBOOKS], ids=lambda monster: monster.ending + " " + monster.name)
def test_a_monster_has_a_page(monster: Monster, tmp_path: Path) -> None:
    content = monster.write(tmp_path, 50_000).read_bytes()
    result = sample.result("ada", "xor", [], content, file=f"xor{monster.ending}")
    shown = code.code_of(result, content, ROOT / "assignments" / "xor")
    assert "</html>" in submission.for_instructors(result, code=shown)


def test_outputs_that_cannot_be_read_do_not_hide_the_code() -> None:
    many = "[" + "{}," * 4_000_000 + "{}]"
    content = f"""{{"cells": [{{"cell_type": "code", "source": "FRAMEWORK = 'torch'", "outputs": {many}}}]}}""".encode()
    shown = code.code_of(sample.result("ada", "toy", [], content), content, Path("none"))
    assert shown and [plain(line.html) for line in shown.cells[0].lines] == ["FRAMEWORK = &#39;torch&#39;"]
    with pytest.raises(notebook_cells.TooMuch):
        notebook_cells.read(content, outputs=True)


def test_a_long_file_is_cut_and_says_so() -> None:
    content = b"FRAMEWORK = 'torch'\n" + b"x = 1\n" * 9_999
    shown = code.code_of(sample.result("ada", "toy", [], content, file="toy.py"), content, Path("none"))
    assert shown and sum(len(cell.lines) for cell in shown.cells) == code.MOST_LINES
    assert shown.omitted == 10_000 - code.MOST_LINES


def test_text_and_bounded_pictures_are_kept_of_the_outputs() -> None:
    cells = notebook_cells.read(sample.notebook(), outputs=True)
    printed, picture, error = cells[-1].outputs
    assert (printed.text, error.text) == ("0.0123\n", "NameError: name 'plt' is not defined")
    assert picture.picture == sample.png() and picture.picture_kind == "png"
    assert all(not cell.outputs for cell in notebook_cells.read(sample.notebook()))


@pytest.mark.parametrize(
    "picture",
    [
        b"<svg onload=alert(1)>",
        sample.png()[:8] + b"IHDR",
        sample.png().replace(b"\0\0\1\x40", b"\0\2\x80\0", 1),
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff" + b"\0" * 20,
        b"\xff\xd8\xff\xda\0\2",
        sample.png() + b"\0" * cell_outputs.LARGEST_PICTURE,
    ],
)
def test_other_pictures_are_left_out(picture: bytes) -> None:
    encoded = base64.b64encode(picture).decode()
    data = {"image/png": encoded, "image/jpeg": encoded, "text/plain": "a figure"}
    (kept,) = cell_outputs.kept([{"output_type": "display_data", "data": data}])
    assert (kept.picture, kept.text) == (b"", "a figure")


def test_a_jpeg_of_a_bounded_size_is_kept() -> None:
    jpeg = b"\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\x08\0\x20\0\x30" + b"\0" * 20
    data = {"image/jpeg": base64.b64encode(jpeg).decode()}
    (kept,) = cell_outputs.kept([{"output_type": "display_data", "data": data}])
    assert (kept.picture, kept.picture_kind) == (jpeg, "jpeg")


def test_every_check_is_counted_once_for_each_submission() -> None:
    passed, failed = sample.check("gates.or", 2, True), sample.check("gates.and", 2, False)
    skipped = sample.check("gates.and", 2, False, needs="gates.or")
    deferred = structs.replace(failed, status="deferred")
    results = [
        sample.result(name, "toy", [passed, second], b"", framework=framework)
        for name, second, framework in (
            ("ada", failed, "torch"),
            ("bob", skipped, "torch"),
            ("cleo", deferred, "torch"),
            ("dan", failed, "unknown"),
            ("eve", structs.replace(failed, status="passed"), "torch"),
        )
    ] + [sample.result("fay", "toy", [passed], b"")]
    (exercise,) = statistics.exercises(results)
    check = exercise.checks[1]
    assert (check.passed, check.failed, check.skipped, check.never_reached) == (1, 1, 1, 3)
    assert [count for _, count in check.causes] == [1] and exercise.effort.total == 45


def test_what_is_running_is_shown() -> None:
    underway = Underway(3, 1200, [Running("<b>", "toy", 12.5)], seconds_left=8000)
    _, html = next(class_page.pages([], "A class", underway=underway))
    assert "Grading: 3 of 1,200, about 2.2 h left" in html and "&lt;b&gt;</bdi>, toy (12 s)" in html


def test_the_pages_in_a_folder_say_what_is_running_there(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 2)

    def page() -> str:
        sample.write_pages(tmp_path)
        return (results / "index.html").read_text()

    with progress.reported(results, total=3) as reporter:
        reporter.begun("ada00000", "toy")
        assert re.search(
            r"Grading: 0 of 3<.*<progress max=\"3\" value=\"0\".*Running: <bdi>ada00000</bdi>, toy", page(), re.DOTALL
        )
    assert "Running:" not in page() and "<progress" not in page()


def test_the_class_page_leads_to_similar_programs_if_somebody_has_looked_for_them(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 2)
    sample.write_pages(tmp_path)
    assert "similar.html" not in (results / "index.html").read_text()
    (results / SIMILAR_PAGE).write_text("a page")
    sample.write_pages(tmp_path)
    assert '<a href="similar.html">' in (results / "index.html").read_text()


def test_two_checks_look_the_same_only_if_a_page_says_the_same_of_them() -> None:
    one = sample.check("gates.or", 2, True)
    place = code.Place("c1-2", "cell 1, line 2")
    others = [
        structs.replace(one, title="Another"),
        structs.replace(one, visible=False),
        structs.replace(one, points=1.0),
        structs.replace(one, maximum=3.0),
        structs.replace(one, status="deferred"),
        structs.replace(one, pictures=[Picture("A curve", b"")]),
        structs.replace(one, status="failed", saw="1"),
        structs.replace(one, status="failed", saw="1", printed="2"),
    ]
    shown = [check.html(each, "check-1", None) for each in (one, *others)]
    shown += [check.html(one, "check-2", None), check.html(one, "check-1", place)]
    assert len(set(shown)) == len(shown)
    assert check.html(structs.replace(one, seconds=9.0), "check-1", None) == shown[0]


def test_the_commands_repeat_the_grading_of_any_name_that_can_be_typed() -> None:
    name = "O'Brien $(touch /tmp/x) -rf"
    result = sample.result(name, "toy", [], b"", file="toy 'x'.ipynb")
    lines = [shlex.split(line) for line in repeat.commands(result, "/c/grading.yml", "/c/results", 7).splitlines()]
    assert lines[1] == [
        *("autograder", "history", "--results=/c/results", "--source=7", "--", name, "toy", ">"),
        "repeated/toy 'x'.ipynb",
    ]
    assert lines[2] == [
        *("autograder", "grade", "repeated/toy 'x'.ipynb", "--exercise=toy", f"--student={name}", "--seed=1234567"),
        *("--config=/c/grading.yml", "--results=repeated/results"),
    ]
    assert repeat.commands(structs.replace(result, student="x\x1b'; rm -rf ~; '"), "/c/g.yml", "/c/results", 7) == ""
    assert repeat.commands(result, "/c/g.yml") == ""
    assert "grade /c/submitted" in repeat.commands(structs.replace(result, folder="/c/submitted"), "/c/g.yml")


def test_only_pages_that_differ_are_written_again(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 60)

    def written() -> set[str]:
        before = {path: path.stat().st_ino for path in results.rglob("*.html")}
        sample.write_pages(tmp_path)
        return {
            str(path.relative_to(results)) for path in results.rglob("*.html") if path.stat().st_ino != before.get(path)
        }

    of_class = {"index.html", "index-2.html"}
    assert len(written()) == 120 + len(of_class)
    assert written() == set()
    sample.decide(tmp_path, "chidi00002", "comment", "", "Well done")
    assert written() == {"chidi00002/toy.html"} | of_class
    (results / "index-2.html").unlink()
    (results / "chidi00002" / "toy.html").write_text("an older page")
    assert written() == {"chidi00002/toy.html"} | of_class
    sample.write(tmp_path / "roster.csv", (tmp_path / "roster.csv").read_text("utf-8") + "zed99999,Zed,,\n")
    assert written() == of_class and "zed99999" in (results / "index.html").read_text("utf-8")


def test_a_course_without_a_record_has_pages_without_code(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 1)
    (results / "history.sqlite").unlink()
    sample.write_pages(tmp_path)
    html = (results / sample.FIRST_STUDENT / "toy.html").read_text("utf-8")
    assert 'id="code"' not in html and 'id="history"' not in html
