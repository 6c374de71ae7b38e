"""What passes between terminal and child: the way out, the modes that are left on, the last lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.reach.stream import TYPED_MOST, Heard, WayOut, plain_lines


def typed(*chunks):
    """What passes of several reads, and whether the last one asked for the way out."""
    way, passed, out = WayOut(), b"", False
    for chunk in chunks:
        more, out = way.feed(chunk)
        passed += more
    return passed, out


@pytest.mark.parametrize(
    ("chunks", "passed", "out"),
    [
        ((b"~", b"."), b"", True),
        ((b"ls\r", b"~."), b"ls\r", True),
        ((b"ls\r~.",), b"ls\r", True),
        ((b"a~.",), b"a~.", False),
        ((b"\r", b"~", b"~"), b"\r~", False),
        ((b"\r", b"~", b"x"), b"\r~x", False),
        ((b"\r", b"~", b"\r", b"~", b"."), b"\r~\r", True),
        ((b"\r~" + b"x" * TYPED_MOST,), b"\r~" + b"x" * TYPED_MOST, False),
        ((b"\r", b"~", b"." + b"x" * TYPED_MOST), b"\r~." + b"x" * TYPED_MOST, False),
        ((b"\x1b[200~ls\r~.\x1b[201~",), b"\x1b[200~ls\r~.\x1b[201~", False),
        ((b"\r", b"~", b"\x1b[200~.\x1b[201~"), b"\r~\x1b[200~.\x1b[201~", False),
        ((b"\x1b[20", b"0~ls\r", b"~.", b"\x1b[2", b"01~"), b"\x1b[200~ls\r~.\x1b[201~", False),
        ((b"\x1b[200~ls\r\x1b[201~", b"~", b"."), b"\x1b[200~ls\r\x1b[201~~.", False),
        ((b"\x1b[200~ls\r\x1b[201~", b"\r", b"~", b"."), b"\x1b[200~ls\r\x1b[201~\r", True),
        ((b"\x1b[200~its end never came", b"x", b"x", b"\r", b"~", b"."), b"\x1b[200~its end never camexx\r", True),
    ],
)
def test_only_enter_tilde_dot_by_hand_is_the_way_out(chunks, passed, out):
    assert typed(*chunks) == (passed, out)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_nothing_typed_is_lost_or_invented(chunks):
    way, passed = WayOut(), b""
    for chunk in chunks:
        more, out = way.feed(chunk)
        passed += more
        if out:
            return
    whole = b"".join(chunks)
    assert passed.replace(b"~", b"") == whole.replace(b"~", b"")
    assert whole.count(b"~") - passed.count(b"~") in range(whole.count(b"~~") + 2)


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 7))
def test_modes_are_followed_whatever_the_pieces(size):
    output = b"\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?25lvi\x1b[?1000;1006l"
    heard = Heard()
    for at in range(0, len(output), size):
        heard.feed(output[at : at + size])
    assert heard.on == {1049, 2004}
    assert heard.whole
    assert b"\x1b[?1049l" in heard.reset()
    assert b"\x1b[?2004l" in heard.reset()
    assert b"1000" not in heard.reset()
    assert heard.reset().endswith(b"\x1b[?25h")


def test_a_screen_that_was_never_entered_is_not_left():
    heard = Heard()
    heard.feed(b"\x1b[?1049hvi\x1b[?1049l$ ")
    assert b"1049" not in heard.reset()


def test_keyboard_protocols_and_the_cursor_s_shape_are_given_back():
    heard = Heard()
    heard.feed(b"\x1b[>1u\x1b[>5u\x1b[<u\x1b[>4;2m\x1b[5 q\x1b[?2026h\x1b[?2031h")
    reset = heard.reset()
    assert all(part in reset for part in (b"\x1b[<1u", b"\x1b[>4;0m", b"\x1b[0 q", b"\x1b[?2026l", b"\x1b[?2031l"))
    heard.feed(b"\x1b[<u\x1b[>4;0m")
    assert b"\x1b[<" not in heard.reset()
    assert b">4" not in heard.reset()


@pytest.mark.parametrize("output", [b"\x1b[3", b"\x1b]0;title", "ü".encode()[:1], "😀".encode()[:3], b"\x1b"])
def test_output_that_ends_within_a_character_or_sequence_is_not_whole(output):
    heard = Heard()
    heard.feed(b"text" + output)
    assert not heard.whole


def test_a_sequence_that_never_ends_is_not_waited_for_for_ever():
    heard = Heard()
    heard.feed(b"\x1b]" + b"x" * 10_000)
    assert heard.whole


def test_last_lines_are_harmless():
    output = b"\x1b[31mred\x1b[0m\r\n10 %\r20 %\r\n\x07bell\x1b]0;title\x07\r\n\xff\r\n\r\n"
    assert plain_lines(output) == ["red", "20 %", " bell", "\ufffd"]
    assert plain_lines(output, 1) == ["\ufffd"]
