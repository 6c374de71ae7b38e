"""The entries of the timeline, one builder for each thing they are read from; every builder is a pure function of World and facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from clickit_tui.checks.alarms import SCALING
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call
from clickit_tui.world.causes import cause_of
from clickit_tui.world.ecs import Deployment, Service, ServiceDeployment, Task, revision, tag
from clickit_tui.world.health import own_changes, why_stopped
from clickit_tui.world.incident import Recorded, Told
from clickit_tui.world.revisions import came_back_to, undone_by
from clickit_tui.world.supply import Secret
from clickit_tui.world.words import event
from clickit_tui.world.world import World

LONG = 200
"""Most characters of an entry's one line; the rest stands in its detail."""
NEAR_S = 90.0
"""Two tellings of one transition, or of one deployment, differ by less."""


class Kind(StrEnum):
    """What an entry is about; the order is that of entries of one moment, cause before symptom."""

    DEPLOYMENT = "deployment"
    SCALING = "scaling"
    DATABASE = "database"
    CACHE = "cache"
    SECRET = "secret"  # noqa: S105 - a kind of entry, not a secret
    IMAGE = "image"
    YOU = "you"
    EVENT = "event"
    STOP = "stop"
    ALARM = "alarm"
    VERDICT = "verdict"
    BOOKMARK = "bookmark"
    NOTE = "note"
    INCIDENT = "incident"


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the timeline."""

    id: str
    """Stays the same from reading to reading."""
    at: float
    """Epoch seconds."""
    kind: Kind
    part: str
    text: str
    """One line, beside kind and part."""
    said: str = ""
    """The same as a sentence that stands alone."""
    source: str = ""
    """The call it was read with, or `journal`."""
    call: Call | None = None
    """What shows it on the command line."""
    detail: str = ""
    bad: bool = False
    quiet: bool = False
    """Routine: hidden unless asked for."""
    news: bool = False
    """Counts as a last change."""
    change: bool = False
    """May have caused trouble: what came before the first bad minute is ranked among these."""


def _line(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONG else plain[: LONG - 1] + "…"


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- deployments and service events -------------------------------------------------------------------------------------------


def deployment_name(world: World, service: Service, deployment: Deployment) -> str:
    """`api:42 (v2.3.1)`: part, revision and the image's tag where the definition is known."""
    return definition_name(world, service.part, deployment.task_definition)


def definition_name(world: World, part: str, arn: str) -> str:
    """The same of a task definition."""
    name = f"{part}:{revision(arn) or '?'}"
    known = next((d for d in world.definitions.value or () if d.arn == arn), None)
    tags = [tag(c.image) for c in known.containers if c.image] if known else []
    return f"{name} ({tags[0]})" if tags else name


def deployments(world: World, facts: Facts) -> Iterator[Happening]:
    """When each deployment began and how it ended; ECS's record of service deployments reaches back 90 days."""
    for service in world.services.value or ():
        recorded = [d for d in world.service_deployments.value or () if d.service in (service.name, service.arn)]
        for one in recorded:
            yield from _recorded(world, service, one)
        times = [one.created_at or one.started_at or 0.0 for one in recorded]
        for d in service.deployments:
            if d.created_at is not None and not any(abs(d.created_at - at) < NEAR_S for at in times):
                yield _began(world, service, d)


def _began(world: World, service: Service, d: Deployment) -> Happening:
    name = deployment_name(world, service, d)
    back = undone_by(world, service, d) is not None
    ours = d.id in {f.follow.deployment for f in own_changes(world)}
    return Happening(
        id=f"deployment:{d.id}",
        at=d.created_at or 0.0,
        kind=Kind.DEPLOYMENT,
        part=service.part,
        text=f"roll-back to {name} began" if back else f"{name} began",
        said=f"roll-back to {name}" if back else f"deployment {name}",
        source="ecs:DescribeServices",
        call=_describe(service),
        detail=d.rollout_reason,
        bad=d.rollout == "FAILED",
        news=d.status == "PRIMARY" and not ours,
        change=True,
    )


