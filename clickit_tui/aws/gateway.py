"""The only door to AWS: reads, the one confirmed write, and who we are. The SDK is imported by the first call, off the event loop."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

from clickit_tui.aws.answers import strict_answers
from clickit_tui.aws.connection import Connection
from clickit_tui.aws.endpoints import configured_endpoint, host_not_aws
from clickit_tui.aws.errors import CodeNeeded, OutcomeUnknown, StillExpired, UnreadableAnswer, fault_of, lost, stale_session
from clickit_tui.aws.guard import Guard, arguments, refusal
from clickit_tui.aws.meter import Meter
from clickit_tui.aws.reads import CREDENTIAL_CALLS, READS
from clickit_tui.aws.skew import skew_s
from clickit_tui.config import Config
from clickit_tui.plan import Call, Hidden
from clickit_tui.reach.plugin import Keys
from clickit_tui.world.parts import Identity, principal
from clickit_tui.world.seen import Failed, Fault, Trouble, clean

__all__ = ["Gateway", "OutcomeUnknown", "PromptCode"]

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""
Parameter: TypeAlias = Any
"""A parameter of an API call, as botocore takes it."""
PromptCode: TypeAlias = Callable[[str], Awaitable[str]]
"""Asks the user for the code of an MFA device; the empty string means no."""

_WHO: Final = ("sts", "GetCallerIdentity")
_CALL_S: Final = {"read": 30.0, "tail": 30.0, "write": 25.0, "open": 15.0}
"""Longest a call may take, attempts and waits included, by lane."""
_RENEW_S: Final = 10.0
"""Credentials are looked for from scratch at most this often."""
_TOKENS: Final = (
    ("nextToken", "nextToken"),
    ("NextToken", "NextToken"),
    ("NextPageToken", "NextPageToken"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
)
"""Members that carry the page token, as (input, output)."""
_REFUSED: Final = "last code refused. "
"""Begins the next question for an MFA code: another reader may have been the one to hear why."""
_LOGGERS: Final = ("aiobotocore", "aiohttp", "boto3", "botocore", "urllib3")


def _expected() -> tuple[type[BaseException], ...]:
    """What a call may raise; anything else is a defect and travels on."""
    import aiohttp
    from botocore.eventstream import ParserError
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    ours = (Failed, UnreadableAnswer, CodeNeeded, StillExpired)
    return (*ours, BotoCoreError, ClientError, ResponseParserError, ParserError, aiohttp.ClientError, TimeoutError, OSError, ValueError)


def _hush() -> None:
    """Keep the SDK's loggers off the terminal: they print tracebacks on a screen, and at DEBUG the bodies of requests."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


