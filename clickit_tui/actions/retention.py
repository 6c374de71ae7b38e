"""Set how long a log group keeps its events."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import state
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world import prices
from clickit_tui.world.money import LogGroup
from clickit_tui.world.world import World

OFFERED = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days that CloudWatch Logs takes."""
USUAL = 30


def _found(world: World, target: Target) -> LogGroup | Refused:
    found = next((group for group in world.log_groups.value or () if group.name == target.id), None)
    return found if found is not None else Refused(f"log group {target.id} is not there any more")


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The wanted days."""
    found = _found(world, target)
    if isinstance(found, Refused):
        return ()
    return (Field(name="days", label="days", initial=str(found.retention_days or USUAL)),)


@action(
    id="retention",
    key="",
    verb="retention",
    title="Set how long a log group keeps its events",
    on=("log group",),
    operations=("logs:PutRetentionPolicy",),
    fields=fields,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """What is older than the wanted days is deleted by CloudWatch, for good."""
    found = _found(world, target)
    if isinstance(found, Refused):
        return found
    days = wanted(given.get("days", ""))
    if isinstance(days, Refused):
        return days
    if days == found.retention_days:
        return Refused(f"already {days} days")
    before = found.retention_days
    shortens = before is None or days < before
    inverse = None if before is None else put(found.name, before)
    return Plan(
        action="retention",
        title=f"RETENTION {found.name}",
        env=world.env,
        target=found.part or "logs",
        steps=(Step(call=put(found.name, days)),),
        effect=(*_effect(found, days, shortens), *_old(world, facts)),
        risk=Risk.SEVERE,
        undo="cannot be undone: deleted events do not come back" if shortens else f"U: back to {before} days",
        inverse=inverse,
        refreshes=("log_groups",),
        basis=msgspec.structs.replace(state.basis(world, None, found.part), log_group=found.name, retention=found.kept),
    )


def put(group: str, days: int) -> Call:
    """PutRetentionPolicy."""
    return Call("logs", "PutRetentionPolicy", {"logGroupName": group, "retentionInDays": days})


def wanted(text: str) -> int | Refused:
    """The typed days, or why AWS would not take them."""
    typed = text.strip()
    if typed.isascii() and typed.isdigit() and len(typed) < 6 and int(typed) in OFFERED:
        return int(typed)
    some = ", ".join(map(str, OFFERED[:12]))
    return Refused(f"CloudWatch Logs takes {some} … days")


def _old(world: World, facts: Facts) -> tuple[Line, ...]:
    why = state.trouble(world.log_groups, facts.now)
    return (state.warn(f"what the group keeps now is not known for sure: {why}"),) if why else ()


def _effect(found: LogGroup, days: int, shortens: bool) -> tuple[Line, ...]:
    lines = [Line(text=f"{found.kept} → {days} days")]
    if shortens:
        lines.append(state.warn(f"every event older than {days} days is deleted within about 72 hours, for good"))
    if found.stored_bytes is None:
        lines.append(state.warn("how much is stored is not known"))
    else:
        kept = found.stored_bytes / prices.GB
        lines.append(Line(text=f"stored now {kept:.1f} GB, ${kept * prices.LOG_GB_MONTH:.2f} a month ({prices.PRICED})"))
    return tuple(lines)
