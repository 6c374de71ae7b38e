"""Programs hang; the load balancer finds them unhealthy and ECS kills them with 137."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="elb-kill",
    env="prod",
    page="A colleague sees stopped tasks with exit code 137 and asks whether api runs out of memory.",
    timeline=(Beat(900, "the workers hang", causes.behave("api", health_ms=9000.0, ignores_sigterm=True, slow=30.0)),),
    answer=Answer(
        playbook="5xx",
        cause="app.hang",
        evidence=(
            "stopped tasks: Task failed ELB health checks, exit code 137, no OutOfMemoryError",
            "service events: unhealthy due to (Request timed out)",
            "MemoryUtilization is as usual",
        ),
        fix="ECS has replaced them; find out why the workers hang (logs of the stopped tasks before they end).",
    ),
)
