"""Target groups, load balancer and target health."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws import ecs, elbv2
from clickit_tui.aws.elbv2 import balancer_fetch, target_groups_fetch, targets_fetch
from clickit_tui.naming import names
from clickit_tui.world.parts import LoadBalancer, Target, TargetGroup
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
SERVICES = ecs.services(recorded.SERVICES, NAMES)
KNOWN = World(env="dev", services=Seen(value=SERVICES, seen_at=1.0))
GROUPS = tuple(elbv2.target_group(each, elbv2.parts_by_group(SERVICES)) for each in recorded.TARGET_GROUPS["TargetGroups"])


async def test_target_groups_are_those_the_services_name() -> None:
    gateway = Scripted(DescribeTargetGroups=recorded.TARGET_GROUPS)
    found: Any = (await target_groups_fetch(gateway, NAMES)(KNOWN))["target_groups"]
    assert gateway.calls == [("DescribeTargetGroups", {"TargetGroupArns": [recorded.TG_API, recorded.TG_FRONTEND]})]
    assert [(group.part, group.port, group.matcher) for group in found] == [("api", 8000, "200"), ("frontend", 3000, "200")]
    assert set(hollow(found)) == set()
    assert found[0].load_balancers == (recorded.LB,)
    assert found[0].dimension == "targetgroup/clickit-dev-api/73e2d6bc24d8a067"


async def test_no_target_group_is_an_empty_tuple_without_a_call() -> None:
    bare = World(env="dev", services=Seen(value=(ecs.service(recorded.API | {"loadBalancers": []}, NAMES),), seen_at=1.0))
    gateway = Scripted()
    assert await target_groups_fetch(gateway, NAMES)(bare) == {"target_groups": ()}
    assert await targets_fetch(gateway, NAMES)(bare) == {"targets": ()}
    assert gateway.calls == []


@pytest.mark.parametrize("make", [target_groups_fetch, targets_fetch])
async def test_without_services_there_is_nothing_to_look_for(make: Any) -> None:
    with pytest.raises(Failed) as raised:
        await make(Scripted(), NAMES)(World(env="dev", services=Seen(value=(), seen_at=1.0)))
    assert raised.value.fault.sentence == "not found: looked for services clickit-dev-api, clickit-dev-frontend"


async def test_the_innermost_reason_is_told() -> None:
    services = Seen[Any](fault=failed(Trouble.THROTTLED, sentence="AWS throttles ecs:DescribeServices").fault)
    with pytest.raises(Failed) as first:
        await target_groups_fetch(Scripted(), NAMES)(World(env="dev", services=services))
    with pytest.raises(Failed) as second:
        await balancer_fetch(Scripted())(World(env="dev", target_groups=Seen(fault=first.value.fault)))
    assert second.value.fault.kind is Trouble.WAITING
    assert second.value.fault.sentence == "waits for services: AWS throttles ecs:DescribeServices"


async def test_a_stale_dependency_still_serves() -> None:
    stale = Seen(value=SERVICES, seen_at=1.0, fault=failed(Trouble.THROTTLED).fault)
    gateway = Scripted(DescribeTargetGroups=recorded.TARGET_GROUPS)
    assert len((await target_groups_fetch(gateway, NAMES)(World(env="dev", services=stale)))["target_groups"]) == 2


async def test_a_target_group_that_the_answer_lacks_is_said() -> None:
    one = {"TargetGroups": recorded.TARGET_GROUPS["TargetGroups"][:1]}
    with pytest.raises(Failed) as raised:
        await target_groups_fetch(Scripted(DescribeTargetGroups=one), NAMES)(KNOWN)
    assert raised.value.fault.sentence == f"not found: looked for target groups {recorded.TG_FRONTEND}"


async def test_the_balancer_is_the_one_the_target_groups_name() -> None:
    gateway = Scripted(DescribeLoadBalancers=recorded.LOAD_BALANCERS)
    world = World(env="dev", target_groups=Seen(value=GROUPS, seen_at=1.0))
    found = (await balancer_fetch(gateway)(world))["balancer"]
    assert isinstance(found, LoadBalancer)
    assert (found.dimension, found.state) == ("app/clickit-dev-alb/50dc6c495c0c9188", "active")
    assert set(hollow(found)) == set()
    assert gateway.calls == [("DescribeLoadBalancers", {"LoadBalancerArns": [recorded.LB]})]


@pytest.mark.parametrize("groups", [(), (TargetGroup(arn="a", name="lonely"),)])
async def test_target_groups_without_a_balancer_prove_its_absence(groups: tuple[TargetGroup, ...]) -> None:
    world = World(env="dev", target_groups=Seen(value=groups, seen_at=1.0))
    assert isinstance((await balancer_fetch(Scripted())(world))["balancer"], Absent)


async def test_what_the_answers_do_not_tell_is_not_taken_for_none() -> None:
    silent = ecs.service({name: value for name, value in recorded.API.items() if name != "loadBalancers"}, NAMES)
    world = World(env="dev", services=Seen(value=(silent,), seen_at=1.0))
    for fetch in (target_groups_fetch(Scripted(), NAMES), targets_fetch(Scripted(), NAMES)):
        with pytest.raises(Failed, match="has no loadBalancers"):
            await fetch(world)
    groups = Seen(value=(TargetGroup(arn="a", name="untold", balancers_told=False),), seen_at=1.0)
    with pytest.raises(Failed, match="has no LoadBalancerArns"):
        await balancer_fetch(Scripted())(World(env="dev", target_groups=groups))


async def test_the_health_of_every_target() -> None:
    gateway = Scripted(DescribeTargetHealth=recorded.TARGET_HEALTH)
    found: Any = (await targets_fetch(gateway, NAMES)(KNOWN))["targets"]
    assert gateway.count("DescribeTargetHealth") == 2
    assert found[1] == Target(
        group=recorded.TG_API,
        id="10.0.1.18",
        port=8000,
        state="unhealthy",
        reason="Target.ResponseCodeMismatch",
        description="Health checks failed with these codes: [502]",
    )
    assert [target.group for target in found] == [recorded.TG_API] * 2 + [recorded.TG_FRONTEND] * 2


@pytest.mark.parametrize("answer", [{}, {"TargetHealthDescriptions": None}, failed(Trouble.DENIED)])
async def test_one_group_that_cannot_be_read_fails_the_read(answer: Any) -> None:
    def health(params: dict[str, Any]) -> Any:
        return recorded.TARGET_HEALTH if params["TargetGroupArn"] == recorded.TG_API else answer

    with pytest.raises(Failed):
        await targets_fetch(Scripted(DescribeTargetHealth=health), NAMES)(KNOWN)
