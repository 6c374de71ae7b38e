"""NAT gateways of the environment's VPC, rules of the security groups, subnets of the tasks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws.ec2 import nat_fetch, rules_fetch, subnets_fetch
from clickit_tui.world.ecs import Service
from clickit_tui.world.network import SecurityRule, Subnet
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


API = Service(part="api", name="clickit-dev-api", security_groups=("sg-app",), subnets=("subnet-a", "subnet-b"))
DB = Database(id="clickit-dev-db", security_groups=("sg-db",))
KNOWN = World(env="dev", services=Seen(value=(API,), seen_at=1.0), database=Seen(value=DB, seen_at=1.0))


async def test_rules_of_the_groups_of_tasks_and_database_with_the_entries_of_prefix_lists() -> None:
    gateway = Scripted(DescribeSecurityGroupRules=recorded.SECURITY_RULES, GetManagedPrefixListEntries=recorded.PREFIX_LIST)
    rules = (await rules_fetch(gateway)(KNOWN))["rules"]
    assert rules == (
        SecurityRule(group="sg-db", egress=False, protocol="tcp", from_port=5432, to_port=5432, other_group="sg-app"),
        SecurityRule(group="sg-app", egress=True, protocol="-1", from_port=-1, to_port=-1, cidr="0.0.0.0/0"),
        SecurityRule(
            group="sg-db",
            egress=False,
            protocol="tcp",
            from_port=5432,
            to_port=5432,
            prefix_list="pl-1",
            ranges=("10.0.0.0/16", "10.1.0.0/16"),
        ),
        SecurityRule(group="sg-db", egress=True, protocol="-1", cidr="::/0"),
    )
    assert gateway.calls[0] == ("DescribeSecurityGroupRules", {"Filters": [{"Name": "group-id", "Values": ["sg-app", "sg-db"]}]})


@pytest.mark.parametrize("field", ["services", "database"])
async def test_rules_are_read_only_when_the_groups_of_both_ends_are_known(field: str) -> None:
    half = msgspec.structs.replace(KNOWN, **{field: Seen()})
    with pytest.raises(Failed) as raised:
        await rules_fetch(Scripted(DescribeSecurityGroupRules=recorded.SECURITY_RULES))(half)
    assert (raised.value.fault.kind, raised.value.fault.sentence) == (Trouble.WAITING, f"waits for {field}: not read yet")


async def test_a_prefix_list_that_may_not_be_read_hides_its_ranges_only() -> None:
    rules: Any = (await rules_fetch(Scripted(DescribeSecurityGroupRules=recorded.SECURITY_RULES))(KNOWN))["rules"]
    assert [rule.ranges for rule in rules if rule.prefix_list] == [None]
    assert len(rules) == 4


async def test_a_group_beyond_a_deleted_peering_lets_nothing_pass() -> None:
    gone = {
        "GroupId": "sg-db",
        "IsEgress": False,
        "IpProtocol": "tcp",
        "ReferencedGroupInfo": {"GroupId": "sg-x", "PeeringStatus": "deleted"},
    }
    rules: Any = (await rules_fetch(Scripted(DescribeSecurityGroupRules={"SecurityGroupRules": [gone]}))(KNOWN))["rules"]
    assert rules[0].other_group == ""
    assert rules[0].covers(["10.0.0.0/24"]) is False


async def test_free_addresses_of_the_services_subnets() -> None:
    gateway = Scripted(DescribeSubnets=recorded.SUBNETS)
    assert (await subnets_fetch(gateway)(KNOWN))["subnets"] == (
        Subnet(id="subnet-a", vpc="vpc-1", zone="eu-west-1a", cidr="10.0.1.0/24", free=0),
        Subnet(id="subnet-b", vpc="vpc-1", zone="eu-west-1b", cidr="10.0.2.0/24", free=240),
    )
    assert gateway.calls == [("DescribeSubnets", {"SubnetIds": ["subnet-a", "subnet-b"]})]


@pytest.mark.parametrize("fetch", [rules_fetch, subnets_fetch])
async def test_without_the_services_nothing_of_the_network_is_claimed(fetch: Any) -> None:
    with pytest.raises(Failed) as raised:
        await fetch(Scripted())(World(env="dev"))
    assert raised.value.fault.kind is Trouble.WAITING
    empty = World(env="dev", services=Seen(value=(), seen_at=1.0))
    with pytest.raises(Failed) as raised:
        await fetch(Scripted())(empty)
    assert raised.value.fault.kind is Trouble.MISSING
