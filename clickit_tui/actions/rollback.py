"""Roll a service back: stop the deployment under way, or deploy an earlier revision that is known to have worked."""

from __future__ import annotations

from collections.abc import Iterable

from clickit_tui.actions import redeploy, state
from clickit_tui.actions.registry import Option, Target, action
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.naming import SERVICES
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.difference import Difference, differences
from clickit_tui.world.ecs import Service, ServiceDeployment, Task, revision
from clickit_tui.world.follow import Follow
from clickit_tui.world.revisions import (
    Candidate,
    candidates,
    change_in_short,
    commit,
    current_revision,
    definition_of,
    deployments_of,
    ended_words,
    looked_up,
    running_deployment,
    tag_and_digest,
)
from clickit_tui.world.seen import Age
from clickit_tui.world.supply import MOVING, image_name
from clickit_tui.world.words import brief, clock, several
from clickit_tui.world.world import World

CHOSEN = "revision"
"""Name of the input that holds the chosen candidate's id."""
DIFFERENCES = 6
"""Most differences that a preview lists."""
REFRESHES = (*state.REFRESHES, "service_deployments", "revisions", "images", "secrets")
NEEDED = frozenset({"images", "secrets"})
"""Fields of the World that only a choice of revisions looks at."""
TERRAFORM = "Terraform does not know of it: its next apply may deploy the bad revision again"


def ahead(world: World, parts: Iterable[PartVerdict]) -> frozenset[str]:
    """What to read before anybody asks for a roll-back: `NEEDED` while a deployment runs, anything fails, or a service is not well."""
    troubled = any(p.verdict is Verdict.FAIL or (p.verdict is Verdict.WARN and p.part in SERVICES) for p in parts)
    return NEEDED if troubled or any(s.rolling for s in world.services.value or ()) else frozenset()


def choices(world: World, target: Target, facts: Facts) -> tuple[Option, ...]:
    """The revisions to choose from, the newest good one first; none while a deployment can be stopped."""
    service = state.service_of(world, target)
    if isinstance(service, Refused) or _under_way(world, service) is not None:
        return ()
    found = candidates(world, service)
    cells = [_cells(world, each, facts) for each in found]
    widths = [max((len(row[i]) for row in cells), default=0) for i in range(3)]
    return tuple(_option(world, service, each, row, widths) for each, row in zip(found, cells, strict=True))


def _cells(world: World, of: Candidate, facts: Facts) -> tuple[str, str, str]:
    """Number, image with digest and commit, age: the columns of the list."""
    definition = definition_of(world, of.task_definition)
    sha = commit(of, definition)
    image = "  ".join(filter(None, (tag_and_digest(of.images, definition), f"git {sha}" if sha else "")))
    at = of.good_at or of.last_at
    return f":{of.number or '?'}", image, "" if at is None else f"{brief(facts.now - at)} ago"


def _option(world: World, service: Service, of: Candidate, cells: tuple[str, str, str], widths: list[int]) -> Option:
    number, image, age = cells
    text = f"{number:<{widths[0]}}  {image:<{widths[1]}}  {age:>{widths[2]}}"
    differs = "" if of.same else f"differs {change_in_short(world, service, of)}"
    why = _why_not(of)
    if not why:
        return Option(id=of.id, text=f"{text}  {differs}")
    return Option(id=of.id, text=text, reason="; ".join(filter(None, (why, differs))))


def _why_not(of: Candidate) -> str:
    """Why a candidate is not the one to take; empty for a good one."""
    if of.same:
        return "runs now: deploying it again resolves its tag anew"
    failed = ended_words(of.status) if of.failed else ""
    if of.blocked:
        return ", ".join(filter(None, (failed, of.blocked)))
    return failed if of.recorded else "not known to have worked"


