"""More requests than the most tasks that autoscaling may start can serve."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="cpu-saturation",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(Beat(240, "a campaign multiplies the requests", causes.environment(surge=5.0)),),
    answer=Answer(
        playbook="latency",
        cause="load.saturation",
        evidence=(
            "CloudWatch CPUUtilization of api above 85 % while RequestCount is a multiple of yesterday's",
            "DescribeScalingActivities: scaled out; DescribeScalableTargets: desired equals MaxCapacity",
            "HTTPCode_ELB_504_Count above 0; targets themselves answer",
        ),
        fix="Raise MaxCapacity, watching the database's connections.",
    ),
)
