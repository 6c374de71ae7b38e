"""A value together with how well it is known: when it was read, and what went wrong since."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Trouble(StrEnum):
    """Kinds of failure a reader of the screen can tell apart, each with its own remedy."""

    DENIED = "denied"
    """The identity lacks a permission; `Fault.operation` names it."""
    THROTTLED = "throttled"
    CREDENTIALS = "credentials"
    """Expired, missing or invalid credentials: log in again."""
    UNREACHABLE = "unreachable"
    """No answer: name, connection, TLS or time-out."""
    MISSING = "not found"
    """The named thing does not exist; the sentence says what was looked for."""
    UNSERVED = "not served"
    """The endpoint does not know the operation."""
    GARBLED = "bad answer"
    """The answer could not be read."""
    REFUSED = "refused"
    """The guard refused it; nothing was sent."""
    INVALID = "invalid"
    """The endpoint rejected the request's parameters or state."""
    SERVER = "server error"
    WAITING = "waiting"
    """Another read has to succeed first."""
    UNKNOWN = "error"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong with one read or write, in words for the screen."""

    kind: Trouble
    sentence: str
    """One plain sentence, control characters removed, secrets masked."""
    fix: str = ""
    """What the reader can do about it; empty when waiting is the remedy."""
    operation: str = ""
    """`service:Operation` as IAM spells it, e.g. `ecs:DescribeServices`."""
    code: str = ""
    """The endpoint's own error code."""


class Failed(Exception):
    """A read or write that did not succeed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


class Age(StrEnum):
    """How a `Seen` stands at a given moment."""

    LOADING = "loading"
    FRESH = "fresh"
    STALE = "stale"
    """Good data is shown, but it is older than it should be or the last try failed."""
    FAILED = "failed"
    """There never was good data, and the last try failed."""


class Seen(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Last good value, when it was read, and the failure since, if any. Times are epoch seconds."""

    value: T | None = None
    """None before the first success. A part that a successful read shows absent is a value of its own (empty tuple, or `Absent`)."""
    seen_at: float | None = None
    fault: Fault | None = None
    """The newest failure; None after a success."""
    fault_at: float | None = None
    next_try_at: float | None = None
    every_s: float = 15.0
    """How often its source reads it."""

    def age(self, now: float) -> Age:
        """FRESH up to 2.5 intervals (at least 10 s) after a success without a later failure."""
        if self.seen_at is None:
            return Age.FAILED if self.fault else Age.LOADING
        late = now - self.seen_at > max(2.5 * self.every_s, 10.0)
        return Age.STALE if late or self.fault else Age.FRESH

    def known(self, now: float) -> T | None:
        """The value when it may be judged by: fresh. None otherwise; stale data proves nothing."""
        return self.value if self.age(now) is Age.FRESH else None


class Absent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A successful read showed that the environment has no such part."""

    looked_for: str
    """What was looked for, e.g. `replication group or cluster clickit-dev-redis*`."""


def clean(text: object, limit: int = 4000) -> str:
    """Foreign text made harmless: control characters (C0, C1, DEL) become spaces, long text keeps both ends."""
    plain = str(text)
    plain = plain if plain.isprintable() else "".join(c if c.isprintable() else " " for c in plain)
    return plain if len(plain) <= limit else plain[: limit // 2] + " … " + plain[-limit // 2 :]
