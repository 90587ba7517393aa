"""Handing in from a notebook's last cell, in real kernels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.course import submission
from autograder.release.notebooks import HAND_IN
from tests import toy
from tests.notebook.kernels import kernel, save
from tests.notebook.test_sources import COLAB, RIGHT, START, run_all

NAMED = HAND_IN.replace('""', '"Ada Lovelace"')
ZIP = "toy_Ada-Lovelace.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return toy.project(tmp_path)


def test_only_what_is_saved_is_handed_in(folder: Path) -> None:
    file = save(folder / "toy.ipynb", *RIGHT, START)
    with kernel(folder, {"JPY_SESSION_NAME": str(file)}) as started:
        run_all(started, *RIGHT, START)
        assert "write your name between the quotes" in started.run(HAND_IN, "last").result
        run_all(started, RIGHT[1].replace("1", "2"))
        said = started.run(NAMED, "last")
        assert said.result.startswith("Not handed in. In [6] was run after toy.ipynb was last saved"), said
        assert "save the notebook, then run this cell again" in said.result
        assert not (folder / ZIP).exists()
        # The cell that hands in need not be saved with the name.
        save(file, RIGHT[0], RIGHT[1].replace("1", "2"), RIGHT[2], START, HAND_IN)
        said = started.run(NAMED, "last").result
        assert f"{ZIP}  written: toy.ipynb as saved on" in said, said
        assert "visible points" in said and "Upload it where your instructor" in said
    read = submission.read(folder / ZIP, "ada", "toy")
    assert (read.content, read.notes) == (file.read_bytes(), ())


def test_code_without_a_file_is_not_handed_in(folder: Path) -> None:
    with kernel(folder) as started:
        run_all(started, *RIGHT, START)
        said = started.run(NAMED).result
        assert said.startswith(
            "Not handed in. The notebook's file was not found: this folder contains no file for toy."
        )
        assert said.endswith("name its file: Notebook('toy', 'your_file.ipynb').")
        save(folder / "mine.ipynb", *RIGHT)
        started.run("grader = Notebook('toy', 'mine.ipynb')")
        assert "mine.ipynb as saved on" in started.run(NAMED).result
        assert "is not a name" in started.run(NAMED.replace("Ada Lovelace", "?!")).result


def test_colab_writes_the_open_notebook_and_downloads_the_zip(folder: Path) -> None:
    """Simulated at the two functions of Colab that are called."""
    toy.write(folder / "lib/google/colab/__init__.py", "")
    toy.write(folder / "lib/google/colab/_message.py", COLAB)
    toy.write(folder / "lib/google/colab/files.py", "def download(path):\n    print('download', path)")
    book = json.loads(save(folder / "answer.json", *RIGHT).read_text())
    book["metadata"]["colab"] = {"name": "Copy of toy.ipynb"}
    (folder / "answer.json").write_text(json.dumps({"ipynb": book}))
    with kernel(folder, {"PYTHONPATH": str(folder / "lib")}) as started:
        started.run("import google.colab")
        run_all(started, START)
        said = started.run(NAMED)
        assert f"{ZIP}  written: Copy of toy.ipynb as it is open in Colab" in said.result, said
        assert said.result.endswith("Your browser downloads the zip.")
        assert f"download {folder / ZIP}" in said.printed
    read = submission.read(folder / ZIP, "ada", "toy")
    assert (json.loads(read.content), read.notes) == (book, ())
