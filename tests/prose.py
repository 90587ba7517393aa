"""Check the style of texts for students: `python -m tests.prose [FILE …]` lists and counts violations.

Violations are sentences over 30 words, lines over 120 characters, and phrases that the style guide rejects.
Mathematics, code, tables and link addresses are not prose: a formula or a piece of code counts as one word.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.catalogue import ROOT

WORDS = 30
CHARACTERS = 120
LONG_SENTENCES = 0.05
"""The maximum share of long sentences in a text."""

PHRASES = {
    r"\bliv(?:es?|ing) on\b(?! the| a)": "keeps running, stays",
    r"\bis no answer\b": "malformed response",
    r"\btwice the same\b": "identical results",
    r"\bhang(?:s|ing)? (?:on|off)\b": "depends on",
    r"(?:^|[.:;] )Found (?:are|is)\b": "The check detects …",
    r"(?:^|[.:;?] )Who (?!else\b)[^.?!]*[.!](?:\s|$)": "A model that …, students who …",
    r"\bwalled\b|\bwalls?\b": "sandbox",
    r"\bhas a result already\b": "already has a result",
    r"\bnothing to say to nobody\b": "the reader closed the pipe",
    r"\b(?:model|net|network|discriminator|it|rule) (?:that )?(?:bends|bend)\b": "is nonlinear",
    r"\bno (?:fault|matter how)\b": "right, allowed",
    r"\b(?:lessons?|parcels?)\b": "the field's own word",
    r"\bhas to do with nothing\b": "is independent of",
    r"\bsees to it\b": "takes care of it",
    r"\bsilence\b": "silently",
    r"\bgoes? on (?:on|to|setting)\b": "continues on, continues to",
}
"""Phrase → what to write instead."""


@dataclass(frozen=True)
class Finding:
    """A violation and its location."""

    file: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.kind}: {self.text}"


def students_texts() -> list[Path]:
    """The texts that students read as prose: each exercise's README, and the texts that all READMEs share."""
    return [*sorted(ROOT.glob("assignments/*/README.md")), *sorted(ROOT.glob("autograder/release/common/*.md"))]


def checks() -> list[Path]:
    """Check files, whose titles and sentences students read; solutions, whose docstrings are in the notebooks."""
    return sorted([*ROOT.glob("assignments/*/*.py"), *ROOT.glob("solutions/*/*.py")])


def findings(file: Path) -> Iterator[Finding]:
    """Long lines and rejected phrases of any text, and long sentences of Markdown."""
    text = file.read_text(encoding="utf-8")
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > CHARACTERS:
            yield Finding(file, number, "long line", f"{len(line)} characters")
        for phrase, better in PHRASES.items():
            if match := re.search(phrase, line):
                yield Finding(file, number, "phrase", f"{match[0]!r}; say: {better}")
    if file.suffix == ".md":
        for number, sentence in sentences(text):
            if len(sentence.split()) > WORDS:
                yield Finding(file, number, "long sentence", f"{len(sentence.split())} words: {sentence[:90]}…")


def sentences(markdown: str) -> list[tuple[int, str]]:
    """The sentences of a Markdown text, each with the line where its paragraph begins."""
    found: list[tuple[int, str]] = []
    for number, paragraph in _paragraphs(_without_blocks(markdown)):
        plain = re.sub(r"`[^`]+`|\$[^$]+\$", "x", " ".join(paragraph))
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", plain)
        plain = re.sub(r"[*_]{1,2}(\S[^*_]*?)[*_]{1,2}", r"\1", plain)
        found += [(number, each) for each in re.split(r"(?<=[.!?])[\"”)]?\s+(?=[\"“(A-Zx0-9])", plain) if each.strip()]
    return found


def _without_blocks(markdown: str) -> str:
    """Replace code, displayed mathematics, comments and front matter by empty lines, so that line numbers stay."""
    blocks = re.compile(r"^```.*?^```$|\$\$.*?\$\$|<!--.*?-->|\{%.*?%\}", re.DOTALL | re.MULTILINE)
    return blocks.sub(lambda block: "\n" * block[0].count("\n"), markdown)


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    start, lines = 0, list[str]()
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = re.sub(r"^\s*>\s?", "", raw).strip()
        bullet = re.match(r"(?:[-*]|\d+\.)\s+", line)
        if lines and (not line or bullet or line.startswith(("#", "|", "!["))):
            yield start, lines
            lines = []
        if line and not line.startswith(("#", "|", "![")):
            start = start if lines else number
            lines.append(line[bullet.end() :] if bullet else line)


def share_of_long_sentences(files: Sequence[Path]) -> float:
    """The share of sentences in these Markdown files that have more than `WORDS` words."""
    lengths = [len(sentence.split()) for file in files for _, sentence in sentences(file.read_text(encoding="utf-8"))]
    return sum(length > WORDS for length in lengths) / max(1, len(lengths))


def main() -> None:
    """Print every finding, and the share of long sentences."""
    files = [Path(name).resolve() for name in sys.argv[1:]] or [*students_texts(), *checks()]
    for file in files:
        for finding in findings(file):
            print(finding)
    texts = [file for file in files if file.suffix == ".md"]
    print(f"{share_of_long_sentences(texts):.1%} of the sentences have more than {WORDS} words")


if __name__ == "__main__":
    main()
