"""The full-size plot: drawn off the event loop, newest picture wins, the cursor costs no drawing."""

from __future__ import annotations

import threading

import pytest
from textual.app import App, ComposeResult

from clickit_tui.ui import plot
from clickit_tui.ui.cells import spans_width
from clickit_tui.ui.plot import Mark, Picture, PlotView, Stroke, column, drawn, mark_row, with_cursor
from tests.ui.snapshot import plain

LINE = Stroke(tuple((float(i), i % 7.0) for i in range(60)), "s0")
PICTURE = Picture(left=0.0, right=60.0, top=10.0, strokes=(LINE,), times=((0.0, "00"), (60.0, "60")), heights=((0.0, "0"), (10.0, "10 %")))


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield PlotView()


@pytest.fixture
def held(monkeypatch):
    """Drawing waits until it is let go; what was drawn, and by which thread, is noted."""
    go, seen = threading.Event(), []

    def slow(picture, cells, rows, ascii=False):
        seen.append((picture, threading.current_thread()))
        go.wait(10)
        return drawn(picture, cells, rows, ascii)

    monkeypatch.setattr(plot, "drawn", slow)
    return go, seen


async def test_keys_go_on_while_a_plot_is_drawn_and_only_the_newest_picture_counts(held):
    go, seen = held
    app = Shown()
    async with app.run_test(size=(80, 20)) as pilot:
        view = app.query_one(PlotView)
        await pilot.pause()
        for top in (10.0, 20.0, 30.0):
            view.show(PICTURE._replace(top=top))
            await pilot.press("x")
        assert not view.settled
        assert view.shown == ()
        go.set()
        for _ in range(400):
            if view.settled:
                break
            await pilot.pause(0.01)
        assert view.settled
        assert [picture.top for picture, _ in seen] == [10.0, 30.0]
        assert all(thread is not threading.main_thread() for _, thread in seen)
        view.show(PICTURE._replace(top=30.0, cursor=30.0))
        assert len(seen) == 2
        assert any(span.text == "│" and span.look == "bold" for span in view.shown[2])


def test_marks_and_cursor_stand_under_their_moment():
    picture = PICTURE._replace(marks=(Mark(0.0, "D"), Mark(60.0, "A"), Mark(61.0, "X")), cursor=60.0)
    row = "".join(span.text for span in mark_row(picture, 80))
    assert (row.index("D"), row.index("A")) == (column(picture, 0.0, 80), column(picture, 60.0, 80))
    assert "X" not in row
    lines = with_cursor(drawn(picture, 80, 12), picture, 80, "!")
    assert all(text[column(picture, 60.0, 80)] != " " for text in plain(lines[:-3]))


def test_a_level_above_the_scale_and_hostile_words_do_no_harm():
    picture = PICTURE._replace(strokes=(), levels=((99.0, "fail"),), words="[/x] \x1b[31m no data " * 20)
    lines = drawn(picture, 60, 10)
    assert {spans_width(line) for line in lines} == {60}


def test_in_ascii_only_ascii_marks_are_drawn():
    text = "\n".join(plain(drawn(PICTURE, 80, 12, ascii=True)))
    assert not set(text) & set("▀▄█▌▐▖▗▘▝▚▞")
