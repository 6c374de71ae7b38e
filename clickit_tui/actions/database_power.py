"""Stop and start the database."""

from __future__ import annotations

import time
from typing import Literal

from clickit_tui.actions import database, state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.follow import Follow
from clickit_tui.world.parts import Database
from clickit_tui.world.words import several
from clickit_tui.world.world import World

WEEK_S = 7 * 86_400


def call(operation: str, name: str) -> Call:
    """StopDBInstance or StartDBInstance of an instance."""
    return Call("rds", operation, {"DBInstanceIdentifier": name})


@action(
    id="stop_database",
    key="",
    verb="stop database",
    title="Stop the database; RDS starts it again after 7 days",
    on=("database",),
    operations=("rds:StopDBInstance",),
)
def stop(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Refused in a protected environment, unless the configuration allows it there."""
    of = database.database_of(world, target)
    if isinstance(of, Refused):
        return of
    if facts.protected and not facts.may_stop_database:
        return Refused(f"{facts.names.env} is protected: stop_database = true for it in the configuration would allow it")
    if of.replicas:
        return Refused(f"{of.id} has read replicas ({', '.join(of.replicas)}): RDS does not stop it")
    if of.status != "available":
        return Refused(f"{of.id} is {of.status or 'in no known status'}: only an available instance can be stopped")
    effect = (*_loses(world, facts), *_rests(of, facts))
    undo = "U: start it again; a start can fail for want of capacity, so it is not sure to come back at once"
    return _plan("stop", of, world, effect, undo, facts)


def _plan(way: Literal["stop", "start"], of: Database, world: World, effect: tuple[Line, ...], undo: str, facts: Facts) -> Plan:
    here, back = ("StopDBInstance", "StartDBInstance") if way == "stop" else ("StartDBInstance", "StopDBInstance")
    wanted = "stopped" if way == "stop" else "available"
    return Plan(
        action=f"{way}_database",
        title=f"{way.upper()} {of.id}",
        env=world.env,
        target="db",
        steps=(Step(call=call(here, of.id)),),
        effect=(*effect, *database.freshness(world, facts)),
        risk=Risk.SEVERE if way == "stop" else Risk.NORMAL,
        undo=undo,
        inverse=call(back, of.id),
        refreshes=database.REFRESHES,
        basis=database.basis(world, of.id, status=of.status),
        then=Follow(kind="database", env=world.env, part="db", resource=of.id, wanted=wanted),
    )


def _loses(world: World, facts: Facts) -> tuple[Line, ...]:
    series = (metrics := world.metrics.known(facts.now)) and metrics.series.get("db.connections")
    last = series.last(facts.now) if series else None
    count = "how many connections it has is unknown" if last is None else f"{last[1]:.0f} connections end"
    running = [s.part for s in world.services.value or () if s.desired]
    lines = [Line(text=f"available → stopped   {count}")]
    if running:
        lines.append(state.warn(f"{', '.join(running)} still run and will fail: scale them to 0 first, or use sleep"))
    migrations = [t for t in world.tasks.value or () if t.part == "migration" and not t.stopped]
    if migrations:
        lines.append(state.warn(f"{several(len(migrations), 'migration')} running: it breaks half way"))
    return tuple(lines)


def _rests(of: Database, facts: Facts) -> tuple[Line, ...]:
    again = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(facts.now + WEEK_S))
    lines = [state.warn(f"RDS starts it by itself after 7 days: about {again}; then stop it again")]
    slow = ["Multi-AZ: stopping may take long"] if of.multi_az else []
    return (*lines, Line(text="; ".join(("storage and backups stay billed, no automated backup while it is stopped", *slow))))


@action(
    id="start_database",
    key="",
    verb="start database",
    title="Start the stopped database",
    on=("database",),
    operations=("rds:StartDBInstance",),
)
def start(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Offered in every environment."""
    of = database.database_of(world, target)
    if isinstance(of, Refused):
        return of
    if of.status != "stopped":
        return Refused(f"{of.id} is {of.status or 'in no known status'}: only a stopped instance can be started")
    at = "" if of.restarts_at is None else f"; RDS would by itself at {time.strftime('%Y-%m-%d %H:%MZ', time.gmtime(of.restarts_at))}"
    effect = (
        Line(text=f"stopped → available, in some minutes{at}"),
        Line(text="it can fail: no capacity of this class, a subnet without addresses, a key that cannot be used"),
    )
    undo = "U: stop it again" if not facts.protected or facts.may_stop_database else "a stop is refused in a protected environment"
    return _plan("start", of, world, effect, undo, facts)
