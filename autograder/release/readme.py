"""A README as sections: one for each graded part, and the other texts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from autograder.errors import UsageError


@dataclass(frozen=True)
class Section:
    """The text under a `##` heading of a README; for a graded part, with `part`, `title` and `points`."""

    text: str
    line: int
    part: str | None = None
    title: str = ""
    points: float = 0


PART_HEADING = re.compile(r"## `(?P<part>[a-z][a-z0-9_]{0,49})` · (?P<title>.+) · (?P<points>\d+(?:\.\d+)?) points?\s*")


def readme_sections(text: str, place: str = "README.md") -> list[Section]:
    """Split a README at its `##` headings, in order; the first section is the text above all headings."""
    starts = [(0, "")]
    lines = text.split("\n")
    fence = ""
    for number, line in enumerate(lines):
        if mark := re.match(r" {0,3}(```+|~~~+)", line):
            if not fence:
                fence = mark[1]
            elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif not fence and line.startswith("## "):
            starts.append((number, line))
    sections: list[Section] = []
    problems: list[str] = []
    for (start, heading), (end, _) in zip(starts, [*starts[1:], (len(lines), "")], strict=True):
        body = "\n".join(lines[start:end]).strip("\n").rstrip()
        if match := PART_HEADING.fullmatch(heading):
            title, points = match["title"], float(match["points"])
            sections.append(Section(body, start + 1, match["part"], title, points))
        elif re.match(r"## +`\w+` *[·•—–|:-] ", heading):
            problems.append(
                f"{place}, line {start + 1}: {heading!r} does not have the form '## `gates` · Title · 3 points'"
            )
        elif body:
            sections.append(Section(body, start + 1))
    seen = Counter(section.part for section in sections if section.part)
    problems += [f"{place}: part `{part}` has {count} sections" for part, count in seen.items() if count > 1]
    if problems:
        raise UsageError(*problems)
    return sections
