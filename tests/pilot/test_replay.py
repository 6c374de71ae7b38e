"""A replay on the screen: the same dashboard over a recorded incident, keys that move through time, nothing that can be sent."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager

import pytest

from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.replay import Replay
from clickit_tui.replay_app import ReplayDashboard
from clickit_tui.tape.reading import opened
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.prompt import Prompt
from tests import worlds
from tests.pilot.driving import until
from tests.stepped import SteppedClock
from tests.tape.taped import BEGAN, BROKE, ENDED, recorded


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("tape") / "incident.tape")


@asynccontextmanager
async def replaying(file, size=(80, 24), at=BEGAN, keymap=None):
    """The dashboard on the recording, its clock the test's, and its network forbidden."""
    clock = SteppedClock(0.0)
    core = Replay(Config(env="prod", names=names("prod"), bell=False, notify=(), keymap=keymap or {}), opened(file), clock=clock)
    core.seek(at)
    app = ReplayDashboard(core)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board.view is not None and bool(app.board.services.table.model.rows))
        yield app, pilot, clock


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refused(*_):
        raise AssertionError("a replay has no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "sendto", refused)


def identity(app):
    return app.board.identity.text


def keys(app):
    return app.board.keys.text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_every_size_says_that_it_is_a_replay_and_the_time_of_then(file, size):
    async with replaying(file, size, at=ENDED - 60) as (app, pilot, _):
        await pilot.press("space")
        assert " REPLAY " in identity(app)
        assert "14:02:19Z" in identity(app)
        assert ("READ-ONLY" in identity(app)) == (size[0] >= 80)
        assert app.board.view.now == ENDED - 60


async def test_the_first_cause_that_is_named_is_the_one_that_was_named_live(file):
    async with replaying(file, (150, 45), at=ENDED) as (app, pilot, _):
        facts = app.core.facts()
        live = cause(worlds.incident_world(ENDED), facts)
        assert live.likely
        assert live.sentence.partition(";")[0] in app.board.cause.text
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6")
        assert "MOST LIKELY" in app.board.pane.table.text


async def test_pause_speed_and_leaps(file):
    async with replaying(file) as (app, pilot, clock):
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        clock.now += 10
        app._paint()
        assert "8x 13:44:39Z" in identity(app)
        await pilot.press("space")
        clock.now += 1000
        app._paint()
        assert app.core.facts().now == BEGAN + 80
        assert "go on" in keys(app)
        assert "paused  1:20 of 20:00" in keys(app)
        await pilot.press("right_curly_bracket", "right_square_bracket", "right_square_bracket")
        assert app.core.facts().now == BEGAN + 800
        assert app.core.store.world == app.core._tape.world(BEGAN + 800)
        await pilot.press("left_curly_bracket", "left_square_bracket", "less_than_sign", "space")
        clock.now += 2
        assert app.core.facts().now == BEGAN + 148


async def test_a_moment_can_be_typed_and_a_wrong_one_is_said(file):
    async with replaying(file) as (app, pilot, _):
        await pilot.press("space", "at", *("1", "2", "colon", "0", "0"))
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        assert "outside the recording" in app.board.cause.text
        await pilot.press("at", "plus", "9", "m", "enter")
        assert app.core.facts().now == BEGAN + 540
        await pilot.press("at", "e", "n", "d", "enter")
        assert "end" in identity(app)
        assert app.core.facts().now == ENDED


async def test_going_back_before_the_incident_takes_it_from_every_pane(file):
    async with replaying(file, at=ENDED) as (app, pilot, _):
        await pilot.press("space")
        incident = app.board.strip.text
        await pilot.press("left_curly_bracket", "left_square_bracket")
        await until(pilot, lambda: app.board.strip.text != incident)
        assert app.core.facts().now < BROKE
        await until(pilot, lambda: app.core.log_lines()[-1].at_ms <= BROKE * 1000)


async def test_an_action_can_be_previewed_and_never_runs(file):
    async with replaying(file, at=ENDED) as (app, pilot, _):
        await pilot.press("space", "g", "S")
        assert isinstance(app.screen, Confirm)
        app.screen.model._settles_at = 0.0
        await pilot.press("5")
        await until(pilot, lambda: "this is a replay" in app.screen.text)
        await pilot.press("escape")
        await pilot.press("a")
        await until(pilot, lambda: app.screen is not app.board)


async def test_in_a_prompt_the_space_is_the_prompts_and_on_every_screen_it_pauses(file):
    async with replaying(file, at=ENDED - 100) as (app, pilot, _):
        await pilot.press("slash", "a", "space")
        assert app.screen.value == "a "
        assert not app.core.playing().paused
        await pilot.press("escape")
        paused = []
        assert app.board.view.replayed
        for place in ("3", "6", "7"):
            await pilot.press(place, "space")
            paused.append(app.core.playing().paused)
            assert "space" in keys(app)
            assert "tick" not in keys(app)
            assert app.screen.active_bindings["space"].binding.id == "replay_pause"
        assert paused == [True, False, True]


async def test_pages_that_cover_the_screen_say_that_it_is_a_replay(file):
    async with replaying(file, at=ENDED) as (app, pilot, _):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Page)
        assert "REPLAY help" in app.screen.text
        await pilot.press("G")
        assert "ten minutes on" in app.screen.text


async def test_what_is_in_the_palette_moves_too_and_quitting_does_not_ask(file):
    async with replaying(file, at=BEGAN) as (app, pilot, _):
        await pilot.press("space", "colon", *"ten", "space", *"minutes", "space", "o", "n", "enter")
        await until(pilot, lambda: app.core.facts().now == BROKE)
        await pilot.press("r")
        assert "reads nothing again" in app.board.cause.text
        await pilot.press("i")
        await pilot.press("escape", "q")
        await until(pilot, lambda: app.return_code == 0)


async def test_its_keys_can_be_mapped(file):
    async with replaying(file, keymap={"replay_pause": "f8", "replay_ten_on": "f9"}) as (app, pilot, _):
        await pilot.press("f8", "f9")
        assert app.core.playing().paused
        assert "f9" in keys(app)
