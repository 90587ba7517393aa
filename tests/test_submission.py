"""Reading submissions: reading never raises, whatever a file contains, and problems become notes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from autograder.course import layout, submission
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results import form
from autograder.results.files import result_path
from tests import toy

FRAMEWORK = 'FRAMEWORK = "torch"\n'


def read_bytes(folder: Path, content: bytes, name: str = "toy.py") -> submission.Submission:
    path = folder / name
    path.write_bytes(content)
    return submission.read(path, "ada", "toy")


def read_notebook(folder: Path, notebook: Any, name: str = "toy.ipynb") -> submission.Submission:
    return read_bytes(folder, json.dumps(notebook).encode(), name)


# Notebooks.


def test_source_as_a_string_and_as_a_list(tmp_path: Path) -> None:
    found = read_notebook(tmp_path, toy.notebook(FRAMEWORK, ["def f():\n", "    return 1\n", "\n"], []))
    assert found.framework == "torch"
    assert found.cells == [("cell 1", FRAMEWORK), ("cell 2", "def f():\n    return 1\n\n"), ("cell 3", "")]
    assert found.notes == ()
    assert found.readable


def test_a_notebook_as_colab_saves_it(tmp_path: Path) -> None:
    colab = toy.notebook(
        FRAMEWORK,
        ["x = 1"],
        colab={"provenance": [], "toc_visible": True},
        kernelspec={"name": "python3", "display_name": "Python 3"},
        accelerator="GPU",
    )
    colab["nbformat_minor"] = 0
    for cell in colab["cells"]:
        cell["metadata"] = {"id": "Xy12", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "ab"}
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["FRAMEWORK = 'keras'\n"]}]
    colab["cells"].insert(0, {"cell_type": "markdown", "source": ["# Title"], "metadata": {"id": "q"}})
    found = read_notebook(tmp_path, colab)
    assert (found.framework, [name for name, _ in found.cells]) == ("torch", ["cell 1", "cell 2"])


@pytest.mark.parametrize("lines", [str, lambda source: source.splitlines(keepends=True)], ids=["text", "lines"])
def test_a_notebook_of_the_third_form(tmp_path: Path, lines: Any) -> None:
    """Version 3 has worksheets, and `input` where later versions have `source`."""
    sources = [FRAMEWORK, "def f():\n    return 1\n"]
    cells = [{"cell_type": "code", "input": lines(source), "language": "python", "outputs": []} for source in sources]
    text = {"cell_type": "heading", "level": 1, "source": ["Title"]}
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}
    sheets = [{"cells": [text, cells[0]], "metadata": {}}, {"cells": [cells[1]]}]
    found = read_notebook(tmp_path, {**old, "worksheets": sheets})
    assert found.framework == "torch"
    assert found.cells == [("cell 1", FRAMEWORK), ("cell 2", sources[1])]


@pytest.mark.parametrize("metadata", [None, {}, [], "x", {"tags": None}, {"tags": "demo"}, {"tags": [1, None]}, ...])
def test_metadata_of_any_kind(tmp_path: Path, metadata: Any) -> None:
    notebook = toy.notebook(FRAMEWORK)
    notebook["cells"][0]["metadata"] = metadata
    if metadata is ...:
        del notebook["cells"][0]["metadata"]
    assert read_notebook(tmp_path, notebook).framework == "torch"


@pytest.mark.parametrize("tag", ["demo", "check"])
def test_tagged_cells_are_left_out_and_counted(tmp_path: Path, tag: str) -> None:
    notebook = toy.notebook(FRAMEWORK, "raise ValueError", "x = 1")
    notebook["cells"][1]["metadata"] = {"tags": ["other", tag]}
    assert [name for name, _ in read_notebook(tmp_path, notebook).cells] == ["cell 1", "cell 3"]


@pytest.mark.parametrize("source", [None, 3, {"a": 1}, ...])
def test_a_cell_without_source_is_passed_over(tmp_path: Path, source: Any) -> None:
    notebook = toy.notebook(FRAMEWORK, "x = 1")
    notebook["cells"][0]["source"] = source
    if source is ...:
        del notebook["cells"][0]["source"]
    assert ("cell 2" if source is ... else "cell 1", "x = 1") in read_notebook(tmp_path, notebook).cells


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b'{"cells": {}}',
        b'{"cells": [1]}',
        b'{"cells": null}',
        b'{"cells": [',
        b"# %%\nprint(1)\n",
        b"<html>Sign in</html>",
        b"version https://git-lfs.github.com/spec/v1\n",
        b"[" * 100_000,
        b'{"worksheets": [{"cells": 1}], "nbformat": 3}',
        b'{"worksheets": [1], "nbformat": 3}',
        b'{"worksheets": {}, "nbformat": 3}',
        b'{"a": 1e999999, "b": NaN}',
        b"1" * 10_000,
    ],
)
def test_what_is_no_notebook(tmp_path: Path, content: bytes) -> None:
    found = read_bytes(tmp_path, content, "toy.ipynb")
    assert (found.framework, found.readable) == ("unknown", False)
    assert found.notes == ("toy.ipynb is not a notebook: save it again, or download it as .ipynb.",)


def test_a_notebook_without_cells_is_nothing_to_run(tmp_path: Path) -> None:
    found = read_notebook(tmp_path, toy.notebook())
    assert not found.readable
    assert found.notes


def test_a_lone_surrogate_in_a_cell(tmp_path: Path, zygotes: Zygotes) -> None:
    """It costs no points: it causes no error of ours, and the result can be written."""
    content = json.dumps(toy.notebook(FRAMEWORK + 's = "X"\ndef one():\n    return 1')).replace("X", "\\ud800")
    found = read_bytes(tmp_path, content.encode(), "toy.ipynb")
    exercise = toy.load(toy.project(tmp_path))
    graded = grader.grade(found, grader.Job(exercise, 1, zygotes.of))
    assert graded.score is not None, graded.notes
    form.encode(graded)


# Percent files.


@pytest.mark.parametrize("content", [b"", b"   \n\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("name", ["toy.py", "toy.ipynb"])
def test_an_empty_file(tmp_path: Path, content: bytes, name: str) -> None:
    found = read_bytes(tmp_path, content, name)
    assert found.notes == (f"{name} is empty.",)
    assert not found.readable


@pytest.mark.parametrize("name", ["latin-1", "iso-8859-15", "cp1252"])
def test_the_character_set_that_a_file_declares(tmp_path: Path, name: str) -> None:
    text = f"# -*- coding: {name} -*-\n{FRAMEWORK}x = 'é'\n"
    found = read_bytes(tmp_path, text.encode(name))
    assert (found.framework, found.notes) == ("torch", ())
    assert "'é'" in found.cells[0][1]


@pytest.mark.parametrize(
    "name", ["hex", "punycode", "idna", "zlib", "undefined", "nonsense", "rot13", "unicode_escape"]
)
def test_what_is_no_character_set(tmp_path: Path, name: str) -> None:
    found = read_bytes(tmp_path, f"# coding: {name}\n{FRAMEWORK}".encode() + b"\xe9")
    assert found.notes == ("toy.py is not UTF-8 text.",)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", bytes(range(256)), b"\x80\x04\x95", "FRAMEWORK".encode("utf-16")])
@pytest.mark.parametrize("name", ["toy.py", "toy.ipynb"])
def test_a_binary_file(tmp_path: Path, content: bytes, name: str) -> None:
    assert read_bytes(tmp_path, content, name).notes == (f"{name} is not UTF-8 text.",)


def test_a_null_byte_is_read(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b'FRAMEWORK = "torch"\nx = "\0"\n').framework == "torch"


def test_a_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    text = '# %%\r\nFRAMEWORK = "torch"\r\n# %%\r\ndef f():\r\n    return 1\r\n'
    found = read_bytes(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert found.framework == "torch"
    assert [source for _, source in found.cells] == ['\nFRAMEWORK = "torch"', "\n\n\ndef f():\n    return 1\n"]


def test_a_notebook_with_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(toy.notebook(FRAMEWORK)).encode()
    assert read_bytes(tmp_path, content, "toy.ipynb").framework == "torch"


@pytest.mark.parametrize(
    ("head", "runs"),
    [
        ("# %%", True),
        ("#%%", True),
        ("# %% ", True),
        ("# %% a title", True),
        ('# %% part="a"', True),
        ("# %% [markdown]", False),
        ("# %% [md]", False),
        ('# %% [markdown] part="a"', False),
        ('# %% tags=["demo"]', False),
        ('# %% tags=["check"]', False),
        ("# %% tags=['demo']", False),
        ('# %% part="a" tags=["x", "demo"]', False),
        ('# %% tags=["demonstration"]', True),
        ("# %% tags=[]", True),
        ('# %% tags=["demo"', True),
        ("# %% {json}", True),
    ],
)
def test_heads_of_cells(tmp_path: Path, head: str, runs: bool) -> None:
    found = read_bytes(tmp_path, f"{FRAMEWORK}\n{head}\nx = 1\n".encode())
    assert any("x = 1" in source for _, source in found.cells) is runs


@pytest.mark.parametrize("line", ["# %%%", "# %%bash", " # %%", "## %%", "x = 1  # %%", "# % %"])
def test_lines_that_are_no_heads(tmp_path: Path, line: str) -> None:
    found = read_bytes(tmp_path, f"{FRAMEWORK}{line}\ny = 1\n".encode())
    assert len(found.cells) == 1 or line == "# %%bash"


def test_lines_of_cells_are_the_files(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, f"{FRAMEWORK}# %%\na = 1\n\n# %% [markdown]\n# text\n# %%\nb = 2\n".encode())
    assert [
        source.split("\n").index(code) + 1
        for (_, source), code in zip(found.cells, ['FRAMEWORK = "torch"', "a = 1", "b = 2"], strict=True)
    ] == [1, 3, 8]
    assert {name for name, _ in found.cells} == {"toy.py"}


def test_sizes(tmp_path: Path) -> None:
    big = tmp_path / "toy.py"
    with big.open("wb") as file:
        file.truncate(submission.LARGEST + 1)
    assert "is larger than 64 MB" in submission.read(big, "ada", "toy").notes[0]
    notebook = toy.notebook(FRAMEWORK)
    notebook["cells"][0]["outputs"] = [{"data": {"image/png": "A" * (20 << 20)}}]
    assert read_notebook(tmp_path, notebook).readable
    assert "of code" in read_bytes(tmp_path, b"x = 1 \n" * (2 << 20)).notes[0]


def test_more_than_is_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    many = read_notebook(tmp_path, toy.notebook(*["x = 1"] * 2_001))
    assert many.notes == ("toy.ipynb contains more than 2000 code cells.",)
    cells = read_bytes(tmp_path, (FRAMEWORK + "# %%\nx\n" * 30_000).encode())
    assert cells.notes == ("toy.py has too many cells for a file of its length: join some of them.",)
    assert read_bytes(tmp_path, b"# %%\n" * 10_001).notes == ("toy.py contains more than 10000 cells.",)
    # The process that reads a large notebook ends at its limits.
    wide = b'{"cells":[' + b"{}," * (8 << 20) + b"{}]}"
    assert read_bytes(tmp_path, wide, "toy.ipynb").notes == (
        "toy.ipynb takes too much memory or time to read: clear its outputs, and save it again.",
    )


@pytest.mark.parametrize("odd", ["1", "NaN", '"\\ud800"', '"λ🙂"'])
def test_a_large_notebook_is_read_like_a_small_one(tmp_path: Path, odd: str) -> None:
    notebook = toy.notebook(FRAMEWORK, ["def f():\n", "    return 1"], "demo")
    notebook["cells"][2]["metadata"] = {"tags": ["demo"]}
    notebook["cells"][0]["outputs"] = ["ODD", ""]
    small, large = (
        read_bytes(tmp_path, json.dumps(notebook | {"x": "A" * size}).replace('"ODD"', odd).encode(), "toy.ipynb")
        for size in (1, 3 << 20)
    )
    assert small.cells == large.cells == [("cell 1", FRAMEWORK), ("cell 2", "def f():\n    return 1")]
    assert (
        submission.sources(small) == submission.sources(large) == {FRAMEWORK.strip(), "def f():\n    return 1", "demo"}
    )
    assert (
        read_bytes(tmp_path, b'{"cells": 1, "x": "' + b"A" * (3 << 20) + b'"}', "toy.ipynb")
        .notes[0]
        .endswith(".ipynb.")
    )


# The framework.


@pytest.mark.parametrize(
    ("code", "framework"),
    [
        ('FRAMEWORK = "torch"', "torch"),
        ("FRAMEWORK='keras'", "keras"),
        ('FRAMEWORK  =  "keras"  # mine', "keras"),
        ('A = FRAMEWORK = "torch"', "torch"),
        ('FRAMEWORK: str = "torch"', "torch"),
        ('FRAMEWORK = ("keras")', "keras"),
        ('FRAMEWORK = "Torch"\nimport keras', "keras"),
        ('FRAMEWORK = "tensorflow"\nimport torch', "torch"),
        ("import torch", "torch"),
        ("import torch.nn as nn", "torch"),
        ("from torch import nn", "torch"),
        ("import numpy, keras", "keras"),
        ("import tensorflow as tf", "keras"),
        ("from tensorflow.keras import layers", "keras"),
        ("def f():\n    import torch", "torch"),
        ("from . import torch", "unknown"),
        ("import torchvision", "unknown"),
        ("x = 'import torch'", "unknown"),
        ("print('hi')", "unknown"),
        ('FRAMEWORK = "torch"\ndef f(:\n', "torch"),
        ("%matplotlib inline\nFRAMEWORK = 'keras'", "keras"),
        ('FRAMEWORK = "keras"\nimport torch', "keras"),
        ("import torch\nFRAMEWORK = 'keras'", "keras"),
        ("import keras\ndef f(:\n    pass", "keras"),
    ],
)
def test_the_framework(tmp_path: Path, code: str, framework: str) -> None:
    found = read_bytes(tmp_path, code.encode())
    assert found.framework == framework
    assert bool(found.notes) is (framework == "unknown")
    if found.notes:
        assert 'set FRAMEWORK = "torch" or "keras"' in found.notes[0]


def test_the_framework_by_the_files_name(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"x = 1", "toy_keras.py").framework == "keras"
    assert read_notebook(tmp_path, toy.notebook("x = 1"), "toy_torch.ipynb").framework == "torch"
    assert read_bytes(tmp_path, b'FRAMEWORK = "torch"', "toy_keras.py").framework == "torch"
    assert read_bytes(tmp_path, b"import torch", "toy_keras.py").framework == "keras"


def test_a_framework_in_another_cell_than_the_broken_one(tmp_path: Path) -> None:
    found = read_notebook(tmp_path, toy.notebook("def f(:", "%%time\nx", FRAMEWORK))
    assert found.framework == "torch"


# Folders.


def laid_out(folder: Path, *files: str) -> Path:
    for name in files:
        toy.write(folder / name, toy.RIGHT)
    return folder


def who(path: Path, **only: Any) -> list[tuple[str, str, str]]:
    found = layout.find(path, ["toy", "other"], only.get("exercise"), only.get("student"))
    return [(each.student, each.exercise, each.file) for each in found]


def test_every_level_of_the_layout(tmp_path: Path) -> None:
    laid_out(tmp_path, "submitted/ada/toy/toy.py", "submitted/ada/other/other.ipynb", "submitted/bob/toy/toy_keras.py")
    everybody = [("ada", "other", "other.ipynb"), ("ada", "toy", "toy.py"), ("bob", "toy", "toy_keras.py")]
    assert who(tmp_path) == who(tmp_path / "submitted") == everybody
    assert who(tmp_path / "submitted" / "ada") == everybody[:2]
    assert who(tmp_path / "submitted" / "ada" / "toy") == everybody[1:2]
    assert who(tmp_path / "submitted" / "ada" / "toy" / "toy.py") == everybody[1:2]
    assert who(tmp_path, exercise="toy") == everybody[1:]
    assert who(tmp_path, student="bob", exercise="toy") == everybody[2:]


@pytest.mark.parametrize("name", ["陈伟", "Zoë Müller", "o'brien", "a b", ".hidden", "-rf", "x" * 200, "🙂"])
def test_names_of_students(tmp_path: Path, name: str) -> None:
    laid_out(tmp_path, f"submitted/{name}/toy/toy.py")
    assert who(tmp_path) == [(name, "toy", "toy.py")]


@pytest.mark.parametrize(
    "names",
    [
        ("a\\b", "a~b", "a~5Cb", "a~7E5Cb"),
        ("a\udcffb", "a~FFb", "a\udcfeb"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("ada", "Ada", "ADA"),
        ("ada.", "ada ", "ada"),
        ("con", "NUL.txt", "index.html", "summary.csv", "Index.HTML", ".writing"),
        ("toy", "other", "submitted", "assignments"),
        ("x" * 250, "x" * 251, "~" * 255),
        ("a\nb", "a\tb", "a\x1bb", "\u202eb", "..."),
        ("%", "%25", "a%2Fb", "-h", "*", "[a]", "$(id)"),
    ],
)
def test_no_name_hides_another(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Every folder is a student's, with a name and a place for results that nobody else has."""
    laid_out(tmp_path, *(f"submitted/{name}/toy/toy.py" for name in names))
    found = [student for student, _, _ in who(tmp_path)]
    assert len(set(found)) == len(found) == len(names)
    assert all(student.encode() for student in found), "the name is text"
    assert len({result_path(tmp_path, student, "toy") for student in found}) == len(names)


