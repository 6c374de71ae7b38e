"""The metrics as rows by layer, and as the picture of one full-size plot. Pure renderings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from clickit_tui.panes.charts import ceiling
from clickit_tui.panes.figures import amount
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit
from clickit_tui.ui.plot import Mark, Picture, Stroke
from clickit_tui.ui.spark import spark
from clickit_tui.world.charting import HOUR, SAMPLES, Chart, Dot, Range, Standing, Sure, chart, keys_of, unread
from clickit_tui.world.health import own_changes
from clickit_tui.world.honesty import Threshold, alarms_of, limits, scales, threshold
from clickit_tui.world.incident import Told
from clickit_tui.world.parts import Alarm, Series
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

LAYERS: tuple[tuple[str, str, str], ...] = (
    ("edge", "edge", "target_groups"),
    ("api", "api", "services"),
    ("frontend", "frontend", "services"),
    ("db", "database", "database"),
    ("cache", "cache", "cache"),
    ("nat", "nat", "nat"),
)
"""(prefix of the keys, name, World field that says whether the layer exists)."""
LABEL, NUMBER = 15, 9
NARROW = 76
"""Below this many columns only the value and the greatest are shown."""


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """How the charts are looked at."""

    range: Range = HOUR
    cursor: float | None = None
    """The moment that all charts and the log look at, epoch seconds; None follows the newest."""


def title(drawn: Chart) -> str:
    """`api cpu max`: the layer and the label."""
    part = drawn.key.partition(".")[0]
    return drawn.label if drawn.label.startswith((part, "cache", "db")) else f"{part} {drawn.label}"


# --- rows -----------------------------------------------------------------------------------------------------------------------


def rows(world: World, view: View, width: int, looking: Looking) -> list[Row]:
    """A heading a layer, then a row a chart: name, bars, the value under the cursor (else the newest), least, mean and greatest."""
    found: list[Row] = []
    for layer in LAYERS:
        part, name, _ = layer
        keys = keys_of(world.metrics.value, part)
        found.append(Row(key="", spans=_heading(world, view, layer, bool(keys), width, None if found else looking)))
        for key in keys:
            drawn = chart(world, key, looking.range, view.now)
            if drawn is not None:
                found.append(Row(key=key, spans=row(world, view, drawn, width, looking), search=f"{name} {drawn.label} {key}"))
    return found


def _heading(world: World, view: View, layer: tuple[str, str, str], charted: bool, width: int, looking: Looking | None) -> Spans:
    _, name, field = layer
    heads = ("cursor" if looking and looking.cursor is not None else "newest", *(("min", "avg") if width >= NARROW else ()), "max")
    head = "" if looking is None else "".join(fit(text, NUMBER, right=True) for text in heads)
    left = f" {name}"
    if charted:
        return (Span(fit(left, width - len(head) - 1), "title"), Span(head, "dim"))
    why, look = _why_none(world, view, field)
    return (Span(f"{left}  ", "title"), Span(fit(why, width - len(left) - 3), look))


def _why_none(world: World, view: View, field: str) -> tuple[str, Look]:
    """Why a layer has no charts: absent, denied, or not read yet."""
    seen: Seen[object] = getattr(world, field)
    if isinstance(seen.value, Absent):
        return f"none: {seen.value.looked_for}", "dim"
    if seen.value == ():
        return "none", "dim"
    if world.metrics.value is None:
        standing, words = unread(world, view.now)
        return words, "dim" if standing is Standing.LOADING else "unknown"
    if seen.fault is not None:
        return f"? {reason(seen.fault)}", "unknown"
    return "not read yet", "dim"


def row(world: World, view: View, drawn: Chart, width: int, looking: Looking) -> Spans:
    """One chart in a row of exactly `width` cells."""
    columns = 4 if width >= NARROW else 2
    cells = max(8, width - LABEL - 5 - columns * NUMBER)
    series = _series(world, drawn.key)
    mark = _alarm_mark(view, alarms_of(world, series) if series else ())
    head = (mark, Span(fit(drawn.label, LABEL) + " "))
    tail = numbers(drawn, looking, columns)
    return (*head, *_bars(view, drawn, cells, world), Span(" "), *tail, Span(" "))


def _series(world: World, key: str) -> Series | None:
    return world.metrics.value.series.get(key) if world.metrics.value else None


def _alarm_mark(view: View, alarms: Sequence[Alarm]) -> Span:
    if any(alarm.state == "ALARM" for alarm in alarms):
        return Span(f"{view.glyphs.fail} ", "fail")
    return Span("  ")


_kept: dict[str, tuple[tuple[Dot, ...], tuple[object, ...], Spans]] = {}
"""The newest bars of each chart, and the points and the scale they were made of."""


def _bars(view: View, drawn: Chart, cells: int, world: World) -> Spans:
    scale = (top_of(world, view, drawn), cells, view.glyphs)
    kept = _kept.get(drawn.key)
    if kept is None or kept[0] is not drawn.dots or kept[1] != scale:
        values = [dot.value for dot in drawn.dots]
        faint = [dot.sure is not Sure.CLOSED for dot in drawn.dots]
        kept = _kept[drawn.key] = (drawn.dots, scale, spark(values, scale[0], cells, glyphs=view.glyphs, faint=faint))
    return kept[2]


def top_of(world: World, view: View, drawn: Chart) -> float:
    """The top of the scale: 100 for percent, the budget for connections, else the next 1, 2, 5 above the greatest value."""
    greatest = max(drawn.values, default=0.0)
    if drawn.unit == "%":
        return 100.0 if drawn.statistic != "ratio" or drawn.key != "edge.error_rate" else ceiling(max(1.0, greatest))
    if drawn.key == "db.connections":
        return max(float(view.facts.thresholds.db_connections_budget), ceiling(greatest) if greatest > 60 else 0.0)
    floors = {"s": 0.01, "B": 2.0**20, "B/s": 1000.0}
    return ceiling(max(floors.get(drawn.unit, 1.0), greatest))


def numbers(drawn: Chart, looking: Looking, columns: int) -> Spans:
    """The value under the cursor, least, mean, greatest (of two columns the first and the last); words where there is no value."""
    room = columns * NUMBER
    if drawn.words and looking.cursor is None:
        look: Look = "unknown" if drawn.standing in (Standing.FORBIDDEN, Standing.SILENT, Standing.UNREAD) else "dim"
        sign = "? " if look == "unknown" else ""
        return (Span(" " + fit(sign + short(drawn), room - 1, right=True), look),)
    dot = drawn.under(looking.cursor)
    value = number(dot.value if dot else None, drawn.unit)
    look = "dim" if dot is None or dot.value is None or dot.sure is not Sure.CLOSED else "plain"
    known = drawn.values
    rest = (min(known, default=None), drawn.average if columns == 4 else None, max(known, default=None))[0 if columns == 4 else 2 :]
    return (
        Span(fit(value, NUMBER, right=True), look),
        *(Span(fit(number(each, drawn.unit), NUMBER, right=True), "dim") for each in rest),
    )


def short(drawn: Chart) -> str:
    """The words of a chart in few cells."""
    for long, brief in (
        (": stopped, deleted, a wrong dimension, or no permission", ""),
        ("no permission: cloudwatch:GetMetricData", "denied: GetMetricData"),
        (": no running task reports it", ""),
        (" in sight although", " although"),
        ("fewer than 100 look-ups a period", "under 100 look-ups"),
        ("CloudWatch answered ", ""),
        (": points may be missing", ""),
    ):
        drawn = msgspec.structs.replace(drawn, words=drawn.words.replace(long, brief))
    return drawn.words


def number(value: float | None, unit: str) -> str:
    """A value with its unit in at most eight cells; a dash where there is none."""
    if value is None:
        return "–"
    if unit == "%" and 0 < value < 10:
        return f"{value:.1f} %"
    if unit == "" and 0 < abs(value) < 10 and not value.is_integer():
        return f"{value:.1f}"
    if unit == "s" and 0 < value < 0.01:
        return f"{value * 1000:.1f} ms"
    if unit == "B" and value < 2**20:
        return f"{value / 2**10:.0f} KiB" if value else "0 B"
    return amount(value, unit)


# --- the plot -------------------------------------------------------------------------------------------------------------------


def picture(world: World, view: View, drawn: Chart, looking: Looking) -> Picture:
    """The full-size plot of a chart, with thresholds, and marks of what happened."""
    series = _series(world, drawn.key)
    shown = thresholds(world, series, drawn)
    levels = tuple((each.level, _level_look(each.alarm)) for each in shown if each.level is not None)
    top = max(top_of(world, view, drawn), *(level * 1.05 for level, _ in levels)) if levels else top_of(world, view, drawn)
    top = ceiling(max(top, *drawn.values)) if drawn.values and max(drawn.values) > top else top
    left = drawn.dots[0].at if drawn.dots else view.now - looking.range.back_s
    right = (drawn.dots[-1].at if drawn.dots else view.now) or view.now
    return Picture(
        left=left,
        right=max(right, left + drawn.period_s),
        top=top,
        strokes=strokes(drawn.dots),
        levels=levels,
        marks=tuple(mark._replace(at=min(mark.at, right)) for mark in marks(world, series, left, max(right, view.now))),
        times=times(left, right, view),
        heights=tuple((top * i / 4, number(top * i / 4, drawn.unit).replace("–", "0")) for i in range(5)),
        cursor=looking.cursor,
        words=drawn.words or "no data in this range",
    )


def _level_look(alarm: Alarm) -> Look:
    return "fail" if alarm.state == "ALARM" else "warn"


def thresholds(world: World, series: Series | None, drawn: Chart) -> tuple[Threshold, ...]:
    """Every alarm on the chart's metric."""
    return tuple(threshold(alarm, series, drawn) for alarm in alarms_of(world, series)) if series else ()


