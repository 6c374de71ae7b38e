"""What is said of autoscaling: at its maximum, unable to scale in, and what is not known."""

from typing import Any

import msgspec
import pytest

from clickit_tui.world.events import ScalingActivity
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.scalein import Scaling, judged, shrinks
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World
from tests import worlds
from tests.worlds import NOW

DAY_S = 86_400.0
TARGET = ScalableTarget(part="api", minimum=2, maximum=6, metric="ECSServiceAverageCPUUtilization", wanted=60.0, scale_in_off=False)


def activity(ago_s: float, count: int, cause: str = "monitor alarm AlarmHigh", **changes: Any) -> ScalingActivity:
    plain = ScalingActivity(
        part="api", id=f"a{ago_s}", at=NOW - ago_s, status="Successful", description=f"Setting desired count to {count}.", cause=cause
    )
    return msgspec.structs.replace(plain, **changes)


def world(desired: int | None = 3, activities: Any = (), cpu: float = 10.0) -> World:
    services = tuple(
        msgspec.structs.replace(service, desired=desired) if service.part == "api" else service for service in worlds.steady_services(NOW)
    )
    plain = worlds.healthy_world(NOW)
    metrics = plain.metrics.value
    assert metrics is not None
    series = metrics.series["api.cpu"]
    level = msgspec.structs.replace(series, values=tuple(cpu for _ in series.values))
    return msgspec.structs.replace(
        plain,
        services=Seen(value=services, seen_at=NOW),
        scaling_activities=Seen(value=activities, seen_at=NOW) if activities is not None else Seen(),
        metrics=Seen(value=msgspec.structs.replace(metrics, series={**metrics.series, "api.cpu": level}), seen_at=NOW),
    )


def said(of: World, target: ScalableTarget = TARGET) -> list[tuple[str, str]]:
    return [(each.level, each.words) for each in judged(of, target, NOW)]


def test_at_its_maximum_since_the_last_activity() -> None:
    of = world(desired=6, activities=(activity(1200, 6), activity(2 * DAY_S, 4, "monitor alarm AlarmLow")), cpu=90.0)
    assert said(of) == [("warn", "at its maximum 6 for 20 m: it cannot grow")]


@pytest.mark.parametrize("activities", [(), (activity(1200, 4),), (activity(1200, 6, status="Failed"), activity(DAY_S, 4))])
def test_at_its_maximum_by_somebody_else_since_nobody_knows_when(activities: Any) -> None:
    assert said(world(desired=6, activities=activities, cpu=90.0)) == [
        ("warn", "at its maximum 6, since when is not known: it cannot grow")
    ]


@pytest.mark.parametrize(
    ("desired", "words"),
    [(7, "desired 7 is above the maximum 6"), (1, "desired 1 is below the minimum 2"), (None, "desired count or bounds are not known")],
)
def test_outside_its_bounds_or_unknown(desired: int | None, words: str) -> None:
    assert said(world(desired=desired, cpu=90.0))[0][1] == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"suspended": ("in",)}, "scale-in is suspended: it only grows"),
        ({"scale_in_off": True}, "the policy disables scale-in: it only grows"),
        ({"suspended": ("out",)}, "scale-out is suspended: it does not grow"),
    ],
)
def test_scaling_that_is_switched_off(changes: dict[str, Any], words: str) -> None:
    at_minimum = world(desired=2)
    assert ("warn", words) in said(world(), msgspec.structs.replace(TARGET, **changes))
    assert ("warn", words) in said(at_minimum, msgspec.structs.replace(TARGET, **changes))


def test_policies_that_were_not_read_do_not_pass() -> None:
    hidden = msgspec.structs.replace(TARGET, policies=("? no permission: application-autoscaling:DescribeScalingPolicies",))
    assert said(world(desired=2), hidden)[0][0] == "unknown"


def test_no_scale_in_for_a_week_although_there_was_room() -> None:
    assert said(world(activities=(activity(3 * DAY_S, 3),))) == [("warn", "no scale-in in 7 days, although cpu is at 10 % of 60 %")]
    assert said(world(activities=(activity(3 * DAY_S, 3, "monitor alarm AlarmLow"),)))[0][0] == "ok"
    assert said(world(activities=(activity(8 * DAY_S, 3, "monitor alarm AlarmLow"),)))[0][0] == "warn"


def test_where_one_task_fewer_would_be_too_few_nothing_is_wrong() -> None:
    assert said(world(cpu=47.0))[0][0] == "ok"


def test_at_the_minimum_there_is_nothing_to_take_away() -> None:
    assert said(world(desired=2)) == [("ok", "between its bounds")]


def test_activities_that_were_not_read_are_unknown() -> None:
    assert said(world(activities=None)) == [("unknown", "whether it scales in is not known: its activities were not read")]


def test_a_lower_count_than_before_is_a_scale_in_whatever_the_cause() -> None:
    newest_first = (activity(10, 4), activity(20, 6), activity(30, 2))
    assert shrinks(newest_first) == (NOW - 10,)
    assert shrinks((activity(10, 4, status="Failed"), activity(20, 6))) == ()
    assert judged(world(activities=newest_first), TARGET, NOW) == (Scaling(level="ok", words="between its bounds"),)
