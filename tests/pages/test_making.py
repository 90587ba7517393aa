"""Many pages are made in several processes: they are the same, and no process outlives the one that started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from autograder.decisions.folder import files_of
from autograder.reports.pages import folder, making
from autograder.reports.pages.folder import Course
from autograder.reports.pages.making import Page
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

list(making.made(those(), many=True))
"""


def test_pages_are_the_same_in_one_process_and_in_several(tmp_path: Path) -> None:
    results = sample.make(tmp_path, 60)
    with History.existing(results) as history:
        course = Course(sample.policy(tmp_path), contents_of=files_of(history))
        around = folder.arounds(folder.in_order(latest(results)), course)
        pages = [Page(Path(str(n)), result, there, "") for n, (result, there) in enumerate(around)]
        one, several = (
            list(making.made((course.batch(some) for some in making.batches(pages)), many)) for many in (False, True)
        )
    assert len(one) == 120 and one == several
    assert all(b'id="code"' in html for _, html in one)


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
