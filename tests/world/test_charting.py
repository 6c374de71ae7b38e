"""What a chart may honestly show: provisional minutes, gaps by class, percentiles of few samples, rates."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.world.charting import HOUR, RANGES, Standing, Sure, chart, error_rate, hit_rate, keys_of, range_named, source
from clickit_tui.world.parts import History
from clickit_tui.world.seen import Seen
from tests import worlds

NOW = worlds.NOW
MINUTE = NOW // 60 * 60


def world_with(key: str, **changes):
    """The healthy World with one series changed."""
    world = worlds.healthy_world(NOW)
    metrics = world.metrics.value
    series = {**metrics.series, key: msgspec.structs.replace(metrics.series[key], **changes)}
    return msgspec.structs.replace(world, metrics=worlds.seen(msgspec.structs.replace(metrics, series=series), NOW, "metrics"))


def minutes(*ago: int):
    return tuple(MINUTE - 60.0 * each for each in ago)


def test_the_newest_minutes_are_provisional_and_older_ones_are_not():
    drawn = chart(worlds.healthy_world(NOW), "api.cpu", HOUR, NOW)
    assert [dot.sure for dot in drawn.dots[-3:]] == [Sure.CLOSED, Sure.GROWING, Sure.GROWING]
    assert drawn.growing == 2
    assert drawn.standing is Standing.KNOWN


def test_a_minute_does_not_close_by_waiting_it_closes_by_being_read_again():
    late = chart(worlds.healthy_world(NOW), "api.cpu", HOUR, NOW + 120)
    assert [dot.sure for dot in late.dots[-4:] if dot.value is not None] == [Sure.GROWING, Sure.GROWING]


def test_no_error_is_zero_only_where_requests_prove_it_and_never_in_the_newest_minutes():
    world = world_with("edge.target_5xx", times=(), values=())
    drawn = chart(world, "edge.target_5xx", HOUR, NOW)
    assert [dot.value for dot in drawn.dots[-4:]] == [0.0, 0.0, None, None]
    quiet = msgspec.structs.replace(world.metrics.value.series["edge.requests"], times=(), values=())
    series = {**world.metrics.value.series, "edge.requests": quiet}
    silent = msgspec.structs.replace(
        world, metrics=worlds.seen(msgspec.structs.replace(world.metrics.value, series=series), NOW, "metrics")
    )
    drawn = chart(silent, "edge.target_5xx", HOUR, NOW)
    assert drawn.values == ()
    assert (drawn.standing, drawn.words) == (Standing.EMPTY, "no traffic")


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_an_incomplete_counter_is_never_filled_with_zeros(status):
    drawn = chart(world_with("edge.target_5xx", times=(), values=(), status=status), "edge.target_5xx", HOUR, NOW)
    assert drawn.values == ()


@pytest.mark.parametrize("key", ["edge.requests", "edge.target_5xx", "edge.p95", "api.cpu", "db.cpu"])
def test_a_metric_that_cloudwatch_did_not_answer_is_neither_quiet_nor_stopped(key):
    drawn = chart(world_with(key, times=(), values=(), status="InternalError"), key, HOUR, NOW)
    assert (drawn.standing, drawn.words) == (Standing.UNREAD, "CloudWatch answered InternalError: no data in sight")


def test_latency_without_a_request_is_no_data_and_no_zero():
    drawn = chart(world_with("edge.p95", times=minutes(9), values=(0.2,)), "edge.p95", HOUR, NOW)
    assert drawn.values == (0.2,)


@pytest.mark.parametrize(("key", "least"), [("edge.p99", 1000), ("edge.p95", 200), ("edge.p50", 20)])
def test_a_percentile_of_too_few_requests_is_marked(key, least):
    for count, sure in ((least - 1, Sure.FEW), (least, Sure.CLOSED)):
        world = world_with("edge.requests", times=minutes(5), values=(float(count),))
        dot = chart(world, key, HOUR, NOW).under(MINUTE - 300)
        assert dot.sure is sure


def test_a_percentile_has_no_mean():
    assert chart(worlds.healthy_world(NOW), "edge.p95", HOUR, NOW).average is None


def test_no_task_is_told_apart_from_tasks_that_report_nothing():
    world = world_with("api.cpu", times=(), values=())
    assert chart(world, "api.cpu", HOUR, NOW).words == "no data in sight although 3 tasks run"
    services = tuple(msgspec.structs.replace(s, running=0) if s.part == "api" else s for s in world.services.value)
    asleep = msgspec.structs.replace(world, services=worlds.seen(services, NOW, "services"))
    drawn = chart(asleep, "api.cpu", HOUR, NOW)
    assert (drawn.standing, drawn.words) == (Standing.EMPTY, "0 tasks")


def test_a_stopped_database_is_no_mystery():
    world = world_with("db.cpu", times=minutes(30), values=(20.0,))
    drawn = chart(world, "db.cpu", HOUR, NOW)
    assert drawn.standing is Standing.SILENT
    assert drawn.words == "no data for 29 m: stopped, deleted, a wrong dimension, or no permission"
    stopped = msgspec.structs.replace(world, database=worlds.seen(worlds.database(status="stopped"), NOW, "database"))
    assert chart(stopped, "db.cpu", HOUR, NOW).words == "the database is stopped"


def test_a_forbidden_metric_says_so_and_shows_no_number():
    drawn = chart(world_with("db.cpu", times=(), values=(), status="Forbidden"), "db.cpu", HOUR, NOW)
    assert (drawn.standing, drawn.words) == (Standing.FORBIDDEN, "no permission: cloudwatch:GetMetricData")


def test_what_is_no_number_is_no_data():
    drawn = chart(world_with("api.cpu", times=minutes(5, 4), values=(float("nan"), float("inf"))), "api.cpu", HOUR, NOW)
    assert drawn.values == ()


def test_the_error_rate_counts_what_never_reached_a_target():
    assert error_rate(90.0, 5.0, 10.0) == pytest.approx(15.0)
    assert error_rate(None, None, 10.0) == 100.0
    assert error_rate(0.0, 0.0, 0.0) is None
    assert error_rate(None, None, None) is None
    drawn = chart(worlds.incident_world(NOW), "edge.error_rate", HOUR, NOW)
    assert drawn.last.value == pytest.approx(100 * 8 / 413)
    assert chart(worlds.healthy_world(NOW), "edge.error_rate", HOUR, NOW).last.value == 0.0


def test_a_hit_rate_of_few_look_ups_says_nothing():
    assert hit_rate(99.0, 0.0) is None
    assert hit_rate(75.0, 25.0) == 75.0
    assert hit_rate(None, 500.0) is None


def test_a_long_range_waits_for_its_past_and_then_joins_it_with_the_newest_minutes():
    world, three = worlds.healthy_world(NOW), range_named("3h")
    past = world.metrics.value.series["api.cpu"]
    times = tuple(MINUTE - 60.0 * i for i in range(180, 60, -1))
    old = msgspec.structs.replace(past, times=times, values=tuple(11.0 for _ in times))
    known = History(series={"api.cpu": old}, back_s=three.back_s, period_s=60, end=MINUTE - 3600)
    joined = msgspec.structs.replace(world, history=worlds.seen(known, NOW))
    drawn = chart(joined, "api.cpu", three, NOW)
    assert len(drawn.values) == 180
    assert (drawn.values[0], drawn.last.value) == (11.0, 31.0)


def test_hours_are_never_mixed_with_minutes():
    world, week = worlds.healthy_world(NOW), range_named("7d")
    assert source(world, "api.cpu", week)[:2] == ({}, 3600)
    waiting = chart(world, "api.cpu", week, NOW)
    assert (waiting.standing, waiting.words) == (Standing.LOADING, "reading the past")
    failed = msgspec.structs.replace(world, history=Seen(fault=worlds.denied("cloudwatch:GetMetricData"), fault_at=NOW))
    assert chart(failed, "api.cpu", week, NOW).standing is Standing.UNREAD


def test_every_range_has_a_period_that_cloudwatch_still_keeps():
    for each in RANGES:
        days = each.back_s / 86_400
        assert each.period_s % (60 if days <= 15 else 300 if days <= 63 else 3600) == 0
        assert each.back_s // each.period_s <= 1_000


def test_layers_hold_their_derived_charts():
    keys = keys_of(worlds.healthy_world(NOW).metrics.value, "edge")
    assert keys[:2] == ("edge.requests", "edge.error_rate")
    assert "cache.hit_rate" in keys_of(worlds.healthy_world(NOW).metrics.value, "cache")
    assert keys_of(None, "edge") == ()


def test_requests_of_an_hour_are_not_called_requests_a_minute():
    world, week = worlds.healthy_world(NOW), range_named("7d")
    past = msgspec.structs.replace(
        world.metrics.value.series["edge.requests"], period_s=3600, times=(MINUTE // 3600 * 3600 - 3600,), values=(9e3,)
    )
    known = History(series={"edge.requests": past}, back_s=week.back_s, period_s=3600, end=MINUTE)
    joined = msgspec.structs.replace(world, history=worlds.seen(known, NOW))
    assert chart(joined, "edge.requests", week, NOW).label == "req/1 h"
    assert chart(joined, "edge.requests", HOUR, NOW).label == "req/min"


def test_an_old_reading_is_no_silence_of_the_metric_and_no_present_value():
    late = worlds.healthy_world(NOW)
    late = msgspec.structs.replace(late, metrics=msgspec.structs.replace(late.metrics, fault=worlds.denied("cloudwatch:GetMetricData")))
    for key in ("db.cpu", "edge.requests", "api.cpu"):
        drawn = chart(late, key, HOUR, NOW + 900)
        assert drawn.standing is Standing.UNREAD
        assert drawn.words.startswith("not read for 15 m: ")
        assert drawn.values


def test_no_zero_is_drawn_for_minutes_that_were_not_asked_for():
    drawn = chart(world_with("edge.rejected", end=MINUTE - 1200), "edge.rejected", HOUR, NOW)
    assert {dot.value for dot in drawn.dots if dot.at + 60 > MINUTE - 1200} == {None}
    assert {dot.value for dot in drawn.dots if dot.at + 60 <= MINUTE - 1200} == {0.0}
    assert drawn.standing is Standing.UNREAD


def test_a_period_that_had_not_ended_when_it_was_read_is_left_out_and_closes_only_by_being_read_again():
    world, half = worlds.healthy_world(NOW), range_named("12h")
    begun = NOW // 300 * 300 - 300
    past = msgspec.structs.replace(
        world.metrics.value.series["edge.requests"], period_s=300, times=(begun - 300, begun), values=(2000.0, 90.0)
    )

    def read_at(end):
        known = History(series={"edge.requests": past}, back_s=half.back_s, period_s=300, end=end)
        return chart(msgspec.structs.replace(world, history=worlds.seen(known, NOW)), "edge.requests", half, NOW).dots[-2:]

    assert [dot.value for dot in read_at(begun + 60)] == [2000.0, None]
    assert [dot.sure for dot in read_at(begun + 300)] == [Sure.CLOSED, Sure.GROWING]
    assert read_at(begun + 480)[-1].sure is Sure.CLOSED


def test_a_counter_of_which_the_past_is_incomplete_is_not_filled_with_zeros():
    world, half = worlds.healthy_world(NOW), range_named("12h")
    known = {
        key: msgspec.structs.replace(world.metrics.value.series[key], period_s=300, times=times, values=values, status=status)
        for key, times, values, status in (
            ("edge.requests", (NOW // 300 * 300 - 900,), (2000.0,), "Complete"),
            ("edge.target_5xx", (), (), "PartialData"),
        )
    }
    history = History(series=known, back_s=half.back_s, period_s=300, end=MINUTE)
    drawn = chart(msgspec.structs.replace(world, history=worlds.seen(history, NOW)), "edge.target_5xx", half, NOW)
    assert drawn.values == ()


def test_a_hit_rate_of_a_silent_cache_is_not_said_to_lack_look_ups():
    world = world_with("cache.hits", times=(), values=())
    drawn = chart(world, "cache.hit_rate", HOUR, NOW)
    assert (drawn.standing, drawn.words.startswith("no data")) == (Standing.SILENT, True)
