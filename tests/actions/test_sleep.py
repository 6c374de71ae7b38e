"""Sleep and wake over fixture Worlds: what is remembered, in which order, and what is never done."""

from typing import Any

import msgspec
import pytest

from clickit_tui import basis
from clickit_tui.actions.inverse import undo
from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.plan import Plan, Refused, Risk, as_cli
from clickit_tui.world.ecs import Service
from clickit_tui.world.mark import TAG, Mark
from clickit_tui.world.money import LogGroup
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Absent, Fault, Seen, Trouble
from clickit_tui.world.world import World
from tests import worlds
from tests.worlds import NAMES, NOW

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=False)
ENVIRONMENT = Target(kind="environment", part="environment", id="prod")
BY_ID = {one.id: one for one in actions()}
BOUNDS = (ScalableTarget(part="api", minimum=2, maximum=6),)
SLEEPING = (ScalableTarget(part="api", minimum=0, maximum=6),)


def world(
    desired: tuple[int, int] = (2, 1), tags: tuple[str, str] = ("", ""), database: str = "available", bounds: Any = (), **changes: Any
) -> World:
    services = tuple(
        msgspec.structs.replace(service, desired=count, running=count, tags=((TAG, tag),) if tag else ())
        for service, count, tag in zip(worlds.steady_services(NOW), desired, tags, strict=True)
    )
    fields = {"services": services, "database": worlds.database(status=database), "scaling": bounds}
    return msgspec.structs.replace(
        worlds.healthy_world(NOW), **({name: Seen(value=value, seen_at=NOW - 1) for name, value in fields.items()} | changes)
    )


def plan(action: str, of: World, facts: Facts = FACTS) -> Plan | Refused:
    return BY_ID[action].plan(of, ENVIRONMENT, {}, facts)


def names(planned: Plan | Refused) -> list[str]:
    assert isinstance(planned, Plan), planned
    return [step.words for step in planned.steps]


def tag(planned: Plan | Refused, number: int) -> str:
    assert isinstance(planned, Plan)
    (found,) = planned.steps[number].call.params["tags"]  # type: ignore[misc]
    assert found["key"] == TAG
    return str(found["value"])


def test_every_mark_comes_before_the_first_scale() -> None:
    planned = plan("sleep", world(bounds=BOUNDS))
    assert names(planned) == [
        "mark api asleep",
        "mark frontend asleep",
        "autoscaling minimum of api to 0",
        "scale api to 0",
        "scale frontend to 0",
        "stop the database",
    ]
    assert isinstance(planned, Plan)
    assert {step.after for step in planned.steps} == {None}, "the first failure stops everything"
    assert planned.risk is Risk.SEVERE
    assert tag(planned, 0) == f"desired=2 min=2 since={int(NOW // 60 * 60)} by={worlds.identity().who}"
    assert planned.steps[2].call.params["MinCapacity"] == 0
    assert "MaxCapacity" not in planned.steps[2].call.params


@pytest.mark.parametrize(("action", "of"), [("sleep", {}), ("wake", {"desired": (0, 0), "tags": ("desired=2", "desired=1")})])
def test_the_preview_holds_still_while_somebody_types_the_confirmation(action: str, of: dict[str, Any]) -> None:
    first, last = (plan(action, world(**of), msgspec.structs.replace(FACTS, now=now)) for now in (NOW, NOW + 3))
    assert isinstance(first, Plan)
    assert isinstance(last, Plan)
    assert first.commands() == last.commands()


def test_sleep_on_a_sleeping_environment_changes_nothing() -> None:
    planned = plan("sleep", world(desired=(0, 0), tags=("desired=2 since=1 by=night", "desired=1"), database="stopped"))
    assert isinstance(planned, Refused)
    assert planned.reason.startswith("asleep for")
    assert "by night" in planned.reason


def test_sleep_interrupted_half_way_is_continued_and_no_count_is_lost() -> None:
    planned = plan("sleep", world(desired=(0, 1), tags=("desired=2 since=1", "desired=1 since=1")))
    assert names(planned) == ["scale frontend to 0", "stop the database"]


