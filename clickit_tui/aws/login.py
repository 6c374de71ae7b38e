"""SSO log-in by device code: an address and a code to open on any machine; the token goes where the SDK and the AWS CLI look for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clickit_tui.aws.gateway import Gateway
from clickit_tui.plan import Hidden
from clickit_tui.world.seen import Failed, Fault, Trouble, clean

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SCOPE = "sso:account:access"
_PENDING = "AuthorizationPendingException"
_SLOWER = "SlowDownException"
_SLOWER_S = 5.0


class DeviceCode(msgspec.Struct, frozen=True, kw_only=True):
    """What the user opens and compares; times are epoch seconds."""

    address: str
    """Page to open in any browser on any machine; it asks for the code."""
    code: str
    """E.g. `ABCD-EFGH`."""
    direct: str
    """The same page with the code filled in; empty when the endpoint gives none."""
    expires_at: float
    """The code is worthless afterwards."""


class LogIn:
    """One log-in under way: show `shown`, then await `finish`. Cancel the task to give up."""

    def __init__(
        self, gateway: Gateway, settings: Mapping[str, str], registration: Mapping[str, object], started: Mapping[str, object], now: float
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._registration = registration
        self._device = Hidden(str(started.get("deviceCode", "")))
        self._interval_s = _number(started.get("interval"), 5.0)
        self.shown = DeviceCode(
            address=clean(started.get("verificationUri", ""), 300),
            code=clean(started.get("userCode", ""), 40),
            direct=clean(started.get("verificationUriComplete") or "", 400),
            expires_at=now + _number(started.get("expiresIn"), 600.0),
        )

    async def finish(
        self, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, folder: Path | None = None
    ) -> float:
        """Wait until the code was confirmed, write the token, return when it expires. Raises Failed when denied or too late."""
        while clock() < self.shown.expires_at:
            await sleep(self._interval_s)
            answer = await self._ask()
            if answer is not None:
                expires_at = clock() + _number(answer.get("expiresIn"), 0.0)
                token = _token(self._settings, self._registration, answer, expires_at)
                await asyncio.to_thread(_write, folder or _folder(), cache_name(self._settings), token)
                await self._gateway.renew()
                return expires_at
        raise _fault("the code was not confirmed in time", "press L for a new one")

    async def _ask(self) -> Mapping[str, object] | None:
        """The token's answer, or None while it is not confirmed yet."""
        try:
            return await self._gateway.credential_call(
                "sso-oidc",
                "CreateToken",
                self._settings["sso_region"],
                clientId=str(self._registration.get("clientId", "")),
                clientSecret=Hidden(str(self._registration.get("clientSecret", ""))),
                grantType=_GRANT,
                deviceCode=self._device,
            )
        except Failed as failed:
            self._judge(failed)
            return None

    def _judge(self, failed: Failed) -> None:
        """Return when the token is to be asked for again; raise what ends the log-in."""
        code = failed.fault.code
        if code == _SLOWER:
            self._interval_s += _SLOWER_S
        elif code == "ExpiredTokenException":
            raise _fault("the code was not confirmed in time", "press L for a new one") from None
        elif code == "AccessDeniedException":
            raise _fault("the log-in was declined", "press L to try again") from None
        elif code != _PENDING and failed.fault.kind not in (Trouble.UNREACHABLE, Trouble.THROTTLED, Trouble.SERVER):
            raise failed


async def begin(gateway: Gateway, *, clock: Callable[[], float]) -> LogIn:
    """Register and obtain a device code for the gateway's profile. Raises Failed, also when the profile has no SSO settings."""
    settings = await gateway.sso_settings()
    if not settings.get("sso_start_url") or not settings.get("sso_region"):
        profile = gateway.profile or "default"
        raise _fault(
            f"profile {clean(profile, 60)} has no SSO settings", "renew its credentials the way they were made, or: aws configure sso"
        )
    region = settings["sso_region"]
    asked: dict[str, object] = {"clientName": f"clickit-tui-{int(clock())}", "clientType": "public"}
    if settings.get("sso_session"):
        scopes = [scope.strip() for scope in settings.get("sso_registration_scopes", _SCOPE).split(",")]
        asked |= {"scopes": scopes, "grantTypes": [_GRANT, "refresh_token"]}
    registration = await gateway.credential_call("sso-oidc", "RegisterClient", region, **asked)
    started = await gateway.credential_call(
        "sso-oidc",
        "StartDeviceAuthorization",
        region,
        clientId=str(registration.get("clientId", "")),
        clientSecret=Hidden(str(registration.get("clientSecret", ""))),
        startUrl=settings["sso_start_url"],
    )
    return LogIn(gateway, settings, registration, started, clock())


def cache_name(settings: Mapping[str, str]) -> str:
    """File name of the token, as SDK and AWS CLI make it: SHA-1 of the sso-session's name, or of the start URL without one."""
    key = settings.get("sso_session") or settings["sso_start_url"]
    return hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest() + ".json"


def _folder() -> Path:
    return Path.home() / ".aws" / "sso" / "cache"


def _fault(sentence: str, fix: str) -> Failed:
    return Failed(Fault(kind=Trouble.CREDENTIALS, sentence=sentence, fix=fix, operation="sso-oauth:CreateToken"))


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and value >= 0 else otherwise


def _stamp(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _token(
    settings: Mapping[str, str], registration: Mapping[str, object], answer: Mapping[str, object], expires_at: float
) -> dict[str, object]:
    """The cache file's content in the format of SDK and CLI; with the registration the SDK refreshes it by itself."""
    token: dict[str, object] = {
        "startUrl": settings["sso_start_url"],
        "region": settings["sso_region"],
        "accessToken": answer.get("accessToken", ""),
        "expiresAt": _stamp(expires_at),
        "clientId": registration.get("clientId", ""),
        "clientSecret": registration.get("clientSecret", ""),
        "registrationExpiresAt": _stamp(_number(registration.get("clientSecretExpiresAt"), expires_at)),
    }
    if answer.get("refreshToken"):
        token["refreshToken"] = answer["refreshToken"]
    return token


def _write(folder: Path, name: str, token: Mapping[str, object]) -> None:
    """Replace the file in one step; nobody but the user can read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
    with os.fdopen(handle, "w") as file:
        json.dump(token, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, folder / name)
