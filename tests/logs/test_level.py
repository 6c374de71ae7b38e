"""Levels read from text: JSON fields, common plain formats, and lines that say that there is no error."""

from __future__ import annotations

import pytest

from clickit_tui.logs.level import LEVELS, level_of, word_level
from clickit_tui.logs.line import json_fields

PLAIN = [
    ("ERROR could not connect to server", "error"),
    ("2026-11-23 14:03:19,123 ERROR app.db could not connect", "error"),
    ("2026-11-23T14:03:19Z [error] upstream timed out", "error"),
    ("[ERROR] x", "error"),
    ("<warn> low disk", "warn"),
    ("E1123 10:00:00.000000 1 main.go:12] failed", "error"),
    ("W1123 10:00:00.000000 1 main.go:12] slow", "warn"),
    ("I1123 10:00:00.000000 1 main.go:12] ok", "info"),
    ("time=x level=error msg=broken", "error"),
    ('ts=1 level="warning" msg=slow', "warn"),
    ("level=info errors=0", "info"),
    ("lvl=50 msg=broken", "error"),
    ("Traceback (most recent call last):", "error"),
    ("ValueError: bad literal", "error"),
    ("java.lang.NullPointerException: null", "error"),
    ("Uncaught TypeError: x is not a function", "error"),
    ("panic: runtime error: index out of range", "error"),
    ("FATAL:  remaining connection slots are reserved", "error"),
    ("error: something broke", "error"),
    ("npm ERR! missing script", "error"),
    ("CRITICAL worker died", "error"),
    ("WARNING: deprecated", "warn"),
    ("warn - slow page", "warn"),
    ("INFO  handled ERROR gracefully", "info"),
    ("DEBUG cache miss", "debug"),
    ("trace: enter", "debug"),
    ('10.0.0.1 - - "GET /health HTTP/1.1" 200 12', ""),
    ('10.0.0.1 - - "GET /v1/items HTTP/1.1" 500 12', "error"),
    ('10.0.0.1 - - "GET /nothing HTTP/1.1" 404 12', "warn"),
    ("0 errors", ""),
    ("finished with 0 errors and 2 warnings", ""),
    ("0 ERROR lines found", ""),
    ("no error", ""),
    ("No error found", ""),
    ("NO ERROR", ""),
    ("without ERROR", ""),
    ("ERROR=0", ""),
    ("ERRORS: 0", ""),
    ("errors: 0, warnings: 0", ""),
    ("error: 0", ""),
    ("error_count=0", ""),
    ("ERROR rate 0.0 %", ""),
    ("INFO 0 errors", "info"),
    ("10 ERROR lines", "error"),
    ("error handler registered", ""),
    ("GET /errors/list 200", ""),
    ("information desk", ""),
    ("", ""),
]

JSON = [
    ('{"level":"ERROR","message":"x"}', "error"),
    ('{"level":"warning"}', "warn"),
    ('{"severity":"CRITICAL"}', "error"),
    ('{"lvl":"dbg","message":"ERROR x"}', "error"),
    ('{"level":30,"msg":"ok"}', "info"),
    ('{"level":40}', "warn"),
    ('{"level":50}', "error"),
    ('{"level":60}', "error"),
    ('{"level":10}', "debug"),
    ('{"level":"50"}', "error"),
    ('{"level":3}', "error"),
    ('{"level":6}', "info"),
    ('{"log.level":"error"}', "error"),
    ('{"log":{"level":"warn"}}', "warn"),
    ('{"level":"info","message":"no ERROR here"}', "info"),
    ('{"level":true,"message":"fine"}', ""),
    ('{"level":null,"message":"fine"}', ""),
    ('{"level":{"a":1},"message":"fine"}', ""),
]


@pytest.mark.parametrize(("text", "level"), PLAIN)
def test_plain_lines(text, level):
    assert level_of(text) == level


@pytest.mark.parametrize(("text", "level"), JSON)
def test_json_lines(text, level):
    fields = json_fields(text)
    assert fields is not None
    assert level_of(str(fields.get("message", "")), fields) == level


def test_every_word_has_a_known_level():
    for word in ("emerg", "alert", "crit", "err", "warning", "notice", "trace", "verbose", "7", "0", "nonsense", "", None, True):
        assert word_level(word) in LEVELS
