"""A search on the server: newest first, each line once, progress, failures, cancelling."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs import search as module
from clickit_tui.logs.budget import Budget
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.logs.line import line_of
from clickit_tui.logs.masking import masked_fetch
from clickit_tui.logs.reader import SWEEP_PATTERN, looks_wrong
from clickit_tui.logs.search import Search, Wanted, pattern_of, slices
from clickit_tui.world.seen import Trouble
from tests.logs.fake import START, LogService, Stepped

GROUPS = {"api": "/ecs/api", "frontend": "/ecs/frontend"}
BEGIN = int(START * 1000)


def searched(service: LogService, wanted: Wanted, seconds: float = 3_600.0) -> Search:
    """A search run to its end in the service's own time."""
    time = service.time
    found = Search(wanted, GROUPS, service.fetch, Budget(), clock=time.clock, sleep=time.sleep)

    async def story() -> None:
        running = asyncio.ensure_future(found.run())
        while not running.done() and time.now < START + seconds:
            await time.until(time.now + 1.0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(story())
    return found


def filled(service: LogService, count: int = 300, every_s: float = 10.0) -> None:
    for i in range(count):
        service.put(("/ecs/api", "/ecs/frontend")[i % 2], -i * every_s, 0.0, f"line {i} {'ERROR' if i % 5 == 0 else 'ok'}")


def hour(**more: object) -> Wanted:
    return Wanted(from_ms=BEGIN - 3_600_000, to_ms=BEGIN + 1, **more)  # type: ignore[arg-type]


@given(
    page=st.integers(10, 60),
    tokens=st.sampled_from(["good", "none", "same", "empty"]),
    ids=st.booleans(),
    times=st.lists(st.integers(0, 600), min_size=0, max_size=150),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_line_of_the_window_is_found_once_whatever_the_paging(page, tokens, ids, times):
    service = LogService(Stepped(), page_size=page, tokens=tokens, ids=ids)
    for n, at in enumerate(sorted(set(times))):
        service.put("/ecs/api", -float(at), 0.0, f"m{n}")
    found = searched(service, Wanted(from_ms=BEGIN - 500_000, to_ms=BEGIN + 1, slice_ms=60_000), 20_000.0)
    wanted = sorted(int((START - at) * 1000) for at in set(times) if at <= 500)
    assert found.state == "done"
    assert [line.at_ms for line in found.lines] == wanted


def test_newest_slices_come_first_and_progress_grows():
    service = LogService(Stepped())
    filled(service)
    found = searched(service, hour())
    begins = [begin for begin, _ in slices(found.wanted.from_ms, found.wanted.to_ms)]
    assert [ask.start_ms for _, ask in service.asks if ask.group == "/ecs/api" and ask.start_ms in begins] == begins
    assert len(begins) == 3
    assert found.progress == 1.0
    assert len(found.lines) == 300
    assert slices(0, 100, 10) == [(90, 100), (60, 90), (0, 60)]


def test_the_pattern_and_the_streams_are_the_servers():
    service = LogService(Stepped())
    filled(service)
    found = searched(service, hour(pattern="?ERROR", parts=("api",), streams=("ecs/api/0123456789abcdef",)))
    assert {line.part for line in found.lines} == {"api"}
    assert len(found.lines) == 30
    assert all(ask.pattern == "?ERROR" and ask.streams for _, ask in service.asks)


def test_enough_ends_it_and_says_from_where_it_read():
    service = LogService(Stepped())
    filled(service)
    found = searched(service, hour(enough=20))
    assert found.state == "enough"
    assert 20 <= len(found.lines) < 300
    assert "read from" in found.words()


def test_throttles_are_waited_out_and_nothing_is_lost():
    service = LogService(Stepped(), troubles=dict.fromkeys((0, 3, 4), Trouble.THROTTLED))
    filled(service)
    found = searched(service, hour())
    assert (found.state, len(found.lines), found.faults) == ("done", 300, {})


@pytest.mark.parametrize("kind", [Trouble.DENIED, Trouble.INVALID, Trouble.UNREACHABLE])
def test_a_group_that_cannot_be_read_is_said_and_the_other_is_searched(kind):
    service = LogService(Stepped(), troubles=dict.fromkeys([0] if kind is not Trouble.UNREACHABLE else range(5), kind))
    filled(service)
    found = searched(service, hour())
    assert found.state == "done"
    assert list(found.faults) == ["api"]
    assert "api:" in found.words()
    assert {line.part for line in found.lines} == {"frontend"}


def test_only_the_newest_are_kept_and_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST", 50)
    service = LogService(Stepped())
    filled(service)
    found = searched(service, hour())
    assert len(found.lines) == 50
    assert found.dropped == 250
    assert "250 older ones not kept" in found.words()
    assert min(line.at_ms for line in found.lines) == BEGIN - 490_000


def test_cancelled_it_keeps_what_was_found():
    service = LogService(Stepped(), latency_s=5.0)
    filled(service)
    found = searched(service, hour(), seconds=12.0)
    assert found.state == "cancelled"
    assert 0 < len(found.lines) < 300
    assert 0.0 < found.progress < 1.0
    assert "cancelled" in found.words()


def test_what_is_typed_becomes_a_pattern():
    assert pattern_of("refused timeout") == "refused timeout"
    assert pattern_of("/v1/items 500") == '"/v1/items" 500'
    assert pattern_of('{ $.level = "error" }') == '{ $.level = "error" }'
    assert pattern_of("?ERROR ?FATAL") == "?ERROR ?FATAL"
    assert pattern_of('say "hi"') == 'say "\\"hi\\""'


async def test_the_configurations_own_masks_are_laid_over_every_message():
    async def fetch(ask: Ask) -> Page:
        return Page(events=(Event(1, "customer 4711-22 bought"), Event(2, "plain")), token="t")

    page = await masked_fetch(fetch, (r"\d{4}-\d\d",))(Ask(group="g", start_ms=0))
    assert [event.message for event in page.events] == ["customer ‹masked› bought", "plain"]
    assert page.token == "t"
    coloured = Event(1, "customer 47\x1b[1m11-2\x1b[0m2 bought\r\nand left", "s", "id")
    assert line_of(coloured, "api", "g").text == "customer 4711-22 bought ⏎ and left"

    async def colourful(ask: Ask) -> Page:
        return Page(events=(coloured, Event(2, "\x1b[1mplain\x1b[0m")))

    one, other = (await masked_fetch(colourful, (r"\d{4}-\d\d",))(Ask(group="g", start_ms=0))).events
    assert line_of(one, "api", "g").text == "customer ‹masked› bought ⏎ and left"
    assert (one.id, other.message) == ("id", "\x1b[1mplain\x1b[0m")
    assert masked_fetch(fetch, ()) is fetch


LEVELS = (
    ("error", '{"level":50,"time":1,"msg":"boom"}'),
    ("error", '{"level": 60, "msg": "gone"}'),
    ("error", '10.0.0.1 - - "GET /v1/items HTTP/1.1" 503 0'),
    ("error", "SEVERE: pool is empty"),
    ("error", "Segmentation fault (core dumped)"),
    ("error", "TypeError: x is not a function"),
    ("", '{"level":30,"msg":"ok"}'),
    ("", "all is well"),
)


def test_the_pattern_for_errors_finds_them_however_a_line_says_its_level():
    service = LogService(Stepped())
    for n, (_, message) in enumerate(LEVELS):
        service.put("/ecs/api", -100.0 + n, 0.0, message)
    found = searched(service, hour(pattern=SWEEP_PATTERN))
    assert [line.message for line in found.lines] == [message for level, message in LEVELS if level]
    assert {line.level for line in found.lines} == {"error"}
    assert all(looks_wrong(message) == bool(level) for level, message in LEVELS)
    assert len(SWEEP_PATTERN) <= 1_024


def test_what_may_be_missing_is_said():
    service = LogService(Stepped(), page_size=10, tokens="none")
    for _ in range(30):
        service.put("/ecs/api", -100.0, 0.0, "alike")
    found = searched(service, hour())
    assert found.state == "done"
    assert found.words().count("more lines in one millisecond than a page holds") == 1
