"""What AWS asked for the things ClickIt is made of: public on-demand prices of us-east-1, in US dollars, before tax.

Source: AWS's public price list, read in 2026; Fargate Spot moves with demand, and its figures are those of 2023.
"""

from __future__ import annotations

from collections.abc import Mapping

PRICED = "us-east-1 prices of 2026"
"""What every figure here is labelled with."""

HOURS = 730.0
"""Hours of a month, as AWS's own calculator counts."""
DAYS = HOURS / 24

VCPU_HOUR, GIB_HOUR = 0.04048, 0.004445
"""Fargate on demand, Linux/x86."""
SPOT_VCPU_HOUR, SPOT_GIB_HOUR = 0.01334, 0.001465
ARM = 0.8
"""Fargate on ARM costs this share of x86, on demand; on Spot it has a price of its own that is not here."""

NAT_HOUR, NAT_GB = 0.045, 0.045
"""A gateway, and each gigabyte it processes."""
ADDRESS_HOUR = 0.005
"""A public IPv4 address, used or not."""
BALANCER_HOUR, LCU_HOUR = 0.0225, 0.008
"""An Application Load Balancer, and each of its capacity units."""

DATABASE_HOUR: Mapping[str, float] = {
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.t4g.large": 0.129,
}
"""PostgreSQL in one zone."""
MULTI_AZ_HOUR: Mapping[str, float] = {"db.t4g.small": 0.065}
"""Where the price of Multi-AZ is not twice that of one zone."""
DATABASE_GB, DATABASE_GB_MULTI_AZ = 0.115, 0.23
"""gp3 storage, a month."""

CACHE_HOUR: Mapping[str, float] = {
    "cache.t4g.micro": 0.016,
    "cache.t4g.small": 0.032,
    "cache.t4g.medium": 0.065,
}
"""A Redis OSS node."""
VALKEY = 0.8
"""Valkey costs this share of Redis OSS."""

SECRET_MONTH = 0.40
ALARM_MONTH = 0.10
"""A standard-resolution metric alarm."""
COMPOSITE_MONTH = 0.50
LOG_GB, LOG_GB_MONTH = 0.50, 0.03
"""A gigabyte taken in, and a gigabyte kept for a month."""
EXPLORER_PAGE = 0.01
"""A page of Cost Explorer's answer."""

GB = 1e9
