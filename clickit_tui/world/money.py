"""What costs money and is not a part of its own: log groups, measured use, and what AWS billed. Times are epoch seconds."""

from __future__ import annotations

import msgspec


class LogGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One CloudWatch log group of ClickIt."""

    name: str
    part: str = ""
    stored_bytes: int | None = None
    retention_days: int | None = None
    """None: the events never expire."""

    @property
    def kept(self) -> str:
        """`30 days`, `never expires`."""
        return "never expires" if self.retention_days is None else f"{self.retention_days} days"


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What was used over the last whole day, as CloudWatch counted it; what it did not say is None or missing."""

    ingested: tuple[tuple[str, float], ...] = ()
    """(log group, bytes a day)."""
    capacity_units: float | None = None
    """LCUs of the load balancer, average of the day."""
    nat_bytes: float | None = None
    """Bytes that the NAT gateways processed in the day, both directions."""


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """What Cost Explorer says was billed; its newest day is at least a day old."""

    start: str
    """First day, `2026-11-01`."""
    end: str
    """The day after the last one."""
    services: tuple[tuple[str, float], ...] = ()
    """(AWS service, dollars), dearest first."""
    tag: str = ""
    """The cost-allocation tag it was narrowed to, `Environment=dev`; empty: the whole account."""
    note: str = ""
    """What must be known to read it right, e.g. that the tag is not active."""
    asked_at: float = 0.0

    @property
    def total(self) -> float:
        return sum(dollars for _, dollars in self.services)
