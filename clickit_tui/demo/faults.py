"""Faults on command: an operation that is denied, throttled, broken, cut off, slow or only half served, for a time or a count."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from clickit_tui.demo.errors import AwsError

KINDS: dict[str, str] = {
    "deny": "no permission",
    "throttle": "too many requests",
    "expire": "the credentials have expired",
    "500": "an error of the service",
    "reset": "the connection is cut before the answer",
    "truncate": "the answer breaks off in the middle",
    "delay": "the answer comes late: delay:2.5s",
    "slow": "the answer comes in drops, so long: slow:2s",
    "hang": "no answer at all",
    "html": "a web page instead of an answer, as a proxy's portal gives",
    "unserved": "the service does not know the operation",
    "404": "nothing is served at the address",
    "empty": "an answer without any member",
    "absent": "answers that name things and say nothing more of them",
    "untokened": "pages without the token of the next one",
    "skew": "the service's clock goes before ours: skew:10m; from five minutes on signatures are refused",
}
"""What each kind does."""
TIMED = {"delay": 1.0, "slow": 1.0, "skew": 600.0}
"""Kinds that take a length of time first, and how long it is where none is given, in seconds."""
SKEW_MOST_S = 300.0
"""AWS refuses a signature that is this much older or newer than its own clock."""
TOKENS = ("nextToken", "NextToken", "NextPageToken", "NextMarker", "Marker")
_NAMES = re.compile(r"(?i)(arn|name|id|identifier|key)$")
_PORTAL = b"<!DOCTYPE html><html><head><title>Log in to the network</title></head><body>Please log in.</body></html>"
_DENIED = {
    "rds": "AccessDenied",
    "elbv2": "AccessDenied",
    "elasticache": "AccessDenied",
    "sts": "AccessDenied",
    "ec2": "UnauthorizedOperation",
}
_DENIED |= {"cloudwatch": "AccessDenied"}
_IAM_PREFIX = {"elbv2": "elasticloadbalancing"}
"""What IAM calls a service where it is not the service's own name here."""
ELSEWHERE = ("sns", "sso", "sso-oidc", "signin", "iam", "pricing")
"""Services that are no part of ClickIt and yet may be called beside it."""
_QUERY = {"rds", "elbv2", "elasticache", "sts", "cloudwatch"}


@dataclass
class Fault:
    """One fault; `operation` is `service.Operation` and may hold `*`."""

    operation: str
    kind: str
    until: float | None = None
    left: int | None = None
    length_s: float = 1.0
    """How long the delay, the drops or the skew are."""

    def strikes(self, service: str, operation: str, now: float) -> bool:
        """Whether it hits this call; counts it when it does."""
        if not self.names(service, operation) or self.over(now):
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def names(self, service: str, operation: str) -> bool:
        """Whether it is meant for such calls."""
        return fnmatch.fnmatchcase(f"{service}.{operation}", self.operation)

    def over(self, now: float) -> bool:
        """Whether its time or count is used up."""
        return (self.until is not None and now >= self.until) or (self.left is not None and self.left <= 0)


def parse(text: str, now: float) -> Fault:
    """`ecs.DescribeTasks=throttle:20s`, `logs.*=deny:3` (a count), `rds.*=delay:2.5s:30s` (how long, for how long), `sts.*=500`.

    Raises ValueError, whose text says what is wrong.
    """
    operation, sign, rest = text.partition("=")
    kind, *more = rest.split(":")
    if not sign or "." not in operation or kind not in KINDS:
        raise ValueError(f"{text!r} is not SERVICE.OPERATION=KIND[:LIMIT] with KIND one of {', '.join(KINDS)}")
    fault = Fault(operation, kind, length_s=TIMED.get(kind, 0.0))
    if kind in TIMED and more:
        fault.length_s = _seconds(more.pop(0), text)
    if more:
        limit = more.pop(0)
        if limit.isdecimal():
            fault.left = int(limit)
        else:
            fault.until = now + _seconds(limit, text)
    return fault


def _seconds(limit: str, text: str) -> float:
    try:
        return duration(limit)
    except ValueError:
        raise ValueError(f"{limit!r} in {text!r} is neither a count nor a time such as 20s") from None


def duration(text: str) -> float:
    """Seconds of `90s`, `25m`, `1h`, `1h30m` or plain `90`. Raises ValueError."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no time; write 90s, 25m or 1h")
    return sum(float(each or 0) * unit for each, unit in zip(found.groups(), (3600, 60, 1), strict=True))


def error(fault: Fault, service: str, operation: str) -> AwsError | None:
    """The error that a fault answers with; None when it is no error but something done to the connection."""
    if fault.kind == "deny":
        actor = "User: arn:aws:sts::123456789012:assumed-role/OnCall/demo"
        permission = f"{_IAM_PREFIX.get(service, service)}:{operation}"
        said = f"{actor} is not authorized to perform: {permission} because no identity-based policy allows the action"
        return AwsError(_DENIED.get(service, "AccessDeniedException"), said, 403 if service in _DENIED else 400)
    if fault.kind == "throttle":
        code = "RequestLimitExceeded" if service == "ec2" else "Throttling" if service in _QUERY else "ThrottlingException"
        return AwsError(code, "Rate exceeded", 400)
    if fault.kind == "expire":
        code = "RequestExpired" if service == "ec2" else "ExpiredToken" if service in _QUERY else "ExpiredTokenException"
        return AwsError(code, "The security token included in the request is expired", 403 if service in _QUERY else 400)
    if fault.kind == "500":
        code = "ServerException" if service == "ecs" else "InternalFailure"
        return AwsError(code, "An internal error occurred.", 500)
    if fault.kind == "skew" and fault.length_s >= SKEW_MOST_S:
        code = "RequestExpired" if service == "ec2" else "SignatureDoesNotMatch" if service in _QUERY else "InvalidSignatureException"
        return AwsError(code, "Signature expired: is now earlier than the service's clock minus 5 min.", 403)
    return None


def page(fault: Fault) -> tuple[int, str, bytes] | None:
    """Status, content type and body of a fault that is no answer of AWS at all."""
    if fault.kind == "html":
        return 200, "text/html; charset=utf-8", _PORTAL
    if fault.kind == "404":
        return 404, "text/plain", b"404 page not found"
    return None


def thinned(fault: Fault | None, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result of an operation as a half-made service would give it."""
    kind = fault.kind if fault is not None else ""
    if kind == "empty":
        return {}
    if kind == "untokened":
        return {name: value for name, value in found.items() if name not in TOKENS}
    if kind == "absent":
        return {name: _named(value, name) for name, value in found.items()}
    return found


def _named(value: object, name: str) -> object:
    """Lists and structures with nothing in them but names, ids and ARNs."""
    if isinstance(value, list):
        return [_named(each, name) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _named(each, key) for key, each in value.items() if _NAMES.search(key) and isinstance(each, str)}


def date(fault: Fault | None) -> list[tuple[str, str]]:
    """The `Date` header of a service whose clock is another one; none for the true time."""
    return [("Date", formatdate(time.time() + fault.length_s, usegmt=True))] if fault is not None and fault.kind == "skew" else []