def test_names_as_they_are_shown(tmp_path: Path) -> None:
    laid_out(tmp_path, *(f"submitted/{name}/toy/toy.py" for name in ("a\\b", "a\udcffb", "a~b", "a~5Cb", "a~5cb")))
    assert {student for student, _, _ in who(tmp_path)} == {"a~5Cb", "a~FFb", "a~b", "a~7E5Cb", "a~5cb"}


def test_checks_beside_the_file_hide_nobody(tmp_path: Path) -> None:
    """`autograder start` puts the exercise's own files into the folder that a student may hand in as a whole."""
    laid_out(tmp_path, "submitted/ada/toy/toy.py", "submitted/ada/toy/checks.py", "submitted/bob/toy/checks.py")
    laid_out(tmp_path, "submitted/cleo/toy/homework.py", "submitted/cleo/toy/checks.py", "submitted/cleo/toy/probes.py")
    laid_out(tmp_path, "submitted/solutions/toy/toy.py", "submitted/solutions/toy/checks.py")
    assert who(tmp_path) == [
        ("ada", "toy", "toy.py"),
        ("bob", "toy", "checks.py"),
        ("cleo", "toy", "homework.py"),
        ("solutions", "toy", "toy.py"),
    ]
    # The course's own folders are nobody's submission.
    laid_out(tmp_path, "course/assignments/toy/toy.py", "course/assignments/toy/checks.py")
    with pytest.raises(UsageError, match="contains no submission"):
        who(tmp_path / "course")


