"""How far a followed change has come: pure, from the follow, its last reading and the World."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from clickit_tui.config import Thresholds
from clickit_tui.follow_data import DATA_READERS
from clickit_tui.world.ecs import Deployment, Service, Task, revision
from clickit_tui.world.follow import Follow, Following, Phase, Progress
from clickit_tui.world.health import healthy_targets, stopped_by_itself, why_stopped
from clickit_tui.world.minutes import CLOSED_S, ERRORS_5XX, closed, errors_5xx
from clickit_tui.world.parts import Alarm, Metrics
from clickit_tui.world.revisions import undone_by
from clickit_tui.world.seen import Absent, Age, Seen
from clickit_tui.world.words import brief, clock, several, spell
from clickit_tui.world.world import World

LIMIT_S = 1800.0
"""After this long a follow says that it is still waiting; a change that is steady stops being followed."""
STILL_FAILING_S = 300.0
"""Steady for this long without recovery is `still failing`."""
VISIBLE_S = 60.0
"""For this long a new deployment may be missing from the answers; one that was never seen by then was not begun."""
SETTLE_S = 30.0
"""For this long an answer may still show a count, or list the tasks, as it was before the change."""
QUIET_MINUTES = 3
"""So many closed minutes after it was steady tell whether it has recovered."""
READS: Mapping[str, tuple[str, ...]] = {"database": ("databases",), "snapshot": ("snapshots",)}
"""World fields that the kinds which concern no service are judged by."""
STEPS = "steps"
"""The kind of a plan of several calls that is being sent: who sends it says how far it has come."""
_BEFORE = "; before: "


class Facts(Protocol):
    """What of `checks.registry.Facts` is looked at."""

    @property
    def now(self) -> float: ...
    @property
    def thresholds(self) -> Thresholds: ...


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    bad: str = ""
    """What is known to be wrong."""
    waits: str = ""
    """What is not known yet."""
    judged_at: float | None = None
    """When enough minutes will be closed to tell."""


def begin(follow: Follow, answer: Mapping[str, Any], now: float) -> Following:
    """Start to follow a write that was just sent; `answer` is its answer, empty when that was lost."""
    known = follow.deployment or (_primary_id(answer) if follow.kind == "deployment" else "")
    begun = msgspec.structs.replace(follow, started_at=follow.started_at or now, deployment=known)
    return Following(follow=begun, sentence="sent: waiting for the first reading")


def _primary_id(answer: Mapping[str, Any]) -> str:
    service = answer.get("service")
    deployments = service.get("deployments") if isinstance(service, Mapping) else None
    listed = [d for d in deployments or () if isinstance(d, Mapping)] if isinstance(deployments, (list, tuple)) else []
    return next((str(d.get("id", "")) for d in listed if d.get("status") == "PRIMARY"), "")


def step(following: Following, world: World, facts: Facts) -> Following:
    """The newest reading of a followed change; one that has ended, is still being sent or belongs to another environment stays as it is."""
    follow = following.follow
    if not following.open or follow.env != world.env or follow.kind == STEPS:
        return following
    if paused := _paused(follow, world, facts):
        last = following.sentence.split(_BEFORE, 1)[-1]
        return _with(following, sentence=f"{paused}{_BEFORE}{last}" if last else paused)
    read = READERS.get(follow.kind, _unread)(follow, world, facts)
    kept = following if read.follow is None else _with(following, follow=read.follow)
    if read.moved and kept.steady_at is not None:
        return _end(kept, facts, kept.phase, f"{_reached(follow, kept.steady_at)}; then {read.moved}")
    if read.over:
        return _end(kept, facts, Phase.DONE, f"{read.sentence}: done in {_elapsed(follow, facts)}")
    if failed := read.failed or read.moved:
        return _end(kept, facts, Phase.FAILED, f"after {_elapsed(follow, facts)}: {failed}; {read.sentence}")
    if read.unknown:
        return _unknown(kept, read, facts)
    if not read.done and kept.steady_at is None:
        return _with(kept, phase=Phase.UNDER_WAY, sentence=read.sentence + _late(follow, facts))
    return _steady(kept, read, world, facts)


def _with(following: Following, **changes: object) -> Following:
    return msgspec.structs.replace(following, **changes)


def _end(following: Following, facts: Facts, phase: Phase, sentence: str) -> Following:
    return _with(following, phase=phase, sentence=sentence, ended_at=facts.now)


def _elapsed(follow: Follow, facts: Facts) -> str:
    return spell(facts.now - follow.started_at)


def _reached(follow: Follow, steady_at: float) -> str:
    """What a change that was steady had come to, whatever is read of it now."""
    count = f"{follow.desired} of {follow.desired} running" if follow.desired is not None else "complete"
    return f"{count} in {spell(steady_at - follow.started_at)}"


def _late(follow: Follow, facts: Facts) -> str:
    return f"; still waiting after {brief(facts.now - follow.started_at)}" if facts.now - follow.started_at >= LIMIT_S else ""


def _unknown(following: Following, read: Progress, facts: Facts) -> Following:
    if facts.now - following.follow.started_at >= read.unknown_for_s:
        over = f"{read.unknown}; not followed any longer after {_elapsed(following.follow, facts)}: look before you send it again"
        return _end(following, facts, Phase.UNKNOWN, over)
    return _with(following, phase=Phase.UNKNOWN, sentence=read.unknown)


def _paused(follow: Follow, world: World, facts: Facts) -> str:
    """Why nothing can be judged now; empty when it can."""
    if follow.kind in READS:
        return _awaited([(name, getattr(world, name)) for name in READS[follow.kind]], follow, facts)
    alone = follow.kind == "stop" and not follow.service
    needed: list[tuple[str, Seen[Any]]] = [] if alone else [("services", world.services)]
    needed += [("tasks", world.tasks)] if follow.kind == "stop" else []
    return _awaited(needed, follow, facts)


def _awaited(needed: list[tuple[str, Seen[Any]]], follow: Follow, facts: Facts) -> str:
    """Which of the needed answers is missing, and why; empty when none is."""
    for name, seen in needed:
        if seen.age(facts.now) is not Age.FRESH:
            return f"cannot tell: {name} {_word(seen, facts.now)}"
        if (seen.seen_at or 0.0) < follow.started_at:
            return "waiting for the first reading"
    return ""


def _word(seen: Seen[Any], now: float) -> str:
    return seen.fault.kind.value if seen.fault is not None else seen.age(now).value


# --- one reader a kind --------------------------------------------------------------------------------------------------------


def _unread(follow: Follow, world: World, facts: Facts) -> Progress:
    return Progress(sentence="", unknown=f"a follow of kind {follow.kind} cannot be read by this version")


def _service(follow: Follow, world: World) -> Service | None:
    return next((s for s in world.services.value or () if s.name == follow.service), None)


def _gone(follow: Follow) -> Progress:
    return Progress(sentence="nothing to follow", failed=f"service {follow.service} is not there any more")


def _scale(follow: Follow, world: World, facts: Facts) -> Progress:
    service = _service(follow, world)
    if service is None:
        return _gone(follow)
    sentence = progress(service.running, follow.desired, _healthy(world, service, facts))
    if service.desired is not None and service.desired != follow.desired:
        if service.desired == follow.before and facts.now - follow.started_at < SETTLE_S:
            return Progress(sentence=f"the answer still shows desired {service.desired}, not {follow.desired} yet")
        return Progress(sentence=sentence, moved=f"desired was changed to {service.desired} (autoscaling or somebody else)")
    done = service.running == follow.desired and _enough_healthy(world, service, follow.desired, facts)
    return _hindered(service, follow, world, Progress(sentence=sentence, done=done))


def _stop(follow: Follow, world: World, facts: Facts) -> Progress:
    task = next((t for t in world.tasks.value or () if t.arn == follow.task), None)
    name = f"task {follow.task.rsplit('/', 1)[-1][:8]}"
    if task is not None and not task.stopped:
        return Progress(sentence=f"{name} {task.status or 'without a status'}")
    if task is None and facts.now - follow.started_at < SETTLE_S:
        return Progress(sentence=f"{name} is not listed: waiting whether it has stopped")
    if not follow.service:
        return Progress(sentence=f"{name} stopped", done=True)
    service = _service(follow, world)
    if service is None:
        return _gone(follow)
    desired = service.desired
    enough = desired is not None and (service.running or 0) >= desired and _enough_healthy(world, service, desired, facts)
    done = enough and (facts.now - _stopped_at(task, follow) >= SETTLE_S or _others(follow, world) >= (desired or 0))
    said = f"{name} stopped, {progress(service.running, desired, _healthy(world, service, facts))}"
    return _hindered(service, follow, world, Progress(sentence=said, done=done))


def _stopped_at(task: Task | None, follow: Follow) -> float:
    return follow.started_at if task is None or task.stopped_at is None else task.stopped_at


def _others(follow: Follow, world: World) -> int:
    """How many of the service's tasks run besides the one that was stopped; its own count may still include that one."""
    group = f"service:{follow.service}"
    return sum(t.group == group and t.status == "RUNNING" and t.arn != follow.task for t in world.tasks.value or ())


