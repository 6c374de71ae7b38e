"""The filter language of the log."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import LogLine, line_of
from clickit_tui.logs.sift import parse


def made(message: str, part: str = "api", stream: str = "ecs/api/8f3a21bc0011") -> LogLine:
    return line_of(Event(1, message, stream, "1"), part, f"/ecs/{part}")


JSON = made('{"level":"error","message":"GET /v1/items","status":500,"duration_ms":281.5,"http":{"route":"/v1"},"ok":false,"rid":"Ab-1"}')
PLAIN = made("WARN upstream answered status=500 in 281 ms, retrying", "frontend", "ecs/frontend/91d0")


@pytest.mark.parametrize(
    ("text", "json", "plain"),
    [
        ("", True, True),
        ("items", True, False),
        ("ITEMS", True, False),
        ("!items", False, True),
        ('"answered status"', False, True),
        ('!"answered status"', True, False),
        ("/v1.items/", True, False),
        ("/up.*ing/", False, True),
        ("!/up.*ing/", True, False),
        ("/v1/items", True, False),
        ("level=error", True, False),
        ("level>=warn", True, True),
        ("level<warn", False, False),
        ("!level=error", False, True),
        ("level!=error", False, True),
        ("level=error,warn", True, True),
        ("part=api", True, False),
        ("part!=api", False, True),
        ("task=8f3a", True, False),
        ("stream=frontend", False, True),
        ("status=500", True, True),
        ("status=50", False, False),
        ("status!=500", False, False),
        ("status>=400", True, True),
        ("duration_ms>281", True, False),
        ("duration_ms<281", False, False),
        ("http.route=/v1", True, False),
        ("ok=false", True, False),
        ("rid=ab-1", True, False),
        ("ab-1", True, False),
        ("items level=error", True, False),
        ("items !500", False, False),
        ("!", False, False),
    ],
)
def test_terms_let_through_what_they_say(text, json, plain):
    found = parse(text)
    assert found.problem == ""
    assert [found.accepts is None or found.accepts(line) for line in (JSON, PLAIN)] == [json, plain]


@pytest.mark.parametrize(("text", "why"), [("/(/", "regular"), ("level=loud", "no level"), ("status>=many", "needs a number")])
def test_what_cannot_be_used_is_said(text, why):
    assert why in parse(text).problem
    assert parse(text).accepts is None


@pytest.mark.parametrize(("text", "passes"), [("GET /(?i)V1/", True), ("/(?P<a>GET)/ /(?P<a>v1)/", True), ("!GET !/(?i)v1/", False)])
def test_expressions_that_cannot_be_joined_are_still_used(text, passes):
    found = parse(text)
    assert (found.problem, found.accepts is not None and found.accepts(JSON)) == ("", passes)


@pytest.mark.parametrize("text", ["/.*items/", "/.*?items/", "/.*.*items$/", "/.*/", "/.*+items/", "/.*|items/"])
def test_what_an_expression_begins_with_for_nothing_changes_nothing(text):
    accepts, plain = parse(text).accepts, re.compile(text[1:-1], re.IGNORECASE)
    for line in (JSON, PLAIN, made("items")):
        assert accepts is not None
        assert accepts(line) is (plain.search(line.text) is not None)


def test_texts_and_patterns_are_marked_in_the_line():
    finds = parse("items /5\\d\\d/ !retry level=error").finds
    assert finds is not None
    assert [hit[0] for hit in finds.finditer("GET /v1/ITEMS 503 retry")] == ["ITEMS", "503"]


@given(st.text(max_size=40), st.text(max_size=80))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_text_is_too_strange(text, message):
    found = parse(text)
    if found.accepts is not None:
        assert found.accepts(made(message)) in (True, False)
