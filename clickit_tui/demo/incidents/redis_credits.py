"""Redis has no CPU credits left and is throttled."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="redis-credits",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(
        Beat(0, "a busy day has left few credits", causes.cache(credits=6.0)),
        Beat(300, "a job scans all keys again and again", causes.cache(extra_cpu=42.0)),
    ),
    answer=Answer(
        playbook="latency",
        cause="cache.credits",
        evidence=(
            "CloudWatch CPUCreditBalance of the node is 0 (ElastiCache t4g is Standard: it throttles)",
            "CPUUtilization falls to 10 % and stays there exactly",
            "TargetResponseTime p50 rises with it; the hit rate does not fall",
        ),
        fix="Stop the job; a node type without credits.",
    ),
)
