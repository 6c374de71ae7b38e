"""The dashboard on a fixture World, for pictures and pseudo-terminal tests: `python -m tests.showing incident [read-only]`."""

from __future__ import annotations

import sys

from clickit_tui.app import run
from tests import worlds
from tests.fakes import FakeCore, line

TEXTS = (
    ("error", "api", "could not connect to server: connection refused"),
    ("error", "api", "GET /v1/items 500 2810 ms"),
    ("warn", "frontend", "upstream answered 500, retrying"),
    ("info", "api", "GET /v1/health 200 2 ms"),
)


def core(name: str, read_only: str = "") -> FakeCore:
    """A core that holds a fixture World still."""
    world = worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(worlds.NOW)
    lines = [
        line(i - 30, part=p, level=level, text=text, task="8f3a21bc" if p == "api" else "91d0aa07")
        for i in range(30)
        for level, p, text in [TEXTS[i % 4]]
    ]
    return FakeCore(world, read_only=read_only, lines=lines)


if __name__ == "__main__":
    run(core(sys.argv[1], "--read-only" if "read-only" in sys.argv else ""))
