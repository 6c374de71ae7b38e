"""Screen 0 through the app: narrowing, a moment, details, notes."""

from __future__ import annotations

from contextlib import asynccontextmanager

import msgspec

from clickit_tui.screens.timeline import TimelineScreen
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until

NOW = worlds.NOW


@asynccontextmanager
async def on_timeline(core, size=(80, 24)):
    """The dashboard on screen 0."""
    async with running(core, size) as (app, pilot):
        await pilot.press("0")
        await until(pilot, lambda: isinstance(app.screen, TimelineScreen) and bool(app.screen.listing.table.model.rows))
        yield app, pilot


def text(app):
    return app.board.listing.table.text


async def test_the_first_bad_minute_stands_between_what_was_before_and_after():
    async with on_timeline(FakeCore(worlds.incident_world(NOW))) as (app, _):
        lines = text(app).splitlines()
        mark = next(i for i, line in enumerate(lines) if "first bad minute" in line)
        assert any("alarm" in line for line in lines[:mark])
        assert "api:42 (v2.3.1) began" in "\n".join(lines[mark:])
        assert "1 deployment api:42 (v2.3.1)" in app.board.before.lines.text


async def test_v_narrows_to_a_kind_and_says_why_one_is_not_seen():
    async with on_timeline(FakeCore(worlds.denied_world(NOW))) as (app, pilot):
        assert "not seen: stop: no permission: ecs:ListTasks" in text(app)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"stop")
        assert "no permission: ecs:ListTasks" in app.screen.text
        await pilot.press("escape", "v", *"image", "enter")
        await until(pilot, lambda: "pushed to" in text(app) and "began" not in text(app))
        assert app.board.listing.looking.group == "image"


async def test_t_shows_what_is_near_a_moment_and_empty_shows_all_again():
    async with on_timeline(FakeCore(worlds.incident_world(NOW))) as (app, pilot):
        everything = len(app.board.listing.table.model.rows)
        await pilot.press("t", *"first", "enter")
        await until(pilot, lambda: app.board.listing.looking.around is not None)
        assert len(app.board.listing.table.model.rows) < everything
        assert "the moment you asked for" in text(app)
        await pilot.press("t", *"nonsense", "enter")
        await until(pilot, lambda: app.board.note.startswith("around: 14:03"))
        await pilot.press("t", "enter")
        await until(pilot, lambda: len(app.board.listing.table.model.rows) == everything)


async def test_routine_is_hidden_until_asked_for():
    async with on_timeline(FakeCore(worlds.incident_world(NOW)), (100, 50)) as (app, pilot):
        assert "has reached a steady state" not in text(app)
        await pilot.press("full_stop")
        await until(pilot, lambda: "has reached a steady state" in text(app))


async def test_enter_shows_everything_of_a_row_and_the_command_that_shows_it():
    async with on_timeline(FakeCore(worlds.incident_world(NOW))) as (app, pilot):
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(app.screen, Page))
        shown = app.screen.query_one("Lines").text
        assert "aws ecs describe-services --cluster" in shown
        assert "clickit-prod-api) (port 8000) is unhealthy in" in " ".join(shown.replace("│", " ").split())


async def test_m_keeps_a_note_or_a_bookmark_at_the_moment_of_the_row():
    core = FakeCore(worlds.incident_world(NOW))
    async with on_timeline(core) as (_, pilot):
        await pilot.press("g", "m", *"rolled", "enter")
        await until(pilot, lambda: bool(core.noted))
        assert core.noted == [("rolled", NOW - 50)]
        await pilot.press("m", "enter")
        await until(pilot, lambda: bool(core.bookmarks))
        assert core.bookmarks[0].startswith("event api: target unhealthy")


async def test_no_change_acts_on_what_has_happened():
    core = FakeCore(worlds.incident_world(NOW))
    async with on_timeline(core) as (app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: "select a service or task" in app.board.note)
        assert core.sent == []


async def test_the_cursor_stays_on_its_entry_when_newer_ones_come():
    core = FakeCore(worlds.incident_world(NOW))
    async with on_timeline(core) as (app, pilot):
        await pilot.press("g", "down", "down")
        key = app.board.listing.table.cursor_key
        api, frontend = core.store.world.services.value
        newer = worlds.ServiceEvent(id="new", at=NOW - 1, message="(service x) was unable to place a task.")
        core.store.put(services=worlds.seen((msgspec.structs.replace(api, events=(newer, *api.events)), frontend), NOW, "services"))
        await until(pilot, lambda: "unable to place" in text(app))
        assert app.board.listing.table.cursor_key == key
