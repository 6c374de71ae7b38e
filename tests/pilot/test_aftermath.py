"""A change without an outcome is offered to be looked at, once, with how things stand now."""

from clickit_tui.ui.picker import Picker
from clickit_tui.world.incident import Lost
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until

LOST = Lost(id="a1", title="SCALE prod/api 2 → 5", part="api", at=worlds.NOW - 90)


def shown(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_it_is_offered_once_and_leads_to_the_service():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    core.store.put(lost=(LOST,))
    async with running(core) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Picker) and "outcome unknown" in shown(app))
        assert "outcome unknown: SCALE prod/api 2 → 5, sent 14:" in shown(app)
        assert "look at api, now desired 3: PRIMARY :" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.place == "2" and app.screen is app.board)
        await pilot.press("1")
        await until(pilot, lambda: app.place == "1" and app.screen is app.board)
        app._paint()
        await pilot.pause()
        assert app.screen is app.board
        assert core.sent == []


async def test_what_is_no_service_leads_to_the_timeline_and_no_is_an_answer():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    core.store.put(lost=(Lost(id="a2", title="ROTATE clickit/prod/x", part="secret", at=worlds.NOW, far="call 1 of 2 was accepted"),))
    async with running(core) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Picker) and "call 1 of 2 was accepted" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.board)
        assert app.place == "1"
