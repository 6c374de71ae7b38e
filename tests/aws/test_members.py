"""Reading members of answers that may be missing, null or odd."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.aws import agent, alarms, autoscaling, cloudwatch, ec2, ecr, ecs, elasticache, elbv2, events, rds, secretsmanager
from clickit_tui.aws.members import flag, integer, moment, number, records, tail, text, words
from clickit_tui.naming import names
from tests.aws import recorded
from tests.aws.damage import ODD, damaged, numbers, strings
from tests.aws.scripted import model, problems

NAMES = names("dev")
PARSERS: dict[tuple[str, str], Any] = {
    ("ecs", "DescribeClusters"): lambda a: [ecs.cluster(each) for each in records(a, "clusters")],
    ("ecs", "DescribeServices"): lambda a: ecs.services(a, NAMES),
    ("ecs", "DescribeTasks"): lambda a: [ecs.task(each, NAMES) for each in records(a, "tasks")],
    ("ecs", "DescribeTaskDefinition"): lambda a: (
        ecs.task_definition(records({"one": [a.get("taskDefinition")]}, "one")[0]) if isinstance(a.get("taskDefinition"), dict) else None
    ),
    ("ecs", "DescribeServiceDeployments"): lambda a: [ecs.service_deployment(each) for each in records(a, "serviceDeployments")],
    ("elbv2", "DescribeTargetGroups"): lambda a: [elbv2.target_group(each, {}) for each in records(a, "TargetGroups")],
    ("elbv2", "DescribeLoadBalancers"): lambda a: [elbv2.load_balancer(each) for each in records(a, "LoadBalancers")],
    ("elbv2", "DescribeTargetHealth"): lambda a: [elbv2.target(each, "g") for each in records(a, "TargetHealthDescriptions")],
    ("rds", "DescribeDBInstances"): lambda a: [rds.database(each) for each in records(a, "DBInstances")],
    ("elasticache", "DescribeReplicationGroups"): lambda a: elasticache.find(records(a, "ReplicationGroups"), [], NAMES),
    ("elasticache", "DescribeCacheClusters"): lambda a: elasticache.find([], records(a, "CacheClusters"), NAMES),
    ("ec2", "DescribeNatGateways"): lambda a: ec2.nat_gateways(records(a, "NatGateways")),
    ("application-autoscaling", "DescribeScalableTargets"): lambda a: autoscaling.scaling(records(a, "ScalableTargets"), [], NAMES),
    ("application-autoscaling", "DescribeScalingPolicies"): lambda a: [autoscaling.policy(each) for each in records(a, "ScalingPolicies")],
    ("cloudwatch", "DescribeAlarms"): lambda a: [
        *(alarms.metric_alarm(each) for each in records(a, "MetricAlarms")),
        *(alarms.composite_alarm(each) for each in records(a, "CompositeAlarms")),
    ],
    ("cloudwatch", "DescribeAlarmHistory"): lambda a: [events.alarm_change(each) for each in records(a, "AlarmHistoryItems")],
    ("ec2", "DescribeSecurityGroupRules"): lambda a: [ec2.security_rule(each) for each in records(a, "SecurityGroupRules")],
    ("ec2", "DescribeVpcEndpoints"): lambda a: [agent.endpoint(each) for each in records(a, "VpcEndpoints")],
    ("iam", "SimulatePrincipalPolicy"): lambda a: agent.rights("role", records(a, "EvaluationResults")),
    ("ec2", "DescribeSubnets"): lambda a: [ec2.subnet(each) for each in records(a, "Subnets")],
    ("rds", "DescribeDBSnapshots"): lambda a: [rds.snapshot(each) for each in records(a, "DBSnapshots")],
    ("secretsmanager", "DescribeSecret"): lambda a: secretsmanager.secret(a, "x"),
    ("secretsmanager", "ListSecrets"): lambda a: [secretsmanager.secret(each, "x") for each in records(a, "SecretList")],
    ("ecr", "DescribeImageScanFindings"): lambda a: ecr.scan(a, "clickit/api", "sha256"),
    ("rds", "DescribeEvents"): lambda a: [events.database_event(each) for each in records(a, "Events")],
}


@pytest.mark.parametrize(("service", "operation"), sorted(recorded.SHAPES))
def test_recorded_answers_have_the_shape_of_botocores_models(service: str, operation: str) -> None:
    shape = model(service).operation_model(operation).output_shape
    assert problems(recorded.SHAPES[service, operation], shape) == ""


@pytest.mark.parametrize(("service", "operation"), sorted(PARSERS))
@settings(deadline=None, derandomize=True, max_examples=80)
@given(data=st.data())
def test_a_damaged_answer_neither_raises_nor_invents_a_number(service: str, operation: str, data: st.DataObject) -> None:
    answer = data.draw(damaged(recorded.SHAPES[service, operation]))
    value = PARSERS[service, operation](answer)
    assert set(numbers(value)) <= set(numbers(answer)) | {float(each) for each in (41, 42)}
    assert all(character.isprintable() for string in strings(value) for character in string)


@pytest.mark.parametrize("odd", ODD)
def test_a_member_of_odd_type_is_unknown(odd: Any) -> None:
    answer = {"member": odd}
    assert integer(answer, "member") in (None, -1)
    assert number(answer, "member") in (None, -1.0, 3.5)
    assert flag(answer, "member") in (None, True)
    assert text(answer, "member", "deeper") == ""
    assert records(answer, "member") == []
    assert set(words(answer, "member")) <= {"x"}


@pytest.mark.parametrize(
    ("given_", "seconds"),
    [
        (datetime(1970, 1, 1, 0, 1, tzinfo=UTC), 60.0),
        (datetime(1970, 1, 1, 0, 1), 60.0),  # noqa: DTZ001 - an endpoint that sends no zone means UTC
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00+00:00", 60.0),
        (1_795_442_599, 1_795_442_599.0),
        (1_795_442_599_000, 1_795_442_599.0),
        ("1795442599.5", 1_795_442_599.5),
        ("yesterday", None),
        (0, None),
        (-5, None),
        (True, None),
        (None, None),
        (float("nan"), None),
        (datetime.min, None),  # noqa: DTZ901
    ],
)
def test_times_come_in_many_forms(given_: Any, seconds: float | None) -> None:
    assert moment(given_) == seconds


def test_numbers_come_as_text_too() -> None:
    assert (integer({"n": "3"}, "n"), integer({"n": 3.0}, "n"), integer({"n": 3.5}, "n"), integer({"n": True}, "n")) == (3, 3, None, None)
    assert (flag({"f": "True"}, "f"), flag({"f": "no"}, "f"), flag({"f": 1}, "f")) == (True, None, None)


def test_the_tail_of_an_arn() -> None:
    assert tail("arn:aws:ecs:r:a:service/cluster/name") == "name"
    assert tail("arn:aws:rds:r:a:db:name") == "name"


def test_points_survive_odd_lists() -> None:
    answer = {"Timestamps": [60, None, "x", 120, 180], "Values": [1.0, 2.0, 3.0, None, 5, 6]}
    assert cloudwatch.points(answer, 60) == {60.0: 1.0, 180.0: 5.0}
    assert cloudwatch.points({"Timestamps": 3, "Values": [1]}, 60) == {}
