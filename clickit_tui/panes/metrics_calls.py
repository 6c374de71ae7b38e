"""What this session asks of AWS, and what that costs now and in a month."""

from __future__ import annotations

from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Span, Spans, fit
from clickit_tui.world.spending import DOLLARS_PER_METRIC, WORK_H, Spent, monthly, per_minute
from clickit_tui.world.words import several, spell

MOST = 12


def call_lines(spent: Spent, view: View) -> list[Spans]:
    """Dollars first, then the calls by operation."""
    rate = per_minute(spent, view.now)
    pace = "polls slowly: no key for half an hour and nothing is wrong; any key or trouble wakes it" if view.slow else "polls as ever"
    return [
        row("this session", f"${spent.dollars:.4f} in {spell(view.now - spent.began_at)}"),
        row("GetMetricData", f"{spent.metrics:,} metrics in {several(len(spent.recent), 'call')} of the last hour"),
        row("at present", "the rate is known after two minutes" if rate is None else f"{rate:.1f} metrics a minute"),
        row("a month", _projection(rate)),
        row("price", f"${DOLLARS_PER_METRIC * 1000:.2f} for 1,000 metrics (us-east-1), never in the free tier"),
        row("not counted", "Logs Insights (by what it scans) and the cents of Secrets Manager; the other reads are free"),
        row("pace", pace),
        (),
        title(f"answers of AWS, {spent.calls_last_minute} requests in the last minute, {spent.calls:,} in all"),
        *(_operation(name, count) for name, count in spent.by_operation[:MOST]),
        *_rest(spent),
    ]


def _projection(rate: float | None) -> str | None:
    if rate is None:
        return None
    return f"${monthly(rate):.2f} day and night, ${monthly(rate, WORK_H):.2f} at 8 h on 22 days"


def _operation(name: str, count: int) -> Spans:
    return (Span(f" {fit(f'{count:,}', 8, right=True)}  ", "dim"), Span(name))


def _rest(spent: Spent) -> list[Spans]:
    others = spent.by_operation[MOST:]
    total = sum(count for _, count in others)
    return [(Span(f" {fit(f'{total:,}', 8, right=True)}  of {several(len(others), 'other operation')}", "dim"),)] if others else []
