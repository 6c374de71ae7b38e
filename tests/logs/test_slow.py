"""How long requests took, by path, as their lines say."""

from __future__ import annotations

from random import Random

import pytest

from clickit_tui.logs.engine import Tail
from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import line_of
from clickit_tui.logs.slow import MOST_PATHS, Took, path_shape, request_of, slowest
from tests.logs.fake import LogService, Stepped

API = "/ecs/clickit-dev-api"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"level":"INFO","msg":"request","method":"GET","path":"/api/v1/links/4711?x=1","status":200,"ms":38}', ("/api/v1/links/#", 38.0)),
        ('{"msg":"done","url":"/v1/items","duration_ms":3200.5}', ("/v1/items", 3200.5)),
        ('{"msg":"done","route":"/v1/items/:id","responseTime":12}', ("/v1/items/:id", 12.0)),
        ("2026-11-27T10:00:00.000Z INFO  GET /links/17 200 12ms", ("/links/#", 12.0)),
        ('10.0.0.1 - "GET /v1/health HTTP/1.1" 200 5 3.5 ms', ("/v1/health", 3.5)),
        ('{"msg":"request","path":"/v1/items"}', None),
        ('{"msg":"slow query","table":"clicks","ms":312}', None),
        ("GET /v1/items 200", None),
        ("timeout after 3000 ms", None),
        ("GET /items took 1.2.3ms", None),
    ],
)
def test_lines_of_requests(message, expected):
    assert request_of(line_of(Event(0, message), "api", API).text) == expected


def test_ids_in_a_path_are_one_path():
    assert path_shape("/users/550e8400-e29b-41d4-a716-446655440000/items/9fceb02d0ae5?page=2") == "/users/#/items/#"
    assert path_shape("/api/v1/statistics") == "/api/v1/statistics"
    assert path_shape("/static/application.css") == "/static/application.css"


def test_the_share_is_within_three_percent_and_never_above_the_longest():
    rng, took = Random(5), Took()
    all_ms = sorted(rng.lognormvariate(4, 1) for _ in range(2_000))
    for ms in all_ms:
        took.add(ms)
    assert took.count == 2_000
    assert took.share_ms(0.95) == pytest.approx(all_ms[1_899], rel=0.03)
    assert took.share_ms(1.0) <= took.longest_ms == all_ms[-1]


def test_the_slowest_come_first_over_all_minutes():
    fast, slow = Took(), Took()
    fast.add(10)
    slow.add(900)
    found = slowest([("api", {"/a": fast, "/b": slow}), ("api", {"/a": fast})], 10)
    assert [(one.path, one.count) for one in found] == [("/b", 1), ("/a", 2)]
    assert slowest([("api", {"/a": fast, "/b": slow})], 1)[0].longest_ms == 900


async def test_the_digest_names_slow_paths_and_is_bounded():
    time = Stepped()
    service = LogService(time)
    for n in range(40):
        service.put(API, -300 + n, 0, f'{{"msg":"request","path":"/stats/{n}","ms":{3000 + n}}}')
        service.put(API, -300 + n, 0, f'{{"msg":"request","path":"/links/{n}","ms":30}}')
    for n in range(MOST_PATHS + 50):
        service.put(API, -100, 0, f'{{"msg":"request","path":"/odd-{n}x","ms":1}}')
    tail = Tail({"api": API}, service.fetch, clock=time.clock, sleep=time.sleep, rng=Random(1))
    assert not tail.digest().slow
    await time.run(tail.run(), 5)
    slow = tail.digest().slow
    assert len(slow) == 10
    assert [(one.part, one.path, one.count) for one in slow[:2]] == [("api", "/stats/#", 40), ("api", "/links/#", 40)]
    assert slow[0].p95_ms == pytest.approx(3037, rel=0.03)
    assert slow[0].longest_ms == 3039
