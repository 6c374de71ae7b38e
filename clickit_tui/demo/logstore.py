"""Log groups of the embedded ClickIt, answered as CloudWatch Logs does.

Times are epoch milliseconds (int) as in the API; `now` is epoch seconds and decides what has been ingested.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import hashlib
import heapq
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from clickit_tui.demo import filterpattern
from clickit_tui.demo.errors import AwsError

EVENTS_MOST = 100_000
"""Events held in all groups together; the oldest give way."""
PAGE_EVENTS = 10_000
PAGE_BYTES = 1_048_576
SCAN_EVENTS = 5_000
"""Events that one call looks at before it returns what it has, be it nothing, with a token."""
TOKEN_LIFE_S = 86_400
DAY_MS = 86_400_000
NEWEST_FIRST_SINCE_MS = 1_704_067_200_000
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


class Event(NamedTuple):
    """One log event; its order is AWS's: timestamp, ingestion, id."""

    timestamp: int
    ingestion: int
    number: int
    """Counts up with each event put; what the event id is made of."""
    stream: str
    message: str

    @property
    def id(self) -> str:
        """The event's id, 56 digits like AWS's, unique and the same in every answer."""
        return f"{self.timestamp:020d}{self.number:036d}"


Position = tuple[int, int, int]
"""A place between two events of a group: before the first event that is not smaller."""


@dataclass
class Stream:
    """A log stream and the times that DescribeLogStreams gives."""

    name: str
    created_ms: int
    first_ms: int | None = None
    last_ms: int | None = None
    ingested_ms: int | None = None


@dataclass
class Group:
    """A log group: its events in order, and its streams by name."""

    name: str
    created_ms: int
    retention_days: int | None = None
    stored_bytes: int = 0
    events: list[Event] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)


def refused(message: str) -> AwsError:
    """The error for parameters that CloudWatch Logs does not accept."""
    return AwsError("InvalidParameterException", message)


