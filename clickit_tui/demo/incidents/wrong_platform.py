"""The image was built on a laptop with an ARM processor."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="wrong-platform",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(Beat(600, "v2.4.0 is pushed from a laptop and deployed", causes.release("api", "v2.4.0", platform="linux/arm64")),),
    answer=Answer(
        playbook="start",
        cause="image.platform",
        evidence=(
            "stopped tasks: does not contain descriptor matching platform 'linux/amd64'",
            "ECR DescribeImages: the tag exists",
        ),
        fix="Build for linux/amd64 and release again.",
    ),
)
