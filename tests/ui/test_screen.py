"""The widgets on Textual's screen: what is highlighted, what is repainted, and hostile text through all of them."""

from __future__ import annotations

import random

import pytest
from textual import on
from textual.geometry import Region

from clickit_tui.ui.cells import Row, Span
from clickit_tui.ui.entry import Entry, typed
from clickit_tui.ui.keybar import KeyBar, KeyHint
from clickit_tui.ui.lines import Canvas, Lines
from clickit_tui.ui.looks import cropped, symbols
from clickit_tui.ui.page import Page, page_lines
from clickit_tui.ui.picker import Choice, Picker, PickerModel
from clickit_tui.ui.prompt import Prompt, prompt_line
from clickit_tui.ui.rule import Rule
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail
from clickit_tui.ui.tailmodel import Item
from tests.ui.gallery import Gallery
from tests.ui.snapshot import HOSTILE, plain, widths


def rows(*keys: str) -> list[Row]:
    return [Row(key, (Span(f" {key}"),)) for key in keys]


class Listening(Gallery):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str | None, bool]] = []

    @on(Table.Moved)
    def moved(self, event: Table.Moved) -> None:
        self.heard.append(("moved", event.key, event.lost))

    @on(Table.Chosen)
    def chosen(self, event: Table.Chosen) -> None:
        self.heard.append(("chosen", event.key, False))


def highlighted(table: Table) -> str | None:
    """Text of the row that is painted as the cursor."""
    marked = [y for y, base in table._bases.items() if base]
    assert len(marked) <= 1
    return table.text.split("\n")[marked[0]].strip() if marked else None


def watch(widget: Canvas, monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """The regions a widget asks to be repainted from now on."""
    asked: list[Region] = []
    original = widget.refresh

    def refresh(*regions: Region, **options: bool) -> object:
        asked.extend(regions or [Region(-1, -1, 0, 0)])
        return original(*regions, **options)

    monkeypatch.setattr(widget, "refresh", refresh)
    return asked


async def test_keys_move_choose_and_are_heard() -> None:
    app = Listening()
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.query_one(Table)
        table.show(rows(*"abcdefghijkl"))
        table.focus()
        app.heard.clear()
        for key, expected in [
            ("j", "b"),
            ("down", "c"),
            ("k", "b"),
            ("G", "l"),
            ("g", "a"),
            ("pagedown", "g"),
            ("pageup", "a"),
            ("end", "l"),
            ("home", "a"),
        ]:
            await pilot.press(key)
            assert table.cursor_key == expected, key
            assert highlighted(table) == expected
        await pilot.press("enter")
        await pilot.pause()
        assert app.heard[-1] == ("chosen", "a", False)
        app.heard.clear()
        table.show(rows("x", "b", "y"))
        await pilot.pause()
        assert app.heard == [("moved", "b", True)]


async def test_a_hundred_steps_on_the_screen_never_change_the_key_silently() -> None:
    app, rng = Gallery(), random.Random(7)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.query_one(Table)
        keys = [f"k{i}" for i in range(12)]
        table.show(rows(*keys))
        table.focus()
        for _ in range(100):
            before = table.cursor_key
            if rng.random() < 0.4:
                await pilot.press(rng.choice(["j", "k", "pagedown", "pageup", "g", "G"]))
            elif rng.random() < 0.3:
                table.set_filter(rng.choice(["", "1", "!1", "k"]))
                assert table.cursor_key == before or not any(row.key == before for row in table.model.visible)
            else:
                shown = rng.sample(keys, rng.randint(0, len(keys)))
                table.show(rows(*shown))
                assert table.cursor_key == before or not any(row.key == before for row in table.model.visible)
            assert highlighted(table) == table.cursor_key


async def test_nothing_is_repainted_for_the_same_and_one_line_for_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        table, lines, rule = app.query_one(Table), app.query_one("#looks", Lines), app.query_one("#title", Rule)
        await pilot.pause()
        asked = {widget: watch(widget, monkeypatch) for widget in (table, lines, rule)}
        app.action_same()
        lines.show(lines.shown)
        assert [asked[widget] for widget in (table, lines, rule)] == [[], [], []]
        app.action_count()
        assert asked[table] == [Region(26, 3, 1, 1)]
        asked[table].clear()
        table.action_move(1)
        assert [(region.y, region.height) for region in asked[table]] == [(1, 1), (2, 1)]


async def test_the_window_keeps_the_cursor_in_sight_and_in_place() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)):
        table = app.query_one(Table)
        table.show(rows(*(f"r{i:02}" for i in range(40))))
        table.to("r20")
        at = table.text.split("\n").index(" r20")
        table.show(rows("new1", "new2", *(f"r{i:02}" for i in range(40))))
        assert table.text.split("\n").index(" r20") == at
        assert highlighted(table) == "r20"


async def test_unselectable_rows_are_shown_and_passed_over() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.query_one(Table)
        table.show([Row("", (Span(" nothing here"),))])
        table.focus()
        assert table.cursor_key is None
        await pilot.press("down", "enter", "G")
        assert "nothing here" in table.text
        table.show([Row("", (Span(" group"),)), *rows("a"), Row("", (Span(" group"),)), *rows("b")])
        await pilot.press("down")
        assert table.cursor_key == "b"
        await pilot.press("up")
        assert table.cursor_key == "a"
        assert " group" in table.text.split("\n")


