"""What stood around the change of an alarm: its own metric, what was deployed before, the log of that minute, and the playbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from clickit_tui.logs.line import LogLine
from clickit_tui.panes.charts import ceiling
from clickit_tui.panes.metrics import marks, number, strokes, times
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.ui.plot import Mark, Picture
from clickit_tui.world.charting import Dot, Sure
from clickit_tui.world.honesty import condition, reason_words
from clickit_tui.world.parts import Alarm, Series
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

AROUND_S = 1800.0
"""How far the metric is shown before and after the change."""
BEFORE_S = 3600.0
"""How far back a deployment may have begun to be named."""
MINUTE_MS = 60_000
LINES = 12

PLAYBOOKS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("HTTPCode_", "UnHealthyHostCount", "HealthyHostCount"), "5xx", "API returning 5xx"),
    (("RunningTaskCount", "DesiredTaskCount"), "start", "Service won't start"),
    (("DatabaseConnections", "FreeableMemory", "FreeStorageSpace", "SwapUsage"), "database", "Database connection issues"),
    (("TargetResponseTime", "CPUUtilization", "Latency", "IOPS", "EBS", "Cache", "Engine", "NAT", "Port"), "latency", "High latency"),
)
"""(how metrics' names begin or what they hold, id of the playbook, its title in the runbook)."""


class Gathered(msgspec.Struct, kw_only=True):
    """What was read for one change of an alarm, as it comes in; a text is why it could not be read."""

    alarm: Alarm
    at: float
    state: str
    series: Series | str = "reading…"
    lines: Sequence[LogLine] | str = "reading…"
    plot: tuple[Spans, ...] = ()


class Advice(NamedTuple):
    """The playbook for an alarm."""

    id: str
    title: str


def playbook(alarm: Alarm) -> Advice:
    """The runbook's incident that an alarm's metric belongs to; a composite alarm's by what its rule names, at last the 5xx."""
    text = f"{alarm.metric} {alarm.name}" if alarm.composite else alarm.metric
    if alarm.namespace == "AWS/RDS" and alarm.metric == "CPUUtilization":
        return Advice("database", "Database connection issues")
    for words, key, name in PLAYBOOKS:
        if any(word.lower() in text.lower() for word in words):
            return Advice(key, name)
    return Advice("5xx", "API returning 5xx")


def window(at: float, now: float, period_s: int) -> tuple[float, float]:
    """(start, end) of what is read of the metric: around the change, on whole periods, not beyond now."""
    start = (at - max(AROUND_S, 6.0 * period_s)) // period_s * period_s
    end = min(now // 60 * 60, (at + max(AROUND_S, 6.0 * period_s)) // period_s * period_s)
    return start, max(end, start + period_s)


def picture(gathered: Gathered, world: World, view: View) -> Picture:
    """The alarm's own metric around the change, with its threshold."""
    alarm, series = gathered.alarm, gathered.series
    period = alarm.period_s or 60
    left, right = window(gathered.at, view.now, period)
    points = dict(series.at()) if isinstance(series, Series) else {}
    steps = int((right - left) // period)
    dots = [_dot(left + i * period, points, view.now, period) for i in range(steps)]
    unit = series.unit if isinstance(series, Series) else ""
    level = None if alarm.computed else alarm.threshold
    top = ceiling(max([1e-6, *(v * 1.05 for v in points.values()), *((level * 1.1,) if level else ())]))
    look: Look = "fail" if gathered.state == "ALARM" else "warn"
    happened = [mark for mark in marks(world, None, left, right) if mark.sign == "D" or mark.sign == "Y"]
    words = series if isinstance(series, str) else no_data(alarm, series)
    return Picture(
        left=left,
        right=right,
        top=top,
        strokes=strokes(dots),
        levels=((level, look),) if level is not None else (),
        marks=(*happened, Mark(gathered.at, "A", look)),
        times=times(left, right, view),
        heights=tuple((top * i / 2, number(top * i / 2, unit).replace("–", "0")) for i in range(3)),
        cursor=gathered.at,
        words=words,
    )


def no_data(alarm: Alarm, series: Series) -> str:
    """Why nothing is plotted: CloudWatch has no point, or did not answer for it."""
    if series.status not in ("Complete", ""):
        return f"CloudWatch answered {series.status} for {alarm.metric or 'it'}"
    return f"no data of {alarm.metric or 'it'} here"


def _dot(at: float, points: dict[float, float], now: float, period: int) -> Dot:
    return Dot(at, points.get(at), Sure.GROWING if now - at < period + 120 else Sure.CLOSED)


def evidence_lines(gathered: Gathered, world: World, view: View) -> list[Spans]:
    """The whole page."""
    alarm = gathered.alarm
    look: Look = "fail" if gathered.state == "ALARM" else "bold"
    advice = playbook(alarm)
    return [
        (
            Span(f" {alarm.name} went to {gathered.state or '?'}", look),
            Span(f" at {view.moment(gathered.at)}, {brief(view.now - gathered.at)} ago"),
        ),
        (Span(f" {condition(alarm)}", "dim"),),
        *(
            ((Span(f" plotted is only its first input: {alarm.statistic or '?'} of {alarm.metric or '?'}", "warn"),),)
            if alarm.computed
            else ()
        ),
        *((row("because", reason_words(_reason(gathered, world))),) if _reason(gathered, world) else ()),
        (
            Span(" playbook  ", "dim"),
            Span(advice.title, "bold"),
        ),
        (Span(" 6 opens the playbook   3 its log   4 its metrics   m acknowledge", "dim"),),
        *gathered.plot,
        title("deployments and changes in the hour before"),
        *before_lines(gathered.at, world, view),
        (),
        title("log of that minute, errors first"),
        *log_lines(gathered.lines),
    ]


def _reason(gathered: Gathered, world: World) -> str:
    history = world.alarm_history.value
    for change in reversed(history.changes if history else ()):
        if change.name == gathered.alarm.name and abs(change.at - gathered.at) < 1:
            return change.reason
    return gathered.alarm.reason if gathered.alarm.since == gathered.at else ""


def before_lines(at: float, world: World, view: View) -> list[Spans]:
    """Deployments and our own changes that began in the hour before, nearest first."""
    found = [mark for mark in marks(world, None, at - BEFORE_S, at) if mark.sign in ("D", "Y")]
    if not found:
        seen = world.service_deployments.value is not None or world.services.value is not None
        return [(Span(" none" if seen else " ? deployments are not known", "dim" if seen else "unknown"),)]
    return [
        (Span(f" {view.moment(mark.at)}  {fit(brief(at - mark.at) + ' before', 12)} ", "dim"), Span(mark.words, mark.look))
        for mark in sorted(found, key=lambda mark: -mark.at)
    ]


def log_lines(lines: Sequence[LogLine] | str) -> list[Spans]:
    """At most a dozen lines, the errors first, each group in order."""
    if isinstance(lines, str):
        return [(Span(f" {lines}", "dim"),)]
    if not lines:
        return [(Span(" no line in that minute", "dim"),)]
    rank = {"error": 0, "warn": 1}
    kept = sorted(lines, key=lambda line: (rank.get(line.level, 2), line.at_ms))[:LINES]
    looks: dict[str, Look] = {"error": "fail", "warn": "warn"}
    shown: list[Spans] = [
        (Span(f" {_clock(line)} {fit(line.part, 9)} ", "dim"), Span(line.text, looks.get(line.level, "plain"))) for line in kept
    ]
    return [*shown, (Span(f" and {len(lines) - LINES:,} more", "dim"),)] if len(lines) > LINES else shown


def _clock(line: LogLine) -> str:
    return f"{line.at_ms // 3_600_000 % 24:02d}:{line.at_ms // 60_000 % 60:02d}:{line.at_ms // 1000 % 60:02d}"
