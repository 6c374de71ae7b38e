"""The network's way out: ec2:DescribeNatGateways of the VPC that ClickIt runs in."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.fetching import listed, needed, not_found
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, text
from clickit_tui.poll import Fetch
from clickit_tui.world.parts import Database, NatGateway
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
        return {"nat": nat_gateways(answers)}

    return fetch
