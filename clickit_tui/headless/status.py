"""`clickit-tui status`: read everything once, print one World, exit."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from clickit_tui.checks.alarms import SCALING
from clickit_tui.checks.strip import strip
from clickit_tui.config import Config
from clickit_tui.headless.unset import unset
from clickit_tui.naming import SERVICES
from clickit_tui.panes.figures import amount
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.session import Session
from clickit_tui.world.ecs import Service, Task, revision
from clickit_tui.world.minutes import five_minutes
from clickit_tui.world.parts import Alarm, Cache, ClusterMissing, Database, MetricClass, Metrics, Series, Target
from clickit_tui.world.seen import Absent, Age, Fault, Seen
from clickit_tui.world.task_health import task_health
from clickit_tui.world.world import ALWAYS_READ, ON_DEMAND, World

OK, PARTLY, NOT_RUN = 0, 3, 4
STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")
"""States of a task before it runs."""
WITHIN_S = 20.0
"""Longest wait for the first reading of everything."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the World that is not known, and why."""

    field: str
    reason: str
    fix: str = ""
    operation: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the verdict strip."""

    part: str
    verdict: str
    sentence: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The newest value of one metric; null where there is none."""

    key: str
    label: str
    unit: str
    value: float | None
    at: float | None
    """Start of its period, epoch seconds."""
    age_s: float | None
    statistic: str
    period_s: int
    note: str = ""
    in_5_min: float | None = None
    """Sum over five minutes of a counter of events; 0 only where requests show that there was traffic. Null for anything else."""


