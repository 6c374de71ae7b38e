"""A service does not start, or its tasks come and go."""

from __future__ import annotations

import re
from collections.abc import Callable

from clickit_tui.checks.registry import Todo
from clickit_tui.checks.service_secrets import short_name
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks import commands
from clickit_tui.playbooks.evidence import STOPS_S, Stops, back, crashing, deployed, failing
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each
from clickit_tui.world.revisions import definition_of, deployments_of, pinned_images, references
from clickit_tui.world.supply import Secret, image_name
from clickit_tui.world.words import brief, several

PLAYBOOK = Playbook(
    id="start",
    title="Service won't start",
    order=2,
    steps=(
        Step(title="stopped tasks", checks=each("stops")),
        Step(title="running tasks", checks=each("tasks")),
        Step(title="image", checks=each("image")),
        Step(title="secrets", checks=each("secrets")),
        Step(title="health checks", checks=("edge.targets", *each("targets"))),
        Step(title="memory", checks=each("memory")),
        Step(title="deployment", checks=each("deployment", "breaker")),
        Step(title="addresses", checks=each("subnets")),
        Step(title="logs", checks=each("errors", "log_lines")),
        Step(title="health endpoint", person="start the image by hand and ask its health endpoint; note what it answers"),
    ),
)

CODES = re.compile(r"codes?:? \[?(\d{3})")


def _clue(case: Case, stops: Stops, id: str, sentence: str, *todo: Todo) -> Clue:
    """A cause that stopped tasks prove; ECS's own words are its first reason."""
    ran = f"{stops.service.running} of {stops.service.desired} tasks of {stops.part} run" if stops.short else ""
    breaker = next((d.breaker for d in deployments_of(case.world, stops.service)), "")
    who = "the circuit breaker rolled the deployment back" if breaker in ("", "TRIGGERED") else "the deployment was rolled back"
    went = who if stops.reverted else ""
    newest = stops.tasks[0].stopped_at
    ago = f", the last {brief(case.facts.now - newest)} ago" if newest is not None else ""
    reasons = (f"{several(len(stops.tasks), 'task')} stopped{ago}: {_both_ends(stops.reason)}", ran, went)
    return Clue(
        id=id,
        sentence=sentence,
        part=stops.part,
        reasons=tuple(filter(None, reasons)),
        todo=todo,
        explains=("targets.unhealthy", "deployment.bad", "deployment.failed", "app.errors", "app.crash", "memory.high"),
    )


def _both_ends(text: str, most: int = 150) -> str:
    return text if len(text) <= most else f"{text[:60]} … {text[-(most - 63) :]}"


# --- what the stopped tasks say ----------------------------------------------------------------------------------------------------

Named = Callable[[Case, Stops], Clue]


def _image(case: Case, stops: Stops) -> Clue:
    """The pinned digest, or the tag: the reason names a digest in both cases, ECR tells which of them is gone."""
    checked = case.found.get(f"{stops.part}.image")
    tag = next(iter(re.findall(r"/[a-z-]+:([\w.-]+)'?", stops.reason)), "")
    pinned = "@sha256:" in stops.reason and not stops.reverted and not _tag_gone(case, stops)
    if pinned:
        redeploy = Todo(words=f"redeploy {stops.part}: its tag resolves to an image that exists", action="redeploy", part=stops.part)
        proof = f"; {checked.sentence}" if checked is not None and checked.verdict.value == "FAIL" else ""
        return _clue(case, stops, "image.digest_missing", f"the image digest that {stops.part} pinned is gone from ECR{proof}", redeploy)
    sentence = f"image tag {tag or '?'} of {stops.part} is not in ECR"
    return _clue(case, stops, "image.tag_missing", sentence, *back(case, stops.part), commands.image(case, stops.service, tag))


def _tag_gone(case: Case, stops: Stops) -> bool:
    """Whether ECR says that the tag itself is gone: then a redeploy would pull nothing."""
    asked = [image_name(one.image) for one in pinned_images(case.world, stops.service)]
    wanted = {(one.registry, one.repository, one.tag) for one in asked if one.tag}
    known = case.world.images.known(case.facts.now) or ()
    return any(one.exists is False and (one.registry, one.repository, one.id) in wanted for one in known)


