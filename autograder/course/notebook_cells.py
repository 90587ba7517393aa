"""The code cells of a notebook. The file is data from a stranger.

A byte of JSON can take a hundred bytes of memory. So a file that is not small is read by a process of its own, with
limits on memory and CPU time; it answers with the code alone, of which there is a bounded amount.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from autograder.course import cell_outputs
from autograder.course.cell_outputs import Output

SMALL = 1 << 20
"""Bytes up to which a file is read in this process: the worst ones take 40 MB and a tenth of a second."""
MOST_CODE = 8 << 20
"""Bytes of code in one file."""
MOST_CELLS = 2_000
"""Code cells of one notebook."""
SKIPPED_TAGS = {"demo", "check"}
_MEMORY_MB, _CPU_SECONDS = 256, 2
"""A file of 64 MB with pictures takes 100 MB and 0.3 s."""
_NO_NOTEBOOK = 3
"""The exit status of the process for a file that is not a notebook."""
_OUTPUTS = "outputs"
"""The process's argument that asks for outputs."""


_Form = TypeVar("_Form", bound=Struct)


class Cell(Struct, frozen=True, array_like=True):
    """A code cell."""

    source: str
    skipped: bool
    """Whether its tags leave it out of the grading."""
    outputs: list[Output] = []
    """What it showed when the file was saved; only if that was asked for."""


class NotANotebook(Exception):
    """The file does not have the form of a notebook."""


class TooMuch(Exception):
    """The notebook has more than is read; the message ends the sentence that begins with the file's name."""


class _Cell(Struct):
    cell_type: Any = None
    source: Any = UNSET
    input: Any = ""
    """What nbformat 3 calls the source."""
    metadata: Any = None


class _Shown(_Cell):
    outputs: Any = None


_AnyCell = TypeVar("_AnyCell", bound=_Cell)


class _Notebook(Struct, Generic[_AnyCell]):
    cells: list[_AnyCell] | UnsetType = UNSET


class _Worksheet(Struct):
    cells: list[_Cell]


class _Worksheets(Struct):
    """A notebook in nbformat 3, which old tools still write. Its outputs are not shown."""

    worksheets: list[_Worksheet]


def read(content: bytes, outputs: bool = False) -> list[Cell]:
    """All code cells of a notebook, in order; with their outputs if asked. Raises `NotANotebook` or `TooMuch`."""
    return _parsed(content, outputs) if len(content) <= SMALL else _in_a_process(content, outputs)


def _parsed(content: bytes | bytearray, outputs: bool) -> list[Cell]:
    try:
        return list(_code_cells(_all_cells(content, outputs)))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise NotANotebook from None


def _all_cells(content: bytes | bytearray, outputs: bool) -> Sequence[_Cell]:
    cells = _decoded(content, _Notebook[_Shown]).cells if outputs else _decoded(content, _Notebook[_Cell]).cells
    if cells is not UNSET:
        return cells
    return [cell for sheet in _decoded(content, _Worksheets).worksheets for cell in sheet.cells]


def _code_cells(cells: Sequence[_Cell]) -> Iterator[Cell]:
    left, number = MOST_CODE, 0
    for cell in cells:
        source = cell.input if cell.source is UNSET else cell.source
        if isinstance(source, list):
            source = "".join(str(line) for line in cast(list[Any], source))
        if cell.cell_type != "code" or not isinstance(source, str):
            continue
        # JSON can contain lone surrogates, which are not valid text.
        encoded = source.encode(errors="surrogatepass")
        left, number = left - len(encoded), number + 1
        if left < 0:
            raise TooMuch(f"contains more than {MOST_CODE >> 20} MB of code")
        if number > MOST_CELLS:
            raise TooMuch(f"contains more than {MOST_CELLS} code cells")
        metadata: Any = cell.metadata
        tags: Any = cast(dict[str, Any], metadata).get("tags") if isinstance(metadata, dict) else ()
        named = {str(tag) for tag in (cast(list[Any], tags) if isinstance(tags, list) else [])}
        outputs = cell_outputs.kept(cell.outputs) if isinstance(cell, _Shown) else []
        yield Cell(encoded.decode(errors="replace"), bool(SKIPPED_TAGS & named), outputs)


def _decoded(content: bytes | bytearray, form: type[_Form]) -> _Form:
    """The fields that are asked for; everything else, such as outputs, takes no memory if the JSON is strict."""
    try:
        return msgspec.json.decode(content, type=form)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Python's own module also reads NaN, which Jupyter writes, and lone surrogates.
        return msgspec.convert(json.loads(content.decode()), form)


def _in_a_process(content: bytes, outputs: bool) -> list[Cell]:
    command = [sys.executable, "-P", "-m", __name__, str(len(content)), *([_OUTPUTS] if outputs else [])]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode == _NO_NOTEBOOK:
        raise NotANotebook
    if done.returncode:
        raise TooMuch("takes too much memory or time to read: clear its outputs, and save it again")
    answer = msgspec.msgpack.decode(done.stdout, type=list[Cell] | str)
    if isinstance(answer, str):
        raise TooMuch(answer)
    return answer


def _serve(size: int, outputs: bool) -> int:
    """Read a notebook of that many bytes from standard input, and answer on standard output."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MB << 20, _MEMORY_MB << 20))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = bytearray(size)
    with open(sys.stdin.fileno(), "rb", closefd=False) as given:
        given.readinto(content)
    try:
        answer: list[Cell] | str = _parsed(content, outputs)
    except NotANotebook:
        return _NO_NOTEBOOK
    except TooMuch as problem:
        answer = str(problem)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(_serve(int(sys.argv[1]), _OUTPUTS in sys.argv[2:]))
