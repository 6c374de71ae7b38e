"""Somebody stopped the wrong database."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="database-stopped",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(Beat(600, "somebody stops the database", causes.stop_database),),
    answer=Answer(
        playbook="database",
        cause="database.stopped",
        evidence=(
            "DescribeDBInstances: stopped, with AutomaticRestartTime",
            "RDS events: DB instance stopped",
            "logs of api: Connection refused",
            "no deployment is younger than the alarm",
        ),
        fix="Start the database.",
    ),
)
