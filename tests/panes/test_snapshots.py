"""The panes as text at 80x24 and 140x50. `CLICKIT_SNAPSHOTS=write` renews the files; the diff is then read by a person."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from clickit_tui.config import Thresholds
from clickit_tui.panes.alarms import alarm_lines
from clickit_tui.panes.charts import data_lines, edge_lines
from clickit_tui.panes.identity import cause_line, identity_line, strip_line
from clickit_tui.panes.services import Options, service_rows
from clickit_tui.ui.cells import spans_width
from tests import worlds
from tests.panes.views import text, view_of

FOLDER = Path(__file__).parent / "snapshots"
NAMES = ("healthy", "incident", "loading", "denied", "stale")


def world_of(name: str):
    return worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(worlds.NOW)


def rendered(name: str, width: int) -> str:
    world = world_of(name)
    view = view_of(world)
    left = width // 2
    blocks = [
        [identity_line(world, view, width), strip_line(view, width), cause_line(view, width)],
        [row.spans for row in service_rows(world, view, width, Options())],
        edge_lines(world, view, left),
        data_lines(world, view, width - left, 8 if width > 100 else 5),
        alarm_lines(world, view, 46, 12),
    ]
    return "\n\n".join(text(block) for block in blocks) + "\n"


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("name", NAMES)
def test_panes_look_as_they_did(name, width):
    path = FOLDER / f"{name}_{width}.txt"
    now = rendered(name, width)
    if os.environ.get("CLICKIT_SNAPSHOTS") == "write":
        path.write_text(now)
    assert path.read_text() == now


@pytest.mark.parametrize("width", [60, 79, 80, 100, 140, 200])
@pytest.mark.parametrize("name", [*NAMES, "hostile", "huge"])
def test_no_line_is_wider_than_its_pane_and_none_holds_a_control_character(name, width):
    world = world_of(name)
    view = view_of(world)
    lines = [identity_line(world, view, width), strip_line(view, width), cause_line(view, width)]
    lines += [row.spans for row in service_rows(world, view, width, Options(all_stopped=True))]
    half = [*edge_lines(world, view, width // 2), *data_lines(world, view, width // 2, 8)]
    for line in lines:
        assert "".join(s.text for s in line).isprintable()
    assert all(spans_width(line) <= width // 2 for line in half if width >= 80)
    assert spans_width(lines[0]) <= width


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("read_only", ["", "--read-only"])
def test_environment_mode_account_and_region_never_drop(width, read_only):
    world = worlds.incident_world(worlds.NOW)
    line = text([identity_line(world, view_of(world, read_only=read_only), width)])
    for word in ("PROD", "123456789012", "eu-west-1", "READ-ONLY" if read_only else "OPERATOR"):
        assert word in line


def test_an_endpoint_that_is_not_aws_stands_in_place_of_the_account():
    import msgspec

    world = worlds.healthy_world(worlds.NOW)
    identity = msgspec.structs.replace(world.identity.value, endpoint="127.0.0.1:5000")
    world = msgspec.structs.replace(world, identity=msgspec.structs.replace(world.identity, value=identity))
    line = text([identity_line(world, view_of(world), 80)])
    assert "NOT AWS 127.0.0.1:5000" in line
    assert "123456789012" not in line


def test_unknown_is_never_a_zero():
    world = worlds.denied_world(worlds.NOW)
    shown = text(edge_lines(world, view_of(world), 40)).splitlines()[-1]
    assert shown.rstrip().endswith("?")


def test_a_budget_of_nothing_is_exceeded_and_ends_no_program():
    world = worlds.healthy_world(worlds.NOW)
    view = view_of(world)
    facts = msgspec.structs.replace(view.facts, thresholds=Thresholds(db_connections_budget=0))
    conns = data_lines(world, msgspec.structs.replace(view, facts=facts), 40, 8)[1]
    assert conns[-2].look == "fail"
    assert conns[-1].text == " / 0"
