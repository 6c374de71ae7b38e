"""Every key of Triage through the app: what it opens, what it sends, what it refuses."""

from __future__ import annotations

import random

import msgspec
import pytest

from clickit_tui.panes.services import service_rows
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.ui.prompt import Prompt
from tests import worlds
from tests.fakes import FakeCore, line
from tests.pilot.driving import NAMES, running, select, show, type_token, until
from tests.pilot.test_targets import moved, target_of_plan

NOW = worlds.NOW


def service_key(part: str) -> str:
    world = worlds.incident_world(NOW)
    return next(f"service:{s.arn}" for s in world.services.value or () if s.part == part)


@pytest.mark.parametrize(
    ("key", "operation", "params"), [("S", "UpdateService", {"desiredCount"}), ("R", "UpdateService", {"forceNewDeployment"})]
)
@pytest.mark.parametrize("part", ["api", "frontend"])
async def test_a_service_key_sends_its_call_to_the_selected_service(part, key, operation, params):
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        await select(app, pilot, service_key(part))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        if key == "S":
            app.screen.model._settles_at = 0.0
            await pilot.press("ctrl+u", "4")
        await type_token(app, pilot, f"prod/{part}")
        await until(pilot, lambda: bool(core.sent))
        call = core.sent[0].steps[0].call
        assert (call.operation, call.params["service"]) == (operation, f"clickit-prod-{part}")
        assert set(call.params) - {"cluster", "service"} == params


async def test_stop_goes_to_the_selected_task_with_a_filter_on_and_after_a_re_sort():
    world = worlds.incident_world(NOW)
    core = FakeCore(world)
    wanted = [t for t in world.tasks.value or () if t.part == "api" and not t.stopped][-1]
    async with running(core) as (app, pilot):
        app.board.services.table.set_filter("RUNNING")
        await pilot.press("s")
        await select(app, pilot, f"task:{wanted.arn}")
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await type_token(app, pilot, "prod/api")
        await until(pilot, lambda: bool(core.sent))
        assert target_of_plan(core.sent[0]) == wanted.arn


async def test_a_row_that_vanished_lends_its_key_press_to_no_other_row():
    world = worlds.incident_world(NOW)
    core = FakeCore(world)
    running_tasks = [t for t in world.tasks.value or () if t.part == "api" and not t.stopped]
    async with running(core) as (app, pilot):
        await select(app, pilot, f"task:{running_tasks[0].arn}")
        rest = tuple(t for t in world.tasks.value or () if t.arn != running_tasks[0].arn)
        await show(app, pilot, msgspec.structs.replace(world, tasks=msgspec.structs.replace(world.tasks, value=rest)))
        await pilot.press("K")
        await pilot.pause()
        assert not isinstance(app.screen, Confirm)
        await pilot.press("g", "down", "K")
        await until(pilot, lambda: isinstance(app.screen, Confirm))


async def test_a_hundred_moments_with_rows_moving_under_the_cursor():
    world = worlds.incident_world(NOW)
    core = FakeCore(world)
    rng = random.Random(5)
    opened = 0
    async with running(core) as (app, pilot):
        table = app.board.services.table
        for step in range(100):
            world = moved(world, step)
            if len(world.tasks.value or ()) < 3:
                world = worlds.incident_world(NOW)
            await show(app, pilot, world)
            await pilot.press(rng.choice(["down", "up", "j", "k", "G", "g"]))
            seen = table.cursor_key or ""
            if not seen.startswith("task:") or app.board.selection.adrift:
                continue
            await pilot.press("K")
            await pilot.pause()
            if isinstance(app.screen, Confirm):
                opened += 1
                assert seen.rsplit("/", 1)[-1][:8] in app.screen.text
                await pilot.press("escape")
                await until(pilot, lambda: not isinstance(app.screen, Confirm))
    assert opened >= 15


async def test_read_only_previews_and_copies_but_cannot_run():
    core = FakeCore(worlds.incident_world(NOW), read_only="--read-only")
    async with running(core) as (app, pilot):
        await select(app, pilot, service_key("api"))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "read-only" in app.screen.text
        await type_token(app, pilot, "prod/api")
        await pilot.pause()
        assert core.sent == []


