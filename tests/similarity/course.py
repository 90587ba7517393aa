"""A class with two copies, one of an earlier year, hostile names and code, and files that cannot be compared."""

from __future__ import annotations

import random
from pathlib import Path

from tests import toy
from tests.similarity import formatting, independent, renaming

HOSTILE = "=cmd <img src=x onerror=alert(1)>"
PROGRAMS = independent.programs()


def make(folder: Path) -> None:
    """Write the class into the folder, and the earlier year into its folder `2025`."""
    toy.project(folder)
    toy.write(folder / "roster.csv", "id,group\nada,7\ncleo,7\n")
    top = folder / "submitted"
    for student, name in {"ada": "p01", "bo": "p09", "dan": "p24", "eve": "p32"}.items():
        hand_in(top, student, PROGRAMS[name])
    hand_in(top, "cleo", renaming.renamed(PROGRAMS["p01"], random.Random(1)))
    evil = PROGRAMS["p03"].replace("softmax", "soft") + "\nx = '</mark></div><script>alert(1)</script>\x1b[31m\u202e'\n"
    hand_in(top, HOSTILE, evil)
    hand_in(folder / "2025" / "submitted", "old", formatting.reformatted(PROGRAMS["p03"], random.Random(2)))
    hand_in(folder / "2025" / "submitted", "bo", PROGRAMS["p09"])
    hand_in(top, "no-notebook", "{", "toy.ipynb")
    hand_in(top, "short", toy.RIGHT)
    (top / "linked" / "toy").mkdir(parents=True)
    (top / "linked" / "toy" / "toy.py").symlink_to(top / "ada" / "toy" / "toy.py")


def hand_in(top: Path, student: str, text: str, name: str = "toy.py") -> Path:
    path = top / student / "toy" / name
    toy.write(path, text)
    return path
