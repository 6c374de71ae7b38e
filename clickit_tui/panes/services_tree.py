"""The rows of the Services screen: services, their deployments, tasks and containers; stopped tasks by cause; runs of the migration."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.services import migration_state, service_state, targets_of, task_state, unread_targets
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit
from clickit_tui.world.causes import StopGroup, grouped
from clickit_tui.world.ecs import Container, Deployment, Service, ServiceDeployment, Task, revision
from clickit_tui.world.revisions import (
    current_revision,
    definition_of,
    deployments_of,
    ended_words,
    running_deployment,
    tag_and_digest,
    undone_by,
)
from clickit_tui.world.words import several, spell
from clickit_tui.world.world import World

VIEWS = ("services", "stopped", "migrations")
BACK: dict[str, tuple[str, Look]] = {
    "SUCCESSFUL": ("PASS", "plain"),
    "PENDING": ("WARN", "warn"),
    "IN_PROGRESS": ("WARN", "warn"),
    "STOPPED": ("NONE", "dim"),
}
"""Mark and look of a service deployment's status; every other one is a failure."""


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """How the screen is looked at."""

    view: str = "services"
    toggled: frozenset[str] = frozenset()
    """Keys of the rows whose usual state (open or shut) was turned round."""
    hidden: bool = False
    """Show stops that are no failure, too."""


def rows(world: World, view: View, width: int, looking: Looking) -> list[Row]:
    """The rows of the chosen view."""
    if looking.view == "stopped":
        return stopped_rows(world, view, width, looking)
    if looking.view == "migrations":
        return migration_rows(world, view, width)
    found: list[Row] = []
    for service in world.services.value or ():
        found += service_tree(world, view, service, width, looking)
    return found or [said(f" services: {reason(world.services.fault)}" if world.services.fault else " loading…")]


def revealing(world: World, view: View, key: str, looking: Looking) -> Looking | None:
    """How to look at the screen to see the row of a service or task; None when there is none."""
    above = frozenset(k for k in looking.toggled if k.partition(":")[0] in ("service", "deployment"))
    groups = [g for g in stop_groups(world, True) if any(f"task:{t.arn}" == key for t in g.tasks)]
    inside = looking.toggled | {group_key(g) for g in groups}
    hidden = looking.hidden or any(g.cause.hidden for g in groups)
    ways = (
        looking,
        Looking(toggled=looking.toggled - above, hidden=looking.hidden),
        Looking(view="stopped", toggled=inside, hidden=hidden),
        Looking(view="migrations", toggled=looking.toggled, hidden=looking.hidden),
    )
    return next((way for way in ways if any(row.key == key for row in rows(world, view, 80, way))), None)


def said(text: str, look: Look = "dim") -> Row:
    """A row that cannot be selected."""
    return Row(key="", spans=(Span(text, look),))


def _open(key: str, usual: bool, looking: Looking) -> bool:
    return usual != (key in looking.toggled)


def _head(view: View, depth: int, opened: bool | None) -> Span:
    mark = " " if opened is None else view.glyphs.open if opened else view.glyphs.shut
    return Span(f"{'  ' * depth}{mark} ")


def _n(value: int | None) -> str:
    return "?" if value is None else str(value)


# --- services -----------------------------------------------------------------------------------------------------------------


def service_tree(world: World, view: View, service: Service, width: int, looking: Looking) -> list[Row]:
    """A service, what it deploys, its tasks by deployment, its stopped tasks by cause and its earlier deployments."""
    key = f"service:{service.arn or service.name}"
    opened = _open(key, True, looking)
    found = [_service_row(world, view, service, width, opened, key)]
    if not opened:
        return found
    tasks = [t for t in world.tasks.value or () if t.part == service.part and not t.stopped]
    for deployment in service.deployments:
        own = tasks_of(world, service, deployment)
        found += _deployment_rows(world, view, service, deployment, own, width, looking)
    known = {t.arn for d in service.deployments for t in tasks if _of(t, d, service)}
    found += _task_rows(world, view, [t for t in tasks if t.arn not in known], width, 1, looking)
    if world.tasks.value is None:
        found.append(said(f"    tasks: {reason(world.tasks.fault) if world.tasks.fault else 'loading…'}"))
    for group in stop_groups(world, looking.hidden, service.part):
        found += _group_rows(world, view, group, width, 1, looking)
    return [*found, *_past_rows(world, view, service, width, looking)]


def tasks_of(world: World, service: Service, deployment: Deployment) -> list[Task]:
    """The tasks of a deployment that have not stopped."""
    return [t for t in world.tasks.value or () if t.part == service.part and not t.stopped and _of(t, deployment, service)]


