"""The ring of lines: order, places, what a painter is told."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.line import LogLine


def line(at: int, id: str, text: str = "x") -> LogLine:
    return LogLine(part="api", group="g", stream="s", task="t", at_ms=at, ingested_ms=at, id=id, text=text, level="")


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 50), max_size=6), max_size=30), st.integers(1, 30), st.integers(0, 29))
def test_places_below_the_changed_one_stand_where_they_stood(batches, most, looked_at):
    buffer = Buffer(max_lines=most)
    painted: dict[int, LogLine] = {}
    version = 0
    for number, batch in enumerate(batches):
        buffer.add([line(at, f"{number}-{n}") for n, at in enumerate(batch)])
        if number % 3 == looked_at % 3:
            first, changed = buffer.first, buffer.changed_from(version)
            painted = {place: shown for place, shown in painted.items() if first <= place < changed}
            painted |= {place: buffer.lines[place - first] for place in range(changed, first + len(buffer.lines))}
            assert [painted[place] for place in sorted(painted)] == list(buffer.lines)
            version = buffer.version


def test_a_snapshot_is_made_once_per_version():
    buffer = Buffer()
    buffer.add([line(2, "b"), line(1, "a")])
    first = buffer.snapshot()
    assert [kept.id for kept in first] == ["a", "b"]
    assert buffer.snapshot() is first
    buffer.add([line(0, "c")])
    assert [kept.id for kept in buffer.snapshot()] == ["c", "a", "b"]
    assert [kept.id for kept in first] == ["a", "b"]


def test_random_batches_keep_the_order():
    rng = Random(3)
    buffer = Buffer(max_lines=500)
    for n in range(300):
        buffer.add([line(rng.randrange(n * 10, n * 10 + 100), f"{n}-{i}") for i in range(5)])
    keys = [kept.key for kept in buffer.lines]
    assert keys == sorted(keys)
    assert len(keys) == 500
