"""The wire: decoding inverts encoding; an invalid frame is a `WireError` and costs no memory."""

from __future__ import annotations

import random
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from autograder.worker import wire
from autograder.worker.wire import Answer, Array, Failure, Remote, Reply, Request, WireError

MEGABYTE = 1 << 20
QUICK = settings(
    deadline=None, database=None, max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


class Tape:
    """A stream in memory: sent bytes can be read in pieces, as from a socket."""

    def __init__(self, content: bytes = b"", chunk: int = 1 << 30) -> None:
        self.content = bytearray(content)
        self._read = 0
        self._chunk = chunk

    def sendall(self, data: bytes | memoryview) -> None:
        self.content += bytes(data)

    def recv_into(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self.content) - self._read, self._chunk)
        buffer[:count] = self.content[self._read : self._read + count]
        self._read += count
        return count


def there_and_back(value: Any) -> Any:
    tape = Tape()
    wire.send(tape, Answer(nonce=7, value=value))
    return wire.receive(tape, Reply).value


def frame(message: bytes, arrays: Any = (), body: bytes = b"", header_size: int = -1, body_size: int = -1) -> bytes:
    """A frame from its parts, which need not be consistent."""
    header = msgspec.msgpack.encode([msgspec.Raw(message), arrays])
    sizes = (len(header) if header_size < 0 else header_size, len(body) if body_size < 0 else body_size)
    return sizes[0].to_bytes(4, "little") + sizes[1].to_bytes(8, "little") + header + body


def answer_of(value: bytes) -> bytes:
    """An encoded answer with these bytes as its value."""
    return msgspec.msgpack.encode({"type": "answer", "nonce": 1, "value": None})[:-1] + value


NOTHING = answer_of(b"\xc0")


