"""Credentials that end while somebody works: healed in the running app, which never reads the terminal for them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from clickit_tui.app import Dashboard
from clickit_tui.aws.login import cache_name
from clickit_tui.config import Flags, load
from clickit_tui.session import Session
from clickit_tui.ui.prompt import Prompt
from tests.aws.endpoint import ASSUMED, Endpoint, as_json, as_xml
from tests.pilot.driving import until
from tests.stepped import SteppedClock

SSO = """
[sso-session clickit]
sso_start_url = https://clickit.awsapps.example/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
[profile oncall]
sso_session = clickit
sso_account_id = 111122223333
sso_role_name = OnCall
"""
MFA = """
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile careful]
role_arn = arn:aws:iam::111122223333:role/Careful
mfa_serial = arn:aws:iam::111122223333:mfa/anna
source_profile = base
"""
STARTED = {
    "deviceCode": "device",
    "userCode": "ABCD-EFGH",
    "verificationUri": "https://device.sso.example/",
    "verificationUriComplete": "https://device.sso.example/?user_code=ABCD-EFGH",
    "expiresIn": 600,
    "interval": 1,
}
ROLE = {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": 32_500_000_000_000}


class Rig:
    def __init__(self, app: Dashboard, pilot: Pilot[int], session: Session, clock: SteppedClock) -> None:
        self.app, self.pilot, self.session, self.clock = app, pilot, session, clock

    @property
    def shown(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the app run, time included, until a condition holds."""

        def passing() -> bool:
            self.clock.on(0.25)
            return condition()

        try:
            await until(self.pilot, passing, turns=1500)
        except AssertionError:
            raise AssertionError(self.shown) from None


@asynccontextmanager
async def opened(small: Endpoint, tmp_path: Path, profiles: str, profile: str) -> AsyncIterator[Rig]:
    (tmp_path / "config").write_text(profiles)
    clock = SteppedClock(time.time())
    config = load(Flags(env="prod", profile=profile, region="eu-west-1"), {}, state_dir=str(tmp_path / "state"))
    session = Session(config, clock=clock, sleep=clock.sleep)
    app = Dashboard(session)
    async with app.run_test(size=(150, 30)) as pilot:
        yield Rig(app, pilot, session, clock)


@pytest.fixture(autouse=True)
def _deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the terminal fails."""

    def never(*_: object) -> str:
        pytest.fail("the terminal was read")

    monkeypatch.setattr("getpass.getpass", never)
    monkeypatch.setattr("builtins.input", never)
    monkeypatch.setattr(sys.stdin, "readline", never, raising=False)


async def test_an_expired_sso_log_in_is_healed_by_l_while_the_app_goes_on(small: Endpoint, tmp_path: Path) -> None:
    confirmed = False
    small.answers["/client/register"] = lambda _: as_json({"clientId": "id", "clientSecret": "hush", "clientSecretExpiresAt": 4e9})
    small.answers["/device_authorization"] = lambda _: as_json(STARTED)
    pending = as_json({"code": "AuthorizationPendingException", "error": "authorization_pending"}, 400)
    small.answers["/token"] = lambda _: as_json({"accessToken": "hunter2", "expiresIn": 28800}) if confirmed else pending
    small.answers["/federation/credentials"] = lambda _: as_json({"roleCredentials": ROLE})
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    stale = {"startUrl": "https://clickit.awsapps.example/start", "region": "eu-west-1", "accessToken": "old"}
    (cache / cache_name({"sso_session": "clickit"})).write_text(json.dumps(stale | {"expiresAt": "2020-01-01T00:00:00Z"}))
    async with opened(small, tmp_path, SSO, "oncall") as rig:
        await rig.until(lambda: "the SSO log-in has expired: press L to log in" in rig.shown)
        assert rig.session.store.world.identity.fault is not None
        await rig.pilot.press("L")
        await rig.until(lambda: "user_code=ABCD-EFGH and compare the code ABCD-EFGH" in rig.shown)
        await rig.pilot.press("2")
        await rig.until(lambda: rig.app.place == "2" and "stopped" in rig.shown)
        assert "ASIASSO" not in str(small.authorizations)
        confirmed = True
        await rig.until(lambda: "OnCall/anna" in rig.shown)
        assert rig.session.store.world.identity.fault is None
        assert "ASIASSO" in small.authorizations[-1]
        assert "hunter2" not in rig.shown


WRONG = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>MultiFactorAuthentication failed</Message></Error></ErrorResponse>"


async def test_an_mfa_code_is_asked_for_over_the_screen_refused_mistyped_and_typed(small: Endpoint, tmp_path: Path) -> None:
    small.answers["AssumeRole"] = lambda given: as_xml(ASSUMED) if given["TokenCode"] == "918273" else as_xml(WRONG, 403)
    async with opened(small, tmp_path, MFA, "careful") as rig:
        asked = "MFA code for arn:aws:iam::111122223333:mfa/anna"
        await rig.until(lambda: isinstance(rig.app.screen, Prompt) and asked in rig.shown)
        await rig.pilot.press("escape")
        await rig.until(lambda: rig.app.screen is rig.app.board and "the role needs an MFA code: press L" in rig.shown)
        assert small.count("AssumeRole") == 0
        await rig.pilot.press("L")
        await rig.until(lambda: isinstance(rig.app.screen, Prompt) and asked in rig.shown)
        await rig.pilot.press(*"000000", "enter")
        await rig.until(lambda: isinstance(rig.app.screen, Prompt) and f"last code refused. Enter {asked}" in rig.shown)
        await rig.pilot.press(*"918273", "enter")
        await rig.until(lambda: "OnCall/anna" in rig.shown)
        assert rig.session.store.world.identity.fault is None
        assert [given["TokenCode"] for name, given in small.arrived if name == "AssumeRole"] == ["000000", "918273"]
        assert "918273" not in rig.shown
