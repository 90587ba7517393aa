"""The page of similar programs in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from autograder.commands.similar import similar_
from tests.browser import violations, watched
from tests.conftest import Once
from tests.similarity import course


@pytest.fixture(scope="module")
def page(once: Once) -> Path:
    """The page of a class with copies, hostile names and hostile code."""
    folder = once("similar-course", course.make)
    results = folder / "results"
    similar_(
        folder / "submitted",
        results=results,
        exercise_name=None,
        against=[folder / "2025"],
        config=folder / "grading.yml",
        as_json=True,
    )
    return results / "similar.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_names_run_nothing_and_axe_finds_nothing(browser: Browser, page: Path, scheme: str) -> None:
    with watched(browser, page.as_uri(), color_scheme=scheme, viewport={"width": 390, "height": 844}) as opened:
        assert violations(opened.page) == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.happened == []


def test_a_passage_leads_to_the_same_passage_in_the_other_program(browser: Browser, page: Path) -> None:
    with watched(browser, page.as_uri()) as opened:
        link = opened.page.get_by_label("passage 1, in the other program").first
        link.focus()
        opened.page.keyboard.press("Enter")
        expect(opened.page.locator(":target")).to_be_in_viewport()
        folded = opened.page.locator("details").first
        folded.locator("summary").press("Enter")
        expect(folded.locator(".line").first).to_be_visible()
    assert opened.happened == []
