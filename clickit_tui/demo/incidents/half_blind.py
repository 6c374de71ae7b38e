"""The observer may not look at the database, the cache, secrets and the logs."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="half-blind",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(Beat(600, "somebody stops the database", causes.stop_database),),
    answer=Answer(
        playbook="database",
        cause="database.stopped",
        evidence=(
            "rds, elasticache, secretsmanager and logs: AccessDenied, so their parts are unknown, not fine",
            "CloudWatch DatabaseConnections has no new points",
            "no deployment, all targets healthy, 5xx from targets",
        ),
        fix="Ask somebody who may see the database; it has to be started.",
    ),
    faults=("rds.*=deny", "elasticache.*=deny", "secretsmanager.*=deny", "logs.*=deny", "pi.*=deny"),
)
