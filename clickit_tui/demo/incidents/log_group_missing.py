"""The log group is gone; no task can start, and what runs is mute."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="log-group-missing",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(300, "a clean-up removes /ecs/clickit-prod-api", causes.delete_log_group("api")),
        Beat(600, "somebody forces a new deployment", causes.redeploy("api")),
    ),
    answer=Answer(
        playbook="start",
        cause="logs.group_missing",
        evidence=(
            "stopped tasks: failed to validate logger args ... The specified log group does not exist",
            "DescribeLogGroups(/ecs/clickit-prod-api): none",
        ),
        fix="Create the log group; ECS then starts tasks by itself or after a new deployment.",
    ),
)
