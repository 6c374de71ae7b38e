"""The endpoint over HTTP: it answers, in AWS's shapes, for every region, and fails in AWS's shapes."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from clickit_tui.demo.launch import Demo, DemoFailed
from tests.conftest import Client

CLUSTER = "clickit-dev-cluster"


async def test_identity_is_an_assumed_role(aws: Client) -> None:
    async with aws("sts") as sts:
        found = await sts.get_caller_identity()
    assert (found["Account"], found["Arn"]) == ("123456789012", "arn:aws:sts::123456789012:assumed-role/OnCall/demo")


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "ap-southeast-3"])
async def test_every_region_shows_the_same_clickit_under_its_own_name(aws: Client, region: str) -> None:
    async with aws("ecs", region_name=region) as ecs:
        found = await ecs.describe_services(cluster=CLUSTER, services=["clickit-dev-api"])
        service = found["services"][0]
        assert service["serviceArn"] == f"arn:aws:ecs:{region}:123456789012:service/{CLUSTER}/clickit-dev-api"
        again = await ecs.describe_services(cluster=CLUSTER, services=[service["serviceArn"]])
    assert again["services"][0]["desiredCount"] == 2
    async with aws("elbv2", region_name=region) as elbv2:
        health = await elbv2.describe_target_health(TargetGroupArn=service["loadBalancers"][0]["targetGroupArn"])
    assert {each["TargetHealth"]["State"] for each in health["TargetHealthDescriptions"]} == {"healthy"}
    assert all(each["Target"]["AvailabilityZone"].startswith(region) for each in health["TargetHealthDescriptions"])


@pytest.mark.parametrize(
    ("service", "operation", "given", "code"),
    [
        ("ecs", "create_cluster", {}, "UnknownOperationException"),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "x"}, "InvalidAction"),
        ("ec2", "describe_instances", {}, "InvalidAction"),
        ("ecs", "list_tasks", {"cluster": "nowhere"}, "ClusterNotFoundException"),
        ("rds", "describe_db_instances", {"DBInstanceIdentifier": "nowhere"}, "DBInstanceNotFound"),
        ("ec2", "describe_security_groups", {"GroupIds": ["sg-nowhere"]}, "InvalidGroup.NotFound"),
        ("logs", "filter_log_events", {"logGroupName": "/nowhere"}, "ResourceNotFoundException"),
        ("secretsmanager", "get_secret_value", {"SecretId": "clickit/dev/database-url"}, "AccessDeniedException"),
    ],
)
async def test_what_is_refused_is_refused_in_awss_shape(
    aws: Client, service: str, operation: str, given: dict[str, object], code: str
) -> None:
    async with aws(service) as client:
        with pytest.raises(ClientError) as caught:
            await getattr(client, operation)(**given)
    assert caught.value.response["Error"]["Code"] == code


async def test_a_service_that_is_no_part_of_clickit_falls_to_moto(aws: Client) -> None:
    async with aws("sns") as sns:
        assert (await sns.list_topics())["Topics"] == []


async def test_an_empty_answer_of_moto_is_no_html(aws: Client) -> None:
    async with aws("iam") as iam:
        with pytest.raises(ClientError):
            await iam.simulate_principal_policy(PolicySourceArn="arn:aws:iam::123456789012:role/x", ActionNames=["ecs:UpdateService"])


def test_the_control_endpoint_wants_its_token(demo: Demo) -> None:
    stranger = Demo(demo._process, -1, demo._home, demo.port, "wrong")
    with pytest.raises(DemoFailed, match="token"):
        stranger.pause()


async def test_requests_are_counted_by_operation(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        await ecs.list_clusters()
        await ecs.list_clusters()
    assert demo.counts() == {"ecs.ListClusters": 2}
    demo.forget_counts()
    assert demo.counts() == {}
