"""Faults on command, as a plain client of AWS meets them."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError

from clickit_tui.demo import faults
from clickit_tui.demo.launch import Demo, DemoFailed
from tests.conftest import Client


@pytest.mark.parametrize(
    ("service", "operation", "given", "kind", "code"),
    [
        ("ecs", "ListClusters", {}, "deny", "AccessDeniedException"),
        ("rds", "DescribeDBInstances", {}, "deny", "AccessDenied"),
        ("ec2", "DescribeVpcs", {}, "deny", "UnauthorizedOperation"),
        ("cloudwatch", "DescribeAlarms", {}, "deny", "AccessDenied"),
        ("ecs", "ListClusters", {}, "throttle", "ThrottlingException"),
        ("elbv2", "DescribeLoadBalancers", {}, "throttle", "Throttling"),
        ("ec2", "DescribeVpcs", {}, "throttle", "RequestLimitExceeded"),
        ("logs", "DescribeLogGroups", {}, "expire", "ExpiredTokenException"),
        ("sts", "GetCallerIdentity", {}, "expire", "ExpiredToken"),
        ("ecs", "ListClusters", {}, "500", "ServerException"),
    ],
)
async def test_errors_carry_the_codes_of_their_protocol(
    demo: Demo, aws: Client, service: str, operation: str, given: dict[str, str], kind: str, code: str
) -> None:
    demo.fault(f"{service}.{operation}={kind}:1")
    async with aws(service) as client:
        name = client.meta.method_to_api_mapping
        method = getattr(client, next(each for each, api in name.items() if api == operation))
        with pytest.raises(ClientError) as caught:
            await method(**given)
        assert caught.value.response["Error"]["Code"] == code
        await method(**given)


@pytest.mark.parametrize(
    ("service", "permission"),
    [
        ("elbv2", "elasticloadbalancing:DescribeX"),
        ("ecs", "ecs:DescribeX"),
        ("cloudwatch", "cloudwatch:DescribeX"),
        ("application-autoscaling", "application-autoscaling:DescribeX"),
    ],
)
def test_a_denial_names_the_permission_as_iam_spells_it(service: str, permission: str) -> None:
    said = faults.error(faults.parse(f"{service}.*=deny", 0.0), service, "DescribeX")
    assert said is not None
    assert f"not authorized to perform: {permission} because" in str(said)


async def test_a_reset_and_a_cut_body_are_no_answers(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        for kind in ("reset", "truncate"):
            demo.fault(f"ecs.*={kind}:1")
            with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the SDK's affair; that it is no answer counts
                await ecs.list_clusters()
            assert not isinstance(caught.value, ClientError)
        assert (await ecs.list_clusters())["clusterArns"]


@pytest.mark.parametrize(
    ("kind", "code"), [("unserved", "UnknownOperationException"), ("404", "404"), ("skew:10m", "InvalidSignatureException")]
)
async def test_what_is_not_served_and_what_is_signed_too_early(demo: Demo, aws: Client, kind: str, code: str) -> None:
    demo.fault(f"ecs.ListClusters={kind}")
    async with aws("ecs") as ecs:
        with pytest.raises(ClientError) as caught:
            await ecs.list_clusters()
    answer = caught.value.response
    assert answer["Error"]["Code"] == code
    ahead = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp() - time.time()
    assert (ahead > 590) == kind.startswith("skew")


async def test_answers_without_members_fields_or_tokens(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs, aws("rds") as rds:
        demo.fault("*.*=empty:2")
        assert set(await ecs.list_clusters()) == {"ResponseMetadata"}
        assert set(await rds.describe_db_instances()) == {"ResponseMetadata"}
        demo.fault("rds.*=absent:1")
        (one, *_) = (await rds.describe_db_instances())["DBInstances"]
        assert one["DBInstanceIdentifier"]
        assert not {"DBInstanceStatus", "AllocatedStorage"} & set(one)
        assert "nextToken" in await ecs.list_services(cluster="clickit-prod-cluster", maxResults=1)
        demo.fault("ecs.*=untokened:1")
        assert "nextToken" not in await ecs.list_services(cluster="clickit-prod-cluster", maxResults=1)
        demo.fault("ecs.*=slow:0.05s:1")
        assert (await ecs.list_clusters())["clusterArns"]


async def test_what_hangs_is_let_go_when_it_heals(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        demo.fault("ecs.*=hang")
        asked = asyncio.create_task(ecs.list_clusters())
        for _ in range(500):
            if demo.counts().get("ecs.ListClusters"):
                break
            await asyncio.sleep(0.01)
        assert not asked.done()
        demo.heal()
        assert (await asked)["clusterArns"]


async def test_faults_end_with_heal_and_with_a_reset(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        for end in (demo.heal, demo.reset):
            demo.fault("*.*=deny")
            with pytest.raises(ClientError):
                await ecs.list_clusters()
            end()
            await ecs.list_clusters()


def test_a_fault_lasts_for_its_time_or_count() -> None:
    timed = faults.parse("ecs.DescribeTasks=throttle:20s", 100.0)
    assert timed.strikes("ecs", "DescribeTasks", 119.0)
    assert not timed.strikes("ecs", "ListTasks", 119.0)
    assert not timed.strikes("ecs", "DescribeTasks", 120.0)
    counted = faults.parse("logs.*=deny:2", 0.0)
    assert [counted.strikes("logs", "FilterLogEvents", 1.0) for _ in range(3)] == [True, True, False]
    slow = faults.parse("rds.*=delay:2.5s:3", 0.0)
    assert (slow.length_s, slow.left) == (2.5, 3)


@pytest.mark.parametrize("text", ["ecs", "ecs.X", "ecs.X=explode", "x=deny", "ecs.X=deny:soon"])
def test_a_fault_that_cannot_be_read_is_refused(demo_server: Demo, text: str) -> None:
    with pytest.raises(ValueError, match=text.replace("*", r"\*")):
        faults.parse(text, 0.0)
    with pytest.raises(DemoFailed):
        demo_server.fault(text)
