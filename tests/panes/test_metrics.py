"""Every class of chart as text, as a row and in full size. `CLICKIT_SNAPSHOTS=write` renews the files; a person reads the diff."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from clickit_tui.panes.identity import identity_line
from clickit_tui.panes.metrics import Looking, picture, plot_head, row, rows, short, strokes
from clickit_tui.ui.cells import spans_width
from clickit_tui.ui.plot import drawn as plotted
from clickit_tui.ui.plot import with_cursor
from clickit_tui.world.charting import HOUR, Chart, Dot, Sure, chart, range_named
from clickit_tui.world.follow import Follow, Following
from clickit_tui.world.incident import Recorded, Told
from tests import worlds
from tests.panes.views import text, view_of

FOLDER = Path(__file__).parent / "snapshots"
NOW = worlds.NOW
MINUTE = NOW // 60 * 60
CLASSES = ("edge.requests", "edge.p95", "edge.error_rate", "api.cpu", "db.connections", "db.memory", "db.credits", "cache.hit_rate")
"""An event counter, a percentile, a rate of several, a gauge of tasks, one with a budget, bytes, a slow one, a rate of look-ups."""
SOURCES = {"edge.error_rate": ("edge.target_5xx", "edge.elb_5xx"), "cache.hit_rate": ("cache.hits", "cache.misses")}


def changed(series, state):
    """One series in a state."""
    replace = msgspec.structs.replace
    pairs = list(zip(series.times, series.values, strict=True))
    if state == "no data":
        return replace(series, times=(), values=())
    if state == "gap":
        pairs = [(at, value) for at, value in pairs if not MINUTE - 1800 <= at < MINUTE - 900]
    if state == "stopped":
        pairs = [(at, value) for at, value in pairs if at < MINUTE - 1800]
    if state == "single point":
        pairs = pairs[-6:-5] or pairs[:1]
    if state == "saturated":
        factor = 1.9 if series.unit == "%" else 40.0
        pairs = [(at, value * (factor * (100 / value if series.unit == "%" and value else 1))) for at, value in pairs]
    if state == "NaN":
        pairs = [(at, float("nan") if i % 7 == 3 else value) for i, (at, value) in enumerate(pairs)]
    found = replace(series, times=tuple(at for at, _ in pairs), values=tuple(value for _, value in pairs))
    return replace(found, status="Forbidden", times=(), values=()) if state == "forbidden" else found


def world_of(state, key):
    """The incident with the series of one chart in a state; a stopped one with its resource stopped."""
    world = worlds.incident_world(NOW)
    metrics = world.metrics.value
    read = NOW
    series = {name: changed(each, state) if name == key or name in SOURCES.get(key, ()) else each for name, each in metrics.series.items()}
    fields = {"metrics": worlds.seen(msgspec.structs.replace(metrics, series=series), read, "metrics")}
    if state == "stopped":
        fields["database"] = worlds.seen(worlds.database(status="stopped"), NOW, "database")
        services = tuple(msgspec.structs.replace(s, running=0, desired=0) for s in world.services.value)
        fields["services"] = worlds.seen(services, NOW, "services")
    return msgspec.structs.replace(world, **fields)


STATES = ("normal", "no data", "provisional", "gap", "stopped", "forbidden", "saturated", "single point", "NaN")


def shown(state):
    """Row, numbers and plot of every class in one state."""
    out = []
    for key in CLASSES:
        world = world_of(state, key)
        view = view_of(worlds.incident_world(NOW))
        looking = Looking(cursor=MINUTE - 60.0 if state == "provisional" else None)
        made = chart(world, key, HOUR, NOW)
        full = picture(world, view, made, looking)
        lines = [*plot_head(world, view, made, looking, 80), *with_cursor(plotted(full, 80, 11), full, 80, "│")]
        out += [f"--- {key}", text([row(world, view, made, 80, looking)]), "", text(lines), ""]
    return "\n".join(out)


@pytest.mark.parametrize("state", STATES)
def test_every_class_of_chart_looks_as_it_did(state):
    path = FOLDER / f"chart_{state.replace(' ', '_').lower()}.txt"
    now = shown(state)
    if os.environ.get("CLICKIT_SNAPSHOTS") == "write":
        path.write_text(now)
    assert path.read_text() == now
    assert "nan" not in now.lower()


@pytest.mark.parametrize("width", [60, 80, 130, 200])
@pytest.mark.parametrize("name", ["healthy", "incident", "loading", "denied", "stale", "hostile", "absent"])
def test_no_row_is_wider_than_its_pane_or_holds_a_control_character(name, width):
    world = worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(NOW)
    for each in rows(world, view_of(world), width, Looking()):
        assert "".join(span.text for span in each.spans).isprintable()
        assert spans_width(each.spans) <= width


@pytest.mark.parametrize("size", [(30, 8), (80, 19), (200, 56)])
def test_a_plot_fills_its_size_and_never_more(size):
    world = worlds.incident_world(NOW)
    full = picture(world, view_of(world), chart(world, "edge.p95", HOUR, NOW), Looking(cursor=MINUTE - 300))
    lines = with_cursor(plotted(full, *size, ascii=True), full, size[0], "|")
    assert len(lines) == size[1]
    assert {spans_width(line) for line in lines} == {size[0]}


def test_a_gap_parts_the_line_and_a_provisional_end_hangs_on():
    dots = [Dot(0, 1.0), Dot(60, 2.0), Dot(120, None), Dot(180, 3.0), Dot(240, 4.0, Sure.GROWING)]
    found = strokes(dots)
    assert [(stroke.points, stroke.look) for stroke in found] == [
        (((0, 1.0), (60, 2.0)), "s0"),
        (((180, 3.0),), "s0"),
        (((180, 3.0), (240, 4.0)), "dim"),
    ]


def test_words_of_a_denied_chart_fit_beside_its_bars():
    made = chart(world_of("forbidden", "api.cpu"), "api.cpu", HOUR, NOW)
    assert short(made) == "denied: GetMetricData"


def test_deployments_and_alarms_are_marked_where_they_happened():
    world = worlds.incident_world(NOW)
    full = picture(world, view_of(world), chart(world, "api.unhealthy", HOUR, NOW), Looking())
    assert [(mark.sign, round(NOW - mark.at)) for mark in full.marks] == [("D", 600), ("a", 360), ("A", 360)]


def test_what_happened_after_the_newest_point_is_marked_at_the_edge():
    """A point of an hour's range is a minute or two old, one of a month's range hours: the newest alarm must not wait for it."""
    world = worlds.incident_world(NOW)
    month = range_named("30d")
    drawn = Chart(
        key="api.unhealthy", label="x", unit="", statistic="Maximum", period_s=3600, dots=(Dot(NOW - 90_000, 1.0), Dot(NOW - 7200, 1.0))
    )
    full = picture(world, view_of(world), drawn, Looking(range=month))
    assert [(mark.sign, mark.at) for mark in full.marks] == [("D", NOW - 7200), ("a", NOW - 7200), ("A", NOW - 7200)]


def test_own_changes_are_marked_once_and_those_of_earlier_sessions_too():
    world = worlds.incident_world(NOW)
    follows = (Following(follow=Follow(kind="scale", env="prod", part="api", started_at=NOW - 600, did="scale api 3 to 5")),)
    record = tuple(Recorded(at=at, kind=Told.CHANGE, text="scale api") for at in (NOW - 601, NOW - 1800))
    changed = msgspec.structs.replace(world, follows=follows, record=record)
    full = picture(changed, view_of(world), chart(changed, "api.cpu", HOUR, NOW), Looking())
    assert [round(NOW - mark.at) for mark in full.marks if mark.sign == "Y"] == [1800, 601]


@pytest.mark.parametrize("width", [80, 140])
def test_the_identity_row_says_that_polling_is_slow(width):
    world = worlds.healthy_world(NOW)
    slow = msgspec.structs.replace(view_of(world), slow=True)
    assert "polls slowly" in text([identity_line(world, slow, width)])
