"""A deployment that was stopped to be rolled back, followed by its ARN; and the circuit breaker's count of a running one."""

import msgspec
import pytest

from clickit_tui.world.follow import Phase
from tests import worlds
from tests.test_follow import NEW, OLD, T0, begun, judged, run, world
from tests.worlds import deployment, service_deployment

ARN = service_deployment("api", 43, T0, 60).arn
BACK = worlds.deployment_id(44)


def stopped(at, status, **changes):
    return (
        service_deployment("api", 43, at, at - T0 + 60, status=status, finished_at=None, **changes),
        service_deployment("api", 41, at, 3 * 86_400),
    )


def rolling(at, **changes):
    """The old revision comes back in a new deployment; the failed one drains."""
    plain = {"status": "PRIMARY", "desired": 3, "running": 1, "rollout": "IN_PROGRESS"}
    back = deployment("api", 41, at, at - T0, **{**plain, **changes})
    return (msgspec.structs.replace(back, id=BACK), deployment("api", 43, at, 60, id=NEW, status="ACTIVE", rollout="FAILED"))


def settled(at):
    return (msgspec.structs.replace(deployment("api", 41, at, at - T0, desired=3, running=3), id=BACK),)


def following():
    return begun("rollback", service_deployment=ARN, desired=3)


def test_a_roll_back_goes_from_requested_to_rolled_back_and_recovered():
    first = T0 + 5
    now = run(following(), (first, world(first, deployments=rolling(first), service_deployments=stopped(first, "ROLLBACK_REQUESTED"))))
    assert (now.phase, now.open) == (Phase.UNDER_WAY, True)
    assert now.sentence.startswith("rolling back to api:41, 1 of 3 running")
    later = T0 + 90
    done = run(now, (later, world(later, deployments=settled(later), service_deployments=stopped(later, "ROLLBACK_SUCCESSFUL"))))
    assert (done.phase, done.steady_at) == (Phase.STEADY, later)
    assert done.sentence.startswith("rolled back to api:41, 3 of 3 running")
    end = judged(later)
    over = run(done, (end, world(end, deployments=settled(end), service_deployments=stopped(end, "ROLLBACK_SUCCESSFUL"))))
    assert over.phase is Phase.RECOVERED


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("ROLLBACK_FAILED", "the roll-back failed: tasks did not start"),
        ("SUCCESSFUL", "the deployment completed before it could be stopped: nothing was rolled back: tasks did not start"),
        ("STOPPED", "another deployment replaced it: tasks did not start"),
    ],
)
def test_any_other_end_is_a_failure(status, why):
    at = T0 + 40
    now = run(following(), (at, world(at, deployments=rolling(at), service_deployments=stopped(at, status, reason="tasks did not start"))))
    assert now.phase is Phase.FAILED
    assert why in now.sentence


def test_where_service_deployments_are_not_seen_the_primary_deployment_tells():
    at = T0 + 30
    denied = worlds.faulty(worlds.denied("ecs:ListServiceDeployments"), at)
    before = msgspec.structs.replace(
        world(at, deployments=(deployment("api", 43, at, 200, id=NEW, rollout="IN_PROGRESS"),)), service_deployments=denied
    )
    now = run(following(), (at, before))
    assert now.sentence.startswith("waiting for the roll-back to begin")
    after = msgspec.structs.replace(world(at + 30, deployments=settled(at + 30)), service_deployments=denied)
    done = run(now, (at + 30, after))
    assert done.phase in (Phase.STEADY, Phase.RECOVERED)
    assert "service deployments denied" in done.sentence
    failed = msgspec.structs.replace(world(at + 30, deployments=rolling(at + 30, rollout="FAILED")), service_deployments=denied)
    assert run(now, (at + 30, failed)).phase is Phase.FAILED


def test_the_breakers_count_stands_beside_the_tasks_of_a_running_deployment():
    at = T0 + 30
    own = deployment("api", 43, at, 30, id=NEW, desired=3, running=1, rollout="IN_PROGRESS")
    old = deployment("api", 41, at, 3 * 86_400, id=OLD, status="ACTIVE", desired=3, running=3)
    seen = world(at, deployments=(own, old), service_deployments=stopped(at, "IN_PROGRESS", failures=2))
    assert "1 of 3 running" in run(begun("deployment", deployment=NEW), (at, seen)).sentence
    assert ", breaker 2 of 3" in run(begun("deployment", deployment=NEW), (at, seen)).sentence
    none = world(at, deployments=(own, old), service_deployments=stopped(at, "IN_PROGRESS", failures=0))
    assert "breaker" not in run(begun("deployment", deployment=NEW), (at, none)).sentence
