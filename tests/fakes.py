"""A core without AWS: a store that tests fill, and a record of what was carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.logs.engine import Update
from clickit_tui.logs.line import LogLine
from clickit_tui.plan import Plan, Refused
from clickit_tui.store import Store
from clickit_tui.ui.cells import Look
from clickit_tui.world.world import World
from tests import worlds


class Sent(msgspec.Struct):
    kind: str = "done"
    sentence: str = "accepted"
    warnings: tuple[str, ...] = ()
    plan: Plan | None = None


class FakeCore:
    """What the screens need of the core, held still."""

    def __init__(self, world: World, *, read_only: str = "", protected: bool = True, lines: Sequence[LogLine] = ()) -> None:
        self.config = Config(env=world.env, names=worlds.NAMES, protected=protected)
        self.store = Store(world)
        self.now = worlds.NOW
        self.locked = read_only
        self.lines = list(lines)
        self.version = 0
        self.notices: list[str] = []
        self.sent: list[Plan] = []
        self.refreshed: list[tuple[str, ...]] = []

    @property
    def read_only(self) -> str:
        return self.locked

    def facts(self) -> Facts:
        return Facts(now=self.now, names=self.config.names, thresholds=self.config.thresholds, protected=self.config.protected)

    def refresh(self, fields: Sequence[str]) -> None:
        self.refreshed.append(tuple(fields))

    def lock(self, why: str) -> None:
        self.locked = why

    async def carry_out(self, plan: Plan, replan: Callable[[World], Plan | Refused]) -> Sent:
        self.sent.append(plan)
        return Sent()

    def last_change(self) -> Plan | None:
        return self.sent[-1] if self.sent else None

    def log_lines(self) -> Sequence[LogLine]:
        return self.lines

    def log_update(self, since: int) -> Update:
        return Update(version=self.version, first=0, changed_from=0, lines=self.lines)

    def log_version(self) -> int:
        return self.version

    def log_state(self) -> tuple[str, Look]:
        return ("LIVE", "plain")

    def spent(self) -> tuple[int, float]:
        return (12, 0.03)

    async def login(self, say: Callable[[str], None]) -> str:
        return "logged in"

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return


def line(i: int, part: str = "api", level: str = "info", text: str = "GET /v1/items 200", task: str = "8f3a21bc") -> LogLine:
    """One log line, i seconds after NOW."""
    at = int((worlds.NOW + i) * 1000)
    return LogLine(
        part=part, group=f"/ecs/{part}", stream=f"ecs/{part}/{task}", task=task, at_ms=at, ingested_ms=at, id=str(i), text=text, level=level
    )
