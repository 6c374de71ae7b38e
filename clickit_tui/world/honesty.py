"""What numbers and alarms mean, in words that claim no more than is known. Pure readings; nothing here decides a verdict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from clickit_tui.world.charting import Chart
from clickit_tui.world.incident import Told
from clickit_tui.world.parts import Alarm, Cache, Database, Series
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

SCALING = "TargetTracking-"
"""Alarms with this prefix belong to autoscaling: ALARM is their way of working, no trouble."""

HARD_LIMITS: Mapping[str, tuple[int, str]] = {"db.t4g.micro": (79, "estimated"), "db.t4g.small": (181, "measured elsewhere")}
"""Connections PostgreSQL takes by instance class, as others measured or reported it; the API tells no resolved number."""

_STAMP = re.compile(r"\s*\(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\)")
_LONG = re.compile(r"\d+\.\d{3,}")
_LISTED = re.compile(r"\[([^],]*, [^],]*, [^],]*)((?:,[^],]*){2,})\]")
_LEAST = re.compile(r"\s*\(minimum [^)]*\)")

SIGNS: Mapping[str, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def connections(value: float | None, budget: int, instance_class: str) -> str:
    """`41 / 60 budget (about 79 hard, estimated)`: the team's budget first, and what the database itself takes as far as it is known."""
    have = "?" if value is None else f"{value:.0f}"
    limit, how = HARD_LIMITS.get(instance_class, (0, ""))
    hard = f"about {limit} hard, {how}" if limit else "hard limit unknown"
    return f"{have} / {budget} budget ({hard})"


def credit_words(key: str, value: float | None) -> str:
    """What a balance of CPU credits means: a t4g of RDS goes on and costs money, one of ElastiCache is slowed."""
    if key == "db.credits":
        empty = value is not None and value <= 0
        return "empty: not slowed, surplus credits are charged" if empty else "RDS t4g is never slowed: below 0 it costs money"
    if key in ("db.surplus", "db.surplus_charged"):
        return "surplus credits are money, not slowness" if value else ""
    if key == "cache.credits":
        slowed = value is not None and value <= 0
        return "empty: slowed to its baseline" if slowed else "at 0 ElastiCache slows the node to its baseline"
    return ""


def limits(world: World, drawn: Chart, at: float | None, budget: int) -> str:
    """What a reader must know beside a chart's number; empty when the number says it all."""
    dot = drawn.under(at)
    value = dot.value if dot else None
    if drawn.key == "db.connections":
        database = world.database.value
        return connections(value, budget, database.instance_class if isinstance(database, Database) else "")
    if drawn.key.endswith((".credits", ".surplus", ".surplus_charged")):
        return credit_words(drawn.key, value) if _burstable(world, drawn.key) else ""
    if drawn.key.endswith((".cpu", ".cpu_max")) and value is not None and value > 100:
        return "over 100 %: percent of what the tasks reserve"
    return ""


def _burstable(world: World, key: str) -> bool:
    database, cache = world.database.value, world.cache.value
    if key.startswith("db."):
        return isinstance(database, Database) and database.instance_class.startswith("db.t")
    return isinstance(cache, Cache) and cache.node_type.startswith("cache.t")


# --- alarms ---------------------------------------------------------------------------------------------------------------------


def scales(alarm: Alarm) -> bool:
    """Autoscaling's own alarm: ALARM is how it scales, nothing is wrong."""
    return alarm.name.startswith(SCALING)


def counts_events(alarm: Alarm) -> bool:
    """Whether the alarm's metric is published only when something happens."""
    return alarm.metric.startswith("HTTPCode_") or alarm.metric in ("RejectedConnectionCount", "TargetConnectionErrorCount")


def quiet_when_missing(alarm: Alarm) -> bool:
    """Whether missing data is this alarm's way of saying that nothing happened."""
    return alarm.missing in ("notBreaching", "ignore") or counts_events(alarm)


def condition(alarm: Alarm) -> str:
    """`Sum of HTTPCode_Target_5XX_Count > 10 in 1 of 2 periods of 5 m`; a composite alarm's rule."""
    if alarm.composite:
        return alarm.metric
    threshold = "?" if alarm.threshold is None else f"{alarm.threshold:g}"
    said = f"{looked_at(alarm)} {SIGNS.get(alarm.comparison, alarm.comparison or '?')} {threshold}"
    if alarm.period_s is None or alarm.evaluations is None:
        return said
    period = spell(alarm.period_s)
    return f"{said} in {alarm.to_alarm} of {alarm.evaluations} periods of {period}" if alarm.evaluations > 1 else f"{said} in {period}"


def looked_at(alarm: Alarm) -> str:
    """`Sum of RequestCount`, or the expression over several metrics."""
    if alarm.computed:
        return f"{alarm.computed} (computed, of {alarm.metric or '?'} and others)"
    return f"{alarm.statistic or '?'} of {alarm.metric or '?'}"