def strokes(dots: Sequence[Dot]) -> tuple[Stroke, ...]:
    """The points in runs without a gap; where a run changes from sure to provisional the two parts share a point."""
    found: list[Stroke] = []
    run: list[tuple[float, float]] = []
    before: Dot | None = None
    for dot in (*dots, Dot(0.0, None)):
        changed = before is not None and before.value is not None and (dot.sure is Sure.CLOSED) != (before.sure is Sure.CLOSED)
        if run and before is not None and (dot.value is None or changed):
            found.append(Stroke(tuple(run), "s0" if before.sure is Sure.CLOSED else "dim"))
            run = run[-1:] if dot.value is not None else []
        if dot.value is not None:
            run.append((dot.at, dot.value))
        before = dot
    return tuple(found)


def times(left: float, right: float, view: View) -> tuple[tuple[float, str], ...]:
    """Five moments of the axis, with dates where the range is longer than a day."""
    zone = None if view.local_time else UTC
    form = "%d %b" if right - left > 2 * 86_400 else "%d %H:%M" if right - left > 80_000 else "%H:%M"
    return tuple((at, datetime.fromtimestamp(at, zone).strftime(form)) for at in (left + (right - left) * i / 4 for i in range(5)))


def marks(world: World, series: Series | None, left: float, right: float) -> tuple[Mark, ...]:
    """What happened in sight, oldest first: events of the database, deployments, our own changes, and last the alarms of this metric."""
    own = {alarm.name for alarm in alarms_of(world, series)} if series else set()
    found = [*_database_marks(world, series), *_deployment_marks(world), *_own_marks(world), *_alarm_marks(world, own)]
    return tuple(sorted((mark for mark in found if left <= mark.at <= right), key=lambda mark: mark.at))


