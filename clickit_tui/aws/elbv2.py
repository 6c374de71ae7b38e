"""The edge: target groups named by the services, their load balancer, and the health of every target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from clickit_tui.aws.fetching import batches, garbled, needed, not_found, together
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, integer, member, records, said, text, words
from clickit_tui.naming import SERVICES, Names
from clickit_tui.poll import Fetch
from clickit_tui.world.ecs import Service
from clickit_tui.world.parts import LoadBalancer, Target, TargetGroup
from clickit_tui.world.seen import Absent
from clickit_tui.world.world import World

MOST_ARNS = 20
"""Target groups asked for in one call."""


def target_group(answer: Json, parts: Mapping[str, str]) -> TargetGroup:
    """One entry of TargetGroups; `parts` gives the service's short name by target-group ARN."""
    arn = text(answer, "TargetGroupArn")
    return TargetGroup(
        arn=arn,
        name=text(answer, "TargetGroupName"),
        part=parts.get(arn, ""),
        port=integer(answer, "Port"),
        vpc=text(answer, "VpcId"),
        balancers_told=isinstance(member(answer, "LoadBalancerArns"), list),
        load_balancers=tuple(dict.fromkeys(words(answer, "LoadBalancerArns"))),
        path=text(answer, "HealthCheckPath"),
        matcher=text(answer, "Matcher", "HttpCode") or text(answer, "Matcher", "GrpcCode"),
        interval_s=integer(answer, "HealthCheckIntervalSeconds"),
        timeout_s=integer(answer, "HealthCheckTimeoutSeconds"),
        unhealthy_after=integer(answer, "UnhealthyThresholdCount"),
        healthy_after=integer(answer, "HealthyThresholdCount"),
    )


def load_balancer(answer: Json) -> LoadBalancer:
    """One entry of LoadBalancers."""
    return LoadBalancer(
        arn=text(answer, "LoadBalancerArn"),
        name=text(answer, "LoadBalancerName"),
        state=text(answer, "State", "Code").lower(),
        dns_name=text(answer, "DNSName"),
        scheme=text(answer, "Scheme"),
        zones=tuple(filter(None, (text(zone, "ZoneName") for zone in records(answer, "AvailabilityZones")))),
        security_groups=words(answer, "SecurityGroups"),
    )


def target(answer: Json, group: str) -> Target:
    """One entry of TargetHealthDescriptions of the group with that ARN."""
    return Target(
        group=group,
        id=text(answer, "Target", "Id"),
        port=integer(answer, "Target", "Port"),
        state=text(answer, "TargetHealth", "State").lower(),
        reason=text(answer, "TargetHealth", "Reason"),
        description=said(answer, "TargetHealth", "Description"),
    )


def main_balancer(groups: Iterable[TargetGroup]) -> str:
    """ARN of the load balancer that most target groups name, the first on a tie; empty when they name none."""
    named = Counter(arn for group in groups for arn in group.load_balancers)
    return named.most_common(1)[0][0] if named else ""


def parts_by_group(services: Iterable[Service]) -> dict[str, str]:
    """Service's short name by target-group ARN, in the order of the services; the first service wins."""
    found: dict[str, str] = {}
    for service in services:
        for arn in service.target_groups:
            found.setdefault(arn, service.part)
    return found


def _groups(world: World, names: Names) -> dict[str, str]:
    services = needed(world.services, "services")
    if not services:
        raise not_found("services " + ", ".join(names.service(part) for part in SERVICES))
    if not all(service.groups_told for service in services):
        raise garbled("ecs:DescribeServices", "loadBalancers")
    return parts_by_group(services)


def target_groups_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `target_groups`; an empty tuple when no service names one."""

    async def fetch(world: World) -> Mapping[str, object]:
        parts = _groups(world, names)
        arns = list(parts)
        wanted = batches(arns, MOST_ARNS)
        answers = await together(gateway.read("elbv2", "DescribeTargetGroups", TargetGroupArns=batch) for batch in wanted)
        found = {text(each, "TargetGroupArn"): each for answer in answers for each in records(answer, "TargetGroups")}
        if not set(arns) <= set(found):
            raise not_found("target groups " + ", ".join(sorted(set(arns) - set(found))), "elasticloadbalancing:DescribeTargetGroups")
        return {"target_groups": tuple(target_group(found[arn], parts) for arn in arns)}

    return fetch


def balancer_fetch(gateway: Gateway) -> Fetch:
    """Feeds `balancer`; `Absent` when the target groups name none."""

    async def fetch(world: World) -> Mapping[str, object]:
        groups: tuple[TargetGroup, ...] = needed(world.target_groups, "target_groups")
        arn = main_balancer(groups)
        if not arn and not all(group.balancers_told for group in groups):
            raise garbled("elasticloadbalancing:DescribeTargetGroups", "LoadBalancerArns")
        if not arn:
            looked = ", ".join(group.name for group in groups) or "the services (they name none)"
            return {"balancer": Absent(looked_for=f"load balancer of target groups of {looked}")}
        answer = await gateway.read("elbv2", "DescribeLoadBalancers", LoadBalancerArns=[arn])
        found = [load_balancer(each) for each in records(answer, "LoadBalancers")]
        balancer = next((each for each in found if each.arn == arn), None)
        if balancer is None:
            raise not_found(f"load balancer {arn}", "elasticloadbalancing:DescribeLoadBalancers")
        return {"balancer": balancer}

    return fetch


def targets_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `targets`: the health of every group's targets, read together; one group that fails fails the read."""

    async def one(arn: str) -> list[Target]:
        answer: dict[str, Any] = await gateway.read("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)
        if not isinstance(answer.get("TargetHealthDescriptions"), list):
            raise garbled("elasticloadbalancing:DescribeTargetHealth", "TargetHealthDescriptions")
        return [target(each, arn) for each in records(answer, "TargetHealthDescriptions")]

    async def fetch(world: World) -> Mapping[str, object]:
        found = await together(one(arn) for arn in _groups(world, names))
        return {"targets": tuple(each for group in found for each in group)}

    return fetch
