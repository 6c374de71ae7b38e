"""What several rules look at: when the trouble began, which deployment it began with, which tasks stopped by themselves."""

from __future__ import annotations

import msgspec

from clickit_tui.checks.happened import deployment_name
from clickit_tui.checks.registry import Todo
from clickit_tui.checks.suspects import ANSWERS, bad_run
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks.registry import Case
from clickit_tui.world.causes import StopCause, cause_of
from clickit_tui.world.ecs import Deployment, Service, Task
from clickit_tui.world.minutes import Reading, errors_5xx, newest_minutes, read
from clickit_tui.world.revisions import deployments_of

SUSPECT_S = 3600.0
"""A deployment older than this when the trouble began is not suspected (heuristic, aws.md 10)."""
LOOK_BACK = 180
"""Minutes in which a beginning is looked for."""
SHARE = 0.2
"""A minute is part of the trouble from this share of its worst minutes on (heuristic): single errors before it are no beginning."""
STOPS_S = 3600.0
"""Tasks that stopped by themselves are looked at for so long: ECS waits up to 15 minutes between tries."""
RECENT_S = 900.0


def services(case: Case) -> tuple[Service, ...]:
    """ClickIt's services as they are freshly known."""
    return case.world.services.known(case.facts.now) or ()


def of_part(case: Case, part: str) -> Service | None:
    return next((one for one in services(case) if one.part == part), None)


# --- when it began ----------------------------------------------------------------------------------------------------------------


def first_5xx(case: Case) -> float | None:
    """Start of the first minute of the 5xx that go on, as the timeline tells it; None without any."""
    run = bad_run(case.world, case.facts, ANSWERS)
    return run.at if run is not None else None


def onset(case: Case) -> float | None:
    """Start of the minute in which the 5xx rose to what they are now; None without any."""
    found, read_at = case.world.metrics.value, case.world.metrics.seen_at
    if found is None or read_at is None or first_5xx(case) is None:
        return None
    return rise(errors_5xx(found, newest_minutes(found, read_at, LOOK_BACK)))


def answers_5xx(case: Case) -> float:
    """Answers 5xx in the newest five minutes, a lower bound."""
    found, read_at = case.world.metrics.known(case.facts.now), case.world.metrics.seen_at
    return (errors_5xx(found, newest_minutes(found, read_at or case.facts.now, 5)).total or 0.0) if found is not None else 0.0


def rise(got: Reading) -> float | None:
    """Start of the newest run of minutes above a share of its worst ones; gaps of fewer than 5 minutes do not end it."""
    worst = max((value for _, value in got.present[-15:]), default=0.0)
    if worst <= 0:
        return None
    start = None
    for at, value in reversed(got.present):
        if value > SHARE * worst:
            start = at
        elif start is not None and start - at >= 300:
            break
    return start


def series(case: Case, key: str, minutes: int = 60) -> Reading | None:
    """A metric over its newest minutes, those that still grow included; None when it is not freshly known."""
    found = case.world.metrics.known(case.facts.now)
    return read(found, key, newest_minutes(found, case.world.metrics.seen_at or case.facts.now, minutes)) if found is not None else None


# --- deployments -----------------------------------------------------------------------------------------------------------------


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment of the last hour."""

    service: Service
    deployment: Deployment
    at: float
    name: str
    """`api:42 (v2.3.1)`."""


def rollouts(case: Case) -> list[Rollout]:
    """The services' primary deployments that are younger than an hour, newest first; what a roll-back put in place is none."""
    found = []
    for service in services(case):
        newest = service.primary
        if newest is None or newest.created_at is None or case.facts.now - newest.created_at > SUSPECT_S or rolled_back(case, service):
            continue
        found.append(Rollout(service=service, deployment=newest, at=newest.created_at, name=deployment_name(case.world, service, newest)))
    return sorted(found, key=lambda one: -one.at)


def rolled_back(case: Case, service: Service) -> bool:
    """Whether the newest deployment failed within the hour and ECS went back, or goes back, by itself."""
    newest = next(iter(deployments_of(case.world, service)), None)
    primary = service.primary
    recorded = newest is not None and newest.status.startswith("ROLLBACK") and case.facts.now - (newest.created_at or 0.0) < SUSPECT_S
    return recorded or (primary is not None and "rolling back" in primary.rollout_reason)


def back(case: Case, part: str) -> tuple[Todo, ...]:
    """Rolling a service back; nothing when ECS has gone back by itself."""
    service = of_part(case, part)
    if service is None or (rolled_back(case, service) and not service.rolling):
        return ()
    return (Todo(words=f"roll {part} back", action="rollback", part=part),)


# --- stopped tasks ------------------------------------------------------------------------------------------------------------------


class Stops(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks of a service that stopped by themselves for the most frequent cause, newest first."""

    part: str
    service: Service
    cause: StopCause
    tasks: tuple[Task, ...]
    short: bool
    """Fewer tasks run than are desired."""
    reverted: bool
    """ECS rolled their deployment back."""

    @property
    def reason(self) -> str:
        """What the newest of them said."""
        newest = self.tasks[0]
        return next((c.reason for c in newest.containers if c.reason), newest.stopped_reason)


def failing(case: Case) -> Stops | None:
    """The service whose tasks stop by themselves: now, or until ECS went back; the one with the most such tasks."""
    found = [stops for part in SERVICES if (stops := _failing(case, part)) is not None]
    return max(found, key=lambda one: len(one.tasks), default=None)


def _failing(case: Case, part: str) -> Stops | None:
    service = of_part(case, part)
    if service is None:
        return None
    short = service.running is not None and service.desired is not None and service.running < service.desired
    reverted = rolled_back(case, service)
    within = STOPS_S if short or reverted else RECENT_S
    stopped = [t for t in case.world.tasks.known(case.facts.now) or () if t.part == part and t.stopped and t.stopped_at is not None]
    bad = [t for t in stopped if case.facts.now - (t.stopped_at or 0.0) <= within and cause_of(t).failed]
    if not bad or (len(bad) < 2 and not short and not reverted):
        return None
    named = [cause_of(t) for t in bad]
    most = max(named, key=lambda one: sum(each.id == one.id for each in named))
    own = sorted((t for t in bad if cause_of(t).id == most.id), key=lambda t: -(t.stopped_at or 0.0))
    return Stops(part=part, service=service, cause=most, tasks=tuple(own), short=short, reverted=reverted)


def crashing(stops: Stops) -> bool:
    """Whether the program itself ended."""
    return stops.cause.id.startswith(("exit", "entrypoint"))


def deployed(case: Case, stops: Stops) -> bool:
    """Whether the tasks that stop are those of a deployment of the last hour."""
    newest = stops.service.primary
    young = newest is not None and newest.created_at is not None and case.facts.now - newest.created_at <= SUSPECT_S
    return stops.reverted or (young and newest is not None and stops.tasks[0].task_definition == newest.task_definition)