@pytest.mark.parametrize("tags", [("desired=2", "desired=1"), ("desired=2 min=2", "desired=1")])
def test_zero_never_replaces_a_remembered_count(tags: tuple[str, str]) -> None:
    planned = plan("sleep", world(desired=(0, 0), tags=tags))
    assert names(planned) == ["stop the database"]


def test_a_service_scaled_to_zero_by_hand_gets_no_mark() -> None:
    assert names(plan("sleep", world(desired=(0, 1))))[0] == "mark frontend asleep"


@pytest.mark.parametrize("action", ["sleep", "wake"])
def test_a_protected_environment_is_refused(action: str) -> None:
    planned = plan(action, world(desired=(0, 0), tags=("desired=2", "desired=1")), msgspec.structs.replace(FACTS, protected=True))
    assert planned == Refused(f"{action} is refused in a protected environment")


@pytest.mark.parametrize("action", ["sleep", "wake"])
def test_nothing_is_planned_from_counts_that_are_not_known(action: str) -> None:
    fault = Fault(kind=Trouble.DENIED, sentence="no permission")
    stale = world(services=Seen(value=worlds.steady_services(NOW), seen_at=NOW - 600, fault=fault, fault_at=NOW))
    assert plan(action, stale) == Refused("the services are not known well enough: denied")
    missing = world(services=Seen(value=(msgspec.structs.replace(worlds.steady_services(NOW)[0], desired=None),), seen_at=NOW))
    assert plan(action, missing) == Refused("the desired count of api is not known")


def test_wake_starts_the_database_first_and_waits_for_it() -> None:
    planned = plan("wake", world(desired=(0, 0), tags=("desired=2 min=2", "desired=1"), database="stopped", bounds=SLEEPING))
    assert names(planned) == [
        "start the database",
        "scale api to 2",
        "autoscaling minimum of api to 2",
        "mark api awake",
        "scale frontend to 1",
        "mark frontend awake",
    ]
    assert isinstance(planned, Plan)
    first = planned.steps[0]
    assert first.until is not None
    assert first.vain is not None
    assert [first.until(world(database=status)) for status in ("available", "starting", "stopped")] == [True, False, False]
    assert [bool(first.vain(world(database=status))) for status in ("starting", "", "storage-full", "incompatible-network")] == [
        False,
        False,
        True,
        True,
    ]


def test_what_does_not_depend_on_the_database_does_not_wait_for_its_success() -> None:
    planned = plan("wake", world(desired=(0, 0), tags=("desired=2", "desired=1"), database="stopped"))
    assert isinstance(planned, Plan)
    after = {step.words: step.after for step in planned.steps}
    assert after["scale api to 2"] == ("start the database",)
    assert after["mark api awake"] == ("start the database", "scale api to 2")
    assert after["scale frontend to 1"] == ()
    assert after["mark frontend awake"] == ("scale frontend to 1",), "a count that was not restored stays remembered"


def test_wake_interrupted_half_way_is_continued() -> None:
    woken = Mark(asleep=False, desired=2, since=NOW).text()
    planned = plan("wake", world(desired=(2, 0), tags=(woken, "desired=1")))
    assert names(planned) == ["scale frontend to 1", "mark frontend awake"]


def test_wake_of_an_awake_environment_changes_nothing() -> None:
    assert plan("wake", world()) == Refused("awake: there is nothing to restore")


def test_a_count_that_was_raised_since_is_not_lowered() -> None:
    assert names(plan("wake", world(desired=(5, 0), tags=("desired=2", "desired=1")))) == [
        "mark api awake",
        "scale frontend to 1",
        "mark frontend awake",
    ]


