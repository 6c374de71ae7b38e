"""Following, pausing, late lines and filters: a paused window stands on its line."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.tail import TailModel

Line = tuple[str, Spans, str]


def lines(*ids: str | int) -> list[Line]:
    return [(str(i), (Span(f"line {i}"),), "") for i in ids]


def seen(model: TailModel, height: int = 3) -> list[str]:
    return [item.id for item in model.window(height)]


def filled(count: int = 10, most: int = 100) -> TailModel:
    model = TailModel(most)
    model.extend(lines(*range(count)))
    return model


def test_it_follows_until_it_is_paused() -> None:
    model = filled()
    assert seen(model) == ["7", "8", "9"]
    model.pause()
    model.extend(lines(10, 11))
    assert seen(model) == ["7", "8", "9"]
    assert model.new == 2
    model.follow()
    assert (seen(model), model.new) == (["9", "10", "11"], 0)


def test_scrolling_up_pauses_and_down_to_the_end_follows() -> None:
    model = filled()
    model.scroll(-1, 3)
    assert seen(model) == ["6", "7", "8"]
    assert not model.following
    model.scroll(-100, 3)
    assert seen(model) == ["0", "1", "2"]
    model.scroll(100, 3)
    assert model.following


def test_the_oldest_go_when_there_are_too_many() -> None:
    model = filled(10, most=5)
    assert model.count == 5
    assert seen(model, 9) == ["5", "6", "7", "8", "9"]
    model.scroll(-100, 2)
    model.extend(lines(*range(10, 20)))
    assert seen(model, 2) == ["15", "16"]


def test_a_late_line_is_put_where_it_belongs_while_the_window_stands() -> None:
    model = filled()
    model.scroll(-2, 3)
    assert seen(model) == ["5", "6", "7"]
    model.show_all(lines(0, 1, 2, 3, "late", 4, 5, 6, 7, 8, 9))
    assert seen(model) == ["5", "6", "7"]
    assert model.new == 1


def test_the_filter_counts_what_it_hides_and_restores() -> None:
    model = filled(20)
    assert model.set_filter("1") == ""
    assert seen(model) == ["17", "18", "19"]
    assert model.hidden == 9
    model.extend(lines(20, 21))
    assert model.hidden == 10
    assert "regular" in model.set_filter("/(/")
    assert model.filter_text == "1"
    model.set_filter("")
    assert (model.hidden, seen(model)) == (0, ["19", "20", "21"])


def test_a_paused_window_keeps_its_line_through_a_filter() -> None:
    model = filled(20)
    model.scroll(-5, 3)
    assert seen(model)[-1] == "14"
    model.set_filter("!14")
    assert seen(model)[-1] == "13"


def test_lines_out_of_sight_are_never_drawn() -> None:
    drawn: list[int] = []

    def draw(i: int) -> Spans:
        drawn.append(i)
        return (Span(str(i)),)

    model = TailModel()
    model.extend([(str(i), lambda i=i: draw(i), f"text {i}") for i in range(1000)])
    model.set_filter("text")
    assert [item.spans for item in model.window(3)] == [(Span("997"),), (Span("998"),), (Span("999"),)]
    assert drawn == [997, 998, 999]


class FollowAndPause(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = TailModel(most=30)
        self.next = 0
        self.stood: list[str] | None = None

    @rule(count=st.integers(0, 4))
    def arrive(self, count: int) -> None:
        before = seen(self.model, 5)
        paused = not self.model.following
        kept = {item.id for item in self.model.window(100)}
        self.model.extend(lines(*range(self.next, self.next + count)))
        self.next += count
        if paused and len(before) == 5 and set(before) <= {item.id for item in self.model.window(100)} & kept:
            assert seen(self.model, 5) == before

    @rule(by=st.integers(-40, 40))
    def scroll(self, by: int) -> None:
        self.model.scroll(by, 5)

    @rule()
    def pause(self) -> None:
        self.model.pause()

    @rule()
    def follow(self) -> None:
        self.model.follow()

    @rule(text=st.sampled_from(["", "1", "!2", "/[0-5]$/", "zzz"]))
    def filter(self, text: str) -> None:
        self.model.set_filter(text)

    @invariant()
    def the_window_is_full_and_in_order(self) -> None:
        window = [int(name) for name in seen(self.model, 5)]
        kept = self.model.count - self.model.hidden
        assert len(window) == min(5, kept)
        assert window == sorted(window)
        assert self.model.count == min(30, self.next)
        if self.model.following:
            assert self.model.new == 0
            assert len(window) < 5 or self.model.filter_text or window[-1] == self.next - 1


FollowAndPause.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None, derandomize=True)
TestFollowAndPause = FollowAndPause.TestCase
