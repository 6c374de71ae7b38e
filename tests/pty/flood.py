"""The dashboard over the real tail engine whose fetch is flooded: `python -m tests.pty.flood LINES_PER_SECOND [SECONDS_BEFORE]`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from clickit_tui.app import run
from clickit_tui.logs.engine import Tail, Update
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.ui.cells import Look
from tests import worlds
from tests.fakes import FakeCore

TEXTS = (
    '{{"level":"info","message":"GET /v1/items","status":200,"duration_ms":{0},"request_id":"r-{0}"}}',
    "10.0.1.17 - GET /v1/health 200 {0} 2 ms",
    "INFO  worker took job {0} from the queue",
    "ERROR could not connect to server: connection refused ({0})",
)


class Flood:
    """Answers like FilterLogEvents: line n of all groups is written at `begin + n / rate`, its group in turn."""

    def __init__(self, rate: float, before_s: float) -> None:
        self.rate, self.begin = rate, time.time() - before_s
        self.groups: dict[str, int] = {}

    async def fetch(self, ask: Ask) -> Page:
        """One page of at most `limit` lines, with a token while there are more."""
        await asyncio.sleep(0.02)
        parts = len(worlds.NAMES.logs)
        mine = list(worlds.NAMES.logs.values()).index(ask.group)
        step = 1000.0 * parts / self.rate
        start = int(ask.token) if ask.token else max(0, int((ask.start_ms - self.begin * 1000) / step))
        end = int((time.time() - self.begin) * 1000 / step)
        numbers = range(start, min(end, start + ask.limit))
        found = [self._event(n * parts + mine, int(self.begin * 1000 + n * step)) for n in numbers]
        kept = tuple(e for e in found if e.at_ms >= ask.start_ms and (not ask.pattern or "rror" in e.message or "ERROR" in e.message))
        return Page(events=kept, token=str(start + ask.limit) if end > start + ask.limit else "")

    def _event(self, n: int, at_ms: int) -> Event:
        text = TEXTS[0 if n % 2 else 3 if n % 100 == 0 else 1 if n % 4 else 2].format(n)
        return Event(at_ms, text, f"ecs/api/{n % 5}f3a21bc0011", f"id-{n}", at_ms + 50)


class FloodedCore(FakeCore):
    """A fixture World with a live log."""

    def __init__(self, rate: float, before_s: float) -> None:
        super().__init__(worlds.incident_world(worlds.NOW))
        self.flood = Flood(rate, before_s)
        self.tail = Tail(self.config.names.logs, self.flood.fetch, since_s=before_s)

    def log_lines(self) -> Sequence:
        return self.tail.buffer.lines

    def log_update(self, since: int) -> Update:
        return self.tail.lines(since)

    def log_version(self) -> int:
        return self.tail.buffer.version

    def log_state(self) -> tuple[str, Look]:
        return (self.tail.state().words(), "plain")

    def facts(self):
        self.now = time.time()
        return super().facts()

    async def start(self) -> None:
        self._running = asyncio.create_task(self.tail.run())

    async def stop(self) -> None:
        self._running.cancel()


if __name__ == "__main__":
    run(FloodedCore(float(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