@contextmanager
def at_most(megabytes: float) -> Iterator[None]:
    """Assert that the code inside allocates no more memory than that."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        yield
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE, f"{peak / MEGABYTE:.1f} MB were taken"


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, Array):
        same = isinstance(b, Array) and a.role == b.role and a.values.shape == b.values.shape
        return same and a.values.dtype == b.values.dtype and a.values.tobytes() == b.values.tobytes()
    if isinstance(a, Remote):
        return isinstance(b, Remote) and (a.name, a.kind) == (b.name, b.kind)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, float):
        return isinstance(b, float) and np.float64(a).tobytes() == np.float64(b).tobytes()
    return type(a) is type(b) and a == b


DTYPES = get_args(wire.DType)
ROLES = get_args(wire.Role)


@some.composite
def arrays(draw: some.DrawFn) -> Array:
    shape = draw(some.lists(some.integers(0, 4), max_size=4))
    dtype = np.dtype(draw(some.sampled_from(DTYPES)))
    count = int(np.prod(shape, dtype=int))
    raw = draw(some.binary(min_size=count * dtype.itemsize, max_size=count * dtype.itemsize))
    values = np.frombuffer(raw, np.uint8 if dtype.kind == "b" else dtype)
    return Array((values % 2 == 1 if dtype.kind == "b" else values).reshape(shape), draw(some.sampled_from(ROLES)))


NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**64 - 1)
    | some.floats()
    | some.text(some.characters(codec="utf-8"), max_size=20)
    | arrays()
    | some.builds(Remote, NAMES, NAMES)
)
VALUES = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(NAMES | some.integers(-5, 99), inner, max_size=4),
    max_leaves=12,
)


@QUICK
@given(VALUES)
def test_values_come_back_as_they_went(value: Any) -> None:
    assert alike(value, there_and_back(value))


@QUICK
@given(some.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(WireError):
        wire.receive(Tape(noise), Reply)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (2, 3), (1,) * wire.MAX_AXES])
def test_arrays_of_every_dtype_role_and_shape(dtype: str, role: wire.Role, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(3).integers(0, 2, shape).astype(dtype)
    back = there_and_back(Array(values, role))
    assert (back.values.dtype, back.values.shape, back.role) == (values.dtype, shape, role)
    assert isinstance(back.values, np.ndarray)
    assert np.array_equal(back.values, values)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(12, dtype=">f4").reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(24)[::-2].reshape(3, 4).T,
        np.broadcast_to(np.float32(2), (3, 4)),
    ],
    ids=["big-endian", "Fortran order", "backwards", "broadcast"],
)
def test_memory_layout_does_not_matter(values: np.ndarray[Any, Any]) -> None:
    assert np.array_equal(there_and_back(Array(values)).values, values)


def test_special_numbers_keep_their_bits() -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, np.nextafter(0, 1)])
    assert there_and_back(Array(values)).values.tobytes() == values.tobytes()
    assert there_and_back([float("nan"), float("-inf")])[1] == float("-inf")
    assert np.isnan(there_and_back(float("nan")))


def test_a_bool_that_is_neither_becomes_true() -> None:
    body = bytes([0, 1, 7, 255])
    value = answer_of(b"\xd6\x01" + (0).to_bytes(4, "little"))
    found = wire.receive(Tape(frame(value, [["bool", [4], "array"]], body)), Reply).value.values
    assert found.dtype == bool
    assert found.view(np.uint8).tolist() == [0, 1, 1, 1]


def test_requests_and_failures_cross_a_real_socket_in_small_pieces() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    big = np.random.default_rng(1).normal(size=(300, 1000))
    request = Request(nonce=2**53 - 1, verb="call", name="f", args=[Array(big), "x"], kwargs={"k": Remote("a", "b")})
    with ours, theirs:
        sender = threading.Thread(target=wire.send, args=(cast(wire.Writable, ours), request))
        sender.start()
        got = wire.receive(theirs, Request)
        sender.join()
        wire.send(
            cast(wire.Writable, theirs),
            Failure(nonce=1, kind="ValueError", message="σ ≠ τ", where="cell 1, line 2", code="x"),
        )
        failure = wire.receive(ours, Reply)
    assert alike(got.args, request.args)
    assert alike(got.kwargs, request.kwargs)
    assert (got.nonce, got.verb, got.name) == (request.nonce, "call", "f")
    assert failure == Failure(nonce=1, kind="ValueError", message="σ ≠ τ", where="cell 1, line 2", code="x")


def test_bytes_one_by_one_and_frames_end_to_end() -> None:
    tape = Tape()
    for number in range(3):
        wire.send(tape, Answer(nonce=number, value=[Array(np.arange(number))]))
    slow = Tape(bytes(tape.content), chunk=1)
    assert [len(wire.receive(slow, Reply).value[0].values) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(WireError, match="closed"):
        wire.receive(slow, Reply)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        1j,
        2**80,
        "lone \udcff surrogate",
        [[object()]],
        Array(np.zeros(2, dtype=complex)),
        Array(np.zeros(2, dtype=np.float16)),
        Array(np.array(["a"])),
        Array(np.array([None])),
        Array(np.zeros((1,) * (wire.MAX_AXES + 1))),
        Remote("a", "\udcff"),
        [Array(np.zeros(0))] * (wire.MAX_ARRAYS + 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_sent_is_said_before_a_byte_goes_out(value: Any) -> None:
    tape = Tape()
    with pytest.raises(WireError):
        wire.send(tape, Answer(nonce=1, value=value))
    assert not tape.content


def test_a_value_that_holds_itself_is_not_sent() -> None:
    round_: list[Any] = []
    round_.append(round_)
    with pytest.raises(WireError):
        wire.send(Tape(), Answer(nonce=1, value=round_))


# Invalid frames.


def test_a_promise_takes_no_memory() -> None:
    promise = frame(NOTHING, [["uint8", [wire.MAX_BODY], "array"]], b"x" * 10, body_size=wire.MAX_BODY)
    with at_most(4), pytest.raises(WireError):
        wire.receive(Tape(promise), Reply)
    header = wire.MAX_REPLY_HEADER.to_bytes(4, "little") + bytes(8) + b"x" * 10
    with at_most(4), pytest.raises(WireError):
        wire.receive(Tape(header), Reply)


@pytest.mark.parametrize(
    "sizes", [(wire.MAX_REPLY_HEADER + 1, 0), (2**32 - 1, 0), (10, wire.MAX_BODY + 1), (10, 2**64 - 1)]
)
def test_lengths_beyond_the_limit(sizes: tuple[int, int]) -> None:
    start = sizes[0].to_bytes(4, "little") + sizes[1].to_bytes(8, "little")
    with at_most(1), pytest.raises(WireError, match="exceeds the limit"):
        wire.receive(Tape(start + bytes(100)), Reply)


@pytest.mark.parametrize(
    ("arrays", "body"),
    [
        ([["float32", [2], "array"]], bytes(7)),
        ([["float32", [2], "array"]], bytes(9)),
        ([["float32", [2], "array"]], b""),
        ([], bytes(1)),
        ([["float32", [-1], "array"]], b""),
        ([["float32", [-2, -2], "array"]], bytes(16)),
        ([["float32", [1 << 40], "array"]], b""),
        ([["float32", [1 << 20] * 8, "array"]], b""),
        ([["float32", [1] * (wire.MAX_AXES + 1), "array"]], bytes(4)),
        ([["complex64", [1], "array"]], bytes(8)),
        ([["object", [1], "array"]], bytes(8)),
        ([["float32", [1], "picture"]], bytes(4)),
        ([["float32", [1.5], "array"]], bytes(4)),
        ([["float32", "2", "array"]], bytes(8)),
        ([["float32", [2]]], bytes(8)),
        ([["uint8", [0], "array"]] * (wire.MAX_ARRAYS + 1), b""),
        ([None], b""),
        (None, b""),
        ({"a": 1}, b""),
    ],
)
def test_arrays_that_are_none(arrays: Any, body: bytes) -> None:
    with at_most(8), pytest.raises(WireError):
        wire.receive(Tape(frame(NOTHING, arrays, body)), Reply)


@pytest.mark.parametrize("sides", [[0] + [1 << 28] * 7, [1 << 28, 1 << 28, 1 << 28, 0]])
@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_an_empty_array_of_impossible_sides(sides: list[int], dtype: str) -> None:
    with pytest.raises(WireError):
        wire.receive(Tape(frame(NOTHING, [[dtype, sides, "array"]])), Reply)


@pytest.mark.parametrize(
    "value",
    [
        b"\xd6\x01" + (1).to_bytes(4, "little"),
        b"\xd6\x01" + (2**32 - 1).to_bytes(4, "little"),
        b"\xc7\x02\x01ab",
        b"\xd6\x03abcd",
        b"\xc7\x04\x02abcd",
        b"\xc7\x04\x02a\x00\xff\xfe",
        b"\xc7\x65\x02" + b"n" * 100 + b"\x00",
        b"\xc8\x01\x00\x02" + b"\x00" + b"k" * 255,
        b"\xc7\x0c\xff" + b"\xff" * 12,
        b"\xa4\xff\xfe\xfd\xfc",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x81\x81\x01\x01\x01",
        b"",
        b"\xc0\xc0",
    ],
)
def test_values_that_are_none(value: bytes) -> None:
    with at_most(2), pytest.raises(WireError):
        wire.receive(Tape(frame(answer_of(value), [["uint8", [1], "array"]], b"x")), Reply)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "answer"},
        {"type": "answer", "nonce": "1"},
        {"type": "answer", "nonce": 1.5},
        {"type": "answer", "nonce": None},
        {"type": "request", "nonce": 1},
        {"type": "failure", "nonce": 1},
        {"type": "failure", "nonce": 1, "kind": 1, "message": "x"},
        {"nonce": 1, "verb": "load"},
        [1, 2],
        "answer",
        None,
        b"\x80\x04\x95",
    ],
)
def test_messages_that_are_none(message: Any) -> None:
    with pytest.raises(WireError):
        wire.receive(Tape(frame(msgspec.msgpack.encode(message))), Reply)


@pytest.mark.parametrize("name", ["", "object 1", "../../etc/passwd", "модель", "🙂" * 20, "x" * 99, " \n\x1b[2J"])
def test_remotes_with_odd_names(name: str) -> None:
    back = there_and_back([Remote(name, name)])[0]
    assert (back.name, back.kind) == (name, name)


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1a", b"\x81\x91"])
@pytest.mark.parametrize("depth", [wire.MAX_DEPTH + 1, 500, 100_000])
def test_nested_bombs(opening: bytes, depth: int) -> None:
    with at_most(8), pytest.raises(WireError):
        wire.receive(Tape(frame(answer_of(opening * depth + b"\xc0"))), Reply)


def test_nesting_within_the_limit_is_fine() -> None:
    value = 1
    for _ in range(wire.MAX_DEPTH - 2):
        value = [value]
    assert there_and_back(value) == value


@pytest.mark.parametrize("empty", [b"\x80", b"\x90", b"\xc0"], ids=["dicts", "lists", "None"])
def test_a_header_of_empty_containers(empty: bytes) -> None:
    """Each takes one byte on the wire and up to 72 bytes here, plus a list or two: the header's limit bounds this."""
    count, each = 100_000, 90
    bomb = frame(answer_of(b"\xdd" + count.to_bytes(4, "big") + empty * count))
    with at_most(2 + count * each / MEGABYTE):
        wire.receive(Tape(bomb), Reply)
    assert wire.MAX_REPLY_HEADER * each < 400 * MEGABYTE


