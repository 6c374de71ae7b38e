"""The network: NAT gateways of the VPC, rules of the security groups of tasks and database, the tasks' subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from clickit_tui.aws.fetching import garbled, listed, needed, not_found, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, text
from clickit_tui.poll import Fetch
from clickit_tui.world.network import SecurityRule, Subnet
from clickit_tui.world.parts import Database, NatGateway
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World


def nat_gateway(answer: Json) -> NatGateway:
    """One entry of NatGateways."""
    return NatGateway(id=text(answer, "NatGatewayId"), state=text(answer, "State").lower(), subnet=text(answer, "SubnetId"))


def nat_gateways(answers: list[Json]) -> tuple[NatGateway, ...]:
    """The gateways that exist, by id; EC2 lists deleted ones for about an hour."""
    found = [nat_gateway(answer) for answer in answers]
    return tuple(sorted((each for each in found if each.id and each.state != "deleted"), key=lambda each: each.id))


def vpc_of(world: World) -> str:
    """The VPC of the target groups, else of the database; empty when neither says."""
    for group in world.target_groups.value or ():
        if group.vpc:
            return group.vpc
    found = world.database.value
    return found.vpc if isinstance(found, Database) else ""


def nat_fetch(gateway: Gateway) -> Fetch:
    """Feeds `nat`; an empty tuple when the VPC has none."""

    async def fetch(world: World) -> Mapping[str, object]:
        vpc = vpc_of(world)
        if not vpc:
            needed(world.target_groups, "target_groups")
            raise not_found("the VPC of the target groups or of the database")
        answers = await listed(gateway, "ec2", "DescribeNatGateways", "NatGateways", Filter=[{"Name": "vpc-id", "Values": [vpc]}])
        if not all(text(each, "NatGatewayId") for each in answers):
            raise garbled("ec2:DescribeNatGateways", "NatGatewayId")
        return {"nat": nat_gateways(answers)}

    return fetch


def security_rule(answer: Json) -> SecurityRule:
    """One entry of SecurityGroupRules; a reference to a group in a deleted peering lets nothing pass and is left out of it."""
    other = text(answer, "ReferencedGroupInfo", "GroupId")
    gone = text(answer, "ReferencedGroupInfo", "PeeringStatus") == "deleted"
    return SecurityRule(
        group=text(answer, "GroupId"),
        egress=flag(answer, "IsEgress"),
        protocol=text(answer, "IpProtocol"),
        from_port=integer(answer, "FromPort"),
        to_port=integer(answer, "ToPort"),
        other_group="" if gone else other,
        cidr=text(answer, "CidrIpv4") or text(answer, "CidrIpv6"),
        prefix_list=text(answer, "PrefixListId"),
    )


def groups_in_use(world: World) -> list[str]:
    """Ids of the security groups of services and database, as far as they are known."""
    found = [group for service in world.services.value or () for group in service.security_groups]
    database = world.database.value
    found += database.security_groups if isinstance(database, Database) else ()
    return sorted(set(found))


def rules_fetch(gateway: Gateway) -> Fetch:
    """Feeds `rules`: the rules of the groups of tasks and database; a prefix list that may not be read leaves its rule without ranges."""

    async def entries(list_id: str) -> tuple[str, ...]:
        found = await listed(gateway, "ec2", "GetManagedPrefixListEntries", "Entries", PrefixListId=list_id)
        return tuple(filter(None, (text(each, "Cidr") for each in found)))

    async def fetch(world: World) -> Mapping[str, object]:
        groups = groups_in_use(world)
        ends: tuple[tuple[str, Seen[Any]], ...] = (("services", world.services), ("database", world.database))
        for field, end in ends:
            if groups and (end.fault is None or end.fault.kind is not Trouble.DENIED):
                needed(end, field)  # the rules of its groups would be missing, which reads as `no way`
        if not groups:
            needed(world.services, "services")
            raise not_found("a security group of the services or of the database")
        filters = [{"Name": "group-id", "Values": groups}]
        answers = await listed(gateway, "ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=filters)
        rules = tuple(security_rule(answer) for answer in answers)
        lists = list(dict.fromkeys(rule.prefix_list for rule in rules if rule.prefix_list))
        read = dict(zip(lists, await outcomes(entries(each) for each in lists), strict=True))
        return {"rules": tuple(_with_ranges(rule, read.get(rule.prefix_list)) for rule in rules)}

    return fetch


def _with_ranges(rule: SecurityRule, read: tuple[str, ...] | Failed | None) -> SecurityRule:
    return rule if read is None or isinstance(read, Failed) else msgspec.structs.replace(rule, ranges=read)


def subnet(answer: Json) -> Subnet:
    """One entry of Subnets."""
    return Subnet(
        id=text(answer, "SubnetId"),
        vpc=text(answer, "VpcId"),
        zone=text(answer, "AvailabilityZone"),
        cidr=text(answer, "CidrBlock"),
        free=integer(answer, "AvailableIpAddressCount"),
    )


def subnets_fetch(gateway: Gateway) -> Fetch:
    """Feeds `subnets`: those that the services' tasks are started in."""

    async def fetch(world: World) -> Mapping[str, object]:
        ids = sorted({each for service in needed(world.services, "services") for each in service.subnets})
        if not ids:
            raise not_found("a subnet of the services")
        answers = await listed(gateway, "ec2", "DescribeSubnets", "Subnets", SubnetIds=ids)
        return {"subnets": tuple(sorted((subnet(answer) for answer in answers), key=lambda each: each.id))}

    return fetch
