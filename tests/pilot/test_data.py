"""The Data screen under a pilot: the row that the first answer puts under the cursor is no lost one, and keys act on it."""

from __future__ import annotations

import pytest

from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.picker import Picker
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, type_token, until


async def test_a_snapshot_is_made_of_the_row_under_the_cursor() -> None:
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("7")
        await until(pilot, lambda: "clickit-prod-db" in app.board.listing.table.text)
        assert "gone" not in app.board.note
        await pilot.press("a", *"make", "space", "a", "space", *"snap", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and not isinstance(app.screen, Picker))
        await type_token(app, pilot, "prod/db")
        await until(pilot, lambda: bool(core.sent))
    (step,) = core.sent[0].steps
    assert step.call.params == {"DBInstanceIdentifier": "clickit-prod-db", "DBSnapshotIdentifier": "clickit-prod-db-1123-1403"}


async def test_the_first_answer_leaves_the_cursor_s_row_chosen() -> None:
    core = FakeCore(worlds.loading_world())
    async with running(FakeCore(worlds.healthy_world(worlds.NOW))) as (app, pilot):
        full = app.core.store.world
        app.core.store.put(**{name: getattr(core.store.world, name) for name in ("database", "databases", "snapshots", "cache")})
        await pilot.press("7")
        await until(pilot, lambda: "loading" in app.board.listing.table.text)
        assert app.board.listing.table.cursor_key is None, "no cursor waits on the page for a rebuild"
        app.core.store.put(**{name: getattr(full, name) for name in ("database", "databases", "snapshots", "cache")})
        await until(pilot, lambda: "clickit-prod-db" in app.board.listing.table.text)
        assert not app.board.selection.adrift
        assert "gone" not in app.board.note
        assert app.board.listing.table.cursor_key == "database:clickit-prod-db"
        assert "stop database" not in app.board.keys.text, "prod is protected"
        assert "snapshot" in app.board.keys.text


@pytest.mark.parametrize(("key", "words"), [("a", "with this image"), ("colon", "roll back api with this image")])
async def test_an_image_is_rolled_back_to_by_way_of_the_revision_that_ran_it(key: str, words: str) -> None:
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    digest = worlds.container("api", 40).digest
    async with running(core) as (app, pilot):
        await pilot.press("8")
        await until(pilot, lambda: "v2.3.1" in app.board.listing.table.text or digest[7:12] in app.board.listing.table.text)
        app.board.listing.table.to(f"image:clickit/api@{digest}")
        await until(pilot, lambda: "roll back to it" in app.board.keys.text)
        await pilot.press(key, *("space" if c == " " else c for c in words), "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await type_token(app, pilot, "prod/api")
        await until(pilot, lambda: bool(core.sent))
    (step,) = core.sent[0].steps
    assert (step.call.operation, step.call.params["service"]) == ("UpdateService", "clickit-prod-api")
    assert str(step.call.params["taskDefinition"]).endswith(":40")
