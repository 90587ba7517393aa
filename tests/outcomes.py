"""Files of outcomes, one on each line: a run that was interrupted continues where it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from autograder.results.files import write_whole


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


def replace(file: Path, kept: Iterable[HasKey]) -> None:
    """Leave only these outcomes in the file."""
    write_whole(file, b"".join(msgspec.json.encode(each) + b"\n" for each in kept))
    file.chmod(0o644)
