"""The one place that lends the terminal to a child process: suspend, and a pseudo-terminal of the child's own in between.

The event loop goes on, and with it all polling; only painting stops. The child's signals are the child's, `Enter ~ .` always gets out,
and on return the terminal is as it was, whatever the child did to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import sys
import termios
import time
import tty
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from textual.app import App, SuspendNotSupported

from clickit_tui.reach import spawn
from clickit_tui.reach.stream import Heard, WayOut, plain_lines
from clickit_tui.ui.looks import harmless, stream_ascii

END_S = 1.0
"""How long a child that is told to end may take."""
DRAIN_S = 0.3
"""How long its last output is waited for."""
TITLE_EVERY_S = 10.0
PENDING_MOST = 65_536
"""Typed bytes that the child has not taken; more are not read from the terminal until it has."""


class Ended(NamedTuple):
    """How a loan ended."""

    code: int | None = None
    """Exit code, negative after a signal; None when nothing ran."""
    lasted_s: float = 0.0
    last: tuple[str, ...] = ()
    """The child's last lines, harmless."""
    left: bool = False
    """The user left by `Enter ~ .`."""
    problem: str = ""
    """Why nothing ran."""
    with_app: bool = False
    """The app ended, and the child with it."""


class Words(NamedTuple):
    """What is said around a loan, and to whom its end is told."""

    banner: str
    """Before the child's first output; line breaks are plain ones."""
    title: Callable[[float], str]
    """The window's title, from the seconds since the last key."""
    warning: Callable[[float], str] = lambda idle_s: ""
    """From the same, a line for the terminal; written once until the next key, and never into a program that has the whole screen."""
    over: Callable[[Ended], Awaitable[object]] | None = None
    """Awaited when the child has ended, before the app goes on or leaves."""


class _AppEnded(Exception):
    """The app ended while its terminal was lent."""


