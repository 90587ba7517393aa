"""The independent right programs, and what the exercise asks of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXERCISE = "char_rnn"
PROGRAMS = Path(__file__).with_name("programs")
GIVEN = (
    "build_vocabulary",
    "make_windows",
    "one_hot_windows",
    "rnn_forward",
    "build_model",
    "train",
    "generate",
)


@dataclass(frozen=True)
class File:
    """A file that a student hands in."""

    name: str
    text: str


def programs() -> dict[str, str]:
    """The independent right programs, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(PROGRAMS.glob("p*.py"))}


def framework_of(text: str) -> str:
    return "keras" if 'FRAMEWORK = "keras"' in text else "torch"
