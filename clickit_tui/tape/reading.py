"""Reads a tape: what the World was at any moment of it, and which log lines had come. The file is never trusted to be whole."""

from __future__ import annotations

import os
import stat
import tempfile
import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec

from clickit_tui.config import Thresholds
from clickit_tui.logs.line import LogLine
from clickit_tui.tape.form import (
    FORMAT,
    KNOWN,
    TIMED,
    UNREADABLE,
    Header,
    Line,
    TailWords,
    is_log_line,
    is_of,
    kind_of,
    log_line,
    sane,
    value_of,
)
from clickit_tui.world.seen import Fault, Seen, Trouble, clean
from clickit_tui.world.world import ON_DEMAND, World

MOST_BYTES = 2 * 1024**3
"""Longest tape that is read, unpacked."""
LONG_BYTES = 20 * 1024**2
"""A longer one takes a second to read, or more."""
PIECE = 1024 * 1024
LONGEST = 64 * 1024**2
"""Longest line that is read: no writer makes a longer one."""
_DEFAULTS = World(env="-")
NOT_HELD = Fault(kind=Trouble.MISSING, sentence="not in the recording: nobody had looked at it by then")

CHANGED = Fault(kind=Trouble.INVALID, sentence="the file of the recording has been changed meanwhile: it cannot be read any more")
GONE = (*UNREADABLE, KeyError, OSError)
"""What reading a place of the file again raises when somebody has changed the file."""


class NoTape(Exception):
    """Why a file cannot be played, in one sentence."""


class Tape:
    """A tape as it lies in its file: only where things stand is kept in memory. Build it by `opened`."""

    def __init__(self, path: Path, file: IO[bytes], header: Header) -> None:
        self.path, self.header = path, header
        self.began_at = self.ended_at = header.began_at
        self.end = ""
        """Why the recording ended; empty when it was cut short."""
        self.readings: Counter[str] = Counter()
        """How often each World field was read, by its name."""
        self.log_lines = self.lost = 0
        """Log lines held, and those that were not written."""
        self.skipped: Counter[str] = Counter()
        """What could not be understood and is left out, by what it is."""
        self._file = file
        self._starts = array("Q")
        self._put: dict[str, _Track] = {}
        self._held: dict[str, _Track] = {}
        self._lines, self._counts, self._tail = _Track(), array("Q"), _Track()

    @property
    def absent(self) -> frozenset[str]:
        """Fields that it holds at no moment."""
        return KNOWN - self.readings.keys()

    # --- what was, at a moment ---

    def marks(self, at: float) -> dict[str, tuple[int, int]]:
        """For every field that had been read by then, where its newest value and newest reading stand; equal marks mean an equal field."""
        found = {}
        for name, track in self._put.items():
            if (value := track.before(at)) >= 0:
                held = self._held[name].before(at) if name in self._held else -1
                found[name] = (value, held if held > value else -1)
        return found

    def value(self, field: str, mark: tuple[int, int]) -> object:
        """A field as it stood at a mark."""
        try:
            value = value_of(bytes(self._line(mark[0]).put[field]), kind_of(field))
            if mark[1] < 0:
                return value
            later = value_of(bytes(self._line(mark[1]).held[field]), kind_of(field))
        except GONE:
            return Seen(fault=CHANGED, fault_at=self.began_at) if field in TIMED else getattr(_DEFAULTS, field)
        return msgspec.structs.replace(later, value=value.value)

    def world(self, at: float) -> World:
        """The World as it was known at a moment."""
        known = {name: self.value(name, mark) for name, mark in self.marks(at).items()}
        return msgspec.structs.replace(World(env=self.header.env), **{**{name: self.missing(name) for name in ON_DEMAND}, **known})

    def missing(self, field: str) -> object:
        """A field that had not been read by then; one that is read on demand cannot be asked for any more."""
        if field not in ON_DEMAND:
            return getattr(_DEFAULTS, field)
        return Seen(fault=NOT_HELD, fault_at=self.began_at)

    def batches(self, at: float) -> int:
        """How many batches of log lines had come by then."""
        return self._lines.count(at)

    def log(self, first: int, last: int) -> list[LogLine]:
        """The log lines of the batches from one number up to another, which is left out."""
        found = []
        for place in self._lines.places[first:last]:
            try:
                lines = self._line(place).lines
            except GONE:
                continue
            found += [log_line(bytes(raw)) for raw in lines if is_log_line(bytes(raw))]
        return found

    def first_of(self, last: int, most: int) -> int:
        """The first batch from which on there are at least `most` lines up to batch `last`."""
        first, held = last, 0
        while first > 0 and held < most:
            first -= 1
            held += self._counts[first]
        return first

    def tail(self, at: float) -> TailWords:
        """How the tail stood."""
        place = self._tail.before(at)
        if place < 0:
            return TailWords()
        try:
            found: TailWords = value_of(bytes(self._line(place).tail), TailWords)
        except GONE:
            return TailWords(words="CHANGED", look="fail", troubles=(CHANGED.sentence,))
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, place: int) -> Line:
        begin, end = self._starts[place], self._starts[place + 1]
        return msgspec.json.decode(os.pread(self._file.fileno(), end - begin, begin), type=Line)

    # --- reading it once through ---

    def scan(self) -> None:
        """Find where everything stands, and leave out what cannot be understood. Blocking."""
        for name in self.header.thresholds.keys() - set(Thresholds.__struct_fields__):
            self.skipped[f"threshold `{clean(name, 40)}`, which this version does not know"] += 1
        start = self._file.tell()
        while raw := self._file.readline(LONGEST):
            self._starts.append(start)
            start += len(raw)
            if len(raw) == LONGEST and not raw.endswith(b"\n"):
                start += self._rest_of_line()
                self.skipped["line, too long"] += 1
                continue
            if not raw.endswith(b"\n"):
                self.skipped["last line, cut short"] += 1
                continue
            try:
                self._found(len(self._starts) - 1, msgspec.json.decode(raw, type=Line))
            except UNREADABLE:
                self.skipped["line"] += 1
        self._starts.append(start)

    def _rest_of_line(self) -> int:
        """Read on to the end of a line; the bytes of it."""
        count = 0
        while raw := self._file.readline(PIECE):
            count += len(raw)
            if raw.endswith(b"\n"):
                break
        return count

    def _found(self, place: int, line: Line) -> None:
        at = self.ended_at = max(self.ended_at, sane(line.at))
        self.end = line.end and clean(line.end, 80)
        self.lost += max(0, line.lost)
        for name, raw in line.put.items():
            if self._usable(name, bytes(raw)):
                self._put.setdefault(name, _Track()).add(at, place)
                self.readings[name] += 1
        for name, raw in line.held.items():
            if name in self._put and name in TIMED and self._usable(name, bytes(raw)):
                self._held.setdefault(name, _Track()).add(at, place)
                self.readings[name] += 1
        self._found_lines(place, at, line)

    def _found_lines(self, place: int, at: float, line: Line) -> None:
        good = sum(is_log_line(bytes(raw)) for raw in line.lines)
        if len(line.lines) > good:
            self.skipped["log line"] += len(line.lines) - good
        if good:
            self._lines.add(at, place)
            self._counts.append(good)
            self.log_lines += good
        if bytes(line.tail):
            value_of(bytes(line.tail), TailWords)
            self._tail.add(at, place)

    def _usable(self, name: str, raw: bytes) -> bool:
        """Whether a field's value can be read here; where not, it is counted."""
        if name not in KNOWN:
            self.skipped[f"reading of `{clean(name, 40)}`, which this version does not know"] += 1
            return False
        if good := is_of(raw, kind_of(name)):
            return good
        self.skipped[f"reading of `{name}`, of another form"] += 1
        return False


