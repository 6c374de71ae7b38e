"""The incident note: what it says, what it does not know, and what it must not break."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.logs.mask import mask
from clickit_tui.playbooks import keeping, note
from clickit_tui.world.incident import Incident, Told
from clickit_tui.world.world import World
from tests import worldpast, worlds

NOW = worlds.NOW
FACTS = Facts(now=NOW, names=worlds.NAMES, thresholds=Thresholds())
SECTIONS = ("## Summary", "## Impact", "## Timeline", "## Causes considered", "## Actions taken", "## Open questions")


def world_of(incident: Incident, **changes: Any) -> World:
    told = {"record": worldpast.told(NOW), "incidents": (incident,)}
    return msgspec.structs.replace(worlds.incident_world(), **{**told, **changes})


def made(incident: Incident | None = None, world: World | None = None) -> list[str]:
    one = incident or worldpast.incident(NOW)
    return note.lines(world or world_of(one), FACTS, one)


def section(lines: list[str], name: str) -> str:
    start = lines.index(f"## {name}")
    end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("## ")), len(lines))
    return "\n".join(lines[start + 1 : end])


def test_the_note_has_its_sections_in_order_and_says_what_happened() -> None:
    lines = made()
    assert [line for line in lines if line.startswith("## ")] == list(SECTIONS)
    assert "first bad minute in the metrics was 13:56Z" in section(lines, "Summary")
    assert "Answers 5xx: 38 of about 2879 requests" in section(lines, "Impact")
    assert "likely: deployment api:42 (v2.3.1)" in section(lines, "Causes considered")
    assert "FAIL 22 answers 5xx in 5 min — cloudwatch:GetMetricData: 22 5xx" in section(lines, "Causes considered")
    assert "`aws ecs update-service --cluster clickit-prod-cluster" in section(lines, "Actions taken")
    assert "still open" in section(lines, "Open questions")


def test_every_row_of_the_timeline_has_time_event_and_data() -> None:
    rows = [line for line in section(made(), "Timeline").splitlines() if line.startswith("| 2026")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert len(rows) > 10
    assert all(len(row) == 3 and all(row) for row in cells)
    assert [row[0] for row in cells] == sorted(row[0] for row in cells)
    assert any("`aws ecs describe-tasks" in row[2] for row in cells)


def test_an_incident_that_is_over_is_told_from_the_journal_alone() -> None:
    open_one = worldpast.incident(NOW)
    world = world_of(open_one)
    kept, impact = keeping.kept(world, FACTS, open_one), keeping.impact(world, FACTS, open_one)
    over = msgspec.structs.replace(open_one, ended_at=NOW, resolution="rolled back to 41", kept=kept, impact=impact)
    forgotten = World(env="prod", record=world.record, incidents=(over,))
    later = msgspec.structs.replace(FACTS, now=NOW + 30 * 86_400)
    lines = note.lines(forgotten, later, over)
    assert "Answers 5xx: 38" in section(lines, "Impact")
    assert "deployment api: api:42 (v2.3.1) began" in section(lines, "Timeline")
    assert "application exited" in section(lines, "Timeline")
    assert "Resolution: rolled back to 41" in section(lines, "Summary")
    assert "still open" not in "\n".join(lines)


def test_a_row_known_twice_stands_once() -> None:
    one = worldpast.incident(NOW)
    world = world_of(one)
    both = msgspec.structs.replace(one, kept=keeping.kept(world, FACTS, one))
    assert section(note.lines(world, FACTS, both), "Timeline") == section(note.lines(world, FACTS, one), "Timeline")


def test_what_is_not_known_is_said_and_never_a_zero() -> None:
    one = worldpast.incident(NOW)
    blind = World(env="prod", incidents=(one,))
    lines = note.lines(blind, FACTS, one)
    assert "the impact is not known" in section(lines, "Impact")
    assert "0" not in section(lines, "Impact")
    assert "No cause was named." in section(lines, "Causes considered")
    assert "None with this program on this machine." in section(lines, "Actions taken")
    questions = section(lines, "Open questions")
    assert "Not seen when this note was made: deployment" in questions
    assert "show no first bad minute" in questions


def test_minutes_that_the_metrics_do_not_cover_are_counted() -> None:
    early = worldpast.incident(NOW, began_at=NOW - 3 * 3600)
    assert any("minutes 1" in sentence and "not covered" in sentence for sentence in keeping.impact(world_of(early), FACTS, early))
    long_ago = worldpast.incident(NOW, began_at=NOW - 90_000, ended_at=NOW - 89_000)
    assert keeping.impact(world_of(long_ago), FACTS, long_ago) == (
        "The metrics held do not reach back so far: the impact is not known from them.",
    )


def test_errors_that_were_not_read_whole_are_a_lower_bound() -> None:
    one = worldpast.incident(NOW)
    world = world_of(one)
    found = world.metrics.value
    assert found is not None
    series = {
        **found.series,
        "edge.elb_5xx": msgspec.structs.replace(found.series["edge.elb_5xx"], status="Forbidden", times=(), values=()),
    }
    half = msgspec.structs.replace(world, metrics=worlds.seen(msgspec.structs.replace(found, series=series), NOW, "metrics"))
    assert any(said.startswith("Answers 5xx: at least ") for said in keeping.impact(half, FACTS, one))
    assert not any("at least" in said for said in keeping.impact(world, FACTS, one))


def test_a_change_whose_outcome_is_unknown_is_an_open_question() -> None:
    lost = worldpast.recorded(NOW, 50, Told.OUTCOME, "SCALE clickit-prod-api", id="abc", part="api", verdict="unknown")
    world = world_of(worldpast.incident(NOW), record=(*worldpast.told(NOW), lost))
    assert "SCALE clickit-prod-api ended as unknown" in section(made(world=world), "Open questions")


@pytest.mark.parametrize("text", ["a | b", "x\ny", "`code`", "<script>", "# not a heading"])
def test_foreign_text_does_not_break_the_tables(text: str) -> None:
    plain = worldpast.incident(NOW)
    said = worldpast.recorded(NOW, 100, Told.NOTE, text, id="n")
    lines = made(world=world_of(plain, record=(*worldpast.told(NOW), said)))
    rows = [line for line in lines if line.startswith("| 2026")]
    assert all(row.replace("\\|", "").count("|") == 4 for row in rows)
    assert "<script>" not in "\n".join(lines)
    assert [line for line in lines if line.startswith("## ")] == list(SECTIONS)


@pytest.mark.parametrize("name", ["denied", "stale", "hostile", "huge", "absent"])
def test_no_world_breaks_it(name: str) -> None:
    one = worldpast.incident(NOW)
    lines = note.lines(msgspec.structs.replace(getattr(worlds, f"{name}_world")(NOW), incidents=(one,)), FACTS, one)
    assert [line for line in lines if line.startswith("## ")] == list(SECTIONS)
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("see ![a](http://evil.example/b)", "](http"),
        ("a \\| b", "a \\\\| b"),
        (f"{'word ' * 78} postgres://clickit:hunter2hunter2@db/x and more", "hunter"),
    ],
)
def test_foreign_text_brings_no_link_no_column_and_no_half_of_a_secret(text: str, never: str) -> None:
    said = worldpast.recorded(NOW, 100, Told.NOTE, text, id="n")
    lines = made(world=world_of(worldpast.incident(NOW), record=(*worldpast.told(NOW), said)))
    assert never not in mask("\n".join(lines))


def test_rows_that_are_left_out_are_counted() -> None:
    said = tuple(worldpast.recorded(NOW, 300 - index / 10, Told.NOTE, f"note {index}", id=f"n{index}") for index in range(note.MOST + 50))
    timeline = section(made(world=world_of(worldpast.incident(NOW), record=said)), "Timeline")
    assert "older rows are left out" in timeline
    assert timeline.count("\n| 2026") <= note.MOST
