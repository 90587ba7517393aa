"""Many submissions: result files are complete or absent, a second run grades nothing, interrupted runs resume."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.errors import GraderError
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, read
from tests import command, toy

EMPTY = ""
"""A submission that needs no worker, so that grading it takes almost no time."""


def a_class(folder: Path, **files: str) -> Path:
    """A project with a class."""
    toy.project(folder, hidden="")
    for student, source in files.items():
        toy.write(folder / "submitted" / student / "toy" / "toy.py", source)
    return folder


def results(folder: Path) -> dict[str, Result]:
    """All result files. Each must be complete, and there must not be any other files."""
    found: dict[str, Result] = {}
    for path in (folder / "results").glob("*/*"):
        assert path.name in ("toy.json", "toy.html"), f"{path} was left"
        if path.suffix == ".json":
            found[path.parent.name] = read(path)
    return found


def stamps(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder / "results").glob("*/toy.json")}


def content(result: Result) -> Any:
    """The parts of a result that do not depend on the clock."""
    return [(check.id, check.status, check.points, check.tried, check.saw, check.expected) for check in result.checks]


def test_a_second_run_grades_nothing(tmp_path: Path) -> None:
    a_class(tmp_path, ada=EMPTY, bob=EMPTY)
    assert command.run("grade", ".", cwd=tmp_path).code == 0
    before = stamps(tmp_path)
    assert len(before) == 2
    toy.write(tmp_path / "submitted/cleo/toy/toy.py", EMPTY)
    again = command.run("grade", ".", "--json", cwd=tmp_path)
    assert (again.code, [each["student"] for each in again.json]) == (0, ["ada", "bob", "cleo"])
    after = stamps(tmp_path)
    assert {path: after[path] for path in before} == before
    assert len(after) == 3


def test_what_changed_is_graded_again(tmp_path: Path) -> None:
    a_class(tmp_path, ada=EMPTY, bob=EMPTY)
    command.run("grade", ".", cwd=tmp_path)
    before = stamps(tmp_path)
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "# another")
    command.run("grade", ".", cwd=tmp_path)
    changed = {Path(path).parent.name for path, stamp in stamps(tmp_path).items() if before[path] != stamp}
    assert changed == {"ada"}
    before = stamps(tmp_path)
    grading = tmp_path / "grading.yml"
    grading.write_text(grading.read_text().replace("first: 5.0, second: 5.0", "first: 4, second: 6"))
    command.run("grade", ".", cwd=tmp_path)
    assert all(stamp != before[path] for path, stamp in stamps(tmp_path).items())
    before = stamps(tmp_path)
    command.run("grade", ".", "--force", "--student", "bob", cwd=tmp_path)
    changed = {Path(path).parent.name for path, stamp in stamps(tmp_path).items() if before[path] != stamp}
    assert changed == {"bob"}


def test_a_broken_result_is_graded_again(tmp_path: Path) -> None:
    a_class(tmp_path, ada=EMPTY)
    path = toy.write(tmp_path / "results/ada/toy.json", '{"half": ')
    assert command.run("grade", ".", cwd=tmp_path).code == 0
    assert read(path).student == "ada"


FICKLE = '''
import os
from autograder import check, expect

@check("part.all")
def _(student, draw):
    """It works"""
    if os.environ.get("TOY_BROKEN"):
        raise KeyError("our own bug")
    numbers = draw.normal(3)
    expect.equal(student.one(), [float(number) for number in numbers], tried=f"one() against {numbers}")
'''


@pytest.mark.slow
def test_ungraded_is_tried_again_and_a_seed_repeats(tmp_path: Path) -> None:
    toy.project(tmp_path, FICKLE, {"part": {"all": 20}}, hidden="")
    for student in ("ada", "bob"):
        toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", toy.RIGHT)
    broken = command.run("grade", ".", "--seed", "7", cwd=tmp_path, TOY_BROKEN="1")
    assert broken.code == 3, broken
    assert all(result.score is None and result.checks[0].status == "error" for result in results(tmp_path).values())
    assert any("our own bug" in note for note in results(tmp_path)["ada"].notes)
    mended = command.run("grade", ".", "--seed", "7", cwd=tmp_path)
    assert mended.code == 0, mended
    first = results(tmp_path)
    assert [result.score for result in first.values()] == [0, 0]
    assert content(first["ada"]) == content(first["bob"])
    command.run("grade", ".", "--seed", "7", "--force", "--jobs", "2", cwd=tmp_path)
    second = results(tmp_path)
    assert {name: content(result) for name, result in first.items()} == {
        name: content(result) for name, result in second.items()
    }
    assert second["ada"].graded and second["ada"].seed == 7
    command.run("grade", ".", "--seed", "8", "-s", "ada", cwd=tmp_path)
    assert content(results(tmp_path)["ada"]) != content(second["ada"])


def test_two_graders_at_once_leave_whole_files(tmp_path: Path) -> None:
    a_class(tmp_path, **{f"student{number:02}": EMPTY for number in range(40)})
    both = [command.start("grade", ".", "--jobs", "4", "--force", cwd=tmp_path) for _ in range(2)]
    ended = [command.finish(process) for process in both]
    assert [each.code for each in ended] == [0, 0], ended
    assert len(results(tmp_path)) == 40
    assert (tmp_path / "results/summary.csv").read_text(encoding="utf-8-sig").count("student") >= 40
    assert (tmp_path / "results/index.html").is_file()


SLOW = toy.RIGHT + "\nimport time\ntime.sleep(1.5)\n"


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["the whole group, as Ctrl-C in a terminal does", "the grader alone"])
def test_interrupted_it_goes_on_where_it_was(tmp_path: Path, whom: str) -> None:
    """Students whose submissions were being graded at that moment lose no points."""
    a_class(tmp_path, **{f"student{number}": SLOW for number in range(4)})
    process = command.start("grade", ".", cwd=tmp_path)
    started = psutil.Process(process.pid)
    end = time.monotonic() + command.SECONDS
    while not stamps(tmp_path) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    below = started.children(recursive=True)
    if whom == "the grader alone":
        process.send_signal(signal.SIGINT)
    else:
        os.killpg(process.pid, signal.SIGINT)
    stopped = command.finish(process)
    assert stopped.code == 130, stopped
    assert "run the same command again to continue" in stopped.err
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive
    graded = results(tmp_path)
    assert 1 <= len(graded) < 4
    assert {name: result.score for name, result in graded.items()} == dict.fromkeys(graded, 20)
    again = command.run("grade", ".", cwd=tmp_path)
    assert again.code == 0, again
    assert {name: result.score for name, result in results(tmp_path).items()} == {
        f"student{number}": 20 for number in range(4)
    }
    # Another grading would have drawn another seed; the final scores, which were not reached, are added to the files.
    after = results(tmp_path)
    assert {name: (after[name].seed, after[name].graded) for name in graded} == {
        name: (result.seed, result.graded) for name, result in graded.items()
    }


# Results that cannot be written.


def sentence(ended: command.Ended) -> None:
    assert ended.code == 3, ended
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert len(lines) == 1, ended
    assert "bug" not in ended.err
    assert "[Errno" not in ended.err and ".writing" not in ended.err
    assert "the same command continues from there" in ended.err


@pytest.mark.parametrize("place", ["/proc/results", "grading.yml/below"])
def test_results_that_cannot_be_there(tmp_path: Path, place: str) -> None:
    a_class(tmp_path, ada=EMPTY, bob=EMPTY)
    ended = command.run("grade", ".", "--results", place, cwd=tmp_path)
    sentence(ended)
    assert place in ended.err


def test_results_in_a_file(tmp_path: Path) -> None:
    a_class(tmp_path, ada=EMPTY)
    ended = command.run("grade", ".", "--results", "grading.yml", cwd=tmp_path)
    assert (ended.code, ended.err.strip()) == (2, "--results grading.yml: this is a file; name a folder")


SOMEBODY = 65534


def as_a_user(*arguments: str, cwd: Path) -> command.Ended:
    """A command that respects file permissions: root without the capabilities that override them."""
    bare = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*bare, sys.executable, "-m", "autograder", *arguments],
        cwd=cwd,
        env=command.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return command.Ended(done.returncode, done.stdout, done.stderr)


def close(path: Path, mode: int = 0) -> None:
    if os.geteuid() == 0:
        os.chown(path, SOMEBODY, SOMEBODY)
    path.chmod(mode)


def test_a_read_only_folder(tmp_path: Path) -> None:
    a_class(tmp_path, ada=EMPTY)
    (tmp_path / "results").mkdir()
    close(tmp_path / "results", 0o555)
    ended = as_a_user("grade", ".", cwd=tmp_path)
    sentence(ended)
    assert "results: Permission denied. Grant access" in ended.err


def test_what_may_not_be_read_is_graded_when_it_may(tmp_path: Path) -> None:
    """An unreadable file or exercise folder has no score, the others do. An unreadable student folder is refused."""
    a_class(tmp_path, ada=EMPTY, bob=EMPTY, cleo=EMPTY, dan=EMPTY)
    closed = [tmp_path / "submitted" / name for name in ("bob/toy/toy.py", "cleo/toy", "dan")]
    for path in closed:
        close(path)
    refused = as_a_user("grade", ".", cwd=tmp_path)
    assert (refused.code, list(results(tmp_path))) == (2, []), refused
    assert "submitted/dan cannot be read: grant access, or specify the other folders" in refused.err
    closed[2].chmod(0o755)
    ended = as_a_user("grade", ".", cwd=tmp_path)
    assert ended.code == 3, ended
    scores = {name: result.score for name, result in results(tmp_path).items()}
    assert scores == {"ada": 0, "bob": None, "cleo": None, "dan": 0}
    assert results(tmp_path)["bob"].notes[0] == "submitted/bob/toy/toy.py cannot be read: Permission denied."
    for path in closed:
        path.chmod(0o755)
    assert as_a_user("grade", ".", cwd=tmp_path).code == 0
    assert {result.score for result in results(tmp_path).values()} == {0}


def test_a_full_disk(tmp_path: Path) -> None:
    """A limit on file sizes simulates a full disk: the write fails in the middle."""
    a_class(tmp_path, ada=EMPTY)
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", "."],
        cwd=tmp_path,
        env=command.environment(PYTHONDONTWRITEBYTECODE="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)),
    )
    sentence(command.finish(process))
    assert [path for path in (tmp_path / "results").rglob("*") if path.is_file()] == []


def test_a_full_tmpfs(tmp_path: Path) -> None:
    place = tmp_path / "results"
    a_class(tmp_path, **{f"student{number}": EMPTY for number in range(30)})
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        sentence(command.run("grade", ".", cwd=tmp_path))
        results(tmp_path)
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_whole(path, b"old")
    assert path.read_bytes() == b"old"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "folder", b"new")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a", "b.json", "folder"]


# Names.


@pytest.mark.parametrize("student", ["", ".", "..", "a/b", "a\\b", "a\0b"])
def test_a_name_that_leads_out_of_the_folder(tmp_path: Path, student: str) -> None:
    with pytest.raises(GraderError, match="is not a valid folder name"):
        result_path(tmp_path, student, "toy")


def test_names_of_all_kinds(tmp_path: Path) -> None:
    names = ["陈伟", "Zoë", "o'brien", "-rf", "a b", "[bold]x[red]", ".hidden", "=1+1"]
    a_class(tmp_path, **dict.fromkeys(names, EMPTY))
    ended = command.run("grade", ".", cwd=tmp_path)
    assert ended.code == 0, ended
    assert sorted(results(tmp_path)) == sorted(names)


def test_names_that_are_no_name_for_a_file(tmp_path: Path) -> None:
    """Names of our own files, names reserved on other systems, long names: each gets a folder for result and page."""
    names = [
        "index.html",
        "summary.csv",
        "a:b",
        "<script>",
        "100%",
        "a%3Ab",
        "x\ny",
        "ü" * 120,
        "ü" * 119 + "x",
        "\n" * 200,
    ]
    a_class(tmp_path, **dict.fromkeys(names, EMPTY))
    assert command.run("grade", ".", cwd=tmp_path).code == 0
    assert sorted(result.student for result in results(tmp_path).values()) == sorted(names)
    assert (tmp_path / "results/index.html").is_file() and (tmp_path / "results/summary.csv").is_file()
    for path in (tmp_path / "results").glob("*/toy.json"):
        assert path.with_suffix(".html").is_file()
    before = stamps(tmp_path)
    command.run("grade", ".", cwd=tmp_path)
    assert stamps(tmp_path) == before


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A folder from an old Windows archive whose name is not UTF-8. The others are graded in any case."""
    a_class(tmp_path, ada=EMPTY)
    odd = tmp_path / "submitted" / os.fsdecode(b"ren\xe9") / "toy"
    try:
        odd.mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    toy.write(odd / "toy.py", "# mine\n")
    ended = command.run("grade", ".", cwd=tmp_path)
    assert ended.code in (0, 3), ended
    assert "bug of the grader" not in ended.err
    assert (tmp_path / "results/ada/toy.json").is_file()


def test_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    """The same for the file itself, and for one that is only mentioned."""
    a_class(tmp_path, ada=EMPTY, bob=EMPTY)
    mine, others = tmp_path / "submitted/bob/toy", tmp_path / "submitted/cleo/toy"
    others.mkdir(parents=True)
    try:
        (mine / "toy.py").rename(mine / os.fsdecode(b"ren\xe9.py"))
        (others / os.fsdecode(b"ren\xe9.txt")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    ended = command.run("grade", ".", cwd=tmp_path)
    assert ended.code == 0, ended
    graded = results(tmp_path)
    assert (len(graded), graded["bob"].file) == (3, "ren~E9.py")
    assert "the folder contains ren~E9.txt" in graded["cleo"].notes[0]
