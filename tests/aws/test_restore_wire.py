"""What a restore puts on the wire: every parameter, as the endpoint reads it."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.actions.registry import actions
from clickit_tui.aws.gateway import Gateway
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config, Thresholds
from clickit_tui.plan import Hidden, Plan, filled
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.actions.test_data_actions import DB, SECRET, SHOT, TOKEN
from tests.aws.endpoint import Endpoint, as_json, as_xml
from tests.worlddata import full_database
from tests.worlds import NAMES, NOW

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
SETTINGS = {
    "DBInstanceClass": "db.t4g.small",
    "Port": "5432",
    "DBSubnetGroupName": "clickit-prod-db",
    "MultiAZ": "true",
    "PubliclyAccessible": "false",
    "AutoMinorVersionUpgrade": "true",
    "OptionGroupName": "default:postgres-16",
    "Tags.Tag.1.Key": "Project",
    "Tags.Tag.1.Value": "clickit",
    "VpcSecurityGroupIds.VpcSecurityGroupId.1": "sg-0db",
    "VpcSecurityGroupIds.VpcSecurityGroupId.2": "sg-0dba",
    "CopyTagsToSnapshot": "true",
    "EnableIAMDatabaseAuthentication": "false",
    "EnableCloudwatchLogsExports.member.1": "postgresql",
    "EnableCloudwatchLogsExports.member.2": "upgrade",
    "DBParameterGroupName": "clickit-prod-db-pg16",
    "DeletionProtection": "true",
    "BackupRetentionPeriod": "7",
    "PreferredBackupWindow": "03:00-03:30",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
}


def planned(action: str, **given: str) -> Plan:
    source = full_database(NOW, security_groups=("sg-0db", "sg-0dba"), log_exports=("postgresql", "upgrade"))
    world = msgspec.structs.replace(
        worlds.healthy_world(NOW), database=Seen(value=source, seen_at=NOW), databases=Seen(value=(source,), seen_at=NOW)
    )
    target = SHOT if action == "restore_snapshot" else DB
    found = next(a for a in actions() if a.id == action).plan(world, target, given, FACTS)
    assert isinstance(found, Plan), found
    return found


async def sent(aws: Endpoint, plan: Plan) -> dict[str, object]:
    """The parameters of the first call as they arrived."""
    (step, *_) = plan.steps
    name = step.call.operation
    empty = f"<{name}Response><{name}Result><DBInstance/></{name}Result></{name}Response>".encode()
    aws.answers[name] = lambda _: as_xml(empty) if step.call.service == "rds" else as_json({})
    gateway = Gateway(Config(env="prod", names=NAMES))
    try:
        await gateway.execute(step.call)
    finally:
        await gateway.close()
    return next(params for operation, params in aws.arrived if operation == name)


@pytest.mark.parametrize(
    ("action", "given", "own"),
    [
        ("restore_snapshot", {"name": "new"}, {"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": "before-v2-3-1"}),
        (
            "restore_point",
            {"name": "new", "time": "13:30"},
            {
                "SourceDBInstanceIdentifier": "clickit-prod-db",
                "TargetDBInstanceIdentifier": "new",
                "RestoreTime": "2026-11-23T13:30:00Z",
                "MaxAllocatedStorage": "100",
            },
        ),
    ],
)
async def test_every_parameter_of_a_restore_arrives_and_nothing_else(
    aws: Endpoint, action: str, given: dict[str, str], own: dict[str, str]
) -> None:
    arrived = await sent(aws, planned(action, **given))
    assert {key: value for key, value in arrived.items() if key not in ("Action", "Version")} == {**SETTINGS, **own}


async def test_a_rotation_puts_value_and_token_on_the_wire(aws: Endpoint) -> None:
    world = worlds.healthy_world(NOW)
    found = next(a for a in actions() if a.id == "rotate").plan(world, SECRET, {"token": TOKEN}, FACTS)
    assert isinstance(found, Plan)
    arrived = await sent(aws, filled(found, Hidden("the new value")))
    assert arrived == {"SecretId": SECRET.id, "SecretString": "the new value", "ClientRequestToken": TOKEN}
