"""The rows of the Timeline: folding, marks, widths."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.panes.timeline import Looking, before_lines, entry_page, hidden, rows, runs, shown
from clickit_tui.ui.cells import spans_width
from clickit_tui.world.world import World
from tests import worldpast, worlds
from tests.panes.views import text, view_of

NOW = worlds.NOW


def crashing(times: list[float]) -> World:
    tasks = tuple(
        worlds.stopped(NOW, "api", index, 42, ago_s, "Essential container in task exited", "EssentialContainerExited", 1)
        for index, ago_s in enumerate(times, 0x50)
    )
    world = worlds.incident_world(NOW)
    return msgspec.structs.replace(world, tasks=worlds.seen(tasks, NOW, "tasks"))


def of_stops(world: World, **looking: object) -> list[int]:
    found = runs(world, view_of(world), msgspec.structs.replace(Looking(group="stop"), **looking))
    return [len(run) for run in found]


def test_what_says_the_same_soon_after_is_one_row_and_each_can_be_seen() -> None:
    world = crashing([600, 120, 60, 30])
    assert of_stops(world) == [1, 3]
    assert of_stops(world, quiet=True) == [1, 1, 1, 1]
    view = view_of(world)
    shown_rows = text([row.spans for row in rows(world, view, 100, Looking(group="stop"))])
    assert "×3 since 14:01:19Z" in shown_rows
    assert hidden(world, view, Looking(group="stop")) == 2
    page = text(entry_page(runs(world, view, Looking(group="stop"))[-1], view))
    assert "3 alike" in page
    assert "14:02:49Z, 14:02:19Z, 14:01:19Z" in page


def test_the_row_of_a_run_keeps_its_key_while_the_run_grows() -> None:
    before, after = crashing([120, 60]), crashing([120, 60, 10])
    key = [[run[0].id for run in runs(world, view_of(world), Looking(group="stop"))] for world in (before, after)]
    assert key[0] == key[1]


def test_marks_stand_in_time_and_only_within_what_is_asked_for() -> None:
    world = msgspec.structs.replace(worlds.incident_world(NOW), incidents=(worldpast.incident(NOW),))
    view = view_of(world)
    lines = text([row.spans for row in rows(world, view, 100, Looking())])
    assert lines.index("incident began") < lines.index("api:42 (v2.3.1) began")
    far = text([row.spans for row in rows(world, view, 100, Looking(around=NOW - 86_400))])
    assert "first bad minute" not in far
    assert "the moment you asked for" in far


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("name", ["healthy", "incident", "denied", "stale", "hostile", "huge", "absent", "loading"])
def test_no_line_is_wider_than_its_pane_and_none_holds_a_control_character(name: str, width: int) -> None:
    world = worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(NOW)
    view = view_of(world)
    lines = [row.spans for row in rows(world, view, width, Looking(quiet=True))] + before_lines(world, view, width, 9)
    assert all(spans_width(line) <= width for line in lines)
    assert "".join(span.text for line in lines for span in line).isprintable()
    assert all(row.key for row in rows(world, view, width, Looking()) if row.search)


def test_quiet_entries_are_counted_and_shown_on_demand() -> None:
    world = worlds.incident_world(NOW)
    view = view_of(world)
    assert len(shown(world, view, Looking(quiet=True))) > len(shown(world, view, Looking()))
    assert hidden(world, view, Looking(quiet=True)) == 0


def test_that_no_change_is_known_names_what_could_not_be_known() -> None:
    world = worlds.incident_world(NOW)
    old = msgspec.structs.replace(world, services=worlds.healthy_world(NOW).services, service_deployments=worlds.seen((), NOW))
    assert text(before_lines(old, view_of(old), 100, 6)).splitlines()[-1] == "  no change is known in the two hours before"
    blind = msgspec.structs.replace(old, db_events=worlds.faulty(worlds.denied("rds:DescribeEvents"), NOW))
    assert text(before_lines(blind, view_of(blind), 100, 6)).splitlines()[-1].endswith("two hours before; not seen: database")


def test_what_changed_after_the_first_bad_minute_is_told_as_later() -> None:
    world = worlds.incident_world(NOW)
    late = msgspec.structs.replace(world, secrets=worlds.seen((worlds.secret(NOW, changed_at=NOW - 60),), NOW, "secrets"))
    assert text(before_lines(late, view_of(late), 100, 6)).splitlines()[-1] == "  later: secret database-url changed, 6 m after"
