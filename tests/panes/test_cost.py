"""The Cost screen's rows over fixture Worlds: amounts in columns, unknown said and never zero, a row that means what it shows."""

import msgspec
import pytest

from clickit_tui.panes.cost import cost_lines, cost_rows
from clickit_tui.panes.keys import target_of
from clickit_tui.ui.cells import spans_width
from clickit_tui.world.mark import TAG, Mark
from clickit_tui.world.money import Spend
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.panes.views import text, view_of
from tests.worlds import NOW


def drawn(world, width=80):
    return [text([row.spans]) for row in cost_rows(world, view_of(world), width)]


@pytest.mark.parametrize("name", ["healthy", "incident", "denied", "stale", "loading", "hostile", "absent", "huge"])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_world_is_drawn_within_the_width(name, width):
    world = getattr(worlds, f"{name}_world")()
    rows = cost_rows(world, view_of(world), width)
    assert {spans_width(row.spans) for row in rows if row.key and spans_width(row.spans) > width} == set()
    for row in rows:
        cost_lines(world, view_of(world), row.key)


def test_amounts_stand_in_their_columns():
    lines = {line[:18].strip(): (line[18:27].strip(), line[27:36].strip()) for line in drawn(worlds.healthy_world())}
    assert lines["RDS"] == ("50.00", "52.05")
    assert lines["its address"] == ("", "7.30")
    assert lines["WAF"] == ("10.00", "10.00")
    assert lines["total"][0] == "260.00"


def test_what_was_denied_is_unknown_and_the_total_says_at_least():
    lines = drawn(worlds.denied_world())
    row = next(line for line in lines if line.startswith(" RDS"))
    assert row[27:36].strip() == "?"
    assert "no permission" in row
    assert any(line.startswith(" total") and "at least: " in line for line in lines)


def test_a_row_means_what_it_shows():
    world = worlds.healthy_world()
    keys = [row.key for row in cost_rows(world, view_of(world), 80)]
    targets = {(target.kind, target.part, target.id) for key in keys if (target := target_of(key, world))}
    assert ("log group", "api", f"/ecs/clickit-{worlds.ENV}-api") in targets
    assert ("environment", "environment", "environment") in targets
    assert {part for kind, part, _ in targets if kind == "service"} == {"api"}
    assert all(target_of(key, world) is None for key in keys if key.startswith(("bill:", "saving:", "spend:")))


def test_a_sleeping_environment_says_since_when_and_what_drifted():
    mark = Mark(asleep=True, desired=2, since=NOW - 7200, by="night").text()
    services = tuple(msgspec.structs.replace(s, desired=0, tags=((TAG, mark),)) for s in worlds.steady_services(NOW))
    world = msgspec.structs.replace(worlds.healthy_world(), services=Seen(value=services, seen_at=NOW))
    first = drawn(world, 160)[0]
    assert "asleep for 2 h, by night" in first
    assert "the database is available" in first


def test_what_was_billed_names_its_days_and_what_it_covers():
    spend = Spend(start="2026-10-28", end="2026-11-27", services=(("Amazon ECS", 80.5), ("AmazonCloudWatch", 3.25)), note="n", asked_at=NOW)
    lines = drawn(msgspec.structs.replace(worlds.healthy_world(), spend=Seen(value=spend, seen_at=NOW)))
    (total,) = [line for line in lines if line.startswith(" 30 days")]
    assert "83.75" in total
    assert "2026-10-28 to 2026-11-27, the whole account" in total
    assert any("80.50" in line and "Amazon ECS" in line for line in lines)
