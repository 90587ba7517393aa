"""What the cells of a student's notebook show: untrusted data, of which only text and pictures are kept."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Literal, cast

from msgspec import Struct

LARGEST_PICTURE = 4 << 20
"""Bytes of a picture; a plot has less than a tenth of it."""
MOST_PIXELS = 16 << 20
"""A small file can describe a picture that fills the memory of whoever looks at it."""
MOST_OUTPUTS = 50
"""Outputs of a cell."""
LONGEST_TEXT = 100_000
"""Characters of an output, of which a page shows fewer."""

PictureKind = Literal["png", "jpeg"]
_BEGINNINGS: dict[PictureKind, bytes] = {"png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "jpeg": b"\xff\xd8\xff"}
"""The kinds of pictures without scripts, and how their files begin."""
_SIZES_OF_JPEG = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The segments of a JPEG that contain its size."""


class Output(Struct, frozen=True, array_like=True):
    """An output of a cell: what it printed, the last line of an exception, or a value's text and picture."""

    kind: Literal["printed", "error", "value"]
    text: str = ""
    picture: bytes = b""
    """Of `picture_kind`; empty if there is none that can be shown."""
    picture_kind: PictureKind = "png"


def kept(outputs: Any) -> list[Output]:
    """The outputs' text, and their PNG and JPEG pictures. Markup, scripts and widgets are left out."""
    if not isinstance(outputs, list):
        return []
    return [output for each in cast(list[Any], outputs)[:MOST_OUTPUTS] for output in _kept(each)]


def _kept(output: Any) -> Iterator[Output]:
    if not isinstance(output, dict):
        return
    fields = cast(dict[str, Any], output)
    kind = fields.get("output_type")
    if kind == "stream":
        yield Output("error" if fields.get("name") == "stderr" else "printed", _text(fields.get("text")))
    elif kind == "error":
        yield Output("error", f"{_text(fields.get('ename'))}: {_text(fields.get('evalue'))}")
    elif isinstance(data := fields.get("data"), dict):
        bundle = cast(dict[str, Any], data)
        text = _text(bundle.get("text/plain"))
        for name in _BEGINNINGS:
            if content := _picture(name, bundle.get(f"image/{name}")):
                yield Output("value", text, content, name)
                return
        if text.strip():
            yield Output("value", text)


def _picture(kind: PictureKind, value: Any) -> bytes:
    """The picture, if it is one of that kind and of a bounded size; otherwise empty."""
    text = value if isinstance(value, str) else "".join(_lines(value))
    if len(text) > 2 * LARGEST_PICTURE:
        return b""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    if not content.startswith(_BEGINNINGS[kind]) or len(content) > LARGEST_PICTURE:
        return b""
    width, height = _size_of_png(content) if kind == "png" else _size_of_jpeg(content)
    return content if 0 < width * height <= MOST_PIXELS else b""


def _size_of_png(content: bytes) -> tuple[int, int]:
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    """The largest width and height that any segment gives; 0 if none does, or the segments are broken."""
    at, width, height = 2, 0, 0
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _SIZES_OF_JPEG:
            height = max(height, int.from_bytes(content[at + 5 : at + 7], "big"))
            width = max(width, int.from_bytes(content[at + 7 : at + 9], "big"))
        if marker == 0xDA or length < 2:  # The picture's data begins, or this is no segment.
            break
        at += 2 + length
    return width, height


def _text(value: Any) -> str:
    """The text of a field, which notebooks also store as a list of lines."""
    text = value if isinstance(value, str) else "".join(_lines(value))
    # JSON can contain lone surrogates, which are not valid text.
    return text[:LONGEST_TEXT].encode(errors="replace").decode()


def _lines(value: Any) -> list[str]:
    return [each for each in cast(list[Any], value) if isinstance(each, str)] if isinstance(value, list) else []