def _describe(service: Service) -> Call:
    return Call("ecs", "DescribeServices", {"cluster": service.cluster, "services": [service.name]})


_ENDED = {
    "SUCCESSFUL": "completed",
    "STOPPED": "was stopped",
    "ROLLBACK_SUCCESSFUL": "was rolled back",
    "ROLLBACK_FAILED": "failed, and so did its roll-back",
}


def _recorded(world: World, service: Service, d: ServiceDeployment) -> Iterator[Happening]:
    arn = next((r.task_definition for r in world.revisions.value or () if r.arn and r.arn == d.target_revision), "")
    name = definition_name(world, service.part, arn) if arn else service.part
    call = Call("ecs", "DescribeServiceDeployments", {"serviceDeploymentArns": [d.arn]})
    primary = service.primary
    begun, began_at = d.created_at or d.started_at, primary.created_at if primary else None
    current = primary is not None and begun is not None and began_at is not None and abs(begun - began_at) < NEAR_S
    ours = current and primary is not None and primary.id in {f.follow.deployment for f in own_changes(world)}
    plain = Happening(
        id=f"deployment:{d.arn}",
        at=begun or 0.0,
        kind=Kind.DEPLOYMENT,
        part=service.part,
        text=f"{name} began",
        said=f"deployment {name}",
        source="ecs:DescribeServiceDeployments",
        call=call,
        detail=d.reason,
        bad=d.status in ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"),
        news=not ours,
        change=True,
    )
    if begun is not None:
        yield plain
    if d.finished_at is not None and (ended := _ENDED.get(d.status, d.status.lower().replace("_", " "))):
        words = f"{name} {ended}" + (f": {_line(d.reason)}" if d.reason and d.status != "SUCCESSFUL" else "")
        yield msgspec.structs.replace(
            plain, id=f"deployment end:{d.arn}", at=d.finished_at, text=words, said=f"deployment {words}", news=False, change=False
        )


def events(world: World, facts: Facts) -> Iterator[Happening]:
    """What ECS says of the services; no news, and what our own change brings about, is quiet."""
    for service in world.services.value or ():
        for one in service.events:
            if one.at is None:
                continue
            back = came_back_to(world, service, one.message)
            words = f"rolled back to {definition_name(world, service.part, back)}" if back else event(one.message)
            text = _line(words or one.message.partition(") ")[2] or one.message)
            yield Happening(
                id=f"event:{one.id or one.at}",
                at=one.at,
                kind=Kind.EVENT,
                part=service.part,
                text=text,
                said=f"{service.part}: {_short(text)}",
                source="ecs:DescribeServices",
                call=_describe(service),
                detail=one.message,
                bad=any(word in text for word in ("unable to", "unhealthy", "failed", "rolling back")),
                quiet=not words or _brought_about(world, service, one.at, words),
                news=True,
            )


def _brought_about(world: World, service: Service, at: float, words: str) -> bool:
    """Whether an event only says that a change of ours proceeds."""
    during = any(f.follow.part == service.part and f.follow.started_at <= at <= (f.ended_at or at) for f in own_changes(world))
    return during and words.startswith(("started ", "stopped ", "deployment completed", "rolled back"))


# --- tasks, autoscaling, alarms -----------------------------------------------------------------------------------------------


def stops(world: World, facts: Facts) -> Iterator[Happening]:
    """Stopped tasks with their cause, those that only the journal remembers included; routine stops are quiet."""
    known = {task.arn: task for task in (*world.remembered, *(world.tasks.value or ())) if task.stopped}
    for task in known.values():
        if (at := task.stopped_at or task.stopping_at) is not None:
            yield _stop(task, at, facts)


