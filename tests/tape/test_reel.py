"""The clock of a replay, and what its keys are told."""

from __future__ import annotations

import pytest

from clickit_tui.panes.identity import identity_line
from clickit_tui.panes.logs_jump import NoMoment
from clickit_tui.panes.replaying import replay_words, span_words, wanted_moment
from clickit_tui.tape.reel import SPEEDS, Reel
from clickit_tui.ui.cells import spans_width
from clickit_tui.world.playing import Playing
from tests import worlds
from tests.panes.views import view_of
from tests.stepped import SteppedClock

NOW = worlds.NOW
PLAYING = Playing(at=NOW + 725, began_at=NOW, ended_at=NOW + 1500, speed=8)


def test_it_runs_stands_still_and_goes_where_it_is_put():
    clock = SteppedClock(0.0)
    reel = Reel(1000.0, 2000.0, clock)
    seen = []

    def after(seconds):
        clock.now += seconds
        seen.append(reel.now())

    after(5)
    reel.faster(1)
    after(5)
    reel.pause()
    after(60)
    reel.pause()
    after(1)
    reel.seek(900)
    after(0)
    reel.seek(5000)
    after(1)
    reel.seek(1500)
    reel.faster(-1)
    after(1)
    assert seen == [1005, 1015, 1015, 1017, 1000, 2000, 1501]


def test_speeds_end_at_both_ends():
    reel = Reel(0.0, 1.0, SteppedClock(0.0))
    for _ in range(10):
        reel.faster(1)
    assert reel.playing().speed == SPEEDS[-1]
    for _ in range(10):
        reel.faster(-1)
    assert reel.playing().speed == 1


def test_a_clock_that_goes_back_does_not_take_the_replay_back():
    clock = SteppedClock(100.0)
    reel = Reel(0.0, 50.0, clock)
    clock.now -= 20
    assert reel.now() == 0.0


@pytest.mark.parametrize(
    ("text", "at"),
    [("start", 0), ("s", 0), ("end", 1500), ("+5m", 1025), ("-90s", 635), ("- 1m", 665), ("14:13:19", 600), ("2m", 1380)],
)
def test_moments_that_can_be_gone_to(text, at):
    assert wanted_moment(text, PLAYING, worlds.incident_world()) == NOW + at


@pytest.mark.parametrize("text", ["12:00", "2026-01-01 10:00", "yesterday", "5", "-x"])
def test_moments_that_cannot(text):
    with pytest.raises(NoMoment):
        wanted_moment(text, PLAYING, worlds.incident_world())


def test_the_words_fit_their_room_and_always_tell_the_time():
    view = view_of(worlds.incident_world())
    shown = [replay_words(PLAYING, view, room) for room in (40, 20, 12, 9, 1)]
    assert shown == ["8x 2026-11-23 14:15:24Z", "8x 14:15:24Z", "8x 14:15:24Z", "14:15:24Z", "14:15:24Z"]
    assert span_words(PLAYING) == "8x  12:05 of 25:00"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("said", ["REC", "REC OFF"])
def test_that_a_session_is_recorded_never_drops_and_drops_nothing_that_must_stay(width, said):
    world = worlds.incident_world()
    spans = identity_line(world, view_of(world, read_only="flag"), width, said)
    line = "".join(span.text for span in spans)
    assert spans_width(spans) == width
    for word in ("PROD", "123456789012", "eu-west-1", f" {said} ", "READ-ONLY"):
        assert word in line
    assert [span.look for span in spans if span.text == f" {said} "] == (["bold"] if said == "REC" else ["reverse-fail"])
