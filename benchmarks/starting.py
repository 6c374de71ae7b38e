"""How long until something is seen: the first painted frame, and `--help`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.driving import ROOT, dashboard, environment, first_frame_s, terminal
from benchmarks.row import Row
from clickit_tui.demo.launch import Demo, start

FRAMES = 7
RUNS = 15


def rows() -> Iterator[Row]:
    """Both rows; the two programs of a row take turns, and the best of each counts: other work on the machine only adds."""
    ours: list[float] = []
    bare: list[float] = []
    with start(seed=1, paused=True) as demo:
        for _ in range(FRAMES):
            bare.append(bare_frame_ms())
            ours.append(our_frame_ms(demo))
    yield Row("first painted frame", min(ours), "ms", min(bare), "Textual with one DataTable", most_ratio=1.5)
    helped, imported = [], []
    for _ in range(RUNS):
        imported.append(run_ms("-c", "import argparse"))
        helped.append(run_ms("-m", "clickit_tui", "--help"))
    yield Row("clickit-tui --help", min(helped), "ms", min(imported), "python -c 'import argparse'", most_ratio=2.0)


def our_frame_ms(demo: Demo) -> float:
    """From the start of the process to the frame of the dashboard."""
    began = time.monotonic()
    with dashboard(demo) as running:
        return first_frame_s(running, began, b"services") * 1000


def bare_frame_ms() -> float:
    """From the start of the process to the table."""
    began = time.monotonic()
    with terminal("benchmarks.bare", "table") as running:
        return first_frame_s(running, began, b"0003013a") * 1000


def run_ms(*arguments: str) -> float:
    """How long a command of Python takes."""
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - began) * 1000
