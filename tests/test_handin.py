"""Handing in: what `handin` writes, that `grade` reads it, and what is refused."""

from __future__ import annotations

import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.course import handin_zip, layout, submission
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.release import handin
from tests import command, toy

HALF = toy.RIGHT.replace("return 3", 'raise NotImplementedError("three")')


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The exercise `toy` with a notebook that was handed out."""
    toy.project(tmp_path, hidden="")
    stub = 'def one():\n    raise NotImplementedError("one")\n\ndef double(x):\n    pass\n\ndef three():\n    pass'
    toy.write(
        tmp_path / "assignments" / "toy" / "toy_torch.ipynb", json.dumps(toy.notebook('FRAMEWORK = "torch"', stub))
    )
    return tmp_path


@pytest.fixture
def packed(course: Path, zygotes: Zygotes) -> Callable[..., handin.HandIn]:
    def pack(source: str, student: str = "Ada Lovelace") -> handin.HandIn:
        file = toy.write(course / "toy.py", source)
        exercise = toy.load(course)
        read = handin.read(exercise, file, student)
        return handin.hand_in(exercise, read, student, folder=course, zygote_of=zygotes.of)

    return pack


def test_from_handing_in_to_a_grade(course: Path) -> None:
    policy = course / "grading.yml"
    policy.write_text("upload: Upload it to the course's page, task 1.\n" + policy.read_text())
    toy.write(course / "toy.py", toy.RIGHT)
    ended = command.run("handin", "toy.py", "--name", "Ada Lovelace", cwd=course)
    assert ended.code == 0, ended
    for said in (
        "toy_Ada-Lovelace.zip  written: toy.py as saved on",
        "20 of 20 visible points",
        "upload   Upload it to the course's page, task 1.",
    ):
        assert said in ended.out
    zipped = course / "toy_Ada-Lovelace.zip"
    (course / "submitted/ada/toy").mkdir(parents=True)
    (course / "submitted/bob").mkdir()
    shutil.copy(zipped, course / "submitted/ada/toy")
    shutil.copy(zipped, course / "submitted/bob/toy_Ada-Lovelace (1).zip")
    graded = command.run("grade", "submitted", "--json", cwd=course)
    assert graded.code == 0, graded
    assert [(each["student"], each["file"], each["score"], each["notes"]) for each in graded.json] == [
        ("ada", "toy.py", 20, []),
        ("bob", "toy.py", 20, []),
    ]
    assert command.run("check", zipped, cwd=course).code == 0


def test_what_is_missing_is_named_and_handed_in(packed: Callable[..., handin.HandIn]) -> None:
    done = packed(HALF.replace("def one", "def other"))
    assert list(done.missing) == ["one is not defined.", "three still raises NotImplementedError."]
    assert done.result and done.result.score == 0
    inside = handin_zip.unpack(done.path.read_bytes(), submission.ENDINGS, submission.LARGEST)
    assert inside.manifest and inside.manifest.notes == list(done.missing)
    assert {check.id: check.status for check in inside.manifest.visible} == {
        check.id: check.status for check in done.result.checks
    }
    assert (inside.manifest.student, inside.manifest.maximum) == ("Ada Lovelace", 20)


def test_what_cannot_be_run_here_is_handed_in(course: Path) -> None:
    def nowhere(name: str) -> None:
        raise UsageError("torch is not installed")

    file = toy.write(course / "toy.py", toy.RIGHT)
    exercise = toy.load(course)
    read = handin.read(exercise, file, "ada")
    done = handin.hand_in(exercise, read, "ada", folder=course, zygote_of=nowhere)
    assert (done.result, done.why_not_run) == (None, "torch is not installed")
    assert submission.read(done.path, "ada", "toy").content == file.read_bytes()


@pytest.mark.parametrize(
    ("source", "said"),
    [("", "toy.py is empty."), ("x = 1\n", "toy.py does not specify its framework")],
)
def test_a_file_that_cannot_be_graded_is_not_handed_in(
    packed: Callable[..., handin.HandIn], course: Path, source: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        packed(source)
    assert list(course.glob("*.zip")) == []


def test_the_notebook_as_it_was_handed_out(course: Path) -> None:
    shutil.copy(course / "assignments/toy/toy_torch.ipynb", course)
    ended = command.run("handin", "toy_torch.ipynb", "--name", "ada", cwd=course)
    assert (
        ended.code == 2 and "toy_torch.ipynb contains only what was handed out: save your notebook first" in ended.err
    )
    assert list(course.glob("*.zip")) == []


def test_names_in_file_names() -> None:
    assert handin.spelled("  Ada  Lovelace ") == "Ada-Lovelace"
    assert handin.spelled("../../陈伟/..") == "陈伟"
    assert len(handin.spelled("a" * 500)) == 60
    with pytest.raises(UsageError, match="is not a name"):
        handin.spelled("../..")


# ── zips from strangers ─────────────────────────────────────────────────────────────────────────────────────

RIGHT = toy.RIGHT.encode()


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return buffer.getvalue()


def link() -> bytes:
    entry = zipfile.ZipInfo("toy.py")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((entry, b"../../../solutions/toy/toy_torch.py"))


def encrypted() -> bytes:
    content = bytearray(zipped(("toy.py", RIGHT)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def of_a_false_size() -> bytes:
    """64 MB and a byte that say they are one byte."""
    content = bytearray(zipped(("toy.py", b"#" * (submission.LARGEST + 1))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + offset
        content[start : start + 4] = (1).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "toy.zip is damaged or not a zip"),
        (b"PK\x03\x04 and no more", "toy.zip is damaged or not a zip"),
        (zipped(("toy.py", RIGHT))[:-30], "toy.zip is damaged or not a zip"),
        (zipped(), "toy.zip must contain one notebook or .py file; it contains nothing"),
        (zipped(("a.txt", b"")), "it contains a.txt"),
        (zipped(("toy.py", RIGHT), ("toy.ipynb", b"{}")), "it contains toy.py, toy.ipynb"),
        (zipped(*((f"{number}.py", b"") for number in range(21))), "toy.zip has more than 20 entries"),
        (zipped(("../toy.py", RIGHT)), "only files without folders are read"),
        (zipped(("/etc/toy.py", RIGHT)), "only files without folders are read"),
        (zipped(("C:toy.py", RIGHT)), "only files without folders are read"),
        (zipped(("a\\toy.py", RIGHT)), "only files without folders are read"),
        (zipped(("\x1b[31mtoy.py", RIGHT)), "only files without folders are read"),
        (zipped(("toy\u202e.py", RIGHT)), "only files without folders are read"),
        (zipped(("t" * 201 + ".py", RIGHT)), "only files without folders are read"),
        (link(), "contains 'toy.py', which is a link or no file"),
        (encrypted(), "toy.zip is encrypted"),
        (zipped(("toy.py", RIGHT), method=zipfile.ZIP_LZMA), "is compressed in a way that is not read"),
        (zipped(("toy.py", b"#" * (submission.LARGEST + 1))), "contains 'toy.py', which is larger than 64 MB"),
        (of_a_false_size(), "toy.zip is damaged or not a zip"),
    ],
)
def test_a_zip_that_is_no_hand_in_is_refused_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "toy.zip"
    file.write_bytes(content)
    read = submission.read(file, "eve", "toy")
    assert not read.readable
    (note,) = read.notes
    assert said in note and note.startswith("toy.zip ") and note.isprintable()
    assert list(tmp_path.iterdir()) == [file]


def test_what_systems_add_to_a_zip_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "toy.zip"
    file.write_bytes(zipped(("toy.py", RIGHT), ("__MACOSX/._toy.py", b"x"), (".DS_Store", b"x")))
    read = submission.read(file, "ada", "toy")
    assert read.readable
    assert read.notes == ("The zip has no manifest that `autograder handin` writes; toy.py was graded.",)


def test_a_manifest_earns_nothing(packed: Callable[..., handin.HandIn], course: Path, zygotes: Zygotes) -> None:
    """A manifest with full marks around a file that earns none: the file counts, and the instructor reads of it."""
    done = packed(toy.RIGHT)
    inside = handin_zip.unpack(done.path.read_bytes(), submission.ENDINGS, submission.LARGEST)
    assert inside.manifest and inside.manifest.score == 20
    place = course / "submitted" / "eve" / "toy" / done.path.name
    place.parent.mkdir(parents=True)
    place.write_bytes(handin_zip.pack("toy.py", b'FRAMEWORK = "torch"\n', inside.manifest))
    ended = command.run("grade", "submitted", "--json", cwd=course)
    (graded,) = ended.json
    assert graded["score"] == 0
    assert "toy.py was changed after `autograder handin` wrote the zip." in graded["notes"]


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b"\xff", b'{"format": 2}', b"[" * 100_000, b'{"score": 1e999}']
)
def test_a_manifest_of_another_form(tmp_path: Path, manifest: bytes) -> None:
    file = tmp_path / "toy.zip"
    file.write_bytes(zipped(("toy.py", RIGHT), ("manifest.json", manifest)))
    read = submission.read(file, "ada", "toy")
    assert read.readable and "no manifest" in read.notes[0]


def found(folder: Path, exercises: list[str]) -> list[tuple[str, str, str, Any]]:
    return [
        (each.student, each.exercise, each.path.name if each.path else "", each.notes)
        for each in layout.find(folder, exercises, None, None)
    ]


def test_zips_among_other_files(tmp_path: Path) -> None:
    zip_ = zipped(("any.py", RIGHT))
    for place in ("ada/cnn_lstm_ada.zip", "ada/cnn_ada.zip", "bob/cnn/cnn.py", "bob/cnn/cnn_bob.zip", "cleo/cnn/Abgabe.zip",
                  "dan/cnn/cnn_dan.zip", "dan/cnn/cnn_dan (1).zip", "eli/cnn/cnn_eli.zip", "eli/cnn/notes.py"):  # fmt: skip
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(RIGHT if place.endswith(".py") else zip_)
    no_manifest = "The zip has no manifest that `autograder handin` writes; any.py was graded."
    assert found(tmp_path, ["cnn", "cnn_lstm"]) == [
        ("bob", "cnn", "cnn.py", ("cnn.py was graded; cnn_bob.zip was also submitted and was not.",)),
        ("cleo", "cnn", "Abgabe.zip", (no_manifest,)),
        (
            "dan",
            "cnn",
            "",
            ("Neither cnn.ipynb nor cnn.py was submitted; the folder contains cnn_dan (1).zip, cnn_dan.zip.",),
        ),
        ("eli", "cnn", "cnn_eli.zip", (no_manifest,)),
        ("ada", "cnn", "cnn_ada.zip", (no_manifest,)),
        ("ada", "cnn_lstm", "cnn_lstm_ada.zip", (no_manifest,)),
    ]
