"""What is known of the row under the cursor of the Services screen, as lines."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.actions.rollback import difference_words
from clickit_tui.checks.registry import Facts
from clickit_tui.follow import healthy_of
from clickit_tui.logs.line import LogLine
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.pages import event_lines, row, service_lines, task_page, title
from clickit_tui.panes.services_tree import command_of, group_of, image_words, run_time, tasks_of
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.world.causes import cause_of
from clickit_tui.world.difference import differences
from clickit_tui.world.ecs import Deployment, Service, ServiceDeployment, Task, TaskDefinition, revision
from clickit_tui.world.revisions import definition_of, deployments_of, running_deployment, undone_by
from clickit_tui.world.seen import clean
from clickit_tui.world.world import World

REASON_CELLS = 400
"""A stop reason is shown with both ends within this many characters."""
EVENTS = 30
"""Most events of a service, after folding."""
Logs = Sequence[LogLine] | str
"""Lines of a task's own stream, or why there are none."""


def detail_lines(world: World, view: View, key: str | None, logs: Logs) -> list[Spans]:
    """The lines for a row's key; `logs` belong to the task that `log_task` names for it."""
    before, log, after = detail_parts(world, view, key, logs)
    return [*before, *log, *after]


def detail_parts(world: World, view: View, key: str | None, logs: Logs) -> tuple[list[Spans], list[Spans], list[Spans]]:
    """(what stands above the task's log, the log with its title, what stands below it)."""
    task = log_task(world, key)
    if task is None or not (task.stopped or task.part == "migration"):
        return _without_log(world, view, key, task), [], []
    log = log_part(task, view, logs)
    if (key or "").startswith("stops:"):
        return [*stop_lines(world, view, key or ""), ()], log, []
    if task.part == "migration":
        return [*migration_lines(world, view, task), ()], log, []
    return why_lines(task), log, [(), *task_page(world, view, task)]


def _without_log(world: World, view: View, key: str | None, task: Task | None) -> list[Spans]:
    kind, _, rest = (key or "").partition(":")
    if kind == "service":
        service = next((s for s in world.services.value or () if rest in (s.arn, s.name)), None)
        return (
            [*_following(world, view, service), *event_lines(world, view, service, EVENTS), (), *service_lines(world, view, service)]
            if service
            else []
        )
    if kind == "deployment":
        found = [(s, d) for s in world.services.value or () for d in s.deployments if d.id == rest]
        return deployment_lines(world, view, *found[0]) if found else []
    if kind == "past-deployment":
        ended = next((d for d in world.service_deployments.value or () if d.arn == rest), None)
        return past_lines(world, view, ended) if ended else []
    return [*placement(world, task), *task_page(world, view, task)] if task is not None else []


def log_task(world: World, key: str | None) -> Task | None:
    """The task whose own stream belongs to a row: the task itself, a container's, or the newest of a group."""
    kind, _, rest = (key or "").partition(":")
    if kind in ("task", "container"):
        arn = rest.split("#", 1)[0]
        return next((t for t in (*(world.tasks.value or ()), *world.remembered) if t.arn == arn), None)
    group = group_of(world, key or "") if kind == "stops" else None
    return group.tasks[0] if group else None


def _following(world: World, view: View, service: Service) -> list[Spans]:
    """How far the service's followed changes have come; the bar of the running deployment."""
    lines: list[Spans] = [(Span(" "), *rolling_bar(world, view.facts, service))] if service.rolling else []
    for each in world.follows:
        if each.follow.service == service.name and (each.open or view.now - (each.ended_at or 0.0) < 900):
            look: Look = "fail" if each.phase in ("failed", "still failing") else "ok" if each.phase == "recovered" else "warn"
            lines.append((Span(f" {each.phase}: ", look), Span(each.sentence)))
    return [*lines, ()] if lines else []


def rolling_bar(world: World, facts: Facts, service: Service) -> Spans:
    """How far the service's newest deployment has come: its tasks, the healthy ones among them, and the old ones that are left."""
    new = service.primary
    if new is None:
        return ()
    old = [d.running for d in service.deployments if d.status != "PRIMARY"]
    left = f"  old {sum(n for n in old if n is not None) if None not in old else '?'} left" if old else ""
    healthy = healthy_of(new, world, service, facts) if service.target_groups else None
    return (Span(bar(new.running, new.desired, healthy), "bold"), Span(left))


