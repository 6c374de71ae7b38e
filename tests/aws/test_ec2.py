"""NAT gateways of the environment's VPC."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.ec2 import nat_fetch
from clickit_tui.world.parts import Database, NatGateway, TargetGroup
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

GROUPS = Seen(value=(TargetGroup(arn="a", name="a", vpc="vpc-1"),), seen_at=1.0)


@pytest.mark.parametrize(
    "world", [World(env="dev", target_groups=GROUPS), World(env="dev", database=Seen(value=Database(id="d", vpc="vpc-1"), seen_at=1.0))]
)
async def test_the_gateways_of_the_vpc_that_still_exist(world: World) -> None:
    gateway = Scripted(DescribeNatGateways=recorded.NAT_GATEWAYS)
    assert (await nat_fetch(gateway)(world))["nat"] == (
        NatGateway(id="nat-1", state="failed", subnet="subnet-p1"),
        NatGateway(id="nat-2", state="available", subnet="subnet-p2"),
    )
    assert gateway.calls == [("DescribeNatGateways", {"Filter": [{"Name": "vpc-id", "Values": ["vpc-1"]}]})]


async def test_a_vpc_without_any_is_an_empty_tuple() -> None:
    assert await nat_fetch(Scripted(DescribeNatGateways={"NatGateways": []}))(World(env="dev", target_groups=GROUPS)) == {"nat": ()}


@pytest.mark.parametrize(
    ("groups", "kind"),
    [
        (Seen[Any](fault=failed(Trouble.DENIED).fault), Trouble.WAITING),
        (Seen[Any](), Trouble.WAITING),
        (Seen[Any](value=(), seen_at=1.0), Trouble.MISSING),
    ],
)
async def test_without_a_vpc_nothing_is_claimed(groups: Seen[Any], kind: Trouble) -> None:
    with pytest.raises(Failed) as raised:
        await nat_fetch(Scripted())(World(env="dev", target_groups=groups))
    assert raised.value.fault.kind is kind


async def test_an_answer_without_the_list_proves_nothing() -> None:
    with pytest.raises(Failed):
        await nat_fetch(Scripted(DescribeNatGateways={}))(World(env="dev", target_groups=GROUPS))