class LogCount(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of the log."""

    since: float | None
    """Start of what was read, epoch seconds; null when nothing was."""
    partial: bool
    """Cut short: nothing may be concluded from what is not in it."""
    lines: dict[str, int]
    """Lines by level."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One World as JSON. A list that is null could not be read; `unknown` says why."""

    env: str
    at: float
    """Epoch seconds."""
    account: str
    """`NOT AWS host:port` where the endpoint is not AWS's."""
    region: str
    identity: str
    profile: str
    profile_source: str
    read_only: str
    verdicts: tuple[Part, ...]
    cause: str
    cluster: str | None
    services: tuple[Service, ...] | None
    tasks: tuple[Task, ...] | None
    targets: tuple[Target, ...] | None
    metrics: tuple[Reading, ...] | None
    alarms: tuple[Alarm, ...] | None
    database: Database | Absent | None
    cache: Cache | Absent | None
    log: LogCount | None
    unknown: tuple[Unread, ...]


def status(config: Config, *, as_json: bool = False, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code: 0 all known, 3 something is unknown, 4 nothing could be read."""
    return asyncio.run(run(Session(config), as_json=as_json, out=out, within_s=within_s))


async def run(session: Session, *, as_json: bool, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Start the session, wait until everything was tried, print, stop."""
    stream = out or sys.stdout
    await session.start()
    try:
        await tried(session, within_s)
    finally:
        await session.stop()
    if not as_json and unset(session):
        return NOT_RUN
    found = gathered(session)
    if as_json:
        stream.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        stream.write("\n".join(plain(found, session)) + "\n")
    return exit_code(session.store.world, found)


async def tried(session: Session, within_s: float) -> None:
    """Wait until every source was tried and the log was read to now, at most so many seconds.

    The metrics come last: those of the NAT gateways can only be asked for once these are known, and are asked for once a minute.
    """
    needed = session.poller.fields - ON_DEMAND
    first = needed - {"metrics"}
    try:
        async with asyncio.timeout(within_s):
            session.store.subscribe(first, lambda *_: None)
            await session.poller.tried(first)
            session.store.subscribe(("metrics",), lambda *_: None)
            await session.poller.tried(needed)
            while not session.tail.filled:  # noqa: ASYNC110 - the tail tells of lines, not of having read them all
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    session.count_log()


def exit_code(world: World, found: Status) -> int:
    """0, 3 when something is unknown, 4 when neither account nor cluster could be made out."""
    nobody = world.identity.value is None or not world.identity.value.account
    if isinstance(world.cluster.value, ClusterMissing) or (nobody and world.cluster.value is None):
        return NOT_RUN
    return PARTLY if found.unknown or any(part.verdict == "UNKNOWN" for part in found.verdicts) else OK


def gathered(session: Session) -> Status:
    """The session's World at this moment."""
    world, facts = session.store.world, session.facts()
    identity = world.identity.value
    cluster = world.cluster.value
    return Status(
        env=world.env,
        at=facts.now,
        account=(f"NOT AWS {identity.endpoint}" if identity.endpoint else identity.account) if identity else "",
        region=(identity.region if identity else "") or session.config.region,
        identity=identity.arn if identity else "",
        profile=(identity.profile if identity else "") or session.config.profile,
        profile_source=identity.profile_source if identity else session.config.profile_source,
        read_only=session.read_only,
        verdicts=tuple(Part(part=v.part, verdict=v.verdict.value, sentence=v.sentence) for v in strip(world, facts)),
        cause=cause(world, facts).sentence,
        cluster=None if cluster is None or isinstance(cluster, ClusterMissing) else cluster.name,
        services=world.services.value,
        tasks=world.tasks.value,
        targets=world.targets.value,
        metrics=readings(world, facts.now),
        alarms=world.alarms.value,
        database=world.database.value,
        cache=world.cache.value,
        log=counted(world),
        unknown=tuple(_unread(world, facts.now)),
    )


def readings(world: World, now: float) -> tuple[Reading, ...] | None:
    """The newest value of every metric, in the order of their keys."""
    metrics = world.metrics.value
    if metrics is None:
        return None
    read_at = world.metrics.seen_at or now
    return tuple(_reading(series, now, metrics, read_at) for _, series in sorted(metrics.series.items()))


def counted(world: World) -> LogCount | None:
    """Lines of the log by level; None when no log was read."""
    digest = world.log.value
    if digest is None:
        return None
    lines: dict[str, int] = {}
    for _, _, level, count in digest.minutes:
        lines[level] = lines.get(level, 0) + count
    return LogCount(since=digest.since, partial=digest.partial, lines=dict(sorted(lines.items())))


def _reading(series: Series, now: float, metrics: Metrics, read_at: float) -> Reading:
    events = series.kind is MetricClass.EVENTS and series.statistic == "Sum" and series.status == "Complete"
    at, value = series.last(now) or (None, None)
    return Reading(
        key=series.key,
        label=series.label,
        unit=series.unit,
        value=value,
        at=at,
        age_s=None if at is None else max(0.0, now - at),
        statistic=series.statistic,
        period_s=series.period_s,
        note=series.note,
        in_5_min=five_minutes(metrics, series.key, read_at) if events else None,
    )


def _unread(world: World, now: float) -> Iterable[Unread]:
    for field in ALWAYS_READ:
        seen = getattr(world, field)
        if isinstance(seen, Seen) and seen.age(now) in (Age.FAILED, Age.LOADING):
            yield _why(field, seen.fault)
    if isinstance(world.cluster.value, ClusterMissing):
        missing = world.cluster.value
        here = f"; here: {', '.join(missing.here)}" if missing.here else ""
        near = f"; nearest: {missing.nearest}" if missing.nearest else ""
        yield Unread(field="cluster", reason=f"not found: looked for {missing.looked_for}{here}{near}")


def _why(field: str, fault: Fault | None) -> Unread:
    if fault is None:
        return Unread(field=field, reason="no answer in time")
    return Unread(field=field, reason=fault.sentence, fix=fault.fix, operation=fault.operation)


# --- for people -----------------------------------------------------------------------------------------------------------------


def plain(found: Status, session: Session) -> list[str]:
    """The status as aligned lines."""
    world = session.store.world
    targets = {target.id: target for target in found.targets or ()}

    def task_row(task: Task) -> tuple[str, ...]:
        return _task_row(task, targets.get(task.ip) if task.ip else None, read=found.targets is not None)

    head = f"{found.env}  {found.account or 'account ?'}  {found.region or 'region ?'}  {found.identity or 'identity ?'}"
    mode = f"  READ-ONLY ({found.read_only})" if found.read_only else ""
    lines = [f"{head}  {_moment(found.at)}{mode}", "", f"  {found.cause}"]
    lines += table((part.verdict, part.part, part.sentence) for part in found.verdicts)
    lines += ["", "services", *_rows(found.services, _service_row, world.services)]
    lines += ["", "tasks", *_rows(found.tasks, task_row, world.tasks)]
    lines += ["", "metrics", *_rows(found.metrics, _metric_row, world.metrics)]
    lines += ["", "alarms", *_rows(found.alarms, _alarm_row, world.alarms)]
    lines += ["", "log", f"  {_log_words(found.log)}"]
    if found.unknown:
        lines += ["", "unknown", *table((u.field, u.reason, u.fix) for u in found.unknown)]
    return lines


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows with their columns aligned, indented by two."""
    cells = list(rows)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    return [("  " + "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))).rstrip() for row in cells]


def _rows(values: tuple[Any, ...] | None, row: Any, seen: Seen[Any]) -> list[str]:  # noqa: ANN401
    if values is None:
        return [f"  ? {seen.fault.sentence if seen.fault else 'no answer in time'}"]
    return table(row(value) for value in values) or ["  none"]


def _service_row(service: Service) -> tuple[str, ...]:
    primary = service.primary
    rollout = (primary.rollout if primary else "") or "?"
    return (
        service.part,
        f"{_count(service.running)}/{_count(service.desired)} running",
        f"{_count(service.pending)} pending",
        rollout.lower().replace("_", " "),
        f"revision {revision(service.task_definition) or '?'}",
        service.status.lower(),
    )


def _task_row(task: Task, target: Target | None, read: bool) -> tuple[str, ...]:
    stopped = f"{task.stop_code} {task.stopped_reason}".strip()
    return task.part, task.id[:8], task.status or "?", health_words(task, target, read), task.ip or "-", stopped


def health_words(task: Task, target: Target | None, read: bool) -> str:
    """How a task is, in a word or two; `read` is whether targets were read at all."""
    said = task_health(task, target)
    if said == "target" and target is not None:
        return f"{target.state} {target.reason}".strip()
    if said == "status":
        return "?" if not task.status else "starting" if task.status in STARTING else task.status.lower()
    words = {"container": "container unhealthy", "healthy": "healthy"}
    words["no target"] = "no target" if read or task.part not in SERVICES else "?"
    return words.get(said, "-")


def _log_words(log: LogCount | None) -> str:
    if log is None or log.since is None:
        return "? nothing was read"
    lines = ", ".join(f"{count} {level}" for level, count in log.lines.items()) or "no line"
    return f"since {_moment(log.since)}: {lines}{' (not all was read)' if log.partial else ''}"


def _metric_row(reading: Reading) -> tuple[str, ...]:
    if reading.in_5_min is not None:
        return reading.key, f"{amount(reading.in_5_min, reading.unit)} in 5 m", "", reading.statistic, reading.note
    if reading.value is None:
        return reading.key, "no data", "", "", reading.note
    age = f"{(reading.age_s or 0.0) / 60:.0f} min old"
    return reading.key, amount(reading.value, reading.unit), age, reading.statistic, reading.note


def _alarm_row(alarm: Alarm) -> tuple[str, ...]:
    state = f"autoscaling's own ({alarm.state or '?'})" if alarm.name.startswith(SCALING) else alarm.state or "?"
    return state, alarm.name, f"since {_moment(alarm.since)}" if alarm.since else "", alarm.reason[:100]


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
