"""Rolling back and enabling shells: which revision, what blocks it, what is said, and which call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.actions import enable_exec, rollback
from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.config import Thresholds
from clickit_tui.plan import Plan, Refused, Risk
from clickit_tui.world.ecs import RevisionImage
from clickit_tui.world.revisions import candidates
from clickit_tui.world.supply import Image, image_name
from clickit_tui.world.world import World
from tests.worlds import (
    NAMES,
    NOW,
    definition,
    definition_arn,
    denied,
    ecr_image,
    faulty,
    healthy_world,
    incident_world,
    loading_world,
    migration,
    revision,
    secret,
    seen,
    service_deployment,
)

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
DAY = 86_400.0
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:v2.3.0"
API = Target(kind="service", part="api", id=healthy_world().services.value[0].arn)  # type: ignore[index]


def changed(world: World, **fields: Any) -> World:
    return msgspec.structs.replace(world, **{name: seen(value, NOW, name) for name, value in fields.items()})


def with_revision(world: World, number: int, age_s: float, status: str = "SUCCESSFUL", **changes: Any) -> World:
    """The world with one more deployment of the api and all that belongs to it."""
    deployment = service_deployment("api", number, NOW, age_s, status=status)
    return changed(
        world,
        service_deployments=(deployment, *(world.service_deployments.value or ())),
        revisions=(revision("api", number, NOW, age_s, **changes), *(world.revisions.value or ())),
        definitions=(definition("api", number, NOW, age_s + 60), *(world.definitions.value or ())),
        images=(ecr_image("api", number, NOW), *(world.images.value or ())),
    )


def plan(world: World, chosen: str = "", target: Target = API) -> Plan:
    planned = rollback.plan(world, target, {"revision": chosen} if chosen else {}, FACTS)
    assert isinstance(planned, Plan), planned
    return planned


def refusal(world: World, chosen: str = "") -> str:
    planned = rollback.plan(world, API, {"revision": chosen} if chosen else {}, FACTS)
    assert isinstance(planned, Refused), planned
    return planned.reason


def words(planned: Plan) -> str:
    return "\n".join(line.text for line in planned.effect)


def warned(planned: Plan) -> str:
    return "\n".join(line.text for line in planned.effect if line.level == "warn")


def arn_of(number: int) -> str:
    return revision("api", number, NOW, 0).arn


def number(planned: Plan) -> str:
    return str(planned.steps[0].call.params["taskDefinition"]).rsplit(":", 1)[1]


# --- a deployment under way ---


def test_a_deployment_under_way_is_stopped_at_once_and_waits_for_nothing() -> None:
    world = msgspec.structs.replace(incident_world(), revisions=seen(None, NOW), images=faulty(denied("ecr:DescribeImages"), NOW))
    assert rollback.choices(world, API, FACTS) == ()
    planned = plan(world)
    service = world.services.value[0]  # type: ignore[index]
    (step,) = planned.steps
    assert (step.call.operation, step.until) == ("StopServiceDeployment", None)
    assert step.call.params == {"serviceDeploymentArn": service.service_deployment, "stopType": "ROLLBACK"}
    assert planned.then is not None
    assert (planned.then.kind, planned.then.service_deployment) == ("rollback", service.service_deployment)
    assert planned.basis.deployment == service.deployments[0].id
    assert "Terraform" in warned(planned)


def test_it_says_where_the_roll_back_goes_and_that_a_migration_ran_since() -> None:
    planned = plan(incident_world())
    assert "deployment api:42 stops → api:41 (v2.3.0 sha256:41ababab" in words(planned)
    assert "database migrations are not rolled back: migration :42 ran" in warned(planned)


def test_a_service_that_rolls_is_stopped_even_where_service_deployments_are_not_seen() -> None:
    world = msgspec.structs.replace(incident_world(), service_deployments=faulty(denied("ecs:ListServiceDeployments"), NOW))
    assert plan(world).steps[0].call.operation == "StopServiceDeployment"


@pytest.mark.parametrize("status", ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"])
def test_what_rolls_back_already_is_not_stopped_again(status: str) -> None:
    world = incident_world()
    first, *others = world.service_deployments.value or ()
    back = msgspec.structs.replace(first, status=status, rolled_back_to=arn_of(41))
    reason = refusal(changed(world, service_deployments=(back, *others)))
    assert reason.startswith("api is rolling back already to api:41")


def test_a_breaker_that_only_the_service_itself_speaks_of_is_not_stopped_either() -> None:
    """DescribeServices is read more often than DescribeServiceDeployments: for some seconds the latter still says IN_PROGRESS."""
    world = incident_world()
    service, *others = world.services.value or ()
    back = msgspec.structs.replace(
        service.deployments[0],
        task_definition=definition_arn("api", 41),
        rollout_reason="ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.",
    )
    moved = msgspec.structs.replace(service, deployments=(back, *service.deployments[1:]))
    assert refusal(changed(world, services=(moved, *others))).startswith("api is rolling back already to api:41")


def test_a_deployment_that_is_not_the_one_rolling_out_now_is_not_stopped() -> None:
    world = incident_world()
    service, *others = world.services.value or ()
    newer = msgspec.structs.replace(service.deployments[0], task_definition=definition_arn("api", 43))
    moved = msgspec.structs.replace(service, deployments=(newer, *service.deployments[1:]))
    reason = refusal(changed(world, services=(moved, *others)))
    assert reason == "api:43 is what rolls out now, the deployment to stop was read as :42: r reads again"


def test_a_failed_row_says_so_before_anything_that_may_be_cut() -> None:
    world = with_revision(healthy_world(), 39, 5 * DAY, status="ROLLBACK_SUCCESSFUL")
    gone = ecr_image("api", 39, NOW, exists=False)
    images = tuple(i for i in world.images.value or () if i.id != gone.id)
    world = changed(world, images=(gone, *images))
    row = next(o for o in rollback.choices(world, API, FACTS) if o.text.startswith(":39"))
    assert row.reason.startswith("failed, rolled back, image clickit/api:v2.0.39 is not in ECR; differs ")
    assert "differs" not in row.text


def test_without_an_earlier_success_the_preview_says_that_ecs_may_refuse() -> None:
    world = incident_world()
    planned = plan(changed(world, service_deployments=(world.service_deployments.value or ())[:1]))
    assert "no earlier deployment is known to have succeeded: ECS may refuse" in warned(planned)
    assert "→ the last revision that completed" in words(planned)


# --- a finished deployment ---


def test_the_newest_revision_that_worked_is_chosen_and_never_simply_the_one_before() -> None:
    world = with_revision(with_revision(healthy_world(), 39, 20 * DAY), 38, 5 * DAY, status="ROLLBACK_SUCCESSFUL")
    planned = plan(world)
    (step,) = planned.steps
    assert (step.call.operation, number(planned)) == ("UpdateService", "40")
    assert set(step.call.params) == {"cluster", "service", "taskDefinition"}
    assert planned.basis.task_definition == definition_arn("api", 41)
    assert [(o.id == arn_of(n), bool(o.reason)) for o, n in zip(rollback.choices(world, API, FACTS), (40, 39, 38), strict=True)] == [
        (True, False),
        (True, False),
        (True, True),
    ]
    revived = with_revision(world, 44, 4 * DAY)
    assert number(plan(revived)) == "44", "newest by success, whatever its number"


def test_the_choice_shows_age_tag_digest_commit_and_what_differs() -> None:
    world = healthy_world()
    others = [d for d in world.definitions.value or () if d.arn != definition_arn("api", 40)]
    older = definition("api", 40, NOW, DAY)
    older = msgspec.structs.replace(
        older, cpu="256", containers=(msgspec.structs.replace(older.containers[0], labels=(("git.sha", "4f2c9e1"),)),)
    )
    first = rollback.choices(changed(world, definitions=(*others, older)), API, FACTS)[0]
    assert first.text == ":40  v2.0.40 sha256:40abababab  git 4f2c9e1  9 d ago  differs cpu, image"
    assert first.reason == ""


def test_the_preview_lists_the_differences_and_what_does_not_go_back() -> None:
    planned = plan(healthy_world())
    assert "api:41 → api:40" in words(planned)
    assert "api image clickit/api:v2.3.0 → clickit/api:v2.0.40" in words(planned)
    assert "database migrations are not rolled back: migration :41 ran" in warned(planned)
    assert "Terraform" in warned(planned)
    assert planned.risk is Risk.NORMAL


def test_no_migration_since_is_said_with_its_limits() -> None:
    world = changed(healthy_world(), tasks=tuple(t for t in healthy_world().tasks.value or () if t.part != "migration"))
    assert "none is remembered since then" in words(plan(world))
    remembered = msgspec.structs.replace(world, remembered=(migration(NOW, 41, 2 * DAY),))
    assert "migration :41 ran" in warned(plan(remembered))
    running = msgspec.structs.replace(migration(NOW), status="RUNNING")
    assert "a migration is running" in warned(plan(changed(world, tasks=(running,))))
    blind = msgspec.structs.replace(world, tasks=faulty(denied("ecs:ListTasks"), NOW))
    assert "whether one ran since is not known" in warned(plan(blind))


# --- what blocks, what only warns ---


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("images", (ecr_image("api", 40, NOW, exists=False),), "image clickit/api:v2.0.40 is not in ECR"),
        ("images", (ecr_image("api", 40, NOW, status="ARCHIVED"),), "image clickit/api:v2.0.40 is archived"),
        ("secrets", (secret(NOW, exists=False, name=""),), "does not exist"),
        ("secrets", (secret(NOW, deleted_at=NOW + DAY),), "secret clickit/prod/database-url is scheduled for deletion"),
    ],
)
def test_what_is_proven_missing_blocks_the_row(field: str, value: Any, why: str) -> None:
    world = changed(healthy_world(), **{field: value})
    assert why in refusal(world)
    assert why in refusal(world, arn_of(40))
    assert why in rollback.choices(world, API, FACTS)[0].reason


def test_a_definition_that_is_no_longer_active_blocks_and_an_older_good_one_is_offered_first() -> None:
    world = with_revision(healthy_world(), 39, 20 * DAY)
    world = changed(
        world, revisions=tuple(msgspec.structs.replace(r, active=not r.arn.endswith("api/40")) for r in world.revisions.value or ())
    )
    assert number(plan(world)) == "39"
    assert refusal(world, arn_of(40)) == "api:40 cannot run: task definition :40 is not ACTIVE any more"


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"images": faulty(denied("ecr:DescribeImages"), NOW)}, "image clickit/api:v2.0.40 not checked: no permission: ecr:DescribeImages"),
        (
            {"secrets": faulty(denied("secretsmanager:DescribeSecret"), NOW)},
            "1 secret not checked: no permission: secretsmanager:DescribeSecret",
        ),
        ({"secrets": seen((secret(NOW, has_value=False),), NOW)}, "secret clickit/prod/database-url has no current value"),
        (
            {"images": seen((ecr_image("api", 40, NOW, digest="sha256:beef"),), NOW)},
            "tag v2.0.40 names another image now: sha256:beef would run",
        ),
        ({"revisions": seen((revision("api", 41, NOW, 0), revision("api", 40, NOW, 0, active=None)), NOW)}, "still ACTIVE was not read"),
        ({"definitions": seen((definition("api", 41, NOW, 0),), NOW)}, "what differs is unknown"),
        ({"service_deployments": "stale"}, "deployments as of"),
    ],
)
def test_what_is_unchecked_or_denied_only_warns(changes: dict[str, Any], doubt: str) -> None:
    world = healthy_world()
    if changes == {"service_deployments": "stale"}:
        changes = {"service_deployments": msgspec.structs.replace(world.service_deployments, seen_at=NOW - 300)}
    planned = plan(msgspec.structs.replace(world, **changes))
    assert number(planned) == "40"
    assert doubt in warned(planned)


# --- a roll-back that would not be one ---


def latest(world: World) -> World:
    """Every api revision ran the same definition with a moving tag, with another digest each time."""
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:latest"

    def moved(r: Any) -> Any:
        if r.service != NAMES.api:
            return r
        pinned = tuple(msgspec.structs.replace(i, image=image, digest=f"sha256:{r.arn[-2:]}") for i in r.images)
        return msgspec.structs.replace(r, task_definition=definition_arn("api", 41), images=pinned)

    return changed(world, revisions=tuple(moved(r) for r in world.revisions.value or ()))


def test_the_same_definition_with_a_moving_tag_is_no_way_back_and_the_digest_is_named() -> None:
    world = latest(healthy_world())
    assert "no way back: every deployment of api had this task definition" in refusal(world)
    reason = refusal(world, arn_of(40))
    assert reason.startswith("would not be a roll-back: api:41 is what runs now, ECS would resolve tag latest again. It ran sha256:40")
    assert "runs now" in rollback.choices(world, API, FACTS)[0].reason


def test_another_definition_with_the_same_digest_says_that_the_code_does_not_go_back() -> None:
    world = healthy_world()
    same = tuple(
        msgspec.structs.replace(r, images=revision("api", 41, NOW, 0).images) if r.arn == arn_of(40) else r
        for r in world.revisions.value or ()
    )
    assert "both run the same image: the code does not go back" in warned(plan(changed(world, revisions=same)))


def test_after_a_roll_back_the_revision_that_failed_is_not_offered() -> None:
    world = healthy_world()
    failed = service_deployment("api", 42, NOW, 600, status="ROLLBACK_SUCCESSFUL", rolled_back_to=arn_of(41), breaker="TRIGGERED")
    world = changed(
        world,
        service_deployments=(failed, *(world.service_deployments.value or ())),
        revisions=(revision("api", 42, NOW, 600), *(world.revisions.value or ())),
    )
    assert [(c.number, c.offered, c.failed) for c in candidates(world, world.services.value[0])] == [  # type: ignore[index]
        ("40", True, False),
        ("42", False, True),
    ]
    chosen = plan(world, arn_of(42))
    assert chosen.risk is Risk.SEVERE
    assert "its newest deployment ended: failed, rolled back; it is not known to have worked" in warned(chosen)


# --- no record, no history ---


def unrecorded(world: World) -> World:
    bare = tuple(msgspec.structs.replace(r, arn="", images=(), created_at=None) for r in world.revisions.value or ())
    return msgspec.structs.replace(changed(world, revisions=bare), service_deployments=faulty(denied("ecs:ListServiceDeployments"), NOW))


def test_without_a_record_nothing_is_chosen_for_the_user_and_the_choice_is_severe() -> None:
    world = unrecorded(healthy_world())
    assert refusal(world) == "no record of which revisions worked: choose one (B), it is not proven"
    (only,) = rollback.choices(world, API, FACTS)
    assert (only.id, only.reason) == (definition_arn("api", 40), "not known to have worked; differs image")
    planned = plan(world, only.id)
    assert planned.risk is Risk.SEVERE
    assert "not known to have worked" in warned(planned)


def test_no_history_is_said_plainly() -> None:
    world = healthy_world()
    first = changed(world, service_deployments=(world.service_deployments.value or ())[:1], revisions=(revision("api", 41, NOW, 0),))
    assert refusal(first) == "no other revision of api reached SUCCESSFUL in the last 90 days"
    assert rollback.choices(first, API, FACTS) == ()
    blind = msgspec.structs.replace(world, revisions=faulty(denied("ecs:DescribeServiceRevisions"), NOW))
    assert refusal(blind) == "earlier revisions not seen: no permission: ecs:DescribeServiceRevisions"
    assert "is not there any more: choose again" in refusal(first, arn_of(40))
    assert isinstance(rollback.plan(loading_world(), API, {}, FACTS), Refused)


# --- shells ---


def test_enabling_shells_says_that_it_replaces_every_task() -> None:
    world = healthy_world()
    api, *others = world.services.value or ()
    off = changed(world, services=(msgspec.structs.replace(api, exec_enabled=False), *others))
    planned = enable_exec.plan(off, API, {}, FACTS)
    assert isinstance(planned, Plan)
    assert planned.steps[0].call.params["enableExecuteCommand"] is True
    assert planned.steps[0].call.params["forceNewDeployment"] is True
    assert "every task is replaced" in warned(planned)
    assert planned.then is not None
    assert planned.then.kind == "deployment"


def test_shells_that_are_on_need_nothing_unless_a_task_began_before() -> None:
    world = healthy_world()
    refused = enable_exec.plan(world, API, {}, FACTS)
    assert isinstance(refused, Refused)
    assert "on already" in refused.reason
    tasks = tuple(msgspec.structs.replace(t, exec_enabled=False) if t.part == "api" else t for t in world.tasks.value or ())
    assert isinstance(enable_exec.plan(changed(world, tasks=tasks), API, {}, FACTS), Plan)


def test_only_what_names_a_row_of_its_own_asks_for_a_choice_first() -> None:
    assert {a.id: a.chosen for a in actions() if a.chosen} == {"rollback": "revision"} | dict.fromkeys(
        ("shell", "psql", "questions", "run_command", "ask_health", "port_forward"), "container"
    )


# --- what is read ahead ---


def verdicts(**of: Verdict) -> tuple[PartVerdict, ...]:
    return tuple(PartVerdict(part=part, verdict=verdict, short="", sentence="") for part, verdict in of.items())


@pytest.mark.parametrize(
    ("world", "parts", "wanted"),
    [
        (healthy_world(), verdicts(api=Verdict.PASS, database=Verdict.WARN), False),
        (healthy_world(), verdicts(api=Verdict.PASS, database=Verdict.FAIL), True),
        (healthy_world(), verdicts(api=Verdict.WARN), True),
        (incident_world(), (), True),
        (loading_world(), (), False),
    ],
)
def test_images_and_secrets_are_read_ahead_only_while_something_runs_or_fails(
    world: World, parts: tuple[PartVerdict, ...], wanted: bool
) -> None:
    assert bool(rollback.ahead(world, parts)) is wanted


def test_an_image_that_was_read_long_ago_is_said_to_be_old() -> None:
    world = healthy_world()
    old = msgspec.structs.replace(world.images, seen_at=NOW - 3600, every_s=30.0)
    assert "images as of 1 h ago" in warned(plan(msgspec.structs.replace(world, images=old)))


def test_the_digest_that_ran_before_is_named_and_said_to_be_gone_when_it_is() -> None:
    world = with_revision(healthy_world(), 40, 5 * DAY)
    service = world.services.value[0]  # type: ignore[index]
    same = revision("api", 41, NOW, 9 * DAY, images=(RevisionImage(container="api", image=IMAGE, digest="sha256:old"),))
    earlier = msgspec.structs.replace(service_deployment("api", 41, NOW, 9 * DAY), arn="earlier", target_revision="same")
    world = changed(
        world,
        revisions=(msgspec.structs.replace(same, arn="same", task_definition=service.task_definition), *(world.revisions.value or ())),
        service_deployments=(*(world.service_deployments.value or ()), earlier),
    )
    assert "It ran sha256:old: move the tag back to it" in refusal(world, "same")
    name = image_name(IMAGE)
    gone = Image(registry=name.registry, repository=name.repository, id="sha256:old", exists=False)
    assert "It ran sha256:old: which ECR has not any more" in refusal(changed(world, images=(gone,)), "same")