def _database_marks(world: World, series: Series | None) -> list[Mark]:
    events = world.db_events.value
    near = series is None or series.key.startswith(("db.", "edge."))
    return [Mark(each.at, "R", "s3", f"database: {each.text}") for each in events.events] if events and near else []


def _deployment_marks(world: World) -> list[Mark]:
    found = [
        Mark(d.created_at, "D", "bold", f"deployment {d.task_definition.rsplit('/', 1)[-1]} began")
        for service in world.services.value or ()
        for d in service.deployments
        if d.created_at is not None
    ]
    begun = {int(mark.at // 60) for mark in found}
    for past in world.service_deployments.value or ():
        at = past.created_at or past.started_at
        if at is not None and int(at // 60) not in begun:
            found.append(Mark(at, "D", "bold", f"deployment of {past.service.rsplit('/', 1)[-1]} began ({past.status.lower()})"))
    return found


def _own_marks(world: World) -> list[Mark]:
    """What this program sent, of earlier sessions too as far as the journal tells."""
    found = [Mark(each.at, "Y", "accent", f"you: {each.text}") for each in world.record if each.kind is Told.CHANGE]
    fresh = [each.follow for each in own_changes(world)]
    known = [mark.at for mark in found]
    return [
        *found,
        *(Mark(f.started_at, "Y", "accent", f"you: {f.did}") for f in fresh if all(abs(f.started_at - at) > 60 for at in known)),
    ]


def _alarm_marks(world: World, own: set[str]) -> list[Mark]:
    history = world.alarm_history.value
    ours = {alarm.name for alarm in world.alarms.value or () if not scales(alarm)}
    looks: dict[str, Look] = {"ALARM": "fail", "OK": "ok"}
    return [
        Mark(each.at, "A" if each.name in own else "a", looks.get(each.state, "unknown"), f"{each.name} {each.state or '?'}")
        for each in (history.changes if history else ())
        if each.name in ours
    ]


def plot_head(world: World, view: View, drawn: Chart, looking: Looking, width: int) -> list[Spans]:
    """Three lines over the plot: the numbers, what limits them, what happened near the cursor or which alarms there are."""
    dot = drawn.under(looking.cursor)
    at = f" at {view.moment(dot.at)}" if dot else ""
    sure = f" {dot.sure.value}" if dot and dot.value is not None and dot.sure is not Sure.CLOSED else ""
    rest = (("min", min(drawn.values, default=None)), ("avg", drawn.average), ("max", max(drawn.values, default=None)))
    said = "  ".join(f"{name} {number(value, drawn.unit)}" for name, value in rest if value is not None)
    newest = drawn.last
    last = f"  last {number(newest.value, drawn.unit)}" if newest and looking.cursor is not None else ""
    return [
        (
            Span(f" {number(dot.value if dot else None, drawn.unit)}", "bold" if not sure else "dim"),
            Span(at + sure, "dim"),
            Span(f"   {said}{last}"),
        ),
        (Span(" " + fit("; ".join(_notes(world, view, drawn, looking)), width - 2), "dim"),),
        _below(world, view, drawn, looking, width),
    ]


def _notes(world: World, view: View, drawn: Chart, looking: Looking) -> list[str]:
    """What a reader must know: why there is no value, statistic and period, samples, limits."""
    notes = [drawn.words] if drawn.words and drawn.values else []
    meaning = limits(world, drawn, looking.cursor, view.facts.thresholds.db_connections_budget)
    notes += [meaning] if meaning else []
    notes.append(f"{drawn.statistic} of {spell(drawn.period_s)}" if drawn.statistic != "ratio" else f"per {spell(drawn.period_s)}")
    notes += [drawn.note] if drawn.note else []
    if drawn.growing:
        notes.append(f"newest {drawn.growing} provisional")
    few = sum(dot.sure is Sure.FEW for dot in drawn.dots)
    if few:
        notes.append(f"dim: fewer than {SAMPLES[drawn.statistic]} requests")
    return notes


def _below(world: World, view: View, drawn: Chart, looking: Looking, width: int) -> Spans:
    """What happened under the cursor; else the alarms on this metric."""
    series = _series(world, drawn.key)
    if looking.cursor is not None:
        near = _near(marks(world, series, looking.cursor - looking.range.back_s, looking.cursor + looking.range.back_s), looking)
        if near:
            said = f"{near[-1].sign} {view.moment(near[-1].at)} {near[-1].words}" + (f"  (+{len(near) - 1})" if len(near) > 1 else "")
            return (Span(" " + fit(said, width - 2), near[-1].look),)
    shown = thresholds(world, series, drawn)
    words = shown[0].words if shown else "D deployment  A alarm (a another's)  Y you  R database"
    return (Span(" " + fit(words, width - 2), "fail" if any(t.alarm.state == "ALARM" for t in shown) else "dim"),)


def _near(found: Sequence[Mark], looking: Looking) -> list[Mark]:
    reach = max(60.0, looking.range.back_s / 60)
    at = looking.cursor or 0.0
    return sorted((mark for mark in found if abs(mark.at - at) <= reach), key=lambda mark: -abs(mark.at - at))
