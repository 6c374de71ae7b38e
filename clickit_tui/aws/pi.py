"""Performance Insights: what the database's sessions wait for, pi:GetResourceMetrics by wait event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from clickit_tui.aws.fetching import garbled, needed
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, number, records, text
from clickit_tui.poll import Fetch
from clickit_tui.world.parts import Database, Wait
from clickit_tui.world.seen import Absent
from clickit_tui.world.world import World

WINDOW_S = 300.0
"""The load is averaged over the points of so many seconds."""
MOST = 10
"""Wait events that are asked for."""
GROUP = "db.wait_event"


def waits(answers: Iterable[Json]) -> tuple[Wait, ...]:
    """Mean load by wait event, the highest first; the total, which has no dimensions, and events without a point are left out."""
    found = [
        Wait(event=event, kind=text(each, "Key", "Dimensions", f"{GROUP}_type.name") or _kind(each, event), load=load)
        for answer in answers
        for each in records(answer, "MetricList")
        if (event := text(each, "Key", "Dimensions", f"{GROUP}.name")) and (load := _mean(each)) is not None
    ]
    return tuple(sorted(found, key=lambda wait: (-wait.load, wait.event)))


def _kind(answer: Json, event: str) -> str:
    return text(answer, "Key", "Dimensions", f"{GROUP}.type") or event.partition(":")[0]


def _mean(answer: Json) -> float | None:
    values = [value for point in records(answer, "DataPoints") if (value := number(point, "Value")) is not None]
    return sum(values) / len(values) if values else None


def waits_fetch(gateway: Gateway, clock: Callable[[], float] = time.time) -> Fetch:
    """Feeds `waits`: sessions by what they wait for; `Absent` where there is no database or it keeps no Performance Insights."""

    async def fetch(world: World) -> Mapping[str, object]:
        database = needed(world.database, "database")
        if not isinstance(database, Database):
            return {"waits": database}
        if database.insights is False:
            return {"waits": Absent(looked_for=f"Performance Insights of {database.id}")}
        if database.insights is None or not database.resource_id:
            raise garbled("rds:DescribeDBInstances", "PerformanceInsightsEnabled" if database.insights is None else "DbiResourceId")
        end = clock() // 60 * 60
        answers = await gateway.answers(
            "pi",
            "GetResourceMetrics",
            ServiceType="RDS",
            Identifier=database.resource_id,
            MetricQueries=[{"Metric": "db.load.avg", "GroupBy": {"Group": GROUP, "Limit": MOST}}],
            StartTime=datetime.fromtimestamp(end - WINDOW_S, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            PeriodInSeconds=60,
        )
        if not any(_mean(each) is not None for answer in answers for each in records(answer, "MetricList")):
            raise garbled("pi:GetResourceMetrics", "MetricList with a point")
        return {"waits": waits(answers)}

    return fetch