class Lent:
    """Lends an app's terminal, to one child at a time. `close` before the app ends; `touched` hears of every key."""

    def __init__(self, app: App[Any], *, touched: Callable[[], None] = lambda: None, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._touched = touched
        self._clock = clock
        self._loan: _Loan | None = None
        self._over = asyncio.Event()
        self._over.set()
        self._leave: int | None = None
        self._leaves = False

    @property
    def busy(self) -> bool:
        """Whether a child has the terminal."""
        return not self._over.is_set()

    def signalled(self, number: int, code: int) -> None:
        """A signal for the app. One that comes while the terminal is lent ends the child first; Ctrl-C then is the child's."""
        if not self.busy:
            self._app.exit(code)
        elif number != signal.SIGINT:
            self._leave = code
            self._end()

    async def close(self) -> None:
        """End the child, if there is one, since the app ends; wait until the terminal is back."""
        self._end()
        await self._over.wait()

    def _end(self) -> None:
        """End the child, if there is one, since the app ends."""
        self._leaves = True
        if self._loan is not None:
            self._loan.end()

    async def run(self, argv: Sequence[str], environ: Mapping[str, str], words: Words) -> Ended:
        """Give the terminal to a command until it ends. Never raises what the command or the terminal did.

        The loan is a task of its own: who is cancelled while waiting for it only tells the command to end.
        """
        if self.busy:
            return Ended(problem="the terminal is lent already")
        self._over.clear()
        lending = asyncio.create_task(self._lend(argv, environ, words), name="loan of the terminal")
        lending.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
        try:
            return await asyncio.shield(lending)
        except asyncio.CancelledError:
            self._end()
            raise

    async def _lend(self, argv: Sequence[str], environ: Mapping[str, str], words: Words) -> Ended:
        ended = Ended(problem="the terminal cannot be handed over here")
        try:
            ended, failure = await self._handed_over(argv, environ, words)
            ended = ended._replace(with_app=self._leaves)
            if words.over is not None:
                await words.over(ended)
            if failure is not None:
                raise failure
            return ended
        finally:
            self._loan = None
            self._over.set()
            if self._leave is not None:
                self._app.exit(self._leave)

    async def _handed_over(self, argv: Sequence[str], environ: Mapping[str, str], words: Words) -> tuple[Ended, BaseException | None]:
        """How the loan ended, and what failed in it."""
        ended, failure = Ended(problem="this program ends"), None
        try:
            with self._app.batch_update(), self._app.suspend():
                try:
                    if not self._leaves:
                        self._loan = _Loan(words, self._touched, self._clock)
                        ended = await self._loan.run(argv, environ)
                except BaseException as error:  # noqa: BLE001 - nothing may be raised through suspend(): it would never resume
                    failure, ended = error, self._loan.ended(None) if self._loan is not None else ended
                if not self._app.is_running:
                    raise _AppEnded  # past suspend(), which would take the terminal for an app that does not give it back any more
        except _AppEnded:
            pass
        except SuspendNotSupported:
            ended = Ended(problem="this terminal cannot be handed over")
        return ended, failure


class _Loan:
    """One hand-over, from raw mode to the modes before it."""

    def __init__(self, words: Words, touched: Callable[[], None], clock: Callable[[], float]) -> None:
        self._words = words
        self._touched = touched
        self._clock = clock
        self._in = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        self._out = sys.__stdout__.fileno() if sys.__stdout__ is not None else 1
        self._heard, self._way_out = Heard(), WayOut()
        self._began = self._typed_at = clock()
        self._warned = False
        self._pending = bytearray()
        self._writing = asyncio.Lock()
        self._left = self._unwanted = False
        self._process: asyncio.subprocess.Process | None = None
        self._ending: asyncio.Task[None] | None = None
        self._master = -1

    async def run(self, argv: Sequence[str], environ: Mapping[str, str]) -> Ended:
        modes = termios.tcgetattr(self._in)
        banner = "\r\n".join(map(_harmless, self._words.banner.split("\n")))
        try:
            tty.setraw(self._in, termios.TCSANOW)
            await self._write(f"\x1b[22;0t{banner}".encode())
            return self.ended(await self._relayed(argv, environ))
        except OSError as error:
            return Ended(problem=f"{argv[0]}: {error.strerror}")
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._in, termios.TCSANOW, modes)

    def ended(self, code: int | None) -> Ended:
        """How it ended, with an exit code."""
        return Ended(code, self._clock() - self._began, tuple(plain_lines(self._heard.tail, 12)), self._left)

    def end(self) -> None:
        """Tell the child to end, and make it after `END_S`; one that is being started ends then."""
        self._unwanted = True
        if self._ending is None and self._process is not None:
            self._ending = asyncio.create_task(self._end(self._process))

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_S)
                return

    async def _relayed(self, argv: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run the command on a pseudo-terminal of its own and pass everything on, until it has ended."""
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        modes = termios.tcgetattr(slave)
        modes[0] &= ~termios.IXON  # ctrl+s and ctrl+q are the child's; here they would only hold its output back
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self._resize()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *spawn.argv("tty", list(argv)), stdin=slave, stdout=slave, stderr=slave, env=dict(environ), start_new_session=True
            )
        except OSError:
            os.close(self._master)
            await self._write(b"\x1b[23;0t")
            raise
        finally:
            os.close(slave)
        if self._unwanted:
            self.end()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGWINCH, self._resize)
        continued = signal.signal(signal.SIGCONT, self._continued)
        loop.add_reader(self._in, self._typed)
        passing = asyncio.create_task(self._pass_on())
        passing.add_done_callback(lambda done: self.end() if not done.cancelled() and done.exception() else None)
        titled = asyncio.create_task(self._keep_title())
        try:
            code = await self._process.wait()
            if passing in (await asyncio.wait((passing,), timeout=DRAIN_S))[0]:
                passing.result()
            return code
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            signal.signal(signal.SIGCONT, continued)
            loop.remove_reader(self._in)
            loop.remove_writer(self._master)
            await self._settled(passing, titled)

    async def _settled(self, *tasks: asyncio.Task[None]) -> None:
        """End the child and what served it; the terminal gets back what the child switched."""
        for task in tasks:
            task.cancel()
        if self._process is not None and self._process.returncode is None:
            self.end()
        await asyncio.gather(*tasks, *((self._ending,) if self._ending else ()), return_exceptions=True)
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # whatever the child started beside itself
        os.close(self._master)
        await self._write(self._heard.reset() + b"\x1b[23;0t")

    # --- child to terminal ---

    async def _pass_on(self) -> None:
        while data := await self._output():
            self._heard.feed(data)
            await self._write(data)

    async def _output(self) -> bytes:
        """What the child writes next; empty when it has gone."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._master, 65_536)
            except BlockingIOError:
                ready = asyncio.Event()
                loop.add_reader(self._master, ready.set)
                try:
                    await ready.wait()
                finally:
                    loop.remove_reader(self._master)
            except OSError:
                return b""

    async def _write(self, data: bytes) -> None:
        """Write to the terminal in a thread: a connection that stands still must not hold the event loop."""
        async with self._writing:
            await asyncio.to_thread(_write_all, self._out, data)

    async def _keep_title(self) -> None:
        """Count down in the title, and warn in a line of its own where no program has the whole screen."""
        shown = ""
        while True:
            idle_s = self._clock() - self._typed_at
            title, warning = _harmless(self._words.title(idle_s)), _harmless(self._words.warning(idle_s))
            if title != shown and self._heard.whole:
                shown = title
                await self._write(f"\x1b]0;{title}\x07".encode())
            if warning and not self._warned and self._heard.whole and not self._heard.alternate:
                self._warned = True
                await self._write(f"\r\n{warning}\r\n".encode())
            await asyncio.sleep(TITLE_EVERY_S)

    def _continued(self, *_: object) -> None:
        """After a stop from outside the terminal has the modes of the shell there: without this keys would be that shell's signals."""
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(self._in) == os.getpgrp():
                tty.setraw(self._in, termios.TCSANOW)
                self._resize()

    def _resize(self) -> None:
        """The child's terminal has the size of the real one."""
        with contextlib.suppress(OSError):
            size = fcntl.ioctl(self._out, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    # --- terminal to child ---

    def _typed(self) -> None:
        try:
            data = os.read(self._in, 4096)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._in)
            self.end()
            return
        self._typed_at, self._warned = self._clock(), False
        self._touched()
        passed, out = self._way_out.feed(data)
        self._pending += passed
        self._give()
        if out:
            self._left = True
            self.end()

    def _give(self) -> None:
        """Write to the child as much as it takes; the rest waits, and with too much waiting the terminal is not read."""
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                del self._pending[: os.write(self._master, self._pending)]
            loop.remove_writer(self._master)
            loop.add_reader(self._in, self._typed)
        except BlockingIOError:
            loop.add_writer(self._master, self._give)
            if len(self._pending) > PENDING_MOST:
                loop.remove_reader(self._in)
        except OSError:
            self._pending.clear()


def _harmless(text: str) -> str:
    """Text without a character that a terminal would obey or could not show."""
    return harmless(text, stream_ascii())


def _write_all(out: int, data: bytes) -> None:
    """Write everything; a terminal that is gone takes nothing."""
    view = memoryview(data)
    with contextlib.suppress(OSError):
        while view:
            view = view[os.write(out, view) :]
