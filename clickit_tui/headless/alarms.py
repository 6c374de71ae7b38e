"""`clickit-tui alarms`: the alarms with what they mean here, their changes, and the runbook's that are missing."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from clickit_tui.checks.expected import expected
from clickit_tui.config import Config
from clickit_tui.headless.status import NOT_RUN, OK, PARTLY, WITHIN_S, table
from clickit_tui.headless.unset import unset
from clickit_tui.plan import as_cli
from clickit_tui.session import Session
from clickit_tui.world.honesty import acknowledged, actions_words, condition, reason_words, scales, state_words, when_missing
from clickit_tui.world.parts import Alarm
from clickit_tui.world.world import World

NEEDED = frozenset({"identity", "cluster", "services", "target_groups", "database", "cache", "nat"})


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """One change of state."""

    at: float
    state: str
    before: str
    reason: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm."""

    name: str
    arn: str
    state: str
    """OK, ALARM or INSUFFICIENT_DATA."""
    means: str
    """The state in words, told apart from trouble where it is none."""
    since: float | None
    """When the state really changed, epoch seconds."""
    because: str
    turns_at: str
    missing_data: str
    actions: str
    muted: bool | None
    tells: tuple[str, ...]
    """ARNs of the actions for ALARM."""
    scaling: bool
    """Autoscaling's own."""
    composite: bool
    acknowledged: str
    """The note in this machine's journal; empty when there is none."""
    history: tuple[Turned, ...] | None
    """Oldest first; null when it could not be read."""


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that the runbook promises in production and that does not exist."""

    title: str
    says: str
    creates: str
    """The command that would create it; it is not run."""


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of the environment's alarms."""

    env: str
    at: float
    account: str
    alarms: tuple[Shown, ...] | None
    """Null when they could not be read; `unread` says why."""
    missing: tuple[Missing, ...] | None
    """Null where the runbook promises none, or when it cannot be said."""
    unread: str = ""


def alarms(config: Config, *, as_json: bool = False, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code: 0 all known, 3 the history or what is missing is unknown, 4 no alarm could be read."""
    return asyncio.run(run(Session(config), as_json, out or sys.stdout, within_s))


async def run(session: Session, as_json: bool, out: TextIO, within_s: float) -> int:
    """Start the session, wait until the alarms were read, print, stop."""
    await session.start()
    try:
        async with asyncio.timeout(within_s):
            session.store.subscribe(NEEDED, lambda *_: None)
            await session.poller.tried(NEEDED)
            session.store.subscribe(("alarms", "alarm_history"), lambda *_: None)
            await session.poller.tried(("alarms", "alarm_history"))
    except TimeoutError:
        pass
    finally:
        await session.stop()
    if not as_json and unset(session):
        return NOT_RUN
    found = gathered(session)
    if as_json:
        out.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        out.writelines(f"{line}\n" for line in plain(found))
    if found.alarms is None:
        return NOT_RUN
    unclear = session.store.world.alarm_history.value is None or (session.config.protected and found.missing is None)
    return PARTLY if unclear else OK


def gathered(session: Session) -> Alarms:
    """The session's alarms at this moment."""
    world, identity = session.store.world, session.store.world.identity.value
    fault = world.alarms.fault
    return Alarms(
        env=world.env,
        at=session.clock(),
        account=(f"NOT AWS {identity.endpoint}" if identity.endpoint else identity.account) if identity else "",
        alarms=None if world.alarms.value is None else tuple(_shown(world, each) for each in world.alarms.value),
        missing=_missing(session, world),
        unread="" if world.alarms.value is not None else fault.sentence if fault else "no answer in time",
    )


def _shown(world: World, alarm: Alarm) -> Shown:
    history = world.alarm_history.value
    changes = [each for each in history.changes if each.name == alarm.name] if history else []
    return Shown(
        name=alarm.name,
        arn=alarm.arn,
        state=alarm.state,
        means=state_words(alarm),
        since=alarm.since,
        because=reason_words(alarm.reason),
        turns_at=condition(alarm),
        missing_data=when_missing(alarm),
        actions=actions_words(alarm),
        muted=None if alarm.actions_enabled is None else not alarm.actions_enabled,
        tells=alarm.alarm_actions,
        scaling=scales(alarm),
        composite=alarm.composite,
        acknowledged=acknowledged(world, alarm),
        history=tuple(Turned(at=each.at, state=each.state, before=each.before, reason=reason_words(each.reason)) for each in changes)
        if history
        else None,
    )


def _missing(session: Session, world: World) -> tuple[Missing, ...] | None:
    if not session.config.protected or world.alarms.value is None or world.target_groups.value is None:
        return None
    wanted = expected(world, session.config.names)
    return tuple(Missing(title=each.title, says=each.says, creates=as_cli(each.creates)) for each in wanted if each.found is None)


def plain(found: Alarms) -> list[str]:
    """The alarms as aligned lines."""
    lines = [f"{found.env}  {found.account or 'account ?'}  {_moment(found.at)}", ""]
    if found.alarms is None:
        return [*lines, f"  ? {found.unread}"]
    rows = [
        (
            f"scaling {each.state}" if each.scaling else each.state or "?",
            each.name,
            f"since {_moment(each.since)}" if each.since else "",
            "MUTED" if each.muted else "",
            each.turns_at,
            each.because,
        )
        for each in found.alarms
    ]
    lines += table(rows) or ["  none"]
    for each in found.missing or ():
        lines += ["", f"  missing: {each.title} ({each.says}); it would be created by", f"    {each.creates}"]
    return lines


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
