"""CloudWatch Logs reads of the embedded ClickIt, against the API reference of CloudWatch Logs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.logstore import LogStore

NOW = 1_795_000_000.0
NOW_MS = int(NOW * 1000)
GROUP = "/ecs/clickit-dev-api"


def filled(count: int = 10, *, streams: int = 2, **options: Any) -> LogStore:
    """Events m0, m1, ... one second apart, the newest at NOW, round the streams s0, s1, ..."""
    store = LogStore(**options)
    for index in range(count):
        store.put(GROUP, f"s{index % streams}", NOW_MS - (count - 1 - index) * 1000, f"m{index}")
    return store


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def pages(store: LogStore, now: float = NOW, **params: Any) -> list[dict[str, Any]]:
    """Every page of FilterLogEvents."""
    found, token = [], None
    while True:
        answer = store.filter_log_events({"logGroupName": GROUP, **params} | ({"nextToken": token} if token else {}), now)
        found.append(answer)
        token = answer.get("nextToken")
        if not token:
            return found
        assert len(found) < 1_000


def fault(call: Any, params: dict[str, Any], now: float = NOW) -> str:
    with pytest.raises(AwsError) as error:
        call(params, now)
    return error.value.code


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9"),
        ({"startTime": NOW_MS - 2000}, "m7 m8 m9"),
        ({"endTime": NOW_MS - 7000}, "m0 m1 m2"),
        ({"startTime": NOW_MS - 5000, "endTime": NOW_MS - 5000}, "m4"),
        ({"startTime": NOW_MS + 1}, ""),
        ({"logStreamNames": ["s1"]}, "m1 m3 m5 m7 m9"),
        ({"logStreamNames": ["nope"]}, ""),
        ({"logStreamNamePrefix": "s0"}, "m0 m2 m4 m6 m8"),
        ({"filterPattern": "?m3 ?m4"}, "m3 m4"),
        ({"startFromHead": False, "startTime": NOW_MS - 2000}, "m9 m8 m7"),
        ({"interleaved": True}, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9"),
    ],
)
def test_filter(params: dict[str, Any], expected: str) -> None:
    answer = filled().filter_log_events({"logGroupName": GROUP, **params}, NOW)
    assert " ".join(messages(answer)) == expected
    assert "nextToken" not in answer
    assert answer["searchedLogStreams"] == []


@pytest.mark.parametrize(
    "identifier", [GROUP, f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}", f"arn:aws:logs:eu-west-1:1:log-group:{GROUP}:*"]
)
def test_group_by_identifier(identifier: str) -> None:
    store = filled()
    store.create_group("/ecs/last-made", NOW_MS)
    assert len(store.filter_log_events({"logGroupIdentifier": identifier}, NOW)["events"]) == 10


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"logGroupName": "/nope"}, "ResourceNotFoundException"),
        ({}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "logGroupIdentifier": GROUP}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "logStreamNames": ["s0"], "logStreamNamePrefix": "s"}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "filterPattern": "{ $.x"}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "limit": 10_001}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "nextToken": "nonsense"}, "InvalidParameterException"),
        ({"logGroupName": GROUP, "startFromHead": False}, "InvalidParameterException"),
    ],
)
def test_filter_refuses(params: dict[str, Any], code: str) -> None:
    assert fault(filled().filter_log_events, params) == code


def test_token_belongs_to_its_request_and_expires() -> None:
    store = filled()
    token = store.filter_log_events({"logGroupName": GROUP, "limit": 3}, NOW)["nextToken"]
    again = {"logGroupName": GROUP, "nextToken": token}
    assert messages(store.filter_log_events({**again, "limit": 2}, NOW + 86_000)) == ["m3", "m4"]
    assert fault(store.filter_log_events, {**again, "startTime": 5}) == "InvalidParameterException"
    assert fault(store.filter_log_events, again, NOW + 86_500) == "InvalidParameterException"


def test_pages_are_empty_while_nothing_matches() -> None:
    store = filled(20, scan_events=5)
    found = pages(store, filterPattern="m12")
    assert [messages(page) for page in found] == [[], [], ["m12"], []]
    assert [messages(page) for page in pages(store, filterPattern="m12")] == [[], [], ["m12"], []]


def test_a_page_holds_a_megabyte() -> None:
    store = LogStore()
    for index in range(5):
        store.put(GROUP, "s", NOW_MS - 10 + index, "x" * 400_000)
    assert [len(page["events"]) for page in pages(store)] == [2, 2, 1]


def test_an_event_is_seen_once_ingested_and_takes_its_place() -> None:
    store = LogStore()
    store.put(GROUP, "s", NOW_MS, "late", NOW_MS + 5000)
    store.put(GROUP, "s", NOW_MS + 1000, "prompt", NOW_MS + 1000)
    assert messages(store.filter_log_events({"logGroupName": GROUP}, NOW + 4)) == ["prompt"]
    assert messages(store.filter_log_events({"logGroupName": GROUP}, NOW + 5)) == ["late", "prompt"]


def test_order_is_timestamp_then_ingestion_then_id() -> None:
    store = LogStore()
    for message, at, ingested in (("d", 2, 2), ("b", 1, 5), ("a", 1, 3), ("c", 1, 5)):
        store.put(GROUP, "s", at, message, ingested)
    answer = store.filter_log_events({"logGroupName": GROUP}, NOW)
    assert messages(answer) == ["a", "b", "c", "d"]


def test_ids_are_stable_unique_and_of_56_digits() -> None:
    store = filled(50, scan_events=7)
    once = [event["eventId"] for page in pages(store) for event in page["events"]]
    other = [event["eventId"] for page in pages(store, limit=3) for event in page["events"]]
    assert once == other
    assert len(set(once)) == 50
    assert all(len(each) == 56 and each.isdecimal() for each in once)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    events=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20), st.sampled_from("abc"), st.sampled_from(["x", "y"])), max_size=60),
    limit=st.integers(1, 7),
    scan=st.integers(1, 9),
    back=st.booleans(),
)
def test_paging_never_loses_or_repeats(events: list[tuple[int, int, str, str]], limit: int, scan: int, back: bool) -> None:
    store = LogStore(scan_events=scan)
    store.create_group(GROUP, 0)
    for at, delay, stream, message in events:
        store.put(GROUP, stream, NOW_MS + at, message, NOW_MS + at + delay)
    expected = sorted(
        (
            event
            for event in store.groups[GROUP].events
            if event.stream != "c"
            and event.message == "x"
            and event.ingestion <= NOW_MS + 25
            and NOW_MS + 3 <= event.timestamp <= NOW_MS + 28
        ),
        reverse=back,
    )
    found = pages(
        store,
        NOW + 0.025,
        limit=limit,
        startFromHead=not back,
        startTime=NOW_MS + 3,
        endTime=NOW_MS + 28,
        filterPattern="x",
        logStreamNames=["a", "b"],
    )
    assert [event["eventId"] for page in found for event in page["events"]] == [event.id for event in expected]
    assert all(len(page["events"]) <= limit for page in found)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(first=st.integers(1, 20), more=st.integers(0, 20), limit=st.integers(1, 5))
def test_a_tail_by_pages_sees_what_is_appended_between_them(first: int, more: int, limit: int) -> None:
    store = LogStore()
    for index in range(first):
        store.put(GROUP, "s", NOW_MS + index, f"m{index}")
    seen: list[str] = []
    token: str | None = None
    for turn in range(60):
        if turn == 1:
            for index in range(first, first + more):
                store.put(GROUP, "s", NOW_MS + index, f"m{index}")
        answer = store.get_log_events(
            {"logGroupName": GROUP, "logStreamName": "s", "startFromHead": True, "limit": limit} | ({"nextToken": token} if token else {}),
            NOW + 1,
        )
        seen += messages(answer)
        token = answer["nextForwardToken"]
    assert seen == [f"m{index}" for index in range(first + more)]


def read(store: LogStore, **params: Any) -> dict[str, Any]:
    return store.get_log_events({"logGroupName": GROUP, "logStreamName": "s0", **params}, NOW)


def test_get_log_events_starts_at_the_end_and_walks_back() -> None:
    store = filled(12)
    page = read(store, limit=2)
    assert messages(page) == ["m8", "m10"]
    back = read(store, limit=2, nextToken=page["nextBackwardToken"])
    assert messages(back) == ["m4", "m6"]
    first = read(store, limit=2, nextToken=back["nextBackwardToken"])
    assert messages(first) == ["m0", "m2"]
    assert messages(read(store, limit=2, nextToken=first["nextForwardToken"])) == ["m4", "m6"]
    end = read(store, limit=2, nextToken=first["nextBackwardToken"])
    assert (end["events"], end["nextBackwardToken"]) == ([], first["nextBackwardToken"])


def test_get_log_events_gives_the_same_token_at_the_end() -> None:
    store = filled(4)
    page = read(store, startFromHead=True)
    assert messages(page) == ["m0", "m2"]
    assert "eventId" not in page["events"][0]
    end = read(store, nextToken=page["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], page["nextForwardToken"])
    store.put(GROUP, "s0", NOW_MS, "new")
    after = read(store, nextToken=end["nextForwardToken"])
    assert messages(after) == ["new"]
    assert messages(read(store, nextToken=end["nextBackwardToken"])) == ["m0", "m2"]


def test_get_log_events_end_time_is_exclusive() -> None:
    assert messages(read(filled(4), startFromHead=True, endTime=NOW_MS - 1000)) == ["m0"]


def test_get_log_events_needs_the_stream() -> None:
    store = filled()
    assert fault(store.get_log_events, {"logGroupName": GROUP, "logStreamName": "nope"}) == "ResourceNotFoundException"


def groups(store: LogStore, **params: Any) -> list[str]:
    return [group["logGroupName"] for group in store.describe_log_groups(params, NOW)["logGroups"]]


def test_describe_log_groups() -> None:
    store = LogStore()
    for name in ("/ecs/clickit-prod-api", "/ecs/clickit-dev-api", "/aws/rds/x"):
        store.create_group(name, NOW_MS, retention_days=30 if "prod" in name else None)
    store.put("/ecs/clickit-prod-api", "s", NOW_MS, "hello")
    assert groups(store) == ["/aws/rds/x", "/ecs/clickit-dev-api", "/ecs/clickit-prod-api"]
    assert groups(store, logGroupNamePrefix="/ecs/") == ["/ecs/clickit-dev-api", "/ecs/clickit-prod-api"]
    assert groups(store, logGroupNamePattern="prod") == ["/ecs/clickit-prod-api"]
    assert groups(store, logGroupNamePrefix="clickit") == []
    assert fault(store.describe_log_groups, {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}) == "InvalidParameterException"
    page = store.describe_log_groups({"limit": 2}, NOW)
    rest = store.describe_log_groups({"limit": 2, "nextToken": page["nextToken"]}, NOW)
    assert (len(page["logGroups"]), len(rest["logGroups"]), "nextToken" in rest) == (2, 1, False)
    prod = rest["logGroups"][0]
    assert (prod["retentionInDays"], prod["storedBytes"]) == (30, 31)
    assert prod["arn"] == f"{prod['logGroupArn']}:*"
    assert "retentionInDays" not in page["logGroups"][0]


def test_describe_log_streams() -> None:
    store = filled(5, streams=3)
    store.create_stream(GROUP, "s9", NOW_MS)

    def names(**params: Any) -> list[str]:
        return [each["logStreamName"] for each in store.describe_log_streams({"logGroupName": GROUP, **params}, NOW)["logStreams"]]

    assert names() == ["s0", "s1", "s2", "s9"]
    assert names(descending=True, limit=2) == ["s9", "s2"]
    assert names(orderBy="LastEventTime", descending=True) == ["s1", "s0", "s2", "s9"]
    assert names(logStreamNamePrefix="s1") == ["s1"]
    assert (
        fault(store.describe_log_streams, {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "s"})
        == "InvalidParameterException"
    )
    assert fault(store.describe_log_streams, {"logGroupName": "/nope"}) == "ResourceNotFoundException"
    shown = store.describe_log_streams({"logGroupName": GROUP}, NOW)["logStreams"]
    assert (shown[0]["firstEventTimestamp"], shown[0]["lastEventTimestamp"]) == (NOW_MS - 4000, NOW_MS - 1000)
    assert "lastEventTimestamp" not in shown[3]


def test_retention_hides_older_events() -> None:
    store = LogStore()
    store.put(GROUP, "s", NOW_MS - 2 * 86_400_000, "old")
    store.put(GROUP, "s", NOW_MS, "new")
    store.put_retention_policy({"logGroupName": GROUP, "retentionInDays": 1}, NOW)
    assert messages(store.filter_log_events({"logGroupName": GROUP}, NOW)) == ["new"]
    store.delete_retention_policy({"logGroupName": GROUP}, NOW)
    assert messages(store.filter_log_events({"logGroupName": GROUP}, NOW)) == ["old", "new"]
    assert fault(store.put_retention_policy, {"logGroupName": GROUP, "retentionInDays": 2}) == "InvalidParameterException"
    assert fault(store.put_retention_policy, {"logGroupName": "/nope", "retentionInDays": 1}) == "ResourceNotFoundException"


def test_the_oldest_events_of_all_groups_give_way() -> None:
    store = LogStore(events_most=10)
    for index in range(25):
        store.put("/a" if index % 2 else "/b", "s", NOW_MS + index, f"m{index}")
    kept = sorted(event.message for group in store.groups.values() for event in group.events)
    assert kept == sorted(f"m{index}" for index in range(15, 25))
    assert len(store) == 10
    store.delete_group("/a")
    assert len(store) == len(store.groups["/b"].events)
    assert fault(store.filter_log_events, {"logGroupName": "/a"}) == "ResourceNotFoundException"


def test_put_log_events() -> None:
    store = filled(1)
    store.put_log_events({"logGroupName": GROUP, "logStreamName": "s0", "logEvents": [{"timestamp": NOW_MS, "message": "hi"}]}, NOW)
    assert messages(store.filter_log_events({"logGroupName": GROUP}, NOW)) == ["m0", "hi"]
    assert fault(store.put_log_events, {"logGroupName": GROUP, "logStreamName": "nope", "logEvents": []}) == "ResourceNotFoundException"