def _stop(task: Task, at: float, facts: Facts) -> Happening:
    cause, why = cause_of(task), _line(why_stopped(task))
    title = cause.title if cause.title.lower() in why.lower() else f"{cause.title}: {why}"
    return Happening(
        id=f"stop:{task.arn}",
        at=at,
        kind=Kind.STOP,
        part=task.part,
        text=f"{task.id[:6]} {why if cause.title.lower() in why.lower() else title}",
        source="ecs:DescribeTasks",
        call=Call("ecs", "DescribeTasks", {"cluster": facts.names.cluster, "tasks": [task.id]}),
        detail=f"{task.stop_code} {task.stopped_reason}".strip() + (f"; {cause.fix}" if cause.fix else ""),
        bad=cause.failed,
        quiet=cause.hidden,
    )


_TRIGGERED = re.compile(r"alarm (?P<alarm>\S+) in state \S+ triggered policy (?P<policy>\S+)")


def scalings(world: World, facts: Facts) -> Iterator[Happening]:
    """What autoscaling did."""
    for one in world.scaling_activities.value or ():
        if one.at is None:
            continue
        found = _TRIGGERED.search(one.cause)
        text = one.description.rstrip(".").replace("Setting desired count to", "desired count to") or one.message or "scaled"
        plain = _line(text)
        policy = found["policy"].removeprefix(f"{facts.names.service(one.part)}-") if found else ""
        text = f"{plain} (policy {policy})" if policy else plain
        failed = one.status in ("Failed", "Unfulfilled")
        text = f"{one.status.lower()}: {text}: {_line(one.message)}" if failed else text
        yield Happening(
            id=f"scaling:{one.id or one.at}",
            at=one.at,
            kind=Kind.SCALING,
            part=one.part,
            text=text,
            said=f"autoscaling of {one.part}: {_short(text if failed else plain)}",
            source="application-autoscaling:DescribeScalingActivities",
            call=Call(
                "application-autoscaling",
                "DescribeScalingActivities",
                {"serviceNamespace": "ecs", "resourceId": f"service/{facts.names.cluster}/{facts.names.service(one.part)}"},
            ),
            detail=f"{one.cause} {one.message}".strip(),
            bad=failed,
            news=True,
            change=True,
        )


def alarms(world: World, facts: Facts) -> Iterator[Happening]:
    """Transitions of the environment's alarms: from CloudWatch's history, from the alarms themselves, and as the journal saw them."""
    own = re.compile(rf"clickit-{re.escape(facts.names.env)}(?![A-Za-z0-9])")
    known = {alarm.name for alarm in world.alarms.value or ()}
    history = world.alarm_history.value
    told = [
        (c.at, c.name, c.before, c.state, c.reason) for c in (history.changes if history else ()) if c.name in known or own.search(c.name)
    ]
    told += [(a.since, a.name, "", a.state, a.reason) for a in world.alarms.value or () if a.since is not None]
    told += [(r.at, r.part, "", r.verdict, r.detail) for r in world.record if r.kind is Told.ALARM]
    seen: dict[tuple[str, str], list[float]] = {}
    for at, name, before, state, reason in told:
        times = seen.setdefault((name, state), [])
        if any(abs(at - other) < NEAR_S for other in times):
            continue
        times.append(at)
        yield _transition(at, name, before, state, reason)


def _transition(at: float, name: str, before: str, state: str, reason: str) -> Happening:
    return Happening(
        id=f"alarm:{name}:{state}:{at:.0f}",
        at=at,
        kind=Kind.ALARM,
        part="alarms",
        text=f"{name} {before + ' → ' if before else 'went '}{state or '?'}",
        said=f"alarm {name} went {state or '?'}",
        source="cloudwatch:DescribeAlarmHistory",
        call=Call("cloudwatch", "DescribeAlarmHistory", {"AlarmName": name, "HistoryItemType": "StateUpdate"}),
        detail=reason,
        bad=state == "ALARM" and not name.startswith(SCALING),
        quiet=name.startswith(SCALING),
        news=True,
    )


