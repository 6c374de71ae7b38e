"""The sparkline panes of Triage: the edge (load balancer) and the data layer (database, cache)."""

from __future__ import annotations

import math

import msgspec

from clickit_tui.panes.figures import amount, buckets, count, get, provisional_cells
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.ui.cells import width as cell_width
from clickit_tui.ui.spark import spark
from clickit_tui.world.charting import LATE_S
from clickit_tui.world.minutes import LOOKUPS, cache_lookups, five_minutes
from clickit_tui.world.parts import Cache, Database, MetricClass, Series
from clickit_tui.world.seen import Absent, Age
from clickit_tui.world.world import World

LABEL = 8
"""Cells of a chart's name."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a name, a sparkline on a fixed scale, the last value with its unit."""

    name: str
    key: str
    top: float | None = None
    """The top of the scale; None takes the largest value shown, at least `floor`."""
    floor: float = 1.0
    text: Spans = ()


def chart_line(world: World, view: View, chart: Chart, width: int) -> Spans:
    """` req/min ▅▅▆▆▅▅▄▂    412`."""
    text_cells = sum(cell_width(s.text) for s in chart.text)
    room = max(4, width - LABEL - 3 - text_cells)
    cells = max(4, min(60, room))
    values = buckets(world.metrics.value, chart.key, view.now, cells)
    top = chart.top if chart.top is not None else ceiling(max([chart.floor, *(v for v in values if v is not None)]))
    pad = max(1, width - 1 - LABEL - cells - 1 - text_cells)
    return (
        Span(" " + fit(chart.name, LABEL), "dim"),
        *spark(values, top, cells, provisional_cells(view.now, cells), view.glyphs),
        Span(" " * pad),
        *chart.text,
    )