def _deployment(follow: Follow, world: World, facts: Facts) -> Progress:
    service = _service(follow, world)
    if service is None:
        return _gone(follow)
    if not follow.deployment:
        return _adopt(follow, service, world, facts)
    own = next((d for d in service.deployments if d.id == follow.deployment), None)
    if service.primary is None:
        return Progress(sentence="", unknown=f"the answer does not say which deployment of {follow.part} is the primary one")
    if own is None or own.status != "PRIMARY":
        return _replaced(follow, service, own, world, facts)
    counts = progress(own.running, own.desired, healthy_of(own, world, service, facts))
    sentence = f"{_back(service, own, world)}{counts}{_breaker(service, world)}"
    if own.rollout == "FAILED":
        return Progress(sentence=sentence, failed=own.rollout_reason or _hindrance(service, follow, world) or "the roll-out failed")
    alone = len(service.deployments) == 1 and own.running is not None and own.running == own.desired
    return _hindered(service, follow, world, Progress(sentence=sentence, done=own.rollout == "COMPLETED" or (not own.rollout and alone)))


def _back(service: Service, own: Deployment, world: World) -> str:
    """`rolled back to api:41, ` of a deployment that undoes another one; empty of any other, which deploys what was wanted."""
    if "rolling back" not in own.rollout_reason and undone_by(world, service, own) is None:
        return ""
    word = "rolled" if own.rollout == "COMPLETED" else "rolling"
    return f"{word} back to {service.part}:{revision(own.task_definition) or '?'}, "


