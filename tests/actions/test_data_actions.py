"""Changes of the database and of secrets over fixture Worlds: the right target, the whole call, and everything that must be said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui import basis
from clickit_tui.actions.inverse import undo
from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.plan import Call, Hidden, Plan, Refused, Risk, filled, hides
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.world import World
from tests import worlds
from tests.actions.test_actions import assert_fits_the_model
from tests.worlddata import full_database, snapshot, supply_secret
from tests.worlds import NAMES, NOW

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
FREE = msgspec.structs.replace(FACTS, protected=False)
BY_ID = {one.id: one for one in actions()}
DB = Target(kind="database", part="db", id=NAMES.database)
SHOT = Target(kind="snapshot", part="db", id="before-v2-3-1")
HEALTHY = worlds.healthy_world(NOW)
TOKEN = "0e1b3f3e-1111-4222-8333-444455556666"


def world(**fields: Any) -> World:
    return msgspec.structs.replace(HEALTHY, **{name: Seen(value=value, seen_at=NOW - 1) for name, value in fields.items()})


def with_database(**changes: Any) -> World:
    made = full_database(NOW, **changes)
    return world(database=made, databases=(made,))


def plan(action: str, of: World, target: Target, facts: Facts = FACTS, **given: str) -> Plan | Refused:
    return BY_ID[action].plan(of, target, given, facts)


def planned(action: str, of: World, target: Target, facts: Facts = FACTS, **given: str) -> Plan:
    found = plan(action, of, target, facts, **given)
    assert isinstance(found, Plan), found
    for step in found.steps:
        assert_fits_the_model(step.call if not step.call.params.get("SecretString") else bare(step.call))
    assert found.undo
    assert found.refreshes
    assert found.basis.account == "123456789012"
    return found


def bare(call: Call) -> Call:
    return Call(call.service, call.operation, {**call.params, "SecretString": "x"})


def refused(action: str, of: World, target: Target, facts: Facts = FACTS, **given: str) -> str:
    found = plan(action, of, target, facts, **given)
    assert isinstance(found, Refused), found
    return found.reason


def warnings(of: Plan) -> str:
    return "\n".join(line.text for line in of.effect if line.level == "warn")


def words(of: Plan) -> str:
    return "\n".join(line.text for line in of.effect)


# --- snapshots ----------------------------------------------------------------------------------------------------------------


def test_a_snapshot_names_its_instance_and_is_followed() -> None:
    (field,) = BY_ID["snapshot"].fields(HEALTHY, DB, FACTS)
    assert field.initial == "clickit-prod-db-1123-1403"
    found = planned("snapshot", HEALTHY, DB, name="Before-Fix")
    (step,) = found.steps
    assert step.call.params == {"DBInstanceIdentifier": "clickit-prod-db", "DBSnapshotIdentifier": "before-fix"}
    assert (found.token, found.risk) == ("prod/db", Risk.NORMAL)
    assert (found.then and (found.then.kind, found.then.resource)) == ("snapshot", "before-fix")
    assert "deletes nothing" in found.undo


@pytest.mark.parametrize("name", ["", "1x", "a--b", "a-", "a_b", "ä", "a" * 256, "rds:x"])
def test_a_name_that_rds_would_not_take_is_refused(name: str) -> None:
    assert refused("snapshot", HEALTHY, DB, name=name)


def test_a_taken_name_and_an_instance_that_is_busy_are_refused() -> None:
    assert refused("snapshot", HEALTHY, DB, name="before-v2-3-1") == "there is a snapshot before-v2-3-1 already"
    assert "is stopped" in refused("snapshot", with_database(status="stopped"), DB, name="x")
    assert "not seen" in refused("snapshot", worlds.denied_world(NOW), DB, name="x")


# --- restore ------------------------------------------------------------------------------------------------------------------

SETTINGS = {
    "DBInstanceClass": "db.t4g.small",
    "DBSubnetGroupName": "clickit-prod-db",
    "VpcSecurityGroupIds": ["sg-0db"],
    "DBParameterGroupName": "clickit-prod-db-pg16",
    "OptionGroupName": "default:postgres-16",
    "MultiAZ": True,
    "PubliclyAccessible": False,
    "Port": 5432,
    "DeletionProtection": True,
    "EnableCloudwatchLogsExports": ["postgresql"],
    "EnableIAMDatabaseAuthentication": False,
    "CopyTagsToSnapshot": True,
    "AutoMinorVersionUpgrade": True,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "03:00-03:30",
    "Tags": [{"Key": "Project", "Value": "clickit"}],
}


def test_a_restore_carries_every_setting_of_the_source() -> None:
    found = planned("restore_snapshot", HEALTHY, SHOT, name="clickit-prod-db-new")
    (step,) = found.steps
    assert step.call.params == {"DBInstanceIdentifier": "clickit-prod-db-new", "DBSnapshotIdentifier": "before-v2-3-1", **SETTINGS}
    assert (found.token, found.risk) == ("prod/db", Risk.SEVERE)
    assert found.basis.snapshot == "before-v2-3-1"
    assert found.then is not None
    assert (found.then.kind, found.then.resource, found.then.wanted) == ("database", "clickit-prod-db-new", "available")


def test_a_restore_says_what_it_loses_beside_a_point_in_time_and_what_it_does_not_carry_over() -> None:
    found = planned("restore_snapshot", HEALTHY, SHOT, name="new")
    assert "everything since 2026-11-23T12:03:19Z is not in it: 2 h; a point in time loses 4 m" in warnings(found)
    left = next(line.text for line in found.effect if line.text.startswith("not carried over"))
    for word in ("Performance Insights", "Enhanced Monitoring every 60 s", "storage growth to 100 GiB", "sun:04:00", "password"):
        assert word in left
    assert "go on using the present instance" in words(found)
    told = "\n".join(found.checklist)
    assert [text.split()[0] for text in found.checklist] == ["wait", "rotate", "redeploy", "ModifyDBInstance", "Terraform"]
    assert "rotate database-url" in told
    assert "clickit-prod-db.c9akciq32" in told


def test_what_the_source_s_answer_lacks_is_left_out_and_said() -> None:
    found = planned("restore_snapshot", with_database(multi_az=None, certificate=""), SHOT, name="new")
    assert {"MultiAZ", "CACertificateIdentifier"}.isdisjoint(found.steps[0].call.params)
    assert "RDS takes its default: MultiAZ, CACertificateIdentifier" in warnings(found)


def test_where_the_source_does_not_tell_what_makes_it_reachable_it_has_to_be_typed() -> None:
    partly = with_database(subnet_group="", security_groups=())
    fields = {f.name: f.initial for f in BY_ID["restore_snapshot"].fields(partly, SHOT, FACTS)}
    told = {"class": "db.t4g.small", "subnet_group": "", "security_groups": "", "parameter_group": "clickit-prod-db-pg16"}
    assert fields == {"name": "clickit-prod-db-1123-1403", **told}
    assert "type subnet group, security groups" in refused("restore_snapshot", partly, SHOT, **fields)
    assert "does not tell its subnet group, security groups" in refused("restore_point", partly, DB, name="new", time="latest")
    found = planned("restore_snapshot", partly, SHOT, **{**fields, "subnet_group": "clickit-prod-db", "security_groups": "sg-0db"})
    head = {"DBInstanceIdentifier": "clickit-prod-db-1123-1403", "DBSnapshotIdentifier": "before-v2-3-1"}
    assert found.steps[0].call.params == {**head, **SETTINGS}


def test_without_the_source_what_makes_it_reachable_has_to_be_typed() -> None:
    gone = world(database=Absent(looked_for="x"), databases=())
    assert [f.name for f in BY_ID["restore_snapshot"].fields(gone, SHOT, FACTS)] == [
        "name",
        *("class", "subnet_group"),
        "security_groups",
        "parameter_group",
    ]
    assert "type class, subnet group, security groups, parameter group" in refused("restore_snapshot", gone, SHOT, name="new")
    typed = {"class": "db.t4g.small", "subnet_group": "g", "security_groups": "sg-1, sg-2", "parameter_group": "pg"}
    found = planned("restore_snapshot", gone, SHOT, name="new", **typed)
    assert found.steps[0].call.params["VpcSecurityGroupIds"] == ["sg-1", "sg-2"]
    assert "RDS takes its default" in warnings(found)


@pytest.mark.parametrize(("changes", "says"), [({"status": "creating", "percent": 3}, "is creating"), ({"status": "failed"}, "is failed")])
def test_only_a_complete_snapshot_is_restored(changes: dict[str, Any], says: str) -> None:
    of = world(snapshots=(snapshot(NOW, "before-v2-3-1", 60, **changes),))
    assert says in refused("restore_snapshot", of, SHOT, name="new")
    assert "already" in refused("restore_snapshot", HEALTHY, SHOT, name="clickit-prod-db")


def test_a_point_in_time_is_the_latest_or_a_typed_one_with_the_same_settings() -> None:
    latest = planned("restore_point", HEALTHY, DB, name="new", time="latest").steps[0].call
    head = {"SourceDBInstanceIdentifier": "clickit-prod-db", "TargetDBInstanceIdentifier": "new"}
    assert latest.params == {**head, "UseLatestRestorableTime": True, **SETTINGS, "MaxAllocatedStorage": 100}
    typed = planned("restore_point", HEALTHY, DB, name="new", time="13:30")
    assert typed.steps[0].call.params == {**head, "RestoreTime": "2026-11-23T13:30:00Z", **SETTINGS, "MaxAllocatedStorage": 100}
    assert "up to 2026-11-23T13:30:00Z: 33 m 19 s are lost" in warnings(typed)
    assert "storage growth" not in words(typed)
    yesterday = planned("restore_point", HEALTHY, DB, name="new", time="23:59").steps[0].call
    assert yesterday.params["RestoreTime"] == "2026-11-22T23:59:00Z"


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("14:01", "cannot be restored yet"),
        ("soon", "not a time"),
        ("25:00", "not a time"),
        ("2026-11-01T00:00Z", "too long ago"),
        ("2030-01-01", "cannot be restored yet"),
    ],
)
def test_moments_that_cannot_be_restored_are_refused(time: str, says: str) -> None:
    assert says in refused("restore_point", HEALTHY, DB, name="new", time=time)


def test_without_backups_there_is_no_point_in_time() -> None:
    assert "no automated backups" in refused("restore_point", with_database(backup_days=0), DB, name="new", time="latest")
    assert "no restorable time" in refused("restore_point", with_database(restorable_to=None), DB, name="new", time="latest")


# --- stop and start -----------------------------------------------------------------------------------------------------------


def test_a_protected_database_is_not_stopped_unless_the_configuration_says_so() -> None:
    assert refused("stop_database", HEALTHY, DB).startswith("prod is protected: stop_database = true")
    allowed = msgspec.structs.replace(FACTS, may_stop_database=True)
    for facts in (FREE, allowed):
        found = planned("stop_database", HEALTHY, DB, facts)
        assert found.steps[0].call == Call("rds", "StopDBInstance", {"DBInstanceIdentifier": "clickit-prod-db"})
        assert (found.risk, found.basis.database_status) == (Risk.SEVERE, "available")
        assert "RDS starts it by itself after 7 days: about 2026-11-30 14:03Z" in warnings(found)
        assert "api, frontend still run and will fail" in warnings(found)


@pytest.mark.parametrize(("changes", "says"), [({"replicas": ("r1",)}, "read replicas (r1)"), ({"status": "stopping"}, "is stopping")])
def test_what_rds_would_not_stop_is_not_sent(changes: dict[str, Any], says: str) -> None:
    assert says in refused("stop_database", with_database(**changes), DB, FREE)


def test_a_start_is_offered_everywhere_and_undone_by_a_stop() -> None:
    stopped = with_database(status="stopped", restarts_at=NOW + 86_400)
    found = planned("start_database", stopped, DB)
    assert found.steps[0].call == Call("rds", "StartDBInstance", {"DBInstanceIdentifier": "clickit-prod-db"})
    assert "RDS would by itself at 2026-11-24 14:03Z" in words(found)
    assert "no capacity" in words(found)
    assert "is available" in refused("start_database", HEALTHY, DB)
    back = undo(planned("stop_database", HEALTHY, DB, FREE).inverse, stopped, FREE)
    assert isinstance(back, Plan)
    assert (back.title, back.steps[0].call.operation) == ("UNDO: START clickit-prod-db", "StartDBInstance")


# --- secrets ------------------------------------------------------------------------------------------------------------------

URL = supply_secret(NOW, "database-url", 40)
SECRET = Target(kind="secret", part="database-url", id=URL.arn)


def rotate(of: World = HEALTHY) -> Plan:
    return planned("rotate", of, SECRET, token=TOKEN, origin="typed, 9 characters")


def test_a_rotation_is_one_plan_of_the_value_and_a_redeploy_of_each_user() -> None:
    found = rotate()
    assert [(step.call.operation, step.words) for step in found.steps] == [
        ("PutSecretValue", "put a new value of database-url"),
        ("UpdateService", "redeploy api"),
        ("UpdateService", "redeploy frontend"),
    ]
    put, api, _ = found.steps
    assert put.call.params == {"SecretId": URL.arn, "SecretString": Hidden(""), "ClientRequestToken": TOKEN}
    assert api.call.params == {"cluster": "clickit-prod-cluster", "service": "clickit-prod-api", "forceNewDeployment": True}
    assert api.basis is not None
    assert api.basis.deployment
    assert api.then is not None
    assert (found.token, found.risk) == ("prod/database-url", Risk.SEVERE)
    assert (found.basis.secret, found.basis.version, found.basis.deletion) == (URL.arn, URL.version("AWSCURRENT"), False)
    assert "changes only the stored string" in warnings(found)
    assert found.commands()[0].endswith(f"--secret-string 'file://***' --client-request-token {TOKEN}")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("jwt-secret-key", "all users have to log in again"),
        ("redis-url", "the cache's own password"),
        ("stripe-api-key", "revoke the old one"),
        ("odd", "not known here"),
    ],
)
def test_it_says_what_the_secret_does(key: str, says: str) -> None:
    secret = supply_secret(NOW, key, 9)
    of = world(secret_list=(secret,))
    found = planned("rotate", of, Target(kind="secret", part=key, id=secret.arn), token=TOKEN)
    assert says in warnings(found)
    assert len(found.steps) == 1
    assert "nothing is redeployed" in warnings(found)


def test_it_warns_of_a_second_version_in_ten_minutes_and_of_automatic_rotation() -> None:
    said = warnings(rotate(world(secrets=(supply_secret(NOW, "database-url", 0.001, rotation=True),))))
    assert "more than one new version in 10 minutes" in said
    assert "its next rotation replaces this value" in said


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exists": False}, "does not exist"),
        ({"exists": None, "why": "no permission"}, "is not known: no permission"),
        ({"deleted_at": NOW + 86_400}, "scheduled for deletion: restore it first"),
    ],
)
def test_a_secret_that_could_not_take_a_value_is_refused(changes: dict[str, Any], says: str) -> None:
    assert says in refused("rotate", world(secrets=(supply_secret(NOW, "database-url", 40, **changes),)), SECRET, token=TOKEN)


def test_a_json_secret_is_explained_and_never_overwritten() -> None:
    api, *others = HEALTHY.definitions.value or ()
    container = msgspec.structs.replace(api.containers[0], secrets=(("URL", f"{URL.reference}:url::"), ("PORT", f"{URL.reference}:port::")))
    of = world(definitions=(msgspec.structs.replace(api, containers=(container,)), *others))
    said = refused("rotate", of, SECRET, token=TOKEN)
    assert "JSON object (keys port, url)" in said
    assert "no value is ever read here" in said
    failed = msgspec.structs.replace(api, arn=f"{api.arn}1", revision=421, containers=(container,))
    found = planned("rotate", world(definitions=(api, failed, *others)), SECRET, token=TOKEN)
    assert "clickit-prod-api:421 takes the key url out of it: a new value replaces the whole object" in warnings(found)


def test_where_a_definition_was_not_read_no_value_is_overwritten_and_nobody_is_said_not_to_use_it() -> None:
    blind = msgspec.structs.replace(HEALTHY, definitions=worlds.faulty(worlds.denied("ecs:DescribeTaskDefinition"), NOW))
    said = refused("rotate", blind, SECRET, token=TOKEN)
    assert "is not known: the task definition of api, frontend was not read: no permission: ecs:DescribeTaskDefinition" in said
    assert "no permission" in refused("redeploy_users", blind, SECRET)
    deleted = world(secrets=(supply_secret(NOW, "database-url", 40, deleted_at=NOW + 86_400),), definitions=())
    found = planned("restore_secret", deleted, SECRET)
    assert [step.words for step in found.steps] == ["restore database-url"]
    assert "who else uses it is not known, and is not redeployed: the task definition of api, frontend was not read" in warnings(found)
    assert "no deployed task definition names it" not in words(found)


def test_the_value_is_filled_in_only_to_be_sent_and_can_be_forgotten() -> None:
    found = rotate()
    assert hides(found)
    value = Hidden("s3cr3t-value")
    ready = filled(found, value)
    assert not hides(ready)
    assert ready.steps[0].call.params["SecretString"] is value
    assert [step.words for step in ready.steps] == [step.words for step in found.steps]
    assert ready.steps[1].then == found.steps[1].then
    assert "s3cr3t" not in repr(ready)
    value.forget()
    assert hides(ready)


def test_the_undo_moves_the_version_back_and_redeploys() -> None:
    current = URL.version("AWSCURRENT")
    done = rotate()
    assert done.inverse is not None
    assert done.inverse.params == {
        "SecretId": URL.arn,
        "VersionStage": "AWSCURRENT",
        "MoveToVersionId": current,
        "RemoveFromVersionId": TOKEN,
    }
    rotated = supply_secret(NOW, "database-url", 0, versions=((TOKEN, ("AWSCURRENT",)), (current, ("AWSPREVIOUS",))))
    back = undo(done.inverse, world(secrets=(rotated,)), FACTS)
    assert isinstance(back, Plan)
    assert [step.call.operation for step in back.steps] == ["UpdateSecretVersionStage", "UpdateService", "UpdateService"]
    assert back.steps[0].call == done.inverse
    for step in back.steps:
        assert_fits_the_model(step.call)
    assert isinstance(undo(done.inverse, HEALTHY, FACTS), Refused), "it is current already"
    other = supply_secret(NOW, "database-url", 0, versions=(("f" * 36, ("AWSCURRENT",)),))
    said = undo(done.inverse, world(secrets=(other,)), FACTS)
    assert isinstance(said, Refused)
    assert "somebody has changed database-url since" in said.reason


def test_a_secret_to_be_deleted_is_restored_and_its_users_redeployed() -> None:
    of = world(secrets=(supply_secret(NOW, "database-url", 40, deleted_at=NOW + 86_400),))
    found = planned("restore_secret", of, SECRET)
    assert [step.call.operation for step in found.steps] == ["RestoreSecret", "UpdateService", "UpdateService"]
    assert found.steps[0].call.params == {"SecretId": URL.arn}
    assert found.basis.deletion is True
    assert "to be deleted in 1 d" in words(found)
    past = world(secrets=(supply_secret(NOW, "database-url", 40, deleted_at=NOW - 600),))
    assert "scheduled for deletion, dated 10 m ago" in words(planned("restore_secret", past, SECRET))
    assert "up to 15 minutes" in words(found)
    assert "nothing to restore" in refused("restore_secret", HEALTHY, SECRET)
    assert "scheduled for deletion" in refused("redeploy_users", of, SECRET)


def test_users_can_be_redeployed_without_a_new_value() -> None:
    found = planned("redeploy_users", HEALTHY, SECRET)
    assert [step.words for step in found.steps] == ["redeploy api", "redeploy frontend"]
    unused = Target(kind="secret", part="old-webhook-key", id=supply_secret(NOW, "old-webhook-key", 1).arn)
    assert "no deployed task definition" in refused("redeploy_users", HEALTHY, unused)


def test_a_service_at_zero_is_not_redeployed_and_that_is_said() -> None:
    api, frontend = HEALTHY.services.value or ()
    of = world(services=(msgspec.structs.replace(api, desired=0), frontend))
    found = planned("rotate", of, SECRET, token=TOKEN)
    assert [step.words for step in found.steps][1:] == ["redeploy frontend"]
    assert "api is not redeployed: api is scaled to 0" in words(found)


# --- what must still be so, and what came of it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "of", "target", "now", "says"),
    [
        ("stop_database", HEALTHY, DB, with_database(status="rebooting"), "clickit-prod-db is rebooting now, it was available"),
        ("stop_database", HEALTHY, DB, world(databases=()), "database clickit-prod-db is not there any more"),
        ("restore_snapshot", HEALTHY, SHOT, world(snapshots=()), "snapshot before-v2-3-1 is not there any more"),
        (
            "rotate",
            HEALTHY,
            SECRET,
            world(secrets=(supply_secret(NOW, "database-url", 0, versions=(("f" * 36, ("AWSCURRENT",)),)),)),
            "somebody has changed the secret since",
        ),
        (
            "rotate",
            HEALTHY,
            SECRET,
            world(secrets=(supply_secret(NOW, "database-url", 40, deleted_at=NOW + 9),)),
            "the secret is scheduled for deletion now",
        ),
    ],
)
def test_a_changed_basis_is_told(action: str, of: World, target: Target, now: World, says: str) -> None:
    made = planned(action, of, target, FREE, name="new", token=TOKEN)
    fields = basis.needed(made.basis)
    assert fields
    assert basis.changed(made.basis, of, fields) == ""
    assert says in basis.changed(made.basis, now, fields)
    assert basis.changed(made.basis, now, frozenset()) == "", "what could not be read again is not compared"


def test_a_lost_answer_is_settled_by_what_shows_the_effect() -> None:
    stop = planned("stop_database", HEALTHY, DB, FREE)
    assert basis.took_effect(stop, with_database(status="stopping")) is True
    assert basis.took_effect(stop, HEALTHY) is None
    made = planned("snapshot", HEALTHY, DB, name="new")
    assert basis.took_effect(made, HEALTHY) is None
    assert basis.took_effect(made, world(snapshots=(snapshot(NOW, "new", 1),))) is True
    unused = supply_secret(NOW, "old-webhook-key", 200)
    put = planned("rotate", HEALTHY, Target(kind="secret", part="x", id=unused.arn), token=TOKEN)
    assert basis.took_effect(put, HEALTHY) is False
    rotated = supply_secret(NOW, "old-webhook-key", 0, versions=((TOKEN, ("AWSCURRENT",)),))
    assert basis.took_effect(put, world(secret_list=(rotated,))) is True
