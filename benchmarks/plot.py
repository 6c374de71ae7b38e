"""A key while a full-size chart is drawn anew, at 200x60: drawing happens in a thread and must not be felt."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from benchmarks.driving import terminal
from benchmarks.row import Row, p95
from tests.pty.harness import Terminal

PRESSES = 40
SIZE = (200, 60)
TITLE = 3
"""The row of the plot's title."""
_MOMENT = re.compile(r"at \d\d:\d\d:\d\dZ")


def rows() -> Iterator[Row]:
    """One row: what the redraw adds to the key; both kinds of presses take turns, so that a busy machine slows both."""
    redrawn, plain = cursor_ms()
    added = max(0.0, p95(redrawn) - p95(plain))
    yield Row("added to a cursor key by redrawing a 200x60 chart, p95", added, "ms", p95(plain), "the key alone", most=50)


def cursor_ms() -> tuple[list[float], list[float]]:
    """Milliseconds from a cursor key to the new moment on the screen: right after a key that has the chart drawn anew, and without it."""
    with terminal("benchmarks.stage", "incident", "0", cols=SIZE[0], rows=SIZE[1]) as running:
        running.wait_for(r"─ services")
        running.press("4")
        running.wait_for(r"error rate")
        running.press("enter")
        running.settle(0.6)
        running.press("left", "left", "left")
        running.settle(0.3)
        taken = [one_ms(running, ("down", "", "up", "")[i % 4], "left" if i % 4 < 2 else "right") for i in range(2 * PRESSES)]
        return taken[::2], taken[1::2]


def one_ms(running: Terminal, other: str, key: str) -> float:
    """One press, after the key to another chart where one is given: that has another scale, so that all of the plot is drawn anew."""
    if other:
        running.press(other)
    before = moment(running)
    began = time.monotonic()
    running.press(key)
    while moment(running) == before:
        if time.monotonic() - began > 5.0:
            raise RuntimeError(f"no answer to {key}")
        time.sleep(0.0005)
    taken = time.monotonic() - began
    time.sleep(0.2)
    return taken * 1000


def moment(running: Terminal) -> str:
    """The moment that the plot's title names; only its row is read, which is quick."""
    found = _MOMENT.search("".join(running.cell(x, TITLE).data for x in range(48)))
    return found[0] if found else ""
