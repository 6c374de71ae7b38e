"""A worker opens more connections to one destination than the NAT gateways have ports."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="nat-ports",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(Beat(600, "a batch worker opens a connection per row", causes.outside(190_000)),),
    answer=Answer(
        playbook="5xx",
        cause="nat.ports",
        evidence=(
            "CloudWatch ErrorPortAllocation above 0 on every NAT gateway",
            "ConnectionEstablishedCount far below ConnectionAttemptCount",
            "logs of api: connecting to api.payments.example timed out",
            "database, cache and deployments as usual",
        ),
        fix="Stop the worker; reuse connections.",
    ),
)