@action(
    id="rollback",
    key="B",
    verb="roll back",
    title="Roll a service back",
    on=("service", "task"),
    operations=("ecs:StopServiceDeployment", "ecs:UpdateService"),
    choices=choices,
    chosen=CHOSEN,
    asks="to which revision",
    reads=NEEDED,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Stop the deployment under way at once; otherwise deploy the chosen revision, or the newest one that is known to have worked."""
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return service
    under_way = _under_way(world, service)
    if under_way is not None and not given.get(CHOSEN):
        return _stop(world, service, under_way, facts)
    chosen = _chosen(world, service, given.get(CHOSEN, ""))
    return chosen if isinstance(chosen, Refused) else _deploy(world, service, chosen, facts)


def _under_way(world: World, service: Service) -> ServiceDeployment | None:
    """The deployment that is rolling out or back; also one that only the service itself speaks of."""
    known = running_deployment(world, service)
    if known is not None:
        return known
    settled = any(d.arn == service.service_deployment for d in world.service_deployments.value or ())
    if not service.rolling or not service.service_deployment or settled:
        return None
    return ServiceDeployment(arn=service.service_deployment, service=service.name, status="IN_PROGRESS")


# --- a deployment under way ---------------------------------------------------------------------------------------------------


def _stop(world: World, service: Service, under_way: ServiceDeployment, facts: Facts) -> Plan | Refused:
    if under_way.rolling_back or service.rolling_back:
        return Refused(_already(world, service, under_way, facts))
    if (deployed := _definition_of(world, under_way.target_revision)) and service.primary is not None:
        now = service.primary.task_definition
        if now and now != deployed:
            known, shown = revision(deployed) or "?", revision(now) or "?"
            return Refused(f"{service.part}:{shown} is what rolls out now, the deployment to stop was read as :{known}: r reads again")
    params = {"serviceDeploymentArn": under_way.arn, "stopType": "ROLLBACK"}
    health = state.health(world, service, facts.now)
    return Plan(
        action="rollback",
        title=f"ROLL BACK {service.name}",
        env=world.env,
        target=service.part,
        steps=(Step(call=Call("ecs", "StopServiceDeployment", params)),),
        effect=_stop_effect(world, service, under_way, health, facts),
        risk=Risk.NORMAL,
        undo="cannot be undone: R or B deploys a revision again",
        refreshes=REFRESHES,
        basis=state.basis(world, service, service.part),
        then=Follow(
            kind="rollback",
            env=world.env,
            part=service.part,
            service=service.name,
            cluster=state.cluster(service.cluster, facts),
            desired=service.desired,
            service_deployment=under_way.arn,
        ),
    )


def _already(world: World, service: Service, under_way: ServiceDeployment, facts: Facts) -> str:
    """That it rolls back by itself, to what and since when."""
    back, begun_at = _revision_words(world, service, under_way.rolled_back_to), under_way.started_at
    if not under_way.rolling_back and service.primary is not None:
        back, begun_at = f"{service.part}:{revision(service.primary.task_definition) or '?'}", service.primary.created_at
    since = "" if begun_at is None else f", begun {brief(facts.now - begun_at)} ago"
    return f"{service.part} is rolling back already{f' to {back}' if back else ''}{since}: f follows it"


def _definition_of(world: World, arn: str) -> str:
    """The task definition of a service revision; empty when it is not known."""
    return next((r.task_definition for r in world.revisions.value or () if arn and r.arn == arn), "")


def _stop_effect(world: World, service: Service, under_way: ServiceDeployment, health: state.Health, facts: Facts) -> tuple[Line, ...]:
    number = revision(service.primary.task_definition if service.primary else service.task_definition) or "?"
    before = next((d for d in deployments_of(world, service) if d.status == "SUCCESSFUL"), None)
    back = _revision_words(world, service, before.target_revision) if before else ""
    head = Line(
        text=f"deployment {service.part}:{number} stops → {back or 'the last revision that completed'}   {state.counts(service, health)}"
    )
    warnings: list[Line] = []
    if world.service_deployments.value is not None and before is None:
        warnings.append(state.warn("no earlier deployment is known to have succeeded: ECS may refuse"))
    since = under_way.started_at or under_way.created_at
    return (
        head,
        *warnings,
        *_migrations(world, before.finished_at if before else since, facts),
        state.warn(TERRAFORM),
        *_old(world, facts),
    )


def _revision_words(world: World, service: Service, arn: str) -> str:
    """`api:41 (v2.3.0 sha256:41ab)` of a service revision; empty when it is not known."""
    found = next((r for r in world.revisions.value or () if arn and r.arn == arn), None)
    if found is None:
        return ""
    words = tag_and_digest(found.images, definition_of(world, found.task_definition))
    return f"{service.part}:{revision(found.task_definition) or '?'}" + (f" ({words})" if words else "")


# --- an earlier revision ------------------------------------------------------------------------------------------------------


def _chosen(world: World, service: Service, id: str) -> Candidate | Refused:
    known = candidates(world, service)
    if id:
        found = next((c for c in known if c.id == id), None)
        if found is None:
            return Refused(f"the chosen revision {revision(id) or id.rsplit('/', 1)[-1]} is not there any more: choose again (B)")
        return found
    offered = next((c for c in known if c.offered), None)
    return offered or Refused(_nothing(world, service, known))


def _nothing(world: World, service: Service, known: tuple[Candidate, ...]) -> str:
    """Why there is no revision to offer."""
    if any(c.same and c.good_at for c in known) and not any(not c.same for c in known):
        return f"no way back: every deployment of {service.part} had this task definition, and deploying it again resolves its tag anew"
    if blocked := next((c for c in known if c.blocked and c.good_at), None):
        return f"the newest good revision cannot run: {blocked.blocked}"
    if any(not c.recorded for c in known):
        return "no record of which revisions worked: choose one (B), it is not proven"
    for seen in (world.service_deployments, world.revisions):
        if seen.value is None:
            return f"earlier revisions not seen: {seen.fault.sentence if seen.fault else 'not read yet'}"
    return f"no other revision of {service.part} reached SUCCESSFUL in the last 90 days"


def _deploy(world: World, service: Service, of: Candidate, facts: Facts) -> Plan | Refused:
    if of.same:
        return Refused(_not_one(world, service, of))
    if of.blocked:
        return Refused(f"{service.part}:{of.number} cannot run: {of.blocked}")
    where = state.cluster(service.cluster, facts)
    health = state.health(world, service, facts.now)
    return Plan(
        action="rollback",
        title=f"ROLL BACK {service.name}",
        env=world.env,
        target=service.part,
        steps=(Step(call=update(where, service.name, of.task_definition)),),
        effect=_deploy_effect(world, service, of, health, facts),
        risk=Risk.SEVERE if of.good_at is None else redeploy.risk(service, health),
        undo=f"B deploys {service.part}:{revision(service.task_definition) or '?'} again",
        refreshes=REFRESHES,
        basis=state.basis(world, service, service.part, task_definition=service.task_definition),
        then=Follow(kind="deployment", env=world.env, part=service.part, service=service.name, cluster=where, desired=service.desired),
    )


def update(cluster: str, service: str, definition: str) -> Call:
    """UpdateService with nothing but the task definition."""
    return Call("ecs", "UpdateService", {"cluster": cluster, "service": service, "taskDefinition": definition})


def _not_one(world: World, service: Service, of: Candidate) -> str:
    """Why deploying this revision would be no roll-back."""
    name = f"{service.part}:{of.number}"
    pinned = next((i for i in of.images if i.digest), None)
    if pinned is None:
        return f"would not be a roll-back: {name} is what runs now, ECS would resolve its image's tag again"
    image = image_name(pinned.image)
    tag = f"tag {image.tag}" if image.tag else "its image"
    gone = looked_up(world, image, pinned.digest)
    if gone is not None and gone.exists is False:
        way = "which ECR has not any more: build it again, or choose another revision"
    else:
        way = "move the tag back to it in ECR, or register a task definition that names this digest"
    return f"would not be a roll-back: {name} is what runs now, ECS would resolve {tag} again. It ran {pinned.digest}: {way}"


def _deploy_effect(world: World, service: Service, of: Candidate, health: state.Health, facts: Facts) -> tuple[Line, ...]:
    now = revision(service.task_definition) or "?"
    head = Line(text=f"{service.part}:{now} → {service.part}:{of.number or '?'}   {state.counts(service, health)}")
    ago = f"{brief(facts.now - of.good_at)} ago" if of.good_at is not None else ""
    proof = Line(text=f"last SUCCESSFUL {ago}") if ago else state.warn(_unproven(of))
    warnings = (*(state.warn(text) for text in of.doubts), *_moving(world, of), *_same_image(world, service, of))
    return (
        head,
        proof,
        *warnings,
        *_differences(world, service, of),
        *_migrations(world, of.good_at or of.last_at, facts),
        state.warn(TERRAFORM),
        *redeploy.floor_warning(service, health),
        *_old(world, facts, *sorted(NEEDED)),
        *state.shared_warnings(world, service, facts),
    )


def _unproven(of: Candidate) -> str:
    if of.recorded:
        return f"its newest deployment ended: {ended_words(of.status)}; it is not known to have worked"
    return "ECS has no record of its deployments: it is not known to have worked"


def _moving(world: World, of: Candidate) -> tuple[Line, ...]:
    """A tag that moves may mean another image than the one that ran."""
    definition = definition_of(world, of.task_definition)
    tags = [image_name(c.image).tag for c in definition.containers if c.image] if definition else []
    moved = next((doubt for doubt in of.doubts if "names another image now" in doubt), "")
    return tuple(
        state.warn(f"tag {tag} moves: what runs is what it names at that moment")
        for tag in dict.fromkeys(tags)
        if tag in MOVING and not moved
    )


def _same_image(world: World, service: Service, of: Candidate) -> tuple[Line, ...]:
    """Both revisions run the very same digests: the code does not go back."""
    current = next((r for r in world.revisions.value or () if r.arn and r.arn == current_revision(world, service)), None)
    digests = {i.digest for i in of.images}
    if current is None or "" in digests or not digests or digests != {i.digest for i in current.images}:
        return ()
    return (state.warn("both run the same image: the code does not go back, only the definition"),)


def _differences(world: World, service: Service, of: Candidate) -> tuple[Line, ...]:
    now, then = definition_of(world, service.task_definition), definition_of(world, of.task_definition)
    if now is None or then is None:
        return (state.warn("what differs is unknown: a task definition was not read"),)
    found = [d for d in differences(now, then) if d.known]
    if not found:
        return (Line(text="the definitions do not differ in anything that is shown here"),)
    lines = tuple(Line(text=difference_words(d)) for d in found[:DIFFERENCES])
    more = (
        (Line(text=f"and {several(len(found) - DIFFERENCES, 'more difference')} (d on the deployment)"),)
        if len(found) > DIFFERENCES
        else ()
    )
    return (*lines, *more)


def difference_words(d: Difference) -> str:
    """`image …/clickit/api:v2.3.1 → …/clickit/api:v2.3.0`; a masked value is only said to differ."""
    name = f"{d.container} {d.field}".strip()
    if d.before == d.after:
        return f"{name}: another value (not shown)" if d.known else f"{name}: masked, whether it differs cannot be told"
    return f"{name} {_registry_cut(d.before)} → {_registry_cut(d.after)}"


def _registry_cut(value: str) -> str:
    return value.split(".amazonaws.com/", 1)[-1] if ".dkr.ecr" in value else value


# --- what stays -----------------------------------------------------------------------------------------------------------------


def _migrations(world: World, since: float | None, facts: Facts) -> tuple[Line, ...]:
    """That the database does not go back, and whether a migration ran since then."""
    runs = migrations(world)
    if any(not t.stopped for t in runs):
        return (state.warn("a migration is running: the database does not go back, the schema may not fit the old code"),)
    after = [t for t in runs if since is not None and (t.started_at or t.created_at or 0.0) > since]
    if after:
        newest = max(after, key=lambda t: t.started_at or t.created_at or 0.0)
        at = newest.started_at or newest.created_at or 0.0
        number = revision(newest.task_definition) or "?"
        return (
            state.warn(f"database migrations are not rolled back: migration :{number} ran {clock(at)}, after the older code was deployed"),
        )
    if world.tasks.value is None:
        return (state.warn("database migrations are not rolled back; whether one ran since is not known"),)
    return (Line(text="database migrations are not rolled back; none is remembered since then (ECS forgets tasks after an hour)"),)


def migrations(world: World) -> tuple[Task, ...]:
    """Runs of the migration, those that ECS has forgotten included."""
    every = {t.arn: t for t in (*world.remembered, *(world.tasks.value or ())) if t.part == "migration"}
    return tuple(every.values())


def _old(world: World, facts: Facts, *more: str) -> tuple[Line, ...]:
    """What of the deployments, and of more fields, is an old reading."""
    old = [
        (name.replace("_", " "), seen)
        for name in ("service_deployments", *more)
        if (seen := getattr(world, name)).value is not None and seen.age(facts.now) is not Age.FRESH
    ]
    return tuple(
        state.warn(f"{name} as of {brief(facts.now - (seen.seen_at or facts.now))} ago: {state.trouble(seen, facts.now)}")
        for name, seen in old
    )
