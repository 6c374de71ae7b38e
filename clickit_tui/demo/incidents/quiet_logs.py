"""A bad release whose log lines are dropped: no errors in the logs, and yet there are."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="quiet-logs",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, which fails and whose bursts overflow the non-blocking log driver",
            causes.release("api", "v2.4.0", Behaviour(error_rate=0.2, lost_lines=0.985)),
        ),
    ),
    answer=Answer(
        playbook="5xx",
        cause="deployment.bad",
        evidence=(
            "HTTPCode_Target_5XX_Count rises since the deployment",
            "the log group has hardly any line of the new tasks although they serve all requests",
            "DescribeTaskDefinition: logConfiguration mode non-blocking",
        ),
        fix="Roll api back; do not take quiet logs for health.",
        also=("logs.dropped",),
    ),
)
