"""The log's pane against the engine, its drawing, its histogram and its jumps."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs.budget import Budget
from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.engine import Tail
from clickit_tui.logs.plain import plain_line
from clickit_tui.logs.search import Search, Wanted
from clickit_tui.logs.sift import parse
from clickit_tui.panes.log import SHAPES, Drawing, column_names, line_page, log_rows, stamp, unfolded, usual_fields
from clickit_tui.panes.logs_histogram import Levels, Mark, histogram, marks_of, scale
from clickit_tui.panes.logs_jump import NoMoment, age_s, moment
from clickit_tui.panes.logs_keep import file_text, task_streams
from clickit_tui.panes.logs_pane import LogPane, LogsPane, scope_of
from clickit_tui.ui.cells import spans_width
from clickit_tui.ui.looks import symbols
from clickit_tui.ui.rule import titled
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.fakes import line
from tests.logs.fake import START, LogService, Stepped
from tests.panes.views import view_of

NOW = worlds.NOW
GROUPS = {"api": "/ecs/api", "frontend": "/ecs/frontend"}


def shown(rows) -> list[str]:
    return ["".join(span.text for span in row) for row in rows]


@given(
    story=st.lists(
        st.tuples(
            st.sampled_from(sorted(GROUPS.values())),
            st.integers(0, 200),
            st.sampled_from([0, 0, 0, 1, 20, 55]),
            st.sampled_from(["ERROR refused", "INFO ok", '{"level":"warn","message":"slow","status":503}', "0 errors"]),
        ),
        max_size=80,
    ),
    looks=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    text=st.sampled_from(["", "refused", "!ok", "level=error", "level>=warn", "status=503", "part=api"]),
    most=st.sampled_from([15, 10_000]),
    page=st.sampled_from([10, 10_000]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_pane_shows_line_for_line_what_the_engine_holds_whenever_it_looks(story, looks, text, most, page):
    """What is printed without a screen is the same lines through the same filter: `parse` and `plain_line` are the only way to both."""
    time = Stepped()
    service = LogService(time, page_size=page)
    for n, (group, at, delay, message) in enumerate(story):
        service.put(group, at, delay, f"{message} {n}")
    tail = Tail(GROUPS, service.fetch, clock=time.clock, sleep=time.sleep, buffer=Buffer(max_lines=most), since_s=60.0)
    pane = LogPane()
    pane.live.set_filter(text)
    accepts = parse(text).accepts

    def look() -> None:
        update = tail.lines(pane.version)
        pane.version = update.version
        pane.taken(update)
        held = list(tail.buffer.lines)
        assert list(pane.live.lines) == held
        printed = [plain_line(line) for line in held if accepts is None or accepts(line)]
        assert [plain_line(line) for line in pane.live.shown_lines()] == printed
        assert pane.live.hidden == len(held) - len(printed)

    async def run() -> None:
        running = asyncio.ensure_future(tail.run())
        time.workers = len(GROUPS)
        for step in looks:
            await time.until(time.now + step)
            look()
            if step % 3 == 0:
                pane.live.pause()
            elif step % 3 == 1:
                pane.live.follow()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())


@given(
    steps=st.lists(st.tuples(st.lists(st.integers(0, 400), max_size=15), st.integers(0, 10)), max_size=15),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_the_histogram_counted_piece_by_piece_is_the_one_counted_anew(steps):
    buffer, levels, version, number = Buffer(max_lines=40), Levels(), 0, 0
    for seconds, kind in steps:
        batch = []
        for s in seconds:
            number += 1
            made = line(s, level=("error", "warn", "info", "")[(s + kind) % 4])
            batch.append(msgspec.structs.replace(made, id=str(number)))
        buffer.add(batch)
        changed = buffer.changed_from(version) - buffer.first
        version = buffer.version
        levels.renew(buffer.lines, changed)
        assert +levels.total == Counter(line.level for line in buffer.lines)
        bars, _, _ = levels.bars(30, int(NOW * 1000) + 500_000)
        assert sum(bar[0] for bar in bars) == sum(line.level == "error" for line in buffer.lines)
        assert sum(bar[2] for bar in bars) == len(buffer.lines)


def test_the_histogram_names_sums_and_time_and_keeps_its_width():
    levels = Levels()
    lines = [line(i, level="error" if i == 50 else "info") for i in range(100)]
    levels.renew(lines, 0)
    for rows, width in ((1, 80), (3, 200), (3, 40)):
        out = histogram(levels, width, rows, NOW + 100, symbols(False))
        assert len(out) == rows
        assert all(spans_width(row) == width for row in out)
    assert shown(histogram(levels, 80, 1, NOW + 100, symbols(False)))[0].startswith(" errors 1")
    assert "5 s each" in shown(histogram(levels, 80, 1, NOW + 100, symbols(False)))[0]
    assert shown(histogram(Levels(), 80, 1, NOW, symbols(False)))[0].strip() == "errors –"
    assert [scale([v]) for v in (0, 1, 3, 12, 70)] == [1, 1, 5, 20, 100]


def test_alarms_and_deployments_are_marked_where_they_happened():
    levels = Levels()
    levels.renew([line(i, level="error") for i in range(0, 400, 5)], 0)
    begin_ms = levels.bars(60, int(NOW * 1000) + 500_000)[2]
    marks = (Mark(begin_ms + 100_000, "D", "accent"), Mark(begin_ms + 200_000, "A", "fail"), Mark(begin_ms - 1, "A", "fail"))
    wide = histogram(levels, 200, 3, NOW + 400, symbols(False), marks)
    assert len(wide) == 4
    assert all(spans_width(row) == 200 for row in wide)
    assert [at - 18 for at, c in enumerate(shown(wide)[3]) if c in "AD" and at >= 18] == [20, 40]
    narrow = histogram(levels, 80, 1, NOW + 400, symbols(False), marks)
    assert shown(narrow)[0][15:].count("A") == shown(narrow)[0][15:].count("D") == 1
    assert spans_width(narrow[0]) == 80
    assert len(histogram(levels, 200, 3, NOW + 400, symbols(False), marks[2:])) == 3


def test_marks_come_from_alarms_that_are_on_and_from_deployments():
    world = worlds.incident_world(NOW)
    alarms = world.alarms.value or ()
    begun = {d.created_at * 1000 for s in world.services.value or () for d in s.deployments if d.created_at is not None}
    assert {mark.at_ms for mark in marks_of(world) if mark.letter == "D"} == begun
    on = {a.since * 1000 for a in alarms if a.state == "ALARM" and a.since is not None}
    assert {mark.at_ms for mark in marks_of(world) if mark.letter == "A"} == on
    assert on
    assert begun


def test_a_stamp_far_in_the_future_does_not_squeeze_the_picture():
    levels = Levels()
    levels.renew([line(0), line(60, level="error"), line(7_000)], 0)
    bars, per_ms, _ = levels.bars(50, int(NOW * 1000) + 60_000)
    assert per_ms == 5_000
    assert sum(bar[2] for bar in bars) == 3


JSON = msgspec.structs.replace(
    line(0, level="error", text="failed  status=500"),
    raw='{"level":"error","message":"failed","status":500,"duration_ms":12.5,"http":{"route":"/v1","q":[1]},"path":"/v1/items"}',
)


def test_every_shape_shows_time_source_level_and_message():
    for shape in SHAPES:
        rows = shown(log_rows(JSON, Drawing(shape=shape, fields=("status", "path")), 80))
        assert re.match(r" 14:03:19 api 8f3a ERROR ", rows[0]) or re.match(r" \d\d:\d\d:\d\d api 8f3a ERROR ", rows[0])
        assert "failed" in " ".join(rows)
    columns = Drawing(shape="columns", fields=("status", "path"))
    assert column_names(columns).index("message") == shown(log_rows(JSON, columns, 120))[0].index("failed")
    rows = shown(unfolded(JSON))
    assert rows == [
        "level: error",
        "message: failed",
        "status: 500",
        "duration_ms: 12.5",
        "http.route: /v1",
        "http.q: [1]",
        "path: /v1/items",
    ]
    assert usual_fields([JSON] * 3) == ("status", "duration_ms", "path")
    long = msgspec.structs.replace(line(0), text="word " * 60)
    assert len(log_rows(long, Drawing(shape="wrapped"), 80)) > 4
    assert all(spans_width(row) <= 80 for row in log_rows(long, Drawing(shape="wrapped"), 80))


def test_marks_clocks_and_dates():
    late = msgspec.structs.replace(JSON, late=True)
    assert shown(log_rows(late, Drawing(), 80))[0].startswith("~")
    assert shown(log_rows(late, Drawing(marked=frozenset({late.key})), 80))[0].startswith("*")
    at = NOW - 135
    assert stamp(at, Drawing(clock="relative", now=NOW)).strip() == "2m10s"
    assert stamp(NOW - 4, Drawing(clock="relative", now=NOW)).strip() == "0s"
    assert stamp(NOW + 30, Drawing(clock="relative", now=NOW)).strip() == "+30s"
    assert stamp(NOW - 7_500, Drawing(clock="relative", now=NOW)).strip() == "2h05m"
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d:\d\d", stamp(at, Drawing(dated=True)))
    finds = parse("failed").finds
    assert ("failed", "reverse") in [tuple(span) for span in log_rows(JSON, Drawing(finds=finds), 80)[0]]


def test_the_page_of_a_line_says_everything_known():
    text = "\n".join(shown(line_page(msgspec.structs.replace(JSON, ingested_ms=JSON.at_ms + 4_200, late=True))))
    for word in ("+4.2 s", "late", "/ecs/api", "ecs/api/8f3a21bc", "http.route: /v1", "event id"):
        assert word in text


@pytest.mark.parametrize("back_s", [3_600, 172_800])
@pytest.mark.parametrize("pattern", ["refused", "x" * 900])
def test_the_title_of_a_search_keeps_its_window_at_80_columns(back_s, pattern):
    pane, world = LogsPane(), worlds.healthy_world(NOW)
    view = view_of(world)
    wanted = Wanted(from_ms=int((NOW - back_s) * 1000), to_ms=int(NOW * 1000), pattern=pattern)
    search = Search(wanted, GROUPS, LogService(Stepped()).fetch, Budget(), clock=lambda: NOW)
    pane.show_found([line(n) for n in range(1_500)], lambda: (search.words(), "plain"))
    row = "".join(span.text for span in titled(pane.title_left(world, view), pane.title_right(world, view), 80))
    assert re.search(r" found  (\d\d:\d\d-\d\d:\d\dZ|\d\d-\d\d \d\d:\d\d to \d\d-\d\d \d\d:\d\dZ) ", row)
    assert "1,500 lines" in row


def test_scopes_and_files():
    one, other = line(0), line(1, part="frontend")
    assert scope_of("") is None
    assert [scope_of("api")(made) for made in (one, other)] == [True, False]
    assert scope_of("api/8f3a21bc")(one)
    assert not scope_of("api/91d0aa07")(one)
    assert file_text([one], ["source: tail"]).splitlines() == ["# source: tail", plain_line(one)]


def test_a_tasks_streams_come_from_its_lines_its_definition_or_its_siblings():
    world = worlds.incident_world(NOW)
    task = next(t for t in world.tasks.value if t.stopped)
    bare = msgspec.structs.replace(world, definitions=msgspec.structs.replace(world.definitions, value=()))
    own = msgspec.structs.replace(line(0, part=task.part), stream=f"x/y/{task.id}")
    assert task_streams(bare, task, [own], {}) == (f"x/y/{task.id}",)
    assert task_streams(bare, task, [line(0, part=task.part)], {}) == (f"ecs/{task.part}/{task.id}",)
    assert task_streams(bare, task, [], {}) == ()


@pytest.mark.parametrize(("said", "back"), [("10m", 600), ("-1h", 3600), ("90s", 90), ("2d", 172_800), ("1.5h", 5400)])
def test_ages_name_moments(said, back):
    world = worlds.healthy_world(NOW)
    assert moment(said, NOW, world) == NOW - back
    assert age_s(said) == back


def test_times_of_day_name_the_newest_such_moment():
    world = worlds.healthy_world(START)
    base = START // 86_400 * 86_400
    now = base + 14 * 3600 + 180
    assert moment("14:03", now, world) == now
    assert moment("14:04", now, world) == now + 60 - 86_400
    assert moment("13:00:05", now, world) == base + 13 * 3600 + 5
    assert moment("2026-11-23 14:03", now, world) == 1_795_442_580.0
    for said in ("25:00", "yesterday", "", "2026-13-01 10:00"):
        with pytest.raises(NoMoment):
            moment(said, now, world)


@pytest.mark.parametrize("said", ["999999d", "9" * 400 + "d", "0001-01-01 00:00", "99999999999h"])
def test_moments_that_no_calendar_has_are_refused(said):
    """A search from there would have no name for its window."""
    with pytest.raises(NoMoment):
        moment(said, NOW, worlds.healthy_world(NOW))


def test_deployments_and_alarms_name_moments_or_say_that_there_are_none():
    world = worlds.incident_world(NOW)
    begun = max(d.created_at for s in world.services.value for d in s.deployments if d.status == "PRIMARY" and d.created_at)
    assert moment("deploy", NOW, world) == begun
    assert moment("alarm", NOW, world) == max(a.since for a in world.alarms.value if a.state == "ALARM" and a.since)
    empty = worlds.loading_world()
    for said in ("deploy", "alarm"):
        with pytest.raises(NoMoment, match="known"):
            moment(said, NOW, empty)


def test_a_pane_that_is_painted_before_it_is_composed_keeps_quiet() -> None:
    world = worlds.incident_world(START)
    LogsPane().show(world, view_of(world, now=START))


@pytest.mark.parametrize("pane", [LogPane, LogsPane])
def test_where_no_line_is_the_pane_says_why(pane: type[LogPane]) -> None:
    said = []
    for world in (worlds.denied_world(START), msgspec.structs.replace(worlds.healthy_world(START), log=Seen(value=None))):
        shown = pane()
        shown.troubles = ("no permission: logs:FilterLogEvents",) if isinstance(shown, LogsPane) and world.log.fault else ()
        shown.show(world, view_of(world, now=START))
        said.append("".join(span.text for span in shown.tail.empty))
    assert "no permission: logs:FilterLogEvents" in said[0]
    assert said[1] == " nothing was read yet"
