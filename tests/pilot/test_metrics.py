"""The metrics screen under a pilot: rows, full size, range, the shared cursor."""

from __future__ import annotations

from clickit_tui.screens.metrics import MetricsScreen
from clickit_tui.ui.page import Page
from clickit_tui.world.charting import HOUR, RANGES
from tests import worlds
from tests.fakes import FakeCore, line
from tests.pilot.driving import running, until


async def test_a_chart_is_chosen_and_shown_in_full_size_with_its_value_under_the_cursor():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.board, MetricsScreen) and bool(app.board.charts.table.model.rows))
        board = app.board
        assert "req/min" in board.charts.table.text
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, lambda: board.plot.view_.settled and "p95" in str(board.plot.title_left(core.store.world, board.view)))
        assert "2.81 s" in board.plot.head.text
        await pilot.press("left", "left", "left")
        await until(pilot, lambda: "1.40 s" in board.plot.head.text)
        assert core.cursor == worlds.NOW // 60 * 60 - 4 * 60
        await pilot.press("f")
        assert core.cursor is None
        await pilot.press("escape")
        assert board.charts.display
        assert not board.plot.display


async def test_the_range_and_leaving_the_screen_tell_the_core_what_is_looked_at():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (_, pilot):
        await pilot.press("4")
        await until(pilot, lambda: core.charted == [None, HOUR])
        await pilot.press("t")
        await until(pilot, lambda: core.charted == [None, HOUR, RANGES[2]])
        await pilot.press("1")
        await until(pilot, lambda: core.charted[-1] is None)


async def test_details_say_where_a_number_comes_from():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.board, MetricsScreen) and bool(app.board.charts.table.model.rows))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "AWS/ApplicationELB RequestCount" in app.screen.text


async def test_the_time_cursor_is_shared_with_the_log_both_ways():
    core = FakeCore(worlds.incident_world(worlds.NOW), lines=[line(-i, text=f"said {i}") for i in range(600, 0, -1)])
    async with running(core) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.board, MetricsScreen) and bool(app.board.charts.table.model.rows))
        await pilot.press("left", "left", "left", "l")
        await until(pilot, lambda: app.place == "3" and app.board.view is not None)
        await until(pilot, lambda: app.board.line() is not None and abs(app.board.line().at_ms / 1000 - core.cursor) <= 60)
        assert not app.board.logs.tail.model.following
        await pilot.press("up", "up")
        at = app.board.line().at_ms / 1000
        await pilot.press("4")
        await until(pilot, lambda: app.place == "4" and core.cursor == at)
        await until(pilot, lambda: app.board.charts.looking.cursor == at)
