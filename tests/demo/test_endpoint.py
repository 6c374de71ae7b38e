"""The endpoint over HTTP: it answers, in AWS's shapes, for every region, and fails in AWS's shapes."""

from __future__ import annotations

import http.client
import json

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


def _control(demo: Demo, token: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=20)
    try:
        connection.request("POST", "/_clickit/control", body, {"X-Clickit-Token": token})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"null",
        b"[" * 50_000,
        b"\xff",
        b'{"do": "step", "seconds": -1}',
        b'{"do": "step"}',
        b'{"do": "reset", "elapsed_s": -5}',
        b'{"do": "reset", "elapsed_s": 1e9}',
        b'{"do": "log_rate", "factor": -1}',
        b'{"do": "latency", "ms": NaN}',
        b'{"do": "fault", "fault": "monitoring.*=deny"}',
        b'{"do": "fault", "fault": "ecs.describetasks=deny"}',
    ],
)
def test_a_wrong_command_is_refused_in_words(demo: Demo, body: bytes) -> None:
    status, said = _control(demo, demo._token, body)
    assert (status, list(json.loads(said))) == (400, ["error"])


@pytest.mark.parametrize("token", ["", "wrong", "\xe9"])
def test_no_token_but_the_printed_one_opens_the_control_endpoint(demo: Demo, token: str) -> None:
    status, said = _control(demo, token, b'{"do": "state"}')
    assert (status, list(json.loads(said))) == (403, ["error"])


async def test_requests_are_counted_by_operation(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        await ecs.list_clusters()
        await ecs.list_clusters()
    assert demo.counts() == {"ecs.ListClusters": 2}
    demo.forget_counts()
    assert demo.counts() == {}
