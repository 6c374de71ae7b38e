"""Which configured keys can be had, what is said of the others, and the table of keys."""

import importlib
import inspect
import pkgutil
import re
from importlib import import_module

import msgspec
import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from clickit_tui import panes, screens, ui
from clickit_tui.app import Dashboard, keys
from clickit_tui.screens.keymap import accepted, groups
from clickit_tui.screens.places import PLACES
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"scal": "ctrl+s"}, "keys.scal: there is no such action; did you mean `scale`?"),
        ({"zzzz": "ctrl+s"}, "keys.zzzz: there is no such action; `clickit-tui keys` lists them"),
        ({"scale": "crtl+s"}, "keys.scale: there is no key `crtl+s`"),
        ({"scale": ""}, "keys.scale: there is no key ``"),
        ({"scale": "S,"}, "keys.scale: there is no key ``"),
        ({"scale": "r"}, "keys.scale = r: r is refresh on every screen; it stays on S"),
        ({"scale": "/"}, "keys.scale = /: / is filter on every screen; it stays on S"),
        ({"scale": "1"}, "keys.scale = 1: 1 is go_1 everywhere; it stays on S"),
        ({"filter": "z"}, "keys.filter = z: z is zoom on screen Triage; it stays on /"),
        ({"zoom": "up"}, "keys.zoom = up: up is table.up on tables; it stays on z"),
        ({"page.leave": "ctrl+c"}, "keys.page.leave = ctrl+c: ctrl+c is interrupted everywhere; it stays on escape q enter ?"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_sentence_and_keeps_its_key(wanted, said):
    assert accepted(wanted, Dashboard.BINDINGS) == ({}, [said])


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"scale": "ctrl+s"},
        {"scale": "ctrl+s,f6"},
        {"scale": "alt+x"},
        {"refresh": "f5", "scale": "r"},
        {"refresh": "S", "scale": "r"},
        {"page.up": "u"},
        {"scale": "S"},
        {
            "filter": "full_stop",
            "hidden": "slash",
            "services_hidden": "slash",
            "timeline_quiet": "slash",
            "playbooks_passed": "slash",
            "data_hidden": "slash",
            "supply_hidden": "slash",
            "cost_hidden": "slash",
        },
        {"scale": "é"},
    ],
)
def test_free_keys_and_exchanged_keys_can_be_had(wanted):
    assert accepted(wanted, Dashboard.BINDINGS) == (wanted, [])


def test_two_actions_on_one_new_key_are_both_refused_and_what_relied_on_them_too():
    kept, said = accepted({"scale": "f6", "redeploy": "f6", "refresh": "S", "why": "f7"}, Dashboard.BINDINGS)
    assert kept == {"why": "f7"}
    assert [sentence.split(" = ")[0] for sentence in said] == ["keys.redeploy", "keys.scale", "keys.refresh"]


def test_every_id_is_one_action_and_every_screen_is_listed():
    found = groups(Dashboard.BINDINGS)
    ids = [bound.id for group in found for bound in group.bound]
    assert len(ids) == len(set(ids))
    assert {f"screen {place.name}" for place in PLACES} <= {group.name for group in found}
    assert all(bound.what and bound.keys for group in found for bound in group.bound)


def bound():
    """(class, binding) of everything in the program that binds keys."""
    rooms = [importlib.import_module(f"clickit_tui.{room}") for room in ("ui", "panes", "screens")]
    modules = [importlib.import_module(f"{room.__name__}.{each.name}") for room in rooms for each in pkgutil.iter_modules(room.__path__)]
    modules.append(importlib.import_module("clickit_tui.app"))
    found = {each for module in modules for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, DOMNode)}
    own = [each for each in found if each.__module__.startswith("clickit_tui.")]
    return [(each, binding) for each in own for binding in each.__dict__.get("BINDINGS", ())]


def test_every_key_of_the_program_is_in_the_table_and_does_something():
    listed = {bound.id for group in groups(Dashboard.BINDINGS) for bound in group.bound}
    pairs = bound()
    assert len(pairs) > 100
    assert [(owner.__name__, binding.key) for owner, binding in pairs if binding.id not in listed] == []
    for owner, binding in pairs:
        method = f"action_{binding.action.partition('(')[0].rpartition('.')[2]}"
        assert hasattr(owner, method) or hasattr(Dashboard, method), (owner.__name__, binding.key)


def test_every_key_of_every_screen_and_widget_can_be_mapped():
    known = {bound.id for group in groups(Dashboard.BINDINGS) for bound in group.bound}
    for package in (screens, panes, ui):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, owner in vars(import_module(module.name)).items():
                if isinstance(owner, type) and issubclass(owner, DOMNode):
                    missing = [b for b in owner.__dict__.get("BINDINGS", ()) if not isinstance(b, Binding) or b.id not in known]
                    assert not missing or not owner.__module__.startswith("clickit_tui"), (name, missing)


def test_the_table_shows_id_key_and_meaning_with_the_configured_keys():
    lines, said = keys({"scale": "ctrl+s", "refresh": "w"})
    assert len(said) == 1
    rows = [line.split() for line in lines]
    assert ["scale", "ctrl+s"] in [row[:2] for row in rows]
    assert ["refresh", "r", "read", "everything", "again", "now"] in rows
    assert ["filter", "/"] in [row[:2] for row in rows]
    assert lines[0] == "# everywhere"


async def test_the_app_takes_the_good_keys_and_says_the_others_at_start():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    core.config = type(core.config)(env="prod", names=worlds.NAMES, keymap={"refresh": "f5", "scale": "w", "scal": "x"})
    async with running(core) as (app, pilot):
        assert [notice.split(":")[0] for notice in core.notices] == ["keys.scal", "keys.scale = w"]
        await pilot.press("r")
        assert core.refreshed == []
        await pilot.press("f5")
        await until(pilot, lambda: core.refreshed == [()])
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6")


async def test_key_rows_and_the_list_of_actions_show_the_configured_keys():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    core.config = msgspec.structs.replace(core.config, keymap={"scale": "f6,ctrl+s", "why": "f7", "go_2": "f8", "redeploy": "r"})
    async with running(core, (200, 50)) as (app, pilot):
        shown = app.board.keys.text
        assert "f6 scale" in shown
        assert "f7 why" in shown
        assert "f8 Services" in shown
        assert "R redeploy" in shown
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        assert "f6  Scale" in app.screen.text
        assert "S  Scale" not in app.screen.text
        await pilot.press("escape", "question_mark", "pagedown", "pagedown")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert re.search(r"f6 ctrl\+s +scale a service", app.screen.text)
        assert re.search(r"\br +redeploy", app.screen.text) is None
        await pilot.press("escape", "colon", *"scale")
        await until(pilot, lambda: isinstance(app.screen, Picker) and bool(re.search(r"f6 +scale", app.screen.text)))


async def test_a_page_says_the_configured_key_that_leaves_it():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    core.config = msgspec.structs.replace(core.config, keymap={"page.leave": "x"})
    async with running(core) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "x leave" in app.screen.text
        assert "esc leave" not in app.screen.text
        await pilot.press("x")
        await until(pilot, lambda: app.screen is app.board)


def test_the_keys_of_a_replay_mean_nothing_else_anywhere_but_space():
    found = {group.name: group for group in groups(Dashboard.BINDINGS)}
    own = {key for bound in found.pop("a replay").bound for key in bound.keys}
    others = {key for group in found.values() if group.name != "pages" for bound in group.bound for key in bound.keys}
    assert own & others == {"space"}
    assert len(own) == 8