def test_every_folder_has_a_row(tmp_path: Path) -> None:
    laid_out(tmp_path, "submitted/ada/toy/toy.py", "submitted/bob/notes.txt", "submitted/toy/toy.py")
    (tmp_path / "submitted" / "cleo").mkdir()
    rows = [("ada", "toy", "toy.py"), ("toy", "toy", "toy.py"), ("bob", "toy", ""), ("cleo", "toy", "")]
    assert who(tmp_path) == rows
    (bob,) = layout.find(tmp_path, ["toy", "other"], None, "bob")
    assert bob.notes == ("Neither toy.ipynb nor toy.py was submitted; the folder contains notes.txt.",)
    # With two exercises, both are missing.
    laid_out(tmp_path, "submitted/ada/other/other.py")
    assert [student for student, _, _ in who(tmp_path)] == ["ada", "ada", "toy", "bob", "bob", "cleo", "cleo"]
    assert [student for student, _, _ in who(tmp_path, exercise="toy")] == ["ada", "toy", "bob", "cleo"]


def test_two_files_the_notebook_wins(tmp_path: Path) -> None:
    laid_out(tmp_path, "submitted/ada/toy/toy.py", "submitted/ada/toy/toy.ipynb", "submitted/ada/toy/toy_torch.ipynb")
    assert who(tmp_path) == [("ada", "toy", "toy.ipynb")]


