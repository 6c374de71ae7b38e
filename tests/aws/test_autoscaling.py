"""Scalable targets and their policies."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.autoscaling import policy, scaling_fetch
from clickit_tui.naming import names
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Failed, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
EMPTY = World(env="dev")


async def scaling(**answers: Any) -> Any:
    return (await scaling_fetch(Scripted(**answers), NAMES)(EMPTY))["scaling"]


async def test_bounds_suspensions_and_policies() -> None:
    assert await scaling(DescribeScalableTargets=recorded.SCALABLE, DescribeScalingPolicies=recorded.POLICIES) == (
        ScalableTarget(
            part="api",
            minimum=1,
            maximum=4,
            suspended=("in", "scheduled"),
            policies=("cpu-60 (ECSServiceAverageCPUUtilization 60)",),
        ),
    )


async def test_no_target_is_an_empty_tuple() -> None:
    assert await scaling(DescribeScalableTargets={"ScalableTargets": []}, DescribeScalingPolicies={"ScalingPolicies": []}) == ()


async def test_denied_policies_are_said_and_do_not_hide_the_bounds() -> None:
    (api,) = await scaling(DescribeScalableTargets=recorded.SCALABLE)
    assert (api.minimum, api.maximum) == (1, 4)
    assert api.policies == ("? no permission: application-autoscaling:DescribeScalingPolicies",)


@pytest.mark.parametrize("answer", [failed(Trouble.DENIED), {}])
async def test_unreadable_targets_are_a_fault(answer: Any) -> None:
    with pytest.raises(Failed):
        await scaling(DescribeScalableTargets=answer, DescribeScalingPolicies=recorded.POLICIES)


async def test_other_dimensions_and_resources_are_left_out() -> None:
    target = recorded.SCALABLE["ScalableTargets"][0]
    others = [target | {"ScalableDimension": "ecs:other"}, target | {"ResourceId": "service/other/clickit-dev-api"}]
    assert await scaling(DescribeScalableTargets={"ScalableTargets": others}, DescribeScalingPolicies=recorded.POLICIES) == ()


def test_a_step_policy_shows_its_type() -> None:
    assert policy({"PolicyName": "night", "PolicyType": "StepScaling"}) == "night (StepScaling)"
    assert policy({"PolicyName": "bare"}) == "bare"
