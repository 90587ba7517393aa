"""The pages in a real browser: what a person does, by mouse and by keyboard, and what hostile texts do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.reports.pages import submission
from autograder.results import form
from tests.browser import violations, watched
from tests.pages import hostile, sample

TABLE = "[data-hash]"
"""The section with the submissions."""


@pytest.fixture
def index(browser: Browser, results: Path) -> Iterator[Page]:
    """The class's first page."""
    with watched(browser, (results / "index.html").as_uri()) as opened:
        yield opened.page
        assert opened.happened == []


def shown(page: Page) -> str:
    """How many submissions are found, of how many."""
    return page.locator(f"{TABLE} [role=status]").inner_text()


def students(page: Page) -> list[str]:
    return page.locator(f"{TABLE} tbody th a").all_inner_texts()


def wrong(results: Path) -> Path:
    """The page of the first submission with a check that raised."""
    return next(
        path.with_suffix(".html")
        for path in sorted(results.glob("*/toy.json"))
        if any(check.place for check in form.read(path).checks)
    )


def for_its_student(results: Path, folder: Path) -> Path:
    """The page that `autograder feedback` writes for that submission."""
    result = form.read(wrong(results).with_suffix(".json"))
    path = folder / "feedback.html"
    path.write_text(
        submission.for_student(result, result.student, sample.code_of(results.parent, result)), encoding="utf-8"
    )
    return path


def test_search_filter_and_the_next_student(index: Page) -> None:
    assert shown(index) == "240 of 240, 1 to 100 shown"
    search = index.locator(f"{TABLE} input")
    search.fill("dorte petrov")
    assert all(name.startswith("dörte") for name in students(index)), "accents need not be typed"
    search.fill("")
    index.get_by_label("Exercise").select_option("toy")
    assert shown(index) == "120 of 120, 1 to 100 shown".replace("of 120", "of 240")
    assert [each.rstrip(" ↕") for each in index.locator("thead [data-part] span").all_inner_texts()] == [
        *("gates", "model", "by_hand", "gpu"),
    ]
    index.get_by_label("Section").last.select_option("B")
    index.locator("[data-filter=is]").select_option("excused")
    assert students(index) == ["bashir00001"]
    index.get_by_role("button", name="Clear").click()
    assert shown(index).startswith("240 of 240")
    index.locator(f"{TABLE} tbody a").first.click()
    first = index.get_by_role("heading", level=1).inner_text()
    assert first == sample.FIRST_STUDENT
    index.locator("a[rel=next]").click()
    assert index.get_by_role("heading", level=1).inner_text() != first
    index.locator("a[rel=prev]").click()
    assert index.get_by_role("heading", level=1).inner_text() == first


def test_the_number_of_failures_leads_to_them_and_the_address_keeps_them(index: Page) -> None:
    link = index.locator("[data-show='toy:gates.and'] a").first
    failed = re.match(r"\d+", link.inner_text())
    assert failed
    link.click()
    assert shown(index).startswith(f"{failed[0]} of 240")
    expect(index.locator(f"{TABLE} h2")).to_be_in_viewport()
    index.locator(f"{TABLE} thead button", has_text="score").click()
    lowest_first = students(index)
    index.locator(f"{TABLE} thead button", has_text="score").click()
    assert index.locator(f"{TABLE} th[aria-sort=descending]").inner_text().startswith("score")
    highest_first = students(index)
    assert highest_first != lowest_first and sorted(highest_first) == sorted(lowest_first)
    index.reload()
    assert students(index) == highest_first


def test_pages_of_the_table(index: Page) -> None:
    seen = students(index)
    index.locator(f"{TABLE} .pager button", has_text="Next").click()
    seen += students(index)
    index.locator(f"{TABLE} .pager button", has_text="Next").click()
    seen += students(index)
    assert shown(index) == "240 of 240, 201 to 240 shown" and len(seen) == 240
    expect(index.locator(f"{TABLE} .pager button", has_text="Next")).to_be_disabled()


def test_a_failed_check_and_its_line_lead_to_each_other(browser: Browser, results: Path) -> None:
    with watched(browser, wrong(results).as_uri()) as opened:
        page = opened.page
        check = page.locator("li.failed", has=page.locator(".id", has_text="model.shape"))
        check.locator("a.place").click()
        line = page.locator(".l:target")
        assert line.inner_text().strip() == "return self.outer(h).squeez(-1)"
        assert line.get_attribute("data-n") == "9"
        expect(line).to_be_in_viewport()
        page.locator(".finding a", has_text="model.shape").click()
        assert page.locator("li:target .id").inner_text() == "model.shape"
        assert page.get_by_text("0.0123").is_visible() and page.locator(".out img").is_visible()
        assert page.locator(".out img").evaluate("image => image.naturalWidth") == 320
        assert opened.happened == []


def test_the_commands_can_be_copied(browser: Browser, results: Path) -> None:
    with watched(browser, wrong(results).as_uri(), permissions=["clipboard-read", "clipboard-write"]) as opened:
        commands = opened.page.locator("[data-copy]").inner_text()
        opened.page.get_by_role("button", name="Copy").click()
        opened.page.get_by_role("button", name="Copied").wait_for()
        assert opened.page.evaluate("navigator.clipboard.readText()") == commands
        assert "--seed=1234567" in commands and opened.happened == []


def test_by_keyboard_alone(index: Page) -> None:
    def tab_to(selector: str) -> None:
        for _ in range(60):
            if index.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            index.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached")

    tab_to("a.skip")
    index.keyboard.press("Enter")
    tab_to(f"{TABLE} input")
    index.keyboard.type("goran")
    assert set(students(index)) == {f"goran{number:05d}" for number in range(6, 120, 20)}
    tab_to(f"{TABLE} thead th:nth-child(4) button")
    index.keyboard.press("Enter")
    assert index.locator(f"{TABLE} th[aria-sort]").inner_text().startswith("score")
    tab_to(f"{TABLE} tbody a")
    index.keyboard.press("Enter")
    index.locator("main.with-code").wait_for()
    tab_to("a.place, a.skip")
    index.keyboard.press("Enter")
    assert index.locator(":target").count() == 1


