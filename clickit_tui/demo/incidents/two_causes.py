"""A bad release on top of a database that is already too busy."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="two-causes",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(
        Beat(300, "a report runs a query without an index", causes.database(extra_cpu=98.0)),
        Beat(
            840,
            "CI deploys v2.4.0, which fails for some",
            causes.release("api", "v2.4.0", Behaviour(error_rate=0.12, error_says="ValueError: invalid literal for int()")),
        ),
    ),
    answer=Answer(
        playbook="5xx",
        cause="deployment.bad",
        evidence=(
            "5xx begin with the deployment, not with the load of the database",
            "RDS CPUUtilization above 90 % since before the deployment; TargetResponseTime rose with it",
            "logs of api: ValueError, only of new tasks",
        ),
        fix="Roll api back for the errors, end the report for the latency: either alone leaves half.",
        also=("database.cpu",),
    ),
)
