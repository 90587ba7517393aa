"""A browser that is started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.notebook import lab


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with lab.browser() as started:
        yield started