@pytest.mark.parametrize(("key", "screen"), [("?", Page), ("d", Page), (":", Picker), ("a", Picker), ("/", Prompt)])
async def test_a_key_opens_its_screen_and_escape_leaves_it(key, screen):
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        await pilot.press(NAMES.get(key, key))
        await until(pilot, lambda: isinstance(app.screen, screen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.board)


async def test_the_command_that_shows_a_row_is_copied_with_profile_and_region(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("TMUX", raising=False)
    kept = tmp_path / "clickit-tui" / "last-copy.txt"
    async with running(FakeCore(worlds.healthy_world())) as (app, pilot):
        await select(app, pilot, service_key("frontend"))
        await pilot.press("c")
        await until(pilot, kept.exists)
        shown = "aws ecs describe-services --cluster clickit-prod-cluster --services clickit-prod-frontend"
        await until(pilot, lambda: kept.read_text().startswith(shown))
        assert kept.read_text().split(shown)[1] == f" --profile clickit --region {worlds.REGION}"


async def test_locking_from_the_palette_lasts():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"lock", "enter")
        await until(pilot, lambda: bool(core.locked))
        await until(pilot, lambda: "READ-ONLY" in app.board.identity.text)


async def test_the_filter_hides_rows_counts_them_and_ends_with_escape():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        table = app.board.services.table
        everything = len(table.model.visible)
        await pilot.press("slash", *"frontend", "enter")
        await until(pilot, lambda: app.screen is app.board)
        assert len(table.model.visible) < everything
        await pilot.press("escape")
        await pilot.pause()
        assert len(table.model.visible) == everything


async def test_the_log_pauses_without_losing_a_line_and_narrows_to_the_selection():
    core = FakeCore(worlds.incident_world(NOW), lines=[line(i, part="api" if i % 2 else "frontend") for i in range(20)])
    core.version = 1
    async with running(core) as (app, pilot):
        tail = app.board.logs.tail
        await until(pilot, lambda: tail.model.count == 20)
        await pilot.press("f")
        core.lines += [line(i) for i in range(20, 25)]
        core.version = 2
        await until(pilot, lambda: tail.new == 5)
        await pilot.press("f")
        assert tail.following
        assert tail.model.count == 25
        await select(app, pilot, service_key("frontend"))
        await pilot.press("l")
        core.version = 3
        await until(pilot, lambda: tail.model.shown == 10)
        assert tail.hidden == 15


async def test_ctrl_c_never_quits_and_q_does():
    core = FakeCore(worlds.healthy_world(NOW))
    async with running(core) as (app, pilot):
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.is_running
        assert "press q" in app.board.cause.text
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


@pytest.mark.parametrize("name", ["hostile_world", "huge_world", "denied_world", "stale_world"])
async def test_every_world_passes_through_every_pane(name):
    core = FakeCore(getattr(worlds, name)(NOW), lines=[line(1, text="[/x] [b] 漢 é" + "x" * 1_000_000)])
    core.version = 1
    async with running(core, size=(160, 45)) as (app, pilot):
        for key in ("d", "w", "a", "question_mark", "R", "S"):
            await pilot.press(key)
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
        assert app.is_running


async def test_tab_reaches_every_pane_and_z_gives_it_the_screen_and_back():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core, size=(80, 24)) as (app, pilot):
        board = app.board
        await pilot.press("tab", "tab")
        assert app.focused is board.data
        before = board.data.size.height
        await pilot.press("z")
        await until(pilot, lambda: board.data.size.height > 15 and "engine" in board.data.lines.text)
        await pilot.press("z")
        await until(pilot, lambda: board.data.size.height == before)
        await pilot.press("z", "l")
        await until(pilot, lambda: board.logs.display)


async def test_the_row_left_by_a_filter_can_be_acted_on_and_escape_goes_back_to_the_one_before():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        table = app.board.services.table
        await select(app, pilot, service_key("api"))
        await pilot.press("slash", *"frontend")
        await until(pilot, lambda: table.cursor_key == service_key("frontend"))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.board)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "clickit-prod-frontend" in app.screen.text
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.board)
        await pilot.press("escape")
        await select(app, pilot, service_key("api"))
        await pilot.press("slash", *"frontend", "escape")
        await until(pilot, lambda: app.screen is app.board)
        assert table.cursor_key == service_key("api")
        assert app.board.selected() is not None


async def test_a_sentence_gives_the_cause_its_row_back_after_some_seconds():
    core = FakeCore(worlds.incident_world(NOW))
    async with running(core) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: "reading everything again" in app.board.cause.text)
        core.now += 9
        await until(pilot, lambda: "likely: deployment" in app.board.cause.text)


async def test_typing_a_filter_makes_no_row_anew_and_a_change_does(monkeypatch):
    made = []
    monkeypatch.setattr("clickit_tui.panes.triage.service_rows", lambda *given: made.append(given[1]) or service_rows(*given))
    async with running(FakeCore(worlds.incident_world())) as (app, pilot):
        await until(pilot, lambda: app.board.view in made)
        painted = list(made)
        await pilot.press("slash", *"api", "backspace")
        await until(pilot, lambda: app.board.services.table.filter_text == "ap")
        since = made[len(painted) :]
        assert not any(view is known for view in since for known in painted)
        assert len({id(view) for view in since}) == len(since)
        made.clear()
        await show(app, pilot, worlds.healthy_world())
        assert made


async def test_details_of_a_task_that_is_gone_keep_what_was_known_and_say_so():
    world = worlds.incident_world(NOW)
    async with running(FakeCore(world)) as (app, pilot):
        shown = {row.key for row in app.board.services.table.model.visible}
        task = next(t for t in world.tasks.value if f"task:{t.arn}" in shown)
        await select(app, pilot, f"task:{task.arn}")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Page) and task.id in app.screen.text)
        gone = tuple(t for t in world.tasks.value if t.arn != task.arn)
        await show(app, pilot, msgspec.structs.replace(world, tasks=msgspec.structs.replace(world.tasks, value=gone)))
        await until(pilot, lambda: "is not in the newest reading any more" in app.screen.text)
        assert task.id in app.screen.text
