"""The dialog of a change as the screens open it: what stands in its title before anything can be planned."""

import msgspec
import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.carry import Outcome
from clickit_tui.panes.keys import why_not
from clickit_tui.panes.view import View
from clickit_tui.screens.change import change
from clickit_tui.ui.looks import glyphs
from tests import worlds
from tests.fakes import FakeCore

BY_ID = {one.id: one for one in actions()}


def opened(action, kind="service", world=None):
    world = world or worlds.healthy_world()
    core = FakeCore(world)
    rows = world.services.value if kind == "service" else world.tasks.value
    found = next(one for one in rows if one.part == "api")
    return change(None, core, BY_ID[action], Target(kind=kind, part="api", id=found.arn)), found


@pytest.mark.parametrize("count", [None, "", "-1", "two", "3", "99999", "5"])
def test_the_title_names_the_service_at_every_value(count):
    dialog, _ = opened("scale")
    assert dialog.preview({} if count is None else {"count": count}).title == "SCALE clickit-prod-api"


@pytest.mark.parametrize(
    ("action", "kind", "title"),
    [
        ("scale", "task", "SCALE clickit-prod-api"),
        ("redeploy", "service", "REDEPLOY clickit-prod-api"),
        ("rollback", "service", "ROLL BACK clickit-prod-api"),
        ("enable_exec", "service", "ENABLE EXEC clickit-prod-api"),
        ("stop_task", "task", "STOP task {id} of api"),
    ],
)
def test_what_is_refused_has_the_title_of_what_is_planned(action, kind, title):
    dialog, found = opened(action, kind)
    wanted = title.format(id=found.id[:8] if kind == "task" else "")
    assert dialog.preview({}).title == wanted
    dialog._core.store.put(services=worlds.seen((), worlds.NOW), tasks=worlds.seen((), worlds.NOW))
    gone = dialog.preview({})
    assert (bool(gone.refused), gone.title) == (True, wanted)


async def test_a_change_that_nothing_follows_never_waits_for_a_reading():
    world = worlds.healthy_world()
    group = (world.log_groups.value or ())[0]
    days = {"days": "7" if group.retention_days != 7 else "14"}
    dialog = change(None, FakeCore(world), BY_ID["retention"], Target(kind="log group", part=group.part, id=group.name))
    assert (await dialog.carry_out(days)).kind == "done"
    assert dialog.progress() == ((), True)
    scaled, _ = opened("scale")
    assert (await scaled.carry_out({"count": "4"})).kind == "done"
    assert scaled.progress()[1] is False, "what is followed is awaited"


def test_a_denied_call_locks_only_the_plans_that_hold_it_and_says_how_to_try_again():
    world = msgspec.structs.replace(worlds.healthy_world(), denied=frozenset({"application-autoscaling:RegisterScalableTarget"}))
    dialog, found = opened("scale", world=world)
    assert dialog.preview({"count": "4"}).locked == ""
    why = "denied: application-autoscaling:RegisterScalableTarget; after r it can be tried again"
    assert dialog.preview({"count": "9", "raise": "yes"}).locked == why
    view = View(facts=FakeCore(world).facts(), glyphs=glyphs({"LANG": "C.UTF-8"}, "utf-8"), env="prod")
    target = Target(kind="service", part="api", id=found.arn)
    assert (why_not(BY_ID["scale"], target, world, view), why_not(BY_ID["bounds"], target, world, view)) == ("", why)


async def test_what_is_not_followed_after_a_lost_answer_is_not_said_to_be(monkeypatch):
    dialog, _ = opened("scale")

    async def lost(plan, replan):
        return Outcome(kind="unknown", sentence="the answer was lost")

    monkeypatch.setattr(dialog._core, "carry_out", lost)
    assert (await dialog.carry_out({"count": "4"})).kind == "unknown"
    assert dialog.progress() == ((), True)
