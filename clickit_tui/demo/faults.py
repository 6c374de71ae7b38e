"""Faults on command: an operation that is denied, throttled, expired, broken, cut off or slow, for a time or a count."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass

from clickit_tui.demo.errors import AwsError

KINDS = ("deny", "throttle", "expire", "500", "reset", "truncate", "delay")
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
    delay_s: float = 1.0

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
    fault = Fault(operation, kind)
    if kind == "delay" and more:
        fault.delay_s = _seconds(more.pop(0), text)
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
    return None
