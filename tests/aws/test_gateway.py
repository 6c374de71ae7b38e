"""The gateway over real HTTP on loopback: reads, pages, the one write, identity, credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from clickit_tui.aws.gateway import Gateway, OutcomeUnknown
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.plan import Call
from clickit_tui.world.seen import Failed, Trouble
from tests.aws.endpoint import Endpoint, as_json, as_xml

SCALE = Call("ecs", "UpdateService", {"cluster": "clickit-dev-cluster", "service": "clickit-dev-api", "desiredCount": 3})


def config(**changes: Any) -> Config:
    return Config(env="dev", names=names("dev"), **changes)


@pytest.fixture
async def gateway(aws: Endpoint) -> AsyncIterator[Gateway]:
    made = Gateway(config())
    yield made
    await made.close()


async def test_a_read_gives_the_answer(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["ListClusters"] = lambda _: as_json({"clusterArns": ["a"]})
    assert (await gateway.read("ecs", "ListClusters"))["clusterArns"] == ["a"]
    assert aws.arrived == [("ListClusters", {})]


async def test_pages_follow_tokens_and_survive_a_repeated_one(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["ListTasks"] = lambda params: as_json({"taskArns": [str(params.get("nextToken", "first"))], "nextToken": "second"})
    assert await gateway.pages("ecs", "ListTasks", "taskArns", cluster="c") == ["first", "second"]


async def test_pages_without_the_member_are_empty(gateway: Gateway) -> None:
    assert await gateway.pages("ecs", "ListTasks", "taskArns", cluster="c") == []


async def test_the_confirmed_write_is_sent_once_as_confirmed(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["UpdateService"] = lambda _: as_json({"service": {"desiredCount": 3}})
    assert (await gateway.execute(SCALE))["service"] == {"desiredCount": 3}
    assert [request for request in aws.arrived if request[0] == "UpdateService"] == [("UpdateService", dict(SCALE.params))]


@pytest.mark.parametrize(
    "answer", [(0, "", b""), as_json({}, 500), (200, "text/html", b"<html>portal</html>"), (500, "text/html", b"<html>")]
)
async def test_a_write_whose_answer_is_lost_is_sent_once_and_its_outcome_is_unknown(
    gateway: Gateway, aws: Endpoint, answer: tuple[int, str, bytes]
) -> None:
    aws.answers["UpdateService"] = lambda _: answer
    with pytest.raises(OutcomeUnknown):
        await gateway.execute(SCALE)
    assert aws.count("UpdateService") == 1


async def test_a_rejected_write_has_failed(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["UpdateService"] = lambda _: as_json({"__type": "ServiceNotActiveException", "message": "no"}, 400)
    with pytest.raises(Failed) as failed:
        await gateway.execute(SCALE)
    assert not isinstance(failed.value, OutcomeUnknown)
    assert failed.value.fault.kind is Trouble.MISSING


async def test_reads_are_retried(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["ListClusters"] = lambda _: as_json({"__type": "ServerException"}, 500)
    with pytest.raises(Failed) as failed:
        await gateway.read("ecs", "ListClusters")
    assert (aws.count("ListClusters"), failed.value.fault.kind) == (3, Trouble.SERVER)
    assert gateway.meter.total == 3


async def test_identity_says_who_speaks_to_what(gateway: Gateway, aws: Endpoint) -> None:
    identity = await gateway.identity()
    assert (identity.account, identity.region, identity.endpoint) == ("111122223333", "eu-west-1", aws.url.removeprefix("http://"))
    assert gateway.pinned == identity


async def test_a_foreign_account_is_refused(aws: Endpoint) -> None:
    gateway = Gateway(config(account="999999999999"))
    with pytest.raises(Failed, match="the configuration says 999999999999"):
        await gateway.execute(SCALE)
    await gateway.close()
    assert aws.count("UpdateService") == 0


async def test_an_xml_read_of_a_web_page_is_a_bad_answer(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["DescribeDBInstances"] = lambda _: as_xml(b"<!doctype html><p>sign in</p>")
    with pytest.raises(Failed) as failed:
        await gateway.read("rds", "DescribeDBInstances")
    assert failed.value.fault.kind is Trouble.GARBLED