def test_files_that_could_also_have_been_meant_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "ada" / "toy"
    for name in ("toy_torch.py", "toy_keras.py", "notes.py"):
        toy.write(folder / name, toy.RIGHT)
    (found,) = layout.find(tmp_path / "submitted", ["toy"], None, None)
    assert found.file == "toy_torch.py"
    assert found.notes == ("toy_torch.py was graded; toy_keras.py was also submitted and was not.",)
    toy.write(folder / "Toy.ipynb", "{}")
    (found,) = layout.find(tmp_path / "submitted", ["toy"], None, None)
    assert found.notes[-1] == "toy_torch.py was graded; Toy.ipynb, toy_keras.py were also submitted and were not."


def test_a_folder_without_the_file(tmp_path: Path) -> None:
    laid_out(tmp_path, "submitted/ada/toy/notes.txt", "submitted/bob/toy/toy.py")
    (tmp_path / "submitted/cleo/toy").mkdir(parents=True)
    found = {each.student: each for each in layout.find(tmp_path, ["toy"], None, None)}
    assert found["ada"].notes == ("Neither toy.ipynb nor toy.py was submitted; the folder contains notes.txt.",)
    assert "contains nothing" in found["cleo"].notes[0]
    assert found["bob"].readable


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["toy (1).ipynb"], "toy (1).ipynb"),
        (["my toy.ipynb", "helpers.py", "notes.txt"], "my toy.ipynb"),
        (["TOY.ipynb", "scratch.ipynb"], "TOY.ipynb"),
        (["Toy.ipynb", "toy.py"], "toy.py"),
        (["homework.py", ".toy.py"], "homework.py"),
        (["a.ipynb", "b.ipynb"], ""),
        (["a.py", "b.py"], ""),
    ],
)
def test_another_name_where_only_one_can_be_meant(tmp_path: Path, files: list[str], chosen: str) -> None:
    """Browsers and students rename files; this costs no points."""
    laid_out(tmp_path, *(f"submitted/ada/toy/{name}" for name in files))
    assert who(tmp_path) == [("ada", "toy", chosen)]


