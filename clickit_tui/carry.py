"""A confirmed plan on its way to AWS: checked once more, journalled, sent once, journalled again, followed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from clickit_tui import basis, follow
from clickit_tui.aws.errors import OutcomeUnknown
from clickit_tui.aws.written import request_id
from clickit_tui.journal import Journal, Pins
from clickit_tui.plan import Call, Plan, Refused, Step
from clickit_tui.poll import Poller
from clickit_tui.store import Store
from clickit_tui.world.follow import Following
from clickit_tui.world.parts import Identity, principal
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from clickit_tui.world.world import World

CHECK_S = 10.0
"""Longest wait for the fresh read just before a write; what has not come by then could not be checked."""
UNTIL_S = 900.0
"""Longest wait between two steps."""
UNTIL_EVERY_S = 5.0

Replan = Callable[[World], "Plan | Refused"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a change ended at the moment of sending."""

    kind: str
    """done; failed: AWS did not carry it out; unknown: the answer was lost; refused: nothing was sent;
    changed: nothing was sent, because what the preview was based on is no longer so."""
    sentence: str
    warnings: tuple[str, ...] = ()
    """What could not be checked or recorded."""
    plan: Plan | None = None
    """With `changed`: the plan made from what is true now."""


class Door(Protocol):
    """The part of the gateway that changes need."""

    @property
    def read_only_why(self) -> str: ...
    async def identity(self) -> Identity: ...
    async def execute(self, call: Call) -> dict[str, Any]: ...


