"""Calls that change databases, networks, secrets, images and scaling, and what follows as time is stepped: as AWS does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clickit_tui.demo.launch import Demo
from tests.demo.fidelity import CLUSTER, DATABASE, SECRET, Aws, Matrix, Row

MATRIX = Matrix()
row = MATRIX.row
SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/clickit-dev-cluster/clickit-dev-frontend",
    "ScalableDimension": "ecs:service:DesiredCount",
}


# Database


@row(
    "rds.StopDBInstance rds.StartDBInstance rds.RebootDBInstance",
    "RDS user guide, Viewing instance status; AutomaticRestartTime after 7 days",
)
async def the_database_passes_through_its_statuses(aws: Aws) -> None:
    seen = []
    async with aws("rds") as rds:
        for call in ("stop_db_instance", "start_db_instance", "reboot_db_instance"):
            seen.append((await getattr(rds, call)(**DATABASE))["DBInstance"]["DBInstanceStatus"])
            assert await aws.refused("rds", call, **DATABASE) == "InvalidDBInstanceState"
            aws.demo.step(61)
            found = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]
            seen.append(found["DBInstanceStatus"])
            if call == "stop_db_instance":
                assert 6.9 < (found["AutomaticRestartTime"].timestamp() - aws.now) / 86_400 <= 7
        events = (await rds.describe_events(Duration=60, SourceIdentifier="clickit-dev-db", SourceType="db-instance"))["Events"]
    assert seen == ["stopping", "stopped", "starting", "available", "rebooting", "available"]
    assert {"DB instance stopped", "DB instance started", "DB instance restarted"} <= {each["Message"] for each in events}


@row(
    "rds.ModifyDBInstance",
    "RDS API reference, ModifyDBInstance: AllocatedStorage at least 10% more; RDS user guide, Viewing instance status",
)
async def storage_grows_and_is_optimized(aws: Aws) -> None:
    seen = []
    async with aws("rds") as rds:
        waiting = (await rds.modify_db_instance(**DATABASE, AllocatedStorage=21))["DBInstance"]
        assert (waiting["DBInstanceStatus"], waiting["PendingModifiedValues"]["AllocatedStorage"]) == ("available", 22)
        assert await aws.refused("rds", "modify_db_instance", **DATABASE, AllocatedStorage=5) == "InvalidParameterCombination"
        await rds.modify_db_instance(**DATABASE, ApplyImmediately=True)
        for seconds in (0, 70, 240):
            aws.demo.step(seconds)
            found = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]
            seen.append((found["DBInstanceStatus"], found["AllocatedStorage"]))
    assert seen == [("modifying", 20), ("storage-optimization", 22), ("available", 22)]
    again = DATABASE | {"AllocatedStorage": 40, "ApplyImmediately": True}
    assert await aws.refused("rds", "modify_db_instance", **again) == "InvalidParameterCombination"


@row(
    "ec2.AuthorizeSecurityGroupIngress ec2.RevokeSecurityGroupIngress ec2.AuthorizeSecurityGroupEgress ec2.RevokeSecurityGroupEgress",
    "EC2 API reference, AuthorizeSecurityGroupIngress and error codes: InvalidPermission.Duplicate, InvalidPermission.NotFound",
)
async def rules_are_taken_away_and_given_back(aws: Aws) -> None:
    async with aws("ec2") as ec2, aws("rds") as rds:
        group = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
        own = {"Filters": [{"Name": "group-id", "Values": [group]}]}
        permission = (await ec2.describe_security_groups(GroupIds=[group]))["SecurityGroups"][0]["IpPermissions"]
        given = {"GroupId": group, "IpPermissions": permission}
        assert await aws.refused("ec2", "authorize_security_group_ingress", **given) == "InvalidPermission.Duplicate"
        assert (await ec2.revoke_security_group_ingress(**given))["Return"]
        assert await aws.refused("ec2", "revoke_security_group_ingress", **given) == "InvalidPermission.NotFound"
        assert all(each["IsEgress"] for each in (await ec2.describe_security_group_rules(**own))["SecurityGroupRules"])
        made = (await ec2.authorize_security_group_ingress(**given))["SecurityGroupRules"][0]
        out = {
            "GroupId": group,
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        }
        added = (await ec2.authorize_security_group_egress(**out))["SecurityGroupRules"][0]
        assert (await ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[added["SecurityGroupRuleId"]]))["Return"]
    assert (made["FromPort"], made["ToPort"], made["IsEgress"], added["IsEgress"]) == (5432, 5432, False, True)
    assert await aws.refused("ec2", "authorize_security_group_ingress", **given | {"GroupId": "sg-0"}) == "InvalidGroup.NotFound"
    assert await aws.refused("ec2", "authorize_security_group_ingress", **given, DryRun=True) == "DryRunOperation"


@row(
    "rds.CreateDBSnapshot rds.RestoreDBInstanceFromDBSnapshot",
    "RDS API reference, RestoreDBInstanceFromDBSnapshot: default security group and subnet unless given; PercentProgress of a snapshot",
)
async def a_snapshot_grows_and_is_restored(aws: Aws) -> None:
    async with aws("rds") as rds:
        made = (await rds.create_db_snapshot(**DATABASE, DBSnapshotIdentifier="mine"))["DBSnapshot"]
        assert await aws.refused("rds", "create_db_snapshot", **DATABASE, DBSnapshotIdentifier="mine") == "DBSnapshotAlreadyExists"
        given = {"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": "mine"}
        assert await aws.refused("rds", "restore_db_instance_from_db_snapshot", **given) == "InvalidDBSnapshotState"
        progress = [made["PercentProgress"]]
        for _ in range(3):
            aws.demo.step(20)
            progress.append((await rds.describe_db_snapshots(DBSnapshotIdentifier="mine"))["DBSnapshots"][0]["PercentProgress"])
        restored = (await rds.restore_db_instance_from_db_snapshot(**given))["DBInstance"]
        aws.demo.step(120)
        after = (await rds.describe_db_instances(DBInstanceIdentifier="new"))["DBInstances"][0]
        own = (await rds.describe_db_instances(**DATABASE))["DBInstances"][0]
    assert (progress[0], progress[-1], progress == sorted(progress)) == (0, 100, True)
    assert (restored["DBInstanceStatus"], "Endpoint" in restored, after["DBInstanceStatus"]) == ("creating", False, "available")
    assert after["VpcSecurityGroups"] != own["VpcSecurityGroups"]
    assert await aws.refused("rds", "restore_db_instance_from_db_snapshot", **given) == "DBInstanceAlreadyExists"


@row(
    "rds.RestoreDBInstanceToPointInTime",
    "RDS API reference, RestoreDBInstanceToPointInTime: RestoreTime or UseLatestRestorableTime, within the window",
)
async def a_point_in_time_is_restored_beside_the_original(aws: Aws) -> None:
    given = {"SourceDBInstanceIdentifier": "clickit-dev-db", "TargetDBInstanceIdentifier": "then"}
    future = datetime.fromtimestamp(aws.now, UTC) + timedelta(hours=1)
    assert await aws.refused("rds", "restore_db_instance_to_point_in_time", **given) == "InvalidParameterCombination"
    assert await aws.refused("rds", "restore_db_instance_to_point_in_time", **given, RestoreTime=future) == "InvalidRestoreFault"
    hour_ago = future - timedelta(hours=2)
    made = (await aws.ask("rds", "restore_db_instance_to_point_in_time", **given, RestoreTime=hour_ago))["DBInstance"]
    assert (made["DBInstanceIdentifier"], made["DBInstanceStatus"]) == ("then", "creating")
    aws.demo.step(120)
    found = (await aws.ask("rds", "describe_db_instances"))["DBInstances"]
    assert {each["DBInstanceIdentifier"]: each["DBInstanceStatus"] for each in found}["then"] == "available"
    twice = given | {"UseLatestRestorableTime": True}
    assert await aws.refused("rds", "restore_db_instance_to_point_in_time", **twice) == "DBInstanceAlreadyExists"


# Secrets, images, scaling


@row(
    "secretsmanager.PutSecretValue",
    "Secrets Manager API reference, PutSecretValue: idempotent by ClientRequestToken; AWSCURRENT moves, AWSPREVIOUS follows",
)
async def a_new_value_becomes_current_once(aws: Aws) -> None:
    token = "11111111-2222-4333-8444-555555555555"
    async with aws("secretsmanager") as secrets:
        before = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
        for _ in range(2):
            made = await secrets.put_secret_value(**SECRET, SecretString="a", ClientRequestToken=token)
        after = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
    was = next(version for version, stages in before.items() if "AWSCURRENT" in stages)
    assert (made["VersionId"], made["VersionStages"]) == (token, ["AWSCURRENT"])
    assert after == {token: ["AWSCURRENT"], was: ["AWSPREVIOUS"]}
    other = SECRET | {"SecretString": "b", "ClientRequestToken": token}
    assert await aws.refused("secretsmanager", "put_secret_value", **other) == "ResourceExistsException"


@row(
    "secretsmanager.PutSecretValue secretsmanager.UpdateSecret",
    "Secrets Manager API reference, PutSecretValue: VersionStages, as AWSPENDING, leave AWSCURRENT",
)
async def a_pending_version_is_not_current(aws: Aws) -> None:
    async with aws("secretsmanager") as secrets:
        await secrets.put_secret_value(**SECRET, SecretString="a", VersionStages=["AWSPENDING"])
        pending = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
        await secrets.update_secret(**SECRET, SecretString="b")
        updated = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
    assert sorted(stage for stages in pending.values() for stage in stages) == ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]
    assert sorted(stage for stages in updated.values() for stage in stages) == ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]


@row(
    "secretsmanager.UpdateSecretVersionStage",
    "Secrets Manager API reference, UpdateSecretVersionStage: RemoveFromVersionId must hold the label; AWSPREVIOUS follows AWSCURRENT",
)
async def the_previous_version_is_made_current_again(aws: Aws) -> None:
    async with aws("secretsmanager") as secrets:
        stages = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
        now = next(version for version, each in stages.items() if "AWSCURRENT" in each)
        old = next(version for version, each in stages.items() if "AWSPREVIOUS" in each)
        move = SECRET | {"VersionStage": "AWSCURRENT", "MoveToVersionId": old}
        assert await aws.refused("secretsmanager", "update_secret_version_stage", **move) == "InvalidParameterException"
        gone = SECRET | {"VersionStage": "AWSCURRENT", "RemoveFromVersionId": now}
        assert await aws.refused("secretsmanager", "update_secret_version_stage", **gone) == "InvalidParameterException"
        await secrets.update_secret_version_stage(**move, RemoveFromVersionId=now)
        after = (await secrets.describe_secret(**SECRET))["VersionIdsToStages"]
    assert after == {old: ["AWSCURRENT"], now: ["AWSPREVIOUS"]}


@row(
    "secretsmanager.DeleteSecret secretsmanager.RestoreSecret secretsmanager.CreateSecret",
    "Secrets Manager API reference, DeleteSecret: a window of 7 to 30 days, 30 when absent",
)
async def a_deleted_secret_can_be_restored(aws: Aws) -> None:
    async with aws("secretsmanager") as secrets:
        gone = await secrets.delete_secret(**SECRET)
        listed = (await secrets.list_secrets())["SecretList"]
        assert await aws.refused("secretsmanager", "put_secret_value", **SECRET, SecretString="x") == "InvalidRequestException"
        assert (await secrets.describe_secret(**SECRET))["DeletedDate"] == gone["DeletionDate"]
        await secrets.restore_secret(**SECRET)
        assert "DeletedDate" not in await secrets.describe_secret(**SECRET)
        assert await aws.refused("secretsmanager", "create_secret", Name=SECRET["SecretId"], SecretString="x") == "ResourceExistsException"
        made = await secrets.create_secret(Name="clickit/dev/new", SecretString="x")
        assert (await secrets.describe_secret(SecretId=made["ARN"]))["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    assert 29.9 < (gone["DeletionDate"].timestamp() - aws.now) / 86_400 < 30.1
    assert SECRET["SecretId"] not in {each["Name"] for each in listed}
    assert await aws.refused("secretsmanager", "delete_secret", **SECRET, RecoveryWindowInDays=3) == "InvalidParameterException"


@row(
    "ecr.StartImageScan ecr.DescribeImageScanFindings",
    "ECR API reference, StartImageScan: IN_PROGRESS, then COMPLETE; once in 24 hours per image",
)
async def a_scan_takes_its_time(aws: Aws) -> None:
    async with aws("ecr") as ecr:
        images = (await ecr.describe_images(repositoryName="clickit/api"))["imageDetails"]
        oldest = min(images, key=lambda each: each["imagePushedAt"])
        image = {"repositoryName": "clickit/api", "imageId": {"imageDigest": oldest["imageDigest"]}}
        assert (await ecr.start_image_scan(**image))["imageScanStatus"]["status"] == "IN_PROGRESS"
        assert (await ecr.describe_image_scan_findings(**image))["imageScanStatus"]["status"] == "IN_PROGRESS"
        aws.demo.step(15)
        assert (await ecr.describe_image_scan_findings(**image))["imageScanStatus"]["status"] == "COMPLETE"
    assert await aws.refused("ecr", "start_image_scan", **image) == "LimitExceededException"


@row(
    "application-autoscaling.RegisterScalableTarget application-autoscaling.DescribeScalingActivities",
    "Application Auto Scaling API reference: a minimum above the count scales out and leaves an activity; suspension is kept",
)
async def a_higher_minimum_scales_and_leaves_an_activity(aws: Aws) -> None:
    async with aws("application-autoscaling") as scaling:
        await scaling.register_scalable_target(**SCALED, MinCapacity=3, MaxCapacity=4, SuspendedState={"DynamicScalingInSuspended": True})
        aws.demo.step(70)
        target = (await scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[SCALED["ResourceId"]]))["ScalableTargets"][0]
        activity = (await scaling.describe_scaling_activities(**SCALED))["ScalingActivities"][0]
    service = (await aws.ask("ecs", "describe_services", cluster=CLUSTER, services=["clickit-dev-frontend"]))["services"][0]
    assert (service["desiredCount"], activity["StatusCode"], activity["Description"]) == (3, "Successful", "Setting desired count to 3.")
    assert target["SuspendedState"]["DynamicScalingInSuspended"]
    wrong = SCALED | {"MinCapacity": 5, "MaxCapacity": 2}
    assert await aws.refused("application-autoscaling", "register_scalable_target", **wrong) == "ValidationException"


@pytest.mark.parametrize("line", MATRIX.rows, ids=lambda line: line.id)
async def test_changes_as_aws_does(line: Row, demo: Demo) -> None:
    await line.proof(Aws(demo))