def test_a_file_without_its_folder(tmp_path: Path) -> None:
    """Its name determines the exercise; if the exercise's folder exists too, the folder counts."""
    laid_out(
        tmp_path,
        "submitted/ada/toy/toy.py",
        "submitted/ada/toy_torch.py",
        "submitted/ada/other.py",
        "submitted/ada/notes.py",
    )
    laid_out(
        tmp_path, "submitted/bob/toy_torch.ipynb", "submitted/bob/toy.ipynb", "submitted/toy.py", "submitted/eve/x.txt"
    )
    (tmp_path / "submitted" / "eve" / "other.py").symlink_to(tmp_path / "submitted" / "ada" / "other.py")
    found = {(each.student, each.exercise): each for each in layout.find(tmp_path, ("toy", "other"), None, None)}
    assert {key: each.file for key, each in found.items()} == {
        ("ada", "toy"): "toy.py",
        ("ada", "other"): "other.py",
        ("bob", "toy"): "toy.ipynb",
        ("eve", "other"): "other.py",
    }
    assert found["ada", "toy"].path == tmp_path / "submitted" / "ada" / "toy" / "toy.py"
    assert not found["eve", "other"].content
    assert [each.student for each in layout.find(tmp_path, ("toy", "other"), "toy", "bob")] == ["bob"]
    # Copies beside or inside an exercise's folder are not students.
    laid_out(tmp_path, "submitted/ada/old/toy.py", "submitted/ada/toy/old/toy.py")
    for named in ("submitted/ada", "submitted/ada/toy"):
        assert who(tmp_path / named, exercise="toy") == [("ada", "toy", "toy.py")]


