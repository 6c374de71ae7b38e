"""The strip while logs are cut short, and a task's row while targets are not read."""

from __future__ import annotations

import msgspec

from clickit_tui.panes.identity import strip_line
from clickit_tui.panes.services import Options, service_rows
from clickit_tui.panes.services_tree import Looking
from clickit_tui.panes.services_tree import rows as tree_rows
from clickit_tui.ui.cells import Row
from clickit_tui.world.seen import Fault, Seen, Trouble
from clickit_tui.world.world import World
from tests import worlds
from tests.panes.views import text, view_of


def cut_short(world: World) -> World:
    assert world.log.value is not None
    return msgspec.structs.replace(
        world, log=msgspec.structs.replace(world.log, value=msgspec.structs.replace(world.log.value, partial=True))
    )


def test_logs_that_are_cut_short_do_not_crowd_out_what_is_wrong() -> None:
    line = strip_line(view_of(cut_short(worlds.incident_world(worlds.NOW))), 80)
    said = text([line])
    assert said == " ✖ edge 33 5xx/5m ✖ api 1/3 healthy ? frontend ! db 54/60 ✔ cache ✖ 2 alarms"
    assert {span.look for span in line if span.text.startswith("✖")} == {"accent"}
    assert {span.look for span in line if span.text.startswith("?")} == {"dim"}


def test_with_nothing_that_fails_they_are_said_as_unknown() -> None:
    line = strip_line(view_of(cut_short(worlds.healthy_world(worlds.NOW))), 120)
    assert "? frontend partial" in text([line])
    assert {span.look for span in line if span.text.startswith("?")} == {"unknown"}


def states(rows: list[Row]) -> set[str]:
    """What is said of running tasks."""
    return {row.spans[3].text.strip() for row in rows if row.key.startswith("task:") and "RUNNING" in row.spans[2].text}


def test_whether_a_task_is_a_target_is_not_known_before_targets_are_read() -> None:
    world = msgspec.structs.replace(worlds.healthy_world(worlds.NOW), targets=Seen())
    found = service_rows(world, view_of(world), 100, Options(roomy=True))
    assert states(found) == {"loading…"}
    denied = Fault(kind=Trouble.DENIED, sentence="denied")
    world = msgspec.structs.replace(world, targets=Seen(fault=denied))
    assert states(service_rows(world, view_of(world), 100, Options(roomy=True))) == {"? target: denied"}
    incident = msgspec.structs.replace(worlds.incident_world(worlds.NOW), targets=Seen(fault=denied))
    tree = states(tree_rows(incident, view_of(incident), 100, Looking()))
    assert tree == {"✖ container unhealthy", "? target: denied"}
    healthy = worlds.healthy_world(worlds.NOW)
    assert states(service_rows(healthy, view_of(healthy), 100, Options(roomy=True))) == {"✔ healthy"}


def test_a_task_that_no_target_group_has_is_said_to_have_no_target() -> None:
    world = msgspec.structs.replace(worlds.healthy_world(worlds.NOW), targets=worlds.seen((), worlds.NOW, "targets"))
    assert states(service_rows(world, view_of(world), 100, Options(roomy=True))) == {"– no target"}
