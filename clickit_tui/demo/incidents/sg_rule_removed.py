"""The security group does not let the tasks reach the database any more."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="sg-rule-removed",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(Beat(600, "somebody tidies up the security group of the database", causes.remove_rule("db", 5432)),),
    answer=Answer(
        playbook="database",
        cause="network.rule_missing",
        evidence=(
            "DescribeSecurityGroupRules: no ingress 5432 from the tasks' group",
            "logs of api: timeout expired (not: refused)",
            "DescribeDBInstances: available",
            "CloudWatch DatabaseConnections as before: what is open stays open",
        ),
        fix="Add the rule again: 5432 from the tasks' group.",
    ),
)
