"""A file that only grows, line by line: written in one thread in the order given, shared by every process of this user, kept bounded."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT_BYTES = 20 * 1024 * 1024
"""A file that is larger at a start becomes the old one, in place of the former old one."""
READ_BYTES = 2 * LIMIT_BYTES
"""Most that is read of one file: its end, as it stood when the reading began."""
WAITING = 1000
"""Most lines that are kept while the disk cannot take them; beyond that the oldest are given up."""


def ignored(error: OSError) -> None:
    """Tell nobody."""


class LineFile:
    """Lines end with a newline. `failed` is called, in the writing thread, when lines that nobody waits for cannot be written;

    they are kept and tried again with the next write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.old = path.with_name(f"{path.stem}.1{path.suffix}")
        self.failed: Callable[[OSError], None] = ignored
        self._waiting: deque[bytes] = deque(maxlen=WAITING)
        self._thread: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    def append(self, line: bytes) -> None:
        """Write the line soon; never blocks."""
        self._waiting.append(line)
        self._pool().submit(self._drain_quietly)

    def append_now(self, line: bytes, *, durable: bool) -> None:
        """Write the line after all that wait, and return when it is written, with `durable` when it is on the disk. Blocking.

        Raises OSError; the line is then not written, and will not be.
        """
        self._pool().submit(self._drain_and_write, line, durable).result()

    def settle(self) -> None:
        """Return when everything that waits was written, or could not be. Blocking."""
        if self._waiting:
            self._pool().submit(self._drain_quietly).result()

    def close(self) -> None:
        """`settle`, and end the thread; the next write starts another one. Blocking."""
        self.settle()
        with self._starting:
            pool, self._thread = self._thread, None
        if pool is not None:
            pool.shutdown()

    def lines(self) -> Iterator[bytes]:
        """Every line of the old file and of this one, oldest first. Blocking; what cannot be read, or is no plain file, counts as empty."""
        self.settle()
        for path in (self.old, self.path):
            with contextlib.suppress(OSError):
                yield from _lines(path)

    def rotate(self) -> None:
        """Begin a new file when this one is too large, unless another process is just doing so. Blocking; what fails is left as it is."""
        with contextlib.suppress(OSError):
            if self.path.stat().st_size <= LIMIT_BYTES:
                return
            lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.path.stat().st_size > LIMIT_BYTES:
                    self.path.replace(self.old)
            finally:
                os.close(lock)

    def _pool(self) -> ThreadPoolExecutor:
        with self._starting:
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="journal")
            return self._thread

    def _drain(self) -> None:
        while self._waiting:
            write(self.path, self._waiting[0], durable=False)
            self._waiting.popleft()

    def _drain_quietly(self) -> None:
        try:
            self._drain()
        except OSError as error:
            self.failed(error)

    def _drain_and_write(self, line: bytes, durable: bool) -> None:
        self._drain()
        write(self.path, line, durable)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a plain file, at most the last `READ_BYTES`; a device or pipe, which may never end, has none. Raises OSError."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return
        left = min(status.st_size, READ_BYTES)
        file.seek(status.st_size - left)
        if status.st_size > left:
            left -= len(file.readline(left))
        while left > 0 and (line := file.readline(left)):
            left -= len(line)
            yield line


def write(path: Path, line: bytes, durable: bool) -> None:
    """One line at the end of a file that only the user can read, in one write, so that processes do not mix theirs. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            line = b"\n" + line
        written = os.write(file, line)
        if written != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if durable:
            os.fsync(file)
    finally:
        os.close(file)
    if fresh and durable:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
