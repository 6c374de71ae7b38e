"""The last lines of one task's own stream."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.logs.of_task import BACK_S, PAGES, last_lines, streams_of
from clickit_tui.world.seen import Failed, Fault, Trouble
from tests.worlds import NAMES, NOW, definition, stopped, task

GROUPS = NAMES.logs
DEFINITION = definition("api", 42, NOW, 600)
STOPPED = stopped(NOW, "api", 0x30, 42, 120, "Essential container in task exited", "EssentialContainerExited", 1)


class Store:
    """Answers pages of three events from what it holds, as the service does: oldest first, by stream."""

    def __init__(self, *ages_s: float, stream: str = f"ecs/api/{STOPPED.id}") -> None:
        end = STOPPED.stopped_at or NOW
        self.events = [Event(int((end - age) * 1000), f"line {age:.0f}", stream, f"{age}") for age in sorted(ages_s, reverse=True)]
        self.asks: list[Ask] = []

    async def fetch(self, ask: Ask) -> Page:
        self.asks.append(ask)
        found = [e for e in self.events if ask.start_ms <= e.at_ms < (ask.end_ms or 0) and e.stream in ask.streams]
        start = int(ask.token or 0)
        return Page(events=tuple(found[start : start + 3]), token=str(start + 3) if len(found) > start + 3 else "")


async def test_the_newest_lines_come_in_order_and_the_oldest_fall_off() -> None:
    store = Store(*(float(age) for age in range(20)))
    lines = await last_lines(store.fetch, STOPPED, DEFINITION, GROUPS, NOW, most=5)
    assert [line.text for line in lines] == ["line 4", "line 3", "line 2", "line 1", "line 0"]
    assert {line.part for line in lines} == {"api"}
    assert {ask.streams for ask in store.asks} == {(f"ecs/api/{STOPPED.id}",)}


async def test_a_quiet_task_is_looked_for_further_back_to_its_birth_and_not_beyond() -> None:
    store = Store(1.0, 30.0, 65.0, 300.0)
    lines = await last_lines(store.fetch, STOPPED, DEFINITION, GROUPS, NOW)
    assert [line.text for line in lines] == ["line 65", "line 30", "line 1"]
    assert min(ask.start_ms for ask in store.asks) == int((STOPPED.created_at or 0) * 1000)
    assert len(store.asks) == 2
    assert BACK_S[0] < 65


async def test_what_lies_behind_more_pages_than_are_read_is_never_called_the_last() -> None:
    old = msgspec.structs.replace(STOPPED, created_at=(STOPPED.stopped_at or NOW) - 86_400)
    store = Store(1.0, 90.0, *(40_000.0 + age for age in range(3 * PAGES + 3)))
    lines = await last_lines(store.fetch, old, DEFINITION, GROUPS, NOW)
    assert [line.text for line in lines] == ["line 90", "line 1"]
    loud = Store(*(age / 10 for age in range(3 * PAGES + 3)))
    with pytest.raises(Failed, match="more in its last minute"):
        await last_lines(loud.fetch, old, DEFINITION, GROUPS, NOW)


async def test_a_running_task_is_read_up_to_now() -> None:
    running = task("api", 0x10, 42, NOW, 30)
    store = Store()
    assert await last_lines(store.fetch, running, DEFINITION, GROUPS, NOW) == ()
    assert store.asks[0].end_ms == int((NOW + 60) * 1000)


async def test_what_cannot_be_read_is_a_failure_and_never_an_empty_log() -> None:
    async def denied(ask: Ask) -> Page:
        raise Failed(Fault(kind=Trouble.DENIED, sentence="no permission: logs:FilterLogEvents"))

    with pytest.raises(Failed, match="no permission"):
        await last_lines(denied, STOPPED, DEFINITION, GROUPS, NOW)
    with pytest.raises(Failed, match="task definition was not read"):
        await last_lines(denied, STOPPED, None, GROUPS, NOW)


async def test_a_page_token_that_repeats_ends_the_reading() -> None:
    async def fetch(ask: Ask) -> Page:
        return Page(events=(Event(int(NOW * 1000), "again", "ecs/api/x", "1"),), token="same")

    lines = await last_lines(fetch, STOPPED, DEFINITION, GROUPS, NOW)
    assert [line.text for line in lines] == ["again"] * len(lines)


def test_streams_are_named_by_prefix_container_and_task() -> None:
    assert streams_of(STOPPED, DEFINITION, GROUPS) == (("/ecs/clickit-prod-api", f"ecs/api/{STOPPED.id}"),)
    assert streams_of(STOPPED, None, GROUPS) == ()
