"""Frames between grader and worker: a typed header and raw little-endian arrays; no pickle, no eval.

A frame is `header length (u32) | body length (u64) | header (MessagePack) | body`. The body holds the arrays end to
end; the header describes them. Every size, type and shape is checked before memory is allocated for it; any violation
raises `WireError`, the only exception of this module for invalid data from the other side.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, Literal, Protocol, cast

import msgspec
import numpy as np
from msgspec import Struct

MAX_REQUEST_HEADER = 16 << 20
MAX_REPLY_HEADER = 4 << 20
"""Smaller, because one byte from a student's process, such as an empty list, can take up to 72 bytes in the grader."""
MAX_BODY = 256 << 20
MAX_ARRAYS = 20_000
MAX_AXES = 8
MAX_DEPTH = 32

_LENGTHS = struct.Struct("<IQ")
_INDEX = struct.Struct("<I")
_ARRAY, _REMOTE = 1, 2
_DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("float32", "float64", "int64", "int32", "uint8", "bool")}

DType = Literal["float32", "float64", "int64", "int32", "uint8", "bool"]
Role = Literal["array", "tensor", "images", "tensor images"]


class WireError(Exception):
    """An invalid frame, an exceeded limit, or a closed stream."""


# Plain classes, because msgspec would encode a dataclass as a map and never call the extension hook.
class Array:
    """An array and its role in the worker: NumPy or tensor, channels-last images or plain."""

    __slots__ = ("role", "values")

    def __init__(self, values: np.ndarray[Any, Any], role: Role = "array") -> None:
        self.values = values
        self.role: Role = role


class Remote:
    """The name and class of an object that stays in the worker."""

    __slots__ = ("kind", "name")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind


class _Described(Struct, array_like=True):
    dtype: DType
    shape: list[int]
    role: Role


class Request(Struct, frozen=True, kw_only=True):
    """A request by the grader. The response repeats its `nonce`."""

    nonce: int
    verb: str
    target: str = ""
    name: str = ""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class Answer(Struct, frozen=True, kw_only=True, tag="answer"):
    """The result of a request."""

    nonce: int
    value: Any = None


class Failure(Struct, frozen=True, kw_only=True, tag="failure"):
    """An exception of the student's code. `where` and `code` are the innermost line of that code."""

    nonce: int
    kind: str
    message: str
    where: str = ""
    code: str = ""


Reply = Answer | Failure


class Envelope(Struct, array_like=True):
    """A frame's header: the encoded message, and a description of the arrays in the body."""

    message: msgspec.Raw
    arrays: list[_Described]


class Readable(Protocol):
    """A source of frames."""

    def recv_into(self, buffer: memoryview) -> int:
        """Read at least one byte into the buffer; 0 at the end."""
        ...


