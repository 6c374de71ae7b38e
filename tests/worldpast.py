"""What happened in the fixture Worlds, as AWS and the journal tell it."""

from __future__ import annotations

from typing import Any

import msgspec

from clickit_tui.world.events import ScalingActivity
from clickit_tui.world.incident import Incident, Recorded, Told


def scaled(now: float, ago_s: float, desired: int, part: str = "api", **changes: Any) -> ScalingActivity:
    """One activity of autoscaling."""
    plain = ScalingActivity(
        part=part,
        id=f"activity-{part}-{ago_s:.0f}",
        at=now - ago_s,
        ended_at=now - ago_s + 20,
        status="Successful",
        description=f"Setting desired count to {desired}.",
        cause="monitor alarm TargetTracking-api-AlarmHigh in state ALARM triggered policy cpu-60",
    )
    return msgspec.structs.replace(plain, **changes)


def recorded(now: float, ago_s: float, kind: Told = Told.NOTE, text: str = "", **changes: Any) -> Recorded:
    """One entry of the journal."""
    return msgspec.structs.replace(Recorded(at=now - ago_s, kind=kind, text=text), **changes)


def incident(now: float, **changes: Any) -> Incident:
    """An incident that began seven minutes ago and was declared five minutes ago."""
    plain = Incident(id="i1", title="API answers 5xx", began_at=now - 420, opened_at=now - 300, by="anna")
    return msgspec.structs.replace(plain, **changes)


def told(now: float) -> tuple[Recorded, ...]:
    """What the journal tells of the fixture incident."""
    return (
        recorded(now, 380, Told.VERDICT, "22 answers 5xx in 5 min", part="edge", verdict="FAIL", detail="cloudwatch:GetMetricData: 22 5xx"),
        recorded(now, 290, Told.CAUSE, "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx", part="cause"),
        recorded(now, 200, Told.NOTE, "support tells of failing checkouts", id="n1"),
        recorded(
            now,
            100,
            Told.CHANGE,
            "SCALE clickit-prod-api",
            id="abc",
            part="api",
            detail="by anna",
            commands=("aws ecs update-service --cluster clickit-prod-cluster --service clickit-prod-api --desired-count 5",),
        ),
        recorded(now, 99, Told.OUTCOME, "SCALE clickit-prod-api: accepted", id="abc", part="api", verdict="done"),
    )
