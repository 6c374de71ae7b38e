"""What the lines say in sum."""

from __future__ import annotations

from random import Random

import pytest

from clickit_tui.logs.digest import PATTERNS, matches, shape
from clickit_tui.logs.engine import Tail
from clickit_tui.world.seen import Trouble
from tests.logs.fake import START, LogService, Stepped

API = "/ecs/clickit-dev-api"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute", ("db.no-slots",)),
        ("sorry, too many clients already", ("db.too-many-clients",)),
        ("could not connect to server: Connection refused", ("db.refused", "db.no-connection")),
        ("connect ECONNREFUSED 10.0.0.1:5432", ("db.refused",)),
        ('could not translate host name "db" to address: Name or service not known', ("db.no-name",)),
        ("getaddrinfo ENOTFOUND db", ("db.no-name",)),
        ("timeout expired", ("db.timeout",)),
        ("TimeoutError: on connect", ("db.timeout",)),
        ("server closed the connection unexpectedly", ("db.closed",)),
        ("the database system is starting up", ("db.starting",)),
        ('password authentication failed for user "clickit"', ("db.password",)),
        ("no pg_hba.conf entry for host", ("db.hba",)),
        ("QueuePool limit of size 5 overflow 10 reached", ("db.pool",)),
        ("canceling statement due to lock timeout", ("db.lock",)),
        ("deadlock detected", ("db.lock",)),
        ("Error: Cannot find module 'x'", ("start.module",)),
        ("listen EADDRINUSE: address already in use :::8000", ("start.port",)),
        ("missing required environment variable DATABASE_URL", ("start.environment",)),
        ("exec format error", ("start.format",)),
        ("JavaScript heap out of memory", ("start.memory",)),
        ("request timeout after 3 s", ()),
        ("all is well", ()),
    ],
)
def test_known_failures(text, known):
    assert matches(text) == known


def test_every_hint_is_in_lower_case():
    assert all(hint == hint.lower() for _, _, hint in PATTERNS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("request 17 failed in 2.5 ms", "request 9 failed in 1,200 ms"),
        ("user 550e8400-e29b-41d4-a716-446655440000 gone", "user 550e8400-e29b-41d4-a716-44665544ffff gone"),
        ("commit 9fceb02d0ae5 bad", "commit 1a2b3c4d5e6f bad"),
        ("at 0xdeadbeef", "at 0x1"),
        ("connect 10.0.0.1:5432", "connect 10.20.30.40:5432"),
    ],
)
def test_lines_alike_have_one_shape(one, other):
    assert shape(one) == shape(other)


def test_words_are_left_in_a_shape():
    assert shape("feedface deaf utf8 http2 decade") == "feedface deaf utf8 http2 decade"


def tail_of(service: LogService, **options) -> Tail:
    return Tail({"api": API}, service.fetch, clock=service.time.clock, sleep=service.time.sleep, rng=Random(1), **options)


async def test_the_last_fifteen_minutes_are_counted_at_start():
    time = Stepped()
    service = LogService(time)
    for n in range(20):
        service.put(API, -1200 + n * 60, 0, f"ERROR request {n} failed")
        service.put(API, -1200 + n * 60, 0, "INFO ok")
    service.put(API, -30, 0, "WARN could not connect to server")
    tail = tail_of(service)
    assert tail.digest().partial
    await time.run(tail.run(), 2)
    digest = tail.digest()
    assert not digest.partial
    assert sum(n for _, _, level, n in digest.minutes if level == "error") == 14
    assert {level for _, _, level, _ in digest.minutes} == {"error", "info", "warn"}
    assert [found[:3] for found in digest.shapes] == [("api", "ERROR request # failed", 14)]
    assert digest.shapes[0][3] in {f"ERROR request {n} failed" for n in range(6, 20)}
    assert digest.matches == (("api", "db.no-connection", 1, START - 30),)
    assert digest.since is not None
    assert START - 900 <= digest.since <= START - 840


async def test_a_digest_cut_short_says_so():
    time = Stepped()
    service = LogService(time, troubles=dict.fromkeys(range(3, 200), Trouble.SERVER))
    for n in range(200):
        service.put(API, -800 + n, 0, f"line {n}")
    service.page_size = 50
    tail = tail_of(service)
    await time.run(tail.run(), 30)
    assert tail.digest().partial
    assert tail.digest() == tail.digest()


async def test_a_filtered_tail_concludes_nothing():
    time = Stepped()
    tail = tail_of(LogService(time), pattern="ERROR")
    await time.run(tail.run(), 30)
    assert tail.digest().partial
