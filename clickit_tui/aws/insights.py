"""CloudWatch Logs Insights: StartQuery, GetQueryResults, StopQuery, and what a query would scan."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from clickit_tui.logs.insights import Answer, Estimate
from clickit_tui.logs.mask import mask
from clickit_tui.world.seen import Failed, Fault, Trouble, clean

POLL_S = 1.0
LONGEST_S = 900.0
"""AWS ends a query after 60 minutes; nobody on call waits that long."""
HOUR_S = 3_600.0


class Reads(Protocol):
    """What is needed of the gateway."""

    async def read(self, service: str, operation: str, /, *, lane: str = "read", **params: Any) -> dict[str, Any]:  # noqa: ANN401
        """One listed read; raises Failed."""


class LogsInsights:
    """Asks CloudWatch Logs Insights through the gateway. Times are epoch seconds."""

    def __init__(
        self,
        gateway: Reads,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        masked: bool = True,
    ) -> None:
        self._gateway, self._clock, self._sleep, self._masked = gateway, clock, sleep, masked

    async def estimate(self, groups: Sequence[str], start: float, end: float) -> Estimate:
        """From what the groups took in during the window; else their whole size shared over their age. Never raises."""
        try:
            taken = await self._taken_in(groups, start, end)
        except Failed:
            taken = None
        if taken is not None:
            return Estimate(scanned=taken, basis="by IncomingBytes")
        try:
            return await self._by_size(groups, start, end)
        except Failed as failed:
            return Estimate(basis=failed.fault.sentence)

    async def _taken_in(self, groups: Sequence[str], start: float, end: float) -> float | None:
        """Bytes the groups took in; None when the metric has no point."""
        queries = [
            {
                "Id": f"g{i}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Logs",
                        "MetricName": "IncomingBytes",
                        "Dimensions": [{"Name": "LogGroupName", "Value": group}],
                    },
                    "Period": int(HOUR_S),
                    "Stat": "Sum",
                },
            }
            for i, group in enumerate(groups)
        ]
        begin, until = start // HOUR_S * HOUR_S, -(-end // HOUR_S) * HOUR_S
        answer = await self._gateway.read(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(begin, UTC),
            EndTime=datetime.fromtimestamp(until, UTC),
        )
        results = answer.get("MetricDataResults")
        sums = [float(v) for r in results or () if isinstance(r, Mapping) for v in r.get("Values") or () if isinstance(v, int | float)]
        share = min(1.0, (end - start) / (until - begin)) if until > begin else 1.0
        return sum(sums) * share if sums else None

    async def _by_size(self, groups: Sequence[str], start: float, end: float) -> Estimate:
        total = 0.0
        for group in groups:
            found = await self._group(group)
            held, created = found.get("storedBytes"), found.get("creationTime")
            if not isinstance(held, int | float) or not isinstance(created, int | float):
                continue
            kept = found.get("retentionInDays")
            age_s = max(HOUR_S, self._clock() - created / 1000)
            age_s = min(age_s, kept * 86_400.0) if isinstance(kept, int | float) else age_s
            total += held * min(1.0, (end - start) / age_s)
        return (
            Estimate(scanned=total, basis="by stored size") if total else Estimate(basis="neither IncomingBytes nor a stored size is known")
        )

    async def ask(self, query: str, groups: Sequence[str], start: float, end: float, told: Callable[[Answer], None]) -> Answer:
        """Start a query and wait for its end; cancelled or too long, it is stopped. Raises Failed."""
        named = await self._begin(query, groups, start, end)
        try:
            return await self._wait(named, told)
        except asyncio.CancelledError:
            await asyncio.shield(self._stop(named))
            raise

    async def _begin(self, query: str, groups: Sequence[str], start: float, end: float) -> str:
        """Start the query over the groups that exist; returns its id."""
        asked: dict[str, Any] = {"startTime": int(start), "endTime": int(end), "queryString": query}
        try:
            begun = await self._gateway.read("logs", "StartQuery", logGroupNames=list(groups), **asked)
        except Failed as failed:
            there = [g for g in groups if await self._group(g)] if failed.fault.kind is Trouble.MISSING else []
            if not there or len(there) == len(groups):
                raise
            begun = await self._gateway.read("logs", "StartQuery", logGroupNames=there, **asked)
        named = begun.get("queryId")
        if not isinstance(named, str):
            raise Failed(Fault(kind=Trouble.GARBLED, sentence="StartQuery answered no query id", operation="logs:StartQuery"))
        return named

    async def _group(self, group: str) -> Mapping[str, Any]:
        """What DescribeLogGroups says of a group; empty when there is none."""
        answer = await self._gateway.read("logs", "DescribeLogGroups", logGroupNamePrefix=group)
        return next((g for g in answer.get("logGroups") or () if isinstance(g, Mapping) and g.get("logGroupName") == group), {})

    async def _wait(self, id: str, told: Callable[[Answer], None]) -> Answer:
        began = self._clock()
        while True:
            answer = self._answer(await self._gateway.read("logs", "GetQueryResults", queryId=id))
            told(answer)
            if not answer.running:
                return answer
            if self._clock() - began > LONGEST_S:
                await self._stop(id)
                raise Failed(Fault(kind=Trouble.UNREACHABLE, sentence=f"no answer in {LONGEST_S / 60:.0f} minutes: stopped"))
            await self._sleep(POLL_S)

    async def _stop(self, id: str) -> None:
        """Stop a query; that it has ended already is no failure."""
        try:
            await self._gateway.read("logs", "StopQuery", queryId=id)
        except Failed:
            return

    def _answer(self, said: Mapping[str, Any]) -> Answer:
        rows = [_row(row) for row in said.get("results") or () if isinstance(row, Sequence)]
        names = tuple(dict.fromkeys(name for row in rows for name in row if name != "@ptr"))
        statistics = said.get("statistics")
        scanned = statistics.get("bytesScanned") if isinstance(statistics, Mapping) else None
        return Answer(
            status=clean(said.get("status") or "Unknown"),
            names=tuple(clean(name, 80) for name in names),
            rows=tuple(tuple(self._shown(row.get(name, "")) for name in names) for row in rows),
            scanned=float(scanned) if isinstance(scanned, int | float) else None,
        )

    def _shown(self, value: str) -> str:
        text = value[:4_000]
        return clean(mask(text) if self._masked else text, 2_000)


def _row(cells: Sequence[object]) -> dict[str, str]:
    """`[{field, value}, …]` as a mapping; what is no cell is passed over."""
    return {str(cell["field"]): str(cell.get("value", "")) for cell in cells if isinstance(cell, Mapping) and "field" in cell}
