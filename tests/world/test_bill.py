"""The runbook's two tables, recomputed row by row from environments of the shape they describe."""

from typing import Any

import msgspec
import pytest

from clickit_tui.world import prices
from clickit_tui.world.bill import RUNBOOK, bill, savings
from clickit_tui.world.money import LogGroup, Usage
from clickit_tui.world.parts import Cache, LoadBalancer, NatGateway
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.world import World
from tests import worlds
from tests.worlds import NOW

GROUPS = ("api", "frontend", "migration")


def tasks(counts: dict[str, int], capacity: str) -> tuple[Any, ...]:
    made = []
    for part, count in counts.items():
        made += [worlds.task(part, index, 42, NOW, 600, cpu="512", memory="2048", capacity=capacity) for index in range(count)]
    return tuple(made)


def shaped(env: str, *, engine: str = "valkey", usage: Usage, **changes: Any) -> World:
    prod = env == "prod"
    names = [f"/ecs/clickit-{env}-{part}" for part in GROUPS]
    fields: dict[str, Any] = {
        "nat": tuple(NatGateway(id=f"nat-{index}") for index in range(2 if prod else 1)),
        "database": worlds.database(
            status="available", instance_class="db.t4g.small" if prod else "db.t4g.micro", multi_az=prod, storage_gib=20
        ),
        "cache": Cache(id="c", engine=engine, node_type="cache.t4g.micro", nodes=("c-1",)),
        "services": worlds.steady_services(NOW),
        "tasks": tasks({"api": 2, "frontend": 2} if prod else {"api": 1, "frontend": 1}, "FARGATE" if prod else "FARGATE_SPOT"),
        "balancer": LoadBalancer(arn="a", name="alb", scheme="internet-facing", zones=("a", "b")),
        "secrets": tuple(worlds.secret(NOW, key, reference=f"arn:{key}") for key in ("a", "b", "c", "d", "e", "f")),
        "alarms": (),
        "log_groups": tuple(LogGroup(name=name, stored_bytes=0, retention_days=14) for name in names),
        "usage": usage,
        "scaling": (),
    }
    return World(env=env, **{name: Seen(value=value, seen_at=NOW - 1) for name, value in (fields | changes).items()})


def used(env: str, gb_a_day: float, units: float = 0.0) -> Usage:
    names = [f"/ecs/clickit-{env}-{part}" for part in GROUPS]
    return Usage(ingested=tuple((name, gb_a_day * 1e9 / 3) for name in names), capacity_units=units, nat_bytes=0.0)


DEV = {
    "nat": 32.85,
    "nat_ip": 3.65,
    "database": 13.98,
    "cache": 9.34,
    "fargate": 14.02,
    "balancer": 16.43,
    "balancer_ip": 7.30,
    "secrets": 2.40,
}
PROD = {
    "nat": 65.70,
    "nat_ip": 7.30,
    "database": 52.05,
    "cache": 9.34,
    "fargate": 85.06,
    "balancer": 22.27,
    "balancer_ip": 7.30,
    "waf": 10.0,
}


@pytest.mark.parametrize(("env", "rows", "units"), [("dev", DEV, 0.0), ("prod", PROD, 1.0)])
def test_the_rows_are_those_of_the_recomputed_tables(env: str, rows: dict[str, float], units: float) -> None:
    found = bill(shaped(env, usage=used(env, 0.1, units)))
    assert {row: round(item.month, 2) for row in rows if (item := found.item(row)) and item.month is not None} == rows


def test_the_runbook_s_own_sums_are_kept() -> None:
    assert [bill(shaped(env, usage=used(env, 0.1))).runbook for env in ("dev", "prod")] == [86, 260]
    assert [sum(each.values()) for each in RUNBOOK.values()] == [86, 260]


def test_the_totals_are_those_of_the_recomputed_tables() -> None:
    logs = 1.5 / prices.DAYS / prices.LOG_GB
    assert round(bill(shaped("dev", usage=used("dev", logs))).total) == 101
    assert round(bill(shaped("dev", usage=used("dev", logs), engine="redis")).total) == 104
    assert round(bill(shaped("prod", usage=used("prod", 0.1, 1.0))).total) == 285
    assert round(bill(shaped("prod", usage=used("prod", 0.1, 1.0), engine="redis")).total) == 287


def test_misc_is_counted_once() -> None:
    found = bill(shaped("prod", usage=used("prod", 0.2)))
    months = [item.month or 0.0 for row in ("secrets", "logs", "rest") if (item := found.item(row))]
    assert len(months) == 3
    assert sum(months) == pytest.approx(26)


def test_nights_and_weekends_save_what_the_reference_says() -> None:
    world = shaped("dev", usage=used("dev", 0.1))
    months = [saving.month for saving in savings(world, bill(world))]
    assert [round(month, 1) for month in months if month is not None] == [9.0, 7.5]


