"""What refuses, inside the SDK, all that is neither a listed read nor the confirmed call.

It prevents accidents; IAM stays the boundary.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from clickit_tui.aws.reads import CREDENTIAL_CALLS, READS, permission
from clickit_tui.plan import Call, Hidden
from clickit_tui.world.seen import Failed, Fault, Trouble

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""
_ALLOWED = READS | CREDENTIAL_CALLS
SERVICE_IDS = {
    "application-autoscaling": "application-auto-scaling",
    "ce": "cost-explorer",
    "elbv2": "elastic-load-balancing-v2",
    "logs": "cloudwatch-logs",
    "secretsmanager": "secrets-manager",
}
"""botocore's service names by which its events do not call the service, and what they call it."""
_MAY_LEAVE = frozenset((SERVICE_IDS.get(service, service), operation) for service, operation in _ALLOWED)


class Refusal(Failed):
    """The guard refused a call; nothing was sent."""


def refusal(service: str, operation: str, why: str, fix: str = "") -> Refusal:
    """A Refusal whose sentence names the operation and why it may not pass."""
    name = permission(service, operation) or operation
    return Refusal(Fault(kind=Trouble.REFUSED, sentence=f"{name} refused: {why}", fix=fix, operation=name))


def revealed(value: object) -> object:
    """Parameters as botocore takes them: hidden values in clear, mappings as dicts, sequences as lists."""
    if isinstance(value, Hidden):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [revealed(item) for item in value]
    return value


def arguments(params: Mapping[str, object]) -> dict[str, object]:
    """Parameters of a call as keyword arguments for the SDK, hidden values in clear."""
    return {name: revealed(value) for name, value in params.items()}


def _same(left: object, right: object) -> bool:
    """Equality that tells True from 1 and 1 from 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


class Permit:
    """Leave for one confirmed call, once, in the task that confirmed it. It says whether the request has left."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._context: object | None = None
        self._spent = False
        self._consumed = False
        self.sent = False
        """True from the moment the request is handed to the connection."""

    def match(self, service: str, operation: str, params: object, context: object) -> bool:
        """Bind the permit to a request that equals the confirmed call; False when it differs or the permit was used."""
        if self._spent or (service, operation) != (self._call.service, self._call.operation):
            return False
        if not _same(revealed(self._call.params), revealed(params)):
            return False
        self._spent, self._context = True, context
        return True

    def consume(self, context: object) -> bool:
        """True once, for the very request that was bound."""
        mine = self._context is not None and self._context is context
        self._context = None
        self._consumed = self._consumed or mine
        return mine

    def leave(self, service_id: str, operation: str) -> bool:
        """True once, for the confirmed request that was bound and consumed: note that it leaves."""
        mine = (SERVICE_IDS.get(self._call.service, self._call.service), self._call.operation) == (service_id, operation)
        leaves = mine and self._consumed and not self.sent
        self.sent = self.sent or leaves
        return leaves


class Guard:
    """Registered on the SDK's session before any client exists. Default deny."""

    def __init__(self, locked: str = "") -> None:
        self._locked = locked
        self._permits: dict[asyncio.Task[object], Permit] = {}

    @property
    def read_only(self) -> bool:
        """True once locked; there is no way back."""
        return bool(self._locked)

    @property
    def why(self) -> str:
        """What locked it: `--read-only`, `:lock`; empty when it is not locked."""
        return self._locked

    def lock(self, why: str) -> None:
        """Make this process read-only for the rest of its life."""
        self._locked = self._locked or why or "locked"

    def register(self, register: Callable[..., None]) -> None:
        """Hook into a session's events (`session.register`); every client made afterwards inherits the hooks."""
        register("provide-client-params", self._judge, unique_id="clickit-guard-params")
        register("before-call", self._before_call, unique_id="clickit-guard-call")
        register("before-sign", self._before_sign, unique_id="clickit-guard-sign")
        register("before-send", self._before_send, unique_id="clickit-guard-send")

    @contextmanager
    def confirmed(self, call: Call) -> Iterator[Permit]:
        """Within this block the current task, and no other, may send the call once."""
        task = asyncio.current_task()
        if task is None or task in self._permits:
            raise refusal(call.service, call.operation, "one confirmed call at a time in one task")
        permit = self._permits[task] = Permit(call)
        try:
            yield permit
        finally:
            del self._permits[task]

    def _permit(self) -> Permit | None:
        task = asyncio.current_task()
        return self._permits.get(task) if task else None

    def _judge(self, params: _Sdk = None, model: _Sdk = None, context: _Sdk = None, **_: object) -> None:
        service, operation = model.service_model.service_name, model.name
        if isinstance(context, Mapping) and context.get("is_presign_request"):
            raise refusal(service, operation, "presigned URLs are not made here")
        if (service, operation) in _ALLOWED:
            if isinstance(params, Mapping) and params.get("unmask"):
                raise refusal("logs", "Unmask", "masked log data stays masked")
            return
        self._refuse_when_locked(service, operation)
        permit = self._permit()
        if permit is None or not permit.match(service, operation, params, context):
            raise refusal(service, operation, "it is no listed read and not what was confirmed")

    def _before_call(self, model: _Sdk = None, context: _Sdk = None, **_: object) -> None:
        service, operation = model.service_model.service_name, model.name
        if (service, operation) in _ALLOWED:
            return
        self._refuse_when_locked(service, operation)
        permit = self._permit()
        if permit is None or not permit.consume(context):
            raise refusal(service, operation, "no permit was left for this request")

    def _before_sign(self, signature_version: _Sdk = None, operation_name: str = "", **_: object) -> None:
        if isinstance(signature_version, str) and signature_version.endswith(("-query", "-presign-post")):
            raise refusal("", operation_name, "presigned URLs and tokens are not made here")

    def _before_send(self, event_name: str = "", **_: object) -> None:
        service, operation = event_name.split(".")[1:]
        if (service, operation) in _MAY_LEAVE:
            return
        self._refuse_when_locked(service, operation)
        permit = self._permit()
        if permit is None or not permit.leave(service, operation):
            raise refusal(service, operation, "it is no listed read and not what was confirmed")

    def _refuse_when_locked(self, service: str, operation: str) -> None:
        if self._locked:
            raise refusal(service, operation, f"this session is read-only ({self._locked})", "start without read-only to change things")
