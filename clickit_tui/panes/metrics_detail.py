"""Everything known of one chart as a page, and the command line that reads it."""

from __future__ import annotations

from datetime import UTC, datetime

from clickit_tui.panes.metrics import Looking, number, thresholds
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View
from clickit_tui.plan import Call, as_cli
from clickit_tui.ui.cells import Spans
from clickit_tui.world.charting import DERIVED, SAMPLES, Chart
from clickit_tui.world.honesty import limits, state_words, when_missing
from clickit_tui.world.parts import MetricClass, Series
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

MISSING = {
    MetricClass.EVENTS: "published only when something happens: no data is none, where there were requests in that period",
    MetricClass.STATE: "published while tasks run: no data is no running task",
    MetricClass.ALWAYS: "published while the resource exists: no data is stopped, deleted, a wrong dimension, or no permission",
}


def metric_page(world: World, view: View, drawn: Chart, looking: Looking) -> list[Spans]:
    """Source, statistic, what a gap means, numbers, and the alarms on the metric."""
    metrics = world.metrics.value
    series = metrics.series.get(drawn.key) if metrics else None
    dot = drawn.under(looking.cursor)
    lines = [
        row("metric", f"{series.namespace} {series.name}" if series else f"{drawn.label} of {', '.join(DERIVED[drawn.key][1])}"),
        *_resources(series),
        row("statistic", f"{drawn.statistic} of {spell(drawn.period_s)}"),
        row("no data means", MISSING[series.kind] if series else "too little to make a rate of"),
        *_said("samples", f"dim below {SAMPLES[drawn.statistic]} requests a period" if drawn.statistic in SAMPLES else ""),
        *_said("replaced by", drawn.note),
        row("stands", drawn.words or "known"),
        *_said("meaning", limits(world, drawn, looking.cursor, view.facts.thresholds.db_connections_budget)),
        (),
        row("range", f"{looking.range.name}: {len(drawn.values)} of {len(drawn.dots)} periods have a value, {drawn.growing} provisional"),
        row("value", f"{number(dot.value, drawn.unit)} at {view.moment(dot.at)}, {dot.sure.value}" if dot else None),
        row("least", number(min(drawn.values, default=None), drawn.unit)),
        row("mean", number(drawn.average, drawn.unit) if drawn.statistic not in SAMPLES else "percentiles cannot be averaged"),
        row("greatest", number(max(drawn.values, default=None), drawn.unit)),
    ]
    for each in thresholds(world, series, drawn):
        lines += [(), title(each.alarm.name), row("  state", state_words(each.alarm)), row("  turns at", each.words)]
        lines.append(row("  missing data", when_missing(each.alarm)))
    return lines


def _said(name: str, words: str) -> list[Spans]:
    """A line where there is something to say."""
    return [row(name, words)] if words else []


def _resources(series: Series | None) -> list[Spans]:
    found = series.resources if series else ()
    return [row("of" if i == 0 else "", " ".join(f"{name}={value}" for name, value in each)) for i, each in enumerate(found)]


def command(series: Series, looking: Looking, now: float) -> str:
    """The aws command line that reads the series over the range."""
    end = now // 60 * 60
    period = max(series.period_s, looking.range.period_s)
    queries = [
        {
            "Id": f"m{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": series.namespace,
                    "MetricName": series.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in each],
                },
                "Period": period,
                "Stat": series.statistic,
            },
        }
        for index, each in enumerate(series.resources)
    ]
    return as_cli(
        Call(
            "cloudwatch",
            "GetMetricData",
            {"MetricDataQueries": queries, "StartTime": _iso(end - looking.range.back_s), "EndTime": _iso(end)},
        )
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