def _breaker(service: Service, world: World) -> str:
    """`, breaker 2 of 3` while the circuit breaker counts failures; empty when it counts none or is not known."""
    own = next((d for d in world.service_deployments.value or () if d.arn == service.service_deployment and d.running), None)
    if own is None or not own.failures or own.threshold is None:
        return ""
    return f", breaker {own.failures} of {own.threshold}"


def _rollback(follow: Follow, world: World, facts: Facts) -> Progress:
    """A deployment that was stopped to be rolled back: what ECS says of it by its ARN, else what the service's primary deployment shows."""
    service = _service(follow, world)
    if service is None:
        return _gone(follow)
    primary = service.primary
    name = f"{follow.part}:{revision(primary.task_definition) or '?'}" if primary is not None else "nothing"
    counts = "no primary deployment"
    if primary is not None:
        counts = progress(primary.running, primary.desired, healthy_of(primary, world, service, facts))
    seen = world.service_deployments
    fresh = seen.age(facts.now) is Age.FRESH and (seen.seen_at or 0.0) >= follow.started_at
    own = next((d for d in seen.value or () if d.arn == follow.service_deployment), None) if fresh else None
    if own is None:
        return _rolled_to(follow, primary, name, counts, "" if fresh else f"; service deployments {_word(seen, facts.now)}")
    if own.status in BACK:
        ended = f"{BACK[own.status]}{f': {own.reason}' if own.reason else ''}"
        return Progress(sentence=f"{name}, {counts}", failed=ended)
    if own.status == "ROLLBACK_SUCCESSFUL":
        return Progress(sentence=f"rolled back to {name}, {counts}", done=primary is not None and primary.rollout in ("COMPLETED", ""))
    if own.running:
        return Progress(sentence=f"waiting for the roll-back to begin; {counts}")
    return _hindered(service, follow, world, Progress(sentence=f"rolling back to {name}, {counts}"))


