"""Scaling activities and the events of the cache."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws import autoscaling, elasticache
from clickit_tui.naming import names
from clickit_tui.world.parts import Cache
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recordedpast as recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
EMPTY = World(env="dev")
NOW = recorded.AT.timestamp() + 600


def with_cache(cache: Any) -> World:
    return World(env="dev", cache=Seen(value=cache, seen_at=NOW))


async def test_activities_of_both_services_newest_first() -> None:
    gateway = Scripted(DescribeScalingActivities=recorded.ACTIVITIES)
    found: Any = (await autoscaling.activities_fetch(gateway, NAMES)(EMPTY))["scaling_activities"]
    assert [params["ResourceId"] for _, params in gateway.calls] == [
        "service/clickit-dev-cluster/clickit-dev-api",
        "service/clickit-dev-cluster/clickit-dev-frontend",
    ]
    assert found[0].part == "api"
    assert set(hollow(found[0])) == set()


async def test_events_of_the_cache_are_those_of_the_group_and_its_nodes() -> None:
    told = [{"SourceIdentifier": name, "Message": name, "Date": recorded.AT} for name in ("r", "r-001", "clickit-prod-redis")]
    told += [{"SourceIdentifier": "r", "Message": "without a time"}]
    known = with_cache(Cache(id="r", nodes=("r-001", "r-002")))
    found: Any = (await elasticache.events_fetch(Scripted(DescribeEvents={"Events": told}))(known))["cache_events"]
    assert [one.resource for one in found] == ["r", "r-001"]


async def test_a_cache_that_does_not_exist_has_no_events() -> None:
    assert await elasticache.events_fetch(Scripted())(with_cache(Absent(looked_for="x"))) == {"cache_events": ()}


@pytest.mark.parametrize("answer", [{}, failed(Trouble.DENIED), failed(Trouble.THROTTLED), {"Events": None, "ScalingActivities": "x"}])
async def test_what_could_not_be_read_is_a_failure_and_never_an_empty_list(answer: Any) -> None:
    everything = dict.fromkeys(("DescribeScalingActivities", "DescribeEvents"), answer)
    for fetch in (autoscaling.activities_fetch(Scripted(**everything), NAMES), elasticache.events_fetch(Scripted(**everything))):
        with pytest.raises(Failed):
            await fetch(with_cache(Cache(id="r")))


async def test_hostile_texts_become_harmless() -> None:
    event = {"SourceIdentifier": "r", "Message": "\x1b[31m[/x]\n", "Date": recorded.AT}
    found = await elasticache.events_fetch(Scripted(DescribeEvents={"Events": [event]}))(with_cache(Cache(id="r")))
    assert "\\u001b" not in msgspec.json.encode(found).decode()
