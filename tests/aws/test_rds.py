"""The database instance."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.rds import database, database_fetch
from clickit_tui.naming import names
from clickit_tui.world.seen import Absent, Failed, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
EMPTY = World(env="dev")


async def test_the_instance_is_read_wholly() -> None:
    gateway = Scripted(DescribeDBInstances=recorded.DATABASES)
    found: Any = (await database_fetch(gateway, NAMES)(EMPTY))["database"]
    assert gateway.calls == [("DescribeDBInstances", {"DBInstanceIdentifier": "clickit-dev-db"})]
    assert set(hollow(found)) == set()
    assert (found.status, found.port, found.storage_gib, found.multi_az, found.vpc) == ("available", 5432, 20, False, "vpc-1")
    assert found.parameter_groups == (("pg16", "in-sync"),)


@pytest.mark.parametrize("answer", [failed(Trouble.MISSING, "DBInstanceNotFound"), {"DBInstances": []}])
async def test_no_such_instance_is_absent(answer: Any) -> None:
    found = (await database_fetch(Scripted(DescribeDBInstances=answer), NAMES)(EMPTY))["database"]
    assert found == Absent(looked_for="database instance clickit-dev-db")


@pytest.mark.parametrize("answer", [{}, failed(Trouble.DENIED), failed(Trouble.UNREACHABLE)])
async def test_what_could_not_be_read_is_not_absent(answer: Any) -> None:
    with pytest.raises(Failed):
        await database_fetch(Scripted(DescribeDBInstances=answer), NAMES)(EMPTY)


def test_missing_members_are_unknown() -> None:
    bare = database({"DBInstanceIdentifier": "clickit-dev-db"})
    assert (bare.port, bare.multi_az, bare.storage_gib, bare.deletion_protection, bare.restorable_to) == (None,) * 5
