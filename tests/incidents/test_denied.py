"""Every operation denied alone, over HTTP, on a quiet and on a broken world: what rested on it is UNKNOWN, and nothing looks better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clickit_tui.checks.registry import Verdict
from clickit_tui.demo.launch import Demo
from tests.incidents.playing import QUIET, Player

NO_VERDICT = {
    "application-autoscaling.DescribeScalingActivities",
    "application-autoscaling.DescribeScalingPolicies",
    "cloudwatch.DescribeAlarmHistory",
    "ecs.DescribeClusters",
    "ecs.ListTaskDefinitions",
    "elasticache.DescribeCacheClusters",
    "elasticache.DescribeEvents",
    "rds.DescribeEvents",
    "sts.GetCallerIdentity",
}
"""Operations that no verdict rests on: they tell of the past, of bounds' policies, of who we are, or again of what another tells."""


@pytest.mark.long
@pytest.mark.parametrize("name", [QUIET, "bad-deployment"])
async def test_nothing_that_rested_on_a_denied_operation_passes(
    name: str, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, reset = "", demo.reset

    def failing(**given: Any) -> None:
        reset(**given)
        demo.heal()
        demo.forget_counts()
        if fault:
            demo.fault(fault)

    monkeypatch.setattr(demo, "reset", failing)
    player = Player(demo, tmp_path)
    try:
        base = {key: found.verdict for key, found in (await player.play(name)).found.items()}
        asked = sorted(demo.counts())
        untouched = set()
        for operation in asked:
            fault = f"{operation}=deny"
            now = {key: found.verdict for key, found in (await player.play(name)).found.items()}
            changed = {key: verdict for key, verdict in now.items() if verdict is not base[key]}
            assert set(changed.values()) <= {Verdict.UNKNOWN}, (operation, changed)
            untouched |= set() if changed else {operation}
        assert untouched == NO_VERDICT & set(asked)
    finally:
        await player.close()
