"""Somebody who has come in with a browser."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser import WAIT, violations
from tests.serving.running import Server

SCREENSHOTS = "AUTOGRADER_SCREENSHOTS"
"""A folder for pictures of the pages; none by default."""


expect.set_options(timeout=WAIT)


class Visitor:
    """A browser that has come in through the private file, and whatever went wrong in it."""

    def __init__(self, browser: Browser, server: Server, script: bool = True) -> None:
        context = browser.new_context(java_script_enabled=script, color_scheme="light")
        context.set_default_timeout(WAIT)
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("dialog", self._asked)
        self.page.on("pageerror", lambda problem: self.wrong.append(str(problem)))
        self.page.on("console", lambda told: self.wrong.append(told.text) if told.type == "error" else None)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(server.way_in.as_uri())
        self.page.get_by_role("button", name="Open the pages").click()
        self.page.wait_for_url(f"{server.address}/*/index.html")

    def _asked(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def close(self) -> None:
        self.page.context.close()

    def accessible(self, name: str) -> None:
        assert violations(self.page) == []
        if folder := os.environ.get(SCREENSHOTS):
            for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark")):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.emulate_media(color_scheme=scheme)  # pyright: ignore[reportArgumentType]
                self.page.screenshot(path=Path(folder, f"{name}-{width}-{scheme}.png"), full_page=True)
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 390, "height": 900})
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        self.page.set_viewport_size({"width": 1280, "height": 900})