class LogStore:
    """All log groups.

    `scan_events` is how many events one FilterLogEvents or GetLogEvents looks at per page; a small number makes empty pages frequent.
    """

    def __init__(
        self, *, region: str = "us-east-1", account: str = "123456789012", events_most: int = EVENTS_MOST, scan_events: int = SCAN_EVENTS
    ) -> None:
        self.groups: dict[str, Group] = {}
        self.scan_events = scan_events
        self._arn = f"arn:aws:logs:{region}:{account}:log-group:"
        self._most = events_most
        self._number = 0
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def create_group(self, name: str, created_ms: int, *, retention_days: int | None = None) -> Group:
        """Make a group, or find it."""
        return self.groups.setdefault(name, Group(name, created_ms, retention_days))

    def delete_group(self, name: str) -> None:
        """Remove a group with its events; nothing when there is none."""
        gone = self.groups.pop(name, None)
        self._held -= len(gone.events) if gone else 0

    def create_stream(self, group: str, name: str, created_ms: int) -> Stream:
        """Make a stream (and its group), or find it."""
        return self.create_group(group, created_ms).streams.setdefault(name, Stream(name, created_ms))

    def put(self, group: str, stream: str, at_ms: int, message: str, ingested_ms: int | None = None) -> Event:
        """Write an event; it is seen once `ingested_ms` (else `at_ms`) has come. Group and stream are made when missing."""
        ingested = at_ms if ingested_ms is None else ingested_ms
        into = self.create_stream(group, stream, min(at_ms, ingested))
        self._number += 1
        event = Event(at_ms, ingested, self._number, stream, message)
        held = self.groups[group]
        if not held.events or held.events[-1] < event:
            held.events.append(event)
        else:
            bisect.insort(held.events, event)
        held.stored_bytes += len(message) + 26
        into.first_ms = at_ms if into.first_ms is None else min(at_ms, into.first_ms)
        into.last_ms = at_ms if into.last_ms is None else max(at_ms, into.last_ms)
        into.ingested_ms = ingested if into.ingested_ms is None else max(ingested, into.ingested_ms)
        self._held += 1
        if self._held > self._most:
            self._evict(max(1, self._most // 100))
        return event

    def _evict(self, count: int) -> None:
        """Drop the oldest events of all groups; many at once, because each drop moves a whole list."""
        drops = dict.fromkeys(self.groups, 0)
        oldest = heapq.merge(*(_placed(group) for group in self.groups.values()))
        for _, (_, name) in zip(range(count), oldest, strict=False):
            drops[name] += 1
        for name, drop in drops.items():
            del self.groups[name].events[:drop]
        self._held -= count

    def find(self, params: Mapping[str, Any]) -> Group:
        """The group named by logGroupName or logGroupIdentifier (name or ARN).

        Raises AwsError: InvalidParameterException, ResourceNotFoundException.
        """
        name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
        if name and identifier:
            raise refused("LogGroupName and LogGroupIdentifier can't both be specified.")
        if not name and not identifier:
            raise refused("Either logGroupName or logGroupIdentifier must be specified.")
        return self.group(str(name or identifier))

    def group(self, identifier: str) -> Group:
        """The group of that name or ARN. Raises AwsError (ResourceNotFoundException)."""
        name = identifier.partition(":log-group:")[2].removesuffix(":*") if identifier.startswith("arn:") else identifier
        if name not in self.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return self.groups[name]

    def arn(self, name: str) -> str:
        """The ARN of a group of that name, without `:*`."""
        return self._arn + name

    def between(self, group: Group, start_ms: int | None, end_ms: int | None, now: float) -> tuple[int, int]:
        """Indices of the events of [start, end] (both inclusive) that the retention still keeps."""
        kept = int(now * 1000) - group.retention_days * DAY_MS if group.retention_days else 0
        first = bisect.bisect_left(group.events, (max(start_ms or 0, kept),))
        return first, len(group.events) if end_ms is None else bisect.bisect_left(group.events, (end_ms + 1,))

    def filter_log_events(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """FilterLogEvents. A page may be partial or empty and still carry a nextToken; the last page carries none.

        Raises AwsError: InvalidParameterException, ResourceNotFoundException.
        """
        group = self.find(params)
        wanted, matches = _streams(params), filterpattern.compile(params.get("filterPattern") or "")
        limit = _limit(params, PAGE_EVENTS)
        first, last = self.between(group, params.get("startTime"), params.get("endTime"), now)
        digest, token = _digest(params), params.get("nextToken")
        newest_first = _newest_first(params)
        if token:
            newest_first, place = _read(token, digest, now)
            at = bisect.bisect_left(group.events, place)
            first, last = (first, min(last, at)) if newest_first else (max(first, at), last)
        events = group.events
        walk = (events[at] for at in (range(last - 1, first - 1, -1) if newest_first else range(first, last)))
        page = _Page(limit, self.scan_events, int(now * 1000))
        page.fill(walk, lambda event: wanted(event.stream) and matches(event.message))
        answer: dict[str, Any] = {"events": [_event(event, full=True) for event in page.found], "searchedLogStreams": []}
        if page.reached is not None and page.looked < last - first:
            answer["nextToken"] = _token(digest, now, newest_first, _place(page.reached, after=not newest_first))
        return answer

    def get_log_events(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """GetLogEvents: one stream; endTime is exclusive; both tokens are always there, and at the end the token sent comes back.

        Raises AwsError: InvalidParameterException, ResourceNotFoundException.
        """
        group = self.find(params)
        name = params["logStreamName"]
        if name not in group.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        limit, end = _limit(params, PAGE_EVENTS), params.get("endTime")
        first, last = self.between(group, params.get("startTime"), None if end is None else end - 1, now)
        digest, token = _digest({"group": group.name, "stream": name}), params.get("nextToken")
        back = not params.get("startFromHead", False)
        at = last if back else first
        if token:
            back, place = _read(token, digest, now)
            at = min(max(bisect.bisect_left(group.events, place), first), last)
        events = group.events
        walk = (events[index] for index in (range(at - 1, first - 1, -1) if back else range(at, last)))
        page = _Page(limit, self.scan_events, int(now * 1000))
        page.fill(walk, lambda event: event.stream == name)
        found = sorted(page.found)
        low, high = self._edges(page, events, at, back=back)
        return {
            "events": [_event(event, full=False) for event in found],
            "nextForwardToken": token if token and not back and page.reached is None else _token(digest, now, False, high),
            "nextBackwardToken": token if token and back and page.reached is None else _token(digest, now, True, low),
        }

    @staticmethod
    def _edges(page: _Page, events: Sequence[Event], at: int, *, back: bool) -> tuple[Position, Position]:
        """The places before and after what a page of GetLogEvents has looked at."""
        here = _place(events[at - 1], after=True) if at else (0, 0, 0)
        if page.reached is None:
            return here, here
        reached = _place(page.reached, after=not back)
        return (reached, here) if back else (here, reached)

    def describe_log_groups(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeLogGroups by prefix, by part of the name (logGroupNamePattern) or by identifiers, in order of name."""
        prefix, part = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
        if prefix and part:
            raise refused("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        named = params.get("logGroupIdentifiers")
        only = {self.group(each).name for each in named} if named else None
        names = [
            name
            for name in sorted(self.groups)
            if name.startswith(prefix or "")
            and (part or "") in name
            and (only is None or name in only)
            and self.groups[name].created_ms <= now * 1000
        ]
        page, token = _sliced(names, params)
        return {"logGroups": [self._described(self.groups[name]) for name in page]} | token

    def _described(self, group: Group) -> dict[str, Any]:
        arn = self._arn + group.name
        shown: dict[str, Any] = {
            "logGroupName": group.name,
            "creationTime": group.created_ms,
            "metricFilterCount": 0,
            "arn": f"{arn}:*",
            "storedBytes": group.stored_bytes,
            "logGroupClass": "STANDARD",
            "logGroupArn": arn,
        }
        return shown | ({"retentionInDays": group.retention_days} if group.retention_days else {})

    def describe_log_streams(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeLogStreams by name (default) or by last event time, ascending unless `descending`."""
        group, prefix = self.find(params), params.get("logStreamNamePrefix")
        by_time = params.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            raise refused("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = [each for each in group.streams.values() if each.name.startswith(prefix or "") and each.created_ms <= now * 1000]
        streams.sort(key=lambda each: ((each.last_ms or 0) if by_time else 0, each.name), reverse=bool(params.get("descending")))
        page, token = _sliced(streams, params)
        return {"logStreams": [self._described_stream(group, each) for each in page]} | token

    def _described_stream(self, group: Group, stream: Stream) -> dict[str, Any]:
        shown = {
            "logStreamName": stream.name,
            "creationTime": stream.created_ms,
            "firstEventTimestamp": stream.first_ms,
            "lastEventTimestamp": stream.last_ms,
            "lastIngestionTime": stream.ingested_ms,
            "uploadSequenceToken": f"{stream.created_ms:056d}",
            "arn": f"{self._arn}{group.name}:log-stream:{stream.name}",
            "storedBytes": 0,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def put_retention_policy(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """PutRetentionPolicy: older events are no longer returned. Raises AwsError for a number of days that AWS does not offer."""
        group, days = self.find(params), params.get("retentionInDays")
        if days not in RETENTIONS:
            offered = ", ".join(str(each) for each in RETENTIONS)
            raise refused(f"Invalid retention in days value '{days}'. Valid values are: [{offered}]")
        group.retention_days = days
        return {}

    def delete_retention_policy(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DeleteRetentionPolicy: the group's events never expire."""
        self.find(params).retention_days = None
        return {}

    def put_log_events(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """PutLogEvents into an existing stream, ingested now."""
        group = self.find(params)
        if params["logStreamName"] not in group.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        for event in params["logEvents"]:
            self.put(group.name, params["logStreamName"], event["timestamp"], event["message"], int(now * 1000))
        return {"nextSequenceToken": f"{self._number:056d}"}


def _placed(group: Group) -> Iterator[tuple[Position, str]]:
    return ((event[:3], group.name) for event in group.events)


class _Page:
    """What one call collects before a limit is reached."""

    def __init__(self, limit: int, scan: int, now_ms: int) -> None:
        self._limit, self._scan, self._now_ms = limit, scan, now_ms
        self.found: list[Event] = []
        self.looked = 0
        self.reached: Event | None = None

    def fill(self, events: Iterator[Event], wanted: Callable[[Event], bool]) -> None:
        """Take wanted, ingested events until the page is full or the budget is spent."""
        bytes_left = PAGE_BYTES
        for event in events:
            if event.ingestion <= self._now_ms and wanted(event):
                bytes_left -= len(event.message) + 26
                if bytes_left < 0 and self.found:
                    return
                self.found.append(event)
            self.reached = event
            self.looked += 1
            if len(self.found) >= self._limit or self.looked >= self._scan:
                return


def _event(event: Event, *, full: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}
    return {"logStreamName": event.stream, **shown, "eventId": event.id} if full else shown


def _streams(params: Mapping[str, Any]) -> Callable[[str], bool]:
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names and prefix:
        raise refused("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    if names and len(names) > 100:
        raise refused("At most 100 logStreamNames may be given.")
    if names:
        return frozenset(names).__contains__
    return lambda name: name.startswith(prefix or "")


def _newest_first(params: Mapping[str, Any]) -> bool:
    if params.get("startFromHead", True):
        return False
    if (params.get("startTime") or 0) < NEWEST_FIRST_SINCE_MS:
        raise refused("startFromHead=false is supported only with a startTime on or after Jan 1, 2024 00:00:00 UTC.")
    return True


def _limit(params: Mapping[str, Any], most: int) -> int:
    limit = params.get("limit") or most
    if not 1 <= limit <= most:
        raise refused(f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: between 1 and {most}")
    return int(limit)


def _place(event: Event, *, after: bool) -> Position:
    return event.timestamp, event.ingestion, event.number + after


def _digest(params: Mapping[str, Any]) -> str:
    """What a token belongs to: every parameter but those that may change from page to page."""
    same = {name: value for name, value in params.items() if name not in ("nextToken", "limit", "startFromHead", "interleaved", "unmask")}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]


def _token(digest: str, now: float, back: bool, place: Position) -> str:
    text = json.dumps([digest, int(now), int(back), *place], separators=(",", ":"))
    return f"{'b' if back else 'f'}/{base64.urlsafe_b64encode(text.encode()).decode()}"


def _read(token: str, digest: str, now: float) -> tuple[bool, Position]:
    try:
        of, issued, back, timestamp, ingestion, number = json.loads(base64.urlsafe_b64decode(token[2:].encode()))
        place = (int(timestamp), int(ingestion), int(number))
        late = now - int(issued) > TOKEN_LIFE_S
    except (ValueError, TypeError, binascii.Error):
        raise refused("The specified nextToken is invalid.") from None
    if of != digest or late:
        raise refused("The specified nextToken is invalid.")
    return bool(back), place


def _sliced(things: Sequence[Any], params: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of at most 50 with its token."""
    token, limit = params.get("nextToken") or "0", _limit(params, 50)
    if not token.isdecimal():
        raise refused("The specified nextToken is invalid.")
    at = int(token)
    return things[at : at + limit], {"nextToken": str(at + limit)} if at + limit < len(things) else {}
