"""A confirmed plan on its way to AWS: checked once more, journalled, sent once, journalled again, followed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from clickit_tui import basis, follow
from clickit_tui.aws.errors import OutcomeUnknown
from clickit_tui.aws.written import granted, request_id
from clickit_tui.follow import STEPS
from clickit_tui.journal import Journal, Pins
from clickit_tui.plan import Basis, Call, Hidden, Plan, Refused, Step
from clickit_tui.poll import Poller, ended
from clickit_tui.store import Store
from clickit_tui.world.follow import Follow, Following, Phase
from clickit_tui.world.parts import Identity, principal
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from clickit_tui.world.world import World

CHECK_S = 10.0
"""Longest wait for the fresh read just before a write; what has not come by then could not be checked."""
UNTIL_EVERY_S = 5.0
"""How often it is looked whether what a plan waits for has come."""

_NO_SESSION = Fault(kind=Trouble.GARBLED, sentence="the answer holds no session: nothing was opened")

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
    accepted: int = 0
    """How many of the plan's calls AWS has accepted."""
    grant: Hidden | None = None
    """With `done`: the session that the call granted, for a plan that opens one."""


class Door(Protocol):
    """The part of the gateway that changes need."""

    @property
    def read_only_why(self) -> str: ...
    async def identity(self) -> Identity: ...
    async def execute(self, call: Call) -> dict[str, Any]: ...


class _Run:
    """A confirmed plan under way: what was accepted of it so far."""

    def __init__(self, plan: Plan, intent: str, warnings: list[str]) -> None:
        self.plan, self.intent, self.warnings = plan, intent, warnings
        self.answers: list[dict[str, Any]] = []
        self.sent_at = 0.0
        self.tried = False
        """The next call was handed to the gateway and has not been answered."""
        self.following: Following | None = None

    @property
    def next(self) -> Step | None:
        """The first call that was not accepted yet."""
        return self.plan.steps[len(self.answers)] if len(self.answers) < len(self.plan.steps) else None

    @property
    def requests(self) -> tuple[str, ...]:
        return tuple(filter(None, map(request_id, self.answers)))


