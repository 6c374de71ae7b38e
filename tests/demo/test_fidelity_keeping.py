"""Reads of what is kept: database, cache, secrets, images, and the account: answered as AWS does."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.demo.fidelity import DATABASE, SECRET, Aws, Matrix, Row

MATRIX = Matrix()
row = MATRIX.row
SCALED = {"ServiceNamespace": "ecs", "ResourceIds": ["service/clickit-prod-cluster/clickit-prod-api"]}
IMAGES = {"repositoryName": "clickit/api"}


@row("rds.DescribeDBInstances", "RDS API reference, DBInstance; DBInstanceNotFound is the code of DBInstanceNotFoundFault")
async def instances_by_name_and_filter(aws: Aws) -> None:
    found = (await aws.ask("rds", "describe_db_instances", **DATABASE))["DBInstances"][0]
    assert (found["DBInstanceStatus"], found["PendingModifiedValues"]) == ("available", {})
    given = [{"Name": "dbi-resource-id", "Values": [found["DbiResourceId"]]}]
    assert (await aws.ask("rds", "describe_db_instances", Filters=given))["DBInstances"] == [found]
    assert await aws.refused("rds", "describe_db_instances", DBInstanceIdentifier="none") == "DBInstanceNotFound"


@row("rds.DescribeDBSnapshots", "RDS API reference, DescribeDBSnapshots: SnapshotType; automated ones are named rds:...; PercentProgress")
async def snapshots_by_type(aws: Aws) -> None:
    async with aws("rds") as rds:
        automated = (await rds.describe_db_snapshots(**DATABASE, SnapshotType="automated"))["DBSnapshots"]
        manual = (await rds.describe_db_snapshots(**DATABASE, SnapshotType="manual"))["DBSnapshots"]
    assert all(each["DBSnapshotIdentifier"].startswith("rds:") for each in automated)
    assert all((each["Status"], each["PercentProgress"]) == ("available", 100) for each in automated + manual)
    assert await aws.refused("rds", "describe_db_snapshots", DBSnapshotIdentifier="none") == "DBSnapshotNotFound"


@row("rds.DescribeEvents", "RDS API reference, DescribeEvents: the last hour when absent, Duration up to 14 days, categories, SourceType")
async def database_events_by_time_and_category(aws: Aws) -> None:
    async with aws("rds") as rds:
        week = (await rds.describe_events(Duration=10_080))["Events"]
        backups = (await rds.describe_events(Duration=10_080, EventCategories=["backup"]))["Events"]
        none = (await rds.describe_events(Duration=10_080, EventCategories=["failover"]))["Events"]
        own = (await rds.describe_events(Duration=10_080, SourceIdentifier="clickit-dev-db", SourceType="db-instance"))["Events"]
    times = [each["Date"] for each in week]
    assert times == sorted(times)
    assert (len(backups), none, {each["SourceIdentifier"] for each in own}) == (len(week), [], {"clickit-dev-db"})
    assert await aws.refused("rds", "describe_events", SourceIdentifier="clickit-dev-db") == "InvalidParameterCombination"


@row("rds.DescribeEvents", "RDS API reference, DescribeEvents: MaxRecords 20 to 100 and Marker")
async def database_events_come_in_pages(aws: Aws) -> None:
    given = {"Duration": 14 * 1440, "MaxRecords": 20}
    found = await aws.pages("rds", "describe_events", "Events", ("Marker", "Marker"), **given)
    assert len(found) > 20
    assert await aws.refused("rds", "describe_events", MaxRecords=5) == "InvalidParameterValue"


@row(
    "rds.DescribePendingMaintenanceActions",
    "RDS API reference, PendingMaintenanceAction: system-update; only resources that have one are listed",
)
async def pending_maintenance_is_listed_by_resource(aws: Aws) -> None:
    found = (await aws.ask("rds", "describe_pending_maintenance_actions"))["PendingMaintenanceActions"]
    assert [each["PendingMaintenanceActionDetails"][0]["Action"] for each in found] == ["system-update"]
    assert found[0]["ResourceIdentifier"].endswith(":db:clickit-prod-db")
    given = [{"Name": "db-instance-id", "Values": ["clickit-dev-db"]}]
    assert (await aws.ask("rds", "describe_pending_maintenance_actions", Filters=given))["PendingMaintenanceActions"] == []


@row(
    "rds.DescribeDBParameterGroups rds.DescribeDBParameters rds.DescribeDBSubnetGroups rds.ListTagsForResource",
    "RDS API reference, DescribeDBParameters: Source user, system or engine-default; ApplyType static needs a reboot",
)
async def parameters_say_where_they_come_from(aws: Aws) -> None:
    async with aws("rds") as rds:
        instance = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]
        group = instance["DBParameterGroups"][0]["DBParameterGroupName"]
        assert (await rds.describe_db_parameter_groups(DBParameterGroupName=group))["DBParameterGroups"]
        every = (await rds.describe_db_parameters(DBParameterGroupName=group))["Parameters"]
        user = (await rds.describe_db_parameters(DBParameterGroupName=group, Source="user"))["Parameters"]
        subnets = (await rds.describe_db_subnet_groups(DBSubnetGroupName=instance["DBSubnetGroup"]["DBSubnetGroupName"]))["DBSubnetGroups"]
        assert (await rds.list_tags_for_resource(ResourceName=instance["DBInstanceArn"]))["TagList"]
    by_name = {each["ParameterName"]: each for each in every}
    assert (by_name["max_connections"]["ApplyType"], by_name["max_connections"]["ApplyMethod"]) == ("static", "pending-reboot")
    assert {each["Source"] for each in user} == {"user"}
    assert subnets[0]["VpcId"] == instance["DBSubnetGroup"]["VpcId"]
    assert await aws.refused("rds", "describe_db_parameters", DBParameterGroupName="none") == "DBParameterGroupNotFound"


@row("rds.DescribeDBInstanceAutomatedBackups", "RDS API reference, DBInstanceAutomatedBackup: RestoreWindow ends at LatestRestorableTime")
async def automated_backups_have_a_window(aws: Aws) -> None:
    async with aws("rds") as rds:
        instance = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]
        found = (await rds.describe_db_instance_automated_backups(**DATABASE))["DBInstanceAutomatedBackups"]
    window = found[0]["RestoreWindow"]
    assert window["LatestTime"] == instance["LatestRestorableTime"]
    assert 0 <= aws.now - window["LatestTime"].timestamp() <= 330
    assert (window["LatestTime"] - window["EarliestTime"]).days == 7


@row(
    "elasticache.DescribeReplicationGroups elasticache.DescribeCacheClusters",
    "ElastiCache API reference, DescribeCacheClusters: CacheNodes only with ShowCacheNodeInfo; members carry ReplicationGroupId",
)
async def cache_nodes_belong_to_their_group(aws: Aws) -> None:
    async with aws("elasticache") as cache:
        groups = (await cache.describe_replication_groups())["ReplicationGroups"]
        plain = (await cache.describe_cache_clusters())["CacheClusters"]
        full = (await cache.describe_cache_clusters(ShowCacheNodeInfo=True))["CacheClusters"]
    assert {each["CacheClusterId"] for each in plain} == {name for group in groups for name in group["MemberClusters"]}
    assert not any(each.get("CacheNodes") for each in plain)
    assert all(each["CacheNodes"][0]["CacheNodeStatus"] == "available" for each in full)
    assert {each["ReplicationGroupId"] for each in full} == {each["ReplicationGroupId"] for each in groups}
    assert await aws.refused("elasticache", "describe_replication_groups", ReplicationGroupId="none") == "ReplicationGroupNotFoundFault"


@row(
    "elasticache.DescribeEvents elasticache.DescribeSnapshots elasticache.DescribeCacheSubnetGroups elasticache.ListTagsForResource",
    "ElastiCache API reference, DescribeEvents: the last hour when absent, up to 14 days by Duration; user guide, automatic snapshots",
)
async def cache_events_tell_of_nightly_snapshots(aws: Aws) -> None:
    async with aws("elasticache") as cache:
        group = (await cache.describe_replication_groups())["ReplicationGroups"][0]
        name = group["ReplicationGroupId"]
        events = (await cache.describe_events(Duration=20_160, SourceIdentifier=name, SourceType="replication-group"))["Events"]
        snapshot = (await cache.describe_snapshots(ReplicationGroupId=name))["Snapshots"][0]
        subnets = (await cache.describe_cache_subnet_groups())["CacheSubnetGroups"]
        assert (await cache.list_tags_for_resource(ResourceName=group["ARN"]))["TagList"]
    assert len(events) in (14, 15)
    assert snapshot["SnapshotName"] in events[-1]["Message"]
    assert all(each["Subnets"] for each in subnets)


# Secrets and images


@row("secretsmanager.ListSecrets", "Secrets Manager API reference, ListSecrets: name filter is a prefix; MaxResults and NextToken")
async def secrets_by_prefix_in_pages(aws: Aws) -> None:
    given = {"Filters": [{"Key": "name", "Values": ["clickit/dev/"]}], "MaxResults": 2}
    found = await aws.pages("secretsmanager", "list_secrets", "SecretList", ("NextToken", "NextToken"), **given)
    assert len({each["Name"] for each in found}) == len(found) > 2
    assert all(each["Name"].startswith("clickit/dev/") for each in found)


@row("secretsmanager.DescribeSecret secretsmanager.ListSecretVersionIds", "Secrets Manager user guide, Secret versions: one AWSCURRENT")
async def secrets_have_a_current_and_a_previous_version(aws: Aws) -> None:
    async with aws("secretsmanager") as secrets:
        found = await secrets.describe_secret(**SECRET)
        listed = (await secrets.list_secret_version_ids(**SECRET))["Versions"]
    stages = sorted(stage for each in found["VersionIdsToStages"].values() for stage in each)
    assert stages == ["AWSCURRENT", "AWSPREVIOUS"]
    assert {each["VersionId"]: each["VersionStages"] for each in listed} == found["VersionIdsToStages"]
    assert "DeletedDate" not in found
    assert await aws.refused("secretsmanager", "describe_secret", SecretId="none") == "ResourceNotFoundException"


@row(
    "secretsmanager.GetSecretValue", "the embedded ClickIt holds no values: refused with AccessDeniedException, as AWS refuses who may not"
)
async def no_value_is_given(aws: Aws) -> None:
    assert await aws.refused("secretsmanager", "get_secret_value", **SECRET) == "AccessDeniedException"


@row("ecr.DescribeRepositories ecr.ListImages ecr.DescribeImages", "ECR API reference: by imageTag and imageDigest; ImageNotFoundException")
async def images_by_tag_and_digest_are_the_same(aws: Aws) -> None:
    async with aws("ecr") as ecr:
        assert (await ecr.describe_repositories(repositoryNames=["clickit/api"]))["repositories"]
        by_tag = (await ecr.describe_images(**IMAGES, imageIds=[{"imageTag": "latest"}]))["imageDetails"][0]
        by_digest = (await ecr.describe_images(**IMAGES, imageIds=[{"imageDigest": by_tag["imageDigest"]}]))["imageDetails"][0]
        listed = (await ecr.list_images(**IMAGES, filter={"tagStatus": "TAGGED"}))["imageIds"]
    assert by_tag == by_digest
    assert {"imageDigest": by_tag["imageDigest"], "imageTag": "latest"} in listed
    assert by_tag["imageScanFindingsSummary"]["findingSeverityCounts"]
    assert await aws.refused("ecr", "describe_images", **IMAGES, imageIds=[{"imageTag": "none"}]) == "ImageNotFoundException"
    assert await aws.refused("ecr", "list_images", repositoryName="none") == "RepositoryNotFoundException"


@row(
    "ecr.BatchGetImage ecr.DescribeImageScanFindings",
    "ECR API reference, BatchGetImage: failures with ImageNotFound; findingSeverityCounts",
)
async def images_missing_from_a_batch_are_failures(aws: Aws) -> None:
    async with aws("ecr") as ecr:
        found = await ecr.batch_get_image(**IMAGES, imageIds=[{"imageTag": "latest"}, {"imageTag": "none"}])
        scan = await ecr.describe_image_scan_findings(**IMAGES, imageId={"imageTag": "latest"})
    assert (len(found["images"]), found["failures"][0]["failureCode"]) == (1, "ImageNotFound")
    assert scan["imageScanStatus"]["status"] == "COMPLETE"
    assert scan["imageScanFindings"]["findingSeverityCounts"]


# Account


@row("sts.GetCallerIdentity sts.AssumeRole", "STS API reference, GetCallerIdentity: an assumed role's Arn is assumed-role/ROLE/SESSION")
async def the_caller_is_an_assumed_role(aws: Aws) -> None:
    async with aws("sts") as sts:
        assert ":assumed-role/" in (await sts.get_caller_identity())["Arn"]
        given = {"RoleArn": "arn:aws:iam::123456789012:role/OnCall", "RoleSessionName": "anna"}
        found = await sts.assume_role(**given)
    assert found["AssumedRoleUser"]["Arn"].endswith(":assumed-role/OnCall/anna")
    assert found["Credentials"]["Expiration"] > datetime.now(tz=found["Credentials"]["Expiration"].tzinfo)


@row(
    "application-autoscaling.DescribeScalableTargets application-autoscaling.DescribeScalingPolicies "
    "application-autoscaling.DescribeScheduledActions",
    "Application Auto Scaling API reference: SuspendedState of a target; a target-tracking policy owns two alarms",
)
async def targets_have_bounds_and_policies_own_alarms(aws: Aws) -> None:
    async with aws("application-autoscaling") as scaling:
        target = (await scaling.describe_scalable_targets(**SCALED))["ScalableTargets"][0]
        policy = (await scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=SCALED["ResourceIds"][0]))["ScalingPolicies"][
            0
        ]
        assert (await scaling.describe_scheduled_actions(ServiceNamespace="ecs"))["ScheduledActions"] == []
        assert (await scaling.describe_scalable_targets(ServiceNamespace="dynamodb"))["ScalableTargets"] == []
    assert target["MinCapacity"] < target["MaxCapacity"]
    assert set(target["SuspendedState"].values()) == {False}
    names = [each["AlarmName"] for each in policy["Alarms"]]
    alarms = (await aws.ask("cloudwatch", "describe_alarms", AlarmNames=names))["MetricAlarms"]
    assert {each["AlarmName"] for each in alarms} == set(names)
    assert len(names) == 2


@row("ce.GetCostAndUsage", "Cost Explorer API reference, GetCostAndUsage: End is exclusive, groups have no Total, amounts are text")
async def costs_by_day_and_service_add_up(aws: Aws) -> None:
    given = {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Metrics": ["UnblendedCost"]}
    async with aws("ce") as ce:
        days = (await ce.get_cost_and_usage(**given, Granularity="DAILY"))["ResultsByTime"]
        month = (await ce.get_cost_and_usage(**given, Granularity="MONTHLY", GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}]))[
            "ResultsByTime"
        ]
    assert (len(days), len(month), month[0]["Total"]) == (31, 1, {})
    whole = sum(float(each["Metrics"]["UnblendedCost"]["Amount"]) for each in month[0]["Groups"])
    assert sum(float(each["Total"]["UnblendedCost"]["Amount"]) for each in days) == pytest.approx(whole, abs=0.01)
    backwards = given | {"TimePeriod": {"Start": "2026-11-01", "End": "2026-10-01"}, "Granularity": "DAILY"}
    assert await aws.refused("ce", "get_cost_and_usage", **backwards) == "ValidationException"


@row("pi.GetResourceMetrics", "Performance Insights API reference, GetResourceMetrics: the whole first, then each group; aligned times")
async def database_load_by_wait_and_statement(aws: Aws) -> None:
    async with aws("rds") as rds:
        instances = (await rds.describe_db_instances())["DBInstances"]
    on = {each["PerformanceInsightsEnabled"]: each["DbiResourceId"] for each in instances}
    window = {"StartTime": aws.now - 1800, "EndTime": aws.now, "PeriodInSeconds": 300, "ServiceType": "RDS"}
    for group in ("db.wait_event", "db.sql_tokenized"):
        queries = [{"Metric": "db.load.avg", "GroupBy": {"Group": group, "Limit": 3}}]
        found = (await aws.ask("pi", "get_resource_metrics", **window, Identifier=on[True], MetricQueries=queries))["MetricList"]
        assert "Dimensions" not in found[0]["Key"]
        parts = [sum(values) for values in zip(*([point["Value"] for point in each["DataPoints"]] for each in found[1:]), strict=True)]
        assert parts == pytest.approx([point["Value"] for point in found[0]["DataPoints"]])
    queries = [{"Metric": "db.load.avg"}]
    assert (
        await aws.refused("pi", "get_resource_metrics", **window, Identifier=on[False], MetricQueries=queries) == "InvalidArgumentException"
    )


@pytest.mark.parametrize("line", MATRIX.rows, ids=lambda line: line.id)
async def test_reads_as_aws_does(line: Row, still: Aws) -> None:
    await line.proof(still)
