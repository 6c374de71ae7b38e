"""Performance Insights: what the database waits for and who asks, without a connection to it."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, number, records, text
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World

WINDOW_S = 900.0
GROUPS = (("db.wait_event", "waits for"), ("db.sql_tokenized", "statement"), ("db.host", "client"), ("db.user", "user"))
MOST = 5


async def database_load(gateway: Gateway, world: World, now: float) -> Sequence[str]:
    """The load of the last 15 minutes by wait, statement, client and user, in average active sessions; or why it cannot be told."""
    database = world.database.value
    if not isinstance(database, Database) or not database.resource_id:
        return ("Performance Insights cannot be asked: the database was not read",)
    if database.insights is False:
        return ("Performance Insights is switched off for this database",)
    lines: list[str] = ["average active sessions by what they wait for, statement, client and user"]
    for group, name in GROUPS:
        try:
            answer = await gateway.read(
                "pi",
                "GetResourceMetrics",
                ServiceType="RDS",
                Identifier=database.resource_id,
                StartTime=now - WINDOW_S,
                EndTime=now,
                PeriodInSeconds=60,
                MetricQueries=[{"Metric": "db.load.avg", "GroupBy": {"Group": group, "Limit": MOST}}],
            )
        except Failed as failed:
            lines.append(f"{name}: {failed.fault.sentence}")
            continue
        lines += [f"{name:<10} {load:6.2f}  {said}" for said, load in _loads(answer)] or [f"{name:<10} no data"]
    return lines


def _loads(answer: Json) -> list[tuple[str, float]]:
    """(dimension, average active sessions) of an answer, most first."""
    found = []
    for each in records(answer, "MetricList"):
        key = each.get("Key")
        dimensions = key.get("Dimensions") if isinstance(key, dict) else None
        values = [value for point in records(each, "DataPoints") if (value := number(point, "Value")) is not None]
        if isinstance(dimensions, dict) and values:
            said = next((text(dimensions, name) for name in dimensions if name.endswith((".name", ".statement"))), "")
            found.append((said or " ".join(text(dimensions, name) for name in dimensions), sum(values) / len(values)))
    return sorted(found, key=lambda one: -one[1])[:MOST]
