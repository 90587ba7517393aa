"""Files of outcomes in `build/`, one on each line: a run that was interrupted continues where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

import msgspec


class HasKey(Protocol):
    """An outcome names what it is the outcome of."""

    @property
    def key(self) -> str: ...


Outcome = TypeVar("Outcome", bound=HasKey)


def read(file: Path, kind: type[Outcome]) -> dict[str, Outcome]:
    """Key → outcome. A last line that an interruption cut off is left out."""
    if not file.exists():
        return {}
    lines = file.read_bytes().split(b"\n")[:-1]
    found = [msgspec.json.decode(line, type=kind) for line in lines]
    return {each.key: each for each in found}


def add(file: Path, outcome: HasKey) -> None:
    """Append an outcome."""
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as opened:
        opened.write(msgspec.json.encode(outcome) + b"\n")
