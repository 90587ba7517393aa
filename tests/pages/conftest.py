"""A class's pages, and a browser that is started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import Once
from tests.notebook import lab
from tests.pages import hostile, sample


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with lab.browser() as started:
        yield started


@pytest.fixture(scope="session")
def results(once: Once) -> Path:
    """The results of 120 students in two exercises, with their pages."""

    def make(folder: Path) -> None:
        sample.make(folder, 120)
        sample.decide(folder, sample.FIRST_STUDENT, "points", "+1", "A tie was broken by hand")
        sample.decide(folder, "bashir00001", "excuse", "", "Ill that week")
        sample.write_pages(folder)

    return once("pages", make) / "results"


@pytest.fixture(scope="session")
def attacked(once: Once) -> Path:
    """The results of a class in which every name and every text is hostile, with their pages."""
    return once("hostile-pages", hostile.make) / "results"
