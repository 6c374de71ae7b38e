"""The cursor follows a key: whatever rows, order and filter do, it never silently means another row."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from clickit_tui.ui import table as table_module
from clickit_tui.ui.cells import Row, Span
from clickit_tui.ui.table import TableModel


def rows(*keys: str) -> list[Row]:
    return [Row(key, (Span(key),)) for key in keys]


def model(*keys: str) -> TableModel:
    made = TableModel()
    made.show(rows(*keys))
    return made


def test_the_cursor_starts_on_the_first_selectable_row() -> None:
    assert model("", "a", "b").cursor_key == "a"
    assert model("", "").cursor_key is None
    assert model().cursor_key is None


def test_resorting_keeps_the_key() -> None:
    table = model("a", "b", "c")
    table.to("b")
    assert not table.show(rows("c", "x", "b", "a"))
    assert (table.cursor_key, table.cursor) == ("b", 2)


@pytest.mark.parametrize(
    ("at", "after", "expected"),
    [
        ("b", ("a", "c", "d"), "c"),
        ("b", ("d", "c", "a"), "c"),
        ("b", ("d", "a"), "d"),
        ("d", ("a", "b", "c"), "c"),
        ("d", ("a",), "a"),
        ("b", ("x", "y"), "x"),
        ("b", (), None),
    ],
)
def test_a_vanished_row_hands_the_cursor_to_the_nearest_following_of_the_old_order(
    at: str, after: tuple[str, ...], expected: str | None
) -> None:
    table = model("a", "b", "c", "d")
    table.to(at)
    assert table.show(rows(*after))
    assert table.cursor_key == expected


def test_the_filter_hides_and_restores() -> None:
    table = model("alpha", "beta", "gamma")
    table.to("beta")
    assert table.set_filter("a") is False
    assert table.set_filter("BET") is False
    assert (table.hidden, table.cursor_key) == (2, "beta")
    assert table.set_filter("!bet")
    assert [row.key for row in table.visible] == ["alpha", "gamma"]
    assert table.cursor_key == "gamma"
    table.set_filter("")
    assert (table.hidden, table.cursor_key) == (0, "gamma")


def test_a_filter_that_takes_too_long_is_said_and_the_last_good_filter_stays(monkeypatch):
    monkeypatch.setattr(table_module, "FILTER_S", 0.02)
    table = TableModel()
    table.show([Row(key="a", spans=(Span("a" * 26),)), Row(key="b", spans=(Span("beta"),))])
    table.set_filter("bet")
    table.set_filter("/(a+)+x/")
    assert "too long" in table.problem
    assert (table.filter_text, table.cursor_key, table.hidden) == ("bet", "b", 1)


def test_a_bad_regular_expression_is_said_and_the_last_good_filter_stays() -> None:
    table = model("alpha", "beta")
    table.set_filter("/^al/")
    assert table.hidden == 1
    table.set_filter("/(/")
    assert "regular expression" in table.problem
    assert table.hidden == 1
    assert table.filter_text == "/^al/"
    table.set_filter("/a$/")
    assert table.problem == ""


def test_a_second_row_of_the_same_key_cannot_be_selected() -> None:
    table = model("a", "b", "a", "c")
    seen = [table.cursor_key]
    while table.move(1):
        seen.append(table.cursor_key)
    assert seen == ["a", "b", "c"]


KEYS = st.sampled_from([*"abcdefghij", ""])


class CursorAndFilter(RuleBasedStateMachine):
    """Steps of a user and of the world; after each, what is highlighted is what a change would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.table = TableModel()
        self.last_seen: str | None = None
        self.steered = False

    @rule(keys=st.lists(KEYS, max_size=12))
    def show(self, keys: list[str]) -> None:
        self.told(self.table.show(rows(*keys)))

    @rule(order=st.randoms(use_true_random=False))
    def sort(self, order: object) -> None:
        shuffled = list(self.table.rows)
        order.shuffle(shuffled)  # type: ignore[attr-defined]
        self.told(self.table.show(shuffled))

    @rule(at=st.integers(0, 11))
    def remove(self, at: int) -> None:
        kept = [row for i, row in enumerate(self.table.rows) if i != at]
        self.told(self.table.show(kept))

    @rule(text=st.sampled_from(["", "a", "!a", "b", "/[abc]/", "/(/", "zzz", "!", "/x"]))
    def filter(self, text: str) -> None:
        self.told(self.table.set_filter(text))

    @rule(by=st.integers(-12, 12))
    def move(self, by: int) -> None:
        self.table.move(by)
        self.steered = True

    @rule(key=KEYS)
    def to(self, key: str) -> None:
        moved = self.table.to(key)
        assert not moved or self.table.cursor_key == key
        self.steered = moved

    def told(self, moved: bool) -> None:
        assert moved == (self.table.cursor_key != self.last_seen and not (self.last_seen is None and self.table.cursor_key is None))

    @invariant()
    def the_highlighted_row_is_the_cursor_key(self) -> None:
        visible = self.table.visible
        highlighted = None if self.table.cursor is None else visible[self.table.cursor].key
        assert highlighted == self.table.cursor_key
        assert highlighted != ""
        if any(row.key for row in visible):
            assert highlighted is not None
        lost = self.last_seen is not None and all(row.key != self.last_seen for row in visible)
        assert highlighted == self.last_seen or lost or self.steered or self.last_seen is None
        self.last_seen, self.steered = highlighted, False

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        assert len(self.table.visible) + self.table.hidden == len(self.table.rows)
        assert all(row in self.table.rows for row in self.table.visible)


CursorAndFilter.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None, derandomize=True)
TestCursorAndFilter = CursorAndFilter.TestCase
