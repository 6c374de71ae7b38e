"""What a dashboard costs that nobody touches: processor, and calls that cost money."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.driving import dashboard, terminal
from benchmarks.row import Row
from clickit_tui.demo.launch import start
from tests.pty.harness import Terminal

SETTLED_S = 12.0
"""By then the other screens were imported."""
QUIET_S = 15.0
MINUTES = 2


def rows() -> Iterator[Row]:
    """Held still; then two minutes on the live demo."""
    with terminal("benchmarks.stage", "incident", "0") as running:
        running.wait_for("S scale")
        time.sleep(SETTLED_S)
        held = busy_percent(running, QUIET_S)
    with terminal("benchmarks.bare", "table") as running:
        running.wait_for("0003013a")
        bare = busy_percent(running, QUIET_S)
    yield Row("idle CPU, nothing changes", held, "%", bare or None, "Textual with one DataTable", most=2)
    with start(seed=1) as demo, dashboard(demo) as running:
        running.wait_for(r"nothing is wrong|likely|no cause found")
        time.sleep(5.0)
        demo.forget_counts()
        live = busy_percent(running, 60.0 * MINUTES)
        counts = demo.counts()
    yield Row("CPU on the live demo", live, "%")
    yield Row("GetMetricData calls", counts.get("cloudwatch.GetMetricData", 0) / MINUTES, "/min", most=1.5)
    yield Row("AWS calls of all kinds", sum(counts.values()) / MINUTES, "/min")
    yield Row("  of them FilterLogEvents", counts.get("logs.FilterLogEvents", 0) / MINUTES, "/min")


def busy_percent(running: Terminal, seconds: float) -> float:
    """Share of one core the program itself used."""
    before, began = running.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return 100.0 * (running.cpu_s() - before) / (time.monotonic() - began)