def test_a_folder_called_like_the_file(tmp_path: Path) -> None:
    (tmp_path / "submitted/ada/toy/toy.py").mkdir(parents=True)
    (found,) = layout.find(tmp_path, ["toy"], None, None)
    assert found.file == ""
    assert found.notes == ("Neither toy.ipynb nor toy.py was submitted; the folder contains toy.py/.",)


def test_links_of_all_kinds(tmp_path: Path) -> None:
    laid_out(tmp_path, "elsewhere/toy.py")
    for name, target in (("ada", tmp_path / "elsewhere/toy.py"), ("bob", "toy.py"), ("cleo", "nowhere")):
        folder = tmp_path / "submitted" / name / "toy"
        folder.mkdir(parents=True)
        (folder / "toy.py").symlink_to(target)
    found = {each.student: each for each in layout.find(tmp_path, ["toy"], None, None)}
    assert list(found) == ["ada", "bob", "cleo"]
    assert not found["bob"].readable and not found["cleo"].readable
    assert "the folder contains toy.py (a broken link)." in found["cleo"].notes[0]


def test_a_link_out_of_the_folder_shows_nobody_elses_file(tmp_path: Path) -> None:
    """A submission that is a link to another student's file or to the solution does not count as that file."""
    laid_out(tmp_path, "submitted/ada/toy/toy.py")
    folder = tmp_path / "submitted" / "eve" / "toy"
    folder.mkdir(parents=True)
    (folder / "toy.py").symlink_to(tmp_path / "submitted/ada/toy/toy.py")
    found = {each.student: each for each in layout.find(tmp_path, ["toy"], None, None)}
    assert found["ada"].readable
    assert not found["eve"].readable


