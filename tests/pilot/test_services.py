"""Screen 2 through the app: views, drill-in, a task's own log, following, and the roll-back from key to call."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager

import msgspec
import pytest

from clickit_tui.screens.comparing import Details
from clickit_tui.screens.services import ServicesScreen
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.world.follow import Follow, Following, Phase
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, type_token, until

NOW = worlds.NOW


@asynccontextmanager
async def services(core, size=(100, 40)):
    """The dashboard on screen 2."""
    async with running(core, size) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServicesScreen) and bool(app.screen.listing.table.model.rows))
        yield app, pilot


async def select(app, pilot, wanted):
    """Move the cursor with the arrow keys to the row whose key begins so."""
    table = app.board.listing.table
    await pilot.press("g")
    for _ in range(len(table.model.visible)):
        if (table.cursor_key or "").startswith(wanted):
            return
        await pilot.press("j")
    assert (table.cursor_key or "").startswith(wanted)


def shown(app):
    return app.board.listing.table.text, app.board.detail.table.text


async def test_v_goes_through_the_views_and_back():
    async with services(FakeCore(worlds.incident_world(NOW))) as (app, pilot):
        assert "new :42" in shown(app)[0]
        await pilot.press("v")
        await until(pilot, lambda: "application exited ×3" in shown(app)[0] and "new :42" not in shown(app)[0])
        await pilot.pause()
        assert not app.board.selection.adrift
        assert app.board.note == ""
        await pilot.press("v")
        await until(pilot, lambda: "alembic" in shown(app)[0])
        await pilot.press("v")
        await until(pilot, lambda: "new :42" in shown(app)[0])


async def test_enter_drills_from_a_service_to_a_container_and_shuts_again():
    async with services(FakeCore(worlds.healthy_world(NOW))) as (app, pilot):
        await select(app, pilot, "task:")
        await pilot.press("enter")
        await until(pilot, lambda: "exec agent running" in shown(app)[0])
        await select(app, pilot, "service:")
        await pilot.press("enter")
        await until(pilot, lambda: "exec agent running" not in shown(app)[0])
        await pilot.press("enter")
        await select(app, pilot, "past:api")
        await pilot.press("enter")
        await until(pilot, lambda: "successful" in shown(app)[0])


async def test_a_group_of_stopped_tasks_reads_the_log_of_its_newest_task_and_l_shows_it():
    world = worlds.incident_world(NOW)
    core = FakeCore(world)
    newest = max((t for t in world.tasks.value if t.part == "api" and t.stopped), key=lambda t: t.stopped_at)
    async with services(core) as (app, pilot):
        await select(app, pilot, "stops:")
        await until(pilot, lambda: "its line -1" in shown(app)[1])
        assert core.logs_read == [newest.arn]
        assert "read the last lines of its log" in shown(app)[1]
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Page) and "its line -1" in app.screen.text)


async def test_d_on_a_deployment_shows_what_differs():
    async with services(FakeCore(worlds.incident_world(NOW))) as (app, pilot):
        await select(app, pilot, "deployment:")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "clickit/api:v2.3.0 → clickit/api:v2.3.1" in app.screen.text


async def test_f_follows_the_deployment_of_somebody_else():
    core = FakeCore(worlds.incident_world(NOW))
    async with services(core) as (app, pilot):
        await select(app, pilot, "service:")
        await pilot.press("f")
        await until(pilot, lambda: bool(core.followed))
        primary = core.store.world.services.value[0].primary
        assert (core.followed[0].deployment, core.followed[0].started_at) == (primary.id, primary.created_at)
        await select(app, pilot, "service:arn:aws:ecs:eu-west-1:123456789012:service/clickit-prod-cluster/clickit-prod-frontend")
        await pilot.press("f")
        await until(pilot, lambda: "no deployment of frontend is under way" in app.board.note)
        assert len(core.followed) == 1


@pytest.mark.parametrize("row", ["service:", "deployment:", "task:"])
async def test_b_while_a_deployment_runs_stops_it_at_once(row):
    core = FakeCore(worlds.incident_world(NOW))
    async with services(core) as (app, pilot):
        await select(app, pilot, row)
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await type_token(app, pilot, "prod/api")
        await until(pilot, lambda: bool(core.sent))
        call = core.sent[0].steps[0].call
        assert call.operation == "StopServiceDeployment"
        assert call.params["serviceDeploymentArn"] == core.store.world.services.value[0].service_deployment


async def test_b_otherwise_opens_the_picker_on_the_newest_good_revision():
    core = FakeCore(worlds.healthy_world(NOW))
    async with services(core, (80, 24)) as (app, pilot):
        await select(app, pilot, "service:")
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        assert ":40  v2.0.40 sha256:40" in app.screen.text
        assert "PROD" in app.screen.text
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await type_token(app, pilot, "prod/api")
        await until(pilot, lambda: bool(core.sent))
        call = core.sent[0].steps[0].call
        assert (call.operation, call.params["taskDefinition"]) == ("UpdateService", worlds.definition_arn("api", 40))


async def test_read_only_goes_up_to_the_confirmation():
    core = FakeCore(worlds.healthy_world(NOW), read_only="--read-only")
    async with services(core) as (app, pilot):
        await select(app, pilot, "service:")
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await type_token(app, pilot, "prod/api")
        assert core.sent == []


async def test_a_selected_task_that_vanishes_lends_its_key_to_no_other_row():
    world = worlds.healthy_world(NOW)
    core = FakeCore(world)
    async with services(core) as (app, pilot):
        await select(app, pilot, "task:")
        gone = app.board.listing.table.cursor_key.removeprefix("task:")
        core.store.put(tasks=worlds.seen(tuple(t for t in world.tasks.value if t.arn != gone), NOW, "tasks"))
        await until(pilot, lambda: app.board.listing.table.cursor_key != f"task:{gone}")
        await pilot.press("K")
        await pilot.pause()
        assert not isinstance(app.screen, Confirm)


@pytest.mark.parametrize("name", ["healthy", "denied", "stale", "hostile", "huge", "absent"])
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_every_world_passes_through_the_screen(name, size):
    core = FakeCore(getattr(worlds, f"{name}_world")(NOW))
    async with services(core, size) as (app, pilot):
        for key in ("v", "v", "v", ".", "j", "enter", "j", "j", "enter", "z", "z"):
            await pilot.press(key)
        assert all(isinstance(part, str) for part in shown(app))


async def test_memory_fills_what_ecs_forgot():
    old = worlds.stopped(NOW, "api", 0x60, 42, 7200, "Essential container in task exited", "EssentialContainerExited", 1)
    core = FakeCore(msgspec.structs.replace(worlds.healthy_world(NOW), remembered=(old,)))
    async with services(core) as (app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: "×1 (1 from memory)" in shown(app)[0])


@pytest.mark.parametrize("bell", [True, False])
async def test_the_bell_rings_once_when_a_followed_change_ends(bell, monkeypatch):
    core = FakeCore(worlds.healthy_world(NOW))
    core.config = msgspec.structs.replace(core.config, bell=bell)
    rung = []
    async with running(core) as (app, _):
        monkeypatch.setattr(app, "bell", lambda: rung.append(1))
        begun = Following(follow=Follow(kind="deployment", env="prod", part="api", intent="a"))
        core.store.put(follows=(begun,))
        app._paint()
        ended = msgspec.structs.replace(begun, phase=Phase.FAILED, ended_at=NOW)
        core.store.put(follows=(ended,))
        app._paint()
        app._paint()
        assert rung == [1] * bell


async def test_images_and_secrets_are_read_always_and_at_once_when_a_roll_back_is_asked_for():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (_, pilot):
        assert core.store.read(("images",))
        assert core.store.read(("secrets",))
        assert ("images", "secrets") not in core.refreshed
        await pilot.press("2", "B")
        await until(pilot, lambda: ("images", "secrets") in core.refreshed)


def unlike(definition, number, **container):
    """Another revision of a definition, with other fields in its container."""
    first = msgspec.structs.replace(definition.containers[0], **container)
    return msgspec.structs.replace(definition, arn=f"{definition.arn.rpartition(':')[0]}:{number}", revision=number, containers=(first,))


async def test_d_on_the_details_compares_any_two_revisions_and_shows_no_value_that_is_not_allowed():
    world = worlds.healthy_world(NOW)
    core = FakeCore(world)
    now = next(d for d in world.definitions.value if d.arn == worlds.definition_arn("api", 41))
    registered = (
        unlike(
            now,
            50,
            environment=(("LOG_LEVEL", "DEBUG"), ("API_TOKEN", "hunter2-new")),
            secrets=(("KEY", "arn:aws:secretsmanager:x:1:secret:b"),),
        ),
        unlike(
            now,
            49,
            environment=(("LOG_LEVEL", "INFO"), ("API_TOKEN", "hunter2-old")),
            secrets=(("KEY", "arn:aws:secretsmanager:x:1:secret:a"),),
        ),
    )
    core.definitions = {d.arn: d for d in registered}
    async with services(core, (80, 24)) as (app, pilot):
        await select(app, pilot, "deployment:")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Details) and not app.screen._unlisted)
        assert "d compare revisions" in app.screen.text
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "compare api: from which revision" in app.screen.text)
        numbers = [int(n) for n in re.findall(r" :(\d+) ", app.screen.text)]
        assert numbers[:3] == [50, 49, 41]
        assert numbers == sorted(numbers, reverse=True)
        await pilot.press("4", "9", "enter")
        await until(pilot, lambda: "compare api: from :49 to which" in app.screen.text)
        assert ":49 " not in app.screen.text.split("\n", 1)[1]
        await pilot.press("5", "0", "enter")
        await until(pilot, lambda: "differences clickit-prod-api:49" in app.screen.text)
        page = app.screen.text
        assert "LOG_LEVEL INFO → DEBUG" in page
        assert "API_TOKEN: another value (not shown)" in page
        assert "secret KEY a → b" in page
        assert "hunter2" not in page
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Details))


async def test_the_row_suggests_the_two_revisions_and_one_that_is_gone_is_said_to_be():
    world = worlds.incident_world(NOW)
    core = FakeCore(world)
    gone = f"{worlds.definition_arn('api', 7)}"
    core.definitions = {gone: None}
    async with services(core) as (app, pilot):
        await select(app, pilot, "service:")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Details) and not app.screen._unlisted)
        await pilot.press("d", "enter", "enter")
        await until(pilot, lambda: "differences clickit-prod-api:41 → clickit-prod-api:42" in app.screen.text)
        await pilot.press("escape", "d", "7", "enter", "enter")
        await until(pilot, lambda: "there is no such task definition" in app.screen.text)
