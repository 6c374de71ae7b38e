"""What costs money: log groups, measured use, and what AWS billed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from clickit_tui.aws.catalogue import ALB, NAT, Query
from clickit_tui.aws.cloudwatch import data_query, results
from clickit_tui.aws.fetching import garbled, listed, needed, together
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, integer, member, number, records, text, words
from clickit_tui.aws.purse import Purse
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.money import LogGroup, Spend, Usage
from clickit_tui.world.parts import LoadBalancer
from clickit_tui.world.world import World

HOUR_S, DAY_S = 3600, 86_400
LAG_S = HOUR_S
"""ConsumedLCUs comes 30 to 40 minutes late; what is younger is left out."""
CACHED_S = float(DAY_S)
"""Cost Explorer is asked at most once in this time: its data is a day old anyway, and every page costs a cent."""
TAG = "Environment"
"""The cost-allocation tag that tells the environments apart, where it is active."""


def log_group(answer: Json, part: str) -> LogGroup:
    """One entry of logGroups."""
    return LogGroup(
        name=text(answer, "logGroupName"),
        part=part,
        stored_bytes=integer(answer, "storedBytes"),
        retention_days=integer(answer, "retentionInDays"),
    )


def log_groups_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `log_groups`; a group that does not exist is left out."""

    async def one(part: str, name: str) -> LogGroup | None:
        found = await listed(gateway, "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
        return next((log_group(each, part) for each in found if text(each, "logGroupName") == name), None)

    async def fetch(world: World) -> Mapping[str, object]:
        found = await together(one(part, name) for part, name in names.logs.items())
        return {"log_groups": tuple(group for group in found if group is not None)}

    return fetch


def usage_queries(world: World) -> dict[str, tuple[Query, ...]]:
    """What is asked for: `log:NAME`, `units`, `nat`; a part that is not known yet is not asked for."""
    asked: dict[str, tuple[Query, ...]] = {
        f"log:{group.name}": (Query("AWS/Logs", "IncomingBytes", (("LogGroupName", group.name),), "Sum", HOUR_S),)
        for group in world.log_groups.value or ()
    }
    balancer = world.balancer.value
    if isinstance(balancer, LoadBalancer):
        asked["units"] = (Query(ALB, "ConsumedLCUs", (("LoadBalancer", balancer.dimension),), "Sum", HOUR_S),)
    nat = world.nat.value or ()
    both = ("BytesOutToDestination", "BytesInFromDestination")
    if nat:
        asked["nat"] = tuple(Query(NAT, name, (("NatGatewayId", gateway.id),), "Sum", HOUR_S) for gateway in nat for name in both)
    return asked


def usage(asked: Mapping[str, tuple[Query, ...]], found: Mapping[Query, tuple[Mapping[float, float], str]]) -> Usage:
    """A day's use from hourly sums; a metric that was answered incompletely, or not at all, stays unknown.

    A log group without a datapoint took nothing in: that metric is published only when something came.
    """
    whole = {
        key: {query: found[query][0] for query in queries}
        for key, queries in asked.items()
        if all(query in found and found[query][1] == "Complete" for query in queries)
    }
    units = [value for of in (whole.get("units") or {}).values() for value in of.values()]
    nat = whole.get("nat") or {}
    return Usage(
        ingested=tuple((key[4:], sum(sum(of.values()) for of in each.values())) for key, each in whole.items() if key.startswith("log:")),
        capacity_units=sum(units) / len(units) if units else None,
        nat_bytes=sum(sum(of.values()) for of in nat.values()) if nat and all(nat.values()) else None,
    )


def usage_fetch(gateway: Gateway, clock: Callable[[], float] = time.time) -> Fetch:
    """Feeds `usage` from one GetMetricData over the last 24 whole hours."""

    async def fetch(world: World) -> Mapping[str, object]:
        needed(world.log_groups, "log_groups")
        asked = usage_queries(world)
        queries = {f"u{at}": query for at, query in enumerate(query for each in asked.values() for query in each)}
        if not queries:
            return {"usage": Usage()}
        end = (clock() - LAG_S) // HOUR_S * HOUR_S
        answers = await gateway.answers(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[data_query(key, query) for key, query in queries.items()],
            StartTime=datetime.fromtimestamp(end - DAY_S, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
        if not any(isinstance(answer.get("MetricDataResults"), list) for answer in answers):
            raise garbled("cloudwatch:GetMetricData", "MetricDataResults")
        return {"usage": usage(asked, results(answers, queries))}

    return fetch


def billed(answers: Iterable[Json]) -> dict[str, float]:
    """Dollars by AWS service, summed over the days of GetCostAndUsage's answers."""
    found: dict[str, float] = {}
    for answer in answers:
        for day in records(answer, "ResultsByTime"):
            for group in records(day, "Groups"):
                name = next(iter(words(group, "Keys")), "")
                dollars = number(group, "Metrics", "UnblendedCost", "Amount")
                if name and dollars is not None:
                    found[name] = found.get(name, 0.0) + dollars
    return found


class Spending:
    """Asks Cost Explorer, and keeps the answer for a day."""

    def __init__(self, gateway: Gateway, names: Names, purse: Purse, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._names, self._purse, self._clock = gateway, names, purse, clock

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `spend`: the last 30 whole days by service, of the environment where its tag is active, else of the account."""
        now, here = self._clock(), needed(world.identity, "identity")
        kept = await asyncio.to_thread(self._purse.find, here, self._names.env)
        if kept is None or not 0 <= now - kept.asked_at <= CACHED_S:
            kept = await self._ask(now)
            await asyncio.to_thread(self._purse.put, here, self._names.env, kept)
        return {"spend": kept}

    async def _ask(self, now: float) -> Spend:
        end = datetime.fromtimestamp(now, UTC).date()
        start = end - timedelta(days=30)
        period = {"Start": start.isoformat(), "End": end.isoformat()}
        tagged = billed(await self._answers(period, {"Tags": {"Key": TAG, "Values": [self._names.env]}}))
        tag = f"{TAG}={self._names.env}"
        if not sum(tagged.values()):
            note = f"nothing is billed under {tag}: the tag is not active, or activated less than a day ago; this is the whole account"
            tagged, tag = billed(await self._answers(period, None)), ""
        else:
            note = "what carries no such tag is not in it, e.g. traffic between zones"
        dearest = tuple(sorted(tagged.items(), key=lambda each: -each[1]))
        return Spend(start=period["Start"], end=period["End"], services=dearest, tag=tag, note=note, asked_at=now)

    async def _answers(self, period: Mapping[str, str], only: Mapping[str, object] | None) -> list[Json]:
        params: dict[str, object] = {"TimePeriod": period, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
        params["GroupBy"] = [{"Type": "DIMENSION", "Key": "SERVICE"}]
        if only is not None:
            params["Filter"] = only
        answers = await self._gateway.answers("ce", "GetCostAndUsage", **params)  # type: ignore[arg-type]
        if not all(isinstance(member(answer, "ResultsByTime"), list) for answer in answers):
            raise garbled("ce:GetCostAndUsage", "ResultsByTime")
        return list(answers)