def bar(running: int | None, desired: int | None, healthy: int | None = None, cells: int = 20) -> str:
    """`[#####=====----------] new 2/4, 1 healthy`: # is healthy, = runs; `[####----] new 2/4` where health is not known."""
    counts = f"new {_n(running)}/{_n(desired)}" + ("" if healthy is None else f", {healthy} healthy")
    if running is None or not desired:
        return counts
    runs = min(cells, running * cells // desired)
    full = runs if healthy is None else min(runs, healthy * cells // desired)
    return f"[{'#' * full}{'=' * (runs - full)}{'-' * (cells - runs)}] {counts}"


def deployment_lines(world: World, view: View, service: Service, deployment: Deployment) -> list[Spans]:
    """New and old revision side by side, the breaker, the reason, and what differs."""
    new = service.primary or deployment
    old = next((d for d in service.deployments if d.status != "PRIMARY"), None)
    columns = [d for d in (new, old) if d is not None]
    lines = [_beside("", [f"{'new' if d is new else 'old'} :{revision(d.task_definition) or '?'}" for d in columns], "bold")]
    lines += [
        _beside("tasks", [f"{_n(d.running)} of {_n(d.desired)}, {_n(d.pending)} pending" for d in columns]),
        _beside("failed in a row", [_n(d.failed) for d in columns]),
        _beside("roll-out", [_rollout(world, service, d) for d in columns]),
        _beside("image", [image_words(world, d.task_definition, tasks_of(world, service, d)) for d in columns]),
        _beside("begun", [f"{since_minutes(d.created_at, view.now)} ago" for d in columns]),
    ]
    running = running_deployment(world, service)
    if running is not None:
        lines.append(
            row("circuit breaker", f"{_n(running.failures)} of {_n(running.threshold)} failures  {running.breaker}  {running.status}")
        )
    lines += [row("reason", d.rollout_reason) for d in columns if d.rollout_reason and d.rollout != "COMPLETED"]
    then = old.task_definition if old is not None else before_now(world, service)
    return [*lines, (), *difference_lines(definition_of(world, then), definition_of(world, new.task_definition))]


def _rollout(world: World, service: Service, of: Deployment) -> str:
    """`COMPLETED`, `COMPLETED, a roll-back`."""
    return (of.rollout or "unknown") + (", a roll-back" if undone_by(world, service, of) else "")


def before_now(world: World, service: Service) -> str:
    """The definition to hold the present one against: the one it rolled back, else that of the last good deployment of another one.

    Empty when none is known.
    """
    by_arn = {r.arn: r.task_definition for r in world.revisions.value or () if r.arn}
    undone = undone_by(world, service, service.primary) if service.primary else None
    failed = by_arn.get(undone.target_revision, "") if undone else ""
    if failed and failed != service.task_definition:
        return failed
    good = (by_arn.get(d.target_revision, "") for d in deployments_of(world, service) if d.status == "SUCCESSFUL")
    return next((arn for arn in good if arn and arn != service.task_definition), "")


def _n(value: int | None) -> str:
    return "?" if value is None else str(value)


def _beside(name: str, values: Sequence[str], look: Look = "plain") -> Spans:
    return (Span(f" {name:<18}", "dim"), *(Span(f"{value:<30}", look) for value in values))


def difference_lines(old: TaskDefinition | None, new: TaskDefinition | None) -> list[Spans]:
    """What differs between two definitions, field by field."""
    if old is None or new is None:
        return [title("differences"), (Span(" unknown: there is no other revision, or it was not read", "dim"),)]
    found = differences(old, new)
    lines = [title(f"differences {old.short} → {new.short}")]
    lines += [(Span(f" {difference_words(d)}", "plain" if d.known else "dim"),) for d in found]
    return lines if found else [*lines, (Span(" none in what is shown here", "dim"),)]


def past_lines(world: World, view: View, of: ServiceDeployment) -> list[Spans]:
    """An ended deployment: how it ended and what it would change against now."""
    service = next((s for s in world.services.value or () if of.service in (s.name, s.arn)), None)
    target = next((r for r in world.revisions.value or () if r.arn == of.target_revision), None)
    lines = [
        row("status", of.status),
        row("reason", of.reason),
        row("begun", view.moment(of.created_at) if of.created_at else None),
        row("circuit breaker", f"{of.breaker}  {_n(of.failures)} of {_n(of.threshold)} failures"),
        row("task definition", target.task_definition.rsplit("/", 1)[-1] if target else None),
    ]
    lines += [row(f"image {i.container}", f"{i.image}  {i.digest}") for i in (target.images if target else ())]
    if service is None or target is None:
        return lines
    return [*lines, (), *difference_lines(definition_of(world, target.task_definition), definition_of(world, service.task_definition))]


def stop_lines(world: World, view: View, key: str) -> list[Spans]:
    """A group of stopped tasks: cause, fix, count, first and last, the newest reason with both ends."""
    group = group_of(world, key)
    if group is None:
        return []
    first, last = (view.moment(at) if at else "?" for at in (group.first_at, group.last_at))
    times = first if first == last else f"{first} to {last}"
    return [
        (
            Span(f" {group.part}: {group.cause.title}", "fail" if group.cause.failed else "bold"),
            Span(f"  ×{len(group.tasks)}  {times}"),
        ),
        *why_lines(group.tasks[0], named=False),
    ]


def why_lines(task: Task, named: bool = True) -> list[Spans]:
    """Cause, fix and reason of one stopped task."""
    cause = cause_of(task)
    reasons = [task.stopped_reason, *(f"{c.name}: {c.reason}" for c in task.containers if c.reason not in task.stopped_reason)]
    reasons += [f"{c.name} exited {c.exit_code}" for c in task.containers if c.exit_code is not None]
    lines: list[Spans] = [row("cause", cause.title)] if named else []
    lines += [row("fix", cause.fix)] if cause.fix else []
    return [*lines, *(row("said", clean(text, REASON_CELLS)) for text in reasons if text)]


def migration_lines(world: World, view: View, run: Task) -> list[Spans]:
    """One run of the migration."""
    codes = ", ".join("?" if c.exit_code is None else str(c.exit_code) for c in run.containers)
    state = f"{cause_of(run).title}, exit {codes or '?'}" if run.stopped else run.status
    lines = [
        row("run", f"{run.id}  {run.task_definition.rsplit('/', 1)[-1]}"),
        row("state", f"{state}, {run_time(run, view)}{f', started by {run.started_by}' if run.started_by else ''}"),
        row("command", command_of(world, run)),
    ]
    if not run.stopped:
        lines.insert(0, (Span(" a migration is running: table locks likely", "warn"),))
    return [*lines, *(why_lines(run) if run.stopped and cause_of(run).failed else [])]


def placement(world: World, task: Task) -> list[Spans]:
    """Where a task's lines go and whether they may be lost."""
    definition = definition_of(world, task.task_definition)
    lines = []
    for c in definition.containers if definition else ():
        loose = "non-blocking" if c.log_mode else "mode not set"
        drops = f"  {loose}: may drop lines" if c.log_mode == "non-blocking" or (c.log_group and not c.log_mode) else ""
        lines.append(row(f"log of {c.name}", f"{c.log_group or '?'}  {c.log_prefix}/{c.name}/{task.id[:8]}…{drops}"))
    return [*lines, ()] if lines else []


def log_part(task: Task, view: View, logs: Logs) -> list[Spans]:
    """The last lines of the task's own stream."""
    head = title(f"its last lines (task {task.id[:8]})")
    if isinstance(logs, str):
        return [head, (Span(f" {logs}", "dim"),)]
    if not logs:
        why = "it never started: it wrote nothing" if task.stopped and task.started_at is None else "its stream holds no line"
        return [head, (Span(f" {why}", "dim"),)]
    looks: dict[str, Look] = {"error": "fail", "fatal": "fail", "critical": "fail", "warn": "warn"}
    return [
        head,
        *(
            (Span(f" {view.clock(line.at_ms / 1000, seconds=True)} ", "dim"), Span(line.text, looks.get(line.level, "plain")))
            for line in logs
        ),
    ]
