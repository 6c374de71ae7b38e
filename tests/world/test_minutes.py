"""Minutes that are closed, minutes that say nothing, and durations in words."""

from itertools import pairwise

import msgspec
import pytest

from clickit_tui.world.minutes import CLOSED_S, Reading, by_minute, closed, errors_5xx, read
from clickit_tui.world.words import brief, clock, several, spell
from tests.worlds import NOW, metrics

FOUND = metrics(NOW)


def reading(*values):
    return Reading(key="k", label="l", unit="", times=tuple(60.0 * n for n in range(len(values))), values=values)


def test_only_minutes_of_three_minutes_and_more_are_closed():
    minutes = closed(FOUND, NOW, 5)
    assert len(minutes) == 5
    assert all(b - a == 60 for a, b in pairwise(minutes))
    assert CLOSED_S <= NOW - minutes[-1] < CLOSED_S + 60
    assert closed(FOUND, NOW - 3600 - 600, 5) == ()
    assert len(closed(FOUND, NOW, 500)) < 60


def test_a_missing_event_is_zero_only_where_there_was_traffic():
    minutes = closed(FOUND, NOW, 3)
    assert read(FOUND, "edge.target_5xx", minutes).values == (0, 0, 0)
    requests = FOUND.series["edge.requests"]
    gap = msgspec.structs.replace(requests, times=requests.times[:-4], values=requests.values[:-4])
    broken = msgspec.structs.replace(FOUND, series={**FOUND.series, "edge.requests": gap})
    assert read(broken, "edge.target_5xx", minutes).values == (0, None, None)
    assert errors_5xx(broken, minutes).values == (0, None, None)
    assert read(FOUND, "edge.p95", minutes).values == (0.12,) * 3
    assert read(FOUND, "nothing", minutes) is None


def test_minutes_before_the_asked_ones_are_not_looked_at_and_a_later_point_of_a_minute_wins():
    series = msgspec.structs.replace(FOUND.series["edge.p95"], times=(0.0, 60.0, 119.9, 120.0, 300.0), values=(1.0, 2.0, 3.0, 4.0, 5.0))
    assert by_minute(series) == {0.0: 1.0, 60.0: 3.0, 120.0: 4.0, 300.0: 5.0}
    assert by_minute(series, 60.0) == {60.0: 3.0, 120.0: 4.0, 300.0: 5.0}
    found = msgspec.structs.replace(FOUND, series={**FOUND.series, "edge.p95": series})
    assert read(found, "edge.p95", (60.0, 120.0, 180.0)).values == (3.0, 4.0, None)
    assert read(found, "edge.p95", ()).values == ()
    assert errors_5xx(found, ()).values == ()


def test_a_missing_gauge_or_response_time_is_never_zero():
    minutes = closed(FOUND, NOW, 3)
    for key in ("api.cpu", "db.cpu", "edge.p95"):
        empty = msgspec.structs.replace(FOUND.series[key], times=(), values=())
        assert read(msgspec.structs.replace(FOUND, series={**FOUND.series, key: empty}), key, minutes).values == (None,) * 3


def test_without_one_of_the_5xx_series_nothing_is_zero():
    rest = {key: s for key, s in FOUND.series.items() if key != "edge.elb_5xx"}
    minutes = closed(FOUND, NOW, 3)
    assert errors_5xx(msgspec.structs.replace(FOUND, series=rest), minutes).total is None


@pytest.mark.parametrize(
    ("values", "limit", "minutes", "result"),
    [
        ((9, 9, 9), 8, 3, True),
        ((9, None, 9), 8, 3, True),
        ((None, None, 9), 8, 3, False),
        ((9, 8, 9), 8, 3, False),
        ((9, 9), 8, 3, False),
        ((1, 9, 9), 8, 2, True),
        ((None,), 8, 1, False),
    ],
)
def test_above_needs_nearly_every_minute(values, limit, minutes, result):
    assert reading(*values).above(limit, minutes) is result


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (-3, "0 s", "0 s"),
        (40.9, "40 s", "40 s"),
        (60, "1 m", "1 m"),
        (72, "1 m 12 s", "1 m"),
        (3600, "1 h", "1 h"),
        (11_100, "3 h 5 m", "3 h"),
        (187_200, "2 d 4 h", "2 d"),
    ],
)
def test_durations_in_words(seconds, long, short):
    assert (spell(seconds), brief(seconds)) == (long, short)


def test_moments_and_counts_in_words():
    assert clock(NOW) == "14:03Z"
    assert [several(n, "task") for n in (0, 1, 2)] == ["0 tasks", "1 task", "2 tasks"]
