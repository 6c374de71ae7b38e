"""What the agent of ECS Exec needs beside the task: what task roles allow, and endpoints of the VPC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from clickit_tui.aws.ec2 import vpc_of
from clickit_tui.aws.fetching import listed, needed, not_found, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, text
from clickit_tui.poll import Fetch
from clickit_tui.world.agent import CHANNELS, DECRYPT, TO_BUCKET, TO_LOGS, Endpoint, Rights
from clickit_tui.world.ecs import Cluster
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World


def rights(role: str, results: Iterable[Json]) -> Rights:
    """EvaluationResults of one role. What hangs on a context that was not given is neither allowed nor denied."""
    decided = {text(each, "EvalActionName"): text(each, "EvalDecision") for each in results if not each.get("MissingContextValues")}
    denied = ("implicitDeny", "explicitDeny")
    return Rights(
        role=role,
        allowed=frozenset(name for name, decision in decided.items() if decision == "allowed"),
        denied=frozenset(name for name, decision in decided.items() if decision in denied),
    )


def besides(cluster: Cluster | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """(actions, ARN) that the cluster's own key, log group and bucket ask of a role; what has no ARN cannot be asked about."""
    arn = cluster.arn.split(":") if cluster is not None else []
    if cluster is None:
        return
    if cluster.exec_key.startswith("arn:"):
        yield (DECRYPT,), cluster.exec_key
    if cluster.exec_logging != "OVERRIDE" or len(arn) < 6:
        return
    partition, region, account = arn[1], arn[3], arn[4]
    if cluster.exec_log_group:
        yield TO_LOGS, f"arn:{partition}:logs:{region}:{account}:log-group:{cluster.exec_log_group}:log-stream:ecs-execute-command-0"
    if cluster.exec_bucket:
        yield TO_BUCKET, f"arn:{partition}:s3:::{cluster.exec_bucket}/ecs-execute-command-0.log"


def rights_fetch(gateway: Gateway) -> Fetch:
    """Feeds `rights`: of every task role. A role that cannot be asked about is left out unless none can."""

    async def simulated(role: str, actions: tuple[str, ...], **more: object) -> list[Json]:
        asked = {"PolicySourceArn": role, "ActionNames": list(actions), **more}
        return await listed(gateway, "iam", "SimulatePrincipalPolicy", "EvaluationResults", **asked)

    async def of(role: str, cluster: Cluster | None) -> Rights:
        results = await simulated(role, CHANNELS)
        for actions, resource in besides(cluster):
            results += await simulated(role, actions, ResourceArns=[resource])
        return rights(role, results)

    async def fetch(world: World) -> Mapping[str, object]:
        roles = sorted({each.task_role for each in needed(world.definitions, "definitions") if each.task_role})
        cluster = world.cluster.value if isinstance(world.cluster.value, Cluster) else None
        answers = await outcomes(of(role, cluster) for role in roles)
        good = tuple(each for each in answers if not isinstance(each, Failed))
        for each in answers:
            if isinstance(each, Failed) and not good:
                raise each
        return {"rights": good}

    return fetch


def endpoint(answer: Json) -> Endpoint:
    """One entry of VpcEndpoints."""
    return Endpoint(service=text(answer, "ServiceName"), kind=text(answer, "VpcEndpointType"), state=text(answer, "State").lower())


def endpoints_fetch(gateway: Gateway) -> Fetch:
    """Feeds `endpoints`; an empty tuple when the VPC has none."""

    async def fetch(world: World) -> Mapping[str, object]:
        vpc = vpc_of(world)
        if not vpc:
            needed(world.target_groups, "target_groups")
            raise not_found("the VPC of the target groups or of the database")
        filters = [{"Name": "vpc-id", "Values": [vpc]}]
        answers = await listed(gateway, "ec2", "DescribeVpcEndpoints", "VpcEndpoints", Filters=filters)
        return {"endpoints": tuple(sorted(map(endpoint, answers), key=lambda each: each.service))}

    return fetch
