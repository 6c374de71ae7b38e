"""The database: rds:DescribeDBInstances of the one instance ClickIt names."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.fetching import garbled, missing
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, records, text, when
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Absent, Failed
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
        return {"database": named(answer, names.database) or absent}

    return fetch