def test_links_of_the_instructors(tmp_path: Path) -> None:
    """A student's folder and named paths may be links. Links inside the student's folder are the student's."""
    laid_out(tmp_path, "homes/ada/toy/toy.py", "elsewhere/toy/toy.py", "submitted/bob/notes.txt")
    (tmp_path / "submitted/ada").symlink_to(tmp_path / "homes/ada")
    (tmp_path / "submitted/bob/toy").symlink_to(tmp_path / "homes/ada/toy")
    (tmp_path / "submitted/cleo").mkdir()
    (tmp_path / "submitted/cleo/toy").symlink_to("nowhere")
    (tmp_path / "submitted/dan").mkdir()
    toy.write(tmp_path / "submitted/dan/toy", toy.RIGHT)
    (tmp_path / "mine").symlink_to(tmp_path / "submitted")
    for named in ("submitted", "mine"):
        found = {each.student: each for each in layout.find(tmp_path / named, ["toy"], None, None)}
        assert {name: each.readable for name, each in found.items()} == {
            "ada": True,
            "bob": False,
            "cleo": False,
            "dan": False,
        }
        assert "link to another location" in found["bob"].notes[0]
        assert found["cleo"].notes == ("toy (a broken link) was submitted instead of a folder toy with a file.",)
        assert found["dan"].notes == ("toy was submitted instead of a folder toy with a file.",)
    (tmp_path / "toy").symlink_to(tmp_path / "elsewhere/toy")
    assert next(layout.find(tmp_path / "toy", ["toy"], None, None)).readable


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "eve" / "toy"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "toy.py")
    assert who(tmp_path) == [("eve", "toy", "")]


def test_a_file_that_may_not_be_read_is_nobodys_fault(tmp_path: Path) -> None:
    """Root may read everything, so another error of the system stands for a missing permission."""
    (tmp_path / "toy.py").mkdir()
    found = submission.read(tmp_path / "toy.py", "ada", "toy")
    assert found.withheld == f"{tmp_path}/toy.py cannot be read: Is a directory."
    graded = grader.grade(found, grader.Job(toy.load(toy.project(tmp_path / "project")), 1, lambda name: None))
    assert (graded.ungraded, graded.notes) == (True, [found.withheld, *graded.notes[1:]])
    assert {check.status for check in graded.checks} == {"error"}
    assert submission.read(tmp_path / "nowhere.py", "ada", "toy").withheld == ""


def test_what_is_no_path(tmp_path: Path) -> None:
    laid_out(tmp_path, "submitted/ada/toy/toy.py", "odd.py", "empty/x.txt")
    for path, said in (
        ("nowhere", "does not exist"),
        ("empty", "contains no submission"),
        ("odd.py", "which exercise"),
    ):
        with pytest.raises(UsageError, match=said):
            who(tmp_path / path)
    with pytest.raises(UsageError, match="of toy of zoe"):
        who(tmp_path, exercise="toy", student="zoe")
    assert who(tmp_path / "odd.py", exercise="toy") == [("odd", "toy", "odd.py")]
    assert who(tmp_path / "odd.py", exercise="toy", student="ada") == [("ada", "toy", "odd.py")]
