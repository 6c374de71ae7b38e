"""From a key to the target of the API call: with a filter on, after a re-sort, and while rows move under the cursor."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.actions.registry import actions
from clickit_tui.panes.keys import Selection
from clickit_tui.panes.services import Options, service_rows
from clickit_tui.plan import Plan
from clickit_tui.ui.table import TableModel
from clickit_tui.world.world import World
from tests import worlds
from tests.panes.views import view_of

KINDS = {"S": "ecs:UpdateService", "R": "ecs:UpdateService", "K": "ecs:StopTask"}


def moved(world: World, seed: int) -> World:
    """The same environment a moment later: tasks in another order, some gone, some new, health changed."""
    rng = random.Random(seed)
    tasks = [t for t in world.tasks.value or () if rng.random() > 0.15]
    for n in range(rng.randint(0, 2)):
        old = rng.choice(list(world.tasks.value or ()))
        name = f"{rng.getrandbits(64):016x}{n}"
        tasks.append(msgspec.structs.replace(old, id=name, arn=old.arn.rsplit("/", 1)[0] + "/" + name, status="RUNNING", stopped_reason=""))
    rng.shuffle(tasks)
    services = list(world.services.value or ())
    rng.shuffle(services)
    targets = [msgspec.structs.replace(t, state=rng.choice(["healthy", "unhealthy", "draining"])) for t in world.targets.value or ()]
    replace = msgspec.structs.replace
    return replace(
        world,
        tasks=replace(world.tasks, value=tuple(tasks)),
        services=replace(world.services, value=tuple(services)),
        targets=replace(world.targets, value=tuple(targets)),
    )


def target_of_plan(plan: Plan) -> str:
    params = plan.steps[0].call.params
    return str(params.get("task") or params.get("service"))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-4, 4)),
        st.tuples(st.just("world"), st.integers(0, 10_000)),
        st.tuples(st.just("filter"), st.sampled_from(["", "api", "RUNNING", "!api", "frontend", "8f"])),
        st.tuples(st.just("sort"), st.sampled_from(["worst", "name", "age"])),
        st.tuples(st.just("key"), st.sampled_from(sorted(KINDS))),
    ),
    min_size=20,
    max_size=60,
)


@given(steps=STEPS)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_a_key_acts_on_the_row_that_was_last_seen_under_the_cursor(steps):
    world = worlds.incident_world(worlds.NOW)
    model, selection, options = TableModel(), Selection(), Options(open=frozenset({"api", "frontend", "migration"}), all_stopped=True)

    def show() -> None:
        before = model.cursor_key
        if model.show(service_rows(world, view_of(world), 100, options)):
            selection.moved(model.cursor_key, lost=True)
        assert model.cursor_key == before or before is None or selection.adrift

    show()
    for kind, value in steps:
        if kind == "world":
            world = moved(world, value)
            show()
        elif kind == "move" and model.move(value):
            selection.moved(model.cursor_key, lost=False)
        elif kind == "filter" and model.set_filter(value):
            selection.moved(model.cursor_key, lost=True)
        elif kind == "sort":
            options = msgspec.structs.replace(options, sort=value)
            show()
        elif kind == "key":
            check_key(value, model, selection, world)


def check_key(key: str, model: TableModel, selection: Selection, world: World) -> None:
    target = selection.target(model.cursor_key, world)
    row = model.cursor_row
    if target is None or row is None:
        return
    action = next(a for a in actions() if a.key == key)
    facts = view_of(world).facts
    inputs = {f.name: "4" for f in action.fields(world, target, facts)}
    plan = action.plan(world, target, inputs, facts)
    if not isinstance(plan, Plan):
        return
    assert plan.steps[0].call.action == KINDS[key]
    wanted = target_of_plan(plan)
    if key == "K":
        assert row.key == f"task:{wanted}"
        assert wanted.rsplit("/", 1)[-1][:8] in row.spans[1].text
    else:
        part = target.part
        assert wanted == world_service(world, part)
        assert row.key.startswith("task:") or row.spans[1].text.strip() == part


def world_service(world: World, part: str) -> str:
    return next(s.name for s in world.services.value or () if s.part == part)
