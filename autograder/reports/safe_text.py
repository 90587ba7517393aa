"""Sanitise a student's text for display."""

from __future__ import annotations

import re

_OUTPUT_LENGTH = 20_000
_OUTPUT_LINES = 400

# Each alternative ends at the next escape at the latest, so that a long run of unfinished ones is matched in linear
# time.
_TERMINAL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # window titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]"
)
# Progress bars return to the start of their line; here each of their states becomes a separate line.
_BACK_TO_START = re.compile(r"[\r\b]+\n?")
# Control characters, lone surrogates, and invisible characters that reverse, join or hide others. The two joiners
# U+200C and U+200D are kept: Persian names and emoji need them.
_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")
# No language puts more than four marks on a letter; hundreds would cover the lines above and below.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARKS_IN_EXCESS = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
# All of the above have one of these. A page is made of many short texts, of which hardly one has.
_IS_SUSPICIOUS = re.compile(f"[{_UNSEEN}{_MARKS}]")


def inert(text: str) -> str:
    """Text that cannot control a terminal and hides nothing; newlines and tabs are kept.

    Terminal sequences are removed; other control characters, and invisible or direction-changing ones, are shown by
    name. The caller must still escape markup: with Rich's `Text` or Jinja's autoescape.
    """
    if not _IS_SUSPICIOUS.search(text):
        return text
    text = _BACK_TO_START.sub("\n", _TERMINAL_SEQUENCE.sub("", text))
    return _MARKS_IN_EXCESS.sub(r"\1", _IS_UNSEEN.sub(_named, text))


def _named(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode draws each control character: ␀, ␇, ␛
    return f"⟨U+{code:04X}⟩"


def clipped(text: str, most: int) -> str:
    """The text, truncated with an ellipsis to at most `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def line(text: str, most: int = 160) -> str:
    """Inert text on one line, truncated if it is too long for a table."""
    return clipped(" ".join(inert(text).split()), most)


def output(text: str, lines: int = _OUTPUT_LINES, length: int = _OUTPUT_LENGTH) -> str:
    """The start and end of what a student's code printed, with the amount omitted between them."""
    text = inert(text).strip("\n")
    if len(text) > length:
        head, tail = text[: length // 2], text[-(length // 2) :]
        text = f"{head}\n[… {len(text) - len(head) - len(tail):,} characters omitted …]\n{tail}"
    rows = text.split("\n")
    if len(rows) > lines:
        head, tail = rows[: lines // 2], rows[-(lines // 2) :]
        rows = [*head, f"[… {len(rows) - len(head) - len(tail):,} lines omitted …]", *tail]
    return "\n".join(rows)
