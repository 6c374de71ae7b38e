"""The dashboard on a fixture World with the real tail engine: `python -m benchmarks.stage WORLD LINES_PER_SECOND`.

Log lines come from this process, as fast as asked; nothing else moves. SIGUSR1 changes one cell.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable

import msgspec

from benchmarks.words import log_text
from clickit_tui.app import run
from clickit_tui.config import Config
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.session import Session
from clickit_tui.world.world import FIELDS
from tests import worlds


class Lines:
    """A log service whose groups together write so many lines a second; its answers are those of FilterLogEvents."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self.per_second, self.clock = per_second, clock
        self.begun = clock()
        self.given = 0

    async def fetch(self, ask: Ask) -> Page:
        """What was written since the last answer; only the api's group writes."""
        if not ask.group.endswith("api"):
            return Page()
        first, self.given = self.given, int((self.clock() - self.begun) * self.per_second)
        now = int(self.clock() * 1000)
        return Page(events=tuple(Event(now, log_text(i), f"ecs/api/{i % 3:032x}", str(i), now) for i in range(first, self.given)))


class StageSession(Session):
    """A session whose World was put in by hand and whose sources are none."""

    async def start(self) -> None:
        await super().start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.change)

    def change(self) -> None:
        """The first task's status changes."""
        first, *rest = self.store.world.tasks.value or ()
        status = "DEACTIVATING" if first.status == "RUNNING" else "RUNNING"
        self.store.put(tasks=worlds.seen((msgspec.structs.replace(first, status=status), *rest), worlds.NOW, "tasks"))


def session(world: str, per_second: float, state_dir: str) -> Session:
    """A session on a fixture World; its clock stands still, the lines' does not."""
    made = getattr(worlds, f"{world}_world")(worlds.NOW)
    config = Config(env=made.env, names=worlds.NAMES, protected=True, state_dir=state_dir)
    clock = Held(per_second)
    held = StageSession(config, clock=clock, built=lambda _: (), logs=Lines(per_second, clock).fetch)
    held.store.put(**{name: getattr(made, name) for name in FIELDS})
    return held


class Held:
    """A clock that stands still until lines flow."""

    def __init__(self, per_second: float) -> None:
        self.flows = per_second > 0
        self.begun = time.monotonic()

    def __call__(self) -> float:
        return worlds.NOW + (time.monotonic() - self.begun if self.flows else 0.0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        sys.exit(run(session(sys.argv[1], float(sys.argv[2]), state)))
