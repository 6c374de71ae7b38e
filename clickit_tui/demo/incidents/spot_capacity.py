"""There is no Spot capacity to be had."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="spot-capacity",
    env="dev",
    page="Somebody says that dev answers 503.",
    timeline=(
        Beat(300, "AWS has no Spot capacity left in these zones", causes.environment(spot_capacity=False)),
        Beat(420, "AWS takes the capacity of both tasks back", causes.reclaim("api", 2)),
    ),
    answer=Answer(
        playbook="start",
        cause="spot.no_capacity",
        evidence=(
            "service events and stopped tasks: Capacity is unavailable at this time",
            "the tasks before: SpotInterruption",
            "DescribeTargetHealth: no target; HTTPCode_ELB_503_Count above 0",
        ),
        fix="Let the service use FARGATE until Spot is back.",
    ),
)
