"""Writes a tape: takes World changes and log lines as they come, and writes them masked, at a bounded rate, in a private file.

Nothing here may harm the session: what the disk does not take ends the recording, and only that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from clickit_tui.logs.line import LogLine
from clickit_tui.logs.mask import MARK, Blocks
from clickit_tui.tape.form import KNOWN, TIMED, Header, Line, Masking, TailWords
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World

MOST_BYTES = 1024**3
"""A tape is never longer than this, counted before it is compressed."""
RATE_BYTES_S = 512 * 1024
"""Bytes a second that are written in the long run, counted so too."""
BURST_BYTES = 32 * 1024**2
"""Bytes that may come at once, as a start brings them."""
WAITING = 1_000
"""Changes, and batches of lines, that wait to be written; beyond it only the newest value of each field waits, and lines are lost."""
BATCH_LINES = 500


class _Item(msgspec.Struct):
    """What waits to be written."""

    at: float
    put: dict[str, object] = {}
    lines: Sequence[LogLine] = ()
    tail: TailWords | None = None
    lost: int = 0


class Pace:
    """Bytes that may be written now: `burst` at first, refilled at `rate` a second. A piece may overdraw it; then it is waited."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, burst, now

    def may(self, now: float) -> bool:
        """Whether anything may be written."""
        self._left = min(self._burst, self._left + self._rate * max(0.0, now - self._at))
        self._at = now
        return self._left > 0

    def wrote(self, count: int) -> None:
        """That many bytes were."""
        self._left -= count


def create(path: Path) -> int:
    """A descriptor of a new file that only the user can read. Raises OSError, FileExistsError when there is one by that name."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


class Recording:
    """One tape while it is written. `put`, `add` and `tail` are called on the event loop and never block; `flush` and `close` do."""

    def __init__(
        self,
        path: Path,
        file: int,
        header: Header,
        *,
        masks: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        most_bytes: int = MOST_BYTES,
        pace: Pace | None = None,
    ) -> None:
        """Write the header into a file that `create` made."""
        self.path = path
        self.stopped = ""
        """Why nothing more is written; empty while it is."""
        self._masking, self._blocks, self._clock, self._most = Masking(masks), Blocks(), clock, most_bytes
        self._pace = pace or Pace(RATE_BYTES_S, BURST_BYTES, clock())
        self._squeeze = zlib.compressobj(wbits=31) if path.suffix == ".gz" else None
        self._queue: deque[_Item] = deque()
        self._late: _Item | None = None
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._written: dict[str, object] = {}
        self._bytes = self._kept = 0
        self._file = file
        try:
            self._write(msgspec.json.encode(header) + b"\n")
        except OSError as error:
            self.fail(error.strerror or str(error))

    @property
    def words(self) -> str:
        """As the identity row says it."""
        return "REC OFF" if self.stopped else "REC"

    # --- on the event loop ---

    def put(self, world: World, fields: frozenset[str]) -> None:
        """Fields of the World have changed."""
        self._wait(_Item(self._clock(), put={name: getattr(world, name) for name in fields & KNOWN}))

    def add(self, lines: Sequence[LogLine]) -> None:
        """Log lines came."""
        for begin in range(0, len(lines), BATCH_LINES):
            self._wait(_Item(self._clock(), lines=lines[begin : begin + BATCH_LINES]))

    def tail(self, words: TailWords) -> None:
        """The tail stands otherwise."""
        self._wait(_Item(self._clock(), tail=words))

    def _wait(self, item: _Item) -> None:
        if self.stopped:
            return
        with self._lock:
            if self._late is None and len(self._queue) < WAITING:
                self._queue.append(item)
                return
            late = self._late = self._late or _Item(item.at)
            late.at = item.at
            late.put = {**late.put, **item.put}
            late.tail = item.tail or late.tail
            late.lost += len(item.lines)

    def _next(self) -> _Item | None:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
            late, self._late = self._late, None
            return late

    # --- in a thread ---

    def flush(self) -> None:
        """Write what waits, as far as the pace lets. Blocking; a failure stops the recording."""
        with self._writing:
            self._flush(lambda: self._pace.may(self._clock()))

    def close(self, why: str = "the session ended") -> None:
        """Write all that waits, and the end. Blocking."""
        with self._writing:
            if not self.stopped:
                self._flush(lambda: True)
            if not self.stopped:
                self._end(why, "closed")

    def _flush(self, may: Callable[[], bool]) -> None:
        try:
            wrote = False
            while not self.stopped and may() and (item := self._next()) is not None:
                self._append(self._line(item))
                wrote = True
            if wrote and not self.stopped:
                self._push()
        except OSError as error:
            self.fail(error.strerror or str(error))

    def fail(self, why: str) -> None:
        """Stop for a reason; what was written whole stays."""
        if not self.stopped:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._kept)
                os.close(self._file)
            self._stop(f"{why}: recording stopped, {self.path.name} holds what was seen until then")

    def _end(self, why: str, stopped: str) -> None:
        """Write the end."""
        try:
            self._write(_encoded(Line(at=self._clock(), end=why)), zlib.Z_FINISH)
            os.close(self._file)
            self._stop(stopped)
        except OSError as error:
            self.fail(error.strerror or str(error))

    def _stop(self, why: str) -> None:
        self.stopped = why
        with self._lock:
            self._queue.clear()
            self._late = None
        self._written.clear()

    def _append(self, line: bytes) -> None:
        if self._bytes + len(line) > self._most:
            self._end("the tape is full", f"{self.path.name} is as long as a recording may be: recording stopped")
            return
        self._pace.wrote(len(line))
        self._write(line, None)

    def _write(self, line: bytes, flush: int | None = zlib.Z_SYNC_FLUSH) -> None:
        """Write bytes; compressed, they can be read again up to the last flush, however the program ends."""
        self._bytes += len(line)
        self._out(self._squeeze.compress(line) if self._squeeze else line)
        if flush is not None:
            self._push(flush)

    def _push(self, flush: int = zlib.Z_SYNC_FLUSH) -> None:
        if self._squeeze:
            self._out(self._squeeze.flush(flush))
        self._kept = os.lseek(self._file, 0, os.SEEK_CUR)

    def _out(self, data: bytes) -> None:
        while data:
            written = os.write(self._file, data)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[written:]

    def _line(self, item: _Item) -> bytes:
        put: dict[str, msgspec.Raw] = {}
        held: dict[str, msgspec.Raw] = {}
        for name, value in item.put.items():
            if name in TIMED and isinstance(value, Seen) and value.value is not None and self._written.get(name) == value.value:
                held[name] = self._raw(msgspec.structs.replace(value, value=None))
                continue
            self._written[name] = value.value if isinstance(value, Seen) else value
            put[name] = self._raw(value)
        line = Line(at=item.at, put=put, held=held, lines=tuple(self._raw(self._keyless(each)) for each in item.lines), lost=item.lost)
        return _encoded(line if item.tail is None else msgspec.structs.replace(line, tail=self._raw(item.tail)))

    def _keyless(self, line: LogLine) -> LogLine:
        """A line of a private key whose lines came one by one is masked, also where the session shows it."""
        inside = self._blocks.inside(f"{line.group} {line.stream}", line.message)
        return msgspec.structs.replace(line, text=MARK, raw="") if inside else line

    def _raw(self, value: object) -> msgspec.Raw:
        return msgspec.Raw(self._masking.json(value))


def _encoded(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"