# --- database, cache, secrets, images -----------------------------------------------------------------------------------------

_GRAVE = ("failure", "failover", "low storage", "availability", "recovery")


def database(world: World, facts: Facts) -> Iterator[Happening]:
    """What RDS says of the instance; back-ups are quiet."""
    found = world.db_events.value
    call = Call("rds", "DescribeEvents", {"SourceIdentifier": facts.names.database, "SourceType": "db-instance", "Duration": 1440})
    for one in found.events if found else ():
        routine = "backup" in one.categories or "backup" in one.text.lower()
        yield Happening(
            id=f"database:{one.at:.0f}:{one.text[:60]}",
            at=one.at,
            kind=Kind.DATABASE,
            part="database",
            text=_line(one.text),
            said=f"database: {_short(one.text)}",
            source="rds:DescribeEvents",
            call=call,
            detail=", ".join(one.categories),
            bad=any(word in one.categories for word in _GRAVE),
            quiet=routine,
            news=True,
            change=not routine,
        )


def cache(world: World, facts: Facts) -> Iterator[Happening]:
    """What ElastiCache says of the group and its nodes; snapshots are quiet."""
    for one in world.cache_events.value or ():
        routine = one.text.startswith("Snapshot ")
        yield Happening(
            id=f"cache:{one.at:.0f}:{one.text[:60]}",
            at=one.at,
            kind=Kind.CACHE,
            part="cache",
            text=_line(one.text),
            said=f"cache: {_short(one.text)}",
            source="elasticache:DescribeEvents",
            call=Call("elasticache", "DescribeEvents", {"Duration": 1440}),
            detail=one.resource,
            bad=any(word in one.text.lower() for word in ("fail", "unhealthy")),
            quiet=routine,
            news=True,
            change=not routine,
        )


def secrets(world: World, facts: Facts) -> Iterator[Happening]:
    """What is known of each secret: made, rotated, last changed, marked for deletion; Secrets Manager tells no earlier change.

    Those that the task definitions name; while the Timeline is shown or an incident is open, every one under ClickIt's prefix.
    """
    for one in (*(world.secret_list.value or ()), *(world.secrets.value or ())):
        for at, what in _moments(one, facts.now):
            yield _of_secret(one, at, what, facts)


def _moments(one: Secret, now: float) -> Iterator[tuple[float, str]]:
    """(when, what) of a secret, each change once: making and rotating one changes it too."""
    told = ((one.created_at, "was created"), (one.rotated_at, "was rotated"))
    known = [(at, what) for at, what in told if at is not None and at <= now]
    yield from known
    past = max((at for at in (one.changed_at, one.deleted_at) if at is not None and at <= now), default=None)
    if past is not None and one.deleted_at is not None:
        yield past, "was marked for deletion"
    elif past is not None and not any(abs(past - at) < NEAR_S for at, _ in known):
        yield past, "changed"


def _of_secret(one: Secret, at: float, what: str, facts: Facts) -> Happening:
    name = one.name or one.reference.rsplit(":", 1)[-1]
    text = f"{name.removeprefix(facts.names.secrets)} {what}"
    return Happening(
        id=f"secret:{name}:{what}",
        at=at,
        kind=Kind.SECRET,
        part="secrets",
        text=text,
        said=f"secret {text}",
        source="secretsmanager:DescribeSecret",
        call=Call("secretsmanager", "DescribeSecret", {"SecretId": one.name or one.reference}),
        detail="of its changes only the last is known",
        bad="deletion" in what,
        news=True,
        change=True,
    )


