"""Bytes to the terminal at 80x24, against Textual's own widgets doing the same."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

from benchmarks.driving import dashboard, terminal
from benchmarks.row import Row
from clickit_tui.demo.launch import start
from tests.pty.harness import Terminal

IDLE_S = 10.0
LIVE_S = 60.0
TAIL_S = 12.0


def rows() -> Iterator[Row]:
    """Nothing, one cell, the live dashboard, fifty lines a second."""
    with terminal("benchmarks.stage", "incident", "0") as running:
        ready(running)
        yield Row("idle, 10 s", running.bytes_during(IDLE_S), "B", most=0)
        change(running)
        yield Row("one changed cell", change(running), "B", bare_cell(), "DataTable.update_cell_at", most=600)
    yield Row("dashboard on the live demo", live(), "B/s", bare_cell(), "DataTable, one cell a second", most=2048)
    bare = bare_log()
    yield Row("tail of 50 lines a second, in its pane", tail(), "B/s", bare, "RichLog, 2 Hz, full screen", most=30_000)
    yield Row("tail of 50 lines a second, full screen", tail("3"), "B/s", bare, "RichLog, 2 Hz, full screen", most=30_000)


def ready(running: Terminal) -> None:
    """Painted and quiet."""
    running.wait_for(r"─ services.*─ logs.*S scale")
    running.settle(1.5)


def change(running: Terminal) -> int:
    """Bytes of one changed cell."""
    before, lines = running.sent, running.lines()
    running.signal(signal.SIGUSR1)
    running.wait_until(lambda: running.lines() != lines, what="the change")
    running.settle(0.4)
    return running.sent - before


def bare_cell() -> float:
    """Bytes that a DataTable sends for one changed cell."""
    with terminal("benchmarks.bare", "cell") as running:
        running.wait_for("0003013a")
        running.settle(0.2)
        return running.bytes_during(8.0) / 8.0


def live() -> float:
    """Bytes a second on the running demo, its minutes included."""
    with start(seed=1) as demo, dashboard(demo) as running:
        running.wait_for(r"nothing is wrong|likely|no cause found")
        time.sleep(5.0)
        return running.bytes_during(LIVE_S) / LIVE_S


def tail(*keys: str) -> float:
    """Bytes a second while lines come, after some keys."""
    with terminal("benchmarks.stage", "incident", "50") as running:
        running.wait_for(r"links/\d")
        running.press(*keys)
        running.wait_for(r"links/[5-9]\d\d ")
        return running.bytes_during(TAIL_S) / TAIL_S


def bare_log() -> float:
    """The same with Textual's RichLog."""
    with terminal("benchmarks.bare", "log") as running:
        running.wait_for("links/100 ")
        return running.bytes_during(TAIL_S) / TAIL_S
