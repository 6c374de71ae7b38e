"""Rules, sparklines, key rows, filters, inputs and wrapping: pure functions of what they are given."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.ui.cells import Span, Spans, spans_width
from clickit_tui.ui.entry import LONGEST, Entry, edited, entry_spans, first_line, typed
from clickit_tui.ui.filtering import parse_filter
from clickit_tui.ui.keybar import KeyHint, key_rows
from clickit_tui.ui.lines import changed_span
from clickit_tui.ui.looks import symbols
from clickit_tui.ui.rule import titled
from clickit_tui.ui.spark import spark
from clickit_tui.ui.wrapping import command_lines, hung, wrapped
from tests.ui.snapshot import HOSTILE, plain


def text(spans: Spans) -> str:
    return "".join(span.text for span in spans)


# -- what differs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "abc", None),
        ("abc", "abd", (2, 1)),
        ("abc", "xbz", (0, 3)),
        ("abc", "ab", (2, 1)),
        ("a漢c", "a漢d", (3, 1)),
        ("a漢c", "abbc", (1, 2)),
        ("漢", "字", (0, 2)),
        ("abc   ", "abc", None),
        ("0123456789", "012345678X", (9, 1)),
    ],
)
def test_only_the_changed_columns_are_named(old: str, new: str, expected: tuple[int, int] | None) -> None:
    assert changed_span((Span(old),), (Span(new),), 20) == expected


def test_a_change_beyond_the_edge_or_only_of_look_is_seen_as_it_is() -> None:
    assert changed_span((Span("abcdef"),), (Span("abcdeX"),), 5) is None
    assert changed_span((Span("ab"),), (Span("a"), Span("b", "fail")), 5) == (1, 1)
    assert changed_span((Span("ab"),), (Span("ab"),), 5, ("", "cursor")) == (0, 5)
    assert changed_span((Span("ab"),), (Span("a"), Span("b")), 5) is None


# -- rule -----------------------------------------------------------------------------------------------------------


def test_a_rule_fills_its_row() -> None:
    assert text(titled((Span("services"),), (Span("now"),), 40)) == "─ services ─────────────────────── now ─"
    assert text(titled((), (), 10)) == "──────────"
    assert spans_width(titled((Span("a very long title of a pane"),), (Span("STALE 2 m"),), 24)) == 24
    assert "STALE 2 m" in text(titled((Span("a very long title of a pane"),), (Span("STALE 2 m"),), 24))


def test_the_focused_rule_looks_different_without_colour_too() -> None:
    calm, focused = (titled((Span("logs"),), (), 20, focus) for focus in (False, True))
    assert text(calm) != text(focused)


# -- spark ----------------------------------------------------------------------------------------------------------


def test_a_spark_has_a_fixed_scale() -> None:
    assert text(spark([0, 50, 100], 100, 3)) == "▁▅█"
    assert text(spark([0.01], 100, 1)) == "▂"
    assert text(spark([0, 0.5], 100, 2)) == "▁▂"


def test_above_the_top_no_data_and_zero_are_told_apart() -> None:
    assert text(spark([0, None, 101, 100, float("nan")], 100, 5)) == "▁·▲█·"
    assert text(spark([0, None, 101], 100, 3, glyphs=symbols(True))) == "_ ^"


def test_many_values_keep_their_greatest_and_few_stand_at_the_right() -> None:
    assert text(spark([0, 100, 0, 0, None, None], 100, 3)) == "█▁·"
    assert text(spark([100], 100, 4)) == "   █"
    assert text(spark([], 100, 4)) == "    "
    assert spark([1], 100, 0) == ()


def test_provisional_cells_are_dim() -> None:
    shown = spark([1, 2, 3, 4], 4, 4, provisional=2)
    assert [(len(span.text), span.look) for span in shown] == [(2, "plain"), (2, "dim")]
    shown = spark(list(range(60)), 60, 10, provisional=1)
    assert [(len(span.text), span.look) for span in shown] == [(9, "plain"), (1, "dim")]


@given(st.lists(st.none() | st.floats(), max_size=200), st.floats(0, 1e6), st.integers(0, 40), st.integers(0, 9))
@settings(deadline=None, derandomize=True)
def test_any_values_fill_exactly_the_cells(values: list[float | None], top: float, cells: int, provisional: int) -> None:
    assert spans_width(spark(values, top, cells, provisional)) == cells


# -- key rows -------------------------------------------------------------------------------------------------------

HINTS = [
    KeyHint("S", "scale api"),
    KeyHint("R", "redeploy", False, "read-only"),
    KeyHint("B", "roll back"),
    KeyHint("/", "filter"),
    KeyHint("?", "help"),
]


def test_all_hints_stand_where_there_is_room() -> None:
    assert plain(key_rows(HINTS, 80, 1)) == [" S scale api  R redeploy  B roll back  / filter  ? help"]
    assert Span("R redeploy", "dim") in key_rows(HINTS, 80, 1)[0]


def test_words_of_the_least_important_go_first_and_no_hint_is_cut() -> None:
    assert plain(key_rows(HINTS, 46, 1)) == [" S scale api  R redeploy  B roll back / ?"]
    assert plain(key_rows(HINTS, 26, 2)) == [" S scale api  R redeploy", " B roll back  / filter ?"]
    assert plain(key_rows(HINTS, 12, 1)) == [" S R B / ?"]
    assert plain(key_rows(HINTS, 6, 1)) == [" S R B"]


def test_a_note_stands_at_the_right_when_there_is_room() -> None:
    assert plain(key_rows(HINTS[:1], 40, 1, "read-only"))[0].endswith(" read-only")
    assert "read-only" not in plain(key_rows(HINTS[:1], 20, 1, "read-only"))[0]


@given(st.integers(0, 90), st.integers(1, 3))
@settings(deadline=None, derandomize=True)
def test_key_rows_never_exceed_their_place(cells: int, rows: int) -> None:
    lines = key_rows(HINTS, cells, rows, "note")
    assert len(lines) <= rows
    assert all(spans_width(line) <= max(cells, 1) for line in lines)


# -- filter ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed_text", "accepted"),
    [
        ("", True),
        ("!", True),
        ("ERR", True),
        ("none", False),
        ("!none", True),
        ("!error", False),
        ("/^api.*500$/", True),
        ("!/5\\d\\d/", False),
        ("/v1", True),
        ("/", True),
        ("[", False),
    ],
)
def test_what_a_filter_accepts(typed_text: str, accepted: bool) -> None:
    assert parse_filter(typed_text)("api error GET /v1 500") is accepted


def test_a_bad_pattern_is_reported() -> None:
    assert "regular expression" in parse_filter("/[/").problem
    assert parse_filter("/[/")("anything")


@given(st.text(max_size=12))
@settings(deadline=None, derandomize=True)
def test_no_filter_text_raises(anything: str) -> None:
    assert parse_filter(anything)("some text") in (True, False)


# -- entry ----------------------------------------------------------------------------------------------------------


def test_editing_keys() -> None:
    entry = Entry.of("abc")
    for key, expected in {
        "backspace": ("ab", 2),
        "left": ("abc", 2),
        "home": ("abc", 0),
        "ctrl+u": ("", 0),
        "delete": ("abc", 3),
        "right": ("abc", 3),
    }.items():
        assert edited(entry, key, None) == expected
    assert edited(Entry("abc", 1), "x", "x") == ("axbc", 2)
    assert edited(Entry("abc", 1), "delete", None) == ("ac", 1)
    assert edited(Entry("two words", 9), "ctrl+w", None) == ("two ", 4)
    assert edited(entry, "f5", None) is None
    assert edited(entry, "ctrl+k", "\x0b") is None


def test_an_entry_takes_no_control_characters_and_no_end_of_text() -> None:
    assert typed(Entry(), "a\x1b[31mb").text == "a [31mb"
    assert len(typed(Entry(), "x" * 5000).text) == LONGEST
    assert first_line("  first\nsecond") == "first"
    assert first_line("") == ""


def test_the_cursor_stays_in_sight() -> None:
    long = Entry.of("x" * 100 + "end")
    assert text(entry_spans(long, 20)).endswith("end▏")
    assert spans_width(entry_spans(long, 20)) <= 20
    assert text(entry_spans(long, 20, active=False)) == ("x" * 100 + "end")[-20:]


# -- wrapping -------------------------------------------------------------------------------------------------------


def test_words_wrap_and_later_lines_are_indented() -> None:
    assert plain(wrapped((Span("one two three"), Span(" four", "warn")), 10, 2)) == ["one two", "  three", "  four"]
    assert wrapped((), 10) == ((),)


def test_a_value_goes_on_under_itself_and_an_id_that_fits_no_more_stays_whole() -> None:
    name = Span(" used by  ", "dim")
    assert plain(hung((name, Span("api as DATABASE_URL, migration as DATABASE_URL")), 40)) == [
        " used by  api as DATABASE_URL, migration",
        "          as DATABASE_URL",
    ]
    assert plain(hung((name, Span("0123456789012345678901234567890123456"), Span(" x")), 40)) == [
        " used by",
        "  0123456789012345678901234567890123456",
        "          x",
    ]
    assert plain(hung((Span("    as long as the line"),), 20)) == ["    as long as the", "      line"]
    assert plain(hung((Span(" a name longer than a third  ", "dim"), Span("value")), 30)) == [" a name longer than a third", "  value"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_wraps_into_its_cells(hostile: str) -> None:
    lines = wrapped((Span(hostile), Span("tail")), 20, 2)
    assert all(spans_width(line) <= 20 for line in lines)
    assert all(text(line).isprintable() for line in lines)
    assert all(len(part) < 30_000 for part in command_lines(hostile, 30))


COMMAND = "aws ecs update-service --cluster clickit-prod-cluster --service clickit-prod-api --desired-count 5"


def pasted(lines: tuple[str, ...]) -> list[str]:
    """The arguments a shell sees: a backslash at the end of a line joins it with the next."""
    return shlex.split("\n".join(lines).replace(" \\\n", " "))


def test_a_command_breaks_between_arguments_and_still_works_when_pasted() -> None:
    lines = command_lines(COMMAND, 60)
    assert lines == ("aws ecs update-service --cluster clickit-prod-cluster \\", "  --service clickit-prod-api --desired-count 5")
    assert pasted(lines) == shlex.split(COMMAND)


@given(st.lists(st.text("ab'\" é-$\\{}", min_size=1, max_size=8), min_size=1, max_size=12))
@settings(deadline=None, derandomize=True)
def test_any_arguments_survive_the_breaking(arguments: list[str]) -> None:
    command = shlex.join(arguments)
    lines = command_lines(command, 60)
    assert pasted(lines) == arguments