BACK = {
    "ROLLBACK_FAILED": "the roll-back failed",
    "SUCCESSFUL": "the deployment completed before it could be stopped: nothing was rolled back",
    "STOPPED": "another deployment replaced it",
}
"""How a deployment that was to be rolled back can end otherwise."""


def _rolled_to(follow: Follow, primary: Deployment | None, name: str, counts: str, unseen: str) -> Progress:
    """The roll-back as the service's own primary deployment shows it: a newer one than the stop."""
    if primary is None or primary.created_at is None or primary.created_at < follow.started_at - 5:
        return Progress(sentence=f"waiting for the roll-back to begin; {counts}{unseen}")
    if primary.rollout == "FAILED":
        return Progress(sentence=counts, failed=primary.rollout_reason or "the roll-back failed")
    done = primary.rollout == "COMPLETED"
    return Progress(sentence=f"{'rolled' if done else 'rolling'} back to {name}, {counts}{unseen}", done=done)


def _adopt(follow: Follow, service: Service, world: World, facts: Facts) -> Progress:
    """The write's answer was lost: a primary deployment created since then is taken for it."""
    primary = service.primary
    if primary is not None and primary.created_at is not None and primary.created_at >= follow.started_at - 5:
        if not primary.id:
            counts = progress(primary.running, primary.desired, _healthy(world, service, facts))
            return Progress(sentence="", unknown=f"{counts}; deployments come without an id here: whether this is ours cannot be told")
        learnt = msgspec.structs.replace(follow, deployment=primary.id)
        return msgspec.structs.replace(_deployment(learnt, world, facts), follow=learnt)
    unknown = f"no new deployment of {follow.part} since {clock(follow.started_at)}"
    read_after_s = (world.services.seen_at or 0.0) - follow.started_at
    return Progress(sentence="", unknown=unknown, unknown_for_s=VISIBLE_S if read_after_s >= VISIBLE_S else LIMIT_S)


def _replaced(follow: Follow, service: Service, own: Deployment | None, world: World, facts: Facts) -> Progress:
    primary = service.primary
    if own is None and facts.now - follow.started_at < VISIBLE_S and (primary is None or (primary.created_at or 0.0) < follow.started_at):
        return Progress(sentence="the new deployment is not visible yet")
    now = f"{follow.part}:{revision(primary.task_definition) or '?'}" if primary is not None else "nothing"
    rolled_back = (own is not None and own.rollout == "FAILED") or (primary is not None and "rolling back" in primary.rollout_reason)
    sentence = progress(primary.running, primary.desired, None) if primary is not None else "no primary deployment"
    if rolled_back:
        return Progress(sentence=sentence, failed=f"{_who(follow, service, own, world)} rolled it back to {now}")
    return Progress(sentence=sentence, moved=f"another deployment replaced it: {now} is the primary one now")


def _who(follow: Follow, service: Service, own: Deployment | None, world: World) -> str:
    """Who rolled a deployment back: the circuit breaker only where ECS says so; a person can do it too."""
    primary = service.primary
    record = undone_by(world, service, primary) if primary is not None else None
    if record is not None and record.breaker:
        triggered = record.breaker == "TRIGGERED"
    else:
        triggered = any("circuit breaker" in d.rollout_reason for d in (own, primary) if d is not None)
    stops = (f.follow for f in world.follows if f.follow.kind == "rollback" and f.follow.service == service.name)
    ours = any(stop.started_at >= follow.started_at for stop in stops)
    return "the circuit breaker" if triggered else "this program" if ours else "somebody or an alarm"


