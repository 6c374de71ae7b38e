"""A raw event as a line: harmless, bounded, its message first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import _HIDING, MAX_RAW, MAX_TEXT, line_of, short_task
from clickit_tui.logs.mask import MARK


def made(message: str, **options):
    return line_of(Event(1000, message, "ecs/api/8f3a21bc99", "id", 2000), "api", "/ecs/clickit-dev-api", **options)


def test_a_line_keeps_where_it_came_from():
    line = made("ERROR x")
    assert (line.part, line.task, line.at_ms, line.ingested_ms, line.level, line.text) == (
        "api",
        "8f3a21bc",
        1000,
        2000,
        "error",
        "ERROR x",
    )
    assert line.raw == ""
    assert line.message == "ERROR x"


@pytest.mark.parametrize(
    ("stream", "task"), [("ecs/api/0123456789ab", "01234567"), ("api", ""), ("", ""), ("a/b", ""), ("p/c/\x1b[31mred", " [31mred")]
)
def test_the_short_task(stream, task):
    assert short_task(stream) == task


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('{"level":"error","message":"boom","status":500,"path":"/x","secret_thing":1}', "boom  path=/x status=500"),
        ('{"msg":"ok","err":{"message":"why","stack":"s"}}', "ok  err=why"),
        ('{"level":"info","a":1,"b":"two","c":[1],"d":null}', "a=1 b=two"),
        ('{"level":"info"}', "{'level': 'info'}"),
        ("{}", "{}"),
        ("{broken", "{broken"),
        ("[1,2]", "[1,2]"),
        ("\x1b[31mred\x1b[0m text", "red text"),
        ("\x1b]0;title\x07after", "after"),
        ("a\x00b\x85c\x9b31md", "a b cd"),
        ("one\ntwo\n", "one ⏎ two"),
        ("[/bold] [link=x]y", "[/bold] [link=x]y"),
        ("日本語 ok", "日本語 ok"),
    ],
)
def test_the_text(message, text):
    assert made(message).text == text


def test_a_trace_keeps_its_line_breaks_in_the_message():
    line = made("Traceback (most recent call last):\n\tFile x\nValueError: y")
    assert line.message.split("\n") == ["Traceback (most recent call last):", "\tFile x", "ValueError: y"]
    assert line.level == "error"


def test_a_line_of_a_megabyte_is_cut_and_says_so():
    line = made("x" * 1_000_000)
    assert len(line.text) <= MAX_TEXT + 10
    assert len(line.raw) <= MAX_RAW + 40
    assert "984,000 characters" in line.raw


def test_a_secret_across_the_cut_is_masked():
    message = "y" * (MAX_RAW - 10) + " password=" + "hunter2" * 20
    assert "hunter" not in made(message).message


def test_secrets_are_masked_in_text_and_message_unless_switched_off():
    message = '{"message":"db","error":"postgres://u:hunter2@h","password":"hunter2"}'
    assert "hunter2" not in made(message).text + made(message).raw
    assert MARK in made(message).text
    assert "hunter2" in made(message, masked=False).text


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.text(max_size=200))
def test_any_text_becomes_one_printable_line(message):
    line = made(message)
    assert line.text.isprintable()
    assert all(c.isprintable() or c in "\n\t" for c in line.raw)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.dictionaries(
        st.text(max_size=8), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=4)
    )
)
def test_any_json_becomes_one_printable_line(fields):
    import json

    assert made(json.dumps(fields)).text.isprintable()
    assert made(json.dumps(fields, ensure_ascii=False)).text.isprintable()


@pytest.mark.parametrize(
    ("message", "text", "level"),
    [
        ("2026-11-23T20:42:53.971Z INFO  GET /dashboard 200 9ms", "GET /dashboard 200 9ms", "info"),
        ("2026-11-23 20:42:53,971 ERROR could not connect", "could not connect", "error"),
        ("[2026-11-23T20:42:53+01:00] [warn] slow", "[warn] slow", "warn"),
        ("2026-11-23T20:42:53Z", "2026-11-23T20:42:53Z", ""),
        ("INFO starting", "INFO starting", "info"),
    ],
)
def test_the_time_and_level_a_plain_line_begins_with_are_not_said_twice(message, text, level):
    line = line_of(Event(1, message, "ecs/api/0123456789", "1", 1), "api", "/ecs/api")
    assert (line.text, line.level, line.message) == (text, level, message)


def test_a_run_of_characters_without_a_cell_is_looked_at_once():
    """A line of nothing else would otherwise be tried from each of its characters to its end, for seconds."""
    run = "\u200b" * 50
    assert _HIDING.match(f"{run}word", 1) is None
    assert made(f" {run}word{run}").text.strip() == "word"
