"""The file that a student hands in: a zip with the notebook and a manifest. It is data from a stranger.

The manifest says what the student's own machine saw. Nothing in it earns a point.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

import msgspec
from msgspec import Struct

ENDING = ".zip"
MANIFEST = "manifest.json"
MOST_ENTRIES = 20
"""Entries of a zip; more than the notebook, the manifest and what an operating system adds."""
LARGEST_MANIFEST = 1 << 20
"""Bytes."""
_ENTRY = b"PK\x01\x02"
"""Begins each entry of a zip's directory."""
_NAME = re.compile(r"[^/\\\0-\x1f:]{1,200}")
_LEFT_BY_SYSTEMS = re.compile(r"(__MACOSX/.*|(.*/)?\.DS_Store|(.*/)?Thumbs\.db|(.*/)?desktop\.ini)")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1


class Visible(Struct, frozen=True):
    """A visible check, as it ended on the student's machine."""

    id: str
    status: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What the zip says about itself."""

    format: Literal[1] = 1
    exercise: str
    student: str
    framework: str
    file: str
    sha256: str
    """Of the notebook, as hexadecimal digits."""
    made: str
    """UTC, ISO 8601."""
    seed: int
    versions: dict[str, str]
    score: float | None
    """The visible points; `None` if the checks could not be run."""
    maximum: float
    visible: list[Visible]
    notes: list[str]


class Refused(Exception):
    """The zip is not graded; the message ends the sentence that begins with its name."""


@dataclass(frozen=True)
class HandedIn:
    """The file in a zip, as a student handed it in."""

    name: str
    content: bytes
    manifest: Manifest | None
    """`None` if there is none, or none in the form of this version."""

    def notes(self, exercise: str) -> list[str]:
        """What is odd about the manifest, for the instructor."""
        if self.manifest is None:
            return [f"The zip has no manifest that `autograder handin` writes; {self.name} was graded."]
        odd: list[str] = []
        if self.manifest.sha256 != digest(self.content):
            odd.append(f"{self.name} was changed after `autograder handin` wrote the zip.")
        if self.manifest.exercise != exercise:
            odd.append(f"The zip was written for {self.manifest.exercise[:50]!r}, not for {exercise}.")
        return odd


def digest(content: bytes) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def pack(name: str, content: bytes, manifest: Manifest) -> bytes:
    """The zip with a file and its manifest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
        packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return buffer.getvalue()


def unpack(content: bytes, endings: tuple[str, ...], largest: int) -> HandedIn:
    """The one file with one of these endings, and the manifest. Nothing is written to disk.

    `largest`: bytes of the file, unpacked. Raises `Refused` for a zip that is damaged, encrypted, larger or fuller
    than a hand-in, or that has links or names with folders.
    """
    # Before the directory is read into memory: a zip of 64 MB has room for a million entries.
    if content.count(_ENTRY) > MOST_ENTRIES:
        raise Refused(f"has more than {MOST_ENTRIES} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = [each for each in packed.infolist() if not _LEFT_BY_SYSTEMS.fullmatch(each.filename)]
            for each in entries:
                _inspect(each)
            files = [each for each in entries if PurePosixPath(each.filename).suffix in endings]
            if len(files) != 1:
                there = ", ".join(each.filename for each in entries[:5]) or "nothing"
                raise Refused(f"must contain one notebook or .py file; it contains {there}")
            manifests = [each for each in entries if each.filename == MANIFEST]
            found = _read(packed, files[0], largest)
            manifest = _manifest(_read(packed, manifests[0], LARGEST_MANIFEST)) if len(manifests) == 1 else None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise Refused("is damaged or not a zip: write it again with `autograder handin`") from None
    return HandedIn(files[0].filename, found, manifest)


def _inspect(entry: zipfile.ZipInfo) -> None:
    """Raise `Refused` for an entry that `handin` never writes."""
    # A name that Python cut off at a null character, too.
    names = (entry.filename, entry.orig_filename)
    if (
        not all(_NAME.fullmatch(name) for name in names)
        or entry.filename in (".", "..")
        or not entry.filename.isprintable()
    ):
        raise Refused(
            f"contains {entry.filename[:60]!r}, which is not a plain file name: only files without folders are read"
        )
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise Refused(f"contains {entry.filename[:60]!r}, which is a link or no file")
    if entry.flag_bits & _ENCRYPTED:
        raise Refused("is encrypted")
    if entry.compress_type not in _METHODS:
        raise Refused("is compressed in a way that is not read: write it again with `autograder handin`")


def _read(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int) -> bytes:
    if entry.file_size > largest:
        raise Refused(f"contains {entry.filename[:60]!r}, which is larger than {largest >> 20} MB")
    with packed.open(entry) as file:
        # `read` without a number unpacks as much as there is, whatever the entry says of its size.
        content = file.read(largest + 1)
    if len(content) > largest:
        raise Refused(f"contains {entry.filename[:60]!r}, which is larger than {largest >> 20} MB")
    return content


def _manifest(content: bytes) -> Manifest | None:
    try:
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
