"""The database: the one instance ClickIt names, its snapshots, maintenance and parameters."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.fetching import garbled, listed, missing, needed
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, member, records, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.data import DatabaseSnapshot, Maintenance, Parameter
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Absent, Failed, clean
from clickit_tui.world.world import World


def database(answer: Json) -> Database:
    """One entry of DBInstances."""
    return Database(
        id=text(answer, "DBInstanceIdentifier"),
        arn=text(answer, "DBInstanceArn"),
        status=text(answer, "DBInstanceStatus").lower(),
        instance_class=text(answer, "DBInstanceClass"),
        engine=text(answer, "Engine"),
        engine_version=text(answer, "EngineVersion"),
        multi_az=flag(answer, "MultiAZ"),
        storage_gib=integer(answer, "AllocatedStorage"),
        max_storage_gib=integer(answer, "MaxAllocatedStorage"),
        host=text(answer, "Endpoint", "Address"),
        port=integer(answer, "Endpoint", "Port"),
        vpc=text(answer, "DBSubnetGroup", "VpcId"),
        security_groups=tuple(filter(None, (text(group, "VpcSecurityGroupId") for group in records(answer, "VpcSecurityGroups")))),
        parameter_groups=tuple(
            (text(group, "DBParameterGroupName"), text(group, "ParameterApplyStatus")) for group in records(answer, "DBParameterGroups")
        ),
        restorable_to=when(answer, "LatestRestorableTime"),
        deletion_protection=flag(answer, "DeletionProtection"),
        resource_id=text(answer, "DbiResourceId"),
        insights=flag(answer, "PerformanceInsightsEnabled"),
        created_at=when(answer, "InstanceCreateTime"),
        restarts_at=when(answer, "AutomaticRestartTime"),
        zone=text(answer, "AvailabilityZone"),
        subnet_group=text(answer, "DBSubnetGroup", "DBSubnetGroupName"),
        option_groups=tuple(filter(None, (text(group, "OptionGroupName") for group in records(answer, "OptionGroupMemberships")))),
        storage_type=text(answer, "StorageType"),
        iops=integer(answer, "Iops"),
        encrypted=flag(answer, "StorageEncrypted"),
        kms_key=text(answer, "KmsKeyId"),
        public=flag(answer, "PubliclyAccessible"),
        log_exports=words(answer, "EnabledCloudwatchLogsExports"),
        iam_authentication=flag(answer, "IAMDatabaseAuthenticationEnabled"),
        copy_tags=flag(answer, "CopyTagsToSnapshot"),
        minor_upgrades=flag(answer, "AutoMinorVersionUpgrade"),
        certificate=text(answer, "CACertificateIdentifier"),
        backup_days=integer(answer, "BackupRetentionPeriod"),
        backup_window=text(answer, "PreferredBackupWindow"),
        maintenance_window=text(answer, "PreferredMaintenanceWindow"),
        monitoring_s=integer(answer, "MonitoringInterval"),
        replicas=words(answer, "ReadReplicaDBInstanceIdentifiers"),
        pending=_pending(answer),
        tags=tuple((text(tag, "Key"), text(tag, "Value")) for tag in records(answer, "TagList") if text(tag, "Key")),
    )


def _pending(answer: Json) -> tuple[str, ...]:
    found = member(answer, "PendingModifiedValues")
    return (
        tuple(sorted(clean(name, 80) for name, value in found.items() if value not in (None, {}, []))) if isinstance(found, Mapping) else ()
    )


def named(answer: Json, id: str) -> Database | None:
    """The instance of that id in a DescribeDBInstances answer; None when it is not there. RDS keeps ids in lower case."""
    found = [database(each) for each in records(answer, "DBInstances")]
    return next((each for each in found if each.id.lower() == id.lower()), None)


def database_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `database`: the instance, or `Absent` when RDS says that there is none of that name."""
    absent = Absent(looked_for=f"database instance {names.database}")

    async def fetch(world: World) -> Mapping[str, object]:
        try:
            answer = await gateway.read("rds", "DescribeDBInstances", DBInstanceIdentifier=names.database)
        except Failed as failed:
            if missing(failed, "DBInstanceNotFound", "DBInstanceNotFoundFault"):
                return {"database": absent}
            raise
        if not isinstance(answer.get("DBInstances"), list):
            raise garbled("rds:DescribeDBInstances", "DBInstances")
        found = named(answer, names.database)
        if found is None and not all(text(each, "DBInstanceIdentifier") for each in records(answer, "DBInstances")):
            raise garbled("rds:DescribeDBInstances", "DBInstanceIdentifier")
        return {"database": found or absent}

    return fetch


