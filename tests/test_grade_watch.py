"""`grade --watch`: what is complete is graded when it arrives; the command itself, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from autograder.course import stamps
from autograder.results import progress
from autograder.results.history.record import History
from tests import command, toy
from tests.people.inside import run
from tests.test_interruption import ENDLESS, students, wait_for


def test_a_file_that_is_being_written_is_not_complete(tmp_path: Path) -> None:
    whole, growing = tmp_path / "ada/toy/toy.py", tmp_path / "bob/toy/toy.py"
    for file in (whole, growing, tmp_path / "bob/toy/.toy.py.part", tmp_path / "results/ada/toy.json"):
        toy.write(file, "x = 1")
    before = stamps.below(tmp_path, 2, tmp_path / "results")
    assert set(before) == {whole, growing}
    growing.write_text("x = 1\ny =")
    now = stamps.below(tmp_path, 2, tmp_path / "results")
    assert stamps.moving(before, now) == {growing.parent}
    assert stamps.moving(now, now) == set()
    assert stamps.moving({}, now) == {whole.parent, growing.parent}
    assert stamps.below(tmp_path / "nowhere", 2) == {}


def test_progress_of_others(tmp_path: Path) -> None:
    with progress.reported(tmp_path, 3) as reporter:
        reporter.begun("ada", "toy")
        reporter.begun("bob", "toy")
        reporter.done("ada", "toy")
        (told,) = progress.read(tmp_path)
        assert (told.total, told.done, [each.student for each in told.running]) == (3, 1, ["bob"])
        (file,) = tmp_path.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        # A process that was killed: its number may belong to another one now.
        old = file.read_text().replace(f'"started":{told.started}', '"started":1.5')
        (tmp_path / ".grading-x-2.json").write_text(old)
        (tmp_path / ".grading-x-3.json").write_text("no progress")
        assert progress.read(tmp_path) == [told]
    assert progress.read(tmp_path) == []
    with progress.reported(tmp_path, 1):
        assert not (tmp_path / ".grading-x-2.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((".", "--format", "csv"), "leave out --format"),
        ((".", "--json"), "leave out --format"),
        ((".", "--force"), "leave out --only and --force"),
        (("submitted/ada/toy/toy.py",), "--watch needs folders: submitted/ada/toy/toy.py is none"),
    ],
)
def test_what_does_not_go_with_it(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    toy.project(tmp_path, hidden="")
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
    ended = run(tmp_path, "grade", "--watch", *arguments)
    assert ended.code == 2 and said in ended.err
    assert not (tmp_path / "results").exists()


def test_what_arrives_is_graded_once_it_is_there(tmp_path: Path) -> None:
    toy.project(tmp_path, hidden="")
    (tmp_path / "submitted").mkdir()
    process = command.start("grade", ".", "--watch", cwd=tmp_path)
    alarm = threading.Timer(command.SECONDS, process.kill)
    alarm.start()
    try:
        assert process.stdout and "watching" in process.stdout.readline()
        toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
        _until(process, "1 graded")
        assert students(tmp_path) == ["ada"]
        # A folder that is still empty is nobody's attempt; neither is a file under another name.
        (tmp_path / "submitted/cleo/toy").mkdir(parents=True)
        part = toy.write(tmp_path / "submitted/bob/toy/.toy.py.part", "# bob")
        toy.write(tmp_path / "submitted/ada/toy/toy.py", "# another\n")
        assert "bob" not in _until(process, "1 graded")
        part.rename(part.with_name("toy.py"))
        assert "bob · toy" in _until(process, "1 graded")
        assert students(tmp_path) == ["ada", "bob"]
        assert "bob" in (tmp_path / "results/index.html").read_text()
        os.kill(process.pid, signal.SIGINT)
        ended = command.finish(process)
    finally:
        alarm.cancel()
        process.kill()
    assert (ended.code, ended.err.strip()) == (0, ""), ended
    assert "No longer watching." in ended.out
    with History.existing(tmp_path / "results") as history:
        assert [each.attempt for each in history.gradings("ada")] == [1, 2]
        assert len(history.gradings("bob")) == 1 and not history.gradings("cleo")


@pytest.mark.slow
def test_ctrl_c_while_it_is_grading_ends_it_as_it_ends_grade(tmp_path: Path) -> None:
    toy.project(tmp_path, hidden="", limits="{seconds: 900, check_seconds: 900, memory_mb: 600}")
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
    toy.write(tmp_path / "submitted/bob/toy/toy.py", ENDLESS)
    process = command.start("grade", ".", "--watch", cwd=tmp_path)
    try:
        wait_for(lambda: _running(tmp_path) == ["bob"], process)
        process.send_signal(signal.SIGINT)
        ended = command.finish(process)
    finally:
        process.kill()
    assert ended.code == 130 and "1 of 2 submissions are graded" in ended.err, ended
    assert students(tmp_path) == ["ada"]
    assert progress.read(tmp_path / "results") == []


def _running(folder: Path) -> list[str]:
    """The students whose submissions are being graded."""
    return [each.student for told in progress.read(folder / "results") for each in told.running]


def _until(process: subprocess.Popen[str], end: str) -> str:
    """What the command prints up to a line with this text."""
    assert process.stdout
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line)
        if end in line:
            return "".join(seen)
    raise AssertionError(command.finish(process))
