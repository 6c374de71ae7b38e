"""Shells, tunnels, commands and questions from the key to what follows, over a core that is held still."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.reach.capture import Captured
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.world.machine import Tunnel
from tests import worlds
from tests.fakes import FakeCore, Sent
from tests.pilot.driving import running, select, type_token, until

replace = msgspec.structs.replace
WORLD = worlds.healthy_world()
TASK = next(t for t in WORLD.tasks.value or () if t.part == "frontend" and not t.stopped)
ROW = f"task:{TASK.arn}"


def with_task(**changes):
    """The World with that task changed."""
    tasks = tuple(replace(t, **changes) if t.arn == TASK.arn else t for t in WORLD.tasks.value)
    return replace(WORLD, tasks=replace(WORLD.tasks, value=tasks))


async def on_row(app, pilot):
    """The task's own row is under the cursor."""
    await select(
        app, pilot, next(r.key for r in app.board.services.table.model.visible if r.key.startswith("service:") and "frontend" in r.key)
    )
    await pilot.press("enter")
    await until(pilot, lambda: any(r.key == ROW for r in app.board.services.table.model.visible))
    await select(app, pilot, ROW)


async def palette(app, pilot, words):
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(app.screen, Picker))
    await pilot.press(*("space" if c == " " else c for c in words), "enter")


async def confirmed(app, pilot):
    await until(pilot, lambda: isinstance(app.screen, Confirm))
    await type_token(app, pilot, "prod/frontend")


@pytest.mark.parametrize(("words", "kind"), [("enable", ""), ("health path", "command"), ("psql in", "shell")])
async def test_the_palette_leads_to_one_preview_and_what_it_opens(words, kind):
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await palette(app, pilot, words)
        if not kind:
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            return
        await confirmed(app, pilot)
        await until(pilot, lambda: bool(core.sent) and bool(core.shells.opened))
        assert core.shells.opened[0].kind == kind
        assert core.sent[0].steps[0].call.action == "ecs:ExecuteCommand"


async def test_a_shell_that_cannot_be_handed_over_is_said_after_it_was_granted():
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("X")
        await confirmed(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert core.shells.opened[0].task == TASK.arn
        assert core.sent[0].action == "shell"


async def test_a_commands_output_is_masked_and_a_tunnel_offers_its_line():
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await palette(app, pilot, "run one command")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        app.screen.model._settles_at = 0.0
        await pilot.press("i", "d")
        await confirmed(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "(id\n); echo __clickit_rc=$?" in core.sent[0].steps[0].call.params["command"]
        await until(pilot, lambda: "exit code 0" in app.screen.text)
        assert "hunter22" not in app.screen.text
        await pilot.press("escape", "P")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await confirmed(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker) and "copy" in app.screen.text)
        assert "hostaddr=127.0.0.1" in app.screen.text
        assert "copy this line" in app.screen.text


async def test_the_page_of_a_command_that_runs_can_be_left_and_opened_again():
    core = FakeCore(WORLD)
    core.shells.ends.clear()
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await palette(app, pilot, "health path")
        await confirmed(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, Page) and "running…" in app.screen.text)
        await pilot.press("escape")
        await until(pilot, lambda: "still running" in app.board.note)
        await palette(app, pilot, "outputs")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "running…, begun" in app.screen.text)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "pid | state" in app.screen.text)
        await pilot.press("escape")
        core.shells.ends.set()
        await until(pilot, lambda: "exit code 0" in app.board.note)
        await palette(app, pilot, "outputs")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "exit code 0" in app.screen.text)
        assert "hunter22" not in app.screen.text


async def test_one_confirmation_opens_the_list_and_each_question_is_sent_by_itself():
    core = FakeCore(WORLD)
    core.shells.answer = Captured(lines=("psql is not in this image",), code=127, over=True)
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("Q")
        await confirmed(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, Picker))
        assert core.sent == []
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "Performance Insights" in app.screen.text)
        assert [step.words for step in core.sent[0].steps] == ["longest running"]
        assert "Lock:relation" in app.screen.text
        await pilot.press("escape", "escape", "Q")
        await until(pilot, lambda: isinstance(app.screen, Picker))


async def test_a_denied_tunnel_is_explained():
    core = FakeCore(WORLD)

    async def denied(plan, replan):
        core.store.put(denied=frozenset({"ssm:StartSession"}))
        return Sent(kind="failed", sentence="no permission: ssm:StartSession")

    core.carry_out = denied
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await confirmed(app, pilot)
        await until(pilot, lambda: "recommends denying" in " ".join(app.screen.text.split()))
        assert core.shells.opened == []


async def test_a_session_that_could_not_be_had_leads_to_the_conditions():
    core = FakeCore(WORLD)

    async def failed(plan, replan):
        return Sent(kind="failed", sentence="TargetNotConnectedException: try again later")

    core.carry_out = failed
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("X")
        await confirmed(app, pilot)
        await until(pilot, lambda: "can a shell be opened" in " ".join(app.screen.text.replace("│", " ").split()))
        assert core.shells.opened == []


async def test_what_is_typed_into_a_dialog_never_goes_to_a_shell():
    core = FakeCore(WORLD)
    async with running(core) as (app, pilot):
        joined = core.shells.invocation

        async def late(grant, opening):
            await app.push_screen(Picker("opened meanwhile", []))
            return await joined(grant, opening)

        core.shells.invocation = late
        await on_row(app, pilot)
        await pilot.press("X")
        await confirmed(app, pilot)
        await until(pilot, lambda: "a dialog was opened meanwhile" in app.board.note)
        assert core.noted == []


async def test_a_service_without_exec_is_offered_the_plan_to_enable_it():
    core = FakeCore(with_task(exec_enabled=False, containers=tuple(replace(c, exec_agent="") for c in TASK.containers)))
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "ENABLE EXEC" in app.screen.text
        assert core.sent == []


async def test_an_agent_that_starts_is_waited_for():
    core = FakeCore(with_task(containers=tuple(replace(c, exec_agent="PENDING") for c in TASK.containers)))
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and ("tasks",) in core.refreshed)
        assert "is starting" in app.screen.text
        core.store.put(tasks=WORLD.tasks)
        app._paint()
        await until(pilot, lambda: "type prod/frontend" in app.screen.text)


async def test_every_condition_is_listed_without_connecting():
    core = FakeCore(with_task(exec_enabled=False), read_only="--read-only")
    async with running(core) as (app, pilot):
        await on_row(app, pilot)
        await palette(app, pilot, "every condition")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "no: read-only" in app.screen.text
        assert "a running task cannot be changed" in app.screen.text
        assert core.sent == []


async def test_leaving_asks_while_a_tunnel_is_open_and_the_palette_closes_it():
    core = FakeCore(replace(WORLD, tunnels=(TUNNEL,)))
    async with running(core) as (app, pilot):
        assert "tunnel :15432" in app.board.identity.text
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        assert "1 tunnel is closed" in app.screen.text
        await pilot.press("escape")
        await palette(app, pilot, "tunnels")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "through api" in app.screen.text)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "close the tunnel" in app.screen.text)
        await pilot.press("down", "enter")
        await until(pilot, lambda: core.shells.closed == ["s-1"])


TUNNEL = Tunnel(
    id="s-1", part="api", task="arn:task/c/8f3a21bc", to="database", host="h", port=5432, local_port=15432, opened_at=worlds.NOW - 240,
    state="open", ready='psql "host=h"',
)  # fmt: skip
