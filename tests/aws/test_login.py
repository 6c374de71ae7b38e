"""The SSO log-in by device code against a small endpoint on loopback, and the SDK picking up the token by itself."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import botocore.credentials
import botocore.tokens
import pytest

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.login import begin
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.world.seen import Failed, Trouble
from tests.aws.endpoint import Answer, Endpoint, as_json

PROFILES = """
[sso-session clickit]
sso_start_url = https://clickit.awsapps.example/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
[profile modern]
sso_session = clickit
sso_account_id = 111122223333
sso_role_name = OnCall
[profile legacy]
sso_start_url = https://clickit.awsapps.example/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = OnCall
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s
"""
FILES = {"modern": "62c7d9ae34baab2928c1837bf719ede188fef570.json", "legacy": "73f858be60a756e07db763be435d6299001b90da.json"}
"""SHA-1 of `clickit` and of the start URL, as `aws sso login` names its files."""
NOW = 1_900_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where SDK and CLI keep tokens; the SDK worked it out from the home of the process when it was imported."""
    cache = tmp_path / ".aws" / "sso" / "cache"
    monkeypatch.setattr(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    monkeypatch.setattr(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    return cache


@pytest.fixture
def sso(aws: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Endpoint:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    aws.answers["/client/register"] = lambda _: as_json(
        {"clientId": "id", "clientSecret": "hush", "clientSecretExpiresAt": int(NOW) + 7_776_000}
    )
    aws.answers["/device_authorization"] = lambda _: as_json(
        {
            "deviceCode": "device",
            "userCode": "ABCD-EFGH",
            "verificationUri": "https://device.sso.example/",
            "verificationUriComplete": "https://device.sso.example/?user_code=ABCD-EFGH",
            "expiresIn": 600,
            "interval": 1,
        }
    )
    aws.answers["/token"] = lambda _: as_json(
        {"accessToken": "hunter2", "expiresIn": 28800, "tokenType": "Bearer", "refreshToken": "again"}
    )
    aws.answers["/federation/credentials"] = lambda _: as_json(
        {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": 32_500_000_000_000}}
    )
    return aws


@pytest.fixture
async def gateway(sso: Endpoint, request: pytest.FixtureRequest) -> AsyncIterator[Gateway]:
    profile = getattr(request, "param", "modern")
    made = Gateway(Config(env="prod", names=names("prod"), profile=profile, profile_source="--profile", read_only=True))
    yield made
    await made.close()


def kept(folder: Path) -> list[str]:
    """Names of the files in the token cache."""
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def text(file: Path) -> str:
    return file.read_text()


def refused(code: str, times: int) -> Callable[[object], Answer]:
    """Answers to CreateToken: an error so many times, then the token."""
    codes = [code] * times

    def answer(_: object) -> Answer:
        return as_json({"code": codes.pop(), "error": "x"}, 400) if codes else as_json({"accessToken": "hunter2", "expiresIn": 28800})

    return answer


@pytest.mark.parametrize("gateway", ["modern", "legacy"], indirect=True)
async def test_the_same_gateway_recovers_by_itself(gateway: Gateway, sso: Endpoint, folder: Path, clock: Clock) -> None:
    with pytest.raises(Failed, match="not logged in with SSO") as failed:
        await gateway.read("ecs", "ListClusters")
    assert failed.value.fault.kind is Trouble.CREDENTIALS
    under_way = await begin(gateway, clock=clock)
    assert (under_way.shown.address, under_way.shown.code) == ("https://device.sso.example/", "ABCD-EFGH")
    assert await under_way.finish(clock=clock, sleep=clock.sleep) == clock.now + 28800
    await gateway.read("ecs", "ListClusters")
    assert "ASIASSO" in sso.authorizations[-1]


@pytest.mark.parametrize("gateway", ["modern", "legacy"], indirect=True)
async def test_the_token_lies_where_and_as_the_sdk_reads_it(
    gateway: Gateway, folder: Path, clock: Clock, request: pytest.FixtureRequest
) -> None:
    await (await begin(gateway, clock=clock)).finish(clock=clock, sleep=clock.sleep)
    name = FILES[request.node.callspec.params["gateway"]]
    assert kept(folder) == [name]
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (folder / name, folder)] == [0o600, 0o700]
    assert json.loads(text(folder / name)) == {
        "startUrl": "https://clickit.awsapps.example/start",
        "region": "eu-west-1",
        "accessToken": "hunter2",
        "expiresAt": "2030-03-18T01:46:41Z",
        "clientId": "id",
        "clientSecret": "hush",
        "registrationExpiresAt": "2030-06-15T17:46:40Z",
        "refreshToken": "again",
    }


async def test_it_waits_while_the_code_is_not_confirmed(gateway: Gateway, sso: Endpoint, folder: Path, clock: Clock) -> None:
    sso.answers["/token"] = refused("AuthorizationPendingException", 3)
    await (await begin(gateway, clock=clock)).finish(clock=clock, sleep=clock.sleep)
    assert clock.slept == [1.0] * 4


async def test_it_slows_down_when_told(gateway: Gateway, sso: Endpoint, folder: Path, clock: Clock) -> None:
    sso.answers["/token"] = refused("SlowDownException", 1)
    await (await begin(gateway, clock=clock)).finish(clock=clock, sleep=clock.sleep)
    assert clock.slept == [1.0, 6.0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredTokenException", "in time"),
        ("AccessDeniedException", "declined"),
        ("AuthorizationPendingException", "in time"),
        ("InvalidGrantException", "credentials"),
    ],
)
async def test_what_ends_the_log_in_says_so(gateway: Gateway, sso: Endpoint, folder: Path, clock: Clock, code: str, words: str) -> None:
    sso.answers["/token"] = refused(code, 10_000)
    under_way = await begin(gateway, clock=clock)
    with pytest.raises(Failed, match=words) as failed:
        await under_way.finish(clock=clock, sleep=clock.sleep)
    assert failed.value.fault.kind is Trouble.CREDENTIALS
    assert kept(folder) == []


async def test_it_survives_an_endpoint_that_fails_now_and_then(gateway: Gateway, sso: Endpoint, folder: Path, clock: Clock) -> None:
    sso.answers["/token"] = refused("InternalServerException", 2)
    await (await begin(gateway, clock=clock)).finish(clock=clock, sleep=clock.sleep)
    assert len(clock.slept) == 3


@pytest.mark.parametrize("gateway", ["keys"], indirect=True)
async def test_a_profile_without_sso_says_so(gateway: Gateway, sso: Endpoint, clock: Clock) -> None:
    with pytest.raises(Failed, match="profile keys has no SSO settings"):
        await begin(gateway, clock=clock)
    assert sso.arrived == []


async def test_secrets_are_not_in_the_objects_on_screen(gateway: Gateway, sso: Endpoint, clock: Clock) -> None:
    under_way = await begin(gateway, clock=clock)
    assert "device" not in repr(under_way._device)
    assert "hush" not in repr(under_way.shown)
