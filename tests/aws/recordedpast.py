"""AWS's answers about what happened, as botocore parses them, for the environment `dev` of `recorded`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 23, 13, 50, tzinfo=UTC)

ACTIVITIES: dict[str, Any] = {
    "ScalingActivities": [
        {
            "ActivityId": "0537f2e4-bc66-4272-aef6-a7630a50fbe7",
            "ServiceNamespace": "ecs",
            "ResourceId": "service/clickit-dev-cluster/clickit-dev-api",
            "ScalableDimension": "ecs:service:DesiredCount",
            "Description": "Setting desired count to 3.",
            "Cause": "monitor alarm TargetTracking-api-AlarmHigh in state ALARM triggered policy cpu-60",
            "StartTime": AT,
            "EndTime": AT,
            "StatusCode": "Successful",
            "StatusMessage": "Successfully set desired count to 3. Change successfully fulfilled by ecs.",
        }
    ]
}