@pytest.mark.parametrize("status", ["stopping", "starting"])
def test_a_database_on_its_way_holds_up_only_what_needs_it(status: str) -> None:
    planned = plan("wake", world(desired=(0, 0), tags=("desired=2", "desired=1"), database=status))
    assert names(planned) == ["scale frontend to 1", "mark frontend awake"]
    assert isinstance(planned, Plan)
    assert any(f"the database is {status}" in line.text for line in planned.effect)
    assert planned.effect[0].text == "frontend 0 → 1", "what stays asleep is not told as restored"


def test_a_lost_mark_is_made_good_by_the_journal_and_said() -> None:
    slept = tuple((each.arn, Mark(asleep=True, desired=count)) for each, count in zip(worlds.steady_services(NOW), (3, 2), strict=True))
    planned = plan("wake", world(desired=(0, 1), slept=slept))
    assert names(planned) == ["scale api to 3", "mark api awake"]
    assert isinstance(planned, Plan)
    assert any("from this machine's journal" in line.text for line in planned.effect)


def test_a_mark_without_a_count_is_said_and_never_taken_for_zero() -> None:
    planned = plan("wake", world(desired=(0, 0), tags=("yes", "no")))
    assert planned == Refused("asleep, but neither the mark nor the journal says how many tasks api, frontend had: S scales it")


def test_a_mark_without_a_count_on_a_service_that_runs_again_is_set_awake() -> None:
    planned = plan("wake", world(desired=(3, 0), tags=("yes", "no")))
    assert names(planned) == ["mark api awake"]
    assert tag(planned, 0).startswith("awake desired=3")
    assert "how many tasks frontend had" in told(planned)


def test_without_database_and_autoscaling_only_the_counts_sleep() -> None:
    bare = msgspec.structs.replace(world(), database=Seen(value=Absent(looked_for="db"), seen_at=NOW))
    planned = plan("sleep", bare)
    assert names(planned) == ["mark api asleep", "mark frontend asleep", "scale api to 0", "scale frontend to 0"]


def told(planned: Plan | Refused) -> str:
    assert isinstance(planned, Plan), planned
    return " ".join(line.text for line in planned.effect)


def test_a_minimum_that_the_mark_does_not_know_is_added_before_it_is_taken_away() -> None:
    planned = plan("sleep", world(desired=(0, 0), tags=("desired=3 since=1 by=night", "desired=1"), database="stopped", bounds=BOUNDS))
    assert names(planned) == ["mark api asleep", "autoscaling minimum of api to 0"]
    assert tag(planned, 0) == "desired=3 min=2 since=1 by=night"


def test_the_minimum_of_a_service_without_a_mark_is_left_as_it_is() -> None:
    planned = plan("sleep", world(desired=(0, 1), bounds=BOUNDS))
    assert not [name for name in names(planned) if "minimum" in name]
    assert "its autoscaling minimum 2 is left as it is" in told(planned)


def test_what_runs_besides_what_is_remembered_is_said() -> None:
    assert "api runs 5, its mark remembers 2: wake restores 2" in told(
        plan("sleep", world(desired=(5, 0), tags=("desired=2", "desired=1")))
    )


def test_without_an_arn_no_mark_can_be_written_and_nothing_sleeps() -> None:
    nameless = tuple(msgspec.structs.replace(each, arn="") for each in worlds.steady_services(NOW))
    planned = plan("sleep", world(services=Seen(value=nameless, seen_at=NOW)))
    assert planned == Refused("the ARN of api, frontend is not known: no mark can be written")


def test_nothing_at_all_and_no_mark_is_never_called_awake() -> None:
    planned = plan("wake", world(desired=(0, 0)))
    assert planned == Refused("api, frontend at 0 without a mark, and the journal remembers no count: S scales it")


def test_an_answer_without_a_list_of_tags_says_that_the_mark_is_not_seen() -> None:
    there = world(desired=(0, 0), bounds=BOUNDS)
    blind = tuple(msgspec.structs.replace(each, tags_told=False) for each in there.services.value or ())
    untold = msgspec.structs.replace(there, services=Seen(value=blind, seen_at=NOW))
    said = "whether by our mark is not seen: the answer tells no tags"
    assert plan("wake", untold) == Refused(f"api, frontend at 0; {said}, and the journal remembers no count: S scales it")
    assert said in told(plan("sleep", msgspec.structs.replace(untold, services=Seen(value=(blind[0], up(blind[1])), seen_at=NOW))))


