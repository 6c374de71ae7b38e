"""`tail` on generated histories (line for line what the engine holds) and against the embedded ClickIt over HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import os
import select
import signal
import subprocess
import sys
import time as wall
from collections.abc import Callable
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui import cli
from clickit_tui.config import Flags, load
from clickit_tui.headless import tail as headless
from clickit_tui.headless.held import Held
from clickit_tui.headless.tail import Asked, Printing, sift_of
from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.engine import Tail
from clickit_tui.logs.plain import plain_line
from clickit_tui.logs.sift import parse
from clickit_tui.world.seen import Failed, Fault, Trouble
from tests.logs.fake import START, LogService, Stepped
from tests.logs.test_buffer import line

GROUPS = {part: f"/ecs/clickit-dev-{part}" for part in ("api", "frontend", "migration")}
API = GROUPS["api"]


async def printed(service: LogService, asked: Asked, seconds: float, *, groups=GROUPS, since_s: float = 900.0):
    """(lines of stdout, sentences of stderr, exit code or None when it was interrupted, the engine)."""
    time = service.time
    time.workers = len(groups) + 1
    engine = Tail(groups, service.fetch, clock=time.clock, sleep=time.sleep, rng=Random(1), buffer=Buffer(), since_s=since_s)
    out, said = io.StringIO(), []
    printing = Printing(engine, sift_of(asked), out, asked, clock=time.clock, sleep=time.sleep, say=said.append)
    running = asyncio.ensure_future(printing.run())
    await time.until(time.now + seconds)
    code = running.result() if running.done() else None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return out.getvalue().splitlines(), said, code, engine


def told_late(said: list[str]) -> int:
    return sum(int(sentence.split()[0].replace(",", "")) for sentence in said if " late line" in sentence)


EVENT = st.tuples(
    st.sampled_from(sorted(GROUPS.values())),
    st.integers(-600, 120),
    st.sampled_from([0, 0, 0, 2, 20, 29]),
    st.sampled_from(["ERROR refused", "INFO ok", '{"level":"warn","message":"slow","status":503}', "0 errors", "\x1b[31mred\x1b[0m\ntwo"]),
)
STORY = st.fixed_dictionaries(
    {
        "events": st.lists(EVENT, max_size=60),
        "future": st.lists(st.integers(0, 60), max_size=2),
        "page_size": st.sampled_from([10, 10_000]),
        "tokens": st.sampled_from(["good", "none", "same", "empty"]),
        "repeats": st.sampled_from([0, 3]),
        "troubles": st.dictionaries(st.integers(0, 60), st.sampled_from([Trouble.THROTTLED, Trouble.UNREACHABLE]), max_size=6),
        "ahead": st.sampled_from([0.0, 0.0, -100.0, 100.0]),
        "missing": st.sampled_from([frozenset(), frozenset({GROUPS["migration"]})]),
    }
)


def service_of(story) -> LogService:
    kept = {name: story[name] for name in ("page_size", "tokens", "repeats", "troubles", "missing")}
    service = LogService(Stepped(), service_ahead_s=story["ahead"], **kept)
    for n, (group, at, delay, message) in enumerate(story["events"]):
        service.put(group, at + n // 2 / 1000, delay, f"{message} {n}")
    for at in story["future"]:
        service.future(API, at, 3600, "from the future")
    return service


FILTERS = st.sampled_from(["", "refused", "!ok", "level=error", "level>=warn", "status=503", "part=api"])


@settings(deadline=None, derandomize=True, max_examples=100)
@given(STORY, FILTERS)
async def test_what_is_printed_is_line_for_line_what_the_engine_holds(story, text):
    """`LogPane` is held to the same buffer, filter and `plain_line` by tests/panes/test_logs_pane.py."""
    lines, said, code, engine = await printed(service_of(story), Asked(filter=text), 700)
    accepts = parse(text).accepts
    held = [plain_line(one) for one in engine.buffer.lines if accepts is None or accepts(one)]
    assert lines == held
    assert code == (3 if story["missing"] else 0)
    assert told_late(said) == 0


@settings(deadline=None, derandomize=True, max_examples=150)
@given(STORY, FILTERS)
async def test_followed_every_line_is_printed_once_and_what_is_out_of_order_is_said(story, text):
    lines, said, code, engine = await printed(service_of(story), Asked(filter=text, follow=True, as_json=True), 700)
    accepts = parse(text).accepts
    held = [one for one in engine.buffer.lines if accepts is None or accepts(one)]
    found = [json.loads(one) for one in lines]
    assert sorted(one["id"] for one in found) == sorted(one.id for one in held)
    newest, late = (0, 0, ""), 0
    for one in found:
        key = (one["at_ms"], one["ingested_ms"], one["id"])
        if one["message"].startswith("from the future"):
            continue
        assert one["late"] == (key < newest)
        late += one["late"]
        newest = max(newest, key)
    assert told_late(said) >= late
    assert code is None


async def test_a_line_that_comes_soon_is_waited_for_and_one_that_comes_later_is_said():
    service = LogService(Stepped())
    for n in range(60):
        service.put(API, n, 0.3, f"n{n}")
    service.put(API, 20.5, 3, "soon")
    service.put(API, 20.6, 29, "late")
    lines, said, _, _ = await printed(service, Asked(follow=True), 90)
    order = [one.rsplit(" ", 1)[-1] for one in lines]
    assert order.index("soon") == order.index("n20") + 1
    assert order.index("late") > order.index("n21")
    assert len(order) == 62
    (sentence,) = said
    assert sentence.startswith("1 late line was printed after newer ones, the oldest of 2027-01-15T08:00:20Z, ")


async def test_a_followed_line_is_printed_within_seconds():
    service = LogService(Stepped())
    for n in range(100):
        service.put(API, n, 0.3, f"n{n}")
    lines, _, _, _ = await printed(service, Asked(follow=True), 100, groups={"api": API})
    assert len(lines) == 100
    again = LogService(Stepped(), events=service.events)
    time, out, ages = again.time, io.StringIO(), []
    engine = Tail({"api": API}, again.fetch, clock=time.clock, sleep=time.sleep, rng=Random(1))
    out.write = lambda text: ages.extend(time.now - START - int(one.rsplit("n", 1)[-1]) for one in text.splitlines())
    time.workers = 2
    await time.run(Printing(engine, sift_of(Asked()), out, Asked(follow=True), clock=time.clock, sleep=time.sleep).run(), 120)
    assert len(ages) == 100
    assert max(ages) < 16


async def test_a_stamp_in_the_future_is_said_and_makes_nothing_late():
    service = LogService(Stepped())
    service.future(API, 5, 3600, "future")
    for n in range(40):
        service.put(API, n, 0.3, f"n{n}")
    lines, said, _, _ = await printed(service, Asked(follow=True), 70)
    assert len(lines) == 41
    assert told_late(said) == 0
    assert [sentence for sentence in said if "in the future" in sentence]


async def test_without_a_connection_the_lines_come_afterwards_and_what_happened_is_said():
    service = LogService(Stepped(), outages=[(30, 200)])
    for n in range(250):
        service.put(API, n, 0.3, f"n{n}")
    lines, said, _, _ = await printed(service, Asked(follow=True), 400)
    assert [one.rsplit(" ", 1)[-1] for one in lines] == [f"n{n}" for n in range(250)]
    assert said.count("api: no connection") == said.count("api: read again") == 1


async def test_a_group_that_is_throttled_holds_up_the_others_for_a_bounded_time():
    service = LogService(Stepped())
    whole = service.fetch

    async def fetch(ask):
        if ask.group == API and service.time.now > START + 20:
            raise Failed(Fault(kind=Trouble.THROTTLED, sentence="throttled"))
        return await whole(ask)

    service.fetch = fetch
    for n in range(200):
        service.put(GROUPS["frontend"], n, 0.3, f"n{n}")
    out, time = io.StringIO(), service.time
    time.workers = len(GROUPS) + 1
    engine = Tail(GROUPS, service.fetch, clock=time.clock, sleep=time.sleep, rng=Random(1))
    printing = Printing(engine, sift_of(Asked()), out, Asked(follow=True), clock=time.clock, sleep=time.sleep, say=lambda _: None)
    running = asyncio.ensure_future(printing.run())
    await time.until(START + 150)
    shown = [one.rsplit(" ", 1)[-1] for one in out.getvalue().splitlines()]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert shown == [f"n{n}" for n in range(len(shown))]
    assert 85 <= len(shown) < 150


async def test_a_gap_is_said():
    service = LogService(Stepped(), page_size=10, tokens="none")
    for n in range(30):
        service.put(API, -100, 1, f"n{n}")
    service.put(API, -50, 1, "after")
    lines, said, code, _ = await printed(service, Asked(), 60, groups={"api": API})
    assert (len(lines), code) == (11, 0)
    assert [
        one
        for one in said
        if one.startswith("api: gap from 2027-01-15T0") and one.endswith("more lines in one millisecond than a page holds")
    ]


async def test_a_short_window_of_a_quiet_group_has_no_gap():
    service = LogService(Stepped())
    lines, said, code, _ = await printed(service, Asked(), 60, since_s=30.0)
    assert (lines, said, code) == ([], [], 0)


async def test_a_group_that_is_never_answered_is_given_up():
    service = LogService(Stepped(), outages=[(0, 10_000)])
    lines, said, code, _ = await printed(service, Asked(), 200)
    assert (lines, code) == ([], 4)
    assert sorted(said) == [f"{part}: no connection" for part in sorted(GROUPS)]


async def test_events_that_cannot_be_read_are_no_empty_log():
    service = LogService(Stepped())
    whole = service.fetch

    async def fetch(ask):
        return msgspec.structs.replace(await whole(ask), unreadable=2)

    service.fetch = fetch
    _, said, code, _ = await printed(service, Asked(), 60)
    assert code == 3
    assert any("dropped 2 events" in sentence for sentence in said)


def test_only_what_was_read_before_a_moment_leaves_and_what_is_older():
    held = Held()
    held.add([line(10, "confirmed"), line(30, "confirmed too")], 100.0)
    held.add([line(20, "older"), line(40, "newer")], 105.0)
    assert held.read_before(100.0) == []
    assert [(one.line.at_ms, one.late) for one in held.read_before(103.0)] == [(10, False), (20, False), (30, False)]
    assert len(held) == 1


def test_what_is_held_is_bounded_and_leaves_oldest_first():
    held = Held(most=10)
    held.add([line(at, f"{at}") for at in range(30, 0, -1)], 1_000.0)
    leaving = held.excess()
    assert [one.line.at_ms for one in leaving] == [one.line.at_ms for one in sorted(leaving, key=lambda one: one.line.key)]
    assert len(held) == 10
    held.add([line(1, "again")], 1_001.0)
    assert [one.late for one in held.rest()] == [True] + [False] * 10


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("90", 90), ("15m", 900), ("1h", 3600), ("1h30m", 5400), ("2d", 172_800), ("1d1h1m1s", 90_061)]
)
def test_durations(text, seconds):
    assert headless.duration_s(text) == seconds


# --- over HTTP ---

http = pytest.mark.xdist_group("demo")


def config(tmp_path, env="dev"):
    return load(Flags(env=env, config="/dev/null"), {}, state_dir=str(tmp_path))


def asked_of(tmp_path, **options) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = headless.tail(config(tmp_path), Asked(**options), out=out)
    return code, out.getvalue().splitlines()


@http
def test_the_lines_of_all_groups_in_order_without_escapes(demo, tmp_path, capsys):
    code, lines = asked_of(tmp_path, since="10m")
    assert code == 0
    assert capsys.readouterr().err == ""
    assert len(lines) > 200
    assert [one[:24] for one in lines] == sorted(one[:24] for one in lines)
    assert {one.split(" ")[1].split("/")[0] for one in lines} >= {"api", "frontend"}
    assert all(one.isprintable() for one in lines)


@http
def test_json_level_and_part(demo, tmp_path):
    code, lines = asked_of(tmp_path, groups=("api",), since="1h", level="warn", as_json=True)
    found = [json.loads(one) for one in lines]
    assert code == 0
    assert found
    assert {one["part"] for one in found} == {"api"}
    assert {one["level"] for one in found} <= {"warn", "error"}
    names = {"at", "at_ms", "ingested_ms", "part", "group", "stream", "task", "level", "message", "id", "late"}
    assert all(set(one) == names for one in found)
    assert len({one["id"] for one in found}) == len(found)


@http
def test_one_task(demo, tmp_path):
    _, lines = asked_of(tmp_path, groups=("api",), since="10m", as_json=True)
    every = [json.loads(one) for one in lines]
    task = every[0]["task"]
    demo.forget_counts()
    code, lines = asked_of(tmp_path, since="10m", task=task, as_json=True)
    assert code == 0
    found = [json.loads(one) for one in lines]
    assert found
    assert {one["task"] for one in found} == {task} != {one["task"] for one in every}
    assert [one["id"] for one in found] == [one["id"] for one in every if one["task"] == task and one["at_ms"] >= found[0]["at_ms"]]
    assert demo.counts()["logs.DescribeLogStreams"] == 3


@http
def test_a_group_that_is_missing_and_one_that_is_denied(demo, tmp_path, capsys):
    code, lines = asked_of(tmp_path, groups=("api", "/no/such"), since="5m")
    assert code == 3
    assert lines
    assert capsys.readouterr().err == "clickit-tui: /no/such: not found: looked for /no/such\n"
    demo.fault("logs.FilterLogEvents=deny")
    code, lines = asked_of(tmp_path, groups=("api",), since="5m")
    assert (code, lines) == (3, [])
    assert "logs:FilterLogEvents" in capsys.readouterr().err


@http
def test_expired_credentials_cannot_run(demo, tmp_path, capsys):
    demo.fault("*.*=expire")
    assert asked_of(tmp_path, since="5m") == (4, [])
    assert "expired" in capsys.readouterr().err


@http
def test_throttles_lose_and_repeat_nothing(demo, tmp_path, capsys, monkeypatch):
    _, plain = asked_of(tmp_path, groups=("api",), since="10m")
    hurried = [0.0]

    async def sleep(seconds):
        hurried[0] += max(0.0, seconds)
        await asyncio.sleep(0)

    made = headless.tail_of
    monkeypatch.setattr(headless, "tail_of", lambda *a, **k: made(*a, **k, clock=lambda: wall.time() + hurried[0], sleep=sleep))
    demo.fault("logs.FilterLogEvents=throttle:8")
    code, lines = asked_of(tmp_path, groups=("api",), since="11m")
    assert code == 0
    assert lines[-len(plain) :] == plain
    assert len(set(lines)) == len(lines)
    assert "api: read again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["apii"], "no part apii: did you mean api?"),
        (["a b"], "is no name of a log group"),
        (["--since", "soon"], "is no time"),
        (["--filter", "/(/"], "not a regular expression"),
        (["--task", "*"], "is no id of a task"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(arguments, words, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CLICKIT_CONFIG", os.devnull)
    assert cli.main(["tail", *arguments, "--env", "dev"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def started(*arguments: str, out: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "clickit_tui", "tail", "--env", "dev", "--config", os.devnull, *arguments]
    return subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)


@http
def test_an_interrupt_ends_it_with_130_and_a_whole_last_line(demo):
    with started("--follow", "--since", "5m") as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        rest, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert first.endswith(b"\n")
    assert rest.endswith(b"\n")
    assert err == b""


@http
def test_a_closed_pipe_ends_it_quietly_though_nothing_new_is_written(demo):
    with started("--follow", "--since", "5m") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        err = running.stderr.read()
        assert running.wait(30) == 141
    assert err == b""


@http
def test_an_interrupt_ends_it_while_nobody_reads_the_pipe(demo):
    """The pipe is full when a write to it is no longer possible."""
    reading, writing = os.pipe()
    free = select.poll()
    free.register(writing, select.POLLOUT)
    with started("--follow", "--since", "15m", "--json", out=writing) as running:
        until(lambda: not free.poll(0), running)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr is not None
        assert running.stderr.read() == b""
    os.close(reading)
    os.close(writing)


def until(condition: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    """Wait for a condition for 30 s at most, as long as the process runs."""
    end = wall.monotonic() + 30.0
    while not condition():
        assert running.poll() is None
        assert wall.monotonic() < end
        select.select([], [], [], 0.02)
