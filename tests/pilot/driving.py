"""The app under a pilot, with a fake core and a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from clickit_tui.app import Dashboard
from clickit_tui.ui.confirm import Confirm
from clickit_tui.world.world import World
from tests.fakes import FakeCore

NAMES = {"/": "slash", "-": "minus", ":": "colon", "?": "question_mark", ".": "full_stop"}


@asynccontextmanager
async def running(core: FakeCore, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Dashboard, Pilot[int]]]:
    """The dashboard, painted once."""
    app = Dashboard(core)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board.view is not None and bool(app.board.services.table.model.rows))
        yield app, pilot


async def until(pilot: Pilot[int], condition: Callable[[], bool], turns: int = 400) -> None:
    """Let the app run until a condition holds."""
    for _ in range(turns):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("the condition never held")


async def show(app: Dashboard, pilot: Pilot[int], world: World) -> None:
    """Put a World into the store and wait until it is painted."""
    app.core.store.put(**{name: getattr(world, name) for name in ("services", "tasks", "targets")})
    app._paint()
    await pilot.pause()


async def select(app: Dashboard, pilot: Pilot[int], key: str) -> None:
    """Move the cursor with the arrow keys to the row with this key."""
    table = app.board.services.table
    await pilot.press("g")
    for _ in range(len(table.model.visible)):
        if table.cursor_key == key:
            return
        await pilot.press("j")
    assert table.cursor_key == key


async def type_token(app: Dashboard, pilot: Pilot[int], token: str) -> Confirm:
    """In an open dialog: go to the token and type it, as a person would after half a second."""
    dialog = app.screen
    assert isinstance(dialog, Confirm), app.screen
    dialog.model._settles_at = 0.0
    while dialog.model.dialog.focus:
        await pilot.press("tab")
    for character in token:
        await pilot.press(NAMES.get(character, character))
    return dialog
