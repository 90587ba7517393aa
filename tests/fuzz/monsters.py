"""Files that are made to cost the grader time or memory: a piece, repeated until the file has its full size.

`python -m tests.fuzz.monsters` reads each of them in one process that may not grow by more than `MEMORY_MB`, and prints
for each a line of JSON: its name, and the CPU seconds that it would take on the usual machine (`autograder.grading.speed`).
"""

from __future__ import annotations

import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from autograder.course import definitions, submission
from autograder.course.source_lines import SourceLines
from autograder.course.submission import LARGEST, MOST_CODE, Submission
from autograder.errors import StudentError
from autograder.grading import diagnose, speed
from autograder.grading.diagnose import Raised
from tests.catalogue import ROOT

MEMORY_MB = 300
_AT_ONCE = 1 << 18
_SAYS = b"FRAMEWORK = 'torch'\n"
_CELL = b'{"cell_type":"code","source":"FRAMEWORK=\\"torch\\""}]}'


class Monster(NamedTuple):
    """A file: its start, the piece that is repeated, and its end."""

    name: str
    ending: str
    head: bytes
    piece: bytes
    tail: bytes = b""

    def write(self, folder: Path, size: int) -> Path:
        """Write it with at most `size` bytes."""
        path = folder / f"xor{self.ending}"
        left = size - len(self.head) - len(self.tail)
        some = self.piece * max(1, _AT_ONCE // len(self.piece))
        with path.open("wb") as file:
            file.write(self.head)
            while left >= len(some):
                file.write(some)
                left -= len(some)
            file.write(self.piece * (left // len(self.piece)) + self.tail)
        return path


def _script(name: str, piece: bytes | str, head: bytes = _SAYS, tail: bytes = b"\n") -> Monster:
    return Monster(name, ".py", head, piece.encode() if isinstance(piece, str) else piece, tail)


def _notebook(name: str, piece: bytes, head: bytes = b"", tail: bytes = b"") -> Monster:
    return Monster(name, ".ipynb", b'{"cells":[' + head, piece, tail + _CELL)


_NAMES = "".join(f"name_{number} = {number}\n" for number in range(5_000))
SCRIPTS = [
    _script("blank lines", "\n"),
    _script("lines of spaces", " " * 1_000 + "\n"),
    _script("lines of Windows", "\r\n"),
    _script("carriage returns", "\r"),
    _script("one line", "x"),
    _script("statements on a line", "0;"),
    _script("statements", "0\n"),
    _script("assignments", "FRAMEWORK = 1\n"),
    _script("names", _NAMES),
    _script("cells", "# %%\nx\n"),
    _script("empty cells", "#%%\n"),
    _script("few cells of many lines", "# %%\nx\n" + "\n" * 1_000_000),
    _script("tags", "tags=[", b"# %% "),
    _script("brackets", "("),
    _script("brackets that close", "(" * 90 + ")" * 90 + "\n"),
    _script("blocks", "if 0:\n 0\n"),
    _script("signs", "-"),
    _script("calls", "f("),
    _script("a formatted text", "{a}", b"FRAMEWORK=f'", b"'\n"),
    _script("an integer", "1", b"FRAMEWORK="),
    _script("imports", "import a\n", b""),
    _script("an import", "a,", b"import "),
    _script("an import with names", "a as a,", b"import "),
    _script("an import of spaces", " ", b"import "),
    _script("words of import", "import ", b""),
    _script("an annotation", "a", b"FRAMEWORK:"),
    _script("an encoding", "a", b"# coding: "),
    _script("encodings", "coding:", b"#"),
    _script("null bytes", "\0"),
    _script("letters with marks", "a\u0301"),
    _script("emoji", "🙂"),
    _script("a ligature", "ﷺ=0\n"),
    _script("definitions", "def or_gate(): 0\n"),
    _script("backslashes", "\\\n"),
    _script("quotes", "'''"),
]
NOTEBOOKS = [
    _notebook("no cells", b"[],"),
    _notebook("empty cells", b"{},"),
    _notebook("code cells", b'{"cell_type":"code","source":""},'),
    _notebook("a deep source", b"[", b'{"source":'),
    Monster("deep", ".ipynb", b"", b"["),
    _notebook("outputs", b"[],", b'{"outputs":[', b"0]},"),
    _notebook("outputs of numbers", b"1.25,", b'{"outputs":[', b"0]},"),
    _notebook("outputs that are NaN", b"NaN,", b'{"outputs":[', b"0]},"),
    _notebook("a picture", b"A", b'{"outputs":["', b'"]},'),
    _notebook("a picture and NaN", b"A", b'{"outputs":[NaN,"', b'"]},'),
    _notebook("a picture and emoji", b"A", '{"outputs":["🙂'.encode(), b'"]},'),
    _notebook("escapes", b"\\n", b'{"outputs":["', b'"]},'),
    _notebook("lines of a source", b'"",', b'{"cell_type":"code","source":[', b'""]},'),
    _notebook("a source", b"x", b'{"cell_type":"code","source":"', b'"},'),
    _notebook("tags", b"1,", b'{"cell_type":"code","source":"","metadata":{"tags":[', b"1]}},"),
    _notebook("keys", b'"a":0,', b'{"metadata":{', b'"a":0}},'),
    _notebook("nested keys", b'{"a":', b'{"metadata":'),
    Monster("a number", ".ipynb", b"", b"1"),
    Monster("spaces", ".ipynb", b"", b" "),
]

_PIECES = [
    "# %%", "#%%", " tags=[", "[markdown]", "\n", "\r\n", "\r", "\x0c", "\0", "\ufeff", " ", "\t", "FRAMEWORK", " = ",
    "'torch'", "import ", "from ", "torch", " as ", ",", ".", "*", "def or_gate", "class ", "(", ")", "[", "]", "{", "}",
    ":", ";", "0", "x", "'", '"""', "f'", "\\", "λ", "e\u0301", "🙂", "lambda:", "not ", "-", "1e9", "or_gate", "@", "#",
    "if x:\n ", "async def ", "%", "!ls",
]  # fmt: skip
_JSON = [
    "{", "}", "[", "]", ",", ":", '"', '""', '"a"', "0", "1.5", "NaN", "null", '"cell_type":"code"', '"source":', '"cells":[',
    "{},", "[],", "\\", "\\ud800", '"outputs":', "\n", " ", "λ", "🙂", '"metadata":{"tags":["demo"]}', "1" * 50, "é",
]  # fmt: skip


def drawn_monster(rng: random.Random) -> Monster:
    """A monster of a few random pieces."""
    if rng.random() < 0.5:
        head, piece, tail = ("".join(rng.choices(_PIECES, k=rng.randint(0, 4) or 1)) for _ in range(3))
        return _script("drawn", piece, rng.choice([_SAYS, b""]) + head.encode(), tail.encode())
    head, piece, tail = ("".join(rng.choices(_JSON, k=rng.randint(0, 4) or 1)) for _ in range(3))
    return _notebook(
        "drawn", piece.encode(), rng.choice([b"", b'{"outputs":[', b'{"source":"']) + head.encode(), tail.encode()
    )


def looked_at(path: Path) -> Submission:
    """Read a submission, and do with its text what the grader does when checks fail."""
    found = submission.read(path, "somebody", "xor")
    lines = SourceLines(found, ROOT / "assignments" / "xor")
    assert lines.about("gates", "or_gate") >= 1
    raised = [
        Raised(
            name,
            "NameError",
            "name 'or_gate' is not defined",
            f"{name}, line {source.count(chr(10)) + 1}",
            source[-50:],
        )
        for name, source in found.cells
    ]
    diagnose.raised(StudentError("NotThere", "or_gate"), "or_gate", raised, found.cells)
    for _, source in found.cells[:3]:
        definitions.looks_defined("or_gate", source)
    return found


def _measured(monster: Monster, folder: Path) -> Iterator[float]:
    """CPU seconds of this process, and of those that it started."""
    size = MOST_CODE if monster.ending == ".py" else LARGEST
    path = monster.write(folder, size)
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        yield sum(resource.getrusage(who)[:2])
    found = looked_at(path)
    assert found.readable or found.notes
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        yield sum(resource.getrusage(who)[:2])


def main() -> None:
    most = psutil.Process().memory_info().vms + (MEMORY_MB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    slowness = speed.slowness()
    with tempfile.TemporaryDirectory() as folder:
        for monster in (*SCRIPTS, *NOTEBOOKS):
            began = time.monotonic()
            own, children, own_after, children_after = _measured(monster, Path(folder))
            told = {
                "name": f"{monster.ending} {monster.name}",
                "own": round((own_after - own) / slowness, 2),
                "children": round((children_after - children) / slowness, 2),
                "seconds": round(time.monotonic() - began, 2),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
