"""Filter patterns, case by case as CloudWatch Logs documents them ("Filter pattern syntax", CloudWatch Logs user guide)."""

import json

import pytest

from clickit_tui.demo import filterpattern
from clickit_tui.demo.errors import AwsError

EVENT = json.dumps(
    {
        "level": "ERROR",
        "status": 503,
        "took": "12.5",
        "path": "/api/clicks",
        "user": None,
        "ok": False,
        "tags": ["a", "b"],
        "req": {"id": "x-1", "hops": [{"host": "h0"}, {"host": "h1"}]},
        "error-code": "E5",
    }
)
ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("   ", "anything", True),
        ("ERROR", "[ERROR] boom", True),
        ("ERROR", "error boom", False),
        ("ERROR", "ERRORCODE 5", True),
        ("ERROR timeout", "timeout after ERROR", True),
        ("ERROR timeout", "ERROR only", False),
        ('"INTERNAL SERVER"', "INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER"', "SERVER INTERNAL", False),
        ('"say \\"hi\\""', 'they say "hi" now', True),
        ("?ERROR ?FATAL", "FATAL: db", True),
        ("?ERROR ?FATAL", "ERROR: db", True),
        ("?ERROR ?FATAL", "INFO", False),
        ('?"a b" ?c', "x a b", True),
        ("?ERROR ?FATAL db", "db is fine", True),
        ("ERROR -healthz", "ERROR GET /healthz", False),
        ("ERROR -healthz", "ERROR GET /clicks", True),
        ('-"GET /"', "POST /", True),
        ('-"GET /"', "GET /", False),
        ("?ERROR ?WARN -noise", "ERROR noise", False),
        ("%5[0-9]{2}%", "status 503", True),
        ("%5[0-9]{2}%", "status 404", False),
        ('{ $.level = "ERROR" }', EVENT, True),
        ('{ $.level = "error" }', EVENT, False),
        ('{ $.level != "INFO" }', EVENT, True),
        ('{ $.absent != "INFO" }', EVENT, False),
        ('{ $.path = "/api/*" }', EVENT, True),
        ('{ $.path = "*clicks" }', EVENT, True),
        ('{ $.path = "/web/*" }', EVENT, False),
        ("{ $.level = ERR* }", EVENT, True),
        ("{ $.status >= 500 }", EVENT, True),
        ("{ $.status > 503 }", EVENT, False),
        ("{ $.status = 503 }", EVENT, True),
        ("{ $.status != 200 }", EVENT, True),
        ("{ $.took < 13 }", EVENT, True),
        ("{ $.level > 3 }", EVENT, False),
        ('{ $.level = "ERROR" && $.status >= 500 }', EVENT, True),
        ('{ $.level = "ERROR" && $.status < 500 }', EVENT, False),
        ('{ $.level = "INFO" || $.status >= 500 }', EVENT, True),
        ('{ ($.level = "INFO" || $.status >= 500) && $.ok IS FALSE }', EVENT, True),
        ('{ $.level = "ERROR" || $.status = 1 && $.status = 2 }', EVENT, True),
        ("{ $.user IS NULL }", EVENT, True),
        ("{ $.level IS NULL }", EVENT, False),
        ("{ $.absent IS NULL }", EVENT, False),
        ("{ $.ok IS TRUE }", EVENT, False),
        ("{ $.absent NOT EXISTS }", EVENT, True),
        ("{ $.level NOT EXISTS }", EVENT, False),
        ('{ $.tags[1] = "b" }', EVENT, True),
        ('{ $.tags[7] = "b" }', EVENT, False),
        ('{ $.req.hops[1].host = "h1" }', EVENT, True),
        ('{ $.error-code = "E5" }', EVENT, True),
        ('{ $["error-code"] = "E5" }', EVENT, True),
        ("{ $.path = %^/api/% }", EVENT, True),
        ("{ $.path != %^/api/% }", EVENT, False),
        ('{ $.level = "ERROR" }', "ERROR not json", False),
        ('{ $.level = "ERROR" }', "{ broken", False),
        ("[ip, id, user, when, request, status, size]", ACCESS, True),
        ("[ip, id, user, when, request, status = 404, size]", ACCESS, True),
        ("[ip, id, user, when, request, status = 4*, size]", ACCESS, True),
        ("[ip, id, user, when, request, status = 5*, size]", ACCESS, False),
        ("[ip, id, user, when, request = *html*, status >= 400 && status < 500, size]", ACCESS, True),
        ("[ip, id, user]", ACCESS, False),
        ("[..., status >= 400, size]", ACCESS, True),
        ("[..., status >= 500, size]", ACCESS, False),
        ("[ip = 127.*, ...]", ACCESS, True),
    ],
)
def test_pattern(pattern: str, message: str, expected: bool) -> None:
    assert filterpattern.compile(pattern)(message) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        '"open',
        "key:value",
        "GET /index",
        "{ $.level = }",
        "{ $.level }",
        '{ level = "ERROR" }',
        '{ $.level = "ERROR"',
        '{ ($.level = "ERROR" }',
        '{ $.a = "b" $.c = "d" }',
        '{ $.level > "a" }',
        "{ $.level IS ODD }",
        "{ $.level NOT HERE }",
        "[a, b",
        "[a b]",
        "[..., a, ...]",
        "%(%",
        "x" * 1025,
    ],
)
def test_bad_pattern(pattern: str) -> None:
    with pytest.raises(AwsError) as error:
        filterpattern.compile(pattern)
    assert (error.value.code, error.value.status) == ("InvalidParameterException", 400)
