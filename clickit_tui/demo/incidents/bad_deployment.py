"""A release that answers every fifth request with 500; its health check is fine."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="bad-deployment",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, which fails for accounts without a plan",
            causes.release("api", "v2.4.0", Behaviour(error_rate=0.22, error_says="KeyError: 'plan'")),
        ),
    ),
    answer=Answer(
        playbook="5xx",
        cause="deployment.bad",
        evidence=(
            "CloudWatch HTTPCode_Target_5XX_Count rises within a minute of the deployment; HTTPCode_ELB_5XX_Count does not",
            "ECS deployments[0] is minutes old, COMPLETED, with a new task definition",
            "logs of api: \"KeyError: 'plan'\", only in streams of new tasks",
            "RDS is available and its connections are as usual",
        ),
        fix="Roll api back to the revision before.",
    ),
)
