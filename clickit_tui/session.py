"""Builds gateway, store, poll, tail and journal from a Config, for the app and for headless commands alike."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from clickit_tui import chronicle, follow
from clickit_tui.aftermath import Aftermath
from clickit_tui.aws import login
from clickit_tui.aws.cloudwatch import Charting, alarm_metric
from clickit_tui.aws.dbload import database_load
from clickit_tui.aws.ecs_sources import described, registered
from clickit_tui.aws.errors import fault_of
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.insights import LogsInsights
from clickit_tui.aws.logs import log_fetch
from clickit_tui.aws.sources import sources
from clickit_tui.carry import Carrier, Outcome, Replan
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.journal import Journal, Pins
from clickit_tui.logs.engine import Fetch, LogLine, Tail, Update
from clickit_tui.logs.masking import masked_fetch
from clickit_tui.logs.of_task import last_lines
from clickit_tui.logs.search import Search, Wanted
from clickit_tui.logs.state import Standing
from clickit_tui.plan import Plan
from clickit_tui.poll import Poller, Source, ended
from clickit_tui.reach.shells import Shells
from clickit_tui.recorder import LOOK_S, Recorder
from clickit_tui.store import Store
from clickit_tui.world.charting import HOUR, Range
from clickit_tui.world.ecs import Task
from clickit_tui.world.follow import Follow, Following, Phase
from clickit_tui.world.parts import Alarm, Identity, LogDigest, Series
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from clickit_tui.world.spending import Spent
from clickit_tui.world.words import clock_words
from clickit_tui.world.world import ON_DEMAND, World

__all__ = ["Outcome", "Session"]

RESUME_S = 6 * 3600.0
"""A follow that began longer ago is not resumed."""
KEEP_FOLLOWS = 20
OFF = ": ages and times on this screen are off by that"
LOAD_S = 3.0
"""Longest a start waits for the journal."""
DIGEST_S = 5.0
"""How often what the log counted is put into the World."""
FILLING_S = 0.25
"""The same until the log's first window was read: a verdict waits for it."""
REMEMBER_S = 86_400.0
"""Stopped tasks that ended longer ago are not shown from memory."""
FOLLOWED = ("services", "tasks", "targets", "target_groups", "alarms", "metrics", "service_deployments", "definitions")
"""What following a change reads."""


