"""The program answers health checks elsewhere than the target group asks."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="health-path",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, which answers health checks at /healthz",
            causes.release("api", "v2.4.0", Behaviour(health_path="/healthz")),
        ),
    ),
    answer=Answer(
        playbook="start",
        cause="health.path",
        evidence=(
            "service events: unhealthy due to (Health checks failed with these codes: [404])",
            "stopped tasks: Task failed ELB health checks",
            "DescribeTargetGroups: HealthCheckPath /health",
            "logs of the new tasks: they listen and serve",
        ),
        fix="Roll back; make program and target group agree on the path.",
    ),
)
