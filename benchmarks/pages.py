"""Measure the class's pages on this machine: `python -m benchmarks.pages [--submissions 10000]` prints the seconds.

A class with that many submissions of two exercises is made without running anything. All pages are written, and written
again where nothing changed. Then Chromium opens the class's first page, searches, filters, sorts and turns the page.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import watched
from tests.notebook import lab
from tests.pages import sample

DRAWN = "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = sample.make(folder, asked.submissions // 2)
        for title in ("all pages written", "written again"):
            _timed(title, lambda: sample.write_pages(folder))
        index = results / "index.html"
        print(f"{index.name} has {index.stat().st_size / 1e6:.1f} MB")
        with lab.browser() as browser:
            began = time.perf_counter()
            with watched(browser, index.as_uri()) as opened:
                _drawn(opened.page)
                print(f"opened in {time.perf_counter() - began:.2f} s")
                _use(opened.page)
            began = time.perf_counter()
            with watched(browser, index.as_uri(), java_script_enabled=False):
                print(f"opened without its script in {time.perf_counter() - began:.2f} s")


def _use(page: Page) -> None:
    table = page.locator("[data-hash]")
    for title, act in {
        "first search": lambda: table.get_by_label("Search").fill("sofia"),
        "second search": lambda: table.get_by_label("Search").fill("sofia petrov"),
        "search cleared": lambda: table.get_by_label("Search").fill(""),
        "filtered by a failed check": lambda: table.locator("[data-filter=failed]").select_option("toy:gates.and"),
        "all again": lambda: table.get_by_role("button", name="Clear").click(),
        "sorted by score": lambda: table.get_by_role("button", name="score").click(),
        "next page": lambda: table.get_by_role("button", name="Next").click(),
    }.items():
        _timed(title, lambda act=act: (act(), _drawn(page)), table.locator("[role=status]").inner_text)


def _drawn(page: Page) -> None:
    page.locator("[data-hash] .tools").wait_for()
    page.evaluate(DRAWN)


def _timed(title: str, act: Callable[[], object], said: Callable[[], str] = str) -> None:
    began = time.perf_counter()
    act()
    seconds = time.perf_counter() - began
    print(f"{title}: {seconds:.2f} s  {said()}".rstrip())


if __name__ == "__main__":
    main()
