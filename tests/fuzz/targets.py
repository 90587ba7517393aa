"""Fuzzing targets: functions of bytes. The docstring of each states the property that must hold for any input."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.course import submission
from autograder.course.handin_zip import Manifest, Visible, pack
from autograder.course.submission import Submission
from autograder.worker import wire
from autograder.worker.wire import Answer, Failure, Reply, Request, WireError
from tests.catalogue import ROOT
from tests.fuzz.monsters import drawn_monster, looked_at
from tests.test_wire import Tape, good_frames, mutated

MONSTER = 300_000
"""Bytes: enough for what is quadratic to take minutes."""
CRASHES = Path(__file__).parent / "crashes"
Draw = Callable[[random.Random], bytes]


def replies(content: bytes) -> None:
    """The result is a reply or a `WireError`; a reply that was read can be sent and is read as the same."""
    _frames(content, Reply, (Answer, Failure))


def requests(content: bytes) -> None:
    """The result is a request or a `WireError`."""
    _frames(content, Request, (Request,))


def notebooks(content: bytes) -> None:
    """The result is a submission, whatever the file contains; its cells are text that can be written as UTF-8."""
    _read(content, "xor.ipynb")


def scripts(content: bytes) -> None:
    """The same for a `.py` file."""
    _read(content, "xor.py")


def zips(content: bytes) -> None:
    """The same for a zip from `handin`."""
    _read(content, "xor_ada.zip")


def monsters(content: bytes) -> None:
    """A file of 300 kB that repeats a few pieces, which `content` draws, is read in less than 2 CPU seconds; so is all
    that the grader looks up in it when checks fail."""
    before = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        looked_at(drawn_monster(random.Random(content)).write(Path(folder), MONSTER))
    # The worst known texts take 0.8 s, of which the parser takes 0.75 s.
    assert time.process_time() - before < 2


TARGETS: dict[str, Callable[[bytes], None]] = {
    "replies": replies,
    "requests": requests,
    "notebooks": notebooks,
    "scripts": scripts,
    "zips": zips,
    "monsters": monsters,
}


def seeds(target: str) -> list[bytes]:
    """Valid inputs to start from."""
    match target:
        case "replies":
            return good_frames()
        case "requests":
            return [
                _sent(Request(nonce=2**50, verb="call", name="f", args=[1, [2.5, None]], kwargs={"gives ": "images"}))
            ]
        case "notebooks":
            found = _of_the_sample_class("*.ipynb")
            return [*found, json.dumps({"cells": [_cell("x = 1"), _cell(["%%time\n", "y"], tags=["demo"])]}).encode()]
        case "monsters":
            return [b"a", b"b"]
        case "zips":
            manifest = Manifest(
                exercise="xor", student="ada", framework="torch", file="xor.py", sha256="", made="", seed=1,
                versions={"torch": "2"}, score=1, maximum=2, visible=[Visible("gates.or", "passed")], notes=["λ"],
            )  # fmt: skip
            files = {"*.py": "xor.py", "*.ipynb": "xor.ipynb"}
            return [pack(files[kind], case, manifest) for kind in files for case in _of_the_sample_class(kind)]
        case _:
            found = _of_the_sample_class("*.py")
            return [*found, b'# %% tags=["check"]\nx\n# %% [markdown]\n# y\n#%%\nFRAMEWORK: str = "keras"\n']


def drawn(rng: random.Random, target: str, good: Sequence[bytes]) -> bytes:
    """A case: a valid input with a few errors, an invented input of the right form, or noise."""
    way = rng.random()
    if way < 0.05 or target == "monsters":
        return rng.randbytes(rng.randint(0, 200))
    if way < 0.35 and target == "notebooks":
        return json.dumps(_any_json(rng, 4), ensure_ascii=rng.random() < 0.5).encode(errors="surrogatepass")
    if way < 0.35 and target == "scripts":
        return "".join(rng.choice(_PIECES) for _ in range(rng.randint(1, 30))).encode(errors="surrogatepass")
    kind = rng.choice(["bits", "cut", "lengths", "swapped", "inserted"])
    if target in ("replies", "requests"):
        return mutated(rng, list(good), kind)
    return _scrambled(rng, good)


_PIECES = [
    "# %%", "#%%", "# %% [markdown]", '# %% tags=["demo"]', '# %% part="gates"', "\n", "\r\n", "\r", "\x0c", "\x00", "\ufeff",
    "FRAMEWORK = 'torch'", 'FRAMEWORK: str = "keras"', "FRAMEWORK = x = 1", "import torch", "from keras import *", "%matplotlib",
    "!ls", "(" * 300, "def f():", "    return", "'''", "\\", "λ", "\udcff", "lambda: 0", "-" * 2000, "1" * 5000, "\x1a",
]  # fmt: skip


def _any_json(rng: random.Random, depth: int) -> Any:
    keys = ["cells", "cell_type", "source", "metadata", "tags", "outputs", "nbformat", "worksheets", ""]
    leaves: list[Any] = [
        None,
        True,
        0,
        -1,
        1e308,
        2**70,
        "",
        "code",
        "markdown",
        "demo",
        "check",
        "x = 1\n",
        "\ud800",
        *_PIECES,
    ]
    way = rng.random()
    if depth == 0 or way < 0.2:
        return rng.choice(leaves)
    if way < 0.5:
        return [_any_json(rng, depth - 1) for _ in range(rng.randint(0, 5))]
    made = {rng.choice(keys): _any_json(rng, depth - 1) for _ in range(rng.randint(0, 5))}
    if depth >= 3 and rng.random() < 0.7:
        made["cells"] = [_any_json(rng, depth - 1) for _ in range(rng.randint(0, 5))]
    if rng.random() < 0.5:
        made["cell_type"] = "code"
    return made


def _scrambled(rng: random.Random, good: Sequence[bytes]) -> bytes:
    content = bytearray(rng.choice(good))
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(content) + 1)
        match rng.randrange(4):
            case 0:
                content[start : start + 1] = rng.randbytes(1)
            case 1:
                del content[start : start + rng.randint(1, 40)]
            case 2:
                content[start:start] = rng.choice(_PIECES).encode(errors="surrogatepass")
            case _:
                other = rng.choice(good)
                at = rng.randrange(len(other))
                content[start : start + 30] = other[at : at + rng.randint(1, 60)]
    return bytes(content)


def _frames(content: bytes, kind: Any, kinds: tuple[type, ...]) -> None:
    try:
        message = wire.receive(Tape(content), kind)
    except WireError:
        return
    assert isinstance(message, kinds), type(message)
    try:
        first = _sent(message)
    except WireError:
        # Within the limits of one side, beyond those of the other.
        return
    assert _sent(wire.receive(Tape(first), kind)) == first


def _sent(message: Any) -> bytes:
    tape = Tape()
    wire.send(tape, message)
    return bytes(tape.content)


def _read(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        found = submission.read(path, "somebody", "xor")
    assert isinstance(found, Submission)
    assert found.readable or found.notes, "nothing to run, and no reason given"
    for where, source in found.cells:
        where.encode()
        source.encode()


def _of_the_sample_class(pattern: str) -> list[bytes]:
    paths = sorted((ROOT / "tests" / "class").rglob(pattern))
    return [path.read_bytes() for path in paths if path.stat().st_size]


def _cell(source: Any, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}
