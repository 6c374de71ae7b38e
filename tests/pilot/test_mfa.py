"""The question for an MFA code: over the screen, hidden, one at a time, and gone when nobody waits for it any more."""

import asyncio

import pytest

from clickit_tui.ui.prompt import Prompt
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until

ASK = "Enter MFA code for arn:aws:iam::111122223333:mfa/anna: "


def shown(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize(("last", "answer"), [("enter", "918273"), ("escape", None)])
async def test_the_code_is_typed_hidden_and_handed_to_who_asked(last, answer):
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        asked = asyncio.create_task(core.ask_mfa(ASK))
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"918273")
        assert "mfa/anna: ******" in shown(app)
        assert "918273" not in shown(app)
        await pilot.press(last)
        assert await asked == answer
        assert app.screen is app.board


async def test_one_question_at_a_time():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        first, second = (asyncio.create_task(core.ask_mfa(f"code {n}: ")) for n in (1, 2))
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("1")
        assert sum(isinstance(screen, Prompt) for screen in app.screen_stack) == 1
        await pilot.press("enter")
        await until(pilot, lambda: first.done() and isinstance(app.screen, Prompt))
        await pilot.press("2", "enter")
        assert (await first, await second) == ("1", "2")


async def test_a_question_that_nobody_waits_for_goes_away():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        asked = asyncio.create_task(core.ask_mfa(ASK))
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        asked.cancel()
        await until(pilot, lambda: app.screen is app.board)
        assert asked.cancelled()


async def test_the_app_may_end_while_it_asks():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        asked = asyncio.create_task(core.ask_mfa(ASK))
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        app.exit(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert asked.cancelled()
