"""`i`: an incident from its declaration to its resolution and note, through the app."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.ui.picker import Picker
from clickit_tui.ui.prompt import Prompt
from tests import worldpast, worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until

NOW = worlds.NOW


@pytest.fixture(autouse=True)
def private(tmp_path, monkeypatch):
    """Copies go to a folder of the test, and not to a clipboard."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("TMUX", raising=False)


def identity(app):
    return app.board.identity.text


def open_world():
    return msgspec.structs.replace(worlds.incident_world(NOW), incidents=(worldpast.incident(NOW),))


async def test_three_keys_declare_an_incident_with_the_start_found_in_the_metrics():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("i", "enter", "enter")
        await until(pilot, lambda: bool(core.store.world.incidents))
        (one,) = core.store.world.incidents
        assert one.began_at == NOW // 60 * 60 - 420
        assert one.title == "API returning 5xx"
        await until(pilot, lambda: "INCIDENT 7 m" in identity(app))
        for word in ("PROD", "123456789012", "eu-west-1", "OPERATOR"):
            assert word in identity(app)


async def test_the_start_can_be_typed_and_nonsense_is_refused():
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("i", *"slow", "enter")
        assert app.screen.value == "now"
        await pilot.press("ctrl+u", *"13:5x", "enter")
        await until(pilot, lambda: app.board.note.startswith("incident: "))
        assert core.store.world.incidents == ()
        await pilot.press("i", *"slow", "enter", "ctrl+u", *"10m", "enter")
        await until(pilot, lambda: bool(core.store.world.incidents))
        assert core.store.world.incidents[0].began_at == NOW - 600


async def test_esc_declares_nothing():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("i", "escape")
        await pilot.press("i", "enter", "escape")
        assert not isinstance(app.screen, Prompt)
        assert core.store.world.incidents == ()


async def test_while_one_is_open_i_adds_corrects_and_ends_it_with_the_note():
    core = FakeCore(open_world())
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("i", "enter", *"checkout fails", "enter")
        await until(pilot, lambda: core.noted == [("checkout fails", None)])
        await pilot.press("i", *"correct when", "enter", "ctrl+u", *"20m", "enter")
        await until(pilot, lambda: core.store.world.incidents[0].began_at == NOW - 1200)
        await pilot.press("i", *"end it", "enter", *"rolled back", "enter")
        await until(pilot, lambda: core.store.world.incidents[0].resolution == "rolled back")
        await until(pilot, lambda: app.board.note.startswith("note sent to "))
        assert "INCIDENT" not in identity(app)
        await pilot.press("i")
        assert "write the note of" in app.screen.text


async def test_the_title_stands_in_the_identity_row_where_there_is_room():
    async with running(FakeCore(open_world()), (150, 45)) as (app, _):
        assert "INCIDENT 7 m API answers 5xx" in identity(app)
        assert "14:03Z" in identity(app)


async def test_quitting_asks_while_an_incident_is_open():
    async with running(FakeCore(open_world()), (80, 24)) as (app, pilot):
        await pilot.press("q")
        assert isinstance(app.screen, Picker)
        assert "the incident stays open in the journal" in app.screen.text


@pytest.mark.parametrize("place", "1234567890")
async def test_an_incident_can_be_declared_in_read_only_mode_and_from_every_screen(place):
    core = FakeCore(worlds.incident_world(NOW), read_only="--read-only")
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press(place)
        await until(pilot, lambda: app.place == place)
        await pilot.press("i", "enter", "enter")
        await until(pilot, lambda: bool(core.store.world.incidents))
    (incident,) = core.store.world.incidents
    assert incident.open
