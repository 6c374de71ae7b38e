"""The tag exists, but the digest that the service pinned does not any more."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="digest-expired",
    env="prod",
    page="Somebody says that api has fewer tasks than it should, or that they come and go.",
    timeline=(
        Beat(300, "a rebuild takes over the tag; the lifecycle policy removes the image that has none", causes.expire_image("api")),
        Beat(600, "a colleague stops a task", causes.stop_one("api", "looks stuck")),
    ),
    answer=Answer(
        playbook="start",
        cause="image.digest_missing",
        evidence=(
            "stopped tasks: CannotPullContainerError ... @sha256:... not found",
            "ECR DescribeImages by tag finds an image, by the digest of DescribeServiceRevisions none",
            "runningCount stays below desiredCount; no deployment is in progress",
        ),
        fix="Force a new deployment: it resolves the tag to the digest that exists.",
    ),
)
