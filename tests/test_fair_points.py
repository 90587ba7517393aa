"""A mistake costs its own part: at most two points of other parts, for nine of ten known mistakes."""

from benchmarks import collateral

GOAL = 0.9


def test_most_mistakes_cost_their_own_part() -> None:
    assert collateral.fair_share(collateral.costs()) >= GOAL, "`python -m benchmarks.collateral` lists the worst"