READERS: Mapping[str, Callable[[Follow, World, Facts], Progress]] = {
    "deployment": _deployment,
    "rollback": _rollback,
    "scale": _scale,
    "stop": _stop,
    **DATA_READERS,
}


# --- what is counted ----------------------------------------------------------------------------------------------------------


def progress(running: int | None, desired: int | None, healthy: int | None) -> str:
    """`2 of 5 running, 1 healthy`; `?` for a count the answer lacks, nothing about health where it is not known."""
    said = f"{'?' if running is None else running} of {'?' if desired is None else desired} running"
    return said if healthy is None else f"{said}, {healthy} healthy"


def _healthy(world: World, service: Service, facts: Facts) -> int | None:
    found = healthy_targets(world, service, facts.now)
    return None if found is None else found[0]


def healthy_of(deployment: Deployment, world: World, service: Service, facts: Facts) -> int | None:
    """Healthy targets of this deployment's own tasks; of the whole service where no task says which deployment started it."""
    tasks, targets = world.tasks.known(facts.now), world.targets.known(facts.now)
    if tasks is None or targets is None or not service.target_groups:
        return _healthy(world, service, facts)
    told = deployment.id.startswith("ecs-svc/") and any(t.started_by.startswith("ecs-svc/") for t in tasks if t.part == service.part)
    if not told:
        return _healthy(world, service, facts)
    own = {t.ip for t in tasks if t.started_by == deployment.id and t.ip}
    return len({t.id for t in targets if t.id in own and t.state == "healthy" and t.group in service.target_groups})


def _enough_healthy(world: World, service: Service, desired: int | None, facts: Facts) -> bool:
    if (service.groups_told and not service.target_groups) or not desired:
        return True
    healthy = _healthy(world, service, facts)
    return healthy is not None and healthy >= desired


def _hindered(service: Service, follow: Follow, world: World, read: Progress) -> Progress:
    """The reading with what hinders it; ECS giving up on starting tasks ends it."""
    if read.done:
        return read
    hindrance = _hindrance(service, follow, world)
    if "unable to consistently start tasks" in hindrance and _its_own(service, follow, world):
        return msgspec.structs.replace(read, failed=hindrance)
    return msgspec.structs.replace(read, sentence=f"{read.sentence}; {hindrance}") if hindrance else read


def _its_own(service: Service, follow: Follow, world: World) -> bool:
    """Whether failures that ECS tells of are those of what is followed: its events name no deployment, and the one before may yet fail."""
    primary = service.primary
    if follow.kind not in ("deployment", "rollback") or primary is None:
        return True
    return bool(primary.failed) or any(t.started_by == primary.id and _failed_since(t, follow) for t in world.tasks.value or ())


def _hindrance(service: Service, follow: Follow, world: World) -> str:
    """The newest `unable to` of the service's events since the change, else why a task stopped since then; empty when nothing tells."""
    since = [e.message for e in service.events if e.at is not None and e.at >= follow.started_at and "unable to" in e.message]
    if since:
        return since[0].removeprefix(f"(service {service.name}) ")[:200]
    failed = [t for t in world.tasks.value or () if _failed_since(t, follow)]
    newest = max(failed, key=lambda t: t.stopped_at or 0.0, default=None)
    return "" if newest is None else f"{several(len(failed), 'task')} stopped: {why_stopped(newest)[:160]}"


def _failed_since(task: Task, follow: Follow) -> bool:
    own = task.part == follow.part and task.arn != follow.task and task.group == f"service:{follow.service}"
    return own and task.stopped and (task.stopped_at or 0.0) >= follow.started_at and stopped_by_itself(task)


# --- recovery -----------------------------------------------------------------------------------------------------------------


