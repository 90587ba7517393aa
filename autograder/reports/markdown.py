"""Results in Markdown: for GitHub summaries, Gradescope feedback, or a file to mail.

Every dialect reads character references as text and never as markup, also inside a table, so untrusted text within a
line is encoded that way. GitHub looks for names to notify (`@`) and issues to link (`#`) in the finished text, so an
invisible word joiner follows these signs. Untrusted text with several lines goes into a fence longer than any run of
backticks inside it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from autograder.reports import safe_text, words
from autograder.results.form import CheckResult, Picture, Result

LARGEST = 900_000
"""Bytes; GitHub rejects a summary of more than a mebibyte."""
LARGEST_PICTURE = 200_000
"""Maximum bytes of an embedded PNG."""

# All ASCII punctuation except , ; ' " ? % / which no dialect reads as markup within a line.
_MEANS_SOMETHING = re.compile(r"[!#$&()*+\-.:<=>@\[\\\]^_`{|}~]")

_WORD_JOINER = "&#8288;"


def text(content: str, most: int = 2_000) -> str:
    """Untrusted text on one line: fully shown, and never markup in any dialect."""
    return _MEANS_SOMETHING.sub(_as_reference, safe_text.line(content, most))


def _as_reference(sign: re.Match[str]) -> str:
    return f"&#{ord(sign.group())};" + (_WORD_JOINER if sign.group() in "@#" else "")


def block(content: str) -> str:
    """Untrusted text with several lines, in a fence that its content cannot close."""
    content = safe_text.inert(content).strip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", content)), default=0))
    return f"{fence}text\n{content}\n{fence}"


def check(result: CheckResult, pictures: bool = True) -> str:
    """The sentences of a check, and its small pictures; empty if there are none."""
    sentences = [_sentence(name, words_) for name, words_ in words.sentences(result)]
    return "\n\n".join([*sentences, *(_picture(each) for each in result.pictures if pictures and _is_small(each))])


def submission(result: Result, pictures: bool = False) -> str:
    """One submission: the score, a table of its checks, and the sentences of each."""
    lines = [f"## {text(result.student)} · {text(result.exercise)}: {words.score(result)}", ""]
    if result.ungraded:
        lines += [words.UNGRADED, ""]
    lines += [f"- {text(said)} {points}".rstrip() for said, points in words.score_lines(result)]
    lines += [f"> {text(note)}\n" for note in result.notes]
    lines += ["| | check | | points |", "|---|---|---|--:|"]
    lines += [
        f"| {words.MARKS[each.status]} | {text(each.id)} | {text(each.title)} | {words.check_points(each)} |"
        for each in result.checks
    ]
    for each in result.checks:
        if details := check(each, pictures):
            lines += ["", f"### {words.MARKS[each.status]} {text(each.id)}", "", details]
    return "\n".join(lines) + "\n"


def table(results: Sequence[Result]) -> str:
    """A table with a row for each submission."""
    lines = ["| student | exercise | framework | score | first problem |", "|---|---|---|--:|---|"]
    lines += [
        f"| {text(result.student)} | {text(result.exercise)} | {result.framework} | {words.score(result)} "
        f"| {text(words.wrong_first(result))} |"
        for result in results
    ]
    return "\n".join(lines) + "\n"


def whole(results: Sequence[Result], pictures: bool = False) -> str:
    """The table, followed by each submission if the size allows; for a single submission without the table."""
    if len(results) == 1:
        return submission(results[0], pictures)
    each = "\n".join([table(results), *(submission(result, pictures) for result in results)])
    return each if len(each.encode()) <= LARGEST else table(results)


def _sentence(name: str, content: str) -> str:
    return f"**{name}**\n\n{block(content)}" if "\n" in content else f"**{name}** {text(content)}"


def _is_small(picture: Picture) -> bool:
    return len(picture.png) <= LARGEST_PICTURE


def _picture(picture: Picture) -> str:
    return f"![{text(picture.title)}](data:image/png;base64,{base64.b64encode(picture.png).decode()})"
