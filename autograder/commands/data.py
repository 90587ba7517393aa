"""`autograder data`: the data sets that do not come with a package."""

from __future__ import annotations

from autograder.commands.options import Json, out, print_json, spinner
from shared import data as datasets


def data(as_json: Json = False) -> None:
    """Download and verify the data sets that do not come with a package."""
    with spinner("downloading"):
        datasets.fetch()
    states = datasets.verify()
    if as_json:
        print_json(states)
        return
    for name, state in states.items():
        out.print(f"{name:<16} {state}")
