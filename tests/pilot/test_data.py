"""The Data screen under a pilot: the row that the first answer puts under the cursor is no lost one, and keys act on it."""

from __future__ import annotations

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
        await until(pilot, lambda: "rebuild" in app.board.listing.table.text)
        app.core.store.put(**{name: getattr(full, name) for name in ("database", "databases", "snapshots", "cache")})
        await until(pilot, lambda: "clickit-prod-db" in app.board.listing.table.text)
        assert not app.board.selection.adrift
        assert "gone" not in app.board.note
