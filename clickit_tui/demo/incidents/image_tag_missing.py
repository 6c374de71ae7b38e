"""A revision is deployed whose image was never pushed."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="image-tag-missing",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(Beat(600, "CI deploys v2.4.0 although the push had failed", causes.release_unpushed("api", "v2.4.0")),),
    answer=Answer(
        playbook="start",
        cause="image.tag_missing",
        evidence=(
            "stopped tasks: TaskFailedToStart, CannotPullContainerError ... not found",
            "ECR DescribeImages(imageTag=v2.4.0): ImageNotFoundException",
            "no log stream of the new tasks exists: nothing ever ran",
        ),
        fix="Push the image and deploy again.",
    ),
)
