"""The gateway over real HTTP on loopback: reads, pages, the one write, identity, credentials."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiobotocore.credentials
import aiobotocore.session
import pytest

from clickit_tui.aws.endpoints import host_not_aws
from clickit_tui.aws.gateway import Gateway, OutcomeUnknown
from clickit_tui.aws.sts import identity_fetch
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.plan import Call
from clickit_tui.world.seen import Failed, Trouble
from clickit_tui.world.world import World
from tests.aws.endpoint import ASSUMED, IDENTITY, Endpoint, as_json, as_xml

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
    aws.answers["ListClusters"] = lambda _: as_json({"clusterArns": ["a"]})
    sentence = "this is account 111122223333, but dev is configured for 999999999999"
    for asked in (gateway.read("ecs", "ListClusters"), gateway.identity(), gateway.read("ecs", "ListClusters"), gateway.execute(SCALE)):
        with pytest.raises(Failed) as failed:
            await asked
        assert (failed.value.fault.kind, failed.value.fault.sentence) == (Trouble.REFUSED, sentence)
    await gateway.close()
    assert {name for name, _ in aws.arrived} == {"GetCallerIdentity"}
    assert gateway.pinned is None


async def test_a_foreign_account_is_shown_beside_its_fault(aws: Endpoint) -> None:
    gateway = Gateway(config(account="999999999999"))
    answer: Any = (await identity_fetch(gateway)(World(env="dev")))["identity"]
    await gateway.close()
    assert (answer.value.account, answer.fault.kind) == ("111122223333", Trouble.REFUSED)


async def test_the_configured_account_is_looked_up_once_and_read(aws: Endpoint) -> None:
    gateway = Gateway(config(account="111122223333"))
    aws.answers["ListClusters"] = lambda _: as_json({"clusterArns": ["a"]})
    await asyncio.gather(*(gateway.read("ecs", "ListClusters") for _ in range(3)))
    await gateway.close()
    assert (aws.count("GetCallerIdentity"), aws.count("ListClusters")) == (1, 3)


async def test_what_sts_cannot_tell_keeps_no_read_back(aws: Endpoint) -> None:
    gateway = Gateway(config(account="111122223333"))
    aws.answers["GetCallerIdentity"] = lambda _: (
        403,
        "text/xml",
        b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
    )
    aws.answers["ListClusters"] = lambda _: as_json({"clusterArns": ["a"]})
    assert (await gateway.read("ecs", "ListClusters"))["clusterArns"] == ["a"]
    with pytest.raises(Failed, match="no permission"):
        await gateway.execute(SCALE)
    await gateway.close()
    assert aws.count("UpdateService") == 0


async def test_the_place_is_known_without_a_call(gateway: Gateway, aws: Endpoint) -> None:
    place = await gateway.known_place()
    assert (place.account, place.arn, place.region, place.endpoint) == ("", "", "eu-west-1", aws.url.removeprefix("http://"))
    assert aws.arrived == []


@pytest.mark.parametrize(("session", "sent"), [("botocore-session-1700009999", 1), ("bert", 0)])
async def test_only_another_session_name_made_up_by_the_sdk_is_the_same_identity(
    gateway: Gateway, aws: Endpoint, session: str, sent: int
) -> None:
    for name in ("botocore-session-1700000001", session):
        aws.answers["GetCallerIdentity"] = lambda _, name=name: as_xml(IDENTITY.replace(b"anna</Arn>", name.encode() + b"</Arn>"))
        await gateway.identity()
    with nullcontext() if sent else pytest.raises(Failed, match="the identity changed"):
        await gateway.execute(SCALE)
    assert aws.count("UpdateService") == sent


@pytest.mark.parametrize("operation", [("rds", "DescribeDBInstances"), ("elbv2", "DescribeTargetGroups")])
@pytest.mark.parametrize("body", [b"<!doctype html><p>sign in</p>", b"<foo/>", b"<foo><bar>1</bar></foo>", b"plain", b"<a><b></a>"])
async def test_xml_that_is_no_answer_is_a_bad_answer(gateway: Gateway, aws: Endpoint, operation: tuple[str, str], body: bytes) -> None:
    aws.answers[operation[1]] = lambda _: as_xml(body)
    with pytest.raises(Failed) as failed:
        await gateway.read(*operation)
    assert failed.value.fault.kind is Trouble.GARBLED


@pytest.mark.parametrize("body", [b'{"taskArns": 3}', b"[1]", b'{"taskArns": ["a"', b"<html>sign in</html>", b'{"x": "\xff"}'])
async def test_json_that_is_no_answer_is_a_bad_answer(gateway: Gateway, aws: Endpoint, body: bytes) -> None:
    aws.answers["ListTasks"] = lambda _: (200, "application/json", body)
    with pytest.raises(Failed) as failed:
        await gateway.read("ecs", "ListTasks", cluster="c")
    assert failed.value.fault.kind is Trouble.GARBLED


@pytest.mark.parametrize("operation", [("rds", "DescribeDBInstances"), ("ecs", "ListClusters")])
@pytest.mark.parametrize("status", [404, 500, 501])
async def test_a_web_page_as_an_error_means_the_operation_is_not_served(
    gateway: Gateway, aws: Endpoint, operation: tuple[str, str], status: int
) -> None:
    aws.answers[operation[1]] = lambda _: (status, "text/html", b"<!doctype html><title>Error</title>")
    with pytest.raises(Failed) as failed:
        await gateway.read(*operation)
    assert failed.value.fault.kind is Trouble.UNSERVED


async def test_an_answer_without_its_list_or_with_null_is_empty(gateway: Gateway, aws: Endpoint) -> None:
    aws.answers["ListTasks"] = lambda _: as_json({"taskArns": None})
    assert await gateway.pages("ecs", "ListTasks", "taskArns", cluster="c") == []


def keep(key: str) -> None:
    """Write the shared credentials file."""
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = s\n")


async def test_credentials_that_come_back_are_picked_up(monkeypatch: pytest.MonkeyPatch, aws: Endpoint, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    now = [1000.0]
    gateway = Gateway(config(), clock=lambda: now[0])
    with pytest.raises(Failed) as failed:
        await gateway.read("ecs", "ListClusters")
    assert failed.value.fault.kind is Trouble.CREDENTIALS
    keep("AKIANEW")
    now[0] += 15
    await gateway.read("ecs", "ListClusters")
    await gateway.close()
    assert "AKIANEW" in aws.authorizations[-1]


async def test_expired_keys_in_a_file_are_replaced_by_new_ones(monkeypatch: pytest.MonkeyPatch, aws: Endpoint) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    keep("AKIAOLD")

    def answer(_: object) -> tuple[int, str, bytes]:
        old = "AKIAOLD" in aws.authorizations[-1]
        return as_json({"__type": "ExpiredTokenException", "message": "expired"}, 400) if old else as_json({"clusterArns": []})

    aws.answers["ListClusters"] = answer
    gateway = Gateway(config(), clock=lambda: 1000.0)
    with pytest.raises(Failed, match="expired"):
        await gateway.read("ecs", "ListClusters")
    keep("AKIANEW")
    assert (await gateway.read("ecs", "ListClusters"))["clusterArns"] == []
    await gateway.close()


MFA = """
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile careful]
role_arn = arn:aws:iam::111122223333:role/Careful
mfa_serial = arn:aws:iam::111122223333:mfa/anna
source_profile = base
"""


def careful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint, codes: list[str] | None) -> tuple[Gateway, list[str]]:
    """A gateway whose role needs an MFA code, and the prompts it showed; the user enters `codes` in turn."""
    (tmp_path / "config").write_text(MFA)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("the terminal was read"))
    aws.answers["AssumeRole"] = lambda _: as_xml(ASSUMED)
    prompts: list[str] = []

    async def prompt(text: str) -> str:
        prompts.append(text)
        return (codes or [""]).pop(0)

    made = config(profile="careful", profile_source="--profile")
    return Gateway(made, prompt_mfa=None if codes is None else prompt), prompts


async def test_an_mfa_code_is_asked_for_by_callback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint) -> None:
    gateway, prompts = careful(monkeypatch, tmp_path, aws, ["123456"])
    await gateway.read("ecs", "ListClusters")
    await gateway.close()
    assert aws.arrived[0][1]["TokenCode"] == "123456"
    assert (len(prompts), "mfa/anna" in prompts[0]) == (1, True)


async def test_many_readers_ask_for_one_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint) -> None:
    gateway, prompts = careful(monkeypatch, tmp_path, aws, ["123456"])
    await asyncio.gather(
        *(gateway.read(*read) for read in [("ecs", "ListClusters"), ("ecs", "ListTaskDefinitions"), ("secretsmanager", "ListSecrets")])
    )
    await gateway.close()
    assert (len(prompts), aws.count("AssumeRole")) == (1, 1)


async def test_a_wrong_mfa_code_is_a_fault_of_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint) -> None:
    gateway, prompts = careful(monkeypatch, tmp_path, aws, ["000000", "123456"])
    wrong = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>invalid MFA one time pass code</Message></Error></ErrorResponse>"
    aws.answers["AssumeRole"] = lambda _: as_xml(wrong, 403)
    with pytest.raises(Failed, match="sts:AssumeRole failed") as failed:
        await gateway.read("ecs", "ListClusters")
    assert failed.value.fault.kind is Trouble.CREDENTIALS
    aws.answers["AssumeRole"] = lambda _: as_xml(ASSUMED)
    await gateway.read("ecs", "ListClusters")
    await gateway.close()
    assert prompts == [prompts[0], f"last code refused. {prompts[0]}"]


@pytest.mark.parametrize("codes", [None, [""]])
async def test_without_an_mfa_code_it_is_a_fault_of_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint, codes: list[str] | None
) -> None:
    gateway, prompts = careful(monkeypatch, tmp_path, aws, codes)
    for _ in range(2):
        with pytest.raises(Failed, match="MFA code") as failed:
            await gateway.read("ecs", "ListClusters")
        assert failed.value.fault.kind is Trouble.CREDENTIALS
    await gateway.close()
    assert (aws.arrived, len(prompts)) == ([], 0 if codes is None else 1)


async def test_the_profile_of_the_environment_is_used_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Endpoint) -> None:
    (tmp_path / "config").write_text(MFA)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "base")
    gateway = Gateway(config())
    identity = await gateway.identity()
    await gateway.close()
    assert (identity.profile, identity.profile_source) == ("base", "AWS_PROFILE")


async def test_an_unknown_profile_is_named(aws: Endpoint) -> None:
    gateway = Gateway(config(profile="nobody", profile_source="--profile"))
    with pytest.raises(Failed, match="no profile nobody"):
        await gateway.identity()
    await gateway.close()


async def test_a_write_to_an_unreachable_endpoint_has_failed(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> None:
    await gateway.identity()
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9")
    with pytest.raises(Failed, match=r"127\.0\.0\.1:9") as failed:
        await gateway.execute(SCALE)
    assert (type(failed.value), failed.value.fault.kind) == (Failed, Trouble.UNREACHABLE)


async def test_the_tail_has_a_client_of_its_own(gateway: Gateway, aws: Endpoint) -> None:
    await gateway.read("logs", "FilterLogEvents", logGroupName="g")
    await gateway.read("logs", "FilterLogEvents", lane="tail", logGroupName="g")
    connection = await gateway._connect()
    assert await connection.client("logs", "tail") is not await connection.client("logs", "read")


async def test_clients_made_at_once_are_made_once(gateway: Gateway) -> None:
    connection = await gateway._connect()
    made = await asyncio.gather(*(connection.client("ecs", "read") for _ in range(5)))
    assert len(set(map(id, made))) == 1


async def test_the_meter_counts_requests_and_dollars(gateway: Gateway, aws: Endpoint) -> None:
    def stat(id: str, metric: str, name: str) -> dict[str, Any]:
        return {"Id": id, "MetricStat": {"Metric": {"Namespace": "AWS/ECS", "MetricName": metric}, "Period": 60, "Stat": name}}

    queries = [stat("a", "CPU", "Average"), stat("b", "CPU", "Maximum"), stat("c", "Memory", "Average"), {"Id": "d", "Expression": "a+b"}]
    await gateway.read("cloudwatch", "GetMetricData", MetricDataQueries=queries, StartTime=0, EndTime=60)
    assert (gateway.meter.total, gateway.meter.last_minute, gateway.meter.metrics) == (1, 1, 2)
    assert gateway.meter.dollars == pytest.approx(0.00002)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ecs.eu-west-1.amazonaws.com", ""),
        ("https://ecs.eu-west-1.api.aws/", ""),
        ("https://vpce-1.ecs.us-east-1.vpce.amazonaws.com:443", ""),
        ("http://127.0.0.1:5000", "127.0.0.1:5000"),
        ("https://amazonaws.com.evil.example/x", "amazonaws.com.evil.example"),
        ("https://user:secret@moto.example:8443/", "moto.example:8443"),
    ],
)
def test_an_endpoint_that_is_not_of_aws_is_told(url: str, host: str) -> None:
    assert host_not_aws(url) == host


def test_private_attributes_of_the_sdk_still_exist() -> None:
    resolver = aiobotocore.session.AioSession().get_component("credential_provider")
    assert callable(resolver.get_provider("assume-role")._prompter)
    made = aiobotocore.credentials.AioRefreshableCredentials("a", "s", "t", datetime.now(UTC), refresh_using=None, method="env")
    assert made._expiry_time.tzinfo is not None


def test_the_sdk_logs_nothing_to_the_terminal(aws: Endpoint) -> None:
    program = (
        "import asyncio, logging\n"
        "from clickit_tui.aws.gateway import Gateway\nfrom clickit_tui.config import Config\nfrom clickit_tui.naming import names\n"
        "logging.basicConfig(level=logging.DEBUG)\nlogging.getLogger('asyncio').setLevel(logging.ERROR)\n"
        "async def main():\n"
        "    gateway = Gateway(Config(env='dev', names=names('dev')))\n    await gateway.identity()\n    await gateway.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def ended(aws: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """Credentials of the environment whose end, as `aws configure export-credentials` tells it, has passed."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    return aws


async def test_credentials_of_the_environment_that_have_ended_are_a_fault_and_nothing_is_sent(ended: Endpoint, gateway: Gateway) -> None:
    for ask in (gateway.identity(), gateway.read("ecs", "ListClusters"), gateway.plugin_keys(), gateway.execute(SCALE)):
        with pytest.raises(Failed) as failed:
            await ask
        assert failed.value.fault.kind is Trouble.CREDENTIALS
        assert failed.value.fault.sentence == "the credentials have expired"
        assert not isinstance(failed.value, OutcomeUnknown)
    assert ended.arrived == []


async def test_a_defect_under_a_call_is_not_taken_for_ended_credentials(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("aiobotocore.client.AioBaseClient._make_api_call", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        await gateway.read("ecs", "ListClusters")