def _of(task: Task, deployment: Deployment, service: Service) -> bool:
    """Whether a deployment started a task; by revision where the task does not say who started it."""
    if task.started_by.startswith("ecs-svc/") and deployment.id.startswith("ecs-svc/"):
        return task.started_by == deployment.id
    first = next((d for d in service.deployments if d.task_definition == task.task_definition), None)
    return first is not None and first.id == deployment.id


def _service_row(world: World, view: View, service: Service, width: int, opened: bool, key: str) -> Row:
    targets = targets_of(world, service.part)
    staying = [t for t in targets or () if t.state != "draining"]
    healthy = None if targets is None else (sum(t.state == "healthy" for t in staying), len(staying))
    state, look = service_state(service, healthy, view)
    unknown = "healthy ?" if service.target_groups else ""
    health = unknown if healthy is None else f"healthy {healthy[0]}/{healthy[1]}"
    extra = breaker_words(world, service)
    cells = max(20, width - 54)
    spans = (
        _head(view, 0, opened),
        Span(fit(service.part, 11), "bold"),
        Span(fit(state, cells), look),
        Span(fit(health, 14), "warn" if healthy and healthy[0] < healthy[1] else "plain"),
        Span(fit(extra, min(25, width - 27 - cells)), "warn" if extra[8:9].isdigit() and extra[8] != "0" else "dim"),
    )
    return Row(key=key, spans=spans, search=f"{service.part} {service.name} {state}")


def breaker_words(world: World, service: Service) -> str:
    """`breaker 2/3` of the running deployment, else whether there is a circuit breaker."""
    running = running_deployment(world, service)
    if running is not None and running.failures is not None and running.threshold is not None:
        return f"breaker {running.failures}/{running.threshold} {running.breaker.lower()}"
    if service.breaker_enabled is None:
        return "breaker unknown"
    return "breaker on" + (", rolls back" if service.breaker_rollback else "") if service.breaker_enabled else "breaker off"


def _deployment_rows(
    world: World, view: View, service: Service, deployment: Deployment, tasks: list[Task], width: int, looking: Looking
) -> list[Row]:
    key = f"deployment:{deployment.id}"
    opened = _open(key, True, looking)
    state, look = deployment_state(deployment, view, undone_by(world, service, deployment) is not None)
    word = {"PRIMARY": "new" if len(service.deployments) > 1 else "now", "ACTIVE": "old"}.get(deployment.status, deployment.status.lower())
    counts = f"{_n(deployment.running)}/{_n(deployment.desired)}"
    spans = (
        _head(view, 1, opened),
        Span(fit(f"{word} :{revision(deployment.task_definition) or '?'}", 10), "bold"),
        Span(fit(f"{counts} {state}", max(22, width - 46)), look),
        Span(" "),
        Span(fit(image_words(world, deployment.task_definition, tasks), 25 if width >= 75 else 10), "plain"),
        Span(fit(since_minutes(deployment.created_at, view.now), 5, right=True), "dim"),
    )
    found = [Row(key=key, spans=spans, search=f"{service.part} deployment {state} {deployment.id}")]
    return [*found, *_task_rows(world, view, tasks, width, 2, looking)] if opened else found


def deployment_state(deployment: Deployment, view: View, back: bool = False) -> tuple[str, Look]:
    """`✔ completed`, `! in progress`, `✖ failed after 3 tasks`; with `back` `! rolling back`, `! rolled back`."""
    rollout, failed = deployment.rollout, deployment.failed or 0
    if rollout == "FAILED":
        return f"{view.mark('FAIL')} failed" + (f" after {several(failed, 'task')}" if failed else ""), "fail"
    if rollout == "IN_PROGRESS":
        words = "rolling back" if back or "rolling back" in deployment.rollout_reason else "in progress"
        return (f"{view.mark('FAIL')} {words}, {failed} failed", "fail") if failed else (f"{view.mark('WARN')} {words}", "warn")
    if rollout == "COMPLETED":
        words = "rolled back" if back else "completed"
        if failed:
            return f"{view.mark('WARN')} {words}, then {failed} failed", "warn"
        return f"{view.mark('WARN' if back else 'PASS')} {words}", "warn" if back else "plain"
    return f"{view.mark('UNKNOWN')} roll-out unknown", "unknown"


def image_words(world: World, arn: str, tasks: Iterable[Task] = ()) -> str:
    """`v2.3.0 sha256:41abab`: tag by the definition, digest by a task that runs it."""
    definition = definition_of(world, arn)
    words = tag_and_digest((), definition)
    digest = next((c.digest for t in tasks for c in t.containers if c.digest), "")
    return f"{words} {digest[:17]}".strip() if "sha256" not in words else words


