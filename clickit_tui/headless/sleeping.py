"""`clickit-tui sleep` and `clickit-tui wake`: print the plan, and with `--yes` carry it out; made for a scheduler."""

from __future__ import annotations

import asyncio
import sys
from typing import TextIO

from clickit_tui.actions import sleep, wake
from clickit_tui.actions.registry import Action, Target, actions
from clickit_tui.config import Config
from clickit_tui.follow import STEPS
from clickit_tui.plan import Plan, Refused
from clickit_tui.session import Session
from clickit_tui.world.follow import Following, Phase
from clickit_tui.world.health import healthy_targets
from clickit_tui.world.seen import Absent
from clickit_tui.world.sleep import drift, marked, own
from clickit_tui.world.world import World

OK, FAILED, NOT_RUN = 0, 2, 4
LOOKED_AT = ("identity", "cluster", "services", "tasks", "target_groups", "targets", "scaling", "database", "alarms")
WITHIN_S = 30.0
EVERY_S = 5.0
"""How often it is looked whether it is complete."""
CALLS_S = 2000.0
"""Longest wait for all calls to be sent; longer than the longest wait between two of them."""


def change(config: Config, name: str, *, yes: bool = False, wait_s: float = 0.0, out: TextIO | None = None) -> int:
    """Run the command; returns the exit code: 0 done or nothing to do, 2 failed (why is on standard error), 4 could not run."""
    return asyncio.run(Sleeping(Session(config), name, out=out).run(yes=yes, wait_s=wait_s))


