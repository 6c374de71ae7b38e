"""Screen 3 under a pilot: what every key does to the log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from textual.pilot import Pilot

from clickit_tui.app import Dashboard
from clickit_tui.logs.fetch import Event
from clickit_tui.screens.logs import LogsScreen
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.ui.prompt import Prompt
from tests import worlds
from tests.fakes import FakeCore, line
from tests.pilot.driving import NAMES, running, until

NOW = worlds.NOW


def story(count: int = 200) -> list:
    """A line a second up to now: every tenth an error, parts in turn."""
    parts = ("api", "frontend", "migration")
    return [
        line(i - count, part=parts[i % 3], level="error" if i % 10 == 0 else "info", text=f"line {i} {'refused' if i % 10 == 0 else 'ok'}")
        for i in range(count)
    ]


@asynccontextmanager
async def on_logs(core: FakeCore, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Dashboard, Pilot[int], LogsScreen]]:
    """The log screen with its lines painted."""
    core.version = 1
    async with running(core, size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen) and app.screen.logs.tail.model.count == len(core.lines))
        yield app, pilot, app.screen


def core_of(count: int = 200) -> FakeCore:
    return FakeCore(worlds.incident_world(NOW), lines=story(count))


async def typed(app: Dashboard, pilot: Pilot[int], text: str) -> None:
    """Type into an open prompt and keep it."""
    await until(pilot, lambda: isinstance(app.screen, (Prompt, Picker)))
    for character in text:
        await pilot.press({" ": "space", "=": "equals_sign", ">": "greater_than_sign"}.get(character, NAMES.get(character, character)))
    await pilot.press("enter")
    await pilot.pause()


def title(board: LogsScreen) -> str:
    return board.logs.query_one("Rule").text


async def test_the_screen_shows_state_histogram_and_lines_and_says_when_it_stands_still():
    async with on_logs(core_of()) as (_, pilot, board):
        assert "LIVE" in title(board)
        assert "0 hidden" in title(board)
        assert "errors 20" in board.logs.bars.text
        assert "line 199 ok" in board.logs.tail.text
        await pilot.press("f")
        assert "PAUSED +0" in title(board)
        board.core.lines.append(line(1, text="line 200"))
        board.core.version = 2
        await until(pilot, lambda: "PAUSED +1" in title(board))
        assert "line 200" not in board.logs.tail.text
        await pilot.press("f")
        assert "line 200" in board.logs.tail.text


async def test_filters_hide_count_and_end():
    async with on_logs(core_of()) as (app, pilot, board):
        await pilot.press("slash")
        await typed(app, pilot, "level=error")
        assert "180 hidden" in title(board)
        assert "/level=error" in title(board)
        await pilot.press("escape")
        assert "0 hidden" in title(board)


async def test_errors_and_matches_are_found_both_ways():
    async with on_logs(core_of()) as (app, pilot, board):
        await pilot.press("E")
        assert board.line().text == "line 190 refused"
        await pilot.press("E", "E", "e")
        assert board.line().text == "line 180 refused"
        await pilot.press("G", "n")
        await typed(app, pilot, "line 17")
        assert board.line().text == "line 179 ok"
        await pilot.press("N")
        assert board.line().text == "line 178 ok"
        assert "0 hidden" in title(board)
        await pilot.press("escape")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Prompt))


async def test_jumps_go_to_times_deployments_and_alarms():
    core = core_of()
    world = core.store.world
    service = world.services.value[0]
    moved = msgspec.structs.replace(
        service,
        deployments=tuple(msgspec.structs.replace(d, created_at=NOW - 50.5) if d.status == "PRIMARY" else d for d in service.deployments),
    )
    core.store.put(services=msgspec.structs.replace(world.services, value=(moved,)))
    alarm = msgspec.structs.replace(world.alarms.value[0], state="ALARM", since=NOW - 20.5)
    core.store.put(alarms=msgspec.structs.replace(world.alarms, value=(alarm,)))
    async with on_logs(core) as (app, pilot, board):
        for said, wanted in (("2m", "line 80 refused"), ("deploy", "line 150 refused"), ("alarm", "line 180 refused")):
            await pilot.press("t")
            await typed(app, pilot, said)
            assert board.line().text == wanted
        await pilot.press("t")
        await typed(app, pilot, "1h")
        await until(pilot, lambda: bool(core.wanted))
        assert core.wanted[0].from_ms == int((NOW - 3600) * 1000) - 120_000


async def test_the_errors_of_the_last_hour_are_one_key_and_esc_goes_back():
    core = core_of()
    texts = ("ERROR disk full", "no error here: 0 errors", "ok", "FATAL boom", '{"level":50,"msg":"pool is empty"}')
    core.stored[core.config.names.logs["api"]] = [
        Event(int((NOW - 3000 + i) * 1000), text, "ecs/api/abc", f"old{i}") for i, text in enumerate(texts)
    ]
    async with on_logs(core) as (_, pilot, board):
        await pilot.press("h")
        await until(pilot, lambda: "done" in title(board))
        assert [found.text for found in board.logs.tail.model.shown_lines()] == ["ERROR disk full", "FATAL boom", "pool is empty"]
        assert "1 hidden" in title(board)
        assert core.wanted[0].to_ms - core.wanted[0].from_ms == 3_600_001
        await pilot.press("escape")
        assert "LIVE" in title(board)
        assert board.logs.tail.model.count == 200


async def test_a_search_beyond_names_window_and_pattern_and_can_be_stopped():
    core = core_of()
    async with on_logs(core) as (app, pilot, board):
        await pilot.press("h")
        await until(pilot, lambda: bool(board.logs.tail.filter_text))
        await pilot.press("b")
        await typed(app, pilot, "/v1/items")
        await until(pilot, lambda: "done" in title(board))
        assert core.wanted[1].pattern == '"/v1/items"'
        assert board.logs.tail.filter_text == ""
        await until(pilot, lambda: re.search("nothing found: .*done", board.logs.tail.text))


async def test_older_lines_are_read_when_going_up_beyond_the_first():
    core = core_of(30)
    group = core.config.names.logs["api"]
    core.stored[group] = [Event(int((NOW - 1000 + i) * 1000), f"old {i}", "ecs/api/abc", f"o{i}") for i in range(20)]
    async with on_logs(core) as (_, pilot, board):
        await pilot.press("g", "up")
        await until(pilot, lambda: board.logs.live.older == 20)
        assert "old 19" in board.logs.tail.text
        await pilot.press("G")
        assert board.logs.live.older == 0


async def test_one_task_dead_or_alive():
    core = core_of()
    task = next(t for t in core.store.world.tasks.value if t.stopped)
    group = core.config.names.logs[task.part]
    stream = f"ecs/{task.part}/{task.id}"
    core.stored[group] = [
        Event(int((task.stopped_at - 1) * 1000), "last words", stream, "w"),
        Event(int((task.stopped_at - 1) * 1000), "of another", f"ecs/{task.part}/other", "x"),
    ]
    async with on_logs(core) as (app, pilot, board):
        await pilot.press("l")
        await typed(app, pilot, f"task {task.part}/{task.id[:8]}")
        await until(pilot, lambda: "done" in title(board))
        assert core.wanted[0].streams[0].endswith(task.id)


async def test_bookmarks_details_shapes_and_clocks():
    core = core_of()
    async with on_logs(core) as (app, pilot, board):
        await pilot.press("E", "m")
        await until(pilot, lambda: bool(core.bookmarks))
        assert "api" in core.bookmarks[0] or "frontend" in core.bookmarks[0]
        assert "line 190 refused" in core.bookmarks[0]
        await until(pilot, lambda: "*" in board.logs.tail.text)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "log group" in app.screen.text
        await pilot.press("escape")
        for shape in ("wrapped", "columns", "raw", "unfolded"):
            await pilot.press("v")
            assert shape in title(board)
        await pilot.press("o", "o")
        assert "relative" in title(board)


async def test_a_range_is_copied_and_everything_shown_is_saved_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TMUX", raising=False)
    core = core_of()
    core.config = msgspec.structs.replace(core.config, state_dir=str(tmp_path / "kept"))
    async with on_logs(core) as (app, pilot, _):
        await pilot.press("E", "space", "j", "j", "y")
        kept = tmp_path / "clickit-tui" / "last-copy.txt"
        await until(pilot, lambda: kept.exists() and "line 192" in kept.read_text())
        assert [row.rsplit(" ", 3)[-2] for row in kept.read_text().splitlines()] == ["190", "191", "192"]
        await pilot.press("slash")
        await typed(app, pilot, "refused")
        await pilot.press("x")
        await until(pilot, lambda: bool(list((tmp_path / "kept").glob("log-prod-*.txt"))))
        path = next((tmp_path / "kept").glob("log-prod-*.txt"))
        await until(pilot, lambda: "line 190" in path.read_text())
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        assert "filter: refused" in text
        assert len([row for row in text.splitlines() if not row.startswith("#")]) == 20


async def test_hostile_lines_pass_through_every_shape():
    hostile = ["[/red]\x1b[31m", "日本語 " * 300, "x" * 100_000, "\x00\x07", '{"level":"error","a":{"b":[1,{"c":"\x1b"}]}}']
    core = FakeCore(worlds.incident_world(NOW), lines=[line(i, text=text[:4000]) for i, text in enumerate(hostile)])
    async with on_logs(core, (80, 24)) as (_, pilot, board):
        for _ in range(5):
            await pilot.press("v", "g", "G")
            for y in range(board.logs.tail.size.height):
                strip = board.logs.tail.render_line(y)
                assert strip.text.isprintable()
                assert strip.cell_length == board.logs.tail.size.width


async def test_q_goes_back_to_triage():
    async with on_logs(core_of()) as (app, pilot, _):
        await pilot.press("q")
        await until(pilot, lambda: app.place == "1")
        assert app.is_running


async def test_sums_show_their_price_before_they_are_asked_and_stop_when_left():
    core = core_of()
    core.asked.held = asyncio.Event()
    async with on_logs(core) as (app, pilot, _):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        assert "about 3.6 GB, $0.018" in app.screen.text
        assert core.asked.queries == []
        await typed(app, pilot, "top messages, last 24")
        await until(pilot, lambda: isinstance(app.screen, Page) and bool(core.asked.queries))
        query, groups, seconds = core.asked.queries[0]
        assert "by said" in query
        assert groups == tuple(core.config.names.logs.values())
        assert seconds == 86_400
        assert "esc stops it" in app.screen.text
        core.asked.held.set()
        await until(pilot, lambda: "refused" in app.screen.text)
        assert "complete, 2 MB scanned" in app.screen.text
        await pilot.press("escape")
        core.asked.held.clear()
        await pilot.press("u")
        await typed(app, pilot, "slowest requests, last 1 h")
        await until(pilot, lambda: len(core.asked.queries) == 2 and isinstance(app.screen, Page))
        await pilot.press("escape")
        await until(pilot, lambda: core.asked.cancelled == 1)
