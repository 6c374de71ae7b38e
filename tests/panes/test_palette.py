"""What the palette offers, what of it typed words find, and what a change is said to act on."""

import msgspec
import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.panes import palette
from clickit_tui.panes.base import Pane
from clickit_tui.panes.keys import change_hints, on_words
from clickit_tui.panes.services_tree import Looking, revealing, rows
from clickit_tui.screens.places import PLACES
from clickit_tui.ui.picker import Choice, PickerModel, found
from clickit_tui.world.money import LogGroup
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.fakes import FakeCore
from tests.panes.views import view_of

WORLD = worlds.incident_world(worlds.NOW)
VIEW = view_of(WORLD)
API = next(s for s in WORLD.services.value or () if s.part == "api")
TASK = next(t for t in WORLD.tasks.value or () if t.part == "api" and not t.stopped)
SERVICE_ROW = Target(kind="service", part="api", id=API.arn)
TASK_ROW = Target(kind="task", part="api", id=TASK.arn)


def offered(target=None):
    return [
        *palette.changes(WORLD, VIEW, target, lambda key: key),
        *palette.screens([(p.key, p.name) for p in PLACES], lambda key: key),
        *palette.things(WORLD),
        *palette.groups(WORLD, worlds.NAMES),
        *palette.runbook(),
        *palette.panes([(p.key, p.name, p.panes) for p in PLACES]),
    ]


def first(typed, target=None):
    return found(tuple(enumerate(offered(target))), typed)[0][1].id


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("api 5xx", "playbook:5xx"),
        ("5xx API", "playbook:5xx"),
        (TASK.id[:6], f"row:task:{TASK.arn}"),
        (TASK.id.upper(), f"row:task:{TASK.arn}"),
        ("log group frontend", "log:frontend"),
        ("/ecs/clickit-prod-api", "log:api"),
        ("scale", "change:scale"),
        ("scale api", "change:scale"),
        ("screen cost", "screen:9"),
        ("edge", "pane:1:edge"),
        ("service frontend", "row:service:" + next(s.arn for s in WORLD.services.value or () if s.part == "frontend")),
    ],
)
def test_words_find_the_thing_that_is_meant(typed, id):
    assert first(typed, SERVICE_ROW) == id


def test_every_word_must_occur_and_words_that_begin_so_come_first():
    choices = [Choice(id="inside", text="unscaled"), Choice(id="begins", text="a scale", also="hidden"), Choice(id="other", text="api")]
    numbered = tuple(enumerate(choices))
    assert [c.id for _, c in found(numbered, "scale")] == ["begins", "inside"]
    assert [c.id for _, c in found(numbered, "scale HID")] == ["begins"]
    assert found(numbered, "scale zzz") == []
    assert [c.id for _, c in found(numbered, "")] == ["inside", "begins", "other"]


def test_the_picker_comes_back_from_a_text_that_nothing_matches():
    model = PickerModel([Choice(id="a", text="one"), Choice(id="b", text="two")])
    for text, chosen in (("zz", None), ("tw", "b"), ("", "a")):
        model.type(model.entry._replace(text=text, at=len(text)))
        assert model.chosen == chosen


def words_on(name, target):
    return on_words(next(a for a in actions() if a.id == name), target, "prod")


def test_a_change_names_what_it_will_act_on():
    assert words_on("scale", SERVICE_ROW) == words_on("scale", TASK_ROW) == "api"
    assert words_on("stop_task", TASK_ROW) == f"api/{TASK.id[:6]}"
    assert words_on("shell", SERVICE_ROW) == "a task of api"
    assert words_on("shell", TASK_ROW) == f"api/{TASK.id[:6]}"
    assert words_on("snapshot", Target(kind="database", part="db", id="clickit-prod-db")) == "clickit-prod-db"
    assert words_on("sleep", Target(kind="environment", part="environment", id="environment")) == "prod"
    assert words_on("scale", None) == words_on("stop_task", SERVICE_ROW) == ""


def test_the_key_row_names_the_service_that_a_task_s_key_scales_and_the_task_that_it_stops():
    words = {hint.key: hint.word for hint in change_hints(WORLD, VIEW, TASK_ROW)}
    assert (words["S"], words["R"], words["K"]) == ("scale api", "redeploy", f"stop api/{TASK.id[:6]}")
    words = {hint.key: hint.word for hint in change_hints(WORLD, VIEW, SERVICE_ROW)}
    assert (words["S"], words["K"]) == ("scale api", "stop")


def test_what_is_not_possible_stands_behind_and_says_why():
    choices = palette.changes(WORLD, VIEW, None, lambda key: key)
    assert {c.id for c in choices} == {f"change:{a.id}" for a in actions()}
    reasons = [bool(c.reason) for c in choices]
    assert reasons == sorted(reasons)
    assert next(c for c in choices if c.id == "change:scale").reason == "select a service or task (tab)"


def test_a_log_group_that_is_no_part_of_clickit_leads_to_what_it_keeps():
    strange = LogGroup(name="/aws/rds/[bold red]x[/]")
    world = msgspec.structs.replace(WORLD, log_groups=Seen(value=(strange,), seen_at=worlds.NOW))
    last = palette.groups(world, worlds.NAMES)[-1]
    assert last.id == "kept:log group:/aws/rds/[bold red]x[/]"
    assert last.text.startswith("/aws/rds/[bold red]x[/]  ")


def test_every_pane_of_every_screen_is_listed():
    for place in PLACES:
        board = place.make(FakeCore(WORLD))
        assert sorted(place.panes) == sorted(pane.heading for pane in vars(board).values() if isinstance(pane, Pane)), place.name


@pytest.mark.parametrize("before", [Looking(), Looking(view="stopped"), Looking(toggled=frozenset({f"service:{API.arn}"}))])
def test_every_service_and_task_can_be_brought_into_sight(before):
    for key in (*(f"service:{s.arn}" for s in WORLD.services.value), *(f"task:{t.arn}" for t in WORLD.tasks.value)):
        looking = revealing(WORLD, VIEW, key, before)
        assert looking is not None
        assert key in {row.key for row in rows(WORLD, VIEW, 80, looking)}
    assert revealing(WORLD, VIEW, "task:none", before) is None
