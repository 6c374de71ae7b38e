"""The execution role may no longer pull."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="pull-denied",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(300, "a change of IAM takes ecr:BatchGetImage from the execution role", causes.deny_execution("ecr:BatchGetImage")),
        Beat(600, "somebody forces a new deployment", causes.redeploy("api")),
    ),
    answer=Answer(
        playbook="start",
        cause="image.denied",
        evidence=(
            "stopped tasks: CannotPullContainerError ... denied ... not authorized to perform: ecr:BatchGetImage",
            "ECR DescribeImages: the image exists under its tag and its digest",
        ),
        fix="Give the execution role ecr:BatchGetImage back.",
    ),
)