def _task_rows(world: World, view: View, tasks: list[Task], width: int, depth: int, looking: Looking) -> list[Row]:
    targets = {t.id: t for t in world.targets.value or ()}
    path = next((g.path for g in world.target_groups.value or () for t in tasks if g.part == t.part and g.path), "")
    live = {t.arn for t in world.tasks.value or ()}
    found: list[Row] = []
    for task in tasks:
        unread = unread_targets(world, task.part, view)
        state, look = task_state(task, None if task.stopped else targets.get(task.ip), view, path, unread)
        key = f"task:{task.arn}"
        opened = _open(key, False, looking)
        at = task.stopped_at if task.stopped else task.started_at or task.created_at
        memory = "" if task.arn in live else "memory "
        spans = (
            _head(view, depth, opened),
            Span(fit(task.id[:8], 9), "dim" if task.stopped else "plain"),
            Span(fit(task.status, 13), "dim" if task.stopped else "plain"),
            Span(fit(state, max(8, width - 2 * depth - 45)), look),
            Span(fit(memory + (task.ip if not task.stopped else ""), 15, right=True), "dim"),
            Span(fit(since_minutes(at, view.now), 5, right=True), "dim"),
        )
        found.append(Row(key=key, spans=spans, search=f"{task.part} {task.id} {task.status} {state} {task.ip}"))
        if opened:
            found += [_container_row(view, task, c, width, depth + 1) for c in task.containers]
    return found


def _container_row(view: View, task: Task, container: Container, width: int, depth: int) -> Row:
    words = [container.status, container.health if container.health not in ("", "UNKNOWN") else ""]
    words += [f"exit {container.exit_code}"] if container.exit_code is not None else []
    words += [container.reason, f"exec agent {container.exec_agent.lower()}" if container.exec_agent else ""]
    text = f"{'  '.join(filter(None, words))}  {container.image.rsplit('/', 1)[-1]}  {container.digest[:19]}"
    bad = bool(container.exit_code or container.reason or container.health == "UNHEALTHY")
    name = fit(container.name, 10)
    spans = (_head(view, depth, None), Span(name, "bold"), Span(fit(text, max(10, width - 2 * depth - 13)), "fail" if bad else "dim"))
    return Row(key=f"container:{task.arn}#{container.name}", spans=spans, search=f"{task.part} {container.name} {text}")


def _past_rows(world: World, view: View, service: Service, width: int, looking: Looking) -> list[Row]:
    """Deployments that have ended, newest first, behind one row."""
    past = [d for d in deployments_of(world, service) if not (d.running or d.rolling_back)]
    key = f"past:{service.part}"
    opened = _open(key, False, looking)
    if world.service_deployments.value is None:
        why = reason(world.service_deployments.fault) if world.service_deployments.fault else "loading…"
        return [said(f"    earlier deployments: {why}")]
    head = Row(key=key, spans=(_head(view, 1, opened), Span(f"{len(past)} deployments in 90 days", "dim")), search=f"{service.part} past")
    return [head, *(past_row(world, view, service, d, width) for d in past)] if opened else [head]


def past_row(world: World, view: View, service: Service, of: ServiceDeployment, width: int) -> Row:
    """One ended deployment: how it ended, which revision, how long it took, why."""
    found = next((r for r in world.revisions.value or () if r.arn == of.target_revision), None)
    name = f":{revision(found.task_definition) or '?'}" if found else ":?"
    words = tag_and_digest(found.images, definition_of(world, found.task_definition)) if found else ""
    mark, look = BACK.get(of.status, ("FAIL", "fail"))
    current = " now" if found is not None and found.arn == current_revision(world, service) else ""
    took = spell(of.finished_at - of.created_at) if of.finished_at and of.created_at else ""
    text = f"{view.mark(mark)} {ended_words(of.status)}{current}  {took}  {of.reason}".rstrip()
    spans = (
        _head(view, 2, None),
        Span(fit(name, 8), "bold"),
        Span(fit(text, max(20, width - 48)), look),
        Span(" "),
        Span(fit(words, 27 if width >= 80 else 14)),
        Span(fit(since_minutes(of.created_at, view.now), 5, right=True), "dim"),
    )
    return Row(key=f"past-deployment:{of.arn}", spans=spans, search=f"{service.part} {name} {of.status} {words}")


# --- stopped tasks ------------------------------------------------------------------------------------------------------------


def stopped_tasks(world: World) -> list[Task]:
    """Stopped tasks that ECS still knows and those that only the journal remembers, each once."""
    every = {t.arn: t for t in world.remembered} | {t.arn: t for t in world.tasks.value or () if t.stopped}
    return list(every.values())


def stop_groups(world: World, hidden: bool, part: str = "") -> list[StopGroup]:
    """Stopped tasks by part and cause; what is no failure only on demand."""
    found = grouped(t for t in stopped_tasks(world) if not part or t.part == part)
    return [g for g in found if hidden or not g.cause.hidden]


