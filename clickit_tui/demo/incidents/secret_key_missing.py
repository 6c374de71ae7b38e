"""The secret exists, the key inside that the task definition names does not."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment


def deploy_with_key(sim: Simulator, env: Environment) -> None:
    """Register a revision that asks for a key of a secret that holds plain text, and deploy it."""
    secrets = [dict(each) for each in env.definitions["api"][-1].container["secrets"]]
    secrets[0]["valueFrom"] += ":password::"
    causes.release("api", "v2.4.0", secrets=secrets)(sim, env)


INCIDENT = Incident(
    name="secret-key-missing",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(Beat(600, "CI deploys a revision that reads the key password of database-url", deploy_with_key),),
    answer=Answer(
        playbook="start",
        cause="secret.key_missing",
        evidence=(
            "stopped tasks: ResourceInitializationError ... did not contain json key password",
            "DescribeSecret: the secret exists and has an AWSCURRENT version",
            "the new task definition names database-url with :password::, the one before without",
        ),
        fix="Roll back, or put the key into the secret.",
    ),
)
