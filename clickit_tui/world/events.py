"""What happened around the services, as AWS tells it: scaling, changes of alarms, events of database and cache. Times are epoch seconds."""

from __future__ import annotations

import msgspec


class AlarmChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an alarm's state."""

    name: str
    at: float
    state: str
    """OK, ALARM, INSUFFICIENT_DATA; empty when the answer did not say."""
    before: str = ""
    summary: str = ""
    reason: str = ""
    composite: bool = False


class AlarmHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Changes of the account's alarms, oldest first."""

    changes: tuple[AlarmChange, ...]
    since: float
    """Nothing is missing after this moment; earlier changes may be."""


class DatabaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the database instance."""

    at: float
    text: str
    categories: tuple[str, ...] = ()


class DatabaseEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Events of the database instance, oldest first; RDS keeps them for 14 days."""

    events: tuple[DatabaseEvent, ...]
    since: float


class ScalingActivity(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of DescribeScalingActivities: what autoscaling did to a desired count, and what made it."""

    part: str
    id: str
    at: float | None
    ended_at: float | None = None
    status: str = ""
    """Pending, InProgress, Successful, Overridden, Unfulfilled, Failed."""
    description: str = ""
    """`Setting desired count to 6.`"""
    cause: str = ""
    """`monitor alarm … in state ALARM triggered policy …`"""
    message: str = ""


class CacheEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the cache's group or of one of its nodes."""

    resource: str
    at: float
    text: str
