"""Pages that are watched in a browser: what runs on them, what they ask for, and what axe finds wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

WAIT = 60_000
"""Milliseconds: longer than anything takes on a busy machine."""


@dataclass
class Watched:
    """A page, and what happened on it that must not."""

    page: Page
    happened: list[str] = field(default_factory=list[str])


@contextmanager
def watched(browser: Browser, address: str, **options: Any) -> Iterator[Watched]:
    """An open page of a new context with these options.

    What happens: dialogs, errors, what the content security policy reports, requests beyond `file:` and `data:`.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(WAIT)
    try:
        opened = Watched(context.new_page())

        def dialog(shown: Any) -> None:
            opened.happened.append(f"dialog: {shown.message}")
            shown.dismiss()

        def request(made: Any) -> None:
            # What the policy stops is reported on the console.
            if not made.url.startswith(("file:", "data:")) and made.failure != "csp":
                opened.happened.append(f"request: {made.url[:200]}")

        opened.page.on("dialog", dialog)
        opened.page.on("requestfinished", request)
        opened.page.on("requestfailed", request)
        opened.page.on("console", lambda said: opened.happened.append(f"{said.type}: {said.text}"))
        opened.page.on("pageerror", lambda error: opened.happened.append(f"error: {error}"))
        opened.page.on("popup", lambda page: opened.happened.append(f"window: {page.url}"))
        opened.page.goto(address)
        yield opened
    finally:
        context.close()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong on the page: each rule, and the first element. `rules`: only these."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}" for each in found]