def ceiling(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ... at or above a value: a scale that seldom changes."""
    step = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * n for n in (1, 2, 5, 10) if step * n >= value * 0.999999)


def no_number(series: Series | None, view: View, world: World) -> Spans | None:
    """Words where no number may stand: no data, denied, stopped; None when there is a number."""
    if world.metrics.age(view.now) is Age.FAILED and world.metrics.value is None:
        return (Span("?", "unknown"),)
    if series is None:
        return (Span("no data" if world.metrics.value else "…", "dim"),)
    if series.status == "Forbidden":
        return (Span("? denied", "unknown"),)
    if not series.values and series.status not in ("Complete", ""):
        return (Span("? partial", "unknown"),)
    if not series.values and series.kind is MetricClass.STATE:
        return (Span("no task", "dim"),)
    if not series.values and series.kind is MetricClass.ALWAYS:
        return (Span("no data", "unknown"),)
    return None


def late_s(world: World, view: View, series: Series) -> float:
    """How old a newest point may be: six minutes, or three periods; while polling is slow, also what lies between two reads."""
    between = world.metrics.every_s + 300 if world.metrics.age(view.now) is Age.FRESH else 0.0
    return max(LATE_S, 3.0 * series.period_s, between)


def _short(words: str, cells: int) -> str:
    """Words where no number is, at the right of a column; a question mark where they have no room."""
    return fit(words if cell_width(words) <= cells else "?", cells, right=True)


def newest_text(world: World, view: View, key: str, cells: int = 8, suffix: str = "") -> Spans:
    """A gauge's newest value, dimmed while provisional; older than six minutes, or than three periods, it is no longer called a value."""
    series = get(world.metrics.value, key)
    words = no_number(series, view, world)
    if words is not None:
        return (Span(_short(words[0].text, cells), words[0].look),)
    assert series is not None  # noqa: S101 - no_number answered for None
    last = series.last(view.now)
    if last is None or view.now - last[0] > late_s(world, view, series):
        return (Span(_short("no data", cells), "unknown"),)
    return (
        (Span(fit(amount(last[1], series.unit), cells, right=True)), Span(suffix, "dim"))
        if suffix
        else (Span(fit(amount(last[1], series.unit), cells, right=True)),)
    )


def closed_value(world: World, view: View, key: str) -> float | None:
    """A counter's value in the newest closed minute: 0 only where the requests prove it."""
    seen = world.metrics
    end = seen.seen_at if seen.seen_at is not None and seen.age(view.now) is Age.FRESH else view.now
    values = buckets(seen.value, key, end, 10)
    closed = values[: len(values) - provisional_cells(end, 10)]
    return next((v for v in reversed(closed[-3:]) if v is not None), None)


def _counter_text(world: World, view: View, key: str, cells: int = 8) -> Spans:
    series = get(world.metrics.value, key)
    words = no_number(series, view, world)
    if words is not None and (series is None or series.kind is not MetricClass.EVENTS or series.status == "Forbidden"):
        return (Span(fit(words[0].text, cells + 7, right=True), words[0].look),)
    metrics, read_at = world.metrics.value, world.metrics.seen_at
    total = five_minutes(metrics, key, read_at) if metrics is not None and read_at is not None else None
    if total is None:
        partial = series is not None and series.status != "Complete"
        return (Span(fit("? partial" if partial else _nothing(world), cells + 7, right=True), "unknown" if partial else "dim"),)
    look: Look = "plain" if total == 0 else "fail" if total > view.facts.thresholds.errors_5xx_fail else "warn"
    return (Span(fit(count(total), cells, right=True), look), Span(" in 5 m", "dim"))


def _nothing(world: World) -> str:
    """What a counter without any point says: that the metric has none, which late points look like too, or that nothing was read yet."""
    return "no data" if world.metrics.value else "…"


def _latency_text(world: World, view: View) -> Spans:
    p50, p95 = closed_value(world, view, "edge.p50"), closed_value(world, view, "edge.p95")
    words = no_number(get(world.metrics.value, "edge.p95"), view, world)
    if words is not None and words[0].text.startswith("?"):
        return (Span(fit(words[0].text, 15, right=True), "unknown"),)
    if p95 is None:
        return (Span(fit(_nothing(world), 15, right=True), "dim"),)
    limits = view.facts.thresholds
    look: Look = "fail" if p95 > limits.p95_fail_s else "warn" if p95 > limits.latency_warn_s else "plain"
    head = "?" if p50 is None else f"{p50:.2f}"
    tail = f"{p95:.2f} s"
    return (Span(fit(f"{head} / ", 15 - len(tail), right=True), "dim"), Span(tail, look))


def _requests_text(world: World, view: View) -> Spans:
    value = closed_value(world, view, "edge.requests")
    words = no_number(get(world.metrics.value, "edge.requests"), view, world)
    if value is None:
        shown = words[0] if words and words[0].text.startswith("?") else Span(_nothing(world), "dim")
        return (Span(fit(shown.text, 15, right=True), shown.look),)
    return (Span(fit(count(value), 8, right=True)), Span(" /min  ", "dim"))


def _unhealthy_text(world: World, view: View) -> Spans:
    if world.targets.value is None:
        words = "?" if world.targets.fault else "…"
        return (Span(fit(words, 15, right=True), "unknown" if world.targets.fault else "dim"),)
    states = [t.state for t in world.targets.value]
    bad = sum(s.startswith("unhealthy") for s in states)
    registered = sum(s in ("healthy", "initial") or s.startswith("unhealthy") for s in states)
    return (Span(fit(str(bad), 8, right=True), "fail" if bad else "plain"), Span(fit(f" of {registered}", 7), "dim"))


def edge_lines(world: World, view: View, width: int) -> list[Spans]:
    """Requests, latency percentiles, target and ELB 5xx, unhealthy hosts."""
    if isinstance(world.balancer.value, Absent):
        return [(Span(f" none: {world.balancer.value.looked_for}", "dim"),)]
    charts = (
        Chart(name="req/min", key="edge.requests", floor=10.0, text=_requests_text(world, view)),
        Chart(name="p50/p95", key="edge.p95", floor=view.facts.thresholds.p95_fail_s, text=_latency_text(world, view)),
        Chart(name="5xx", key="edge.target_5xx", floor=10.0, text=_counter_text(world, view, "edge.target_5xx")),
        Chart(name="elb 5xx", key="edge.elb_5xx", floor=10.0, text=_counter_text(world, view, "edge.elb_5xx")),
        Chart(name="unhlthy", key="edge.unhealthy", floor=2.0, text=_unhealthy_text(world, view)),
    )
    return [chart_line(world, view, c, width) for c in charts]


def _connections_text(world: World, view: View) -> Spans:
    head = newest_text(world, view, "db.connections", 8)
    budget = view.facts.thresholds.db_connections_budget
    series = get(world.metrics.value, "db.connections")
    last = series.last(view.now) if series else None
    look = head[0].look
    if last is not None and head[0].look == "plain":
        share = 100.0 * last[1] / budget if budget > 0 else 100.0
        limits = view.facts.thresholds
        look = "fail" if share > limits.db_connections_fail else "warn" if share > limits.db_connections_warn else "plain"
    return (Span(head[0].text, look), Span(f" / {budget}", "dim"))


def _pair(world: World, view: View, first: str, second: str, units: tuple[str, str]) -> Spans:
    def value(key: str) -> str:
        series = get(world.metrics.value, key)
        last = series.last(view.now) if series else None
        return count(last[1]) if series and last is not None and view.now - last[0] <= late_s(world, view, series) else "?"

    words = no_number(get(world.metrics.value, first), view, world)
    if words is not None:
        return (Span(fit(words[0].text, 13, right=True), words[0].look),)
    return (
        Span(fit(value(first), 4, right=True)),
        Span(units[0], "dim"),
        Span(fit(value(second), 5, right=True)),
        Span(units[1], "dim"),
    )


def hit_rate(world: World, view: View) -> str:
    """`hit 97 %` over the newest five closed minutes; `n/a` with fewer look-ups than say something."""
    metrics, read_at = world.metrics.value, world.metrics.seen_at
    found = cache_lookups(metrics, read_at) if metrics is not None and read_at is not None else None
    if found is None:
        return "hit ?"
    hits, lookups = found
    return f"hit {100 * hits / lookups:.0f} %" if lookups >= LOOKUPS else "hit n/a"


def database_lines(world: World, view: View, width: int) -> list[Spans]:
    """CPU, connections against the budget, free memory, read and write I/O."""
    database = world.database.value
    if isinstance(database, Absent):
        return [(Span(f" db      none: {database.looked_for}", "dim"),)]
    charts = (
        Chart(name="db cpu", key="db.cpu", top=100.0, text=newest_text(world, view, "db.cpu", 13)),
        Chart(
            name="conns",
            key="db.connections",
            top=float(view.facts.thresholds.db_connections_budget),
            text=_connections_text(world, view),
        ),
        Chart(name="free", key="db.memory", text=newest_text(world, view, "db.memory", 13)),
        Chart(name="iops", key="db.read_iops", floor=100.0, text=_pair(world, view, "db.read_iops", "db.write_iops", (" r", " w"))),
    )
    lines = [chart_line(world, view, c, width) for c in charts]
    if isinstance(database, Database) and database.status and database.status != "available":
        lines[0] = (Span(" " + fit("db", LABEL), "dim"), Span(fit(database.status, width - LABEL - 2, right=True), "fail"))
    return lines


def cache_lines(world: World, view: View, width: int, rows: int) -> list[Spans]:
    """One row when room is scarce, else CPU, engine CPU, connections and hit rate each in a row."""
    cache = world.cache.value
    if isinstance(cache, Absent):
        return [(Span(" " + fit("cache", LABEL), "dim"), Span(fit(f"none: {cache.looked_for}", width - LABEL - 2), "dim"))]
    down = isinstance(cache, Cache) and cache.status not in ("", "available")
    if rows < 4 or down:
        words = fit(cache.status, 13, right=True) if down and isinstance(cache, Cache) else ""
        parts = newest_text(world, view, "cache.cpu", 5)
        text: Spans = (Span(words, "fail"),) if down else (*parts, Span(fit(hit_rate(world, view), 11, right=True)))
        return [chart_line(world, view, Chart(name="cache", key="cache.cpu", top=100.0, text=text), width)]
    charts = (
        Chart(name="cache", key="cache.cpu", top=100.0, text=newest_text(world, view, "cache.cpu", 13)),
        Chart(name="engine", key="cache.engine_cpu", top=100.0, text=newest_text(world, view, "cache.engine_cpu", 13)),
        Chart(name="conns", key="cache.connections", floor=20.0, text=newest_text(world, view, "cache.connections", 13)),
        Chart(name="hits", key="cache.hits", floor=100.0, text=(Span(fit(hit_rate(world, view), 13, right=True)),)),
    )
    return [chart_line(world, view, c, width) for c in charts]


def data_lines(world: World, view: View, width: int, rows: int) -> list[Spans]:
    """Database above cache, in as many rows as there are."""
    database = database_lines(world, view, width)
    return [*database, *cache_lines(world, view, width, rows - len(database))]