def turns_at(alarm: Alarm) -> str:
    """The condition with its number first, for a row: `> 10 in 5 m: Sum of HTTPCode_Target_5XX_Count`."""
    if alarm.composite:
        return f"composite: {alarm.metric}"
    threshold = "?" if alarm.threshold is None else f"{alarm.threshold:g}"
    lasting = (alarm.period_s or 0) * (alarm.to_alarm or 1)
    time = f" in {spell(lasting)}" if lasting else ""
    return f"{SIGNS.get(alarm.comparison, alarm.comparison or '?')} {threshold}{time}: {looked_at(alarm)}"


def when_missing(alarm: Alarm) -> str:
    """The alarm's policy for missing data, and what it means for this metric."""
    if alarm.composite:
        return "has no data of its own"
    policies = {
        "missing": "missing data make it INSUFFICIENT_DATA",
        "notBreaching": "missing data count as good",
        "breaching": "missing data count as bad",
        "ignore": "missing data leave it as it is",
    }
    policy = policies.get(alarm.missing, alarm.missing)
    if counts_events(alarm):
        return f"{policy}: this metric has no data while nothing happens"
    return f"{policy}: this metric always has data while its resource runs"


def state_words(alarm: Alarm) -> str:
    """The state for people: whether INSUFFICIENT_DATA is trouble or only quiet."""
    if scales(alarm):
        return f"{alarm.state or '?'} (autoscaling's own, no trouble)"
    if alarm.evaluation:
        return f"{alarm.state or '?'} ({alarm.evaluation}: CloudWatch could not judge it properly)"
    if alarm.state == "INSUFFICIENT_DATA":
        quiet = "no data, which for this metric means that nothing happened" if counts_events(alarm) else "no data: it cannot see"
        return f"INSUFFICIENT_DATA ({quiet})"
    return alarm.state or "?"


def actions_words(alarm: Alarm) -> str:
    """Whether anybody is told."""
    if alarm.actions_enabled is None:
        return "not said"
    if not alarm.actions_enabled:
        return "MUTED: actions are switched off, nobody is told"
    return "enabled" if alarm.alarm_actions else "enabled, but it tells nobody: it has no action for ALARM"


def reason_words(text: str) -> str:
    """StateReason without what the screen says better: heading, times of the values, rule of counting; long numbers and lists are cut."""
    plain = _LEAST.sub("", _STAMP.sub("", text)).removeprefix("Threshold Crossed: ").removeprefix("Insufficient Data: ")
    short = _LONG.sub(lambda found: f"{float(found[0]):.2f}", plain)
    return _LISTED.sub(lambda found: f"[{found[1]}, … {found[2].count(',')} more]", short).strip().rstrip(".")


def acknowledged(world: World, alarm: Alarm) -> str:
    """The note with which this state of the alarm was acknowledged; empty when it was not. A new state asks anew."""
    head = acknowledging(alarm, "")
    notes = [each for each in world.record if each.kind is Told.NOTE and each.text.startswith(head)]
    return notes[-1].text.removeprefix(head) if notes else ""


def acknowledging(alarm: Alarm, note: str) -> str:
    """The journal's line of an acknowledgement; it names the moment of the change, so that it holds for this one only."""
    return f"acknowledged {alarm.name} {alarm.state} of {int(alarm.since or 0)}: {note}"


GAUGED = frozenset({"Average", "Minimum", "Maximum"})
"""Statistics that are on the scale of the metric itself, so that a line of one means something on a chart of another."""


class Threshold(NamedTuple):
    """An alarm's threshold beside a chart: the line where it can be drawn, and the words."""

    alarm: Alarm
    level: float | None
    words: str


def alarms_of(world: World, series: Series) -> tuple[Alarm, ...]:
    """The alarms on exactly this metric of this resource, autoscaling's own left out; a number of tasks is no such metric."""
    resources = [frozenset(each) for each in series.resources]
    return tuple(
        alarm
        for alarm in world.alarms.value or ()
        if not scales(alarm)
        and (series.statistic == "SampleCount") == (alarm.statistic == "SampleCount")
        and (alarm.namespace, alarm.metric) == (series.namespace, series.name)
        and frozenset(alarm.dimensions) in resources
    )


def threshold(alarm: Alarm, series: Series, drawn: Chart) -> Threshold:
    """Where the alarm turns on this chart; another kind of number, or a sum over another period, is said, not drawn."""
    words = f"alarm {alarm.name}: {condition(alarm)}"
    why = ""
    if alarm.computed:
        why = "it looks at a computed number"
    elif alarm.statistic != series.statistic and not {alarm.statistic, series.statistic} <= GAUGED:
        why = f"the chart is {series.statistic}"
    elif series.statistic in ("Sum", "SampleCount") and alarm.period_s != drawn.period_s:
        why = "a sum over another period"
    fits = alarm.threshold is not None and not alarm.composite and not why
    return Threshold(alarm, alarm.threshold if fits else None, f"{words} (no line: {why})" if why else words)
