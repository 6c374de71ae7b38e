"""Redeploy a service: the same revision once more, with its images and secrets resolved again."""

from __future__ import annotations

import math

from clickit_tui.actions import state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.ecs import Service, revision, tag
from clickit_tui.world.follow import Follow
from clickit_tui.world.supply import MOVING
from clickit_tui.world.world import World


@action(
    id="redeploy",
    key="R",
    verb="redeploy",
    title="Redeploy a service (force a new deployment)",
    on=("service", "task"),
    operations=("ecs:UpdateService",),
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Replace every task of the row's service by a new one of the same revision."""
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return service
    if service.desired == 0:
        return Refused(f"{service.part} is scaled to 0: there is no task to replace (S scales it)")
    where = state.cluster(service.cluster, facts)
    health = state.health(world, service, facts.now)
    call = Call("ecs", "UpdateService", {"cluster": where, "service": service.name, "forceNewDeployment": True})
    return Plan(
        action="redeploy",
        title=f"REDEPLOY {service.name}",
        env=world.env,
        target=service.part,
        steps=(Step(call=call),),
        effect=_effect(world, service, health, facts),
        risk=risk(service, health),
        undo="cannot be undone: the tasks are replaced; B goes back to an earlier revision",
        refreshes=(*state.REFRESHES, "service_deployments"),
        basis=state.basis(world, service, service.part),
        then=Follow(kind="deployment", env=world.env, part=service.part, service=service.name, cluster=where, desired=service.desired),
    )


def _effect(world: World, service: Service, health: state.Health, facts: Facts) -> tuple[Line, ...]:
    name = f"{service.part}:{revision(service.task_definition) or '?'}"
    head = Line(text=f"deployment {name} → {name} again   {state.counts(service, health)}")
    images, moving = _images(world, service)
    return (head, *floor_warning(service, health), *moving, *_breaker(service), *state.shared_warnings(world, service, facts), *images)


def floor(service: Service) -> int | None:
    """How many tasks stay while it rolls; None when the answer does not say."""
    if service.desired is None or service.min_healthy_percent is None:
        return None
    return math.ceil(service.desired * service.min_healthy_percent / 100)


def serving(service: Service, health: state.Health) -> int | None:
    """How many tasks serve now: the healthy targets, where they are not known the running tasks; None when neither is known."""
    return health.healthy if health.healthy is not None else service.running


def risk(service: Service, health: state.Health) -> Risk:
    """Severe when fewer may be healthy while it rolls than are now."""
    least = floor(service)
    now = serving(service, health)
    if least is None or now is None:
        return Risk.NORMAL
    return Risk.SEVERE if least < min(now, service.desired or 0) else Risk.NORMAL


def floor_warning(service: Service, health: state.Health) -> tuple[Line, ...]:
    """How many tasks stay while it rolls, and how many run at most."""
    least = floor(service)
    if least is None or service.desired is None:
        return (state.warn("how many tasks stay while it rolls is unknown: the answer names no minimum healthy percent"),)
    most = "?" if service.max_percent is None else str(math.floor(service.desired * service.max_percent / 100))
    percent = f"minimum {service.min_healthy_percent} %, maximum {state.counted(service.max_percent)} %"
    now = serving(service, health)
    stay = least if now is None else min(least, now)
    fewer = f" ({now} {'healthy' if health.healthy is not None else 'running'} now)" if now is not None and now < least else ""
    text = f"{percent}: at least {stay} of {service.desired} stay{fewer}, up to {most} run"
    return (Line(text=text, level="plain" if not fewer and least >= min(service.desired, health.healthy or 0) else "warn"),)


def _images(world: World, service: Service) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """(the images that are resolved again, the warnings about tags that move)."""
    found = state.definition_of(world, service.task_definition)
    if found is None:
        why = world.definitions.fault.sentence if world.definitions.fault else "the task definition was not read"
        return (), (state.warn(f"images unknown: {why}"),)
    images = tuple(Line(text=f"resolves again: {c.image}") for c in found.containers if c.image)
    moving = tuple(
        state.warn(f"tag {tag(c.image)} moves: the new tasks may run another image{_running(world, service, c.name)}")
        for c in found.containers
        if c.image and tag(c.image) in MOVING
    )
    return images, moving


def _running(world: World, service: Service, container: str) -> str:
    digests = {
        c.digest
        for t in world.tasks.value or ()
        if t.part == service.part and not t.stopped
        for c in t.containers
        if c.name == container and c.digest
    }
    return f" than {', '.join(sorted(d[:19] for d in digests))}" if digests else ""


def _breaker(service: Service) -> tuple[Line, ...]:
    if service.breaker_enabled is None:
        return (state.warn("circuit breaker unknown: the answer does not say"),)
    if not service.breaker_enabled:
        return (state.warn("circuit breaker off: a roll-out that fails keeps trying"),)
    after = "rolls back" if service.breaker_rollback else "stops and does not roll back"
    return (Line(text=f"circuit breaker on: a roll-out that fails {after}"),)