class _Track:
    """Moments in order, and the places of their lines."""

    def __init__(self) -> None:
        self.times, self.places = array("d"), array("Q")

    def add(self, at: float, place: int) -> None:
        """One more, not before the last."""
        self.times.append(at)
        self.places.append(place)

    def count(self, at: float) -> int:
        """How many are not after a moment."""
        return bisect_right(self.times, at)

    def before(self, at: float) -> int:
        """The place of the newest that is not after a moment; -1 when there is none."""
        count = self.count(at)
        return self.places[count - 1] if count else -1


def opened(path: Path, env: str = "", told: Callable[[str], None] = lambda _: None) -> Tape:
    """A tape, read once through; of that environment, where one is named. Blocking: of a long one that is told. Raises NoTape."""
    try:
        file = _plain(path)
    except OSError as error:
        raise NoTape(f"{path}: cannot be read: {error.strerror or error}") from error
    except zlib.error as error:
        raise NoTape(f"{path}: is no recording of clickit-tui: {error}") from error
    with ExitStack() as refused:
        refused.callback(file.close)
        if os.fstat(file.fileno()).st_size > LONG_BYTES:
            told(f"reading {path}")
        tape = Tape(path, file, _header(path, file.readline(PIECE)))
        if env not in ("", tape.header.env):
            raise NoTape(f"{path} is a recording of {tape.header.env}, not of {env}")
        tape.scan()
        refused.pop_all()
    return tape


def _header(path: Path, raw: bytes) -> Header:
    try:
        number = msgspec.json.decode(raw, type=_Numbered).tape
    except UNREADABLE as error:
        raise NoTape(f"{path}: is no recording of clickit-tui") from error
    if number > FORMAT:
        raise NoTape(f"{path}: was written in format {number} by a newer clickit-tui; this one reads up to {FORMAT}")
    try:
        header: Header = value_of(raw.rstrip(b"\n"), Header)
        sane(header.began_at)
        header.limits()
    except UNREADABLE as error:
        raise NoTape(f"{path}: its first line cannot be read: {clean(error, 200)}") from error
    return header


class _Numbered(msgspec.Struct):
    tape: int


def _plain(path: Path) -> IO[bytes]:
    """The file itself, or what it unpacks to, in a file that has no name. Raises OSError, zlib.error, NoTape."""
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: SIM115 - the tape closes it
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise NoTape(f"{path}: is no file")
    if status.st_size > MOST_BYTES:
        file.close()
        raise NoTape(f"{path}: is larger than {MOST_BYTES // 1024**3} GiB, the most that is read")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not packed:
        return file
    with file:
        return _unpacked(path, file)


def _unpacked(path: Path, file: IO[bytes]) -> IO[bytes]:
    """All that can be unpacked of a file that may be cut short. Raises as `_plain` does."""
    whole = tempfile.TemporaryFile(prefix="clickit-tape-")  # noqa: SIM115 - the tape closes it
    squeeze, data = zlib.decompressobj(wbits=31), b""
    while data or (data := file.read(PIECE)):
        try:
            whole.write(squeeze.decompress(data, PIECE))
        except zlib.error:
            if not whole.tell():
                raise
            break
        data = squeeze.unconsumed_tail
        if squeeze.eof:
            break
        if whole.tell() > MOST_BYTES:
            raise NoTape(f"{path}: unpacks to more than {MOST_BYTES // 1024**3} GiB, the most that is read")
    whole.flush()
    whole.seek(0)
    return whole
