"""Any command in a pseudo-terminal, driven by keys and judged by what a terminal would show and by the bytes it got.

    with Terminal([sys.executable, "-m", "clickit_tui", "demo"]) as t:
        t.wait_for(r"services")
        t.press("down", "enter")
        assert t.bytes_during(10.0) == 0

A thread reads all the time, so the program is never held up (see `stalled`). Nothing here knows the product.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
}
"""Names of keys as Textual spells them; any other name of several letters is `ctrl+x`, any single character is itself."""

PATIENCE_S = 30.0
_COMPLETE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]", re.S
)
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<=>][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;:]*(?:u|\$p)|\x1b\[[0-9;]*\$[a-z]|\x1b[PX^_][^\x1b]*\x1b\\", re.S)
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_STRINGS = (b"\x1b]", b"\x1bP", b"\x1bX", b"\x1b^", b"\x1b_")
_ASKED_MODE = re.compile(rb"\x1b\[\?(\d+)\$p")


def key_bytes(name: str) -> bytes:
    """What a terminal sends for a key."""
    if name in KEYS:
        return KEYS[name].encode()
    if name.startswith("ctrl+") and len(name) == 6:
        return bytes([ord(name[5].upper()) & 0x1F])
    return name.encode()


def split_complete(data: bytes) -> tuple[bytes, bytes]:
    """Bytes up to the last complete escape sequence, and the unfinished one that has to wait for more."""
    strings = [data.rfind(opening) for opening in _STRINGS]
    for at in (max(strings), data.rfind(b"\x1b")):
        if at >= 0 and data[at : at + 2] != b"\x1b\\" and not _COMPLETE.match(data, at):
            return data[:at], data[at:]
    return data, b""


class Terminal:
    """A program in a pseudo-terminal of its own session. All `timeout_s` raise AssertionError with the screen when they pass."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        term: str = "xterm-256color",
    ) -> None:
        self.argv = list(argv)
        self.cols, self.rows = cols, rows
        base = dict(os.environ, LC_ALL="C.UTF-8") if env is None else dict(env)
        self._env = {k: v for k, v in base.items() if k not in ("COLUMNS", "LINES")} | {"TERM": term}
        self._cwd = cwd
        self._lock = threading.Lock()
        self._running = threading.Event()
        self._running.set()
        self._stop = threading.Event()
        self._pending = b""
        self.raw = bytearray()
        """Every byte the program has sent."""
        self.modes = {7, 25}
        """Private modes that are set: 25 cursor shown, 1049 alternate screen, 1000-1006 mouse, 2004 bracketed paste."""
        self.screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self.screen)

    # -- life ------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Terminal:
        self.master, self.slave = os.openpty()
        self._set_size()
        self.attributes_before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            self.argv,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *exc: object) -> None:
        family = self.family()
        for number, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience_s)
        for pid in family[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._running.set()
        self._stop.set()
        self._reader.join(5.0)
        os.close(self.master)
        os.close(self.slave)

    def wait_exit(self, timeout_s: float = PATIENCE_S) -> int:
        """Exit status of the program (negative: the signal that ended it), after everything it sent was read."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout_s} s:\n{self.text}") from None
        self.settle(0.05)
        return code

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while not self._stop.is_set():
            self._running.wait()
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            with self._lock:
                self._take(data)

    def _take(self, data: bytes) -> None:
        self.raw += data
        data, self._pending = split_complete(self._pending + data)
        for numbers, state in _MODE.findall(data):
            changed = {int(number) for number in numbers.split(b";") if number}
            self.modes = self.modes | changed if state == b"h" else self.modes - changed
        self._answer(data)
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))

    def _answer(self, data: bytes) -> None:
        if b"\x1b[c" in data:
            os.write(self.master, b"\x1b[?62;c")
        for number in _ASKED_MODE.findall(data):
            known = b"2" if number == b"2026" else b"0"
            os.write(self.master, b"\x1b[?" + number + b";" + known + b"$y")
        if b"\x1b[6n" in data:
            os.write(self.master, b"\x1b[1;1R")

    @property
    def text(self) -> str:
        """What the terminal shows, lines stripped at the right."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def lines(self) -> list[str]:
        """The rows of the terminal."""
        return self.text.split("\n")

    def cell(self, x: int, y: int) -> pyte.screens.Char:
        """One cell with its colours and attributes."""
        with self._lock:
            return self.screen.buffer[y][x]

    @property
    def sent(self) -> int:
        """Bytes so far."""
        return len(self.raw)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def wait_until(self, met: Callable[[], bool], timeout_s: float = PATIENCE_S, what: str = "the condition") -> float:
        """Seconds until a condition holds."""
        began = time.monotonic()
        while not met():
            if time.monotonic() - began > timeout_s:
                raise AssertionError(f"{what} did not come in {timeout_s} s (exit {self.process.poll()}):\n{self.text}")
            time.sleep(0.01)
        return time.monotonic() - began

    def wait_for(self, pattern: str, timeout_s: float = PATIENCE_S) -> float:
        """Seconds until the pattern (regex, `.` matches newlines) is on the screen."""
        found = re.compile(pattern, re.S)
        return self.wait_until(lambda: found.search(self.text) is not None, timeout_s, repr(pattern))

    def wait_gone(self, pattern: str, timeout_s: float = PATIENCE_S) -> float:
        """Seconds until the pattern is no longer on the screen."""
        found = re.compile(pattern, re.S)
        return self.wait_until(lambda: found.search(self.text) is None, timeout_s, f"an end of {pattern!r}")

    def settle(self, quiet_s: float = 0.3, timeout_s: float = PATIENCE_S) -> None:
        """Until nothing has been sent for `quiet_s`."""
        last, since, began = self.sent, time.monotonic(), time.monotonic()
        while time.monotonic() - since < quiet_s:
            if time.monotonic() - began > timeout_s:
                raise AssertionError(f"never quiet for {quiet_s} s:\n{self.text}")
            time.sleep(0.01)
            if self.sent != last:
                last, since = self.sent, time.monotonic()

    def bytes_during(self, seconds: float) -> int:
        """Bytes sent in that time from now."""
        before = self.sent
        time.sleep(seconds)
        return self.sent - before

    def bytes_for(self, *keys: str, quiet_s: float = 0.3) -> int:
        """Bytes that keys cost, until the screen is quiet."""
        self.settle(quiet_s)
        before = self.sent
        self.press(*keys)
        self.settle(quiet_s)
        return self.sent - before

    def key_latency(self, key: str, timeout_s: float = 5.0) -> float:
        """Seconds from a key to the first byte after it."""
        before, began = self.sent, time.monotonic()
        self.press(key)
        while self.sent == before:
            if time.monotonic() - began > timeout_s:
                raise AssertionError(f"no answer to {key!r} in {timeout_s} s")
            time.sleep(0.0005)
        return time.monotonic() - began

    # -- acting ----------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Keys by name, one write each."""
        for key in keys:
            os.write(self.master, key_bytes(key))

    def type(self, text: str) -> None:
        """Every character as a key of its own."""
        self.press(*text)

    def paste(self, text: str) -> None:
        """As a terminal with bracketed paste sends it."""
        os.write(self.master, b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def resize(self, cols: int, rows: int) -> None:
        """Another size, as when a window is dragged."""
        self.cols, self.rows = cols, rows
        with self._lock:
            self.screen.resize(rows, cols)
        self._set_size()

    def _set_size(self) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.cols, 0, 0))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        self.process.send_signal(number)

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Read nothing meanwhile, as a dead ssh connection."""
        self._running.clear()
        try:
            yield
        finally:
            self._running.set()

    # -- looking at it from outside --------------------------------------------------------------------------------

    @property
    def attributes_now(self) -> list[object]:
        """The terminal's attributes as `termios.tcgetattr`; equal to `attributes_before` when it was left sane."""
        return termios.tcgetattr(self.slave)

    def stopped(self) -> bool:
        """Whether the program is stopped by a signal (SIGTSTP)."""
        return _stat(self.process.pid)[0] == "T"

    def family(self) -> list[int]:
        """Process ids of the program and all its descendants that are alive."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (stat := _stat(int(entry.name))) and stat[0] != "Z":
                parents.setdefault(int(stat[1]), []).append(int(entry.name))
        found = [self.process.pid]
        for pid in found:
            found.extend(parents.get(pid, ()))
        return found

    def rss_mib(self) -> float:
        """Resident memory of the program itself."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def cpu_s(self) -> float:
        """Processor seconds the program itself has used."""
        stat = _stat(self.process.pid)
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK") if stat else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def alive(pid: int) -> bool:
    """Whether a process lives (a zombie does not)."""
    stat = _stat(pid)
    return bool(stat) and stat[0] != "Z"
