"""The files of an archive or a folder, as data from strangers: nothing is unpacked to disk, and all sizes are bounded."""

from __future__ import annotations

import datetime
import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course.submission import LARGEST
from autograder.errors import UsageError

MOST_FILES = 20_000
"""Files of an archive: a class of 1,000 with 20 files each."""
MOST_BYTES = 8 << 30
"""Bytes of an archive, unpacked: 160 submissions of the largest size, or thousands of ordinary ones."""
MOST_FILES_NESTED = 2_000
MOST_BYTES_NESTED = 4 * LARGEST
"""Of a student's own zip."""
MOST_ZIPS_NESTED = 5
"""Zips in a student's own zip: each may take as much memory as it takes itself."""
_ENTRY = b"PK\x01\x02"
"""Begins each entry of a zip's directory."""
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_LEFT_BY_SYSTEMS = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git"}
_FILES_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


class Refused(Exception):
    """A file or an archive is not read; the message ends the sentence that begins with its name."""


@dataclass(frozen=True)
class File:
    """A file of an archive."""

    path: PurePosixPath
    """Within the archive."""
    read: Callable[[], bytes]
    """Its content, at most `LARGEST` bytes. Raises `Refused` if it is larger or damaged."""
    dated: datetime.datetime | None = None
    """Its date in the archive, without a time zone, as zips have it."""
    refused: str = ""
    """Why it is not read at all: a link, an odd name; ends the sentence that begins with its path."""


def files_of(path: Path) -> list[File]:
    """The files of a zip or a folder, without what operating systems leave in it. Raises `UsageError` for others."""
    if path.is_dir():
        return list(_in_folder(path))
    if not path.is_file():
        raise UsageError(f"{path} {'is not a file or a folder' if path.exists() else 'does not exist'}")
    if not zipfile.is_zipfile(path):
        raise UsageError(f"{path} is not a zip: name the archive as your platform gave it, or its unpacked folder")
    try:
        return list(_in_zip(zipfile.ZipFile(path), MOST_FILES, MOST_BYTES))
    except Refused as problem:
        raise UsageError(f"{path} {problem}") from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise UsageError(f"{path} is damaged: download it again") from None


def files_of_nested(content: bytes, most_zips: int = MOST_ZIPS_NESTED) -> list[File]:
    """The files of a zip in an archive, by default of a student's own. Raises `Refused`."""
    # Before the directory is read into memory: a zip of 50 MB has room for a million entries.
    if content.count(_ENTRY) > MOST_FILES_NESTED:
        raise Refused(f"has more than {MOST_FILES_NESTED:,} files")
    try:
        files = list(_in_zip(zipfile.ZipFile(io.BytesIO(content)), MOST_FILES_NESTED, MOST_BYTES_NESTED))
        if sum(each.path.suffix.lower() == ".zip" for each in files) > most_zips:
            raise Refused(f"contains more than {most_zips} zips")
        return files
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused("is damaged or not a zip") from None


def _in_folder(folder: Path) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        if _is_left_by_a_system(inside):
            continue
        if path.is_symlink():
            yield File(inside, _nothing, refused="is a link: put the file itself there")
        elif path.is_file():
            dated = datetime.datetime.fromtimestamp(path.stat().st_mtime)
            yield File(inside, _reader_of(path), dated, _odd(inside))


def _reader_of(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        if path.stat().st_size > LARGEST:
            raise Refused(f"is larger than {LARGEST >> 20} MB")
        return path.read_bytes()

    return read


def _in_zip(packed: zipfile.ZipFile, most_files: int, most_bytes: int) -> Iterator[File]:
    entries = [each for each in packed.infolist() if not each.is_dir()]
    if len(entries) > most_files:
        raise Refused(f"has more than {most_files:,} files")
    # Entries may share their data; what is read is bounded for each of them too.
    if sum(each.file_size for each in entries) > most_bytes:
        raise Refused(f"is larger than {most_bytes >> 20:,} MB when unpacked")
    for each in entries:
        inside = PurePosixPath(_name_of(each))
        if not _is_left_by_a_system(inside):
            yield File(inside, _unpacker(packed, each), _date_of(each), _odd(inside) or _odd_entry(each))


def _name_of(entry: zipfile.ZipInfo) -> str:
    """The name; old tools write UTF-8 without saying so, and Windows' own zips have backslashes."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _unpacker(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with packed.open(entry) as file:
                # `read` without a number unpacks as much as there is, whatever the entry says of its size.
                content = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
            raise Refused("is damaged in the archive") from None
        if len(content) > LARGEST:
            raise Refused(f"is larger than {LARGEST >> 20} MB")
        return content

    return read


def _date_of(entry: zipfile.ZipInfo) -> datetime.datetime | None:
    try:
        # 1980-01-01 stands for no date.
        return datetime.datetime(*entry.date_time) if entry.date_time[0] > 1980 else None
    except ValueError:
        return None


def _odd(path: PurePosixPath) -> str:
    """Why a path is not taken, if it leads elsewhere or hides something."""
    parts = path.parts
    if path.is_absolute() or ".." in parts or (parts and parts[0].endswith(":")):
        return "has a path that leads out of the archive"
    if not str(path).isprintable() or len(str(path)) > 1_000:
        return "has a name with control characters, or one that is too long: rename it"
    return ""


def _odd_entry(entry: zipfile.ZipInfo) -> str:
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "is a link or no file"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return ""


def _is_left_by_a_system(path: PurePosixPath) -> bool:
    return bool(_LEFT_BY_SYSTEMS & set(path.parts)) or path.name in _FILES_LEFT_BY_SYSTEMS or path.name.startswith("._")


def _nothing() -> bytes:
    return b""
