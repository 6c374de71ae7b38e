"""Following, pausing, late lines, filters and older lines: a window that stands still stands on its lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from clickit_tui.ui import tailmodel
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.patience import TooLong
from clickit_tui.ui.tailmodel import Item, Sieve, TailModel, plain_tail


def items(*numbers: int) -> list[Item]:
    return [Item(i, (Span(f"line {i}"),)) for i in numbers]


def seen(model: TailModel[Item], height: int = 3) -> list[str]:
    return ["".join(span.text for span in row.spans).removeprefix("line ") for row in model.window(height)]


def cursor(model: TailModel[Item]) -> int | None:
    found = model.cursor
    return None if found is None else found.number


def filled(count: int = 10, most: int = 100) -> TailModel[Item]:
    model = plain_tail(most)
    model.extend(items(*range(count)))
    return model


def test_it_follows_until_it_is_paused() -> None:
    model = filled()
    assert seen(model) == ["7", "8", "9"]
    model.pause()
    model.extend(items(10, 11))
    assert seen(model) == ["7", "8", "9"]
    assert model.new == 2
    model.follow()
    assert (seen(model), model.new) == (["9", "10", "11"], 0)


def test_the_cursor_moves_in_the_window_first_and_then_takes_it_along() -> None:
    model = filled()
    model.move(-1, 3)
    assert (seen(model), cursor(model), model.following) == (["7", "8", "9"], 8, False)
    model.move(-2, 3)
    assert (seen(model), cursor(model)) == (["6", "7", "8"], 6)
    model.move(1, 3)
    assert (seen(model), cursor(model)) == (["6", "7", "8"], 7)
    model.move(100, 3)
    assert model.following


def test_scrolling_up_pauses_and_down_to_the_end_follows() -> None:
    model = filled()
    model.scroll(-1, 3)
    assert seen(model) == ["6", "7", "8"]
    assert not model.following
    model.scroll(-100, 3)
    assert seen(model) == ["0", "1", "2"]
    assert model.at_top(3)
    model.scroll(100, 3)
    assert model.following


def test_the_oldest_go_when_there_are_too_many() -> None:
    model = filled(10, most=5)
    assert model.count == 5
    assert seen(model, 9) == ["5", "6", "7", "8", "9"]
    model.scroll(-100, 2)
    model.extend(items(*range(10, 20)))
    assert seen(model, 2) == ["15", "16"]


def test_a_late_line_is_put_where_it_belongs_while_the_window_stands() -> None:
    model = filled()
    model.scroll(-2, 3)
    assert seen(model) == ["5", "6", "7"]
    late = [Item(3, (Span("late"),)), *items(*range(4, 10))]
    model.splice([*items(0, 1, 2, 3), *late], 0, 4)
    assert seen(model) == ["5", "6", "7"]
    assert model.new == 1
    assert model.count == 11


def test_lines_that_went_at_the_front_of_the_source_go_here_too() -> None:
    model = filled()
    model.set_filter("!5")
    model.splice(items(*range(4, 14)), 4, 10)
    assert (model.count, model.hidden) == (10, 1)
    assert seen(model, 20) == ["4", "6", "7", "8", "9", "10", "11", "12", "13"]
    model.splice(items(100, 101), 50, 50)
    assert seen(model, 20) == ["100", "101"]


def test_the_filter_counts_what_it_hides_and_restores() -> None:
    model = filled(20)
    assert model.set_filter("1") == ""
    assert seen(model) == ["17", "18", "19"]
    assert model.hidden == 9
    model.extend(items(20, 21))
    assert model.hidden == 10
    assert "regular" in model.set_filter("/(/")
    assert model.filter_text == "1"
    model.narrow(lambda item: item.number < 12)
    assert seen(model) == ["1", "10", "11"]
    model.narrow(None)
    model.set_filter("")
    assert (model.hidden, seen(model)) == (0, ["19", "20", "21"])


ENDLESS, LONG = "/(a+)+b/", "a" * 26
"""An expression and a text which together take seconds, and twice as long with every further character."""


def test_a_filter_that_takes_too_long_is_said_and_the_last_good_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailmodel, "FILTER_S", 0.02)
    model = filled(20)
    assert model.set_filter("1") == ""
    model.extend([Item(20, (Span(LONG),))])
    assert "too long" in model.set_filter(ENDLESS)
    assert (model.filter_text, seen(model)) == ("1", ["17", "18", "19"])
    with pytest.raises(TooLong):
        model.seek(lambda item: re.search("(A+)+b", LONG, re.IGNORECASE) is not None, -1)


def test_a_filter_that_a_later_line_makes_endless_is_given_up_and_nothing_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailmodel, "FILTER_S", 0.02)
    model = filled(20)
    assert model.set_filter(ENDLESS) == ""
    assert model.hidden == 20
    model.extend([Item(20, (Span(LONG),))])
    assert (model.filter_text, model.hidden, seen(model)) == ("", 0, ["18", "19", LONG])
    assert "too long" in model.problem
    model.extend(items(21))
    assert seen(model) == ["19", LONG, "21"]


def test_a_paused_window_keeps_its_line_through_a_filter() -> None:
    model = filled(20)
    model.scroll(-5, 3)
    assert seen(model)[-1] == "14"
    model.set_filter("!14")
    assert seen(model)[-1] == "13"
    model.set_filter("")
    assert seen(model)[-1] == "14"


def test_seeking_shows_the_line_with_its_surroundings() -> None:
    model = filled(100)
    assert model.seek(lambda item: item.number % 40 == 0, -1, 10)
    assert cursor(model) == 80
    assert "80" in seen(model, 10)
    assert "79" in seen(model, 10)
    assert model.seek(lambda item: item.number % 40 == 0, -1, 10)
    assert cursor(model) == 40
    assert not model.seek(lambda item: item.number == 99, -1, 10)
    assert model.go(55, 10)
    assert cursor(model) == 55
    assert not model.go(1_000, 10)
    assert cursor(model) == 55


def test_lines_alike_in_key_can_all_be_reached() -> None:
    model = plain_tail()
    model.extend([Item(1, (Span("a"),)), Item(1, (Span("b"),)), Item(1, (Span("c"),)), Item(2, (Span("d"),))])
    model.move(-100, 2)
    reached = []
    while not model.following:
        reached.append(model.cursor.spans[0].text)
        model.move(1, 2)
    assert reached == ["a", "b", "c"]


def test_older_lines_stand_before_the_source_until_it_is_followed_again() -> None:
    model = filled()
    model.splice(items(*range(100, 110)), 50, 50)
    model.move(-100, 3)
    assert model.prepend(items(96, 97, 98, 99, 100)) == 4
    assert (cursor(model), model.older) == (100, 4)
    model.move(-2, 3)
    assert seen(model)[0] == "98"
    model.splice(items(*range(105, 112)), 55, 60)
    assert model.count == 16
    assert [item.number for item in model.lines] == list(range(96, 112))
    model.splice(items(98, *range(105, 112)), 55, 55)
    assert [item.number for item in model.lines] == [96, 97, 98, *range(105, 112)]
    model.follow()
    assert [item.number for item in model.lines] == [98, *range(105, 112)]


def test_tall_lines_fill_the_window_from_below() -> None:
    model: TailModel[Item] = TailModel(
        lambda item: item.number, lambda item, width: tuple((Span(f"{item.number}{c}"),) for c in "abc"), lambda text: Sieve()
    )
    model.extend(items(1, 2, 3))
    assert ["".join(s.text for s in row.spans) for row in model.window(4)] == ["2c", "3a", "3b", "3c"]
    model.move(-100, 4)
    assert ["".join(s.text for s in row.spans) for row in model.window(4)] == ["1a", "1b", "1c", "2a"]
    assert [row.cursor for row in model.window(4)] == [True, True, True, False]


def test_lines_out_of_sight_are_never_drawn() -> None:
    drawn: list[int] = []

    def draw(item: Item, width: int) -> tuple[Spans, ...]:
        drawn.append(item.number)
        return (item.spans,)

    model: TailModel[Item] = TailModel(lambda item: item.number, draw, lambda text: Sieve(text, lambda item: True))
    model.extend(items(*range(1000)))
    model.set_filter("text")
    assert seen(model) == ["997", "998", "999"]
    assert sorted(drawn) == [997, 998, 999]


class Source(RuleBasedStateMachine):
    """A bounded source with late lines, taken over piece by piece, against a model that is always made anew."""

    def __init__(self) -> None:
        super().__init__()
        self.model = plain_tail()
        self.lines: list[int] = []
        self.first = 0
        self.changed = 0
        self.next = 0

    @rule(count=st.integers(0, 6))
    def arrive(self, count: int) -> None:
        self.lines += range(self.next, self.next + 10 * count, 10)
        self.next += 10 * count

    @rule(at=st.integers(0, 400))
    def late(self, at: int) -> None:
        number = at * 10 + 5
        if number in self.lines or not self.lines or not self.lines[0] < number < self.lines[-1]:
            return
        place = sum(line < number for line in self.lines)
        self.lines.insert(place, number)
        self.changed = min(self.changed, self.first + place)

    @rule(most=st.integers(5, 30))
    def forget(self, most: int) -> None:
        gone = max(0, len(self.lines) - most)
        del self.lines[:gone]
        self.first += gone

    @rule()
    def take(self) -> None:
        kept = [] if self.model.following else seen(self.model, 5)
        oldest = self.lines[0] if self.lines else 0
        before = {item.number for item in self.model.lines}
        self.model.splice(items(*self.lines), self.first, max(self.first, self.changed))
        self.changed = self.first + len(self.lines)
        assert [item.number for item in self.model.lines] == self.lines
        shown = [i for i in self.lines if not self.model.filter_text or self.model.filter_text in f"line {i}"]
        assert [item.number for item in self.model.shown_lines()] == shown
        late = [i for i in self.lines if i not in before and kept and int(kept[0]) < i < int(kept[-1])]
        if len(kept) == 5 and int(kept[0]) >= oldest and not late:
            assert seen(self.model, 5) == kept

    @rule(by=st.integers(-40, 40))
    def move(self, by: int) -> None:
        self.model.move(by, 5)

    @rule(by=st.integers(-40, 40))
    def scroll(self, by: int) -> None:
        self.model.scroll(by, 5)

    @rule()
    def pause(self) -> None:
        self.model.pause()

    @rule()
    def follow(self) -> None:
        self.model.follow()

    @rule(text=st.sampled_from(["", "1", "5", "zzz"]))
    def filter(self, text: str) -> None:
        self.model.set_filter(text)

    @invariant()
    def the_window_is_full_in_order_and_holds_the_cursor(self) -> None:
        window = [int(name) for name in seen(self.model, 5)]
        assert len(window) == min(5, self.model.shown)
        assert window == sorted(window)
        if not self.model.following and self.model.shown:
            assert cursor(self.model) in window
        if self.model.following:
            assert self.model.new == 0


Source.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None, derandomize=True)
TestSource = Source.TestCase
