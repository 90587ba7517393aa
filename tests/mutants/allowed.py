"""The mutants that the exercise's text allows: they are right programs, and no check may fail them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).parent / "allowed.yml"


class Allowed(NamedTuple):
    """Why some mutants are right programs."""

    because: str
    mutants: tuple[str, ...]
    """Their ids."""


def read() -> list[Allowed]:
    """The reasons, in the order of the file."""
    return [Allowed(str(each["because"]), tuple(each["mutants"])) for each in yaml.safe_load(FILE.read_text()) or []]


def ids() -> Iterator[str]:
    """The ids of all allowed mutants."""
    for reason in read():
        yield from reason.mutants
