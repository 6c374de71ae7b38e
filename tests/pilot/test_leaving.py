"""A dialog that was left leaves nothing behind."""

import asyncio
import gc

from textual.strip import Strip

from clickit_tui.ui.lines import Canvas
from clickit_tui.ui.page import Page
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until


async def test_a_page_that_was_left_is_forgotten_with_all_it_showed():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):

        async def opened_and_left():
            await pilot.press("question_mark")
            await until(pilot, lambda: isinstance(app.screen, Page))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.board)
            gc.collect()
            kept = [one for one in gc.get_objects() if isinstance(one, (Canvas, Strip))]
            return len(kept), len(asyncio.all_tasks())

        await opened_and_left()
        first = await opened_and_left()
        for _ in range(3):
            last = await opened_and_left()
        assert last[0] <= first[0] + 20, "each page has more than a hundred drawn lines"
        assert last[1] <= first[1]
