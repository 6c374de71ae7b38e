"""A followed change is counted while it is open, and its end is said on the screen."""

from __future__ import annotations

import msgspec

from clickit_tui.world.follow import Follow, Following, Phase
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until


async def test_the_end_of_a_follow_is_said_until_the_next_key():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    under_way = Following(follow=Follow(kind="scale", env="prod", part="api", intent="1"), sentence="2 of 5 running, 2 healthy")
    async with running(core) as (app, pilot):
        core.store.put(follows=(under_way,))
        await until(pilot, lambda: "following 1" in app.board.identity.text)
        assert "2 of 5 running" in app.board.cause.text
        ended = msgspec.structs.replace(under_way, phase=Phase.RECOVERED, sentence="5 of 5 running, 5 healthy", ended_at=worlds.NOW)
        core.store.put(follows=(ended,))
        await until(pilot, lambda: "scale api: recovered: 5 of 5 running, 5 healthy" in app.board.cause.text)
        await pilot.press("2")
        await until(pilot, lambda: app.place == "2" and bool(app.board.cause.text.strip()))
        assert "recovered" not in app.board.cause.text
        await pilot.press("1", "down")
        await until(pilot, lambda: app.place == "1" and "recovered" not in app.board.cause.text)
        assert "following" not in app.board.identity.text
