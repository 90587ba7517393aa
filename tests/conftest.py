"""What tests share: zygotes, started once for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.engine import Zygotes


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Zygotes]:
    with Zygotes() as started:
        yield started