class Carrier:
    """Carries out one plan at a time."""

    def __init__(
        self,
        door: Door,
        store: Store,
        poller: Poller,
        journal: Journal,
        pins: Pins,
        *,
        begun: Callable[[Following], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._door, self._store, self._poller, self._journal, self._pins = door, store, poller, journal, pins
        self._begun, self._clock, self._sleep = begun, clock, sleep
        self._busy = asyncio.Lock()

    async def carry_out(self, plan: Plan, replan: Replan) -> Outcome:
        """Check once more, send, record and begin to follow. Never raises what AWS or the disk did: it is in the outcome."""
        if why := self._door.read_only_why:
            return Outcome(kind="refused", sentence=f"read-only: {why}")
        if self._busy.locked():
            return Outcome(kind="refused", sentence="another change is being sent: wait for its outcome")
        async with self._busy:
            try:
                identity, warnings = await self._check_again(plan, replan)
                await asyncio.to_thread(self._pins.check, _place(plan.env, identity), identity.account, identity.region, self._clock())
                intent = await asyncio.to_thread(self._journal.intent, plan, identity)
            except _Stop as stop:
                return stop.outcome
            except Failed as failed:
                return Outcome(kind="refused", sentence=_said(failed))
            return await self._send(plan, intent, warnings)

    async def _check_again(self, plan: Plan, replan: Replan) -> tuple[Identity, list[str]]:
        """The verified identity and warnings about what could not be checked; raises `_Stop` when the plan no longer stands."""
        fields = basis.needed(plan.basis)
        asked_at = self._clock()
        identity, _ = await asyncio.gather(self._verified(plan), self._read(fields))
        world = self._store.world
        good = frozenset(field for field in fields if not _unread(getattr(world, field), asked_at))
        if difference := basis.changed(plan.basis, world, good):
            raise _Stop(_changed(difference, replan(world)))
        reasons = {_unread(getattr(world, field), asked_at) for field in fields - good}
        return identity, [f"could not check: {reason}" for reason in sorted(reasons)]

    async def _verified(self, plan: Plan) -> Identity:
        """The identity, read now and compared with the pinned one and the plan's; what cannot be verified is refused."""
        try:
            async with asyncio.timeout(CHECK_S):
                identity = await self._door.identity()
        except Failed as failed:
            told = "" if failed.fault.kind is Trouble.REFUSED else "the identity could not be verified: "
            raise _Stop(Outcome(kind="refused", sentence=f"{told}{_said(failed)}")) from failed
        except TimeoutError:
            raise _Stop(Outcome(kind="refused", sentence="the identity could not be verified: no answer in time")) from None
        if not identity.account:
            raise _Stop(Outcome(kind="refused", sentence="the identity could not be verified: STS did not say which account this is"))
        shown = self._store.world.identity.value
        if difference := basis.moved(plan.basis, identity) or (_elsewhere(shown, identity) if shown and shown.account else ""):
            raise _Stop(Outcome(kind="refused", sentence=difference))
        return identity

    async def _read(self, fields: Iterable[str]) -> None:
        """Read fields now, as far as it takes no longer than `CHECK_S`."""
        try:
            async with asyncio.timeout(CHECK_S):
                await self._poller.read_now(fields)
        except TimeoutError:
            return

    async def _send(self, plan: Plan, intent: str, warnings: list[str]) -> Outcome:
        sent_at = self._clock()
        answers: list[dict[str, Any]] = []
        try:
            for number, step in enumerate(plan.steps):
                answers.append(await self._door.execute(step.call))
                if number + 1 < len(plan.steps):
                    await self._until(step, plan)
        except OutcomeUnknown as lost:
            return await self._lost(plan, intent, sent_at, lost, warnings)
        except Failed as failed:
            return await self._failed(plan, intent, failed, answers, warnings)
        following = self._follow(plan, intent, answers[-1] if answers else {}, 0.0)
        requests = tuple(filter(None, map(request_id, answers)))
        deployment = following.follow.deployment if following else ""
        warnings += await self._record(plan, intent, "done", f"{plan.title}: done", requests, deployment)
        self._allow(plan.steps)
        self._poller.refresh(plan.refreshes)
        return Outcome(kind="done", sentence=f"{plan.title}: sent and accepted", warnings=tuple(warnings))

    async def _until(self, step: Step, plan: Plan) -> None:
        """Wait until a step has done its work; raises Failed when that takes longer than `UNTIL_S`."""
        if step.until is None:
            return
        end = self._clock() + UNTIL_S
        while True:
            await self._read(plan.refreshes)
            if step.until(self._store.world):
                return
            if self._clock() >= end:
                raise Failed(_late(step.until_label))
            await self._sleep(UNTIL_EVERY_S)

    async def _failed(self, plan: Plan, intent: str, failed: Failed, answers: list[dict[str, Any]], warnings: list[str]) -> Outcome:
        sentence = f"after {len(answers)} of {len(plan.steps)} calls: {_said(failed)}" if answers else _said(failed)
        if failed.fault.kind is Trouble.DENIED and len(answers) < len(plan.steps):
            denied = plan.steps[len(answers)].call.action
            self._store.put(denied=self._store.world.denied | {denied})
        requests = tuple(filter(None, map(request_id, answers)))
        warnings += await self._record(plan, intent, "failed", sentence, requests)
        if answers:
            self._poller.refresh(plan.refreshes)
        return Outcome(kind="failed", sentence=sentence, warnings=tuple(warnings))

    async def _lost(self, plan: Plan, intent: str, sent_at: float, lost: Failed, warnings: list[str]) -> Outcome:
        """Record that nobody knows, then settle it by reading; never by sending again."""
        warnings += await self._record(plan, intent, "unknown", f"the answer was lost: {_said(lost)}")
        await self._read({*plan.refreshes, *basis.needed(plan.basis)})
        world = self._store.world
        fresh = all(
            (seen := getattr(world, field)).fault is None and (seen.seen_at or 0.0) >= sent_at for field in basis.needed(plan.basis)
        )
        took = basis.took_effect(plan, world) if fresh else None
        if took or (plan.then is not None and plan.then.kind == "deployment"):
            self._follow(plan, intent, {}, sent_at)
        if took:
            sentence = f"{plan.title}: the answer was lost, reading shows that it was carried out"
            warnings += await self._record(plan, intent, "done", sentence)
            return Outcome(kind="done", sentence=sentence, warnings=tuple(warnings))
        seen = "reading shows no effect so far" if took is False else "reading cannot tell"
        sentence = f"the answer was lost ({_said(lost)}); {seen}. Look before you try again"
        return Outcome(kind="unknown", sentence=sentence, warnings=tuple(warnings))

    def _follow(self, plan: Plan, intent: str, answer: Mapping[str, Any], since: float) -> Following | None:
        if plan.then is None:
            return None
        then = msgspec.structs.replace(plan.then, intent=intent, started_at=since, did=_did(plan))
        following = follow.begin(then, answer, self._clock())
        self._begun(following)
        return following

    def _allow(self, steps: Iterable[Step]) -> None:
        """What has just succeeded is not denied any more."""
        allowed = self._store.world.denied - {step.call.action for step in steps}
        self._store.put(denied=allowed)

    async def _record(
        self, plan: Plan, intent: str, state: str, sentence: str, requests: tuple[str, ...] = (), deployment: str = ""
    ) -> list[str]:
        """Record an outcome; a disk that fails now cannot undo what was sent, so it becomes a warning."""
        try:
            await asyncio.to_thread(self._journal.outcome, intent, plan.env, state, sentence, requests=requests, deployment=deployment)
        except Failed as failed:
            return [f"the outcome is not in the journal: {failed.fault.sentence}"]
        return []


class _Stop(Exception):
    """Nothing may be sent."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.sentence)
        self.outcome = outcome


def _place(env: str, identity: Identity) -> str:
    """What is pinned: the environment; what stands behind an endpoint that is not AWS's is another one of that name."""
    return f"{env} at {identity.endpoint}" if identity.endpoint else env


def _said(failed: Failed) -> str:
    return f"{failed.fault.sentence} ({failed.fault.fix})" if failed.fault.fix else failed.fault.sentence


def _unread(seen: Seen[Any], asked_at: float) -> str:
    """Why a field was not read since; empty when it was."""
    if seen.seen_at is not None and seen.seen_at >= asked_at and seen.fault is None:
        return ""
    return seen.fault.sentence if seen.fault is not None else "no answer in time"


def _elsewhere(shown: Identity, now: Identity) -> str:
    """How the identity differs from what the screen shows; empty when it does not."""
    for word, was, is_ in (
        ("account", shown.account, now.account),
        ("identity", shown.arn, now.arn),
        ("region", shown.region, now.region),
        ("endpoint", shown.endpoint, now.endpoint),
    ):
        if principal(was) != principal(is_):
            return f"the {word} changed from {was or 'AWS'} to {is_ or 'AWS'}: quit and start again"
    return ""


def _changed(difference: str, fresh: Plan | Refused) -> Outcome:
    if isinstance(fresh, Refused):
        return Outcome(kind="refused", sentence=f"{difference}; {fresh.reason}")
    return Outcome(kind="changed", sentence=difference, plan=fresh)


def _did(plan: Plan) -> str:
    """What a plan does, in few words: `scale api 3 → 5`, `redeploy api`."""
    then = plan.then
    counts = f" {then.before} → {then.desired}" if then is not None and then.before is not None else ""
    return f"{plan.action.replace('_', ' ')} {plan.target}{counts}"


def _late(label: str) -> Fault:
    return Fault(kind=Trouble.UNKNOWN, sentence=f"waited {UNTIL_S / 60:.0f} minutes for {label or 'the step'}: the rest was not sent")
