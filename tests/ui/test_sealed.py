"""A secret typed twice: what is drawn, what is handed over, and that nothing stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot

from clickit_tui.ui.looks import THEME
from clickit_tui.ui.sealed import Sealed, Typed


@asynccontextmanager
async def asked() -> AsyncIterator[tuple[Sealed, Pilot[None], list[str]]]:
    taken: list[str] = []
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        app.register_theme(THEME)
        dialog = Sealed("ROTATE x", "DEV 1 eu", lambda characters: taken.append("".join(characters)))
        app.push_screen(dialog)
        await pilot.pause()
        yield dialog, pilot, taken


async def test_two_equal_lines_are_handed_over_once_and_nothing_is_drawn_of_them() -> None:
    async with asked() as (dialog, pilot, taken):
        await pilot.press(*"geheim")
        assert "geheim" not in dialog.text
        assert "******" in dialog.text
        await pilot.press("enter", *"geheim", "enter")
        assert taken == ["geheim"]
        assert (dialog._typed.first, dialog._typed.again) == ([], [])


async def test_two_that_differ_begin_again() -> None:
    async with asked() as (dialog, pilot, taken):
        await pilot.press(*"abc", "enter", *"abd", "enter")
        assert taken == []
        assert "not the same" in dialog.text
        await pilot.press(*"abc", "enter", *"abc", "enter")
        assert taken == ["abc"]


async def test_nothing_is_no_secret_and_escape_keeps_nothing() -> None:
    async with asked() as (dialog, pilot, taken):
        await pilot.press("enter")
        assert "nothing was typed" in dialog.text
        await pilot.press(*"abc", "backspace", "enter", "x", "ctrl+u", "escape")
        assert taken == []
        assert dialog._typed.first == []


async def test_a_paste_goes_in_without_its_line_end_and_spaces_are_told() -> None:
    async with asked() as (dialog, pilot, taken):
        dialog.on_paste(Paste(" pasted value\r\n"))
        await pilot.press("enter")
        assert "begins or ends with a space" in dialog.text
        dialog.on_paste(Paste(" pasted value"))
        await pilot.press("enter")
        assert taken == [" pasted value"]


@pytest.mark.parametrize(("first", "again", "fine"), [("a", "a", True), ("a", "", False), ("", "", False), ("a", "b", False)])
def test_what_can_be_used(first: str, again: str, fine: bool) -> None:
    typed = Typed()
    typed.add(first)
    typed.repeating = True
    typed.add(again)
    assert (typed.problem == "") is fine
