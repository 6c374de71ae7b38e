"""A release that never gives connections back."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="connection-leak",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(
        Beat(240, "CI deploys v2.4.0, which leaks connections", causes.release("api", "v2.4.0", Behaviour(leak_connections_per_min=10.0))),
    ),
    answer=Answer(
        playbook="database",
        cause="database.connections",
        evidence=(
            "CloudWatch DatabaseConnections climbs in a straight line since the deployment, then stays at its limit",
            "logs of api: sorry, too many clients already",
            "DescribeDBInstances: available",
        ),
        fix="Roll api back; a restart of the tasks frees the connections for some minutes.",
    ),
)
