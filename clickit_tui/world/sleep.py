"""An environment put to sleep: which of its services are marked, and what has moved since."""

from __future__ import annotations

from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Service
from clickit_tui.world.mark import Mark, mark_of
from clickit_tui.world.parts import Database, ScalableTarget
from clickit_tui.world.words import several
from clickit_tui.world.world import World


def own(world: World) -> tuple[Service, ...]:
    """The services that sleep and wake, in the order of the screens."""
    return tuple(service for part in SERVICES for service in world.services.value or () if service.part == part)


def marked(world: World) -> dict[str, Mark]:
    """The marks of the services that are asleep by our mark, by part."""
    return {service.part: mark for service in own(world) if (mark := mark_of(service)) is not None and mark.asleep}


def target_of(world: World, part: str) -> ScalableTarget | None:
    """The part's scalable target, where it has one."""
    return next((target for target in world.scaling.value or () if target.part == part), None)


def drift(world: World) -> tuple[str, ...]:
    """What is no longer as it was left when the environment was put to sleep; empty when it is awake."""
    marks = marked(world)
    if not marks:
        return ()
    up = [service for service in own(world) if service.part in marks and service.desired]
    found = [f"{service.part} is set to {several(service.desired or 0, 'task')}" for service in up]
    for part in marks:
        target = target_of(world, part)
        if target is not None and target.minimum:
            found.append(f"autoscaling of {part} may raise it to {target.minimum}")
    database = world.database.value
    if isinstance(database, Database) and database.status not in ("stopped", "stopping", ""):
        found.append(f"the database is {database.status} (AWS starts a stopped one after 7 days)")
    return tuple(found)