async def test_the_tail_pauses_by_key_and_tells() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        tail = app.query_one(Tail)
        assert tail.text == " nothing yet"
        app.more(30)
        assert "connection 29 refused" in tail.text
        tail.focus()
        await pilot.press("up")
        app.more(5)
        assert (tail.following, tail.new) == (False, 5)
        assert "connection 34" not in tail.text
        await pilot.press("f")
        assert tail.following
        assert "connection 34 refused" in tail.text
        tail.set_filter("no such text")
        assert tail.hidden == 35
        assert "no line matches no such text" in tail.text


async def test_the_picker_narrows_and_answers() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        answers: list[str | None] = []
        choices = [
            Choice(id="scale", text="S  scale"),
            Choice(id="shell", text="X  shell", reason="exec is off"),
            Choice(id="stop", text="K  stop task"),
        ]
        app.push_screen(Picker("actions on api", choices), answers.append)
        await pilot.pause()
        await pilot.press("down", *"st")
        assert isinstance(app.screen, Picker)
        assert "stop task" in app.screen.text
        assert "scale" not in app.screen.text
        await pilot.press("enter")
        app.push_screen(Picker("again", choices), answers.append)
        await pilot.pause()
        await pilot.press(*"zzz", "enter", "escape")
        await pilot.pause()
        assert answers == ["stop", None]


def test_the_picker_keeps_its_size_and_says_why_not() -> None:
    model = PickerModel([Choice(id=str(i), text=f"choice {i}", reason="exec is off" if i == 1 else "") for i in range(40)])
    before = model.lines("all", 60, 20, symbols(False))
    assert (len(before), widths(before)) == (19, {60})
    assert "exec is off" in "\n".join(plain(before))
    for _ in range(39):
        model.step("down")
    assert model.chosen == "39"
    assert "choice 39" in "\n".join(plain(model.lines("all", 60, 20, symbols(False))))


@pytest.mark.parametrize("cells", [77, 40])
def test_the_picker_shows_badge_and_what_is_said_before_at_any_width(cells: int) -> None:
    model = PickerModel([Choice(id="", text="copy this line")])
    line = 'psql "host=clickit-prod-db.eu-west-1.rds.amazonaws.com hostaddr=127.0.0.1 port=15432"'
    lines = model.lines("tunnel", cells, 20, symbols(False), "PROD 123456789012 eu-west-1", [line])
    drawn = "\n".join(plain(lines))
    assert widths(lines) == {cells}
    assert "PROD 123456789012 eu-west-1" in drawn
    assert "".join(drawn.split("│")).replace(" ", "").replace("\n", "").count(line.replace(" ", "")) == 1


async def test_the_prompt_changes_as_it_is_typed_and_puts_back() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        table, answers = app.query_one(Table), []
        app.push_screen(Prompt("/", "", changed=table.set_filter), answers.append)
        await pilot.pause()
        await pilot.press(*"/[/")
        assert isinstance(app.screen, Prompt)
        assert "regular expression" in app.screen.query_one(Lines).text
        await pilot.press("ctrl+u", *"row  1", "enter")
        await pilot.pause()
        assert table.filter_text == "row  1"
        app.push_screen(Prompt("/", table.filter_text, changed=table.set_filter), answers.append)
        await pilot.pause()
        await pilot.press("x", "escape")
        await pilot.pause()
        assert table.filter_text == "row  1"
        assert answers == ["row  1", None]


async def test_a_page_scrolls_and_is_left() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("?")
        assert isinstance(app.screen, Page)
        assert "line 0 of the page" in app.screen.text
        await pilot.press("G")
        assert "line 59 of the page" in app.screen.text
        await pilot.press("g", "j")
        assert "line 0 " not in app.screen.text
        await pilot.press("escape")
        assert not isinstance(app.screen, Page)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_passes_through_every_widget(hostile: str) -> None:
    app = Gallery()
    line = (Span(hostile), Span("tail", "s1"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one("#looks", Lines).show([line, line])
        app.query_one("#title", Rule).show(line, (Span("now"),))
        app.query_one(Table).show([Row("k", line, hostile), Row("j", line)])
        app.query_one(Tail).extend([Item(1, line, hostile), Item(2, line)])
        app.query_one(KeyBar).show([KeyHint(hostile[:30], hostile[:50])])
        app.query_one(Table).set_filter(hostile[:50])
        await pilot.press("down")
        for widget in app.query(Canvas).results():
            for y in range(widget.size.height):
                strip = widget.render_line(y)
                assert strip.text.isprintable()
                assert strip.cell_length == widget.size.width
        await app.push_screen(Picker(hostile, [Choice(id="a", text=hostile, reason=hostile)]))
        await app.push_screen(Prompt("/", hostile[:500]))
        await app.push_screen(Page(lambda: [line], hostile))
        await pilot.pause()
    assert widths(page_lines(hostile, [line], 0, 60, 20)[0]) == {60}
    shown = cropped(prompt_line("/", typed(Entry(), hostile), hostile[:100], 60), 60)
    assert all(span.text.isprintable() for span in shown)
