"""One command in a container, its output kept: a session without the user's terminal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import struct
import termios
from collections.abc import Callable

import msgspec

from clickit_tui.reach import spawn
from clickit_tui.reach.plugin import Invocation, variables
from clickit_tui.reach.stream import plain_lines

RUNS_S = 120.0
"""Longest a command may take."""
KEPT_BYTES = 400_000
"""Of its output the last are kept."""
TOLD_S, TOLD_BYTES = 0.5, 16_384
"""While it runs its last bytes are told, at most this often."""
MARK = "__clickit_rc="
_ENDED = re.compile(rf"{MARK}(\d+)")
_OWN = re.compile(r"^(?:Starting session with SessionId: .*|Exiting session with sessionId: .*|Cannot perform start session: EOF)$")


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """A command's output so far."""

    lines: tuple[str, ...] = ()
    code: int | None = None
    """Exit code of the command; None while it runs and when it is not known."""
    over: bool = False
    problem: str = ""
    """Why it ended without an exit code."""


class Output(msgspec.Struct, kw_only=True):
    """What one command has said, for as long as the program runs: its page can be left and opened again."""

    title: str
    began_at: float
    captured: Captured = Captured()
    """Its lines are masked."""


def with_code(script: str) -> str:
    """A script that says its exit code at its end, which the plugin does not."""
    return f"({script}\n); echo {MARK}$?"


async def capture(call: Invocation, told: Callable[[Captured], None]) -> Captured:
    """Run the plugin on a terminal of its own and keep what the command says. Never raises what it did."""
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 100, 300, 0, 0))
    os.set_blocking(master, False)
    try:
        process = await asyncio.create_subprocess_exec(
            *spawn.argv("tty", list(call.argv)), stdin=slave, stdout=slave, stderr=slave, env=variables(call), start_new_session=True
        )
    except OSError as error:
        os.close(master)
        return Captured(over=True, problem=f"{call.argv[0]}: {error.strerror}")
    finally:
        os.close(slave)
    output = bytearray()
    try:
        async with asyncio.timeout(RUNS_S):
            await _read(master, output, told)
            await process.wait()
        return _captured(bytes(output), over=True)
    except TimeoutError:
        return msgspec.structs.replace(_captured(bytes(output), over=True), problem=f"not ended within {RUNS_S:.0f} s: it was left")
    finally:
        await _end(process)
        os.close(master)


async def _read(master: int, output: bytearray, told: Callable[[Captured], None]) -> None:
    """Take the output until the plugin has gone."""
    loop, ready, told_at = asyncio.get_running_loop(), asyncio.Event(), float("-inf")
    loop.add_reader(master, ready.set)
    try:
        while True:
            await ready.wait()
            ready.clear()
            try:
                data = os.read(master, 65_536)
            except BlockingIOError:
                continue
            except OSError:
                return
            if not data:
                return
            output += data
            del output[:-KEPT_BYTES]
            if loop.time() - told_at >= TOLD_S:
                told_at = loop.time()
                told(_captured(bytes(output[-TOLD_BYTES:])))
    finally:
        loop.remove_reader(master)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 1.0)
            return


def _captured(output: bytes, over: bool = False) -> Captured:
    lines = plain_lines(output)
    found = next((match for line in reversed(lines) if (match := _ENDED.search(line))), None)
    kept = [_ENDED.sub("", line) for line in lines if not _OWN.match(line)]
    while kept and not kept[0].strip():
        kept.pop(0)
    while kept and not kept[-1].strip():
        kept.pop()
    problem = "" if found or not over else "the session ended before the command said its exit code"
    return Captured(lines=tuple(kept), code=int(found[1]) if found else None, over=over, problem=problem)
