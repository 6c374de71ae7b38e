"""Counts what this session asks of AWS: requests in the last minute, in all, and the dollars they cost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from clickit_tui.aws.reads import permission
from clickit_tui.world.spending import DOLLARS_PER_METRIC, LONGEST_S, Spent

_DOLLARS_PER_COST_REQUEST = 0.01


class Meter:
    """Requests that left (retries count) and what AWS charges for them. The clock gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: deque[float] = deque()
        self._began = clock()
        self._answers: Counter[str] = Counter()
        self._asked: deque[tuple[float, int]] = deque()
        self.total = 0
        """Requests sent since the start."""
        self.metrics = 0
        """Metrics asked of GetMetricData since the start."""
        self.dollars = 0.0
        """Charges known per request: GetMetricData $0.01 per 1,000 metrics, GetCostAndUsage $0.01 each.

        Log queries are charged by bytes scanned and are not in it.
        """

    @property
    def last_minute(self) -> int:
        """Requests sent in the last 60 seconds."""
        self._forget()
        return len(self._recent)

    def sent(self) -> None:
        """One request leaves."""
        self._forget()
        self._recent.append(self._clock())
        self.total += 1

    def asked(self, service: str, operation: str, params: Mapping[str, object]) -> None:
        """One API call was answered; adds what it costs."""
        self._answers[permission(service, operation)] += 1
        if (service, operation) == ("cloudwatch", "GetMetricData") and "NextToken" not in params:
            metrics = _metrics(params.get("MetricDataQueries"))
            self.metrics += metrics
            self._asked.append((self._clock(), metrics))
            self._trim()
            self.dollars += metrics * DOLLARS_PER_METRIC
        elif (service, operation) == ("ce", "GetCostAndUsage"):
            self.dollars += _DOLLARS_PER_COST_REQUEST

    def spent(self) -> Spent:
        """Everything that was counted."""
        self._trim()
        return Spent(
            began_at=self._began,
            calls_last_minute=self.last_minute,
            calls=self.total,
            by_operation=tuple(self._answers.most_common()),
            metrics=self.metrics,
            recent=tuple(self._asked),
            dollars=self.dollars,
        )

    def _trim(self) -> None:
        while self._asked and self._asked[0][0] <= self._clock() - LONGEST_S:
            self._asked.popleft()

    def _forget(self) -> None:
        horizon = self._clock() - 60
        while self._recent and self._recent[0] <= horizon:
            self._recent.popleft()


def _metrics(queries: object) -> int:
    """Distinct metrics among the queries: up to five statistics of one metric are charged once, expressions not at all."""
    if not isinstance(queries, Sequence):
        return 0
    statistics: dict[str, int] = {}
    for query in queries:
        stat = query.get("MetricStat") if isinstance(query, Mapping) else None
        if isinstance(stat, Mapping):
            key = repr((stat.get("Metric"), stat.get("Period")))
            statistics[key] = statistics.get(key, 0) + 1
    return sum(-(-count // 5) for count in statistics.values())