def up(service: Service) -> Service:
    return msgspec.structs.replace(service, desired=1, running=1)


def test_a_stopped_database_is_started_also_when_no_service_sleeps() -> None:
    planned = plan("wake", world(database="stopped"))
    assert names(planned) == ["start the database"]
    assert "only the database" in told(planned)


def test_autoscaling_that_is_gone_does_not_keep_a_service_asleep() -> None:
    planned = plan("wake", world(desired=(0, 0), tags=("desired=2 min=2", "desired=1")))
    assert names(planned) == ["scale api to 2", "mark api awake", "scale frontend to 1", "mark frontend awake"]
    assert "its minimum 2 is not restored" in told(planned)


@pytest.mark.parametrize("name", ["backend_v2", "UPPER", "a" * 255])
def test_the_journal_s_memory_does_not_depend_on_how_a_service_is_called(name: str) -> None:
    arn = f"arn:aws:ecs:eu-west-1:123456789012:service/odd/{name}"
    first, second = world(desired=(0, 1)).services.value or ()
    odd = msgspec.structs.replace(first, arn=arn, name=name)
    of = world(services=Seen(value=(odd, second), seen_at=NOW), slept=((arn, Mark(asleep=True, desired=4)),))
    assert names(plan("wake", of)) == ["scale api to 4", "mark api awake"]


def service(of: World, part: str = "api") -> Target:
    found = next(each for each in of.services.value or () if each.part == part)
    return Target(kind="service", part=part, id=found.arn)


def bounds(typed: dict[str, str], found: Any = BOUNDS) -> Plan | Refused:
    of = world(bounds=found)
    return BY_ID["bounds"].plan(of, service(of), typed, FACTS)


@pytest.mark.parametrize(
    ("typed", "sent", "back"),
    [
        ({"minimum": "2", "maximum": "9"}, {"MaxCapacity": 9}, {"MaxCapacity": 6}),
        ({"minimum": "1", "maximum": "6"}, {"MinCapacity": 1}, {"MinCapacity": 2}),
        ({"minimum": "3", "maximum": "4"}, {"MinCapacity": 3, "MaxCapacity": 4}, {"MinCapacity": 2, "MaxCapacity": 6}),
    ],
)
def test_only_the_bound_that_changes_is_sent(typed: dict[str, str], sent: dict[str, int], back: dict[str, int]) -> None:
    planned = bounds(typed)
    assert isinstance(planned, Plan)
    (step,) = planned.steps
    assert {name: value for name, value in step.call.params.items() if name.endswith("Capacity")} == sent
    assert planned.inverse is not None
    assert {name: value for name, value in planned.inverse.params.items() if name.endswith("Capacity")} == back
    assert step.call.params["ResourceId"] == f"service/{NAMES.cluster}/{NAMES.api}"


def test_a_bound_that_somebody_else_has_changed_meanwhile_is_not_overwritten() -> None:
    planned = bounds({"minimum": "2", "maximum": "9"})
    assert isinstance(planned, Plan)
    assert basis.needed(planned.basis) == {"scaling"}
    other = world(bounds=(ScalableTarget(part="api", minimum=2, maximum=8),))
    said = [basis.changed(planned.basis, of, frozenset({"scaling"})) for of in (world(bounds=BOUNDS), other, world())]
    assert said == ["", "autoscaling of api is 2–8 now, it was 2–6", "api has no autoscaling any more"]