def test_a_header_of_endless_shapes() -> None:
    count = wire.MAX_REPLY_HEADER - 100
    shape = b"\xdd" + count.to_bytes(4, "big") + bytes(count)
    header = b"\x92" + NOTHING + b"\x91\x93\xa7float32" + shape + b"\xa5array"
    start = len(header).to_bytes(4, "little") + bytes(8)
    with at_most(320), pytest.raises(WireError):
        wire.receive(Tape(start + header), Reply)


def good_frames() -> list[bytes]:
    rng = np.random.default_rng(5)
    values: list[Any] = [
        None,
        [1, 2.5, "text", True, {"a": [None], 3: "b"}],
        {f"layer.{i}": Array(rng.normal(size=(3, i + 1)).astype(np.float32)) for i in range(4)},
        [Array(rng.integers(0, 9, (2, 4, 4, 3)), "images"), Remote("object 1", "Sequential"), Array(np.array(1.5))],
        [Array(rng.normal(size=5) > 0, "tensor"), Array(np.zeros((0, 2)))],
    ]
    frames: list[bytes] = []
    for value in values:
        for message in (Answer(nonce=2**40, value=value), Failure(nonce=5, kind="ValueError", message="no")):
            tape = Tape()
            wire.send(tape, message)
            frames.append(bytes(tape.content))
    return frames


