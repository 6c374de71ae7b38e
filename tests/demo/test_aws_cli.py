"""The stock `aws` command line against the embedded ClickIt: every command of the runbook that is served."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from clickit_tui.demo.launch import Demo, clean_environ

AWS = shutil.which("aws")
pytestmark = pytest.mark.skipif(AWS is None, reason="the stock aws command line is not installed here")

CLUSTER = "clickit-dev-cluster"


def run(demo: Demo, *words: str, fails: bool = False) -> Any:
    """The JSON that a command prints; with `fails`, its error text."""
    found = subprocess.run(
        [AWS or "aws", *words, "--output", "json"],
        env=clean_environ(os.environ, demo),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (found.returncode != 0) == fails, found.stderr
    return found.stderr if fails else json.loads(found.stdout or "null")


def test_searching_the_logs(demo: Demo) -> None:
    found = run(demo, "logs", "filter-log-events", "--log-group-name", "/ecs/clickit-dev-api", "--filter-pattern", "WARN")
    assert found["events"]
    assert all("WARN" in each["message"] for each in found["events"])


def test_tailing_the_logs(demo: Demo) -> None:
    version = subprocess.run([AWS or "aws", "--version"], capture_output=True, text=True, check=True).stdout
    if version.startswith("aws-cli/1."):
        pytest.skip("version 1 of the aws command line has no `logs tail`")
    text = subprocess.run(
        [AWS or "aws", "logs", "tail", "/ecs/clickit-dev-api", "--since", "10m"],
        env=clean_environ(os.environ, demo),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "clickit.access" in text


def test_scaling_and_redeploying(demo: Demo) -> None:
    named = ("--cluster", CLUSTER, "--service", "clickit-dev-api")
    assert run(demo, "ecs", "update-service", *named, "--desired-count", "3")["service"]["desiredCount"] == 3
    assert len(run(demo, "ecs", "update-service", *named, "--force-new-deployment")["service"]["deployments"]) == 2


def test_viewing_tasks(demo: Demo) -> None:
    arns = run(demo, "ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", "clickit-dev-api")["taskArns"]
    tasks = run(demo, "ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *arns)["tasks"]
    assert [each["lastStatus"] for each in tasks] == ["RUNNING", "RUNNING"]
    stopped = run(demo, "ecs", "list-tasks", "--cluster", CLUSTER, "--desired-status", "STOPPED")["taskArns"]
    assert len(stopped) == 1
    services = run(demo, "ecs", "describe-services", "--cluster", CLUSTER, "--services", "clickit-dev-api")["services"]
    group = services[0]["loadBalancers"][0]["targetGroupArn"]
    health = run(demo, "elbv2", "describe-target-health", "--target-group-arn", group)["TargetHealthDescriptions"]
    assert [each["TargetHealth"]["State"] for each in health] == ["healthy", "healthy"]


def test_database_and_snapshots(demo: Demo) -> None:
    named = ("--db-instance-identifier", "clickit-dev-db")
    assert run(demo, "rds", "describe-db-instances", *named)["DBInstances"][0]["DBInstanceStatus"] == "available"
    snapshots = run(demo, "rds", "describe-db-snapshots", *named)["DBSnapshots"]
    assert {each["SnapshotType"] for each in snapshots} == {"automated", "manual"}


def test_alarms_and_metrics(demo: Demo) -> None:
    alarms = run(demo, "cloudwatch", "describe-alarms", "--alarm-name-prefix", "clickit-prod")["MetricAlarms"]
    assert {each["StateValue"] for each in alarms} == {"OK"}
    metric = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}
    metric |= {"Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "clickit-dev-db"}]}  # type: ignore[dict-item]
    query = [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}}]
    now = int(demo.control("state")["now"])
    window = ("--start-time", str(now - 3600), "--end-time", str(now))
    found = run(demo, "cloudwatch", "get-metric-data", *window, "--metric-data-queries", json.dumps(query))
    assert len(found["MetricDataResults"][0]["Values"]) >= 11


def test_images_and_scan_results(demo: Demo) -> None:
    for repository in ("clickit/api", "clickit/frontend"):
        assert run(demo, "ecr", "list-images", "--repository-name", repository)["imageIds"]
    found = run(demo, "ecr", "describe-image-scan-findings", "--repository-name", "clickit/api", "--image-id", "imageTag=latest")
    assert found["imageScanFindings"]["findingSeverityCounts"]


def test_rotating_a_secret(demo: Demo) -> None:
    named = ("--secret-id", "clickit/dev/jwt-secret-key")
    version = run(demo, "secretsmanager", "update-secret", *named, "--secret-string", "new-value")["VersionId"]
    assert run(demo, "secretsmanager", "describe-secret", *named)["VersionIdsToStages"][version] == ["AWSCURRENT"]


def test_a_refusal_reads_like_awss(demo: Demo) -> None:
    said = run(demo, "ecs", "list-tasks", "--cluster", "nowhere", fails=True)
    assert "An error occurred (ClusterNotFoundException)" in said