class Sleeping:
    """One run of the command over a session."""

    def __init__(self, session: Session, name: str, *, out: TextIO | None = None, every_s: float = EVERY_S) -> None:
        self._session, self._name, self._out, self._every_s = session, name, out or sys.stdout, every_s
        self._action: Action = next(each for each in actions() if each.id == name)

    @property
    def _world(self) -> World:
        return self._session.store.world

    async def run(self, *, yes: bool, wait_s: float) -> int:
        """Read, plan, and go on as far as was asked for."""
        await self._session.start()
        leave = self._session.store.subscribe(LOOKED_AT, lambda *_: None)
        try:
            return await self._ran(yes, wait_s)
        finally:
            leave()
            await self._session.stop()

    async def _ran(self, yes: bool, wait_s: float) -> int:
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._session.poller.tried(LOOKED_AT)
        except TimeoutError:
            pass
        identity = self._world.identity
        if identity.value is None or not identity.value.account:
            return self._fail(identity.fault.sentence if identity.fault else "the account is not known: no answer in time", NOT_RUN)
        for notice in self._session.notices[len(self._session.config.notes) :]:
            sys.stderr.write(f"clickit-tui {self._name}: {notice}\n")
        planned = self._plan(self._world)
        if isinstance(planned, Refused):
            code = self._nothing(planned)
            return await self._awaited(wait_s) if code == OK and yes and wait_s else code
        self._show(planned)
        if not yes:
            self._out.write(f"\nnothing was sent: clickit-tui {self._name} --env {self._world.env} --yes carries it out\n")
            return OK
        left = self._left(planned)
        code = await self._carry(planned)
        if code == OK and wait_s:
            return await self._awaited(wait_s)
        return self._fail(left, FAILED) if code == OK and left else code

    def _left(self, planned: Plan) -> str:
        """What none of the plan's calls does although it was asked for, and why; empty when nothing is left."""
        sent, world = {step.words for step in planned.steps}, self._world
        if blind := self._blind():
            return f"{blind}: it is left as it is"
        if self._name == "wake":
            asleep = [part for part in marked(world) if f"mark {part} awake" not in sent]
            return "; ".join(filter(None, (f"{', '.join(asleep)} still asleep", self._database()))) if asleep else ""
        status = self._database()
        return "" if not status or sleep.DATABASE in sent or status.endswith(" stopping") else f"{status}: it is not stopped"

    def _plan(self, world: World) -> Plan | Refused:
        return self._action.plan(world, Target(kind="environment", part="environment", id=world.env), {}, self._session.facts())

    def _nothing(self, refused: Refused) -> int:
        """Already as wanted is success; everything else is not."""
        if self._done():
            self._out.write(f"{refused.reason}\n")
            return OK
        return self._fail(refused.reason, NOT_RUN if self._session.config.protected else FAILED)

    def _done(self) -> bool:
        """Whether the environment is in the wanted state, as far as it is known."""
        services, asleep = own(self._world), marked(self._world)
        if not services or self._session.config.protected or self._world.services.fault is not None or self._blind():
            return False
        if self._name == "sleep":
            return all(service.desired == 0 for service in services) and not drift(self._world)
        return not asleep and all(service.desired for service in services) and not self._database()

    def _show(self, planned: Plan) -> None:
        identity = self._world.identity.value
        where = f"{identity.account} {identity.region} as {identity.who}" if identity else "?"
        profile, region = (identity.profile, identity.region) if identity else ("", "")
        lines = [f"{planned.title}   {where}", *(f"{'!' if line.level == 'warn' else ' '} {line.text}" for line in planned.effect)]
        lines += [f"  undo: {planned.undo}", "", *planned.commands(profile, region)]
        self._out.write("\n".join(lines) + "\n")

    async def _carry(self, planned: Plan) -> int:
        outcome = await self._session.carry_out(planned, self._plan)
        if outcome.kind == "changed":
            return self._fail(f"something has changed meanwhile: {outcome.sentence}", FAILED)
        if outcome.kind != "done":
            return self._fail("; ".join((outcome.sentence, *outcome.warnings)), NOT_RUN if outcome.kind == "refused" else FAILED)
        sent = await self._sent()
        if sent is not None and sent.phase is not Phase.DONE:
            return self._fail(sent.sentence, FAILED)
        self._out.write(f"{sent.sentence if sent else outcome.sentence}\n")
        return OK

    async def _sent(self) -> Following | None:
        """How the sending of a plan that waits between its calls ended; None when it did not wait."""
        for _ in range(int(CALLS_S / self._every_s)):
            mine = next((f for f in reversed(self._world.follows) if f.follow.kind == STEPS), None)
            if mine is None or not mine.open:
                return mine
            await asyncio.sleep(self._every_s)
        return mine

    async def _awaited(self, wait_s: float) -> int:
        """Wait until it is as wanted; a wake is complete when every target is healthy. What can be continued is continued."""
        why, loop = "", asyncio.get_running_loop()
        until = loop.time() + wait_s
        for _ in range(max(1, int(wait_s / self._every_s))):
            await self._session.poller.read_now(LOOKED_AT)
            why = self._missing()
            if not why:
                self._out.write(f"{'asleep' if self._name == 'sleep' else 'awake'}\n")
                return OK
            planned = self._plan(self._world)
            if isinstance(planned, Plan) and self._continues(planned) and (code := await self._carry(planned)) != OK:
                return code
            if loop.time() >= until:
                break
            await asyncio.sleep(self._every_s)
        return self._fail(f"not complete after {wait_s / 60:g} m: {why}", FAILED)

    def _continues(self, planned: Plan) -> bool:
        """Whether what is left may be sent without asking again: of a sleep only the database, which may have been busy."""
        return self._name == "wake" or {step.words for step in planned.steps} == {sleep.DATABASE}

    def _database(self) -> str:
        """What is not yet as wanted of the database; empty when nothing is, or there is none."""
        found, wanted = self._world.database, frozenset({"stopped"}) if self._name == "sleep" else wake.SERVES
        if blind := self._blind():
            return blind
        if found.value is None or isinstance(found.value, Absent) or found.value.status in wanted:
            return ""
        return f"the database is {found.value.status or 'without a status'}"

    def _blind(self) -> str:
        """Why it is not known how the database is; empty when it is, or there is none."""
        found = self._world.database
        if found.fault is None and found.value is not None:
            return ""
        return f"the database is not known: {found.fault.sentence if found.fault else 'no answer in time'}"

    def _missing(self) -> str:
        """What is not yet as wanted; empty when nothing is."""
        if self._name == "sleep":
            left = [f"{service.part} runs {service.running}" for service in own(self._world) if service.running != 0]
            return "; ".join((*left, *(drift(self._world) or filter(None, (self._database(),)))))
        if asleep := marked(self._world):
            return f"{', '.join(asleep)} still asleep"
        now = self._session.facts().now
        return "; ".join(filter(None, (self._database(), *(self._unhealthy(service.part, now) for service in own(self._world)))))

    def _unhealthy(self, part: str, now: float) -> str:
        service = next(each for each in own(self._world) if each.part == part)
        found = healthy_targets(self._world, service, now)
        if service.running is None or service.desired is None or service.running < service.desired:
            return f"{part} runs {service.running} of {service.desired}"
        if service.groups_told and not service.target_groups:
            return ""
        if found is None:
            return f"health of {part} is not known"
        return "" if found[0] >= service.desired else f"{part} has {found[0]} of {service.desired} healthy"

    def _fail(self, sentence: str, code: int) -> int:
        sys.stderr.write(f"clickit-tui {self._name}: {sentence}\n")
        return code
