"""How a tape is written: a header, then lines of JSON, each with the moment it is about. Everything in it is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec

from clickit_tui.config import Thresholds
from clickit_tui.logs.line import LogLine, harmless
from clickit_tui.logs.mask import MARK, mask
from clickit_tui.mistakes import DAY_MINUTES
from clickit_tui.naming import Names
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import FIELDS, World

FORMAT = 1
"""Grows when a reader of the former number would misread the file; what is only added is skipped by older readers."""
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError)
"""What decoding raises of bytes that are not what they should be."""
_DOUBTFUL = re.compile(rb"\\[bfru]|[^ -~]")
"""Bytes of JSON from which a text may come that has more in it than ASCII, line breaks and tabs."""
_HUGE = re.compile(rb"(?:[\[,]|\": ?)(?:-\d{11}|\d{12})|\d[eE]")
"""Bytes of JSON in which a number may be too large for a moment: an honest one has ten digits before its point."""
LATEST = 32_503_680_000.0
"""The year 3000; a moment after it is none."""
MOST = 1e18
"""No other number is as large; the largest that are honest are bytes."""
_MOMENTS = frozenset({"at", "times", "since", "start", "end", "minutes", "auto_after", "restorable_to"})
"""World fields that are moments, besides those whose name ends in `_at`."""
REMEMBERED, SHORT = 5_000, 200
"""Texts whose masked form is remembered, and the characters of the longest of them: log lines seldom come twice."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: what the session was told, so that the same causes are found again."""

    tape: int
    """The number of the format."""
    program: str
    env: str
    began_at: float
    """Epoch seconds."""
    account: str = ""
    """As configured; what STS said stands in the identity, with the first reading of it."""
    region: str = ""
    read_only: str = ""
    """Why the recorded session could change nothing; empty when it could."""
    protected: bool = True
    stop_database: bool = False
    names: Names
    thresholds: Mapping[str, float] = {}
    """By name, those that the writing version knew."""

    def limits(self) -> Thresholds:
        """The thresholds that this version knows; its own where the file tells none. Raises `msgspec.ValidationError`."""
        known = {name: value for name, value in self.thresholds.items() if name in Thresholds.__struct_fields__}
        if any(name.endswith("_minutes") and value > DAY_MINUTES for name, value in known.items()):
            raise msgspec.ValidationError("a threshold is beyond a day")
        return msgspec.convert(known, Thresholds, strict=False)


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment. Every part may be absent; a reader skips parts that it does not know."""

    at: float
    put: Mapping[str, msgspec.Raw] = {}
    """World fields with their new value."""
    held: Mapping[str, msgspec.Raw] = {}
    """`Seen` fields that were read again and had the value they have had: all but the value."""
    lines: tuple[msgspec.Raw, ...] = ()
    """Log lines as they came."""
    tail: msgspec.Raw = msgspec.Raw(b"")
    """How the tail stands, when that has changed."""
    lost: int = 0
    """Log lines that came and were not written, so that the file does not grow faster than it may."""
    end: str = ""
    """The recording ended as it should; why."""


class TailWords(msgspec.Struct, frozen=True, kw_only=True):
    """How the tail stood, in its own words."""

    words: str = "LOADING"
    look: str = "plain"
    troubles: tuple[str, ...] = ()


@cache
def kind_of(field: str) -> Any:  # noqa: ANN401 - a type, as msgspec takes it
    """The type of a World field."""
    return get_type_hints(World)[field]


KNOWN = frozenset(FIELDS) - {"env"}
"""World fields that a tape may hold."""
TIMED = frozenset(name for name in KNOWN if isinstance(getattr(World(env="-"), name), Seen))
"""Those of them that are `Seen`."""


class Masking:
    """Values as JSON in which no secret is left, whatever the session shows on its own screen."""

    def __init__(self, patterns: tuple[str, ...] = ()) -> None:
        self._patterns = tuple(re.compile(one) for one in patterns)
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        """One text."""
        found = self._known.get(text)
        if found is None:
            found = text
            for one in self._patterns:
                found = one.sub(MARK, found)
            found = mask(found)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            if len(text) <= SHORT:
                self._known[text] = found
        return found

    def json(self, value: object) -> bytes:
        """A value of the World, or log lines, as JSON."""
        return msgspec.json.encode(self._masked(msgspec.to_builtins(value), ""))

    def _masked(self, value: object, name: str) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self._masked(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return (
                self._texts(value, name) if all(isinstance(each, str) for each in value) else [self._masked(each, name) for each in value]
            )
        return value

    def _texts(self, texts: Sequence[str], name: str) -> list[str]:
        """Texts that may be (name, value), or a command line: each is masked as it would be in one text with the one before."""
        joint = "=" if len(texts) == 2 and name != "secrets" else " "
        return [self._after(texts[at - 1] if at else "", joint, text) for at, text in enumerate(texts)]

    def _after(self, before: str, joint: str, text: str) -> str:
        found = self.text(text)
        if not before or not text or text.startswith("arn:") or (joint == " " and not before.startswith("-")):
            return found
        return found if self.text(f"{before}{joint}{text}").endswith(found) else MARK


def value_of(raw: bytes, kind: Any) -> Any:  # noqa: ANN401 - as the type says
    """A value out of a tape. Raises one of `UNREADABLE` when it is not of that type, or holds moments that are none.

    A tape may come from elsewhere: what a terminal would obey is taken out of its texts.
    """
    value = _tame(raw, kind)
    _honest(raw, value)
    return value


def _tame(raw: bytes, kind: Any) -> Any:  # noqa: ANN401 - as above
    if _DOUBTFUL.search(raw) is None:
        return _decoder(kind).decode(raw)
    return msgspec.convert(_harmless(msgspec.json.decode(raw)), kind)


def is_of(raw: bytes, kind: Any) -> bool:  # noqa: ANN401 - a type, as msgspec takes it
    """Whether `value_of` gives a value."""
    try:
        _honest(raw, _decoder(kind).decode(raw))
    except UNREADABLE:
        return False
    return True


def sane(at: float) -> float:
    """A moment of this age. Raises ValueError."""
    if not 0 <= at < LATEST:
        raise ValueError(f"no moment: {at}")
    return at


def _honest(raw: bytes, value: object) -> None:
    """Look at every number of a value, where its JSON has one that may be too large. Raises ValueError."""
    if _HUGE.search(raw) is not None:
        _bounded(value, "")


def _bounded(value: object, name: str) -> None:
    """No number in a value is beyond what can be reckoned with, and none that is a moment is beyond the calendar. Raises ValueError."""
    if isinstance(value, tuple) and value and all(type(each) is float for each in value):
        _bounded(min(value), name)
        _bounded(max(value), name)
    elif isinstance(value, int | float):
        most = LATEST if name in _MOMENTS or name.endswith("_at") else MOST
        if not -most < value < most:
            raise ValueError(f"no {name or 'number'}: {value}")
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            _bounded(getattr(value, field), field)
    elif isinstance(value, Mapping):
        for each in value.values():
            _bounded(each, name)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            _bounded(each, name)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - a type, as msgspec takes it
    return msgspec.json.Decoder(kind)


def _harmless(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dict):
        return {harmless(key): _harmless(each) for key, each in value.items()}
    return [_harmless(each) for each in value] if isinstance(value, list) else value


def log_line(raw: bytes) -> LogLine:
    """One log line out of a tape. Raises as `value_of` does."""
    line: LogLine = _tame(raw, LogLine)
    return _shown(line)


def is_log_line(raw: bytes) -> bool:
    """Whether `log_line` gives a line."""
    try:
        _shown(_decoder(LogLine).decode(raw))
    except UNREADABLE:
        return False
    return True


def _shown(line: LogLine) -> LogLine:
    """A line of moments that can be shown. Raises ValueError."""
    sane(line.at_ms / 1000)
    sane(line.ingested_ms / 1000)
    return line