def mutated(rng: random.Random, frames: list[bytes], kind: str) -> bytes:
    content = bytearray(rng.choice(frames))
    match kind:
        case "bits":
            for _ in range(rng.randint(1, 6)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case "cut":
            start = rng.randrange(len(content))
            del content[start : start + rng.randint(1, len(content))]
        case "lengths":
            at, size = rng.choice([(0, 4), (4, 8)])
            most = rng.choice([len(content), wire.MAX_REPLY_HEADER, wire.MAX_BODY, 256**size - 1])
            content[at : at + size] = rng.randint(0, min(most, 256**size - 1)).to_bytes(size, "little")
        case "swapped":
            other = rng.choice(frames)
            size = int.from_bytes(content[:4], "little")
            other_size = int.from_bytes(other[:4], "little")
            content = content[:12] + other[12 : 12 + other_size] + content[12 + size :]
            if rng.random() < 0.7:
                content[:4] = other_size.to_bytes(4, "little")
        case _:
            start = 12 + rng.randrange(max(1, len(content) - 12))
            content[start:start] = rng.randbytes(rng.randint(1, 9))
            if rng.random() < 0.7:
                content[:4] = (int.from_bytes(content[:4], "little") + len(content) - start).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("kind", ["bits", "cut", "lengths", "swapped", "inserted"])
def test_ten_thousand_mutated_frames(kind: str) -> None:
    """2,000 of each of five kinds: each is an answer or a `WireError`, and little memory is used."""
    rng, frames = random.Random(kind), good_frames()
    refused = 0
    with at_most(8):
        for _ in range(2_000):
            content = mutated(rng, frames, kind)
            try:
                reply = wire.receive(Tape(content), Reply)
            except WireError:
                refused += 1
            else:
                assert isinstance(reply, Answer | Failure)
    assert refused > 200