def test_secrets_that_no_task_reads_cost_too_and_those_to_be_deleted_do_not() -> None:
    used_one = worlds.secret(NOW, "a", reference="arn:a", arn="arn:a")
    leaving = worlds.secret(NOW, "b", reference="arn:b", arn="arn:b", deleted_at=NOW + 1)
    other = worlds.secret(NOW, "c", reference="arn:c", arn="arn:c")
    usage = used("dev", 0.1)
    alone = bill(shaped("dev", usage=usage, secrets=(used_one, leaving))).item("secrets")
    listed = bill(shaped("dev", usage=usage, secrets=(used_one, leaving), secret_list=(used_one, leaving, other))).item("secrets")
    assert alone is not None
    assert listed is not None
    assert (alone.month, alone.how) == (0.4, "1 × $0.40, without what no task reads: it was not listed")
    assert (listed.month, listed.how) == (0.8, "2 × $0.40")


def test_tasks_on_arm_cost_their_own_price() -> None:
    usage = used("prod", 0.1)
    plain = shaped("prod", usage=usage)
    definitions = tuple(
        msgspec.structs.replace(each, arn=task.task_definition, architecture="ARM64")
        for each in worlds.healthy_world(NOW).definitions.value or ()
        for task in plain.tasks.value or ()
    )
    x86, arm = (bill(of).item("fargate") for of in (plain, shaped("prod", usage=usage, definitions=definitions)))
    assert x86 is not None
    assert arm is not None
    assert (x86.month, arm.month) == (pytest.approx(85.06, abs=0.01), pytest.approx(0.8 * 85.06, abs=0.01))
    spot = bill(shaped("dev", usage=used("dev", 0.1), definitions=definitions)).item("fargate")
    assert spot is not None
    assert spot.month is None


def test_what_is_off_already_saves_nothing_more() -> None:
    off = worlds.database(status="stopped", instance_class="db.t4g.micro", multi_az=False, storage_gib=20)
    services = tuple(msgspec.structs.replace(each, desired=0, running=0) for each in worlds.steady_services(NOW))
    world = shaped("dev", usage=used("dev", 0.1), services=services, tasks=(), database=off)
    assert savings(world, bill(world)) == ()


def test_in_prod_nobody_is_told_to_switch_off_at_night() -> None:
    world = shaped("prod", usage=used("prod", 0.1))
    assert savings(world, bill(world)) == ()


def test_tasks_above_the_minimum_and_logs_without_end_are_savings() -> None:
    groups = (LogGroup(name="/ecs/clickit-prod-api", stored_bytes=100_000_000_000, retention_days=None),)
    target = worlds.scaling()[0]
    world = shaped("prod", usage=used("prod", 0.1), log_groups=groups, scaling=(type(target)(part="api", minimum=1, maximum=4),))
    found = savings(world, bill(world))
    assert [saving.text for saving in found] == ["scale-in to the minimum: 1 api above it", "1 log group never expires"]
    assert [round(saving.month or 0, 2) for saving in found] == [21.26, 3.0]
    rolling = tuple(msgspec.structs.replace(each, desired=1) for each in worlds.steady_services(NOW))
    twice = shaped("prod", usage=used("prod", 0.1), services=rolling, scaling=(type(target)(part="api", minimum=1, maximum=4),))
    assert savings(twice, bill(twice)) == (), "the old and new tasks of a deployment are not above the minimum"


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("nat", "nat"),
        ("nat", "nat_ip"),
        ("database", "database"),
        ("cache", "cache"),
        ("services", "fargate"),
        ("tasks", "fargate"),
        ("balancer", "balancer"),
        ("balancer", "balancer_ip"),
        ("secrets", "secrets"),
        ("alarms", "alarms"),
        ("log_groups", "logs"),
        ("usage", "logs"),
    ],
)
def test_what_is_not_known_is_unknown_and_never_free(field: str, row: str) -> None:
    item = bill(msgspec.structs.replace(shaped("prod", usage=used("prod", 0.1)), **{field: Seen()})).item(row)
    assert item is not None
    assert (item.month, item.how) == (None, "not read yet")


def test_a_class_without_a_price_is_named() -> None:
    database = worlds.database(instance_class="db.x2g.large", multi_az=True, storage_gib=100)
    item = bill(shaped("prod", usage=used("prod", 0.1), database=database)).item("database")
    assert item is not None
    assert (item.month, item.how) == (None, "no price of db.x2g.large")


def test_a_stopped_database_costs_its_storage() -> None:
    database = worlds.database(status="stopped", instance_class="db.t4g.micro", multi_az=False, storage_gib=20)
    item = bill(shaped("dev", usage=used("dev", 0.1), database=database)).item("database")
    assert item is not None
    assert item.month == pytest.approx(2.30)
    assert "stopped: 0" in item.how


def test_parts_that_do_not_exist_cost_nothing() -> None:
    gone = {"database": Absent(looked_for="db"), "cache": Absent(looked_for="cache"), "balancer": Absent(looked_for="alb"), "nat": ()}
    found = bill(shaped("dev", usage=used("dev", 0.1), **gone))
    gone_rows = ("database", "cache", "balancer", "balancer_ip", "nat", "nat_ip")
    assert [item.month for row in gone_rows if (item := found.item(row))] == [0.0] * 6


def test_an_environment_of_another_name_has_no_figures_of_the_runbook() -> None:
    world = shaped("dev", usage=used("dev", 0.1))
    found = bill(msgspec.structs.replace(world, env="staging"))
    assert found.runbook is None
    assert found.item("rest") is None
