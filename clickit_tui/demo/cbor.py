"""The part of CBOR (RFC 8949) that AWS's rpc-v2-cbor protocol uses."""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

from clickit_tui.demo.errors import AwsError

Json = Any
"""What a value is in Python: None, bool, int, float, str, bytes, list or dict."""


class Epoch(NamedTuple):
    """A point in time, tagged as such on the wire."""

    at: float


_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError("number too large for CBOR")


def dumps(value: Json) -> bytes:
    """Encode None, bool, int, float, str, bytes, Epoch, lists and dicts with string keys."""
    if value is None or isinstance(value, bool):
        return bytes([{None: 0xF6, False: 0xF4, True: 0xF5}[value]])
    if isinstance(value, Epoch):
        return b"\xc1" + b"\xfb" + struct.pack(">d", value.at)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(dumps(key) + dumps(each) for key, each in value.items())
    return _head(4, len(value)) + b"".join(dumps(each) for each in value)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise AwsError("SerializationException", "The request body is not valid CBOR.")
        self.at += size
        return self.data[self.at - size : self.at]

    def value(self) -> Json:
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low)
        many = -1 if low == 31 else low if low < 24 else int.from_bytes(self.take(1 << low - 24), "big")
        if major < 2:
            return many if major == 0 else -1 - many
        if major == 6:
            return self.value()
        if major in (2, 3):
            return self.text(major, many)
        return self.several(major, many)

    def simple(self, low: int) -> Json:
        if low in _FLOATS:
            form = _FLOATS[low]
            return struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return _SIMPLE.get(low, _BREAK if low == 31 else None)

    def text(self, major: int, many: int) -> Json:
        if many >= 0:
            raw = self.take(many)
            return raw if major == 2 else raw.decode("utf-8", "replace")
        parts: list[Any] = []
        while (part := self.value()) is not _BREAK:
            parts.append(part)
        return (b"" if major == 2 else "").join(parts)

    def several(self, major: int, many: int) -> Json:
        found: list[Any] = []
        left = math.inf if many < 0 else many * (2 if major == 5 else 1)
        while len(found) < left and (each := self.value()) is not _BREAK:
            found.append(each)
        return found if major == 4 else dict(zip(found[::2], found[1::2], strict=True))


_BREAK = object()


def loads(data: bytes) -> Json:
    """Decode one value. Raises AwsError (SerializationException) for a body that is cut off or too deep."""
    try:
        return _Reader(data).value()
    except RecursionError:
        raise AwsError("SerializationException", "The request body is nested too deeply.") from None
