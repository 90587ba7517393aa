"""`Notebook` in a notebook's own folder: the same checks and messages as on the command line."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder import Notebook
from autograder.errors import UsageError
from tests import toy

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_stub_of_xor(folder: Path) -> None:
    shutil.copy(ROOT / "assignments/xor/xor_torch.ipynb", folder / "xor.ipynb")
    report = Notebook("xor").check("gates")
    assert not report.passed
    said = repr(report)
    for word in ("NotImplementedError", "The stub is still there", "last saved version of xor.ipynb"):
        assert word in said
    assert "cross_entropy" not in said
    assert "\x1b[" not in said
    html = Tags()
    html.feed(report._repr_html_())  # pyright: ignore
    assert "NotImplementedError" in html.text
    assert "script" not in html.tags


def test_the_solution_of_xor(folder: Path) -> None:
    shutil.copy(ROOT / "solutions/xor/xor_torch.py", folder / "xor_torch.py")
    report = Notebook("xor").check("gates")
    assert report.passed, repr(report)


def test_check_all_and_a_part_that_is_not_there(folder: Path) -> None:
    toy.project(folder)
    toy.write(folder / "toy.py", toy.RIGHT.replace("return 3", "return '<script>4</script>'"))
    notebook = Notebook("toy")
    report = notebook.check_all()
    assert not report.passed
    assert "three() is 3" in repr(report)
    html = Tags()
    html.feed(report._repr_html_())  # pyright: ignore
    assert "script" not in html.tags and "<script>" in html.text
    assert notebook.check("part").passed
    nothing = notebook.check("prat")
    assert (nothing.passed, repr(nothing)) == (False, "toy has no part 'prat'; did you mean part?")


def test_the_only_file_or_the_named_one(folder: Path) -> None:
    toy.project(folder)
    toy.write(folder / "toy.py", "")
    assert "toy.py, the only file" in repr(Notebook("toy").check_all())
    named = toy.write(folder / "elsewhere/any.py", "")
    assert repr(Notebook("toy", named).check_all()).startswith("Checked the last saved version of any.py.\n")
    toy.write(folder / "toy_copy.py", "")
    problem = repr(Notebook("toy").check_all())
    assert "several files for toy (toy.py, toy_copy.py), and nothing says which one is open" in problem


def test_what_is_not_there(folder: Path) -> None:
    toy.project(folder)
    nothing = Notebook("toy").check_all()
    assert not nothing.passed
    assert repr(nothing).startswith(
        "This folder contains no file for toy, and no code was run here: use Notebook('toy'"
    )
    missing = Notebook("toy", "mine.ipynb").check_all()
    assert not missing.passed
    assert "mine.ipynb cannot be read: No such file" in repr(missing)
    with pytest.raises(UsageError, match="did you mean toy"):
        Notebook("tyo")