def test_without_a_script_the_pages_have_every_row(browser: Browser, results: Path) -> None:
    with watched(browser, (results / "index.html").as_uri(), java_script_enabled=False) as opened:
        page = opened.page
        assert not page.locator(".tools").first.is_visible()
        seen: list[str] = []
        for number in (1, 2, 3):
            if number > 1:
                page.locator(".pager").get_by_role("link", name=str(number), exact=True).click()
            seen += page.locator("table[aria-labelledby=submissions] tbody th a").evaluate_all(
                "all => all.map(a => a.href)"
            )
        assert len(set(seen)) == 240
        page.locator("table[aria-labelledby=submissions] tbody a").first.click()
        assert "--seed=1234567" in page.locator("[data-copy]").inner_text()
        assert opened.happened == []


def test_a_narrow_screen_scrolls_down_only(browser: Browser, results: Path, tmp_path: Path) -> None:
    paths = [results / "index.html", results / "index-2.html", wrong(results), for_its_student(results, tmp_path)]
    with watched(browser, paths[0].as_uri(), viewport={"width": 390, "height": 844}) as opened:
        for path in paths:
            opened.page.goto(path.as_uri())
            if path == paths[0]:
                opened.page.locator("summary").first.click()
            assert opened.page.evaluate("document.documentElement.scrollWidth") == 390, path
        assert opened.happened == []


def test_on_paper(browser: Browser, results: Path) -> None:
    with watched(browser, (results / "index.html").as_uri(), color_scheme="dark") as opened:
        page = opened.page
        page.emulate_media(media="print")
        assert not page.locator(".tools").first.is_visible() and page.locator("table.rows").first.is_visible()
        page.goto(wrong(results).as_uri())
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator(".file").evaluate("each => each.scrollHeight <= each.clientHeight")
        assert page.pdf().startswith(b"%PDF")
        assert opened.happened == []


@pytest.mark.parametrize(("scheme", "rules"), [("light", ()), ("dark", ("color-contrast",))])
def test_axe_finds_nothing(
    browser: Browser, results: Path, tmp_path: Path, scheme: str, rules: tuple[str, ...]
) -> None:
    paths = [results / "index.html", results / "index-3.html", wrong(results), for_its_student(results, tmp_path)]
    with watched(browser, paths[0].as_uri(), color_scheme=scheme) as opened:
        for path in paths:
            opened.page.goto(path.as_uri())
            if path == paths[0]:
                opened.page.locator("summary").first.click()
                for search in opened.page.get_by_label("Search").all():
                    # Rows are alike, and axe takes long for many.
                    search.fill("bashir")
            assert violations(opened.page, *rules) == [], path
        assert opened.happened == []


def test_hostile_names_and_texts_run_nothing(browser: Browser, attacked: Path) -> None:
    with watched(browser, (attacked / "index.html").as_uri()) as opened:
        page = opened.page
        assert shown(page).startswith(f"{len(hostile.TEXTS)} of")
        search = page.locator(f"{TABLE} input")
        for text in hostile.TEXTS[:4]:
            search.fill(text)
        search.fill("")
        for option in page.locator("[data-filter=section] option").all():
            page.locator("[data-filter=section]").select_option(option.get_attribute("value"))
        for text in hostile.TEXTS:
            page.goto(hostile.page_of(attacked, text).as_uri())
            assert page.locator("li.failed").count() == 1 and page.locator(".l.hit").count() == 1
            assert page.locator(".out img, iframe, svg, link, form").count() == 0
            page.locator("a.place").click()
            for button in page.get_by_role("button").all():
                button.click()
        assert violations(page) == []
        assert opened.happened == []


def test_a_script_that_got_in_would_be_stopped_and_seen(browser: Browser, attacked: Path, tmp_path: Path) -> None:
    inside = '<script>alert(1)</script><img src="https://example.org/x.png" onerror="alert(2)"></body>'
    for path in (attacked / "index.html", hostile.page_of(attacked, hostile.TEXTS[0])):
        broken = tmp_path / "broken.html"
        broken.write_text(path.read_text("utf-8").replace("</body>", inside), encoding="utf-8")
        with watched(browser, broken.as_uri()) as opened:
            assert not [each for each in opened.happened if each.startswith(("dialog", "request"))]
            assert len([each for each in opened.happened if "Content Security Policy" in each]) >= 2, opened.happened


def test_the_students_page_has_no_more_than_they_may_see(browser: Browser, results: Path, tmp_path: Path) -> None:
    with watched(browser, for_its_student(results, tmp_path).as_uri()) as opened:
        page = opened.page
        assert page.locator("a[href^='../'], [data-copy], script, #how, #history").count() == 0
        hidden = page.locator("li.failed", has=page.locator(".tag", has_text="hidden"))
        for check in hidden.all():
            assert "expected" not in check.locator("dt").all_inner_texts()
        assert page.locator(".l.hit").count() >= 1 and "Your code" in page.inner_text("main")
        assert opened.happened == []


def test_the_history_shows_who_decided_what(browser: Browser, results: Path) -> None:
    with watched(browser, (results / sample.FIRST_STUDENT / "toy.html").as_uri()) as opened:
        events = opened.page.locator(".events li").all_inner_texts()
        assert "turing: A tie was broken by hand" in events[0] and "+1" in events[0]
        assert "run 1, attempt 1: graded" in events[1] and "counts" in events[1]