def _secret(case: Case, stops: Stops, wanted: Callable[[Secret], bool]) -> Secret | None:
    """The secret that the tasks' definition names and that is so: the one that ECS's reason names, else the first."""
    definition = definition_of(case.world, stops.tasks[0].task_definition)
    own = references(definition) if definition is not None else ()
    found = [one for one in case.world.secrets.known(case.facts.now) or () if one.reference in own and wanted(one)]
    return next((one for one in found if short_name(one.name or one.reference) in stops.reason), next(iter(found), None))


def _secret_deleted(case: Case, stops: Stops) -> Clue:
    one = _secret(case, stops, lambda secret: secret.deleted_at is not None)
    name = (one.name or short_name(one.reference)) if one is not None else ""
    sentence = f"a secret of {stops.part} is scheduled for deletion" + (f": {name}" if name else "")
    return _clue(case, stops, "secret.scheduled_for_deletion", sentence, commands.restore_secret(one))


def _secret_missing(case: Case, stops: Stops) -> Clue:
    one = _secret(case, stops, lambda secret: secret.exists is False)
    name = short_name(one.reference) if one is not None else ""
    sentence = f"a secret of {stops.part} does not exist" + (f": {name}" if name else "")
    return _clue(case, stops, "secret.missing", sentence, commands.create_secret(name or "SECRET"))


def _health(case: Case, stops: Stops) -> Clue | None:
    """Failed health checks of a new release; without one it is no trouble of starting."""
    if not deployed(case, stops):
        return None
    told = [e.message for e in stops.service.events if e.at is not None and case.facts.now - e.at <= STOPS_S]
    unhealthy = [text for text in told if "is unhealthy" in text]
    code = next((found[1] for text in unhealthy if (found := CODES.search(text))), "")
    groups = [g for g in case.world.target_groups.value or () if g.arn in stops.service.target_groups]
    path = groups[0].path if groups else ""
    todo = (*back(case, stops.part), commands.health_check(stops.service))
    if code:
        return _clue(case, stops, "health.path", f"new tasks of {stops.part} answer {code} to the health check {path}".rstrip(), *todo)
    slow = any("timed out" in text for text in unhealthy)
    within = f" in {groups[0].timeout_s} s" if groups and groups[0].timeout_s else ""
    sentence = f"new tasks of {stops.part} do not answer the health check {path}{within}"
    return _clue(case, stops, "health.timeout" if slow else "health.failing", sentence, *todo)


def _oom(case: Case, stops: Stops) -> Clue:
    after = " since the new release" if deployed(case, stops) else ""
    return _clue(case, stops, "memory.leak", f"tasks of {stops.part} run out of memory{after}", *back(case, stops.part))


def _crash(case: Case, stops: Stops) -> Clue:
    codes = sorted({c.exit_code for t in stops.tasks for c in t.containers if c.exit_code})
    said = f" (exit {', '.join(str(code) for code in codes)})" if codes else ""
    if stops.reverted:
        return _clue(
            case, stops, "deployment.crash", f"the new release of {stops.part} dies at start{said}", commands.its_errors(case, stops.part)
        )
    sentence = f"tasks of {stops.part} end by themselves{said}" + (", since the new release" if deployed(case, stops) else "")
    return _clue(case, stops, "app.crash", sentence, *back(case, stops.part), commands.its_errors(case, stops.part))


def _capacity(case: Case, stops: Stops) -> Clue:
    spot = any("SPOT" in one for one in stops.service.capacity)
    sentence = f"there is no {'Spot ' if spot else ''}capacity for tasks of {stops.part}"
    todo = (commands.on_demand(case, stops.service),) if spot else (commands.addresses(stops.service),)
    return _clue(case, stops, "spot.no_capacity" if spot else "capacity.none", sentence, *todo)