def _steady(following: Following, read: Progress, world: World, facts: Facts) -> Following:
    follow = following.follow
    steady_at = following.steady_at if following.steady_at is not None else facts.now
    took = spell(steady_at - follow.started_at)
    state = _recovery(follow, steady_at, world, facts) if read.done else Recovery(bad="it is not steady any more")
    if state == Recovery():
        return _end(_with(following, steady_at=steady_at), facts, Phase.RECOVERED, f"{read.sentence}: done in {took}")
    for_s = facts.now - steady_at
    failing = bool(state.bad) and (for_s >= STILL_FAILING_S or not read.done)
    awaited = f"is judged at {clock(state.judged_at)}" if state.judged_at is not None else f"waits: {state.bad or state.waits}"
    sentence = f"{state.bad}; {read.sentence}, steady after {took}" if failing else f"{read.sentence} in {took}; recovery {awaited}"
    phase = Phase.STILL_FAILING if failing else Phase.STEADY
    stayed = _with(following, phase=phase, sentence=sentence, steady_at=steady_at)
    if for_s < LIMIT_S:
        return stayed
    return _end(stayed, facts, phase, f"{sentence}; not followed any longer after {brief(for_s)}")


def _recovery(follow: Follow, steady_at: float, world: World, facts: Facts) -> Recovery:
    """What keeps a steady change from being recovered: targets, alarms, 5xx."""
    service = _service(follow, world)
    if service is None or service.desired == 0:
        return Recovery()
    if service.desired is None:
        return Recovery(waits="the desired count is not known")
    if not _enough_healthy(world, service, service.desired, facts):
        healthy = _healthy(world, service, facts)
        if healthy is None:
            return Recovery(waits=f"target health {_word(world.targets, facts.now)}")
        return Recovery(bad=f"{healthy} of {service.desired} targets healthy")
    return _alarms(service, world, facts) or _errors(steady_at, world, facts)


def _alarms(service: Service, world: World, facts: Facts) -> Recovery | None:
    alarms = world.alarms.known(facts.now)
    if alarms is None:
        return Recovery(waits=f"alarms {_word(world.alarms, facts.now)}")
    firing = [a.name for a in alarms if a.state == "ALARM" and _concerns(a, service)]
    return Recovery(bad=f"{several(len(firing), 'alarm')}: {', '.join(firing[:2])}") if firing else None


def _concerns(alarm: Alarm, service: Service) -> bool:
    """Whether an alarm watches this service or its edge; autoscaling's own alarms are no trouble."""
    if alarm.name.startswith("TargetTracking-"):
        return False
    named = dict(alarm.dimensions)
    groups = tuple(arn.rsplit(":", 1)[-1] for arn in service.target_groups)
    if "TargetGroup" in named:
        return named["TargetGroup"] in groups
    return named.get("ServiceName") == service.name or ("LoadBalancer" in named and bool(groups))


def _errors(steady_at: float, world: World, facts: Facts) -> Recovery:
    if isinstance(world.balancer.value, Absent):
        return Recovery()
    found = world.metrics.known(facts.now)
    if found is None:
        return Recovery(waits=f"5xx not seen: metrics {_word(world.metrics, facts.now)}")
    hidden = [key for key in ERRORS_5XX if key not in found.series or found.series[key].status != "Complete"]
    if hidden:
        return Recovery(waits=f"5xx not seen: {', '.join(hidden)} not read")
    return _quiet(found, steady_at, world.metrics.seen_at or facts.now, facts)


def _quiet(metrics: Metrics, steady_at: float, read_at: float, facts: Facts) -> Recovery:
    """Three closed minutes since it was steady, below the threshold's share of three in five minutes."""
    first = math.ceil(steady_at / 60) * 60
    minutes = tuple(at for at in closed(metrics, read_at, QUIET_MINUTES) if at >= first)
    if len(minutes) < QUIET_MINUTES:
        judged_at = first + (QUIET_MINUTES - 1) * 60 + CLOSED_S
        behind = f"{len(minutes)} of {QUIET_MINUTES} closed minutes since then"
        return Recovery(judged_at=judged_at) if facts.now < judged_at else Recovery(waits=behind)
    total = errors_5xx(metrics, minutes).total
    if total is None:
        return Recovery(waits="no traffic since then")
    if total > facts.thresholds.errors_5xx_fail * QUIET_MINUTES / 5:
        return Recovery(bad=f"{total:.0f} 5xx in {QUIET_MINUTES} min")
    return Recovery()
