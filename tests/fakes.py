"""A core without AWS: a store that tests fill, and a record of what was carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.demo import filterpattern
from clickit_tui.logs.budget import Budget
from clickit_tui.logs.engine import Update
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.logs.insights import Answer, Estimate
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.search import Search, Wanted
from clickit_tui.panes.core import Player
from clickit_tui.plan import Hidden, Opening, Plan, Refused
from clickit_tui.reach.capture import Captured, Output
from clickit_tui.reach.plugin import Invocation
from clickit_tui.store import Store
from clickit_tui.ui.cells import Look
from clickit_tui.world.charting import Range
from clickit_tui.world.ecs import Task, TaskDefinition
from clickit_tui.world.follow import Follow
from clickit_tui.world.incident import Incident, Recorded, Told
from clickit_tui.world.machine import Tunnel
from clickit_tui.world.parts import Alarm, MetricClass, Series
from clickit_tui.world.seen import Failed, Fault, Trouble
from clickit_tui.world.spending import Spent
from clickit_tui.world.world import World
from tests import worlds


class Sent(msgspec.Struct):
    kind: str = "done"
    sentence: str = "accepted"
    warnings: tuple[str, ...] = ()
    plan: Plan | None = None
    grant: Hidden | None = None


class FakeInsights:
    """Answers every query with two rows, after `held` is set when it is told to wait."""

    def __init__(self) -> None:
        self.queries: list[tuple[str, tuple[str, ...], float]] = []
        self.cancelled = 0
        self.held: asyncio.Event | None = None

    async def estimate(self, groups: Sequence[str], start: float, end: float) -> Estimate:
        return Estimate(scanned=(end - start) * 1e6, basis="by IncomingBytes")

    async def ask(self, query: str, groups: Sequence[str], start: float, end: float, told: Callable[[Answer], None]) -> Answer:
        self.queries.append((query, tuple(groups), end - start))
        told(Answer(status="Running", scanned=1e6))
        try:
            if self.held is not None:
                await self.held.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Answer(status="Complete", names=("said", "lines"), rows=(("refused", "12"), ("ok", "3")), scanned=2e6)


class FakeShells:
    """Joins every session with a command that ends at once."""

    def __init__(self) -> None:
        self.opened: list[Opening] = []
        self.closed: list[str] = []
        self.list: Plan | None = None
        self.answer = Captured(lines=("pid | state", "password=hunter22"), code=0, over=True)
        self.outputs: list[Output] = []
        self.ends = asyncio.Event()
        """Commands end when it is set."""
        self.ends.set()

    async def survey(self) -> None:
        return

    async def invocation(self, grant: Hidden, opening: Opening) -> Invocation:
        self.opened.append(opening)
        return Invocation(argv=("true",), environ=Hidden("{}"))

    async def tunnel(self, grant: Hidden, opening: Opening) -> Tunnel:
        self.opened.append(opening)
        return Tunnel(
            id="s-1",
            part=opening.part,
            task=opening.task,
            to=opening.to,
            host=opening.host,
            port=opening.port,
            local_port=opening.local_port,
            opened_at=worlds.NOW,
            state="open",
            ready=opening.ready,
        )

    async def close_tunnel(self, id: str) -> None:
        self.closed.append(id)

    async def run(self, grant: Hidden, opening: Opening, told: Callable[[Captured], None]) -> Captured:
        self.opened.append(opening)
        told(msgspec.structs.replace(self.answer, code=None, over=False))
        await self.ends.wait()
        return self.answer

    def keep(self, title: str) -> Output:
        self.outputs.insert(0, Output(title=title, began_at=worlds.NOW))
        return self.outputs[0]

    def agree(self, plan: Plan) -> None:
        self.list = plan

    def agreed(self, task: str) -> tuple[Plan, float] | None:
        return (self.list, 840.0) if self.list is not None and self.list.basis.task == task else None

    def one_of(self, task: str, number: int) -> Plan | None:
        return None if self.list is None else msgspec.structs.replace(self.list, steps=(self.list.steps[number],))


class FakeCore:
    """What the screens need of the core, held still."""

    recording = ""
    player: Player | None = None

    def __init__(self, world: World, *, read_only: str = "", protected: bool = True, lines: Sequence[LogLine] = ()) -> None:
        self.config = Config(env=world.env, names=worlds.NAMES, protected=protected)
        self.store = Store(world)
        self.now = worlds.NOW
        self.locked = read_only
        self.lines = list(lines)
        self.version = 0
        self.stored: dict[str, list[Event]] = {}
        """What a search finds on the server, by log group."""
        self.wanted: list[Wanted] = []
        self.bookmarks: list[str] = []
        self.noted: list[tuple[str, float | None]] = []
        self.asked = FakeInsights()
        self.notices: list[str] = []
        self.ask_mfa: Callable[[str], Awaitable[str | None]] | None = None
        self.sent: list[Plan] = []
        self.followed: list[Follow] = []
        self.logs_read: list[str] = []
        self.definitions: dict[str, TaskDefinition] = {}
        """What ECS has registered, by ARN."""
        self.cursor: float | None = None
        self.rested: list[bool] = []
        self.charted: list[Range | None] = []
        self.machine = worlds.MACHINE
        self.shells = FakeShells()
        self.refreshed: list[tuple[str, ...]] = []

    @property
    def read_only(self) -> str:
        return self.locked

    def facts(self) -> Facts:
        return Facts(
            now=self.now, names=self.config.names, thresholds=self.config.thresholds, protected=self.config.protected, machine=self.machine
        )

    def refresh(self, fields: Sequence[str]) -> None:
        self.refreshed.append(tuple(fields))

    def lock(self, why: str) -> None:
        self.locked = why

    async def carry_out(self, plan: Plan, replan: Callable[[World], Plan | Refused]) -> Sent:
        self.sent.append(plan)
        return Sent(grant=Hidden("{}") if plan.opens is not None else None)

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

    def log_troubles(self) -> Sequence[str]:
        return ()

    def log_search(self, wanted: Wanted) -> Search:
        self.wanted.append(wanted)
        return Search(wanted, self.config.names.logs, self.fetch, Budget(rate=1e6), clock=lambda: self.now)

    async def fetch(self, ask: Ask) -> Page:
        """Answers searches from `stored`, by group."""
        found = [e for e in self.stored.get(ask.group, ()) if ask.start_ms <= e.at_ms < (ask.end_ms or 1 << 62)]
        found = [e for e in found if filterpattern.compile(ask.pattern)(e.message)]
        return Page(events=tuple(e for e in found if not ask.streams or e.stream in ask.streams))

    async def task_log(self, task: Task) -> Sequence[LogLine]:
        self.logs_read.append(task.arn)
        return [line(i, part=task.part, level="error", text=f"its line {i}", task=task.id[:8]) for i in range(-3, 0)]

    async def task_definitions(self, family: str, /) -> tuple[Sequence[str], bool]:
        return sorted(self.definitions, key=lambda arn: -int(arn.rsplit(":", 1)[1])), True

    async def task_definition(self, arn: str, /) -> TaskDefinition:
        found = self.definitions.get(arn)
        if found is None:
            raise Failed(Fault(kind=Trouble.MISSING, sentence="there is no such task definition", operation="ecs:DescribeTaskDefinition"))
        return found

    def follow(self, wanted: Follow) -> None:
        self.followed.append(wanted)

    def insights(self) -> FakeInsights:
        return self.asked

    async def database_load(self) -> Sequence[str]:
        return ("waits for   3.20  Lock:relation",)

    async def bookmark(self, text: str, about: float | None = None, *, step: str = "", said: str | None = None) -> str:
        self.bookmarks.append(text)
        if step:
            kept = Recorded(at=self.now if about is None else about, kind=Told.BOOKMARK, text=text, step=step, said=said)
            self.store.put(record=(*self.store.world.record, kept))
        return ""

    async def note(self, text: str, about: float | None = None) -> str:
        self.noted.append((text, about))
        return ""

    def chart(self, wanted: Range | None) -> None:
        self.charted.append(wanted)

    async def declare(self, title: str, began_at: float) -> str:
        one = Incident(id="i1", title=title, began_at=began_at, opened_at=self.now)
        self.store.put(incidents=(*self.store.world.incidents, one))
        return ""

    async def amend(self, *, title: str = "", began_at: float | None = None) -> str:
        *past, one = self.store.world.incidents
        began = one.began_at if began_at is None else began_at
        self.store.put(incidents=(*past, msgspec.structs.replace(one, title=title or one.title, began_at=began)))
        return ""

    async def resolve(self, resolution: str) -> str:
        *past, one = self.store.world.incidents
        self.store.put(incidents=(*past, msgspec.structs.replace(one, ended_at=self.now, resolution=resolution)))
        return ""

    async def incident_note(self, id: str = "") -> tuple[str, str]:
        return "# note\n", "notes/incident.md"

    async def alarm_metric(self, alarm: Alarm, start: float, end: float) -> Series:
        period = alarm.period_s or 60
        times = tuple(start + period * i for i in range(int((end - start) // period)))
        values = tuple(34.0 if at >= self.now - 600 else 1.0 for at in times)
        return Series(key=alarm.name, label=alarm.metric, unit="", kind=MetricClass.EVENTS, statistic="Sum", times=times, values=values)

    def rest(self, resting: bool) -> None:
        self.rested.append(resting)

    def spending(self) -> Spent:
        calls = (("ecs:DescribeServices", 240), ("logs:FilterLogEvents", 180), ("cloudwatch:GetMetricData", 20))
        recent = tuple((self.now - 60.0 * i, 56) for i in range(20))
        return Spent(
            began_at=self.now - 1200, calls_last_minute=12, calls=612, by_operation=calls, metrics=1120, recent=recent, dollars=0.0112
        )

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