def stopped_rows(world: World, view: View, width: int, looking: Looking) -> list[Row]:
    """Every group of stopped tasks with its tasks."""
    found: list[Row] = []
    for group in stop_groups(world, looking.hidden):
        found += _group_rows(world, view, group, width, 0, looking)
    quiet = sum(len(g.tasks) for g in stop_groups(world, True)) - sum(len(g.tasks) for g in stop_groups(world, looking.hidden))
    remembered = len([t for t in stopped_tasks(world) if t.arn not in {x.arn for x in world.tasks.value or ()}])
    if world.tasks.value is None:
        found.append(said(f" tasks: {reason(world.tasks.fault) if world.tasks.fault else 'loading…'}"))
    words = f"{several(quiet, 'routine stop')} hidden (. shows); " if quiet else ""
    found.append(said(f" {words}ECS forgets after 1 h; {remembered} from memory"))
    return found if len(found) > 1 else [said(" nothing here: no task stopped by itself in the last hour"), *found]


def group_key(group: StopGroup) -> str:
    return f"stops:{group.key}"


def _group_rows(world: World, view: View, group: StopGroup, width: int, depth: int, looking: Looking) -> list[Row]:
    key = group_key(group)
    opened = _open(key, False, looking)
    look: Look = "fail" if group.cause.failed else "dim"
    live = {t.arn for t in world.tasks.value or ()}
    memory = sum(t.arn not in live for t in group.tasks)
    times = f"×{len(group.tasks)}" + (f" ({memory} from memory)" if memory else "")
    name = "" if depth else fit(group.part, 10)
    mark = view.mark("FAIL" if group.cause.failed else "NONE")
    first, last = since_minutes(group.first_at, view.now), since_minutes(group.last_at, view.now)
    span_words = last if first == last else f"{first} to {last}"
    spans = (
        _head(view, depth, opened),
        Span(name, "bold"),
        Span(fit(f"{mark} {group.cause.title} {times}", max(20, width - len(name) - 2 * depth - 18)), look),
        Span(fit(f"{span_words} ago", 15, right=True), "dim"),
    )
    head = Row(key=key, spans=spans, search=f"{group.part} {group.cause.title} stopped")
    return [head, *_task_rows(world, view, list(group.tasks), width, depth + 1, looking)] if opened else [head]


def group_of(world: World, key: str) -> StopGroup | None:
    """The group a row stands for."""
    return next((g for g in stop_groups(world, True) if group_key(g) == key), None)


# --- migrations ---------------------------------------------------------------------------------------------------------------


def migration_runs(world: World) -> list[Task]:
    """Runs of the migration, those that only the journal remembers included, newest first."""
    every = {t.arn: t for t in (*world.remembered, *(world.tasks.value or ())) if t.part == "migration"}
    return sorted(every.values(), key=lambda t: -(t.started_at or t.created_at or 0.0))


def migration_rows(world: World, view: View, width: int) -> list[Row]:
    """One run a row: when, how it ended, how long it took, its command."""
    runs = migration_runs(world)
    if world.tasks.value is None and not runs:
        return [said(f" tasks: {reason(world.tasks.fault) if world.tasks.fault else 'loading…'}")]
    live = {t.arn for t in world.tasks.value or ()}
    found: list[Row] = []
    state_cells = 26 if width < 100 else 40
    for run in runs:
        state, look = migration_state(run, view)
        memory = "" if run.arn in live else "memory"
        spans: Spans = (
            Span(f" {fit(run.id[:8], 9)}"),
            Span(fit(f":{revision(run.task_definition) or '?'}", 6), "bold"),
            Span(fit(state if run.stopped else _running_migration(run, view, state, state_cells), state_cells), look),
            Span(" "),
            Span(fit(command_of(world, run), max(8, width - state_cells - 32))),
            Span(fit(memory, 8, right=True), "dim"),
            Span(fit(since_minutes(run.started_at or run.created_at, view.now), 6, right=True), "dim"),
        )
        found.append(Row(key=f"task:{run.arn}", spans=spans, search=f"migration {run.id} {state}"))
    return found or [said(" nothing here: no migration in the last hour, and none is remembered")]


def _running_migration(run: Task, view: View, state: str, cells: int) -> str:
    """For how long it has run always, what that means where there is room."""
    long = f"{state}, {run_time(run, view)}"
    return long if len(long) <= cells else f"{view.mark('WARN')} running {run_time(run, view)}"


def run_time(run: Task, view: View) -> str:
    """How long a run took, or has taken so far."""
    if run.started_at is None:
        return "not started yet"
    return spell((run.stopped_at or view.now) - run.started_at)


def command_of(world: World, run: Task) -> str:
    """The command of a run's definition; `?` where that was not read."""
    definition = definition_of(world, run.task_definition)
    return "?" if definition is None else " ".join(word for c in definition.containers for word in c.command) or "the image's own"