def _plain(id: str, words: str, todo: Callable[[Case, Stops], tuple[Todo, ...]]) -> Named:
    """A cause that needs no second look."""
    return lambda case, stops: _clue(case, stops, id, words.format(part=stops.part), *todo(case, stops))


BY_STOP: dict[str, Callable[[Case, Stops], Clue | None]] = {
    "image-missing": _image,
    "pull-denied": _plain(
        "image.denied", "the execution role of {part} may not pull its image", lambda c, s: (commands.pull_again(c, s.service),)
    ),
    "role-ecr": _plain("image.denied", "the execution role of {part} may not use ECR", lambda c, s: (commands.pull_again(c, s.service),)),
    "pull-platform": _plain(
        "image.platform", "the image of {part} is for another architecture", lambda c, s: (*back(c, s.part), commands.build(c, s.service))
    ),
    "pull-throttled": _plain("image.throttled", "the registry limits the pulls of {part}", lambda c, s: (commands.image(c, s.service),)),
    "pull-network": _plain("network.registry", "tasks of {part} do not reach the registry", lambda c, s: (commands.addresses(s.service),)),
    "start-network": _plain("network.start", "tasks of {part} do not reach AWS at start", lambda c, s: (commands.addresses(s.service),)),
    "secret-deleted": _secret_deleted,
    "secret-missing": _secret_missing,
    "secret-key": _plain(
        "secret.key_missing",
        "a secret of {part} lacks the key that its definition names",
        lambda c, s: (*back(c, s.part), commands.secret_keys(s.service)),
    ),
    "role-secret": _plain(
        "secret.denied", "the execution role of {part} may not read its secrets", lambda c, s: (commands.read_secrets(c, s.service),)
    ),
    "log-group": _plain(
        "logs.group_missing", "the log group of {part} is missing or not reached", lambda c, s: (commands.create_log_group(c, s.part),)
    ),
    "network-interface": _plain(
        "network.addresses", "no address is left for tasks of {part}", lambda c, s: (commands.addresses(s.service),)
    ),
    "capacity": _capacity,
    "container-health": _plain(
        "health.container",
        "new tasks of {part} fail their container's health check",
        lambda c, s: (*back(c, s.part), commands.its_errors(c, s.part)),
    ),
    "elb-health": _health,
    "oom": _oom,
}
"""What a stopped task's cause in the catalogue means for its service."""


@cause("start", 100, *each("stops", "tasks"))
def stopped(case: Case) -> Clue | None:
    """What the tasks themselves say of why they cannot start or stay."""
    stops = failing(case)
    if stops is None:
        return None
    named = BY_STOP.get(stops.cause.id) or (_crash if crashing(stops) and stops.reverted else None)
    return named(case, stops) if named is not None else None


@cause("start", 125, *each("stops"))
def crashed(case: Case) -> Clue | None:
    """Tasks of a new release that end by themselves; ranks below a deployment that is still being rolled out."""
    stops = failing(case)
    return _crash(case, stops) if stops is not None and crashing(stops) and not stops.reverted and deployed(case, stops) else None


@cause("start", 160, *each("deployment"))
def failed_deployment(case: Case) -> Clue | None:
    """A roll-out that failed by itself."""
    for part in SERVICES:
        if bad := case.bad(f"{part}.deployment"):
            return Clue(id="deployment.failed", sentence=bad.sentence, part=part, todo=back(case, part), explains=("targets.unhealthy",))
    return None


@cause("start", 600, *each("stops"))
def coming_and_going(case: Case) -> Clue | None:
    """Tasks that stop by themselves without a new release, or for no reason that is known better."""
    stops = failing(case)
    if stops is not None and crashing(stops) and not stops.reverted:
        return _crash(case, stops)
    bad = case.bad(*each("stops"))
    return Clue(id="app.crash", sentence=bad.sentence, part=bad.part, todo=(commands.its_errors(case, bad.part),)) if bad else None


@cause("start", 620, *each("memory"), "db.memory")
def memory(case: Case) -> Clue | None:
    bad = case.bad(*each("memory"), "db.memory")
    return Clue(id="memory.high", sentence=bad.sentence, part=bad.part, todo=bad.todo) if bad else None
