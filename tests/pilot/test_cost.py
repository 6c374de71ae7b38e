"""Screen 9 through the app: its source sleeps until it is opened, asking Cost Explorer names its price, retention from key to call."""

from __future__ import annotations

import pytest

from clickit_tui.screens.cost import CostScreen
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.picker import Picker
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, type_token, until

NOW = worlds.NOW


async def opened(app, pilot):
    await pilot.press("9")
    await until(pilot, lambda: isinstance(app.screen, CostScreen) and bool(app.screen.listing.table.model.rows))


async def select(app, pilot, key):
    await pilot.press("g")
    for _ in range(len(app.board.listing.table.model.visible)):
        if app.board.listing.table.cursor_key == key:
            return
        await pilot.press("j")
    assert app.board.listing.table.cursor_key == key


async def test_what_costs_calls_is_read_only_while_the_screen_is_open():
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core) as (app, pilot):
        assert not core.store.read(("log_groups", "usage"))
        await opened(app, pilot)
        await until(pilot, lambda: core.store.read(("log_groups",)) and core.store.read(("usage",)))
        assert not core.store.read(("spend",))
        await pilot.press("1")
        await until(pilot, lambda: not core.store.read(("log_groups", "usage")))


async def test_asking_cost_explorer_says_its_price_and_leaving_asks_nothing():
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CostScreen))
        assert ("spend",) not in core.refreshed
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("down", "enter")
        await until(pilot, lambda: ("spend",) in core.refreshed)


async def test_retention_of_the_row_under_the_cursor_is_set():
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core, (100, 40)) as (app, pilot):
        await opened(app, pilot)
        await select(app, pilot, f"log group:/ecs/clickit-{worlds.ENV}-migration")
        app.board.action_change("retention")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "never expires → 30 days" in app.screen.text)
        await type_token(app, pilot, "prod/migration")
        await until(pilot, lambda: bool(core.sent))
        (step,) = core.sent[0].steps
        assert step.call.params == {"logGroupName": f"/ecs/clickit-{worlds.ENV}-migration", "retentionInDays": 30}


@pytest.mark.parametrize("place", ["1", "3", "6"])
async def test_sleep_is_reached_from_anywhere_and_refused_where_it_is_protected(place):
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core) as (app, pilot):
        await pilot.press(place)
        await until(pilot, lambda: app.place == place)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"sleep:", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "refused in a protected environment" in app.screen.text)
        await type_token(app, pilot, "prod/environment")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.board)
    assert core.sent == []
