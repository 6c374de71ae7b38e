"""The Services screen's rows and details, without a screen."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from clickit_tui.panes.pages import event_lines
from clickit_tui.panes.services_detail import bar, detail_lines, log_task
from clickit_tui.panes.services_panes import LEAST_LOG, newest
from clickit_tui.panes.services_tree import VIEWS, Looking, group_of, rows
from clickit_tui.ui.cells import Span, spans_width
from clickit_tui.world.revisions import undone_by
from tests import worlds
from tests.fakes import line
from tests.panes.views import text, view_of

FOLDER = Path(__file__).parent / "snapshots"
NOW = worlds.NOW
NAMES = ("healthy", "incident", "loading", "denied", "stale")


def world_of(name):
    return worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(NOW)


def everything(world, width, looking=None):
    return rows(world, view_of(world), width, looking or Looking())


def keys(world, **looking):
    return [row.key for row in everything(world, 100, Looking(**looking)) if row.key]


def opened(world, width):
    """Every row there is: each closed row opened once."""
    toggled = {k for k in keys(world, hidden=True) if k.startswith(("past:", "stops:", "task:"))}
    return everything(world, width, Looking(toggled=frozenset(toggled), hidden=True))


def drawn(name, width):
    world = world_of(name)
    view = view_of(world)
    log = [line(i) for i in range(3)]
    blocks = [[row.spans for row in everything(world, width, Looking(view=each))] for each in VIEWS]
    picked = [key for key in keys(world) if key.startswith(("deployment", "stops"))][:3]
    return "\n\n".join(text(block) for block in (*blocks, *(detail_lines(world, view, key, log) for key in picked))) + "\n"


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("name", NAMES)
def test_the_screen_looks_as_it_did(name, width):
    path = FOLDER / f"services_{name}_{width}.txt"
    now = drawn(name, width)
    if os.environ.get("CLICKIT_SNAPSHOTS") == "write":
        path.write_text(now)
    assert path.read_text() == now


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
@pytest.mark.parametrize("name", [*NAMES, "hostile", "huge", "absent"])
def test_no_row_is_wider_than_the_pane_and_every_detail_can_be_drawn(name, width):
    world = world_of(name)
    view = view_of(world)
    for row in opened(world, width):
        assert spans_width(row.spans) <= width or not row.key, "".join(s.text for s in row.spans)
        if width == 80 and name != "huge":
            for spans in detail_lines(world, view, row.key, [line(0, text=worlds.HOSTILE)]):
                assert all(isinstance(span.text, str) for span in spans)


def test_every_row_has_a_key_of_its_own():
    for name in NAMES:
        found = [row.key for row in opened(world_of(name), 100) if row.key]
        assert len(found) == len(set(found))


def test_tasks_stand_under_the_deployment_that_started_them():
    world = worlds.incident_world(NOW)
    found = keys(world)
    service = world.services.value[0]
    new, old = (found.index(f"deployment:{d.id}") for d in service.deployments)
    under_new = [k for k in found[new:old] if k.startswith("task:")]
    assert under_new == [
        f"task:{t.arn}" for t in world.tasks.value if t.part == "api" and not t.stopped and t.started_by == service.deployments[0].id
    ]
    assert len(under_new) == 2


def test_stopped_tasks_are_grouped_by_cause_and_routine_ones_are_hidden_but_counted():
    world = worlds.incident_world(NOW)
    routine = worlds.stopped(
        NOW, "api", 0x50, 41, 60, "Scaling activity initiated by (deployment ecs-svc/1)", "ServiceSchedulerInitiated", 137
    )
    world = msgspec.structs.replace(world, tasks=worlds.seen((*world.tasks.value, routine), NOW, "tasks"))
    found = keys(world, view="stopped")
    assert found == ["stops:api/exit/application exited"]
    assert group_of(world, found[0]).cause.id == "exit"
    shown = text([row.spans for row in everything(world, 100, Looking(view="stopped"))])
    assert "application exited ×3" in shown
    assert "2 routine stops hidden" in shown
    assert any("routine" in k for k in keys(world, view="stopped", hidden=True))


def test_what_ecs_forgot_comes_from_memory_and_says_so():
    world = worlds.incident_world(NOW)
    old = worlds.stopped(NOW, "api", 0x60, 42, 7200, "Essential container in task exited", "EssentialContainerExited", 1)
    world = msgspec.structs.replace(world, remembered=(old,))
    shown = text(
        [row.spans for row in everything(world, 100, Looking(view="stopped", toggled=frozenset({"stops:api/exit/application exited"})))]
    )
    assert "×4 (1 from memory)" in shown
    assert "1 from memory" in shown.splitlines()[-1]
    assert any("memory" in each for each in shown.splitlines()[1:-1])
    assert log_task(world, f"task:{old.arn}") == old


def test_a_group_shows_cause_fix_reason_and_the_last_lines_of_its_newest_task():
    world = worlds.incident_world(NOW)
    shown = text(detail_lines(world, view_of(world), "stops:api/exit/application exited", [line(0, level="error", text="boom")]))
    for words in ("application exited  ×3", "fix", "Essential container in task exited", "api exited 1", "boom"):
        assert words in shown
    assert "no permission" in text(
        detail_lines(world, view_of(world), "stops:api/exit/application exited", "no permission: logs:FilterLogEvents")
    )


def test_a_deployment_shows_both_revisions_side_by_side_and_what_differs():
    world = worlds.incident_world(NOW)
    service = world.services.value[0]
    shown = text(detail_lines(world, view_of(world), f"deployment:{service.deployments[0].id}", ""))
    for words in ("new :42", "old :41", "2 of 3, 1 pending", "2 of 3 failures  MONITORING", "clickit/api:v2.3.0 → clickit/api:v2.3.1"):
        assert words in shown


def test_an_earlier_deployment_shows_what_it_came_to_and_what_would_change():
    world = worlds.healthy_world(NOW)
    key = next(k for k in keys(world, toggled=frozenset({"past:api"})) if k.startswith("past-deployment") and k.endswith("d040"))
    shown = text(detail_lines(world, view_of(world), key, ""))
    assert "SUCCESSFUL" in shown
    assert "clickit/api:v2.0.40 → clickit/api:v2.3.0" in shown


def test_a_running_migration_warns_and_an_ended_one_says_how():
    world = worlds.healthy_world(NOW)
    run = msgspec.structs.replace(worlds.migration(NOW), status="RUNNING", stopped_at=None)
    running = msgspec.structs.replace(world, tasks=worlds.seen((run,), NOW, "tasks"))
    shown = text([row.spans for row in everything(running, 120, Looking(view="migrations"))])
    assert "table locks likely, 7 m 38 s" in shown
    assert "a migration is running: table locks likely" in text(detail_lines(running, view_of(running), f"task:{run.arn}", ""))
    ended = text([row.spans for row in everything(worlds.incident_world(NOW), 120, Looking(view="migrations"))])
    assert "exit 0" in ended
    assert "alembic upgrade head" in ended


def test_how_long_a_migration_has_run_is_never_cut():
    world = worlds.healthy_world(NOW)
    run = next(t for t in world.tasks.value if t.part == "migration")
    running = msgspec.structs.replace(run, status="RUNNING", started_at=NOW - 428, stopped_at=None)
    world = msgspec.structs.replace(world, tasks=worlds.seen((running,), NOW, "tasks"))
    assert "running 7 m 8 s " in text([row.spans for row in everything(world, 80, Looking(view="migrations"))])
    assert "table locks likely, 7 m 8 s" in text([row.spans for row in everything(world, 140, Looking(view="migrations"))])


def test_events_that_say_the_same_wrong_thing_are_one_row_and_no_other_is_folded():
    world = worlds.healthy_world(NOW)
    api = world.services.value[0]
    said = ("is unable to place a task for 0a1b2c3d4e5f", "has started 1 tasks: (task 1)", "is unable to place a task for f5e4d3c2b1a0")
    events = tuple(worlds.ServiceEvent(id=str(i), at=NOW - i, message=f"(service {api.name}) {said[i % 3]}") for i in range(6))
    changed = msgspec.structs.replace(api, events=events)
    world = msgspec.structs.replace(world, services=worlds.seen((changed,), NOW, "services"))
    lines = text(event_lines(world, view_of(world), changed, 9)).splitlines()
    assert len(lines) == 4
    assert "unable to place a task for 0a1b2c3d4e5f  (×4 since 14:03:14Z)" in lines[1]
    assert [("started 1 task" in line) for line in lines[1:]] == [False, True, True]


def rolled_back(world, finished=True):
    """The api, whose last deployment failed two minutes ago and was rolled back to the revision that ran before."""
    api = world.services.value[0]
    now, failed = api.primary, world.service_deployments.value[0]
    back = msgspec.structs.replace(now, created_at=NOW - 60, rollout="COMPLETED" if finished else "IN_PROGRESS")
    record = msgspec.structs.replace(
        failed,
        service=api.name,
        status="ROLLBACK_SUCCESSFUL" if finished else "ROLLBACK_IN_PROGRESS",
        created_at=NOW - 120,
        finished_at=NOW - 5 if finished else None,
    )
    event = worlds.ServiceEvent(id="1", at=NOW - 5, message=f"(service {api.name}) (deployment {back.id}) deployment completed.")
    changed = msgspec.structs.replace(api, deployments=(back,), events=(event,) if finished else ())
    others = world.services.value[1:]
    return msgspec.structs.replace(
        world, services=worlds.seen((changed, *others), NOW, "services"), service_deployments=worlds.seen((record,), NOW, "deployments")
    )


@pytest.mark.parametrize(("finished", "said"), [(True, "! rolled back"), (False, "! rolling back")])
def test_a_deployment_that_undid_another_is_told_to_be_a_roll_back(finished, said):
    world = rolled_back(worlds.healthy_world(NOW), finished)
    api = world.services.value[0]
    assert said in text([row.spans for row in everything(world, 100)])
    page = text(detail_lines(world, view_of(world), f"service:{api.arn}", ""))
    assert ("rolled back to api:41" in page) is finished
    assert "deployment completed" not in page


def test_the_record_of_a_deployment_itself_makes_it_no_roll_back():
    world = rolled_back(worlds.healthy_world(NOW))
    api = world.services.value[0]
    itself = msgspec.structs.replace(api.primary, created_at=NOW - 120.5)
    assert undone_by(world, api, api.primary) is not None
    assert undone_by(world, api, itself) is None
    assert undone_by(world, api, msgspec.structs.replace(itself, created_at=NOW - 500)) is None


def test_steady_events_are_green_and_unable_ones_red():
    world = worlds.healthy_world(NOW)
    api = world.services.value[0]
    events = (
        worlds.ServiceEvent(id="1", at=NOW - 5, message=f"(service {api.name}) is unable to place a task"),
        worlds.ServiceEvent(id="2", at=NOW - 9, message=f"(service {api.name}) has reached a steady state."),
    )
    changed = msgspec.structs.replace(api, events=events)
    world = msgspec.structs.replace(world, services=worlds.seen((changed,), NOW, "services"))
    looks = {span.text: span.look for spans in detail_lines(world, view_of(world), f"service:{api.arn}", "")[:4] for span in spans}
    assert looks["is unable to place a task"] == "fail"
    assert looks["reached a steady state"] == "ok"


@pytest.mark.parametrize(
    ("running", "desired", "drawn_"),
    [
        (0, 4, "[--------] new 0/4"),
        (1, 4, "[##------] new 1/4"),
        (9, 4, "[########] new 9/4"),
        (None, 4, "new ?/4"),
        (0, 0, "new 0/0"),
        (1, None, "new 1/?"),
    ],
)
def test_the_bar_is_full_when_all_run(running, desired, drawn_):
    assert bar(running, desired, cells=8) == drawn_


@pytest.mark.parametrize(
    ("running", "healthy", "drawn_"),
    [
        (4, 4, "[########] new 4/4, 4 healthy"),
        (3, 1, "[##====--] new 3/4, 1 healthy"),
        (2, 0, "[====----] new 2/4, 0 healthy"),
        (1, 3, "[##------] new 1/4, 3 healthy"),
    ],
)
def test_the_bar_tells_healthy_tasks_from_those_that_only_run(running, healthy, drawn_):
    assert bar(running, 4, healthy, cells=8) == drawn_


def test_a_target_that_drains_is_not_counted_as_one_that_should_be_healthy():
    world = worlds.healthy_world(NOW)
    api = world.services.value[0]
    one = next(t for t in world.targets.value if t.group in api.target_groups)
    leaving = msgspec.structs.replace(one, id="10.0.0.99", state="draining")
    more = msgspec.structs.replace(world, targets=msgspec.structs.replace(world.targets, value=(*world.targets.value, leaving)))
    assert text([everything(more, 100)[0].spans]) == text([everything(world, 100)[0].spans])


def test_the_pane_shows_the_newest_lines_of_a_log_that_does_not_fit():
    log = [(Span("its last lines"),), *((Span(f"line {n}"),) for n in range(50))]
    shown = ["".join(span.text for span in line) for line in newest(log, 6)]
    assert shown == ["its last lines  newest; l shows all", *(f"line {n}" for n in range(45, 50))]
    assert len(newest(log, -3)) == LEAST_LOG
    assert newest(log, 51) == log