def test_the_undo_of_a_bound_puts_it_back_and_leaves_the_other_one() -> None:
    planned = bounds({"minimum": "2", "maximum": "9"})
    assert isinstance(planned, Plan)
    assert planned.undo == "U: back to maximum 6"
    since = world(bounds=(ScalableTarget(part="api", minimum=3, maximum=9),))
    back = undo(planned.inverse, since, FACTS)
    assert isinstance(back, Plan), back
    assert back.title == "UNDO: BOUNDS clickit-prod-api"
    assert back.steps[0].call == planned.inverse
    assert undo(planned.inverse, world(bounds=BOUNDS), FACTS) == Refused("already 2–6: type the wanted bounds (tab)")
    assert isinstance(undo(planned.inverse, world(services=Seen()), FACTS), Refused)
    assert isinstance(undo(planned.inverse, world(scaling=Seen()), FACTS), Refused)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"minimum": "7", "maximum": "6"}, "above the maximum"),
        ({"minimum": "2", "maximum": "6"}, "already 2–6"),
        ({"minimum": "-1", "maximum": "6"}, "type the wanted minimum"),
        ({"minimum": "2", "maximum": "x"}, "type the wanted maximum"),
        ({}, "type the wanted minimum"),
    ],
)
def test_bounds_that_cannot_be_meant_are_refused(typed: dict[str, str], reason: str) -> None:
    planned = bounds(typed)
    assert isinstance(planned, Refused)
    assert reason in planned.reason


def test_a_service_without_autoscaling_has_no_bounds() -> None:
    assert bounds({"minimum": "1", "maximum": "2"}, ()) == Refused("api has no autoscaling: S scales it")


def keeping(days: int | None) -> World:
    group = LogGroup(name="/ecs/clickit-prod-api", part="api", stored_bytes=12_000_000_000, retention_days=days)
    return world(log_groups=Seen(value=(group,), seen_at=NOW))


def retention(days: str, kept: int | None = None) -> Plan | Refused:
    of = keeping(kept)
    (group,) = of.log_groups.value or ()
    return BY_ID["retention"].plan(of, Target(kind="log group", part="api", id=group.name), {"days": days}, FACTS)


def test_retention_says_what_is_deleted_and_that_it_is_for_good() -> None:
    planned = retention("30")
    assert isinstance(planned, Plan)
    assert planned.risk is Risk.SEVERE
    assert as_cli(planned.steps[0].call) == "aws logs put-retention-policy --log-group-name /ecs/clickit-prod-api --retention-in-days 30"
    told = " ".join(line.text for line in planned.effect)
    assert "never expires → 30 days" in told
    assert "older than 30 days is deleted" in told
    assert planned.undo.startswith("cannot be undone")
    assert planned.inverse is None


def test_longer_retention_deletes_nothing_and_can_go_back() -> None:
    planned = retention("90", 30)
    assert isinstance(planned, Plan)
    assert "deleted" not in " ".join(line.text for line in planned.effect)
    assert planned.inverse is not None
    assert planned.inverse.params["retentionInDays"] == 30
    back = undo(planned.inverse, keeping(90), FACTS)
    assert isinstance(back, Plan), back
    assert (back.title, back.steps[0].call) == ("UNDO: RETENTION /ecs/clickit-prod-api", planned.inverse)
    assert "deleted" in told(back)
    assert undo(planned.inverse, keeping(30), FACTS) == Refused("already 30 days")


def test_a_retention_that_somebody_else_has_set_meanwhile_is_not_overwritten() -> None:
    planned = retention("90")
    assert isinstance(planned, Plan)
    assert basis.needed(planned.basis) == {"log_groups"}
    said = [basis.changed(planned.basis, keeping(days), frozenset({"log_groups"})) for days in (None, 400)]
    assert said == ["", "/ecs/clickit-prod-api: 400 days now, it was never expires"]
    assert [basis.took_effect(planned, keeping(days)) for days in (90, None)] == [True, False]


@pytest.mark.parametrize("days", ["", "0", "31", "-30", "forever", "99999999"])
def test_days_that_cloudwatch_does_not_take_are_refused(days: str) -> None:
    planned = retention(days)
    assert isinstance(planned, Refused)
    assert "takes 1, 3, 5" in planned.reason
