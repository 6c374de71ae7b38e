"""The dialogs of what costs and saves money as text at 80x24. `CLICKIT_SNAPSHOTS=write` renews the files; a person reads the diff."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.screens.change import change
from clickit_tui.ui.looks import symbols
from clickit_tui.ui.preview import Dialog, draw
from clickit_tui.world.mark import TAG
from clickit_tui.world.money import LogGroup
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World
from tests import worlds
from tests.fakes import FakeCore
from tests.panes.views import text
from tests.worlds import NOW

FOLDER = Path(__file__).parents[1] / "panes" / "snapshots"
ENVIRONMENT = Target(kind="environment", part="environment", id=worlds.ENV)


def world(desired: tuple[int, int] = (2, 1), tags: tuple[str, str] = ("", ""), database: str = "available", minimum: int = 2) -> World:
    services = tuple(
        msgspec.structs.replace(service, desired=count, running=count, tags=((TAG, tag),) if tag else ())
        for service, count, tag in zip(worlds.steady_services(NOW), desired, tags, strict=True)
    )
    group = LogGroup(name=f"/ecs/clickit-{worlds.ENV}-api", part="api", stored_bytes=12_000_000_000)
    fields: dict[str, Any] = {
        "services": services,
        "database": worlds.database(status=database),
        "scaling": (ScalableTarget(part="api", minimum=minimum, maximum=6, policies=("cpu",)),),
        "log_groups": (group,),
    }
    return msgspec.structs.replace(
        worlds.healthy_world(NOW), **{name: Seen(value=value, seen_at=NOW - 1) for name, value in fields.items()}
    )


def api(of: World) -> Target:
    return Target(kind="service", part="api", id=(of.services.value or ())[0].arn)


AWAKE = world()
ASLEEP = world((0, 0), ("desired=2 min=2 since=1795000000 by=OnCall/anna", "desired=1 since=1795000000 by=OnCall/anna"), "stopped", 0)
BUSY = world((0, 1), ("desired=2 min=2 since=1795000000 by=OnCall/anna", "somebody's"), "stopping", 0)

DIALOGS: dict[str, tuple[World, str, Target, dict[str, str]]] = {
    "sleep": (AWAKE, "sleep", ENVIRONMENT, {}),
    "sleep_asleep": (ASLEEP, "sleep", ENVIRONMENT, {}),
    "wake": (ASLEEP, "wake", ENVIRONMENT, {}),
    "wake_busy": (BUSY, "wake", ENVIRONMENT, {}),
    "bounds": (AWAKE, "bounds", api(AWAKE), {"maximum": "9"}),
    "bounds_refused": (AWAKE, "bounds", api(AWAKE), {"minimum": "7"}),
    "retention": (AWAKE, "retention", Target(kind="log group", part="api", id=f"/ecs/clickit-{worlds.ENV}-api"), {}),
    "retention_refused": (AWAKE, "retention", Target(kind="log group", part="api", id=f"/ecs/clickit-{worlds.ENV}-api"), {"days": "31"}),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_dialogs_look_as_they_did(name: str) -> None:
    of, action, target, typed = DIALOGS[name]
    core = FakeCore(of, protected=False)
    one = next(each for each in actions() if each.id == action)
    opened = change(None, core, one, target)  # type: ignore[arg-type]
    lines = draw(Dialog(preview=opened.preview(typed)), 77, 24, symbols(False))
    now = text(list(lines)) + "\n"
    path = FOLDER / f"dialog_{name}.txt"
    if os.environ.get("CLICKIT_SNAPSHOTS") == "write":
        path.write_text(now)
    assert path.read_text() == now
    assert len(lines) <= 24
