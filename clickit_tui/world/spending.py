"""What the session asks of AWS and what that costs: counts, dollars, and a month at the present rate. Prices of us-east-1."""

from __future__ import annotations

import msgspec

DOLLARS_PER_METRIC = 0.01 / 1000
"""GetMetricData, per metric asked for; never in the free tier. Up to five statistics of one metric in one call are one metric."""
MONTH_H = 730.0
"""Hours of a month, day and night."""
WORK_H = 8.0 * 22
"""Hours of a month of one person's working days."""
LONGEST_S = 3600.0


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one session has asked so far."""

    began_at: float
    calls_last_minute: int = 0
    calls: int = 0
    """Requests that left, retries included."""
    by_operation: tuple[tuple[str, int], ...] = ()
    """(`service:Operation`, answers), most frequent first."""
    metrics: int = 0
    """Metrics asked of GetMetricData."""
    recent: tuple[tuple[float, int], ...] = ()
    """(when, metrics) of the GetMetricData calls of the last hour, oldest first."""
    dollars: float = 0.0


def per_minute(spent: Spent, now: float) -> float | None:
    """Metrics asked a minute at the present rate; None before there is one.

    The session's first minute, which fills the charts, is left out. Counted over whole five minutes: slow metrics are asked for every five.
    """
    lasted = now - spent.began_at - 60.0
    if lasted < 60.0:
        return None
    window = min(LONGEST_S, max(60.0, lasted // 300 * 300 or lasted // 60 * 60))
    counted = sum(count for at, count in spent.recent if now - window < at <= now and at >= spent.began_at + 60.0)
    return 60.0 * counted / window


def monthly(metrics_per_minute: float, hours: float = MONTH_H) -> float:
    """Dollars of a month of so many hours at a rate."""
    return metrics_per_minute * 60.0 * hours * DOLLARS_PER_METRIC
