"""`screens.md` is what the app shows."""

from __future__ import annotations

from importlib import import_module

from textual.binding import Binding

from clickit_tui.app import Dashboard
from clickit_tui.screens.keys import KEYS
from clickit_tui.screens.places import PLACES
from clickit_tui.screens.triage import TriageScreen
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail
from tests.screens.book import FILE, made

SCREENS = [getattr(import_module(f"clickit_tui.screens.{module}"), name) for module, name in (p.screen.split(":") for p in PLACES)]


def test_screens_md_is_what_the_app_shows():
    shown, kept = made(), FILE.read_text()
    if shown != kept:
        shown = made()  # a busy machine can be caught between two paints
    assert shown == kept


def test_every_binding_has_id_description_and_tooltip_and_ids_are_unique():
    bound = [
        b
        for source in (
            KEYS,
            *(screen.BINDINGS for screen in SCREENS),
            Table.BINDINGS,
            Tail.BINDINGS,
            Dashboard.BINDINGS,
        )
        for b in source
    ]
    assert all(isinstance(b, Binding) and b.id and b.description and b.tooltip for b in bound)
    own = [b.id for b in (*KEYS, *(b for screen in SCREENS for b in screen.BINDINGS)) if isinstance(b, Binding)]
    assert len(set(own)) == len(own)


def test_one_letter_has_one_meaning_on_a_screen():
    for screen in SCREENS:
        keys = [k for b in screen.BINDINGS if isinstance(b, Binding) for k in b.key.split(",")]
        assert len(set(keys)) == len(keys)
    keys = [k for b in (*KEYS, *TriageScreen.BINDINGS) if isinstance(b, Binding) for k in b.key.split(",")]
    assert len(set(keys)) == len(keys)
