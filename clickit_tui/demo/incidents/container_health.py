"""A container health check that the new program does not pass."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="container-health",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0 with a health check of the container",
            causes.release(
                "api",
                "v2.4.0",
                Behaviour(check_fails_after_s=0.0),
                healthCheck={
                    "command": ["CMD-SHELL", "curl -f http://localhost:8000/live"],
                    "interval": 10,
                    "timeout": 5,
                    "retries": 3,
                    "startPeriod": 15,
                },
            ),
        ),
    ),
    answer=Answer(
        playbook="start",
        cause="health.container",
        evidence=(
            "stopped tasks: Task failed container health checks",
            "DescribeTaskDefinition: the new revision has a healthCheck, the one before has none",
            "the load balancer found the same tasks healthy",
        ),
        fix="Roll back; correct the command or its startPeriod.",
    ),
)
