"""Many pages are made in several processes: they are the same, and no process outlives the one that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from autograder.decisions.folder import files_of
from autograder.reports.pages import folder, making
from autograder.reports.pages.folder import Course
from autograder.reports.pages.making import Page
from autograder.results import files
from autograder.results.history.record import History
from autograder.results.latest import latest
from tests.catalogue import ROOT
from tests.pages import sample

WAITING = """
import multiprocessing, time
from autograder.reports.pages import making

def those():
    for _ in range(3):
        yield making.Batch([], {}, {})
    print(*(each.pid for each in multiprocessing.active_children()), flush=True)
    time.sleep(600)

with making.begun(those(), many=True):
    pass
"""


def test_pages_are_the_same_in_one_process_and_in_several(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 60)
    with History.existing(results) as history:
        course = Course(sample.policy(tmp_path), contents_of=files_of(history))
        around = folder.arounds(folder.in_order(latest(results)), course)
        pages = [Page(tmp_path / str(n), result, there, "") for n, (result, there) in enumerate(around)]
        one, several = (_written(course, pages, many) for many in (False, True))
    assert list(one) == list(several) == [page.path for page in pages]
    htmls = [Path(page).read_bytes() for page in one.values()]
    assert len(htmls) == 120 and htmls == [Path(page).read_bytes() for page in several.values()]
    assert all(b'id="code"' in html for html in htmls)


@pytest.mark.parametrize("many", [False, True])
def test_nothing_is_left_of_pages_that_could_not_all_be_made(tmp_path: Path, many: bool) -> None:
    results = sample.make(tmp_path, 60)
    with History.existing(results) as history:
        course = Course(sample.policy(tmp_path), contents_of=files_of(history))
        around = folder.arounds(folder.in_order(latest(results)), course)
        pages = [Page(tmp_path / "pages" / str(n), result, there, "") for n, (result, there) in enumerate(around)]
        (tmp_path / "taken").touch()
        pages[-1] = replace(pages[-1], path=tmp_path / "taken" / "page")
        with pytest.raises(OSError, match="taken"):
            _written(course, pages, many)
    assert list((tmp_path / "pages").iterdir()) == []


@pytest.mark.parametrize("many", [False, True])
def test_nothing_is_left_of_pages_if_their_caller_is_interrupted(tmp_path: Path, many: bool) -> None:
    results = sample.make(tmp_path, 60)
    policy = sample.policy(tmp_path)
    with pytest.raises(KeyboardInterrupt), History.existing(results) as history:
        course = Course(policy, contents_of=files_of(history))
        around = folder.arounds(folder.in_order(latest(results)), course)
        pages = [Page(tmp_path / "pages" / str(n), result, there, "") for n, (result, there) in enumerate(around)]
        with making.begun((course.batch(some) for some in making.batches(pages)), many):
            raise KeyboardInterrupt
    assert list(tmp_path.glob("pages/*")) == []


def test_the_processes_end_with_the_one_that_started_them() -> None:
    parent = subprocess.Popen([sys.executable, "-c", WAITING], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert children
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


def _written(course: Course, pages: Sequence[Page], many: bool) -> files.Waiting:
    with making.begun((course.batch(some) for some in making.batches(pages)), many) as finish:
        return finish()
