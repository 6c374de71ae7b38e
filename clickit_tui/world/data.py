"""What stands around the database: snapshots, maintenance, parameters. Times are epoch seconds."""

from __future__ import annotations

import msgspec


class DatabaseSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of DescribeDBSnapshots."""

    id: str
    database: str = ""
    kind: str = ""
    """automated, manual, awsbackup."""
    status: str = ""
    percent: int | None = None
    created_at: float | None = None
    size_gib: int | None = None
    encrypted: bool | None = None
    kms_key: str = ""
    engine_version: str = ""
    arn: str = ""

    @property
    def whole(self) -> bool:
        """It can be restored from."""
        return self.status == "available"


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """One pending maintenance action of the instance."""

    action: str
    description: str = ""
    opt_in: str = ""
    auto_after: float | None = None
    forced_at: float | None = None
    applied_at: float | None = None
    """CurrentApplyDate: when it will be applied."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of the instance's parameter group."""

    name: str
    value: str = ""
    """A number, or a formula such as `LEAST({DBInstanceClassMemory/9531392},5000)`."""
    source: str = ""
    """user, system, engine-default."""
    apply: str = ""
    """pending-reboot or immediate."""


CONNECTIONS = {"db.t4g.micro": 79, "db.t4g.small": 181}
"""`max_connections` as it was measured on these classes; the API gives only the formula (aws.md 5.1)."""
RESERVED = 3
"""`superuser_reserved_connections`."""


def hard_limit(instance_class: str, parameters: tuple[Parameter, ...] | None) -> tuple[int | None, str]:
    """(how many connections the server takes at most, how that is known); None when nothing tells."""
    found = next((p for p in parameters or () if p.name == "max_connections"), None)
    if found is not None and found.value.isdigit():
        return int(found.value) - RESERVED, "as the parameter group says"
    measured = CONNECTIONS.get(instance_class)
    if measured is not None:
        return measured - RESERVED, "estimated"
    return None, "the API gives only a formula" if found is not None else "not read"
