"""`:` through the app: where it leads, and that a change acts on what it named, whatever happens to the list meanwhile."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.world.money import LogGroup
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import NAMES, running, select, show, until

NOW = worlds.NOW
WORLD = worlds.incident_world(NOW)
TASK = next(t for t in WORLD.tasks.value or () if t.part == "api" and not t.stopped)
STOPPED = next(t for t in WORLD.tasks.value or () if t.part == "api" and t.stopped)


async def typed(app, pilot, words, then="enter"):
    """Open the palette, type, and choose the first."""
    await until(pilot, lambda: app.screen is app.board)
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(app.screen, Picker))
    await pilot.press(*("space" if c == " " else NAMES.get(c, c) for c in words), *([then] if then else []))


def without(*arns):
    """The World without some tasks and without the services of that name."""
    replace = msgspec.structs.replace
    tasks = tuple(t for t in WORLD.tasks.value or () if t.arn not in arns)
    services = tuple(s for s in WORLD.services.value or () if s.arn not in arns)
    return replace(WORLD, tasks=replace(WORLD.tasks, value=tasks), services=replace(WORLD.services, value=services))


async def test_it_leads_to_playbooks_tasks_logs_panes_and_keys_of_other_screens():
    strange = LogGroup(name="/aws/rds/[bold red]x[/]")
    core = FakeCore(msgspec.structs.replace(WORLD, log_groups=Seen(value=(strange,), seen_at=NOW)))
    async with running(core) as (app, pilot):
        await typed(app, pilot, "api 5xx")
        await until(pilot, lambda: app.place == "6" and app.board.view is not None and app.board.pane.reading.playbook == "5xx")
        for task in (TASK, STOPPED):
            await typed(app, pilot, task.id[:6])
            await until(pilot, lambda: app.place == "2" and app.focused is app.board.listing.table)
            await until(pilot, lambda task=task: app.board.listing.table.cursor_key == f"task:{task.arn}")
            assert app.board.selected().id == task.arn
        await typed(app, pilot, "log front")
        await until(pilot, lambda: app.place == "3" and app.board.logs.only == "frontend")
        await typed(app, pilot, "pane cal")
        await until(pilot, lambda: app.place == "4" and app.board.calls.display)
        await typed(app, pilot, "pane chang")
        await until(pilot, lambda: app.place == "1" and app.focused is app.board.alarms)
        await typed(app, pilot, "rds", then="")
        await until(pilot, lambda: "/aws/rds/[bold red]x[/]" in app.screen.text)
        await pilot.press("escape")


async def test_the_keys_of_the_focused_pane_and_of_another_screen_can_be_chosen_by_name():
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        table = app.board.services.table
        await typed(app, pilot, "last row")
        await until(pilot, lambda: table.model.cursor == len(table.model.visible) - 1)
        await typed(app, pilot, "this session")
        await until(pilot, lambda: app.place == "4" and app.board.calls.display)
        await typed(app, pilot, "focused")
        await until(pilot, lambda: isinstance(app.screen, Page))


@pytest.mark.parametrize("key", ["colon", "a"])
async def test_a_change_acts_on_what_was_selected_when_it_was_offered(key):
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        await select(app, pilot, f"task:{TASK.arn}")
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"stop")
        assert key == "a" or f"stop api/{TASK.id[:6]}" in app.screen.text
        await show(app, pilot, without(TASK.arn))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: f"task {TASK.id[:8]} is not there any more" in app.screen.text)
        assert core.sent == []


async def test_a_finding_s_change_stays_with_its_service_when_another_finding_takes_its_row():
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6" and app.board.selected() is not None)
        assert app.board.selected().part == "api"
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"redep")
        await until(pilot, lambda: "redeploy api " in app.screen.text)
        app.board.pane.table.to(next(r.key for r in app.board.pane.table.model.rows if r.key.startswith("step:")))
        assert app.board.selected() is None
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "clickit-prod-api" in app.screen.text)
