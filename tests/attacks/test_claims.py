"""Every check states what a forger would have to do; `docs/claims.md` is generated from these statements."""

from __future__ import annotations

import pytest

from tests import catalogue, claims


@pytest.mark.parametrize("name", catalogue.names())
def test_every_check_has_a_claim(name: str) -> None:
    assert not claims.without_a_claim(catalogue.load(name))


def test_the_page_is_what_the_checks_say() -> None:
    assert claims.PAGE.read_text(encoding="utf-8") == claims.page(), "run `python -m tests.claims`"