class Gateway:
    """Talks to AWS for one environment. Every failure is a `Failed` with its Fault; the guard stands inside the SDK.

    `prompt_mfa` asks for an MFA code when a role needs one; without it such a profile is a fault of kind CREDENTIALS.
    The terminal is never read.
    """

    def __init__(self, config: Config, *, clock: Callable[[], float] = time.time, prompt_mfa: PromptCode | None = None) -> None:
        self._config = config
        self._clock = clock
        self._prompt_mfa = prompt_mfa
        self._guard = Guard((config.read_only_source or "--read-only") if config.read_only else "")
        self.meter = Meter(clock)
        """What this session has asked of AWS."""
        self.pinned: Identity | None = None
        """The first identity that was read; later ones are compared with it."""
        self.known: Identity | None = None
        """The newest identity that was read, also one of an account that is not the configured one."""
        self.foreign: Fault | None = None
        """That the account is not the configured one; then nothing but the identity is read, and nothing is written."""
        self.profile = config.profile
        """Profile in use, once connected: as configured, or as the SDK's chain resolved it."""
        self.profile_source = config.profile_source
        self._connection: Connection | None = None
        self._retired: list[Connection] = []
        self._connecting = asyncio.Lock()
        self._checking = asyncio.Lock()
        self._checked = False
        self._loader: _Sdk = None
        self._failures: tuple[type[BaseException], ...] = ()
        self._renewed_at = float("-inf")
        self._code, self._code_prompt = "", "Enter MFA code: "
        self._refusal = ""
        self._codes = 0
        self._code_refused = False
        self._asking = asyncio.Lock()

    @property
    def read_only(self) -> bool:
        """True when nothing can be changed; once true, true for the life of the process."""
        return self._guard.read_only

    @property
    def read_only_why(self) -> str:
        """What made it read-only; empty when it is not."""
        return self._guard.why

    def lock(self, why: str) -> None:
        """Make this process read-only for the rest of its life."""
        self._guard.lock(why)

    async def read(self, service: str, operation: str, /, *, lane: str = "read", **params: Parameter) -> dict[str, Any]:
        """One listed read, retried by the SDK; `lane="tail"` uses a client of its own.

        Raises Failed; where an account is configured also when this is another one. While STS cannot tell the account, reads pass.
        """
        if (service, operation) not in READS:
            raise refusal(service, operation, "it is no listed read")
        if self._config.account and (service, operation) != _WHO:
            await self._own_account()
        answer = self._answer(await self._ask(service, operation, lane, params, prompting=True), service, operation)
        self.meter.asked(service, operation, params)
        return answer

    async def answers(
        self, service: str, operation: str, /, *, most: int = 100, lane: str = "read", **params: Parameter
    ) -> list[dict[str, Any]]:
        """The answers of a read page by page, at most `most`; a missing or repeated token ends it. Raises Failed."""
        pages: list[dict[str, Any]] = []
        given: set[str] = set()
        while True:
            pages.append(await self.read(service, operation, lane=lane, **params))
            into, token = await self._next(service, operation, pages[-1])
            if not token or token in given or len(pages) >= most:
                return pages
            given.add(token)
            params = {**params, into: token}

    async def pages(
        self, service: str, operation: str, member: str, /, *, most: int = 10_000, lane: str = "read", **params: Parameter
    ) -> list[Any]:
        """All items of the list `member` over all pages, at most `most`. A member that an answer lacks counts as empty. Raises Failed."""
        items: list[Any] = []
        for answer in await self.answers(service, operation, lane=lane, **params):
            found = answer.get(member)
            items.extend(found if isinstance(found, list) else ())
        return items[:most]

    async def execute(self, call: Call) -> dict[str, Any]:
        """Send the confirmed call, once.

        Raises Failed when it was not carried out, OutcomeUnknown when the answer was lost after sending.
        """
        if self.read_only:
            raise refusal(call.service, call.operation, f"this session is read-only ({self.read_only_why})")
        await self._verify_account(call)
        with self._guard.confirmed(call) as permit:
            outcome = await self._ask(call.service, call.operation, "write", call.params)
        if isinstance(outcome, dict):
            return outcome
        fault = fault_of(outcome, call.service, call.operation, self.profile, quiet=_hides(call.params), now=self._clock())
        failure = OutcomeUnknown(fault) if permit.sent and lost(outcome) else Failed(fault)
        del outcome  # it may quote a secret, and a traceback shows locals
        raise failure

    async def identity(self) -> Identity:
        """Who speaks to what, from STS; the first answer is pinned.

        Raises Failed; with kind REFUSED when the account is not the configured one, and then `known` says which it is.
        """
        answer = await self.read(*_WHO)
        account, arn = answer.get("Account"), answer.get("Arn")
        if not isinstance(account, str) or not account:
            sentence = "STS did not say which account this is"
            raise Failed(Fault(kind=Trouble.GARBLED, sentence=sentence, operation="sts:GetCallerIdentity"))
        with self._faults(*_WHO):
            connection = await self._connect()
            expires_at = await connection.expires_at(self._clock())
        self.known = Identity(
            account=account,
            arn=str(arn or ""),
            region=connection.region,
            endpoint=next((host for url in connection.endpoints() if (host := host_not_aws(url))), connection.endpoint),
            profile=self.profile,
            profile_source=self.profile_source,
            expires_at=expires_at,
            skew_s=skew_s(answer, self._clock()),
        )
        self._checked, self.foreign = True, self._foreign(account)
        if self.foreign is not None:
            raise Failed(self.foreign)
        self.pinned = self.pinned or self.known
        return self.known

    async def known_place(self) -> Identity:
        """What configuration says of where we are, without a call: region, endpoint, profile; account and ARN are empty. Raises Failed."""
        with self._faults(*_WHO):
            connection = await self._connect()
        return Identity(
            account="",
            arn="",
            region=connection.region,
            endpoint=connection.endpoint,
            profile=self.profile,
            profile_source=self.profile_source,
        )

    async def plugin_keys(self) -> Keys:
        """What a child process needs to speak to SSM as this session does. Makes no call; raises Failed."""
        with self._faults("ssm", "StartSession"):
            connection = await self._connect()
            client = await connection.client("ssm", "read")
            frozen = await connection.frozen()
        region, endpoint = connection.region, str(client.meta.endpoint_url)
        if self.profile:
            return Keys(region=region, endpoint=endpoint, profile=self.profile)
        if frozen is None or not frozen.access_key:
            return Keys(region=region, endpoint=endpoint, trouble="no AWS credentials were found")
        exported = {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key, "AWS_SESSION_TOKEN": frozen.token}
        kept = {name: Hidden(value) for name, value in exported.items() if value}
        return Keys(region=region, endpoint=endpoint, exported={**kept, "AWS_REGION": Hidden(region)})

    async def credential_call(self, service: str, operation: str, region: str, /, **params: Parameter) -> dict[str, Any]:
        """One unsigned call of the log-in; secrets are passed as `Hidden`, and a failure quotes nothing. Raises Failed."""
        if (service, operation) not in CREDENTIAL_CALLS:
            raise refusal(service, operation, "it is no call of the log-in")
        return self._answer(await self._ask(service, operation, "open", params, region=region), service, operation, quiet=True)

    async def sso_settings(self) -> dict[str, str]:
        """The profile's SSO settings by their names in the AWS config; empty when it has none. Raises Failed."""
        with self._faults("sso-oidc", "RegisterClient"):
            session = (await self._connect()).session
            full, profile = await asyncio.to_thread(lambda: (session.full_config, session.get_scoped_config()))
        named = full.get("sso_sessions", {}).get(profile.get("sso_session", ""), {})
        both = {**profile, **named}
        return {key: str(both[key]) for key in ("sso_start_url", "sso_region", "sso_session", "sso_registration_scopes") if key in both}

    async def renew(self) -> None:
        """Look for credentials from scratch with the next call, and ask for an MFA code again if one is needed."""
        self._code_refused = False
        await self._retire(self._connection, at_once=True)

    async def close(self) -> None:
        """Close every client; the gateway connects anew if it is used again."""
        connection, self._connection = self._connection, None
        for old in (*self._retired, connection):
            if old is not None:
                await old.close()
        self._retired.clear()

    async def _verify_account(self, call: Call) -> None:
        known = self.known or await self.identity()
        first = self.pinned or known
        if self.foreign is not None:
            raise Failed(self.foreign)
        if (first.account, principal(first.arn)) != (known.account, principal(known.arn)):
            raise refusal(call.service, call.operation, f"the identity changed from {first.arn} to {known.arn}", "quit and start again")

    async def _own_account(self) -> None:
        """Look once with each connection whose account this is; raises Failed while it is known to be another than the configured one."""
        async with self._checking:
            if not self._checked:
                self._checked = True
                with suppress(Failed):
                    await self.identity()
        if self.foreign is not None:
            raise Failed(self.foreign)

    def _foreign(self, account: str) -> Fault | None:
        wanted, env = self._config.account, self._config.env
        if not wanted or account == wanted:
            return None
        return Fault(
            kind=Trouble.REFUSED,
            sentence=f"this is account {clean(account, 40)}, but {env} is configured for {wanted}",
            fix=f"use a profile of account {wanted}, or correct the account of {env} in the configuration",
            operation="sts:GetCallerIdentity",
        )

    def _answer(self, outcome: dict[str, Any] | BaseException, service: str, operation: str, *, quiet: bool = False) -> dict[str, Any]:
        if isinstance(outcome, dict):
            return outcome
        failure = Failed(fault_of(outcome, service, operation, self.profile, quiet=quiet, now=self._clock()))
        del outcome
        raise failure

    @contextmanager
    def _faults(self, service: str, operation: str) -> Iterator[None]:
        """Turn what the SDK raises into Failed."""
        try:
            yield
        except _expected() as failure:
            raise Failed(fault_of(failure, service, operation, self.profile, now=self._clock())) from None

    async def _ask(
        self, service: str, operation: str, lane: str, params: Mapping[str, object], *, region: str = "", prompting: bool = False
    ) -> dict[str, Any] | BaseException:
        """The answer, or what it failed with: returned, so that no traceback holds revealed parameters."""
        while True:
            codes = self._codes
            outcome = await self._attempt(service, operation, lane, params, region)
            if not (prompting and isinstance(outcome, CodeNeeded) and await self._obtain_code(outcome.prompt, codes)):
                return outcome

    async def _attempt(
        self, service: str, operation: str, lane: str, params: Mapping[str, object], region: str
    ) -> dict[str, Any] | BaseException:
        expected = self._failures = self._failures or await asyncio.to_thread(_expected)
        connection: Connection | None = None
        try:
            async with asyncio.timeout(_CALL_S[lane]):
                connection = await self._connect()
                connection.users += 1
                try:
                    client = await connection.client(service, lane, region)
                    answer: dict[str, Any] = await getattr(client, _method(operation))(**arguments(params))
                    return answer
                except RuntimeError:
                    if await connection.expired():
                        raise StillExpired from None
                    raise
                finally:
                    connection.users -= 1
        except expected as failure:
            failure.__traceback__ = failure.__context__ = failure.__cause__ = None
            if type(failure).__name__ == "RefreshWithMFAUnsupportedError":
                failure = CodeNeeded(self._code_prompt)
            fault = fault_of(failure, service, operation, quiet=True)
            self._refusal = self._refusal or (_REFUSED if fault.operation == "sts:AssumeRole" and fault.kind is Trouble.CREDENTIALS else "")
            if lane != "open" and stale_session(fault, failure):
                await self._retire(connection, at_once=isinstance(failure, CodeNeeded))
            return failure

    async def _next(self, service: str, operation: str, answer: Mapping[str, Any]) -> tuple[str, str]:
        """Member that takes the next page's token, and the token; empty when there is no further page."""
        with self._faults(service, operation):
            client = await (await self._connect()).client(service, "read")
        members = client.meta.service_model.operation_model(operation).input_shape
        for into, out in _TOKENS:
            token = answer.get(out)
            if members is not None and into in members.members and isinstance(token, str) and token:
                return into, token
        return "", ""

    async def _connect(self) -> Connection:
        async with self._connecting:
            if self._connection is None:
                self._connection = await self._connected()
            return self._connection

    async def _connected(self) -> Connection:
        """A new connection, built in a thread: the SDK's import and the reading of its files take a quarter of a second."""
        return await asyncio.to_thread(self._build)

    def _build(self) -> Connection:
        module = importlib.import_module("aiobotocore.session")
        _hush()
        named = self._config.profile and self._config.profile_source not in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        session = module.AioSession(profile=self._config.profile if named else None)
        if self._loader is not None:
            session.register_component("data_loader", self._loader)
        self._loader = session.get_component("data_loader")
        region = self._config.region or os.environ.get("AWS_REGION", "") or session.get_config_variable("region") or ""
        session.set_config_variable("region", region or None)
        self._guard.register(session.register)
        session.register("before-send", self._count, unique_id="clickit-meter")
        strict_answers(session)
        self._use_prompter(session)
        if not named and session.profile:
            self.profile = session.profile
            self.profile_source = "AWS_DEFAULT_PROFILE" if os.environ.get("AWS_DEFAULT_PROFILE") else "AWS_PROFILE"
        return Connection(session, region, configured_endpoint(session))

    def _use_prompter(self, session: _Sdk) -> None:
        """Have the SDK ask us, not the terminal, for an MFA code, and share the AWS CLI's cache of role sessions."""
        from botocore.utils import JSONFileCache

        provider = session.get_component("credential_provider").get_provider("assume-role")
        provider._prompter = self._take_code
        provider.cache = JSONFileCache(str(Path.home() / ".aws" / "cli" / "cache"))

    def _take_code(self, prompt: str) -> str:
        code, self._code, self._code_prompt = self._code, "", prompt
        if not code:
            raise CodeNeeded(prompt)
        return code

    async def _obtain_code(self, prompt: str, codes: int) -> bool:
        """Whether it is worth another try: a code was entered, here or by another caller since `codes` were counted.

        A refusal holds until `renew`.
        """
        if self._prompt_mfa is None:
            return False
        async with self._asking:
            if self._codes == codes and not self._code_refused:
                told, self._refusal = self._refusal, ""
                self._code = (await self._prompt_mfa(told + prompt)).strip()
                self._code_refused = not self._code
                self._codes += bool(self._code)
            return self._codes != codes

    async def _retire(self, connection: Connection | None, *, at_once: bool = False) -> None:
        """Let the next call connect from scratch; calls in flight end on the old clients."""
        now = self._clock()
        due = at_once or now - self._renewed_at >= _RENEW_S
        if connection is not None and connection is self._connection and due:
            self._renewed_at, self._connection, self._checked = now, None, False
            self._retired.append(connection)
        for old in [old for old in self._retired if old.users == 0]:
            self._retired.remove(old)
            await old.close()

    def _count(self, **_: object) -> None:
        self.meter.sent()


def _method(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


def _hides(value: object) -> bool:
    """Whether a secret is among the parameters."""
    if isinstance(value, Mapping):
        return any(_hides(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_hides(item) for item in value)
    return isinstance(value, Hidden)
