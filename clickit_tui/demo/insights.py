"""CloudWatch Logs Insights of the embedded ClickIt: queries that start, run for a moment and are polled."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clickit_tui.demo import insightsquery
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.insightsrow import Row
from clickit_tui.demo.logstore import Event, Group, LogStore

SCHEDULED_S, RUNNING_S = 0.2, 1.0
"""Ages at which a query begins to run and is complete."""
CONCURRENT_MOST = 30
LIMIT_DEFAULT, LIMIT_MOST = 10_000, 100_000
KEPT_S = 3_600


@dataclass
class Query:
    """One query and, once it ended, what it found."""

    id: str
    text: str
    plan: insightsquery.Plan
    groups: tuple[str, ...]
    start_s: int
    end_s: int
    started: float
    stopped: bool = False
    results: list[list[dict[str, str]]] | None = None
    statistics: dict[str, float] | None = None

    def status(self, now: float) -> str:
        """The status that GetQueryResults gives at `now`."""
        age = now - self.started
        if self.stopped:
            return "Cancelled"
        return "Scheduled" if age < SCHEDULED_S else "Running" if age < RUNNING_S else "Complete"


class Insights:
    """The account's queries over one LogStore."""

    def __init__(self, logs: LogStore) -> None:
        self._logs = logs
        self._queries: dict[str, Query] = {}
        self._number = 0

    def start_query(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """StartQuery over epoch seconds (inclusive).

        Raises AwsError: MalformedQueryException, InvalidParameterException, ResourceNotFoundException, LimitExceededException.
        """
        groups = self._groups(params)
        if params["endTime"] < params["startTime"]:
            raise AwsError(
                "MalformedQueryException", "end date and time is either before the log groups creation time or before the start time"
            )
        if params.get("limit") is not None and not 1 <= params["limit"] <= LIMIT_MOST:
            raise AwsError("InvalidParameterException", f"limit must be between 1 and {LIMIT_MOST}")
        plan = insightsquery.parsed(params["queryString"], int(params.get("limit") or LIMIT_DEFAULT))
        self._queries = {each.id: each for each in self._queries.values() if now - each.started < KEPT_S}
        if sum(each.status(now) in ("Scheduled", "Running") for each in self._queries.values()) >= CONCURRENT_MOST:
            raise AwsError("LimitExceededException", "Account maximum query concurrency limit reached.")
        self._number += 1
        digest = hashlib.sha256(f"{self._number} {params['queryString']}".encode()).hexdigest()
        query_id = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        self._queries[query_id] = Query(
            query_id, params["queryString"], plan, groups, int(params["startTime"]), int(params["endTime"]), now
        )
        return {"queryId": query_id}

    def _groups(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        given = [
            params.get("logGroupNames"),
            params.get("logGroupIdentifiers"),
            [params["logGroupName"]] if params.get("logGroupName") else None,
        ]
        named = [each for each in given if each]
        source = re.search(r"^\s*SOURCE\s+logGroups\(", params["queryString"], re.IGNORECASE)
        if len(named) != 1 or source:
            raise AwsError("InvalidParameterException", "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given.")
        if len(named[0]) > 50:
            raise AwsError("InvalidParameterException", "At most 50 log groups may be queried.")
        return tuple(self._logs.group(each).name for each in named[0])

    def get_query_results(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """GetQueryResults: results once complete. Raises AwsError (ResourceNotFoundException) for an unknown query."""
        query = self._query(params)
        status = query.status(now)
        if status == "Complete" and query.results is None:
            self._run(query)
        none = {"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0}
        answer: dict[str, Any] = {"queryLanguage": "CWLI", "results": [], "statistics": query.statistics or none, "status": status}
        at, most = _paged(params)
        results = query.results or []
        answer["results"] = results[at : at + most]
        return answer | ({"nextToken": str(at + most)} if at + most < len(results) else {})

    def stop_query(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """StopQuery. Raises AwsError (InvalidParameterException) when it is no longer running."""
        query = self._query(params)
        if query.status(now) not in ("Scheduled", "Running"):
            raise AwsError("InvalidParameterException", f"Query {query.id} is not in running state.")
        query.stopped = True
        return {"success": True}

    def describe_queries(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeQueries, newest first."""
        wanted, group = params.get("status"), params.get("logGroupName")
        found = [
            each for each in reversed(self._queries.values()) if wanted in (None, each.status(now)) and (not group or group in each.groups)
        ]
        return {"queries": [_described(each, now) for each in found]}

    def _query(self, params: Mapping[str, Any]) -> Query:
        query = self._queries.get(params["queryId"])
        if query is None:
            raise AwsError("ResourceNotFoundException", f"Query {params['queryId']} does not exist.")
        return query

    def _run(self, query: Query) -> None:
        """Work out a query over what had been ingested when it completed."""
        done = query.started + RUNNING_S
        rows, scanned, bytes_scanned = [], 0, 0
        for name in query.groups:
            group = self._logs.groups.get(name)
            if group is None:
                continue
            first, last = self._logs.between(group, query.start_s * 1000, query.end_s * 1000, done)
            for event in group.events[first:last]:
                if event.ingestion > done * 1000:
                    continue
                scanned += 1
                bytes_scanned += len(event.message)
                rows.append(_row(event, group, self._logs.arn(name)))
        results, matched = query.plan.run(rows)
        query.results = results
        query.statistics = {
            "recordsMatched": float(matched),
            "recordsScanned": float(scanned),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(bytes_scanned),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(query.groups)),
            "resultCount": float(len(results)),
        }


def _row(event: Event, group: Group, arn: str) -> Row:
    account = arn.split(":")[4]
    return Row(event.timestamp, event.ingestion, event.message, event.stream, f"{account}:{group.name}", event.id)


def _paged(params: Mapping[str, Any]) -> tuple[int, int]:
    token = params.get("nextToken") or "0"
    if not token.isdecimal():
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(token), int(params.get("maxItems") or LIMIT_DEFAULT)


def _described(query: Query, now: float) -> dict[str, Any]:
    return {
        "queryId": query.id,
        "queryLanguage": "CWLI",
        "queryString": query.text,
        "status": query.status(now),
        "createTime": int(query.started * 1000),
        "logGroupName": query.groups[0],
    }
