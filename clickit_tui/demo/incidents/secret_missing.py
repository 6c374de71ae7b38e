"""A secret that the tasks need was deleted without a recovery window."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="secret-missing",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(300, "somebody deletes the secret stripe-api-key at once", causes.delete_secret("stripe-api-key", now=True)),
        Beat(600, "CI deploys v2.4.0", causes.release("api", "v2.4.0")),
    ),
    answer=Answer(
        playbook="start",
        cause="secret.missing",
        evidence=(
            "stopped tasks: ResourceInitializationError ... Secrets Manager can't find the specified secret",
            "DescribeSecret(clickit/prod/stripe-api-key): ResourceNotFoundException",
            "the old tasks run on: a secret is read at start only",
        ),
        fix="Create the secret again with its value and deploy a revision that names its new ARN.",
    ),
)