class Session:
    """The running core of one environment. Build it on any thread; `start` and everything after it on one event loop."""

    recording, player = "", None

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        gateway: Gateway | None = None,
        built: Callable[[Gateway], Iterable[Source]] | None = None,
        logs: Fetch | None = None,
    ) -> None:
        if not config.env:
            raise ValueError("a session needs the name of an environment")
        self.config = config
        self.clock = clock
        self.ask_mfa: Callable[[str], Awaitable[str | None]] | None = None
        """Asks the user for the code of an MFA device; None as an answer, or without such a front end, means no."""
        self._code_refused = False
        self.gateway = gateway or Gateway(config, clock=clock, prompt_mfa=self._code)
        self.task_definition = partial(described, self.gateway)
        self.task_definitions = partial(registered, self.gateway)
        self.store = Store(World(env=config.env))
        self.cursor: float | None = None
        self._charting = Charting()
        fed = tuple(built(self.gateway) if built else sources(self.gateway, config, clock=clock, charting=self._charting))
        self.poller = Poller(
            self.store, fed, fault_of=lambda error: fault_of(error, profile=config.profile), clock=clock, rng=rng, sleep=sleep
        )
        state = Path(config.state_dir)
        self.journal = Journal(state / "journal.jsonl", clock=clock)
        self.journal.failed = self._unrecorded
        self.recorder = Recorder(self.journal, self.store, config.env, state / "notes", masks=config.masks, clock=clock)
        self.journal.masked = self.recorder.masked
        self.notices: list[str] = list(config.notes)
        """Sentences for the user, oldest first; grows."""
        self._aftermath = Aftermath(self.journal, self.store, config.env, self.notices, clock=clock)
        self._carrier = Carrier(
            self.gateway,
            self.store,
            self.poller,
            self.journal,
            Pins(state / "pins.json"),
            begun=self._begun,
            told=self._told,
            clock=clock,
            sleep=sleep,
        )
        self._log_fetch = masked_fetch(logs or log_fetch(self.gateway), config.masks)
        self.tail = Tail(config.names.logs, self._log_fetch, clock=clock, sleep=sleep, rng=rng, masked=config.mask)
        self._sleep = sleep
        self._running: list[asyncio.Task[None]] = []
        self._log_words, self._log_changes = "", 0
        self._last: Plan | None = None
        self._endings: list[Callable[[], None]] = []
        self._unfollow: Callable[[], None] | None = None
        self._followed: frozenset[str] = frozenset()
        self._here: Identity | None = None
        self._loaded = False
        self._began_at: float | None = None
        self.shells = Shells(config.reach, self, self.notices.append, clock=clock)

    @property
    def read_only(self) -> str:
        """Why the process is read-only; empty in operator mode."""
        return self.gateway.read_only_why

    def facts(self) -> Facts:
        """What pure functions may look at besides the World."""
        config = self.config
        return Facts(
            now=self.clock(),
            names=config.names,
            thresholds=config.thresholds,
            protected=config.protected,
            began_at=self._began_at,
            machine=self.shells.machine,
            reach=config.reach,
            may_stop_database=config.stop_database,
        )

    def refresh(self, fields: Sequence[str] = ()) -> None:
        """Poll the sources of these fields now; all that are being read when none is named, and forget then which calls were denied."""
        if not fields and self.store.world.denied:
            self.store.put(denied=frozenset())
        unread = {field for field in ON_DEMAND if not self.store.read((field,))}
        self.poller.refresh(fields or self.poller.fields - unread)

    def lock(self, why: str) -> None:
        """Make the process read-only for the rest of its life."""
        self.gateway.lock(why)

    def last_change(self) -> Plan | None:
        """The newest change that was sent, for `U`."""
        return self._last

    def chart(self, wanted: Range | None) -> None:
        """How far back the charts look now; None while none is shown."""
        charting = self._charting
        more = wanted is not None and (not charting.everything or wanted != charting.range)
        charting.range, charting.everything = wanted or HOUR, wanted is not None
        if more:
            self.poller.refresh(("history",))

    async def alarm_metric(self, alarm: Alarm, start: float, end: float) -> Series:
        """An alarm's own metric in its own period over a window; raises Failed."""
        return await alarm_metric(self.gateway, alarm, start, end)

    def rest(self, resting: bool) -> None:
        """Poll more seldom while nobody is there and nothing is wrong, or as ever again."""
        self.poller.rest(resting)

    def spending(self) -> Spent:
        """What this session asked of AWS so far."""
        return self.gateway.meter.spent()

    def spent(self) -> tuple[int, float]:
        """(AWS calls in the last minute, dollars of this session)."""
        return self.gateway.meter.last_minute, self.gateway.meter.dollars

    async def start(self) -> None:
        """Begin to poll, and read the journal. Never fails: what goes wrong is in the World or in `notices`.

        A journal that takes longer than `LOAD_S` is read on while everything else goes on; until it was read nothing can be changed.
        """
        self._endings = [
            self.store.subscribe(("identity",), lambda world, _: self._met(world)),
            self.store.subscribe(("tasks",), lambda world, _: self._keep_stopped(world)),
            self.store.subscribe(("alarms",), lambda world, _: self._keep_alarms(world)),
        ]
        self._began_at = self.clock()
        self.poller.start()
        self._running = [
            asyncio.create_task(self.tail.run(), name="tail"),
            asyncio.create_task(self._digest(), name="digest"),
            asyncio.create_task(self._look(), name="verdicts"),
            asyncio.create_task(self._place(), name="place"),
            loading := asyncio.create_task(self._load(), name="journal"),
        ]
        await asyncio.wait((loading,), timeout=LOAD_S)

    async def stop(self) -> None:
        """End every task and close every connection; open follows stay open in the journal, calls that were not sent are not sent."""
        await self.shells.close()
        await self._carrier.stop()
        for end in (*self._endings, *((self._unfollow,) if self._unfollow else ())):
            end()
        self._endings, self._unfollow, self._followed = [], None, frozenset()
        await ended(self._running)
        self._running = []
        await self.poller.stop()
        await self.gateway.close()
        await asyncio.to_thread(self.journal.close)

    async def carry_out(self, plan: Plan, replan: Replan) -> Outcome:
        """Carry out a confirmed plan; `replan` makes it anew when what it was based on has changed."""
        if not self._loaded:
            return Outcome(kind="refused", sentence="the journal is still being read: what earlier sessions sent is not known yet")
        outcome = await self._carrier.carry_out(plan, replan)
        self.recorder.recall()
        if plan.opens is None and (outcome.kind in ("done", "unknown") or outcome.accepted):
            self._last = plan
        return outcome

    async def login(self, say: Callable[[str], None]) -> str:
        """Log in again, by an MFA code if that is what was missing, else through SSO's device flow; returns how it ended."""
        if self._code_refused:
            self._code_refused = False
            await self.gateway.renew()
            self.refresh()
            return "asking for the MFA code again"
        try:
            begun = await login.begin(self.gateway, clock=self.clock)
            shown = begun.shown
            say(f"open {shown.direct or shown.address} and compare the code {shown.code}")
            await begun.finish(clock=self.clock, sleep=self._sleep)
        except Failed as failed:
            return f"{failed.fault.sentence}: {failed.fault.fix}" if failed.fault.fix else failed.fault.sentence
        self.refresh()
        return "logged in: reading again"

    async def _code(self, prompt: str) -> str:
        code = await self.ask_mfa(prompt) if self.ask_mfa is not None else None
        self._code_refused = self.ask_mfa is not None and not code
        return code or ""

    async def _load(self) -> None:
        """Read the journal, then do what waited for it."""
        await asyncio.to_thread(self.journal.load)
        self._loaded = True
        world = self.store.world
        self._met(world)
        self._keep_alarms(world)

    async def _place(self) -> None:
        """Put what configuration says of where we are into the World, until STS says the rest."""
        try:
            place = await self.gateway.known_place()
        except Failed:
            config = self.config
            place = Identity(account="", arn="", region=config.region, profile=config.profile, profile_source=config.profile_source)
        seen = self.store.world.identity
        if seen.value is None:
            self.store.put(identity=msgspec.structs.replace(seen, value=place))

    # --- the log ---

    def log_lines(self) -> Sequence[LogLine]:
        """The log buffer, oldest first."""
        return self.tail.buffer.lines

    def log_update(self, since: int) -> Update:
        """What changed in the log buffer since a version of it."""
        return self.tail.lines(since)

    def log_version(self) -> int:
        """Grows whenever the log buffer or its state changes."""
        words = self.tail.state().words()
        if words != self._log_words:
            self._log_words, self._log_changes = words, self._log_changes + 1
        return self.tail.buffer.version + self._log_changes

    def log_state(self) -> tuple[str, Literal["plain", "warn", "fail"]]:
        """(words, look): `LIVE`, `BEHIND 14 s`, `THROTTLED`."""
        state = self.tail.state()
        return state.words(), state.look

    def log_troubles(self) -> Sequence[str]:
        """Why some groups are not read at the moment."""
        return self.tail.state().troubles()

    def log_search(self, wanted: Wanted) -> Search:
        """A search on the server, within the tail's budget."""
        return Search(
            wanted,
            self.config.names.logs,
            self._log_fetch,
            self.tail.budget,
            clock=self.clock,
            sleep=self._sleep,
            masked=self.config.mask,
        )

    async def task_log(self, task: Task) -> Sequence[LogLine]:
        """The last lines of a task's own streams, masked as the tail's are; raises Failed."""
        definition = next((d for d in self.store.world.definitions.value or () if d.arn == task.task_definition), None)
        return await last_lines(self._log_fetch, task, definition, self.config.names.logs, self.clock())

    def insights(self) -> LogsInsights:
        """What asks CloudWatch Logs Insights."""
        return LogsInsights(self.gateway, clock=self.clock, sleep=self._sleep, masked=self.config.mask)

    async def database_load(self) -> Sequence[str]:
        """What Performance Insights saw of the database in the last 15 minutes, as lines."""
        return await database_load(self.gateway, self.store.world, self.clock())

    async def bookmark(self, text: str, about: float | None = None, *, step: str = "", said: str | None = None) -> str:
        """Put a text into the journal, at a moment or now, or what became of a person's step; returns why that failed."""
        return await self.recorder.bookmark(text, about, step=step, said=said)

    async def note(self, text: str, about: float | None = None) -> str:
        """Put what a person has to say into the journal, secrets masked; returns why that failed."""
        return await self.recorder.note(text, about)

    async def declare(self, title: str, began_at: float) -> str:
        """Begin an incident; returns why that failed."""
        problem = await self.recorder.declare(title, began_at)
        self.recorder.look(self.store.world, self.facts())
        return problem

    async def amend(self, *, title: str = "", began_at: float | None = None) -> str:
        """Correct the open incident; returns why that failed."""
        return await self.recorder.amend(title=title, began_at=began_at)

    async def resolve(self, resolution: str) -> str:
        """End the open incident; returns why that failed."""
        self.recorder.look(self.store.world, self.facts())
        return await self.recorder.resolve(resolution, self.facts())

    async def incident_note(self, id: str = "") -> tuple[str, str]:
        """(the note of an incident as Markdown, the file it was written to or why it was not)."""
        return await self.recorder.write_note(self.facts(), id)

    async def _look(self) -> None:
        while True:
            await self._sleep(LOOK_S)
            self.recorder.look(self.store.world, self.facts())
            await self._aftermath.look()

    def count_log(self) -> None:
        """Put what the log counted so far into the World."""
        self.store.put(log=self._counted())

    async def _digest(self) -> None:
        while True:
            filled = self.tail.filled
            self.count_log()
            await self._sleep(DIGEST_S if filled else FILLING_S)

    def _counted(self) -> Seen[LogDigest]:
        """What the log counted; a failure when no group can be read, nothing yet before the first answer."""
        now, state, before = self.clock(), self.tail.state(), self.store.world.log
        fault: Fault | None = next(iter(state.faults.values()), None)
        if fault is not None and len(state.faults) == len(self.tail.readers):
            return msgspec.structs.replace(before, fault=fault, fault_at=now, every_s=DIGEST_S)
        if state.standing is Standing.LOADING:
            return before
        return Seen(value=self.tail.digest(), seen_at=now, every_s=DIGEST_S)

    # --- follows ---

    def _begun(self, following: Following) -> None:
        """Put a new follow into the World and the journal."""
        self.journal.follow_begun(following.follow, self._here)
        self.store.put(follows=(*self.store.world.follows[-KEEP_FOLLOWS:], following))
        self._watch()

    def _told(self, following: Following) -> None:
        """How far a plan of several calls has come."""
        if not following.open:
            self._end(following.follow, following.phase, following.sentence)
        follows = self.store.world.follows
        self.store.put(follows=tuple(following if f.follow.intent == following.follow.intent else f for f in follows))
        self._watch()

    def follow(self, wanted: Follow) -> None:
        """Follow a change that somebody else began; one that is followed already is not followed twice."""
        known = (f.follow for f in self.store.world.follows if f.open)
        if not any((k.service, k.deployment) == (wanted.service, wanted.deployment) for k in known):
            kept = msgspec.structs.replace(wanted, intent=secrets.token_hex(6), started_at=wanted.started_at or self.clock())
            self._begun(Following(follow=kept, sentence="following: waiting for the first reading"))

    def _watch(self) -> None:
        """Read what following needs for as long as a follow is open."""
        kinds = {f.follow.kind for f in self.store.world.follows if f.open}
        needed = frozenset(field for kind in kinds for field in follow.READS.get(kind, FOLLOWED))
        if needed == self._followed:
            return
        before, self._unfollow, self._followed = self._unfollow, None, needed
        if needed:
            self._unfollow = self.store.subscribe(needed, lambda world, _: self._step(world))
        if before is not None:
            before()

    def _step(self, world: World) -> None:
        facts = self.facts()
        stepped = tuple(follow.step(f, world, facts) for f in world.follows)
        for before, after in zip(world.follows, stepped, strict=True):
            if before.open and not after.open:
                self._end(after.follow, after.phase, after.sentence)
            elif before.steady_at is None and after.steady_at is not None:
                self.journal.follow_steady(after.follow.intent, after.follow.env, after.steady_at)
        self.store.put(follows=stepped)
        self._watch()

    def _end(self, ended: Follow, phase: Phase, sentence: str) -> None:
        self.journal.follow_ended(ended.intent, ended.env, phase.value, sentence)
        self.recorder.recall()

    def _met(self, world: World) -> None:
        """Once it is known where we are: take up what earlier sessions left open there."""
        self._tell_odd(world.identity)
        identity = world.identity.value
        if identity is None or not identity.account or world.identity.seen_at is None or self._here is not None or not self._loaded:
            return
        self._here = identity
        self._aftermath.met(identity)
        if stalled := chronicle.stalled(self.journal.told(), self.config.env, identity, self.clock()):
            self.notices.append(stalled)
        self._keep_stopped(world)
        self.recorder.met(identity)
        self._resume(identity)

    def _tell_odd(self, here: Seen[Identity]) -> None:
        """That the account is not the configured one, or this machine's clock is wrong, is said once, over everything else."""
        said = here.fault.sentence if here.fault is not None and here.fault.kind is Trouble.REFUSED else ""
        if here.value is not None and here.value.skew_s and not any(one.endswith(OFF) for one in self.notices):
            said = said or f"{clock_words(here.value.skew_s)}{OFF}"
        if said and said not in self.notices:
            self.notices.append(said)

    def _resume(self, identity: Identity) -> None:
        resumed: list[Following] = []
        known = {f.follow.intent for f in self.store.world.follows}
        for begun in self.journal.follows(self.config.env, identity):
            if begun.id in known:
                continue
            kept = msgspec.structs.replace(begun.follow, intent=begun.id)
            if kept.kind == follow.STEPS:
                self._end(kept, Phase.UNKNOWN, "the program ended before all of its calls were sent")
            elif self.clock() - kept.started_at > RESUME_S:
                self._end(kept, Phase.UNKNOWN, "not followed to its end: no session was running")
            else:
                phase = Phase.UNDER_WAY if begun.steady_at is None else Phase.STEADY
                waits = "resumed: waiting for the first reading"
                resumed.append(Following(follow=kept, phase=phase, sentence=waits, steady_at=begun.steady_at))
        if resumed:
            self.store.put(follows=(*resumed, *self.store.world.follows))
            self.notices.append(f"still following: {', '.join(f'{f.follow.kind} {f.follow.part}' for f in resumed)}")
            self._watch()

    # --- the journal ---

    def _keep_stopped(self, world: World) -> None:
        """Record stopped tasks; only where it is known where we are, so that no other account's are shown later."""
        if self._here is None:
            return
        for task in world.tasks.value or ():
            if task.stopped:
                self.journal.stopped_task(world.env, task, self._here.endpoint)
        self.store.put(remembered=self.journal.stopped_tasks(self.config.env, self._here, self.clock() - REMEMBER_S))

    def _keep_alarms(self, world: World) -> None:
        new = sum(self.journal.alarm(world.env, alarm) for alarm in (world.alarms.value or ()) if self._loaded)
        if new:
            self.recorder.recall()

    def _unrecorded(self, fault: Fault) -> None:
        """That the journal cannot be written is said once; called by the thread that writes it."""
        if fault.sentence not in self.notices:
            self.notices.append(fault.sentence)
