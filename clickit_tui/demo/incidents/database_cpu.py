"""A query without an index keeps the database busy."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="database-cpu",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(Beat(600, "a report runs a query without an index", causes.database(extra_cpu=98.0)),),
    answer=Answer(
        playbook="database",
        cause="database.cpu",
        evidence=(
            "CloudWatch CPUUtilization of the instance above 90 %",
            "ReadIOPS and EBSIOBalance% as usual",
            "pi GetResourceMetrics: CPU leads",
            "no deployment",
        ),
        fix="End the report; restarting the database ends it too, with a minute's outage.",
    ),
)
