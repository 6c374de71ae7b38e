"""Snapshots, maintenance, parameters, repositories, scans and the list of secrets: what is asked and what is made of the answers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws import ecr, elasticache, rds
from clickit_tui.aws.members import records
from clickit_tui.aws.secretsmanager import secret_list_fetch
from clickit_tui.naming import names
from clickit_tui.world.data import Parameter, hard_limit
from clickit_tui.world.ecs import Container, Task
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.supply import Image, Repository, Scan
from clickit_tui.world.world import World
from tests.aws import recorded, recordeddata
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
EMPTY = World(env="dev")
DIGEST = "sha256:42abab"
API = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api"


def known(**fields: Any) -> World:
    return msgspec.structs.replace(EMPTY, **{name: Seen(value=value, seen_at=1.0) for name, value in fields.items()})


DATABASE = rds.database(recorded.DATABASES["DBInstances"][0])


async def got(fetch: Any, world: World = EMPTY) -> Any:
    (value,) = (await fetch(world)).values()
    return value


async def test_a_snapshot_is_read_wholly_and_one_that_is_being_made_leads() -> None:
    gateway = Scripted(DescribeDBSnapshots=recordeddata.SNAPSHOTS)
    making, made = await got(rds.snapshots_fetch(gateway, NAMES))
    assert gateway.calls == [("DescribeDBSnapshots", {"DBInstanceIdentifier": "clickit-dev-db"})]
    assert set(hollow(made)) == set()
    assert (made.whole, making.whole, making.percent, making.created_at) == (True, False, 34, None)


async def test_every_instance_is_listed_so_that_a_restored_one_is_found() -> None:
    other = recorded.DATABASES["DBInstances"][0] | {"DBInstanceIdentifier": "clickit-dev-db-restored", "DBInstanceStatus": "Creating"}
    gateway = Scripted(DescribeDBInstances={"DBInstances": [other, *recorded.DATABASES["DBInstances"]]})
    found = await got(rds.databases_fetch(gateway))
    assert [(d.id, d.status) for d in found] == [("clickit-dev-db", "available"), ("clickit-dev-db-restored", "creating")]
    assert gateway.calls == [("DescribeDBInstances", {})]


async def test_maintenance_and_parameters_belong_to_the_instance_that_is_there() -> None:
    gateway = Scripted(DescribePendingMaintenanceActions=recordeddata.MAINTENANCE, DescribeDBParameters=recordeddata.PARAMETERS)
    (action,) = await got(rds.maintenance_fetch(gateway), known(database=DATABASE))
    assert (action.action, set(hollow(action))) == ("system-update", set())
    found = await got(rds.parameters_fetch(gateway), known(database=DATABASE))
    assert [p.name for p in found] == ["max_connections", "log_min_duration_statement"]
    asked = dict(gateway.calls)
    assert asked["DescribeDBParameters"] == {"DBParameterGroupName": "pg16"}
    assert asked["DescribePendingMaintenanceActions"] == {"Filters": [{"Name": "db-instance-id", "Values": ["clickit-dev-db"]}]}
    absent = known(database=Absent(looked_for="x"))
    assert await got(rds.maintenance_fetch(Scripted()), absent) == ()
    assert await got(rds.parameters_fetch(Scripted()), absent) == ()
    with pytest.raises(Failed):
        await rds.maintenance_fetch(Scripted())(EMPTY)


@pytest.mark.parametrize(
    ("instance_class", "parameters", "limit", "how"),
    [
        ("db.t4g.small", (), 178, "estimated"),
        ("db.t4g.micro", None, 76, "estimated"),
        ("db.t4g.micro", (Parameter(name="max_connections", value="200"),), 197, "as the parameter group says"),
        (
            "db.r7g.large",
            (Parameter(name="max_connections", value="LEAST({DBInstanceClassMemory/9531392},5000)"),),
            None,
            "the API gives only a formula",
        ),
        ("db.r7g.large", None, None, "not read"),
    ],
)
def test_the_hard_limit_says_how_it_is_known(instance_class: str, parameters: Any, limit: int | None, how: str) -> None:
    assert hard_limit(instance_class, parameters) == (limit, how)


async def test_the_list_holds_what_stands_under_the_prefix_and_what_is_to_be_deleted() -> None:
    gateway = Scripted(ListSecrets=recordeddata.SECRET_LIST)
    (found,) = await got(secret_list_fetch(gateway, NAMES))
    assert gateway.calls == [("ListSecrets", {"Filters": [{"Key": "name", "Values": ["clickit/dev/"]}], "IncludePlannedDeletion": True})]
    assert (found.name, found.has_value, found.version("AWSCURRENT")) == ("clickit/dev/old-key", True, "c" * 32)


async def test_repositories_are_read_apart_and_one_that_is_denied_hides_only_itself() -> None:
    def answer(params: dict[str, Any]) -> Any:
        return recorded.IMAGES if params["repositoryName"] == "clickit/api" else failed(Trouble.DENIED, sentence="no permission")

    api, frontend = await got(ecr.repositories_fetch(Scripted(DescribeImages=answer), NAMES))
    assert (api.exists, [i.digest for i in api.images], api.parts) == (True, [DIGEST], ("api",))
    assert (frontend.exists, frontend.why, frontend.images) == (None, "no permission", ())
    with pytest.raises(Failed):
        await ecr.repositories_fetch(Scripted(), NAMES)(EMPTY)
    gone = failed(Trouble.MISSING, "RepositoryNotFoundException")
    found = await got(ecr.repositories_fetch(Scripted(DescribeImages=gone), NAMES))
    assert [r.exists for r in found] == [False, False]
    nameless = {"imageDetails": [{"repositoryName": "clickit/api"}, {"imageDigest": DIGEST}]}
    found = await got(ecr.repositories_fetch(Scripted(DescribeImages=nameless), NAMES))
    assert [(len(r.images), r.total) for r in found] == [(1, 2)] * 2, "an entry that names no image is one all the same"


REPOSITORY = Repository(
    name="clickit/api", exists=True, total=1, images=(Image(registry="1", repository="clickit/api", id=DIGEST, digest=DIGEST, exists=True),)
)
RUNNING = Task(arn="a", id="a", part="api", containers=(Container(name="api", image=f"{API}:v1", digest="sha256:gone"),))


async def test_scans_of_what_runs_and_of_the_newest_are_read_once() -> None:
    gateway = Scripted(DescribeImageScanFindings=recordeddata.SCAN)
    scans = ecr.Scans(gateway, clock=lambda: 0.0)  # type: ignore[arg-type]
    for _ in range(2):
        found = await got(scans.fetch, known(repositories=(REPOSITORY,), tasks=(RUNNING,)))
    assert [s.digest for s in found] == ["sha256:gone", DIGEST]
    assert len(gateway.calls) == 2
    assert found[1].counts == (("CRITICAL", 1), ("MEDIUM", 4))
    assert [(f.name, f.package, f.fix) for f in found[1].findings] == [("CVE-2026-1", "openssl", "3.0.9"), ("CVE-2026-2", "zlib", "")]


async def test_no_scan_a_running_scan_and_a_denied_one_are_never_no_findings() -> None:
    world = known(repositories=(REPOSITORY,), tasks=())
    nothing = failed(Trouble.MISSING, "ScanNotFoundException")
    (none,) = await got(ecr.Scans(Scripted(DescribeImageScanFindings=nothing)).fetch, world)  # type: ignore[arg-type]
    assert (none.status, none.judged) == ("NONE", False)
    going = {"imageScanStatus": {"status": "IN_PROGRESS"}}
    (running,) = await got(ecr.Scans(Scripted(DescribeImageScanFindings=going)).fetch, world)  # type: ignore[arg-type]
    assert (running.status, running.judged) == ("IN_PROGRESS", False)
    with pytest.raises(Failed):
        await ecr.Scans(Scripted()).fetch(world)  # type: ignore[arg-type]
    unjudged = ecr.scan({}, "clickit/api", DIGEST)
    assert unjudged == Scan(repository="clickit/api", digest=DIGEST, told=False)
    assert not unjudged.judged


def test_enhanced_findings_name_package_and_fix() -> None:
    (found,) = ecr.scan(recordeddata.ENHANCED, "clickit/api", DIGEST).findings
    assert (found.name, found.severity, found.package, found.version, found.fix) == ("CVE-2026-3", "HIGH", "curl", "8.1", "8.4")


def test_a_node_has_its_role_from_the_group_and_the_rest_from_its_cluster() -> None:
    groups, clusters = recorded.REPLICATION_GROUPS, recorded.CACHE_CLUSTERS
    found = elasticache.find(records(groups, "ReplicationGroups"), records(clusters, "CacheClusters"), NAMES)
    assert found is not None
    assert [(m.id, m.role, m.status) for m in found.members] == [
        ("clickit-dev-redis-002", "primary", "available"),
        ("clickit-dev-redis-001", "replica", "available"),
    ]


def test_an_instance_without_members_knows_nothing() -> None:
    bare = rds.database({"DBInstanceIdentifier": "x"})
    unknown = ("encrypted", "public", "iam_authentication", "copy_tags", "minor_upgrades", "backup_days", "restarts_at", "created_at")
    assert {name: getattr(bare, name) for name in unknown} == dict.fromkeys(unknown)
    assert isinstance(bare, Database)
