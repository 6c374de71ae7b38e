"""A secret is scheduled for deletion; the next task cannot start."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="secret-deleted",
    env="prod",
    page="Somebody says that api has fewer tasks than it should, or that they come and go.",
    timeline=(
        Beat(300, "somebody schedules the secret jwt-secret-key for deletion", causes.delete_secret("jwt-secret-key", now=False)),
        Beat(600, "a colleague stops a task", causes.stop_one("api", "looks stuck")),
    ),
    answer=Answer(
        playbook="start",
        cause="secret.scheduled_for_deletion",
        evidence=(
            "stopped tasks: ResourceInitializationError ... marked for deletion",
            "DescribeSecret shows DeletedDate",
            "no deployment is in progress",
        ),
        fix="Restore the secret; ECS then starts the missing task by itself.",
    ),
)
