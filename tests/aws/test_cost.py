"""Log groups, measured use, and Cost Explorer: what is asked, and what is made of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui.aws.cost import CACHED_S, Spending, log_groups_fetch, usage, usage_fetch, usage_queries
from clickit_tui.aws.purse import Purse
from clickit_tui.naming import names
from clickit_tui.world.money import LogGroup, Usage
from clickit_tui.world.parts import Identity, LoadBalancer, NatGateway
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
NOW = 1_795_442_599.0
HOUR_S = 3600


def known() -> World:
    return World(
        env="dev",
        log_groups=Seen(value=(LogGroup(name="/ecs/clickit-dev-api"),), seen_at=NOW),
        balancer=Seen(value=LoadBalancer(arn="arn:x:loadbalancer/app/alb/1", name="alb"), seen_at=NOW),
        nat=Seen(value=(NatGateway(id="nat-1"),), seen_at=NOW),
    )


async def test_only_the_group_of_that_very_name_is_taken() -> None:
    gateway = Scripted(DescribeLogGroups=recorded.LOG_GROUPS)
    found = (await log_groups_fetch(gateway, NAMES)(World(env="dev")))["log_groups"]  # type: ignore[arg-type]
    assert found == (
        LogGroup(name="/ecs/clickit-dev-api", part="api", stored_bytes=1_234_567_890, retention_days=14),
        LogGroup(name="/ecs/clickit-dev-frontend", part="frontend", stored_bytes=None, retention_days=None),
    )


def points(params: dict[str, Any], value: float) -> dict[str, Any]:
    at = [NOW // HOUR_S * HOUR_S - HOUR_S * index for index in range(24)]
    return {
        "MetricDataResults": [
            {"Id": query["Id"], "StatusCode": "Complete", "Timestamps": at, "Values": [value] * 24} for query in params["MetricDataQueries"]
        ]
    }


async def test_the_use_of_a_day_is_one_call_of_hourly_sums() -> None:
    gateway = Scripted(GetMetricData=lambda params: points(params, 2.0))
    found = (await usage_fetch(gateway, lambda: NOW)(known()))["usage"]  # type: ignore[arg-type]
    assert found == Usage(ingested=(("/ecs/clickit-dev-api", 48.0),), capacity_units=2.0, nat_bytes=96.0)
    (_, params), *more = gateway.calls
    assert not more
    assert {query["MetricStat"]["Period"] for query in params["MetricDataQueries"]} == {HOUR_S}
    assert (params["EndTime"] - params["StartTime"]).total_seconds() == 86_400
    assert params["EndTime"].timestamp() <= NOW - HOUR_S


def test_an_incomplete_answer_is_no_figure() -> None:
    asked = usage_queries(known())
    whole = {query: ({NOW: 5.0}, "Complete") for each in asked.values() for query in each}
    assert usage(asked, whole) == Usage(ingested=(("/ecs/clickit-dev-api", 5.0),), capacity_units=5.0, nat_bytes=10.0)
    forbidden = whole | {asked["units"][0]: ({}, "Forbidden"), asked["nat"][1]: ({}, "Complete")}
    assert usage(asked, forbidden) == Usage(ingested=(("/ecs/clickit-dev-api", 5.0),))
    assert usage(asked, {}) == Usage()


async def test_a_log_group_that_took_nothing_in_is_zero_and_not_unknown() -> None:
    asked = usage_queries(known())
    quiet = {query: ({}, "Complete") for each in asked.values() for query in each}
    assert usage(asked, quiet) == Usage(ingested=(("/ecs/clickit-dev-api", 0.0),))


HERE = World(env="dev", identity=Seen(value=Identity(account="123456789012", arn="", region="eu-west-1"), seen_at=NOW))


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


async def test_cost_explorer_is_asked_once_a_day(tmp_path: Path) -> None:
    gateway, clock = Scripted(GetCostAndUsage=recorded.COSTS), Clock()
    spending = Spending(gateway, NAMES, Purse(tmp_path / "b.json"), clock)  # type: ignore[arg-type]
    found: Any = (await spending.fetch(HERE))["spend"]
    assert found.services == (("Amazon ElastiCache", 22.0), ("Amazon Elastic Container Service", 10.5))
    assert (found.total, found.tag) == (32.5, "Environment=dev")
    clock.now += CACHED_S - 1
    await spending.fetch(HERE)
    assert gateway.count("GetCostAndUsage") == 1
    clock.now += 2
    await spending.fetch(HERE)
    assert gateway.count("GetCostAndUsage") == 2


async def test_without_an_active_tag_the_account_is_shown_and_called_so(tmp_path: Path) -> None:
    gateway = Scripted(GetCostAndUsage=lambda params: {"ResultsByTime": []} if "Filter" in params else recorded.COSTS)
    found: Any = (await Spending(gateway, NAMES, Purse(tmp_path / "b.json"), lambda: NOW).fetch(HERE))["spend"]  # type: ignore[arg-type]
    assert (found.tag, found.total) == ("", 32.5)
    assert "not active" in found.note
    assert gateway.count("GetCostAndUsage") == 2


@pytest.mark.parametrize("answer", [{}, {"ResultsByTime": None}])
async def test_an_answer_without_results_is_no_zero(answer: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Failed, match="has no ResultsByTime"):
        await Spending(Scripted(GetCostAndUsage=answer), NAMES, Purse(tmp_path / "b.json"), lambda: NOW).fetch(HERE)  # type: ignore[arg-type]


async def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    gateway = Scripted(GetCostAndUsage=failed(Trouble.DENIED))
    spending = Spending(gateway, NAMES, Purse(tmp_path / "b.json"), lambda: NOW)  # type: ignore[arg-type]
    with pytest.raises(Failed):
        await spending.fetch(HERE)
    gateway.table["GetCostAndUsage"] = recorded.COSTS
    found: Any = (await spending.fetch(HERE))["spend"]
    assert found.total == 32.5


async def test_a_restart_within_a_day_does_not_pay_again(tmp_path: Path) -> None:
    gateway, path = Scripted(GetCostAndUsage=recorded.COSTS), tmp_path / "state" / "billed.json"
    before = (await Spending(gateway, NAMES, Purse(path), lambda: NOW).fetch(HERE))["spend"]  # type: ignore[arg-type]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["billed.json"]
    again = (await Spending(gateway, NAMES, Purse(path), lambda: NOW + CACHED_S - 1).fetch(HERE))["spend"]  # type: ignore[arg-type]
    assert again == before
    assert gateway.count("GetCostAndUsage") == 1


@pytest.mark.parametrize(
    "other", [{"account": "210987654321"}, {"region": "us-east-1"}, {"endpoint": "127.0.0.1:5000"}, {"account": ""}, {"env": "prod"}]
)
async def test_what_another_place_was_billed_is_never_shown(other: dict[str, str], tmp_path: Path) -> None:
    gateway, purse = Scripted(GetCostAndUsage=recorded.COSTS), Purse(tmp_path / "b.json")
    await Spending(gateway, NAMES, purse, lambda: NOW).fetch(HERE)  # type: ignore[arg-type]
    assert HERE.identity.value is not None
    identity = msgspec.structs.replace(HERE.identity.value, **{key: value for key, value in other.items() if key != "env"})
    there = msgspec.structs.replace(HERE, identity=Seen(value=identity, seen_at=NOW))
    await Spending(gateway, names(other.get("env", "dev")), purse, lambda: NOW).fetch(there)  # type: ignore[arg-type]
    assert gateway.count("GetCostAndUsage") == 2
    assert purse.find(HERE.identity.value, "dev") is not None, "both places are kept"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'[{"account":"123456789012"}]'])
async def test_a_garbled_file_only_means_asking_again(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(content)
    gateway = Scripted(GetCostAndUsage=recorded.COSTS)
    found: Any = (await Spending(gateway, NAMES, Purse(tmp_path / "b.json"), lambda: NOW).fetch(HERE))["spend"]  # type: ignore[arg-type]
    assert found.total == 32.5


async def test_nothing_is_asked_while_it_is_not_known_whose_money_it_is(tmp_path: Path) -> None:
    gateway = Scripted(GetCostAndUsage=recorded.COSTS)
    with pytest.raises(Failed, match="waits for identity"):
        await Spending(gateway, NAMES, Purse(tmp_path / "b.json"), lambda: NOW).fetch(World(env="dev"))  # type: ignore[arg-type]
    assert gateway.count("GetCostAndUsage") == 0
