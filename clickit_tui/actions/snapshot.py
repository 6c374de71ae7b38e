"""Make a snapshot of the database by hand."""

from __future__ import annotations

from clickit_tui.actions import database, state
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Step
from clickit_tui.world.follow import Follow
from clickit_tui.world.world import World


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The name, which begins with the instance's and the moment."""
    return (Field(name="name", label="name", initial=f"{target.id}-{database.stamp(facts)}"),)


@action(
    id="snapshot",
    key="",
    verb="snapshot",
    title="Make a snapshot of the database",
    on=("database",),
    operations=("rds:CreateDBSnapshot",),
    fields=fields,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """A manual snapshot of the row's instance: it stays until somebody deletes it."""
    of = database.database_of(world, target)
    if isinstance(of, Refused):
        return of
    if of.status != "available":
        return Refused(f"{of.id} is {of.status or 'in no known status'}: RDS makes snapshots of an available instance only")
    taken = tuple(s.id for s in world.snapshots.value or ())
    name = database.named(given.get("name", ""), "snapshot", database.LONGEST_SNAPSHOT, taken)
    if isinstance(name, Refused):
        return name
    return Plan(
        action="snapshot",
        title=f"SNAPSHOT {of.id}",
        env=world.env,
        target="db",
        steps=(Step(call=Call("rds", "CreateDBSnapshot", {"DBInstanceIdentifier": of.id, "DBSnapshotIdentifier": name})),),
        effect=(
            Line(text=f"{of.id} → snapshot {name}, at most {of.storage_gib or '?'} GiB; it is kept until somebody deletes it"),
            *((state.warn("one zone: reads and writes may pause for some seconds while it begins"),) if of.multi_az is False else ()),
            *database.freshness(world, facts),
        ),
        undo="cannot be undone from here: this program deletes nothing",
        refreshes=database.REFRESHES,
        basis=database.basis(world, of.id, status=of.status),
        then=Follow(kind="snapshot", env=world.env, part="db", resource=name),
    )
