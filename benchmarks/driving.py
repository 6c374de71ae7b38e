"""Commands in a pseudo-terminal, as the tests drive them."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from clickit_tui.demo.launch import Demo, clean_environ
from tests.pty.harness import Terminal

ROOT = Path(__file__).parents[1]
STEP_S = 0.002


def environment() -> dict[str, str]:
    """The same for every measured program: 256 colours, UTF-8, no settings of the user's, compiled once as an installation is."""
    unwanted = ("TMUX", "NO_COLOR", "COLORTERM", "CLICKIT_CONFIG", "CLICKIT_READ_ONLY", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@contextlib.contextmanager
def terminal(*module: str, cols: int = 80, rows: int = 24, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """`python -m MODULE ...` in a terminal, its state in a folder that is removed."""
    with tempfile.TemporaryDirectory() as state:
        given = dict(env or environment()) | {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state}
        with Terminal([sys.executable, "-m", *module], cols=cols, rows=rows, env=given, cwd=ROOT) as running:
            yield running


def dashboard(demo: Demo, **size: int) -> contextlib.AbstractContextManager[Terminal]:
    """The dashboard on an embedded ClickIt."""
    return terminal("clickit_tui", "--env", "dev", env=clean_environ(environment(), demo), **size)


def first_frame_s(running: Terminal, began: float, sign: bytes) -> float:
    """Seconds from `began` (monotonic) until a sign of the first frame was sent."""
    while sign not in running.raw:
        if time.monotonic() - began > 30.0:
            raise RuntimeError(f"no {sign!r} in 30 s:\n{running.text}")
        time.sleep(STEP_S)
    return time.monotonic() - began