class Writable(Protocol):
    """A destination for frames."""

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all data or raise `OSError`."""
        ...


def send(stream: Writable, message: Request | Reply) -> None:
    """Send a message. Raises `WireError` if the message itself cannot be sent, `OSError` if the stream is broken."""
    arrays: list[Array] = []

    def extension(value: Any) -> msgspec.msgpack.Ext:
        if isinstance(value, Array):
            arrays.append(value)
            return msgspec.msgpack.Ext(_ARRAY, _INDEX.pack(len(arrays) - 1))
        if isinstance(value, Remote):
            return msgspec.msgpack.Ext(_REMOTE, f"{value.name}\0{value.kind}".encode())
        raise NotImplementedError(f"a {type(value).__name__} cannot cross the wire")

    try:
        encoded = msgspec.msgpack.Encoder(enc_hook=extension).encode(message)
    except (NotImplementedError, TypeError, ValueError, OverflowError, RecursionError) as problem:
        raise WireError(str(problem)) from None
    bodies = [_little_endian(array.values) for array in arrays]
    described = [
        _Described(_name(body), list(body.shape), array.role) for body, array in zip(bodies, arrays, strict=True)
    ]
    header = msgspec.msgpack.encode(Envelope(msgspec.Raw(encoded), described))
    size = sum(body.nbytes for body in bodies)
    most = MAX_REQUEST_HEADER if isinstance(message, Request) else MAX_REPLY_HEADER
    if len(header) > most:
        raise WireError(
            f"{len(header) >> 20} MB of lists and text are too much; for arrays the limit is {MAX_BODY >> 20} MB"
        )
    if size > MAX_BODY or len(arrays) > MAX_ARRAYS:
        raise WireError(f"{len(arrays)} arrays of {size >> 20} MB are too much; the limit is {MAX_BODY >> 20} MB")
    stream.sendall(_LENGTHS.pack(len(header), size) + header)
    for body in bodies:
        if body.nbytes:
            stream.sendall(body.reshape(-1).view(np.uint8).data)


def receive(stream: Readable, type: Any) -> Any:
    """Receive the next message, of the given type, with `Array` and `Remote` objects. Raises `WireError`."""
    header_size, body_size = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    most = MAX_REQUEST_HEADER if type is Request else MAX_REPLY_HEADER
    if header_size > most or body_size > MAX_BODY:
        raise WireError(f"a frame of {header_size} + {body_size} bytes exceeds the limit")
    header = bytes(_exactly(stream, header_size))
    try:
        envelope = msgspec.msgpack.decode(header, type=Envelope)
        sizes = _sizes(envelope.arrays)
        if sum(sizes) != body_size:
            raise WireError("the arrays described in the header do not match the size of the body")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise WireError(f"invalid header: {problem}") from None
    arrays = _cut(_exactly(stream, body_size), envelope.arrays, sizes)
    return _decode(envelope.message, type, arrays)


def _decode(message: msgspec.Raw, type: Any, arrays: Sequence[Array]) -> Any:
    def extension(code: int, data: memoryview) -> Any:
        if code == _ARRAY and len(data) == _INDEX.size:
            index = int(_INDEX.unpack(data)[0])
            if index < len(arrays):
                return arrays[index]
        if code == _REMOTE:
            name, separator, kind = bytes(data).decode().partition("\0")
            if separator and len(name) < 100 and len(kind) < 200:
                return Remote(name, kind)
        raise ValueError("unknown extension")

    try:
        decoded = msgspec.msgpack.decode(bytes(message), type=type, ext_hook=extension)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as problem:
        raise WireError(f"invalid message: {problem}") from None
    _bound_depth(decoded)
    return decoded


def _bound_depth(message: Any) -> None:
    level: list[Any] = [getattr(message, name) for name in message.__struct_fields__]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(cast(dict[Any, Any], value).values())
            elif isinstance(value, list):
                deeper.extend(cast(list[Any], value))
        if not deeper:
            return
        level = deeper
    raise WireError(f"a message nested deeper than {MAX_DEPTH}")


def _sizes(described: Sequence[_Described]) -> list[int]:
    if len(described) > MAX_ARRAYS:
        raise WireError(f"{len(described)} arrays in one frame")
    sizes: list[int] = []
    for array in described:
        if len(array.shape) > MAX_AXES or any(side < 0 for side in array.shape):
            raise WireError("an array of an impossible shape")
        # NumPy multiplies the sides even if one of them is 0.
        if math.prod(side or 1 for side in array.shape) > MAX_BODY:
            raise WireError("an array of an impossible shape")
        sizes.append(math.prod(array.shape) * _DTYPES[array.dtype].itemsize)
    return sizes


def _cut(body: bytearray, described: Sequence[_Described], sizes: Sequence[int]) -> list[Array]:
    arrays: list[Array] = []
    start = 0
    for array, size in zip(described, sizes, strict=True):
        # NumPy would accept a bool with the byte 7: convert any byte other than 0 to 1.
        raw = np.dtype("uint8") if array.dtype == "bool" else _DTYPES[array.dtype]
        values = np.frombuffer(memoryview(body)[start : start + size], dtype=raw).reshape(array.shape)
        arrays.append(Array(np.asarray(values != 0) if array.dtype == "bool" else values, array.role))
        start += size
    return arrays


def _exactly(stream: Readable, count: int) -> bytearray:
    """Read `count` bytes; memory grows with the received data, not with the size in the header."""
    buffer = bytearray()
    while len(buffer) < count:
        chunk = bytearray(min(count - len(buffer), 1 << 20))
        try:
            got = stream.recv_into(memoryview(chunk))
        except OSError as problem:
            raise WireError(f"the connection is broken: {problem}") from None
        if not got:
            raise WireError("the other side has closed the connection")
        buffer += memoryview(chunk)[:got]
    return buffer


def _name(array: np.ndarray[Any, Any]) -> DType:
    return cast(DType, array.dtype.name)


def _little_endian(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    wanted = _DTYPES.get(values.dtype.name)
    if wanted is None or values.ndim > MAX_AXES:
        raise WireError(f"an array of {values.dtype} with {values.ndim} axes cannot cross the wire")
    # ascontiguousarray makes a 0-d array 1-d.
    return np.ascontiguousarray(values, dtype=wanted).reshape(values.shape)


class Pipe:
    """A stream over two file descriptors, for the pipes of a plain subprocess."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._reader = open(read_from, "rb", buffering=0)  # noqa: SIM115 - a descriptor, open as long as the process lives
        self._writer = open(write_to, "wb", buffering=0)  # noqa: SIM115

    def recv_into(self, buffer: memoryview) -> int:
        """Read at least one byte into the buffer; 0 at the end."""
        return self._reader.readinto(buffer) or 0

    def sendall(self, data: bytes | memoryview) -> None:
        """Write all data."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._writer.write(rest) :]

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        try:
            self._writer.close()
        except OSError:
            # The other side is gone; there is no buffered data to lose.
            return