def images(world: World, facts: Facts) -> Iterator[Happening]:
    """When images were pushed: those of the newest revisions; where they are read, the newest of the repositories."""
    parts = {repository: part for part, repository in facts.names.repositories.items()}
    listed = (image for repository in world.repositories.value or () for image in repository.images)
    for one in (*listed, *(world.images.value or ())):
        if one.pushed_at is None:
            continue
        name = next(iter(one.tags), "") or (one.digest or one.id)[:19]
        asked = {"imageDigest": one.digest} if one.digest else {"imageTag": one.id}
        yield Happening(
            id=f"image:{one.repository}:{one.digest or one.id}",
            at=one.pushed_at,
            kind=Kind.IMAGE,
            part=parts.get(one.repository, one.repository),
            text=f"{name} pushed to {one.repository}",
            said=f"image {name} pushed to {one.repository}",
            source="ecr:DescribeImages",
            call=Call("ecr", "DescribeImages", {"repositoryName": one.repository, "imageIds": [asked]}),
            detail=one.digest,
            change=True,
        )


# --- what this machine's journal tells ----------------------------------------------------------------------------------------


def ours(world: World, facts: Facts) -> Iterator[Happening]:
    """The changes this program sent and what came of them; the journal also knows those of earlier sessions."""
    followed = {f.follow.intent: f for f in own_changes(world)}
    written = {one.id for one in world.record if one.kind is Told.CHANGE}
    for intent, f in followed.items():
        if intent not in written:
            yield _you(f"you:{intent or f.follow.started_at}", f.follow.started_at, f.follow.part, f.follow.did, f.sentence)
    for one in world.record:
        if one.kind is Told.CHANGE:
            did = followed[one.id].follow.did if one.id in followed else one.text
            sent = _you(f"you:{one.id}", one.at, one.part, did, "\n".join((one.detail, *one.commands)))
            yield msgspec.structs.replace(sent, news=not one.looks, change=not one.looks)
        elif one.kind is Told.OUTCOME:
            text = f"{one.verdict}: {one.text}" if one.text else one.verdict
            plain = _you(f"outcome:{one.id}:{one.at:.0f}", one.at, one.part, _line(text), one.detail)
            yield msgspec.structs.replace(plain, bad=one.verdict not in ("done", "recovered", "steady"), news=False, change=False)


def _you(key: str, at: float, part: str, did: str, detail: str) -> Happening:
    return Happening(
        id=key, at=at, kind=Kind.YOU, part=part, text=did, said=f"you: {did}", source="journal", detail=detail, news=True, change=True
    )


_TOLD = {Told.BOOKMARK: Kind.BOOKMARK, Told.NOTE: Kind.NOTE, Told.VERDICT: Kind.VERDICT, Told.CAUSE: Kind.VERDICT}


def told(world: World, facts: Facts) -> Iterator[Happening]:
    """Bookmarks, notes, and how verdicts and cause went."""
    for place, one in enumerate(world.record):
        kind = _TOLD.get(one.kind)
        if kind is not None:
            yield _entry(one, kind, place)


def _entry(one: Recorded, kind: Kind, place: int) -> Happening:
    text = f"{one.verdict} {one.text}".strip() if one.kind is Told.VERDICT else one.text
    return Happening(
        id=f"{one.kind}:{one.at:.3f}:{one.part}:{one.id or place if kind in (Kind.BOOKMARK, Kind.NOTE) else ''}",
        at=one.at,
        kind=kind,
        part=one.part,
        text=_line(text),
        source="journal",
        detail=one.detail,
        bad=one.verdict == "FAIL",
    )


def incidents(world: World, facts: Facts) -> Iterator[Happening]:
    """When an incident was declared and when it ended."""
    for one in world.incidents:
        plain = Happening(
            id=f"incident:{one.id}",
            at=one.opened_at,
            kind=Kind.INCIDENT,
            part="",
            text=f"declared: {_line(one.title)}",
            source="journal",
            detail=one.by,
        )
        yield plain
        if one.ended_at is not None:
            yield msgspec.structs.replace(plain, id=f"incident end:{one.id}", at=one.ended_at, text=f"ended: {_line(one.resolution)}")
