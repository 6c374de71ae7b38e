"""What task roles allow, and endpoints of the VPC."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws.agent import besides, endpoints_fetch, rights_fetch
from clickit_tui.aws.ecs import cluster
from clickit_tui.world.agent import CHANNELS, Endpoint, Rights
from clickit_tui.world.ecs import Cluster, TaskDefinition
from clickit_tui.world.parts import TargetGroup
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

ROLE = "arn:aws:iam::123456789012:role/task"
DEFINITION = TaskDefinition(arn="arn:d:1", family="d", revision=1, task_role=ROLE)
KNOWN = World(env="dev", definitions=Seen(value=(DEFINITION,), seen_at=1.0), cluster=Seen(value=Cluster(name="c"), seen_at=1.0))


async def test_what_a_role_allows_and_what_hangs_on_a_context_is_neither() -> None:
    gateway = Scripted(SimulatePrincipalPolicy=recorded.SIMULATED)
    assert (await rights_fetch(gateway)(KNOWN))["rights"] == (
        Rights(
            role=ROLE,
            allowed=frozenset({"ssmmessages:CreateControlChannel"}),
            denied=frozenset({"ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel"}),
        ),
    )
    assert gateway.calls == [("SimulatePrincipalPolicy", {"PolicySourceArn": ROLE, "ActionNames": list(CHANNELS)})]


async def test_with_a_key_of_the_cluster_its_use_is_asked_for_too() -> None:
    world = msgspec.structs.replace(KNOWN, cluster=Seen(value=Cluster(name="c", exec_key="arn:aws:kms:eu-west-1:1:key/k"), seen_at=1.0))
    gateway = Scripted(SimulatePrincipalPolicy=recorded.SIMULATED)
    await rights_fetch(gateway)(world)
    assert gateway.calls[1][1]["ActionNames"] == ["kms:Decrypt"]
    assert gateway.calls[1][1]["ResourceArns"] == ["arn:aws:kms:eu-west-1:1:key/k"]


async def test_where_sessions_are_recorded_the_right_to_write_there_is_asked_for() -> None:
    answer = {
        "clusterName": "c",
        "clusterArn": "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/c",
        "configuration": {
            "executeCommandConfiguration": {
                "logging": "OVERRIDE",
                "logConfiguration": {"cloudWatchLogGroupName": "/exec", "s3BucketName": "kept", "s3KeyPrefix": "shells/"},
            }
        },
    }
    gateway = Scripted(SimulatePrincipalPolicy=recorded.SIMULATED)
    await rights_fetch(gateway)(msgspec.structs.replace(KNOWN, cluster=Seen(value=cluster(answer), seen_at=1.0)))
    assert [(asked["ActionNames"], asked["ResourceArns"]) for _, asked in gateway.calls[1:]] == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            ["arn:aws-cn:logs:cn-north-1:123456789012:log-group:/exec:log-stream:ecs-execute-command-0"],
        ),
        (["s3:PutObject"], ["arn:aws-cn:s3:::kept/shells/ecs-execute-command-0.log"]),
    ]
    answer["configuration"]["executeCommandConfiguration"]["logging"] = "NONE"
    assert not list(besides(cluster(answer)))


async def test_roles_that_cannot_be_asked_about_are_a_failure() -> None:
    with pytest.raises(Failed) as raised:
        await rights_fetch(Scripted(SimulatePrincipalPolicy=failed(Trouble.DENIED)))(KNOWN)
    assert raised.value.fault.kind is Trouble.DENIED
    with pytest.raises(Failed):
        await rights_fetch(Scripted(SimulatePrincipalPolicy={}))(KNOWN)


async def test_endpoints_of_the_vpc() -> None:
    world = World(env="dev", target_groups=Seen(value=(TargetGroup(arn="a", name="a", vpc="vpc-1"),), seen_at=1.0))
    gateway = Scripted(DescribeVpcEndpoints=recorded.ENDPOINTS)
    assert (await endpoints_fetch(gateway)(world))["endpoints"] == (
        Endpoint(service="com.amazonaws.eu-west-1.s3", kind="Gateway", state="available"),
        Endpoint(service="com.amazonaws.eu-west-1.ssmmessages", kind="Interface", state="available"),
    )
    assert gateway.calls == [("DescribeVpcEndpoints", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]})]


@pytest.mark.parametrize("answer", [{}, failed(Trouble.DENIED)])
async def test_without_a_vpc_or_an_answer_nothing_is_claimed(answer: Any) -> None:
    groups = Seen(value=(TargetGroup(arn="a", name="a", vpc="vpc-1"),), seen_at=1.0)
    with pytest.raises(Failed):
        await endpoints_fetch(Scripted(DescribeVpcEndpoints=answer))(World(env="dev", target_groups=groups))
    with pytest.raises(Failed):
        await endpoints_fetch(Scripted())(World(env="dev"))
