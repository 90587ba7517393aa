"""Grade a class while browsers look at its pages: `python -m benchmarks.serve` writes `docs/serve-benchmark.md`.

Run it on an idle machine: measurements on a busy one are meaningless. The submissions are of a toy exercise, so that
the server's share of the time is as large as it can be. Every browser shows the class page, asks every two seconds what
is going on, as the page's script does, and loads the page again whenever there are newer results.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from playwright.sync_api import Page

from autograder.results.files import write_whole
from autograder.results.latest import latest
from tests import command, toy
from tests.catalogue import ROOT
from tests.notebook import lab
from tests.serving import running
from tests.serving.running import Server

TARGET = ROOT / "docs" / "serve-benchmark.md"


@dataclass
class Measured:
    """Seconds of one grading, and of what the server answered meanwhile."""

    wall: float
    server_cpu: float = 0.0
    pages: list[float] = field(default_factory=list[float])
    """Each load of the class page, until it is there."""
    asked: list[float] = field(default_factory=list[float])
    """Each answer to the question what is going on."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--browsers", type=int, default=10)
    asked = parser.parse_args()
    alone = graded(asked.submissions, 0)
    watched = graded(asked.submissions, asked.browsers)
    write_whole(TARGET, page(asked.submissions, asked.browsers, alone, watched).encode())
    TARGET.chmod(0o644)


def graded(submissions: int, browsers: int) -> Measured:
    """Grade the class, with so many browsers looking."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_things:
        folder = Path(name)
        toy.project(folder, hidden="")
        for number in range(submissions):
            toy.write(folder / "submitted" / f"student{number:03}" / "toy" / "toy.py", toy.RIGHT)
        (folder / "results").mkdir()
        watching: list[Page] = []
        server = None
        if browsers:
            server = open_things.enter_context(running.server(folder))
            watching = open_things.enter_context(_browsers(server, browsers))
        began = time.perf_counter()
        process = command.start("grade", ".", "--jobs", "2", cwd=folder)
        found = Measured(0.0)
        while process.poll() is None:
            for each in watching:
                if each.locator("#to-newer").count():
                    found.pages.append(_loaded(each))
            time.sleep(0.1)
        found.wall = time.perf_counter() - began
        ended = command.finish(process)
        assert ended.code == 0, ended
        assert [each.total for each in latest(folder / "results")] == [20.0] * submissions
        for each in watching:
            found.asked += each.evaluate(_ASKED)
        if server:
            times = psutil.Process(server.process.pid).cpu_times()
            found.server_cpu = times.user + times.system
        return found


_ASKED = """performance.getEntriesByType("resource").filter(each => each.name.includes("live="))
  .map(each => each.duration / 1000)"""


@contextmanager
def _browsers(server: Server, number: int) -> Iterator[list[Page]]:
    with lab.browser() as browser:
        pages: list[Page] = []
        for _ in range(number):
            opened = browser.new_page()
            opened.goto(server.way_in.as_uri())
            opened.get_by_role("button").click()
            opened.wait_for_url("**/index.html")
            pages.append(opened)
        yield pages


def _loaded(opened: Page) -> float:
    began = time.perf_counter()
    opened.reload()
    return time.perf_counter() - began


def page(submissions: int, browsers: int, alone: Measured, watched: Measured) -> str:
    """What was measured, as a page of the documentation."""
    system = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"""# Pages that are live, while a class is graded

Made by `python -m benchmarks.serve` on {datetime.now(UTC):%Y-%m-%d}: {system}.
The load of the machine at the end was {os.getloadavg()[0]:.1f}.

`autograder grade --jobs 2` graded {submissions} submissions of a toy exercise in PyTorch, alone and while {browsers} browsers
(Chromium) had the class page of `autograder serve` open. All results were right and complete both times.

| | alone | while {browsers} browsers look |
|---|---|---|
| grading, wall seconds | {alone.wall:.0f} | {watched.wall:.0f} |
| CPU seconds of the server | | {watched.server_cpu:.1f} |
| loads of the class page | | {len(watched.pages)} |
| seconds of a load, median and longest | | {_spread(watched.pages)} |
| answers to what is going on | | {len(watched.asked)} or more |
| seconds of an answer, median and longest | | {_spread(watched.asked)} |

The browsers ran on the same machine, and so did other programs.
"""


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f}, {max(seconds):.3f}" if seconds else "–"


if __name__ == "__main__":
    main()
