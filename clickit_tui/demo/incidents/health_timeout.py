"""The new program answers health checks too late."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="health-timeout",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, whose health check asks a slow dependency",
            causes.release("api", "v2.4.0", Behaviour(health_ms=8000.0)),
        ),
    ),
    answer=Answer(
        playbook="start",
        cause="health.timeout",
        evidence=(
            "service events: unhealthy due to (Request timed out)",
            "stopped tasks: Task failed ELB health checks",
            "DescribeTargetGroups: HealthCheckTimeoutSeconds 3",
        ),
        fix="Roll back; a health check must not ask dependencies.",
    ),
)
