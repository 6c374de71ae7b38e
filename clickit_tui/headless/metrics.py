"""`clickit-tui metrics`: every chart of the metrics screen as a table, JSON or CSV."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from clickit_tui.config import Config
from clickit_tui.headless.status import NOT_RUN, OK, PARTLY, WITHIN_S, table
from clickit_tui.headless.unset import unset
from clickit_tui.panes.figures import amount
from clickit_tui.session import Session
from clickit_tui.world.charting import HOUR, RANGES, Chart, Range, Standing, chart, keys_of, range_named, unread
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.world import World

LAYERS = ("edge", "api", "frontend", "db", "cache", "nat")
NEEDED = frozenset({"identity", "cluster", "services", "target_groups", "database", "cache", "nat"})
"""What says which metrics there are."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One period; a null value is no data, which is not zero."""

    at: float
    """Start of the period, epoch seconds."""
    value: float | None
    sure: str
    """closed, provisional, or few samples."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One chart."""

    key: str
    label: str
    unit: str
    """%, s, B, B/s, /s, or empty for a count."""
    statistic: str
    period_s: int
    namespace: str
    name: str
    standing: str
    """known, loading, unread, forbidden, partial, empty or silent."""
    words: str
    """Why there is no present value; empty when there is one."""
    note: str
    minimum: float | None
    average: float | None
    """Null also for percentiles, which cannot be averaged."""
    maximum: float | None
    last: Point | None
    points: tuple[Point, ...]


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Every chart over one range."""

    env: str
    at: float
    range: str
    account: str
    metrics: tuple[Metric, ...]
    unread: str = ""
    """Why no metrics could be read; empty when they could."""


def metrics(config: Config, *, within: str = "1h", form: str = "plain", out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code: 0 all known, 3 something is unknown, 4 nothing could be read."""
    wanted = range_named(within)
    if wanted is None:
        print(f"clickit-tui: no range {within}; there are {', '.join(each.name for each in RANGES)}", file=sys.stderr)
        return NOT_RUN
    return asyncio.run(run(Session(config), wanted, form, out or sys.stdout, within_s))


async def run(session: Session, wanted: Range, form: str, out: TextIO, within_s: float) -> int:
    """Start the session, wait until the metrics were read, print, stop."""
    session.chart(wanted)
    await session.start()
    try:
        await _tried(session, wanted, within_s)
    finally:
        await session.stop()
    if form == "plain" and unset(session):
        return NOT_RUN
    found = gathered(session, wanted)
    if form == "json":
        out.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    elif form == "csv":
        out.writelines(f"{line}\n" for line in csv(found))
    else:
        out.writelines(f"{line}\n" for line in plain(found))
    return exit_code(session.store.world, found)


async def _tried(session: Session, wanted: Range, within_s: float) -> None:
    """Wait until it is known which metrics there are, then until they were read."""
    last = {"metrics", "history"} if wanted.back_s > HOUR.back_s else {"metrics"}
    try:
        async with asyncio.timeout(within_s):
            session.store.subscribe(NEEDED, lambda *_: None)
            await session.poller.tried(NEEDED)
            session.store.subscribe(last, lambda *_: None)
            await session.poller.tried(last)
    except TimeoutError:
        pass


def exit_code(world: World, found: Metrics) -> int:
    """0, 3 when a metric is unknown, 4 when none could be read."""
    if isinstance(world.cluster.value, ClusterMissing) or not found.metrics:
        return NOT_RUN
    unclear = (Standing.FORBIDDEN.value, Standing.PARTIAL.value, Standing.UNREAD.value, Standing.LOADING.value, Standing.SILENT.value)
    return PARTLY if any(each.standing in unclear for each in found.metrics) else OK


def gathered(session: Session, wanted: Range) -> Metrics:
    """The session's charts at this moment, layer by layer."""
    world, now = session.store.world, session.clock()
    identity = world.identity.value
    charts = [chart(world, key, wanted, now) for part in LAYERS for key in keys_of(world.metrics.value, part)]
    return Metrics(
        env=world.env,
        at=now,
        range=wanted.name,
        account=(f"NOT AWS {identity.endpoint}" if identity.endpoint else identity.account) if identity else "",
        metrics=tuple(_metric(world, each) for each in charts if each is not None),
        unread="" if world.metrics.value is not None else unread(world, now)[1],
    )


def _metric(world: World, drawn: Chart) -> Metric:
    series = world.metrics.value.series.get(drawn.key) if world.metrics.value else None
    points = tuple(Point(at=dot.at, value=dot.value, sure=dot.sure.value) for dot in drawn.dots)
    return Metric(
        key=drawn.key,
        label=drawn.label,
        unit=drawn.unit,
        statistic=drawn.statistic,
        period_s=drawn.period_s,
        namespace=series.namespace if series else "",
        name=series.name if series else "",
        standing=drawn.standing.value,
        words=drawn.words,
        note=drawn.note,
        minimum=min(drawn.values, default=None),
        average=drawn.average,
        maximum=max(drawn.values, default=None),
        last=next((point for point in reversed(points) if point.value is not None), None),
        points=points,
    )


def csv(found: Metrics) -> Iterable[str]:
    """A line a period that has a value; names and units hold neither comma nor quotation mark."""
    yield "key,time,value,unit,statistic,period_s,sure"
    for each in found.metrics:
        for point in each.points:
            if point.value is not None:
                yield f"{each.key},{_iso(point.at)},{point.value!r},{each.unit},{each.statistic},{each.period_s},{point.sure}"


def plain(found: Metrics) -> list[str]:
    """The charts as aligned lines."""
    head = f"{found.env}  {found.account or 'account ?'}  last {found.range}  {_iso(found.at)}"
    if found.unread:
        return [head, "", f"  ? {found.unread}"]
    rows = [("metric", "newest", "at", "min", "avg", "max", "statistic", "")]
    rows += [
        (
            each.key,
            _amount(each.last.value if each.last else None, each.unit),
            _iso(each.last.at)[5:16].replace("T", " ") + "Z" if each.last else "",
            _amount(each.minimum, each.unit),
            _amount(each.average, each.unit),
            _amount(each.maximum, each.unit),
            f"{each.statistic} {each.period_s} s",
            each.words or (each.last.sure if each.last and each.last.sure != "closed" else ""),
        )
        for each in found.metrics
    ]
    return [head, "", *table(rows)]


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} %" if unit == "%" and 0 < value < 10 else amount(value, unit)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
