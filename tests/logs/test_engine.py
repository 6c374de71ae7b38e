"""The tail against a generated log service: every line once and in order, and whatever is not kept is counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs import reader
from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.engine import Tail
from clickit_tui.logs.state import Standing
from clickit_tui.logs.window import Known
from clickit_tui.world.seen import Trouble
from tests.logs.fake import START, LogService, Stepped, follow_by_last_timestamp
from tests.logs.test_buffer import line

API = "/ecs/clickit-dev-api"
GROUPS = {"api": API}


def tail_of(service: LogService, groups=GROUPS, **options) -> Tail:
    service.time.workers = len(groups)
    return Tail(groups, service.fetch, clock=service.time.clock, sleep=service.time.sleep, rng=Random(1), **options)


def assert_ordered(tail: Tail) -> None:
    keys = [line.key for line in tail.buffer.lines]
    assert keys == sorted(keys)


def texts(tail: Tail) -> list[str]:
    return [line.text for line in tail.buffer.lines]


TROUBLES = st.sampled_from([Trouble.THROTTLED, Trouble.UNREACHABLE, Trouble.SERVER, Trouble.CREDENTIALS])

EVENT = st.tuples(
    st.integers(-600, 120),
    st.one_of(st.floats(0, 3), st.floats(0, 29)),
    st.sampled_from(["one", "two", "ERROR three"]),
    st.sampled_from(["ecs/api/aaaaaaaaaa", "ecs/api/bbbbbbbbbb"]),
)

STORY = st.fixed_dictionaries(
    {
        "events": st.sampled_from([0, 15, 45]).flatmap(lambda n: st.lists(EVENT, min_size=n, max_size=n + 15)),
        "whole_sweep": st.booleans(),
        "future": st.lists(st.tuples(st.integers(0, 120), st.sampled_from([10, 60, 3600])), max_size=3),
        "page_size": st.sampled_from([10, 14, 10_000]),
        "tokens": st.sampled_from(["good", "none", "same", "empty"]),
        "ids": st.booleans(),
        "repeats": st.sampled_from([0, 3]),
        "troubles": st.dictionaries(st.integers(0, 60), TROUBLES, max_size=8),
        "outage": st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(1, 60))),
        "ahead": st.sampled_from([0.0, 0.0, -100.0, 100.0]),
        "latency": st.sampled_from([0.0, 0.4]),
        "refuse": st.integers(0, 100),
        "patterns": st.booleans(),
        "restart": st.booleans(),
    }
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(STORY)
async def test_every_line_within_the_overlap_is_taken_once_and_in_order(story):
    time = Stepped()
    service = LogService(
        time,
        page_size=story["page_size"],
        tokens=story["tokens"],
        ids=story["ids"],
        repeats=story["repeats"],
        troubles=story["troubles"],
        outages=[(story["outage"][0], sum(story["outage"]))] if story["outage"] else (),
        latency_s=story["latency"],
        refuse_tokens_from=story["refuse"],
        patterns=story["patterns"],
        service_ahead_s=story["ahead"],
    )
    for n, (at, delay, message, stream) in enumerate(story["events"]):
        service.put(API, at + n // 2 / 1000, delay, message, stream)
    for at, ahead in story["future"]:
        service.future(API, at, ahead, "from the future")
    tail = tail_of(service)
    with patch.object(reader, "SMALL", 5_000 if story["whole_sweep"] else 0):
        if story["restart"]:
            await time.run(tail.run(), 33.3)
        await time.run(tail.run(), 400)
    expected = Counter((s.event.at_ms, s.event.stream, s.event.ingested_ms, s.event.message) for s in service.events.get(API, ()))
    got = Counter((line.at_ms, line.stream, line.ingested_ms, line.text) for line in tail.buffer.lines)
    assert got == expected
    assert_ordered(tail)
    assert tail.buffer.total == len(tail.buffer.lines)
    assert tail.state().standing is Standing.LIVE


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(1, 40), st.integers(1_000, 20_000), st.integers(0, 200))
def test_what_finds_no_room_is_counted(most, most_bytes, count):
    buffer = Buffer(max_lines=most, max_bytes=most_bytes)
    rng = Random(count)
    for n in range(count):
        buffer.add([line(rng.randrange(1000), f"{n}"), line(rng.randrange(1000), f"{n}b")])
        assert len(buffer.lines) <= most
        assert buffer.bytes == sum(kept.size for kept in buffer.lines)
        assert buffer.bytes <= most_bytes or len(buffer.lines) == 1
    assert buffer.total == 2 * count == len(buffer.lines) + buffer.evicted + buffer.dropped


async def test_late_lines_are_put_where_they_belong_and_marked():
    time = Stepped()
    service = LogService(time)
    service.put(API, 1, 0, "a")
    service.put(API, 20, 0, "b")
    service.put(API, 3, 28, "late")
    service.put(API, 45, 0, "c")
    tail = tail_of(service)
    await time.run(tail.run(), 60)
    assert texts(tail) == ["a", "late", "b", "c"]
    assert [line.late for line in tail.buffer.lines] == [False, True, False, False]
    assert tail.snapshot().late == 1


async def test_a_stamp_in_the_future_does_not_blind_the_tail():
    time = Stepped()
    service = LogService(time)
    service.future(API, 5, 3600, "future")
    for n in range(40):
        service.put(API, 6 + n, 2, f"n{n}")
    tail = tail_of(service)
    await time.run(tail.run(), 70)
    assert texts(tail) == [*(f"n{n}" for n in range(40)), "future"]


async def test_an_error_that_came_later_than_the_overlap_is_found_by_the_sweep_and_counted():
    time = Stepped()
    service = LogService(time)
    for n in range(6_000):
        service.put(API, -300 + n / 10, 0, f"ok {n}")
    service.put(API, 10, 200, "ERROR very late")
    tail = tail_of(service)
    await time.run(tail.run(), 330)
    assert [line.text for line in tail.buffer.lines if line.late] == ["ERROR very late"]
    assert tail.snapshot().beyond == 1
    assert len(tail.buffer.lines) == 6_001
    assert any("?ERROR" in ask.pattern for _, ask in service.asks)


async def test_three_groups_stay_within_the_budget_and_see_new_lines_soon():
    time = Stepped()
    service = LogService(time, latency_s=0.1)
    groups = {part: f"/ecs/clickit-dev-{part}" for part in ("api", "frontend", "migration")}
    for n in range(300):
        service.put(groups["api"], n, 0.3, f"n{n}")
    seen: list[float] = []
    tail = tail_of(service, groups)
    tail.subscribe(lambda change: seen.extend(time.now - line.ingested_ms / 1000 for line in change.added))
    await time.run(tail.run(), 312)
    assert len(service.asks) <= 1.5 * 312 + 6
    assert len(tail.buffer.lines) == 300
    assert sorted(seen)[int(len(seen) * 0.95)] <= 6.0


async def test_throttling_slows_but_never_stops():
    time = Stepped()
    service = LogService(time, troubles=dict.fromkeys(range(4, 24), Trouble.THROTTLED))
    for n in range(300):
        service.put(API, n, 0.3, f"n{n}")
    tail = tail_of(service)
    states = []
    tail.subscribe(lambda _: states.append(tail.state().standing))
    run = tail.run()
    task = asyncio.ensure_future(run)
    await time.until(time.now + 60)
    assert tail.state().standing is Standing.THROTTLED
    assert len(service.asks) < 15
    await time.until(time.now + 1200)
    task.cancel()
    assert len(tail.buffer.lines) == 300
    assert tail.state().standing is Standing.LIVE


async def test_a_connection_lost_for_ten_minutes_is_backfilled():
    time = Stepped()
    service = LogService(time, outages=[(60, 660)], page_size=100)
    for n in range(900):
        service.put(API, n, 0.3, f"n{n}")
    tail = tail_of(service)
    task = asyncio.ensure_future(tail.run())
    begun = time.now
    await time.until(begun + 300)
    state = tail.state()
    assert state.standing is Standing.STALE
    assert state.n is not None
    assert 200 <= state.n <= 300
    seen = set()
    tail.subscribe(lambda _: seen.add(tail.state().standing))
    await time.until(begun + 950)
    task.cancel()
    assert Standing.BACKFILLING in seen
    assert len(tail.buffer.lines) == 900
    assert not any(line.late for line in tail.buffer.lines)
    assert tail.state().standing is Standing.LIVE


async def test_a_missing_group_is_said_and_holds_up_nothing():
    time = Stepped()
    groups = {"api": API, "migration": "/ecs/clickit-dev-migration"}
    service = LogService(time, missing=frozenset({groups["migration"]}))
    service.put(API, 1, 0, "here")
    tail = tail_of(service, groups)
    await time.run(tail.run(), 60)
    state = tail.state()
    assert texts(tail) == ["here"]
    assert state.standing is Standing.LIVE
    assert {part: fault.sentence for part, fault in state.faults.items()} == {
        "migration": "not found: looked for /ecs/clickit-dev-migration"
    }
    assert tail.digest().partial


async def test_two_thousand_lines_a_second_for_a_minute():
    time = Stepped()
    service = LogService(time, page_size=10_000)
    for n in range(120_000):
        service.put(API, n / 2000, 0.2, f"line {n}")
    tail = tail_of(service, buffer=Buffer(max_lines=50_000))
    await time.run(tail.run(), 120)
    assert tail.buffer.total == 120_000
    assert len(tail.buffer.lines) == 50_000
    assert tail.buffer.evicted + tail.buffer.dropped == 70_000
    assert [line.text for line in tail.buffer.lines] == [f"line {n}" for n in range(70_000, 120_000)]


async def test_pausing_counts_what_came_since():
    time = Stepped()
    service = LogService(time)
    service.put(API, 1, 0, "before")
    service.put(API, 30, 0, "after")
    tail = tail_of(service)
    await time.run(tail.run(), 20)
    at = tail.buffer.total
    await time.run(tail.run(), 30)
    assert tail.state(paused_at=at).words() == "PAUSED +1"


async def test_ids_and_lines_stay_bounded_over_hours():
    time = Stepped()
    service = LogService(time)
    tail = tail_of(service, buffer=Buffer(max_lines=2_000))
    most = 0
    for hour in range(6):
        service.events.clear()
        for n in range(-600, 3600):
            service.put(API, hour * 3600 + n, 1, f"n{n}", id=f"{hour * 3600 + n}")
        await time.run(tail.run(), 3600)
        most = max(most, tail.readers["api"].known.count)
    assert tail.buffer.total >= 6 * 3600
    assert most <= 1_500
    assert len(tail.buffer.lines) == 2_000


def test_what_is_remembered_is_bounded_in_number():
    known = Known(0, most=100)
    for n in range(1_000):
        known.add(n * 1_000, n, error=False)
        known.forget(0, 0, spare_ms=0)
        assert known.count <= 210
    assert known.has(999_000, 999)
    assert known.floor_ms > 0


async def test_the_window_adapts_to_the_delay_of_the_service():
    time = Stepped()
    service = LogService(time)
    for n in range(600):
        service.put(API, n, 60 if n % 20 == 0 else 1, f"n{n}")
    tail = tail_of(service)
    await time.run(tail.run(), 700)
    assert tail.readers["api"].overlap_s == 120.0
    assert len(tail.buffer.lines) == 600


async def test_following_by_the_last_timestamp_loses_what_the_tail_keeps():
    time = Stepped()
    service = LogService(time)
    for n in range(60):
        service.put(API, n, 20 if n % 7 == 0 else 0.5, f"n{n}")
    service.future(API, 30, 60, "future")
    told: list[str] = []
    await time.run(follow_by_last_timestamp(service.fetch, API, time, lambda event: told.append(event.message)), 150)
    again = Stepped()
    service.time = again
    tail = tail_of(service)
    await again.run(tail.run(), 150)
    assert len(set(told)) < 61
    assert sorted(texts(tail)) == sorted([*(f"n{n}" for n in range(60)), "future"])


async def test_events_without_a_time_are_counted_and_said():
    time = Stepped()
    service = LogService(time)

    async def fetch(ask):
        return msgspec.structs.replace(await service.fetch(ask), unreadable=2)

    tail = Tail(GROUPS, fetch, clock=time.clock, sleep=time.sleep, rng=Random(1))
    await time.run(tail.run(), 30)
    assert tail.state().words() == "DROPPED 2"


@pytest.mark.parametrize(
    ("trouble", "word"),
    [(Trouble.DENIED, "DENIED"), (Trouble.THROTTLED, "THROTTLED"), (Trouble.CREDENTIALS, "STALE 20 s"), (Trouble.MISSING, "STALE 20 s")],
)
async def test_the_state_before_anything_was_read(trouble, word):
    time = Stepped()
    tail = tail_of(LogService(time, troubles=dict.fromkeys(range(100), trouble)))
    assert tail.state().words() == "LOADING"
    await time.run(tail.run(), 20)
    assert tail.state().words() == word


async def test_new_streams_are_picked_up_and_one_task_can_be_followed():
    time = Stepped()
    service = LogService(time)
    service.put(API, 1, 0, "old task", stream="ecs/api/aaaaaaaaaaaa")
    service.put(API, 20, 0, "new task", stream="ecs/api/bbbbbbbbbbbb")
    tail = tail_of(service)
    await time.run(tail.run(), 40)
    assert [line.task for line in tail.buffer.lines] == ["aaaaaaaa", "bbbbbbbb"]


async def test_a_painter_is_told_from_where_on_it_must_paint():
    time = Stepped()
    service = LogService(time)
    for n in range(40):
        service.put(API, n, 0, f"n{n}")
    tail = tail_of(service)
    await time.run(tail.run(), 20)
    first = tail.lines()
    assert (first.first, first.changed_from, len(first.lines)) == (0, 0, len(tail.buffer.lines))
    await time.run(tail.run(), 20)
    update = tail.lines(first.version)
    assert update.changed_from == len([line for line in update.lines if line.at_ms <= (START + 20) * 1000])


@pytest.mark.parametrize("tokens", ["good", "none", "same", "empty"])
async def test_the_first_window_is_read_to_its_end_however_it_is_paged(tokens):
    time = Stepped()
    service = LogService(time, page_size=10, tokens=tokens, refuse_tokens_from=5)
    for n in range(60):
        service.put(API, -890 + n * 10, 1, f"n{n}")
    tail = tail_of(service)
    await time.run(tail.run(), 25)
    assert texts(tail) == [f"n{n}" for n in range(60)]
    assert tail.filled
    assert not tail.digest().partial


async def test_more_lines_in_a_millisecond_than_a_page_holds_are_said():
    time = Stepped()
    service = LogService(time, page_size=10, tokens="none")
    for n in range(30):
        service.put(API, -100, 1, f"n{n}")
    service.put(API, -50, 1, "after")
    tail = tail_of(service)
    await time.run(tail.run(), 60)
    assert "after" in texts(tail)
    assert len(tail.buffer.lines) == 11
    assert next(gap.why for gap in tail.snapshot().gaps) == "more lines in one millisecond than a page holds"
    assert tail.digest().partial


@pytest.mark.parametrize("tokens", ["good", "none"])
async def test_under_a_steady_flow_the_first_reading_ends(tokens):
    """A page without a token is believed when larger ones came before it, even if every further page brings new lines."""
    time = Stepped()
    service = LogService(time, tokens=tokens, latency_s=0.05)
    rng = Random(4)
    for n in range(20_000):
        service.put(API, n / 200 + rng.random() / 50, 0.3, f"line {n}")
    tail, told = tail_of(service), []
    running = asyncio.ensure_future(tail.run())
    for second in range(1, 91):
        await time.until(START + second)
        told.append(tail.state().standing)
    running.cancel()
    assert set(told[30:]) == {Standing.LIVE}
    assert tail.budget.calls_last_minute(time.now) <= 61


async def test_a_reading_that_cannot_keep_up_says_how_far_behind_it_is():
    time = Stepped()
    service = LogService(time, page_size=100, latency_s=0.05)
    for n in range(12_000):
        service.put(API, n / 100, 0.2, f"line {n}")
    tail = tail_of(service, since_s=60.0)
    words = []
    running = asyncio.ensure_future(tail.run())
    for second in range(1, 121):
        await time.until(START + second)
        words.append(tail.state().words())
    assert any(said.startswith("BEHIND ") for said in words[60:])
    assert "LIVE" not in words[90:]
    running.cancel()


async def test_lines_older_than_the_buffer_reaches_are_counted_and_are_no_alarm():
    time = Stepped()
    service = LogService(time)
    for n in range(3_000):
        service.put(API, -800 + n / 4, 0.2, f"line {n}")
    tail = tail_of(service, buffer=Buffer(max_lines=100))
    await time.run(tail.run(), 20)
    assert len(tail.buffer.lines) == 100
    assert tail.buffer.total == 3_000 == 100 + tail.buffer.evicted + tail.buffer.dropped
    assert tail.state().standing is Standing.LIVE


async def test_a_group_that_cannot_be_read_is_named_beside_live():
    time = Stepped()
    other = "/ecs/clickit-dev-frontend"
    service = LogService(time, missing=frozenset({API}))
    service.put(other, 1, 0, "GET / 200")
    tail = tail_of(service, {"api": API, "frontend": other})
    await time.run(tail.run(), 20)
    assert tail.state().words() == "LIVE, api not read"
    assert tail.state(paused_at=0).words() == "PAUSED +1, api not read"
