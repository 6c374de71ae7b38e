"""From a key to the screen: under a flood of log lines, and filtering 1,000 tasks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.driving import terminal
from benchmarks.row import Row, p95
from tests.pty.harness import Terminal

PRESSES = 60
TURNS = 12
WORD = "worker-07"


def rows() -> Iterator[Row]:
    """Both rows."""
    yield Row(
        "key to first byte at 2,000 log lines/s, p95",
        p95(presses_ms("2000")),
        "ms",
        p95(presses_ms("0")),
        "no log lines",
        most=50,
    )
    yield Row(
        "filter key to painted, 1,000 tasks in 50 services, p95", p95(ours_ms()), "ms", p95(bare_ms()), "DataTable, clear and add", most=50
    )


def presses_ms(per_second: str) -> list[float]:
    """Milliseconds from cursor keys to the cursor's move."""
    with terminal("benchmarks.stage", "incident", per_second) as running:
        running.wait_for(r"─ services.*─ logs.*S scale")
        if per_second != "0":
            running.wait_for(r"links/\d{4,}")
        running.press("g")
        time.sleep(0.5)
        return [cursor_ms(running, "down" if i % 2 == 0 else "up") for i in range(PRESSES)]


def cursor_ms(running: Terminal, key: str) -> float:
    """Milliseconds until the cursor's background moved; other bytes do not count."""
    before = backgrounds(running)
    began = time.monotonic()
    running.press(key)
    while backgrounds(running) == before:
        if time.monotonic() - began > 5.0:
            raise RuntimeError(f"no answer to {key}")
        time.sleep(0.0005)
    taken = time.monotonic() - began
    time.sleep(0.07)
    return taken * 1000


def backgrounds(running: Terminal) -> tuple[str, ...]:
    """Colours under the first column of the services."""
    return tuple(running.cell(2, y).bg for y in range(4, 10))


def ours_ms() -> list[float]:
    """Milliseconds for each key of a filter typed into the dashboard, until the last change it makes was sent."""
    with terminal("benchmarks.stage", "huge", "0") as running:
        running.wait_for(r"─ services.*─ logs.*S scale")
        running.settle(1.5)
        running.press("/")
        running.wait_for("enter keep")
        running.settle(0.3)
        return typed_ms(running)


def bare_ms() -> list[float]:
    """The same in Textual's Input over its DataTable."""
    with terminal("benchmarks.bare", "many") as running:
        running.wait_for("0003013a")
        running.settle(1.0)
        running.press("/")
        running.settle(0.3)
        return typed_ms(running)


def typed_ms(running: Terminal) -> list[float]:
    """Type a word letter by letter, and take it away again, a few times."""
    return [painted_ms(running, key) for _ in range(TURNS // 2) for key in (*WORD, *["backspace"] * len(WORD))]


def painted_ms(running: Terminal, key: str) -> float:
    """From the key until the last byte of what it caused; a quiet of 60 ms ends it."""
    before, began = running.sent, time.monotonic()
    last, seen = began, before
    running.press(key)
    while True:
        now = time.monotonic()
        if running.sent != seen:
            last, seen = now, running.sent
        elif seen != before and now - last > 0.06:
            return (last - began) * 1000
        if now - began > 5.0:
            raise RuntimeError(f"no answer to {key}")
        time.sleep(0.0005)