class Carrier:
    """Carries out plans, one call at a time. A plan that waits between its calls goes on by itself, and others may be sent meanwhile."""

    def __init__(
        self,
        door: Door,
        store: Store,
        poller: Poller,
        journal: Journal,
        pins: Pins,
        *,
        begun: Callable[[Following], None],
        told: Callable[[Following], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._door, self._store, self._poller, self._journal, self._pins = door, store, poller, journal, pins
        self._begun, self._told, self._clock, self._sleep = begun, told, clock, sleep
        self._busy = asyncio.Lock()
        self._rests: dict[asyncio.Task[None], _Run] = {}

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
            run = _Run(plan, intent, warnings)
            try:
                return await self._advance(run) or self._wait(run)
            except asyncio.CancelledError:
                if run.next is not None:
                    await self._cut_short(run)
                raise

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

    async def _advance(self, run: _Run) -> Outcome | None:
        """Send the calls up to the first after which something is awaited; the outcome once there is one."""
        plan = run.plan
        while run.next is not None:
            step = run.next
            try:
                if run.answers:
                    run.warnings += await self._still(step, plan)
                await self._note(run, step, len(run.answers) + 1, "sending")
                run.sent_at, run.tried = self._clock(), True
                answer = await self._door.execute(step.call)
            except OutcomeUnknown as lost:
                return await self._lost(run, lost)
            except Failed as failed:
                return await self._failed(run, failed)
            run.answers.append(answer)
            run.tried = False
            await self._accepted(run, step, answer)
            if step.until is not None and run.next is not None:
                return None
        return await self._done(run)

    async def _accepted(self, run: _Run, step: Step, answer: dict[str, Any]) -> None:
        """Follow an accepted call and record it; a disk that fails now cannot undo what was sent, so it becomes a warning."""
        self._allow((step,))
        if step.then is not None:
            self._follow(step.then, f"{run.intent}.{len(run.answers)}", step.words, answer, 0.0)
        try:
            await self._note(run, step, len(run.answers), "sent")
        except Failed as failed:
            run.warnings.append(f"call {len(run.answers)} is not in the journal: {failed.fault.sentence}")

    async def _note(self, run: _Run, step: Step, number: int, state: str) -> None:
        """Record how far a plan of several calls has come; raises Failed."""
        plan, of = run.plan, len(run.plan.steps)
        if of > 1:
            await asyncio.to_thread(self._journal.progressed, run.intent, plan.env, number, of, step.words, state)

    async def _done(self, run: _Run) -> Outcome:
        plan = run.plan
        grant = granted(run.answers[-1]) if plan.opens is not None and run.answers else None
        if plan.opens is not None and grant is None:
            return await self._failed(run, Failed(_NO_SESSION))
        key = run.intent if len(plan.steps) == 1 else f"{run.intent}.{len(plan.steps)}"
        following = self._follow(plan.then, key, _did(plan), run.answers[-1] if run.answers else {}, 0.0)
        deployment = following.follow.deployment if following else ""
        warnings = run.warnings + await self._record(plan, run.intent, "done", f"{plan.title}: done", run.requests, deployment)
        warnings += await self._remind(plan)
        self._poller.refresh(plan.refreshes)
        several = f", {len(plan.steps)} calls" if len(plan.steps) > 1 else ""
        sentence = f"{plan.title}: sent and accepted{several}"
        return Outcome(kind="done", sentence=sentence, warnings=tuple(warnings), accepted=len(run.answers), grant=grant)

    async def _remind(self, plan: Plan) -> list[str]:
        """Put what is left to a person into the timeline; warnings about what could not be written."""
        here = self._store.world.identity.value
        try:
            for number, text in enumerate(plan.checklist, 1):
                note = f"to do {number} of {len(plan.checklist)}: {text} (after {plan.title})"
                await asyncio.to_thread(self._journal.note, plan.env, note, None, here)
        except Failed as failed:
            return [f"what is left to do is not in the timeline: {failed.fault.sentence}"]
        return []

    async def _still(self, step: Step, plan: Plan) -> list[str]:
        """Whether a later call may still be sent; warnings about what could not be checked, raises Failed when it may not."""
        wanted = step.basis or Basis()
        fields, asked_at = basis.needed(wanted), self._clock()
        try:
            await asyncio.gather(self._verified(plan), self._read(fields))
        except _Stop as stop:
            raise Failed(Fault(kind=Trouble.REFUSED, sentence=stop.outcome.sentence)) from stop
        world = self._store.world
        good = frozenset(field for field in fields if not _unread(getattr(world, field), asked_at))
        if difference := basis.changed(wanted, world, good):
            raise Failed(Fault(kind=Trouble.REFUSED, sentence=difference))
        reasons = {_unread(getattr(world, field), asked_at) for field in fields - good}
        return [f"{step.words}: could not check: {reason}" for reason in sorted(reasons)]

    # --- calls that wait ---

    def _wait(self, run: _Run) -> Outcome:
        """Go on by itself when what a call began is complete; the dialog need not stay open."""
        plan, step = run.plan, run.plan.steps[len(run.answers) - 1]
        follow_ = Follow(kind=STEPS, env=plan.env, part=plan.target, intent=run.intent, started_at=self._clock(), did=_did(plan))
        run.following = Following(follow=follow_, sentence=_waiting(run, step))
        self._begun(run.following)
        task = asyncio.create_task(self._rest(run), name=f"rest of {plan.title}")
        self._rests[task] = run
        task.add_done_callback(lambda done: self._rests.pop(done, None))
        sentence = f"{plan.title}: {_waiting(run, step)}. It goes on by itself while this program runs"
        return Outcome(kind="done", sentence=sentence, warnings=tuple(run.warnings), accepted=len(run.answers))

    async def _rest(self, run: _Run) -> None:
        """Go on to the end and tell it. A defect on the way ends the plan too: nothing more is sent, and that is said."""
        going = asyncio.create_task(self._onward(run), name=f"going on with {run.plan.title}")
        try:
            await asyncio.wait((going,))
        finally:
            await ended((going,))
        error = going.exception()
        self._over(run, going.result() if error is None else await self._cut_short(run, f"this program failed ({type(error).__name__})"))

    async def _onward(self, run: _Run) -> Outcome:
        """Wait and send until there is an outcome."""
        outcome: Outcome | None = None
        while outcome is None:
            step = run.plan.steps[len(run.answers) - 1]
            self._tell(run, Phase.UNDER_WAY, _waiting(run, step))
            if why := await self._until(step, run.plan):
                async with self._busy:
                    outcome = await self._failed(run, Failed(Fault(kind=Trouble.UNKNOWN, sentence=why)), waited=True)
            else:
                async with self._busy:
                    outcome = await self._advance(run)
        return outcome

    def _over(self, run: _Run, outcome: Outcome) -> None:
        phase = {"done": Phase.DONE, "unknown": Phase.UNKNOWN}.get(outcome.kind, Phase.FAILED)
        self._tell(run, phase, "; ".join((outcome.sentence, *outcome.warnings)))

    async def _cut_short(self, run: _Run, why: str = "the program ended") -> Outcome:
        """The program ends or fails while a plan waits, or while one of its calls is on its way."""
        state = "unknown" if run.tried else "failed"
        sentence = _how_far(run, f"{why} before it was answered: look before you send it again" if run.tried else why)
        warnings = run.warnings + await self._record(run.plan, run.intent, state, sentence, run.requests)
        return Outcome(kind=state, sentence=sentence, warnings=tuple(warnings), accepted=len(run.answers))

    def _tell(self, run: _Run, phase: Phase, sentence: str) -> None:
        if run.following is not None:
            ended_at = None if phase is Phase.UNDER_WAY else self._clock()
            run.following = msgspec.structs.replace(run.following, phase=phase, sentence=sentence, ended_at=ended_at)
            self._told(run.following)

    async def _until(self, step: Step, plan: Plan) -> str:
        """Wait until a step has done its work; why it has not, when that takes too long or has become vain."""
        began = self._clock()
        while step.until is not None:
            asked_at = self._clock()
            await self._read(step.until_reads or plan.refreshes)
            world = self._store.world
            if not any(_unread(getattr(world, field), asked_at) for field in step.until_reads):
                if step.until(world):
                    break
                if why := step.vain(world) if step.vain is not None else "":
                    return why
            if self._clock() - began >= step.until_s:
                return f"waited {step.until_s / 60:.0f} minutes for {step.until_label or step.words}"
            await self._sleep(UNTIL_EVERY_S)
        return ""

    async def stop(self) -> None:
        """End what still waits: the calls that were not sent are not sent any more, and the journal has it."""
        waiting = dict(self._rests)
        await ended(waiting)
        for run in waiting.values():
            if run.following is not None and run.following.open:
                self._over(run, await self._cut_short(run))

    # --- what goes wrong ---

    async def _regardless(self, run: _Run, waited: bool = False) -> dict[str, str]:
        """Send the later calls that do not depend on the one that failed; what came of each, by its words.

        With `waited` the last accepted call is the one whose work was not done.
        """
        steps, at = run.plan.steps, len(run.answers)
        worked = {step.words for step in steps[: at - waited]}
        said: dict[str, str] = {}
        for number, step in enumerate(steps[at + (not waited) :], at + (not waited) + 1):
            if step.after is None or not worked.issuperset(step.after):
                continue
            try:
                await self._still(step, run.plan)
                await self._note(run, step, number, "sending")
                answer = await self._door.execute(step.call)
                self._follow(step.then, f"{run.intent}.{number}", step.words, answer, 0.0)
                await self._note(run, step, number, "sent")
            except Failed as failed:
                said[step.words] = f"{step.words}: {_said(failed)}"
            else:
                worked.add(step.words)
                said[step.words] = f"{step.words} was sent all the same"
        return said

    async def _failed(self, run: _Run, failed: Failed, waited: bool = False) -> Outcome:
        plan, accepted = run.plan, len(run.answers)
        denied = run.next.call.action if failed.fault.kind is Trouble.DENIED and run.next is not None else ""
        others = await self._regardless(run, waited)
        sentence = _said(failed) if len(plan.steps) == 1 else "; ".join((_how_far(run, _said(failed), others), *others.values()))
        if denied:
            self._store.put(denied=self._store.world.denied | {denied})
        warnings = run.warnings + await self._record(plan, run.intent, "failed", sentence, run.requests)
        if run.answers:
            self._poller.refresh(plan.refreshes)
        return Outcome(kind="failed", sentence=sentence, warnings=tuple(warnings), accepted=accepted)

    async def _lost(self, run: _Run, lost: Failed) -> Outcome:
        """Record that nobody knows, then settle it by reading; never by sending again."""
        plan, intent, accepted = run.plan, run.intent, len(run.answers)
        sent, wanted = plan.steps[accepted], basis.needed(basis.of_call(plan, accepted))
        others = await self._regardless(run)
        far = "" if len(plan.steps) == 1 else f" {'; '.join((_how_far(run, 'nobody knows', others), *others.values()))}"
        warnings = run.warnings + await self._record(plan, intent, "unknown", f"the answer was lost: {_said(lost)}{far}")
        await self._read({*plan.refreshes, *wanted})
        world = self._store.world
        fresh = not any(_unread(getattr(world, field), run.sent_at) for field in wanted)
        took = basis.took_effect(plan, world, accepted) if fresh else None
        if len(plan.steps) == 1 and (took or (plan.then is not None and plan.then.kind == "deployment")):
            self._follow(plan.then, intent, _did(plan), {}, run.sent_at)
        if took and len(plan.steps) == 1:
            sentence = f"{plan.title}: the answer was lost, reading shows that it was carried out"
            warnings += await self._record(plan, intent, "done", sentence)
            return Outcome(kind="done", sentence=sentence, warnings=tuple(warnings), accepted=accepted + 1)
        shown = {True: f"reading shows that it was carried out: {sent.words}", False: "reading shows no effect so far"}
        seen = "reading cannot tell" if took is None else shown[took]
        sentence = f"the answer was lost ({_said(lost)}){far}; {seen}. Look before you try again"
        return Outcome(kind="unknown", sentence=sentence, warnings=tuple(warnings), accepted=accepted)

    def _follow(self, then: Follow | None, key: str, did: str, answer: Mapping[str, Any], since: float) -> Following | None:
        if then is None:
            return None
        following = follow.begin(msgspec.structs.replace(then, intent=key, started_at=since, did=did), answer, self._clock())
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


def _waiting(run: _Run, step: Step) -> str:
    """`call 1 of 3 accepted (stop database): waiting for clickit-dev-db stopped`."""
    count = f"call {len(run.answers)} of {len(run.plan.steps)}"
    return f"{count} accepted ({step.words}): waiting for {step.until_label or 'it to be complete'}"


def _how_far(run: _Run, why: str, handled: Collection[str] = ()) -> str:
    """Why a plan of several calls did not go on: what was accepted, which call failed, and what was not sent."""
    steps, at = run.plan.steps, len(run.answers)
    accepted = f" ({', '.join(step.words for step in steps[:at])})" if at else ""
    failing = f"{steps[at].words}: " if run.tried else ""
    left = ", ".join(step.words for step in steps[at + run.tried :] if step.words not in handled)
    return f"after {at} of {len(steps)} calls{accepted}: {failing}{why}{f'; not sent: {left}' if left else ''}"
