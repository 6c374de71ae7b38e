"""What the fixture Worlds hold around the database, the images and the secrets."""

from __future__ import annotations

from typing import Any

import msgspec

from clickit_tui.world.data import DatabaseSnapshot, Maintenance, Parameter
from clickit_tui.world.events import CacheEvent
from clickit_tui.world.parts import Cache, CacheMember, Database
from clickit_tui.world.supply import Finding, Repository, Scan, Secret
from tests.worldparts import ENV, NAMES, REGION, arn, container, database, ecr_image, secret

KEY = arn("kms", "key/0c8f8f6e-6d1c-4e0a-9a43-0d1e2f3a4b5c")


def full_database(now: float, **changes: Any) -> Database:
    """Production's instance with everything a restore carries over."""
    plain = database(
        restorable_to=now - 240,
        created_at=now - 400 * 86_400,
        zone=f"{REGION}a",
        subnet_group=f"clickit-{ENV}-db",
        option_groups=("default:postgres-16",),
        storage_type="gp3",
        iops=3000,
        encrypted=True,
        kms_key=KEY,
        public=False,
        log_exports=("postgresql",),
        iam_authentication=False,
        copy_tags=True,
        minor_upgrades=True,
        certificate="rds-ca-rsa2048-g1",
        backup_days=7,
        backup_window="03:00-03:30",
        maintenance_window="sun:04:00-sun:04:30",
        monitoring_s=60,
        tags=(("Project", "clickit"), ("aws:cloudformation:stack-name", "x")),
    )
    return msgspec.structs.replace(plain, **changes)


def snapshot(now: float, name: str, age_s: float, **changes: Any) -> DatabaseSnapshot:
    plain = DatabaseSnapshot(
        id=name,
        database=NAMES.database,
        kind="automated" if name.startswith("rds:") else "manual",
        status="available",
        percent=100,
        created_at=now - age_s,
        size_gib=20,
        encrypted=True,
        kms_key=KEY,
        engine_version="16.4",
        arn=arn("rds", f"snapshot:{name}"),
    )
    return msgspec.structs.replace(plain, **changes)


def snapshots(now: float) -> tuple[DatabaseSnapshot, ...]:
    """One by hand and a week of automated ones."""
    nightly = (snapshot(now, f"rds:{NAMES.database}-2026-11-{23 - day:02d}-03-07", 11 * 3600 + day * 86_400) for day in range(6))
    return (snapshot(now, "before-v2-3-1", 7200), *nightly)


def full_cache() -> Cache:
    node = f"{NAMES.cache}-001"
    return Cache(
        id=NAMES.cache,
        status="available",
        engine="redis",
        engine_version="7.1",
        node_type="cache.t4g.micro",
        nodes=(node,),
        members=(CacheMember(id=node, role="primary", status="available", zone=f"{REGION}a", engine_version="7.1", parameters="in-sync"),),
        failover="disabled",
        multi_az="disabled",
        encrypted=True,
        encrypted_transit=True,
        snapshot_days=1,
        maintenance_window="sun:05:00-sun:06:00",
        host=f"{NAMES.cache}.abc123.ng.0001.euw1.cache.amazonaws.com",
    )


def supply_secret(now: float, key: str, age_d: float, **changes: Any) -> Secret:
    """A secret as it is looked up, with its two versions."""
    name = secret(now, key)
    known = {
        "arn": name.reference,
        "changed_at": now - age_d * 86_400,
        "created_at": now - 300 * 86_400,
        "rotation": False,
        "versions": (
            (f"{key[:4]:0<8}-1111-4111-8111-111111111111", ("AWSCURRENT",)),
            (f"{key[:4]:0<8}-0000-4000-8000-000000000000", ("AWSPREVIOUS",)),
        ),
    }
    return msgspec.structs.replace(name, **(known | changes))


def repositories(now: float) -> tuple[Repository, ...]:
    """Three images of the api, two of the frontend."""
    found = []
    for part, numbers in (("api", (42, 41, 40)), ("frontend", (17, 16))):
        images = tuple(
            msgspec.structs.replace(ecr_image(part, n, now), id=container(part, n).digest, pushed_at=now - (43 - n) * 86_400)
            for n in numbers
        )
        found.append(Repository(name=f"clickit/{part}", parts=(part,), exists=True, images=images, total=len(images)))
    return tuple(found)


def scans(now: float) -> tuple[Scan, ...]:
    """A critical one, one without findings, one that was never made."""
    worst = (
        Finding(name="CVE-2026-1001", severity="CRITICAL", package="openssl", version="3.0.13", fix="3.0.15"),
        Finding(name="CVE-2026-1038", severity="HIGH", package="libcurl", version="8.5.0"),
    )
    plain = Scan(repository="clickit/api", digest="", status="COMPLETE", at=now - 86_400)
    return (
        msgspec.structs.replace(plain, digest=container("api", 41).digest, counts=(("CRITICAL", 1), ("HIGH", 5)), findings=worst),
        msgspec.structs.replace(plain, digest=container("api", 42).digest, status="NONE", why="ECR knows of no scan of it", at=None),
        msgspec.structs.replace(plain, digest=container("frontend", 17).digest, repository="clickit/frontend"),
    )


def data_fields(now: float) -> dict[str, Any]:
    """Fields of a healthy World by name."""
    unused = supply_secret(now, "old-webhook-key", 200)
    every = tuple(supply_secret(now, key, age) for key, age in (("database-url", 40), ("jwt-secret-key", 90)))
    return {
        "database": full_database(now),
        "databases": (full_database(now),),
        "snapshots": snapshots(now),
        "maintenance": (
            Maintenance(action="system-update", description="New Operating System update is available", auto_after=now + 9 * 86_400),
        ),
        "parameters": (
            Parameter(name="max_connections", value="LEAST({DBInstanceClassMemory/9531392},5000)", source="system", apply="pending-reboot"),
            Parameter(name="log_min_duration_statement", value="500", source="user", apply="immediate"),
        ),
        "cache": full_cache(),
        "cache_events": (CacheEvent(resource=NAMES.cache, at=now - 40_000, text="Snapshot succeeded"),),
        "secrets": (every[0],),
        "secret_list": (*every, unused),
        "repositories": repositories(now),
        "scans": scans(now),
    }
