"""Every attack of the corpus, in the real sandbox, beside an honest submission."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.execution.zygote_client import Zygotes
from tests import catalogue
from tests.attacks import corpus
from tests.attacks.corpus import Attack
from tests.attacks.trial import tried

ATTACKS = list(corpus.attacks())


def test_the_corpus_is_large_enough() -> None:
    assert len({attack.path for attack in ATTACKS}) >= 150
    assert len(ATTACKS) >= 190
    assert all(len(attack.tries) > 20 for attack in ATTACKS)


def test_the_page_lists_the_corpus() -> None:
    text = corpus.PAGE.read_text(encoding="utf-8")
    assert corpus.page(text) == text, "run python -m tests.attacks.corpus"


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_gains_nothing_and_harms_nobody(request: pytest.FixtureRequest, zygotes: Zygotes, attack: Attack) -> None:
    if attack.rare and not request.config.getoption("--all-attacks"):
        pytest.skip("only `make attacks` runs it")
    # These start before the world exists, so that their leftovers are not attributed to the attack.
    zygotes.of("torch")
    zygotes.of(attack.framework)
    with ThreadPoolExecutor(1) as beside:
        honest = beside.submit(
            catalogue.grade,
            zygotes,
            "xor",
            "torch",
            catalogue.reference_source("xor", "torch"),
            only=catalogue.exact_checks("xor"),
        )
        complaints = tried(attack, zygotes, until=honest.exception)
    assert honest.result().score == honest.result().maximum, catalogue.not_passed(honest.result())
    assert not complaints, "\n".join(complaints)