def databases_fetch(gateway: Gateway) -> Fetch:
    """Feeds `databases`: every instance of the account and region, by id."""

    async def fetch(world: World) -> Mapping[str, object]:
        found = [database(each) for each in await listed(gateway, "rds", "DescribeDBInstances", "DBInstances")]
        return {"databases": tuple(sorted((each for each in found if each.id), key=lambda each: each.id))}

    return fetch


def snapshot(answer: Json) -> DatabaseSnapshot:
    """One entry of DBSnapshots."""
    return DatabaseSnapshot(
        id=text(answer, "DBSnapshotIdentifier"),
        database=text(answer, "DBInstanceIdentifier"),
        kind=text(answer, "SnapshotType"),
        status=text(answer, "Status").lower(),
        percent=integer(answer, "PercentProgress"),
        created_at=when(answer, "SnapshotCreateTime"),
        size_gib=integer(answer, "AllocatedStorage"),
        encrypted=flag(answer, "Encrypted"),
        kms_key=text(answer, "KmsKeyId"),
        engine_version=text(answer, "EngineVersion"),
        arn=text(answer, "DBSnapshotArn"),
    )


def snapshots_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `snapshots`: those of the database, newest first; one that is being made, and has no time yet, leads."""

    async def fetch(world: World) -> Mapping[str, object]:
        told = await listed(gateway, "rds", "DescribeDBSnapshots", "DBSnapshots", DBInstanceIdentifier=names.database)
        found = [each for each in map(snapshot, told) if each.id]
        return {"snapshots": tuple(sorted(found, key=lambda each: -(each.created_at or float("inf"))))}

    return fetch


def maintenance_fetch(gateway: Gateway) -> Fetch:
    """Feeds `maintenance`: what RDS wants to do to the database."""

    async def fetch(world: World) -> Mapping[str, object]:
        of = needed(world.database, "database")
        if isinstance(of, Absent):
            return {"maintenance": ()}
        only = [{"Name": "db-instance-id", "Values": [of.id]}]
        told = await listed(gateway, "rds", "DescribePendingMaintenanceActions", "PendingMaintenanceActions", Filters=only)
        details = [each for resource in told for each in records(resource, "PendingMaintenanceActionDetails")]
        return {"maintenance": tuple(map(_maintenance, details))}

    return fetch


def _maintenance(answer: Json) -> Maintenance:
    return Maintenance(
        action=text(answer, "Action"),
        description=said(answer, "Description"),
        opt_in=text(answer, "OptInStatus"),
        auto_after=when(answer, "AutoAppliedAfterDate"),
        forced_at=when(answer, "ForcedApplyDate"),
        applied_at=when(answer, "CurrentApplyDate"),
    )


def parameters_fetch(gateway: Gateway) -> Fetch:
    """Feeds `parameters`: `max_connections`, and every parameter that somebody has set."""

    async def fetch(world: World) -> Mapping[str, object]:
        of = needed(world.database, "database")
        groups = () if isinstance(of, Absent) else of.parameter_groups
        told = [
            p for group, _ in groups for p in await listed(gateway, "rds", "DescribeDBParameters", "Parameters", DBParameterGroupName=group)
        ]
        found = [_parameter(each) for each in told]
        return {"parameters": tuple(each for each in found if each.name == "max_connections" or each.source == "user")}

    return fetch


def _parameter(answer: Json) -> Parameter:
    return Parameter(
        name=text(answer, "ParameterName"),
        value=text(answer, "ParameterValue"),
        source=text(answer, "Source"),
        apply=text(answer, "ApplyMethod"),
    )
