"""What the cells of a student's file show: untrusted data, of which only text and pictures are kept."""

# nbgrader and nbformat have few type annotations.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, cast

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.reports import safe_text

LARGEST_PICTURE = 4 << 20
"""Bytes of a picture; a plot has less than a tenth of it."""
MOST = 50
"""Outputs of a cell."""
_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""The kinds of pictures without scripts, and how their files begin."""


def plain(outputs: Any) -> list[NotebookNode]:
    """The outputs' text, and their PNG and JPEG pictures. Markup, scripts and widgets are left out."""
    if not isinstance(outputs, list):
        return []
    return [kept for each in cast(list[Any], outputs)[:MOST] for kept in _plain(each)]


def _plain(output: Any) -> Iterator[NotebookNode]:
    if not isinstance(output, dict):
        return
    fields = cast(dict[str, Any], output)
    kind = fields.get("output_type")
    if kind == "stream":
        name = "stderr" if fields.get("name") == "stderr" else "stdout"
        yield new_output("stream", name=name, text=safe_text.output(_text(fields.get("text"))))
    elif kind == "error":
        said = safe_text.line(f"{_text(fields.get('ename'))}: {_text(fields.get('evalue'))}", 500)
        yield new_output("stream", name="stderr", text=said)
    elif isinstance(data := fields.get("data"), dict):
        bundle = cast(dict[str, Any], data)
        shown = {kind: picture for kind in _PICTURES if (picture := _picture(kind, _text(bundle.get(kind))))}
        if text := safe_text.output(_text(bundle.get("text/plain"))):
            shown["text/plain"] = text
        if shown:
            # Never an `execute_result`: nbgrader would read it as a score in a grade cell.
            yield new_output("display_data", shown)


def _picture(kind: str, text: str) -> str:
    """The picture in base64, if it is one of that kind; otherwise empty."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    fits = content.startswith(_PICTURES[kind]) and len(content) <= LARGEST_PICTURE
    return base64.b64encode(content).decode() if fits else ""


def _text(value: Any) -> str:
    """The text of a field, which notebooks also store as a list of lines."""
    if isinstance(value, list):
        return "".join(each for each in cast(list[Any], value) if isinstance(each, str))
    return value if isinstance(value, str) else ""
