"""The network around tasks and database: rules of security groups, subnets with their free addresses, and what they let pass."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import msgspec


class SecurityRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a security group. It names a group, an address range or a prefix list as its other end."""

    group: str
    """Id of the group it belongs to."""
    egress: bool | None
    """None when the answer does not say."""
    protocol: str
    """`tcp`, `6`, or `-1` for every protocol."""
    from_port: int | None = None
    to_port: int | None = None
    other_group: str = ""
    cidr: str = ""
    """IPv4 or IPv6."""
    prefix_list: str = ""
    ranges: tuple[str, ...] | None = None
    """Entries of the prefix list; None when they were not read."""

    def covers_port(self, port: int) -> bool:
        """Whether TCP on this port is meant."""
        if self.protocol == "-1":
            return True
        if self.protocol not in ("tcp", "6") or self.from_port is None or self.to_port is None:
            return False
        return self.from_port <= port <= self.to_port

    @property
    def told(self) -> bool:
        """Whether the answer told what the rule lets pass; one that does not proves nothing, least of all that there is no way."""
        ports = self.protocol not in ("tcp", "6") or (self.from_port is not None and self.to_port is not None)
        return bool(self.group and self.protocol) and self.egress is not None and ports

    @property
    def open_to_all(self) -> bool:
        return self.cidr in ("0.0.0.0/0", "::/0")

    def covers(self, ranges: Iterable[str]) -> bool | None:
        """Whether every one of these ranges lies within its own; None when a prefix list's entries are not known."""
        if self.prefix_list and self.ranges is None:
            return None
        own = self.ranges if self.prefix_list else (self.cidr,) if self.cidr else ()
        asked = list(ranges)
        return bool(asked) and all(any(_within(each, one) for one in own or ()) for each in asked)


class Subnet(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    vpc: str = ""
    zone: str = ""
    cidr: str = ""
    free: int | None = None
    """Addresses left; None when the answer does not say."""


def _within(inner: str, outer: str) -> bool:
    try:
        small, large = ipaddress.ip_network(inner, strict=False), ipaddress.ip_network(outer, strict=False)
    except ValueError:
        return False
    if isinstance(small, ipaddress.IPv4Network) and isinstance(large, ipaddress.IPv4Network):
        return small.subnet_of(large)
    return isinstance(small, ipaddress.IPv6Network) and isinstance(large, ipaddress.IPv6Network) and small.subnet_of(large)
