"""Whether autoscaling does what it is for: how long a service has been at its maximum, and whether scale-in works. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec

from clickit_tui.world.ecs import Service
from clickit_tui.world.events import ScalingActivity
from clickit_tui.world.minutes import read
from clickit_tui.world.parts import Metrics, ScalableTarget
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

WEEK_S = 7 * 86_400.0
DONE = ("", "Successful")
"""Statuses of an activity that took place."""


class Scaling(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one scalable target."""

    level: str
    """ok, warn or unknown."""
    words: str


def judged(world: World, target: ScalableTarget, now: float) -> tuple[Scaling, ...]:
    """At its maximum and since when, then what blocks scale-in; what is not known is said as that."""
    service = next((each for each in world.services.value or () if each.part == target.part), None)
    activities = None if world.scaling_activities.value is None else _own(world.scaling_activities.value, target)
    found = [*_bounds(service, target, activities, now), *_blocked(target), *_scale_in(world, service, target, activities, now)]
    return tuple(found) or (Scaling(level="ok", words="between its bounds"),)


def _blocked(target: ScalableTarget) -> list[Scaling]:
    """What keeps it from growing or keeps its schedule from being followed, and policies that were not read."""
    found = [Scaling(level="unknown", words=f"its policies were not read: {each[2:]}") for each in target.policies if each.startswith("? ")]
    words = {"out": "scale-out is suspended: it does not grow", "scheduled": "scheduled scaling is suspended"}
    return [Scaling(level="warn", words=text) for word, text in words.items() if word in target.suspended] + found


def _own(activities: Iterable[ScalingActivity], target: ScalableTarget) -> tuple[ScalingActivity, ...]:
    return tuple(sorted((each for each in activities if each.part == target.part), key=lambda each: -(each.at or 0.0)))


def _bounds(service: Service | None, target: ScalableTarget, activities: tuple[ScalingActivity, ...] | None, now: float) -> list[Scaling]:
    if service is None or service.desired is None or target.minimum is None or target.maximum is None:
        return [Scaling(level="unknown", words="desired count or bounds are not known")]
    if service.desired > target.maximum:
        return [Scaling(level="warn", words=f"desired {service.desired} is above the maximum {target.maximum}")]
    if service.desired < target.minimum:
        return [Scaling(level="warn", words=f"desired {service.desired} is below the minimum {target.minimum}")]
    if service.desired == target.maximum > target.minimum:
        at = _set_at(activities or (), service.desired)
        since = f" for {spell(now - at)}" if at is not None else ", since when is not known"
        return [Scaling(level="warn", words=f"at its maximum {target.maximum}{since}: it cannot grow")]
    return []


def _scale_in(
    world: World, service: Service | None, target: ScalableTarget, activities: tuple[ScalingActivity, ...] | None, now: float
) -> list[Scaling]:
    if "in" in target.suspended:
        return [Scaling(level="warn", words="scale-in is suspended: it only grows")]
    if target.scale_in_off:
        return [Scaling(level="warn", words="the policy disables scale-in: it only grows")]
    if service is None or service.desired is None or target.minimum is None or service.desired <= target.minimum:
        return []
    if activities is None:
        return [Scaling(level="unknown", words="whether it scales in is not known: its activities were not read")]
    if any(now - at < WEEK_S for at in shrinks(activities)):
        return []
    below = _below(world.metrics.value, target, now)
    if below is None:
        return []
    if not target.wanted or math.ceil(service.desired * below / target.wanted) >= service.desired:
        return []
    return [Scaling(level="warn", words=f"no scale-in in 7 days, although cpu is at {below:.0f} % of {target.wanted:.0f} %")]


def shrinks(activities: Iterable[ScalingActivity]) -> tuple[float, ...]:
    """When tasks were taken away, of activities newest first: a count lower than the one set before, or the low alarm as cause."""
    found, rows = [], [each for each in activities if each.at is not None and each.status in DONE]
    for place, each in enumerate(rows):
        before = _count(rows[place + 1]) if place + 1 < len(rows) else None
        now = _count(each)
        fewer = now is not None and before is not None and now < before
        if each.at is not None and (fewer or "AlarmLow" in each.cause):
            found.append(each.at)
    return tuple(found)


def _set_at(activities: Iterable[ScalingActivity], desired: int) -> float | None:
    """When autoscaling set the present count; None when its newest activity set another one: then somebody else set it."""
    last = next((each for each in activities if each.at is not None and each.status in DONE), None)
    return last.at if last is not None and _count(last) == desired else None


_SET = re.compile(r"desired count to (\d{1,6})")


def _count(activity: ScalingActivity) -> int | None:
    """The count that an activity set."""
    found = _SET.search(activity.description)
    return int(found[1]) if found else None


def _below(metrics: Metrics | None, target: ScalableTarget, now: float) -> float | None:
    """Mean CPU of the last closed half hour, where that is what the policy looks at; None when it is not known."""
    if metrics is None or target.wanted is None or target.metric != "ECSServiceAverageCPUUtilization":
        return None
    end = now // 60 * 60 - 180
    found = read(metrics, f"{target.part}.cpu", tuple(end - 60 * index for index in range(30)))
    values = [value for value in found.values if value is not None] if found else []
    return sum(values) / len(values) if len(values) >= 20 else None
