"""Redis is full: it evicts, the hit rate falls, the database works instead."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="redis-evictions",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(Beat(120, "a new feature caches without an expiry", causes.cache(fill_percent_per_min=6.5)),),
    answer=Answer(
        playbook="latency",
        cause="cache.evictions",
        evidence=(
            "CloudWatch Evictions above 0 since DatabaseMemoryUsagePercentage reached 100",
            "CacheHitRate falls",
            "RDS ReadIOPS and CPU rise since then, without more requests",
        ),
        fix="Give the keys an expiry, or a larger node.",
    ),
)
