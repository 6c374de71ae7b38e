"""Service events in few words."""

import pytest

from clickit_tui.world.words import completed_id, event, event_in_full


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("(deployment ecs-svc/140515374) deployment completed.", "deployment completed"),
        ("(deployment ecs-svc/1) deployment failed: tasks failed to start.", "deployment failed: tasks failed to start"),
        ("rolling back to (deployment ecs-svc/12).", "rolling back to another deployment"),
        ("has started 2 tasks: (task 8f3) (task 9).", "started 2 tasks"),
        ("has stopped 1 running tasks: (task x).", "stopped 1 task"),
        ("(task q) (port 80) is unhealthy in (target-group a:b) due to (reason Request timed out).", "target unhealthy: Request timed out"),
        ("(port 80) is unhealthy in (target-group a)", "target unhealthy"),
        ("was unable to place a task. Reason: no capacity.", "was unable to place a task. Reason: no capacity"),
        ("registered 1 targets in (target-group arn:x)", ""),
        ("deregistered 2 targets in (target-group arn:x)", ""),
        ("has begun draining connections on 1 tasks.", ""),
        ("has reached a steady state.", ""),
    ],
)
@pytest.mark.parametrize("service", ["(service clickit-prod-api) ", "(service clickit-prod-api, taskSet ecs-svc/1) ", ""])
def test_an_event_is_said_without_the_names_beside_it(message, said, service):
    assert event(service + message) == said


def test_an_event_in_full_leaves_out_only_what_stands_beside_it() -> None:
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/clickit-prod-api-tg/d788c7cc9ded54fd"
    start = "(service clickit-prod-api) "
    assert event_in_full(f"{start}has started 2 tasks: (task {'a' * 32}) (task {'b' * 32}).") == "started 2 tasks: aaaaaaaa bbbbbbbb"
    assert event_in_full(f"{start}deregistered 1 targets in (target-group {group})") == "deregistered 1 target in clickit-prod-api-tg"
    assert event_in_full(f"{start}(deployment ecs-svc/91) deployment completed.") == "deployment completed"
    assert event_in_full(f"{start}was unable to place a task. Reason: no.") == "was unable to place a task. Reason: no"
    assert event_in_full(f"{start}has stopped 1 running tasks: (task {'c' * 32}).") == "stopped 1 task: cccccccc"
    assert event_in_full(f"{start}has begun draining connections on 1 tasks.") == "began draining connections on 1 task"
    manual = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
    assert event_in_full(f"{start}is unable to start tasks. {manual}") == "is unable to start tasks"


def test_which_deployment_an_event_says_has_completed() -> None:
    assert completed_id("(service a) (deployment ecs-svc/91) deployment completed.") == "ecs-svc/91"
    assert completed_id("(service a) (deployment ecs-svc/91) deployment failed: no.") == ""
    assert completed_id("(service a) rolling back to (deployment ecs-svc/12).") == ""


def test_an_unhealthy_target_is_told_with_its_reason_however_it_is_worded():
    head = "(service clickit-prod-api) (port 8000) is unhealthy in (target-group arn:aws:x:targetgroup/y/1) due to "
    for tail in ("(reason Health checks failed with these codes: [404]).", "(Health checks failed with these codes: [404])."):
        assert event(head + tail) == "target unhealthy: Health checks failed with these codes: [404]"
