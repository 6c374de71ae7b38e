"""Screen 6 under a pilot: from anywhere to the cause, from the cause to its fix, what a person ticks and notes."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.checks.registry import Todo
from clickit_tui.panes.playbook import acted_on, wanted_playbook
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.world.incident import Recorded, Told
from tests import worldpast, worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until


def shown(app):
    return app.board.pane.table.text


@pytest.mark.parametrize("start", ["1", "2", "3", "0"])
async def test_why_opens_the_playbook_of_the_cause_from_anywhere(start):
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press(start)
        await until(pilot, lambda: app.place == start)
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6" and "MOST LIKELY" in shown(app))
        assert app.board.pane.reading.playbook == "5xx"


async def test_two_keys_lead_from_triage_to_the_preview_of_the_fix():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6" and app.board.pane.table.cursor_key == "todo:0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, (Confirm, Picker)))
        assert "ROLL" in app.screen.text.upper()
        assert core.sent == []


async def test_a_step_opens_its_evidence_and_what_passes_folds():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core, (80, 24)) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.place == "6" and "pass" in "\n".join(r.spans[0].text for r in app.board.pane.table.model.rows))
        app.board.pane.table.to("step:targets")
        await pilot.press("enter")
        await until(pilot, lambda: any("would change it" in s.text for r in app.board.pane.table.model.rows for s in r.spans))
        rows = len(app.board.pane.table.model.rows)
        await pilot.press("full_stop")
        await until(pilot, lambda: len(app.board.pane.table.model.rows) > rows)
        assert "passed" not in [row.key for row in app.board.pane.table.model.rows]


async def test_a_person_ticks_and_notes_and_the_timeline_keeps_it():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.place == "6" and bool(app.board.pane.table.model.rows))
        app.board.pane.table.to("step:a-request")
        await pilot.press("space")
        await until(pilot, lambda: core.bookmarks == ["playbook API returning 5xx: a request: done"])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"502", "enter")
        await until(pilot, lambda: core.bookmarks[-1].endswith("a request: 502"))
        assert app.board.pane.noted("a-request") == "502"


async def test_ticks_belong_to_the_incident_and_outlive_the_session():
    declared = worldpast.incident(worlds.NOW)
    kept = Recorded(at=worlds.NOW - 60, kind=Told.BOOKMARK, text="playbook x: a request: 502", step="5xx/a-request", said="502")
    world = msgspec.structs.replace(worlds.incident_world(worlds.NOW), incidents=(declared,), record=(kept,))
    core = FakeCore(world)
    async with running(core) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.place == "6" and app.board.pane.noted("a-request") == "502")
        app.board.pane.table.to("step:a-request")
        await pilot.press("space")
        await until(pilot, lambda: app.board.pane.noted("a-request") is None)
        assert core.store.world.record[-1].step == "5xx/a-request"
        await pilot.press("space")
        await until(pilot, lambda: app.board.pane.noted("a-request") == "")
        core.store.put(incidents=(msgspec.structs.replace(declared, ended_at=worlds.NOW + 1, resolution="over"),))
        core.now = worlds.NOW + 2
        await until(pilot, lambda: app.board.pane.noted("a-request") is None)


async def test_every_playbook_is_shown_and_details_hold_every_check():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.place == "6" and bool(app.board.pane.table.model.rows))
        seen = []
        for _ in range(4):
            seen.append(app.board.pane.reading.playbook)
            await pilot.press("v")
        assert seen == ["5xx", "start", "database", "latency"]
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Page))


async def test_in_read_only_mode_the_fix_is_previewed_and_cannot_run():
    core = FakeCore(worlds.incident_world(worlds.NOW), read_only="--read-only")
    async with running(core) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6" and app.board.pane.table.cursor_key == "todo:0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, (Confirm, Picker)))
        assert core.sent == []


def test_without_a_cause_the_worst_part_names_the_playbook():
    from tests.panes.views import view_of

    assert wanted_playbook(view_of(worlds.incident_world(worlds.NOW))) == "5xx"
    assert wanted_playbook(view_of(worlds.healthy_world(worlds.NOW))) in ("5xx", "start", "database", "latency")


@pytest.mark.parametrize(
    ("action", "part", "kind", "id"),
    [
        ("rollback", "api", "service", "clickit-prod-api"),
        ("redeploy", "frontend", "service", "clickit-prod-frontend"),
        ("start_database", "db", "database", "clickit-prod-db"),
        ("restore_secret", "database-url", "secret", "database-url"),
        ("stop_task", "api", "task", "task/"),
    ],
)
def test_what_a_thing_to_do_acts_on(action, part, kind, id):
    world = worlds.healthy_world(worlds.NOW)
    found = acted_on(Todo(words="x", action=action, part=part), world)
    assert (found.kind, found.part) == (kind, part)
    assert id in found.id
    empty = worlds.loading_world()
    assert acted_on(Todo(words="x", action=action, part=part), empty) is None
