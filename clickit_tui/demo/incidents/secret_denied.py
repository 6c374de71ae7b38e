"""The execution role may no longer read secrets."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="secret-denied",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(
            300,
            "a change of IAM takes secretsmanager:GetSecretValue from the execution role",
            causes.deny_execution("secretsmanager:GetSecretValue"),
        ),
        Beat(600, "somebody forces a new deployment", causes.redeploy("api")),
    ),
    answer=Answer(
        playbook="start",
        cause="secret.denied",
        evidence=(
            "stopped tasks: AccessDeniedException ... not authorized to perform: secretsmanager:GetSecretValue",
            "DescribeSecret: every secret exists",
        ),
        fix="Give the execution role secretsmanager:GetSecretValue back.",
    ),
)
