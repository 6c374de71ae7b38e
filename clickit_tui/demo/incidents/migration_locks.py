"""A migration holds table locks; requests wait for them."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="migration-locks",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(
        Beat(
            900, "CI runs a migration that rewrites a large table", causes.migrate(Behaviour(locks=0.35, crash_after_s=3000.0, exit_code=0))
        ),
    ),
    answer=Answer(
        playbook="database",
        cause="migration.locks",
        evidence=(
            "ListTasks(family=clickit-prod-migration): one has been running since before the alarm",
            "pi GetResourceMetrics by db.wait_event: Lock:relation leads",
            "logs of api: canceling statement due to lock timeout",
            "CloudWatch TargetResponseTime p95 is seconds; RDS CPU is as usual",
        ),
        fix="Wait or stop the migration task; never roll the api back into a half-migrated schema unread.",
    ),
)
