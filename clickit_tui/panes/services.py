"""Services with their tasks, worst first: what runs, what it should be, which revision, how healthy, since when."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clickit_tui.naming import SERVICES
from clickit_tui.panes.figures import amount, buckets, get, provisional_cells, since_minutes
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit
from clickit_tui.ui.spark import spark
from clickit_tui.world.causes import cause_of
from clickit_tui.world.drift import Drift, drifts
from clickit_tui.world.ecs import Deployment, Service, Task, TaskDefinition, revision, tag
from clickit_tui.world.parts import Target
from clickit_tui.world.task_health import task_health
from clickit_tui.world.world import World


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the pane is looked at."""

    open: frozenset[str] = frozenset()
    """Parts whose tasks are shown on demand."""
    shut: frozenset[str] = frozenset()
    """Parts whose tasks are hidden on demand."""
    all_stopped: bool = False
    """Show stops that are no failure, too."""
    roomy: bool = False
    """There is room for every task: none is folded unless it was shut."""
    sort: str = "worst"
    """worst, name or age."""


def service_rows(world: World, view: View, width: int, options: Options) -> list[Row]:
    """One row a service, its tasks under it where they matter, then the migration."""
    services = list(world.services.value or ())
    tasks = world.tasks.value or ()
    ordered = sorted(services, key=lambda s: _order(s, view, options))
    drift = drifts(world, view.now)
    own = tasks_by_part(tasks)
    rows: list[Row] = [] if services else [_said(f" services: {reason(world.services.fault)}" if world.services.fault else " loading…")]
    for service in ordered:
        opened = _opened(service, view, options)
        rows.append(_service_row(world, view, service, width, opened))
        rows += _drift_rows(drift, service, view, width)
        if opened:
            rows += task_rows(world, view, own.get(service.part, []), width, options, service.running)
    if world.services.value is not None:
        missing = [n for n in (view.facts.names.api, view.facts.names.frontend) if n not in {s.name for s in services}]
        rows += [_said(f"  {view.facts.names.part(n):<9} not found: looked for service {n}", "unknown") for n in missing]
    rows += _migration_rows(world, view, tasks, width, options)
    return rows


def tasks_by_part(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """The tasks of each part, in the order given."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.part, []).append(task)
    return found


def _drift_rows(drift: tuple[Drift, ...], service: Service, view: View, width: int) -> list[Row]:
    """What runs and is no longer what is declared, in one row under the service; nothing where all is as it should be."""
    own = sorted((d for d in drift if d.part == service.part), key=lambda d: not d.warn)
    if not own:
        return []
    loud = own[0].warn
    text = f"    {view.mark('WARN') if loud else view.mark('NONE')} {'; '.join(d.text for d in own)}"
    return [Row(key="", spans=(Span(fit(text, width), "warn" if loud else "dim"),), search=f"{service.part} drift {text}")]


def rank(part: str, view: View) -> int:
    """How bad a part stands in the verdict strip: 0 is worst."""
    order = {"FAIL": 0, "UNKNOWN": 1, "WARN": 2}
    return next((order.get(p.verdict, 3) for p in view.strip if p.part == part), 3)


def _order(service: Service, view: View, options: Options) -> tuple[float, int, str]:
    fixed = SERVICES.index(service.part) if service.part in SERVICES else len(SERVICES)
    if options.sort == "age":
        return (-(service.primary.created_at or 0.0) if service.primary else 0.0, fixed, service.name)
    return (float(rank(service.part, view)) if options.sort == "worst" else 0.0, fixed, service.name)


def _opened(service: Service, view: View, options: Options) -> bool:
    if service.part in options.shut:
        return False
    return options.roomy or service.part in options.open or rank(service.part, view) < 3 or service.rolling


def _definition(world: World, arn: str) -> TaskDefinition | None:
    return next((d for d in world.definitions.value or () if d.arn == arn), None)


def image_tag(world: World, arn: str) -> str:
    """The image tag of a task definition's first essential container; empty when the definition is not known."""
    found = _definition(world, arn)
    first = next((c for c in found.containers if c.essential), None) if found else None
    return tag(first.image) if first else ""


def targets_of(world: World, part: str) -> list[Target] | None:
    """The registered targets of a service; None when target health is not known."""
    groups = {g.arn for g in world.target_groups.value or () if g.part == part}
    if world.targets.value is None or world.target_groups.value is None:
        return None
    return [t for t in world.targets.value if t.group in groups]


def _n(value: int | None) -> str:
    return "?" if value is None else str(value)


def _rolling_state(service: Service) -> str:
    primary = service.primary
    olds = [d for d in service.deployments if d.status != "PRIMARY"]
    new = f"new {_n(primary.running)}/{_n(primary.desired)}" if primary else ""
    if not olds:
        return new
    was, now_ = revision(olds[0].task_definition), revision(primary.task_definition) if primary else "?"
    arrow = f"{was}→{now_} " if was != now_ else ""
    known = [d.running for d in olds if d.running is not None]
    return f"{arrow}{new} old {sum(known) if known else '?'}"


def service_state(service: Service, healthy: tuple[int, int] | None, view: View) -> tuple[str, Look]:
    """What the service is doing, as text with its symbol, and how it looks."""
    symbol = view.mark
    if service.status and service.status != "ACTIVE":
        return f"{symbol('FAIL')} {service.status.lower()}", "fail"
    counts = f"{_n(service.running)}/{_n(service.desired)}"
    if service.primary and service.primary.rollout == "FAILED":
        return f"{counts} {symbol('FAIL')} deployment failed", "fail"
    bad = healthy is not None and healthy[1] > 0 and healthy[0] == 0
    if service.rolling:
        failing = bool(service.primary and service.primary.failed)
        return f"{_rolling_state(service)} {symbol('FAIL' if failing or bad else 'WARN')}", "fail" if failing or bad else "warn"
    if service.desired is None or service.running is None:
        return f"{counts} {symbol('UNKNOWN')} unknown", "unknown"
    if service.desired == 0 and service.running == 0:
        return f"{counts} {symbol('NONE')} scaled to zero", "dim"
    if bad:
        return f"{counts} {symbol('FAIL')} none healthy", "fail"
    if service.running < service.desired:
        word = "starting" if service.pending else "short"
        return f"{counts} {symbol('FAIL' if service.running == 0 else 'WARN')} {word}", "fail" if service.running == 0 else "warn"
    if service.running > service.desired:
        return f"{counts} {symbol('WARN')} stopping", "warn"
    return f"{counts} {symbol('PASS')} steady", "plain"


def _gauge(world: World, view: View, key: str, name: str, cells: int, digits: int = 5) -> Spans:
    """`cpu ▂▃▅▇█  91%`: fixed scale 0 to 100, the newest value; `no data` is told from zero."""
    series = get(world.metrics.value, key)
    values = buckets(world.metrics.value, key, view.now, cells)
    last = series.last(view.now) if series else None
    fresh = last is not None and view.now - last[0] < 600
    look: Look = "plain"
    if series is not None and series.status == "Forbidden":
        text = "denied"[:digits]
    elif fresh and last is not None:
        text = amount(last[1], "%").replace(" ", "")
        look = "dim" if view.now - last[0] < 60 else "plain"
    else:
        text = "–"
    return (
        Span(f"{name} ", "dim"),
        *spark(values, 100.0, cells, provisional_cells(view.now, cells), view.glyphs),
        Span(fit(text, digits, right=True), look),
    )


def _service_row(world: World, view: View, service: Service, width: int, opened: bool) -> Row:
    targets = targets_of(world, service.part)
    healthy = None if targets is None else (sum(t.state == "healthy" for t in targets), len(targets))
    state, look = service_state(service, healthy, view)
    primary = service.primary
    wide = width >= 110
    mark = view.glyphs.open if opened else view.glyphs.shut
    image = image_tag(world, service.task_definition) or f":{revision(service.task_definition)}"
    age = since_minutes(primary.created_at if primary else None, view.now)
    name_cells, state_cells = (14, max(26, width - 100)) if wide else (9, max(16, width - 57))
    spans: list[Span] = [
        Span(f"{mark} "),
        Span(fit(service.part, name_cells), "bold"),
        Span(" "),
        Span(fit(state, state_cells), look),
        Span(" "),
        Span(fit(image, 8)),
        Span(fit(age, 5, right=True), "dim"),
        Span("  "),
    ]
    if wide:
        health = "healthy ?" if healthy is None else f"healthy {healthy[0]}/{healthy[1]}"
        spans += [Span(fit(health, 14), "warn" if healthy and healthy[0] < healthy[1] else "plain")]
    cpu, mem = (14, 14) if wide else (5, 4)
    spans += [*_gauge(world, view, f"{service.part}.cpu", "cpu", cpu), Span(" " if not wide else "  ")]
    spans += [*_gauge(world, view, f"{service.part}.memory", "mem", mem)]
    return Row(key=f"service:{service.arn or service.name}", spans=tuple(spans), search=f"{service.part} {service.name} {state} {image}")


def unread_targets(world: World, part: str, view: View) -> tuple[str, Look]:
    """Why nobody knows whether a part's task is a target: `loading…`, `? target: denied`; no words when that is known."""
    if world.targets.value is not None or part not in SERVICES:
        return "", "dim"
    fault = world.targets.fault
    return (f"{view.mark('UNKNOWN')} target: {fault.kind.value}", "unknown") if fault else ("loading…", "dim")


def task_state(task: Task, target: Target | None, view: View, path: str = "", unread: tuple[str, Look] = ("", "dim")) -> tuple[str, Look]:
    """Why this task is as it is: the stop reason, the target's reason, or its health; `unread` as `unread_targets` says."""
    symbol = view.mark
    said = task_health(task, target)
    if said == "stopped":
        code = next((c.exit_code for c in task.containers if c.exit_code is not None), None)
        cause = next((c.reason for c in task.containers if c.reason), "") or task.stopped_reason or task.stop_code
        words = f"exit {code}: {cause}" if code is not None else cause or "no reason given"
        quiet = is_quiet(task)
        return words, "dim" if quiet else "fail"
    if said == "target" and target is not None:
        bad = target.state.startswith("unhealthy")
        return f"{symbol('FAIL' if bad else 'WARN')} {target_words(target, path)}", "fail" if bad else "warn"
    if said == "status" and not task.status:
        return f"{symbol('UNKNOWN')} status not told", "unknown"
    if said == "status":
        return f"{symbol('WARN')} {task.status.lower()}", "warn"
    if said == "container":
        return f"{symbol('FAIL')} container unhealthy", "fail"
    if said == "healthy":
        return f"{symbol('PASS')} healthy", "plain"
    if said and unread[0]:
        return unread
    return f"{symbol('NONE')} no target" if said else "", "dim"


HEALTH_WORDS = {
    "Target.Timeout": "health check timed out",
    "Target.FailedHealthChecks": "health checks failed",
    "Target.DeregistrationInProgress": "draining",
    "Elb.RegistrationInProgress": "registering",
    "Elb.InitialHealthChecking": "first health checks",
    "Target.NotRegistered": "not registered",
    "Target.NotInUse": "zone not in use",
    "Target.InvalidState": "stopped",
    "Target.HealthCheckDisabled": "health checks off",
}


def target_words(target: Target, path: str = "") -> str:
    """A target's state in few words: `502 from /health`, `draining`, `first health checks`."""
    if target.reason == "Target.ResponseCodeMismatch":
        code = target.description.partition("[")[2].partition("]")[0]
        return f"{code or 'wrong code'} from {path or 'health check'}"
    return HEALTH_WORDS.get(target.reason) or target.description or target.reason or target.state


def is_quiet(task: Task) -> bool:
    """A stop that is no failure: scale-in, a deployment, a run that ended well."""
    return cause_of(task).hidden


def _grouped(tasks: Iterable[Task]) -> list[tuple[Task, int]]:
    """Stopped tasks alike in reason and exit codes, newest of each with how many."""
    groups: dict[tuple[object, ...], list[Task]] = {}
    for task in tasks:
        codes = tuple(c.exit_code for c in task.containers)
        words = "".join("#" if c.isdigit() else c for c in task.stopped_reason + "".join(c.reason for c in task.containers))
        groups.setdefault((task.stop_code, codes, words), []).append(task)
    newest_first = sorted(groups.values(), key=lambda g: -max(t.stopped_at or 0 for t in g))
    return [(max(g, key=lambda t: t.stopped_at or 0), len(g)) for g in newest_first]


def task_rows(world: World, view: View, tasks: list[Task], width: int, options: Options, counted: int | None = 0) -> list[Row]:
    """Running tasks (unhealthy first), then stopped ones grouped by reason; `counted` is how many the service says it runs."""
    by_ip = {t.id: t for t in world.targets.value or ()}
    running = [t for t in tasks if not t.stopped]
    stopped = [t for t in tasks if t.stopped and (options.all_stopped or not is_quiet(t))]
    unread = unread_targets(world, tasks[0].part if tasks else "", view)
    running.sort(key=lambda t: (task_state(t, by_ip.get(t.ip), view)[1] not in ("fail", "warn"), -(t.created_at or 0.0), t.id))
    path = next((g.path for g in world.target_groups.value or () for t in tasks if g.part == t.part and g.path), "")
    rows = [_task_row(view, t, by_ip.get(t.ip), width, 1, path, unread) for t in running]
    rows += [_task_row(view, t, None, width, n) for t, n in _grouped(stopped)]
    return rows or [_said(f"    {_why_no_tasks(world, counted)}")]


def _said(text: str, look: Look = "dim") -> Row:
    return Row(key="", spans=(Span(text, look),), search="")


def _why_no_tasks(world: World, counted: int | None) -> str:
    if world.tasks.value is None:
        return f"tasks: {reason(world.tasks.fault)}" if world.tasks.fault else "tasks: loading…"
    if counted != 0:
        return f"tasks: of {'?' if counted is None else counted} that run none is told to be of this service"
    return "nothing here: no running task, and none stopped in the last hour that was a failure (. shows all)"


def _task_row(
    view: View, task: Task, target: Target | None, width: int, times: int, path: str = "", unread: tuple[str, Look] = ("", "dim")
) -> Row:
    state, look = task_state(task, target, view, path, unread)
    at = task.stopped_at if task.stopped else task.started_at or task.created_at
    age = since_minutes(at, view.now)
    suffix = f" (×{times})" if times > 1 else ""
    tail_cells = 15 + 5 + (8 if width >= 110 else 0)
    words = max(10, width - 28 - tail_cells)
    spans: list[Span] = [
        Span("    "),
        Span(fit(task.id[:8], 9), "dim" if task.stopped else "plain"),
        Span(fit(task.status, 13), "dim" if task.stopped else "plain"),
        Span(fit(fit(state, words - len(suffix)).rstrip() + suffix, words), look),
        Span(fit(task.ip if not task.stopped else "", 15, right=True), "dim"),
    ]
    if width >= 110:
        spans.append(Span(fit(":" + revision(task.task_definition), 8, right=True), "dim"))
    spans.append(Span(fit(age, 5, right=True), "dim"))
    return Row(key=f"task:{task.arn}", spans=tuple(spans), search=f"{task.part} {task.id} {task.status} {state} {task.ip}")


def _migration_rows(world: World, view: View, tasks: Iterable[Task], width: int, options: Options) -> list[Row]:
    runs = sorted((t for t in tasks if t.part == "migration"), key=lambda t: -(t.created_at or 0.0))
    symbol = view.mark
    if world.tasks.value is None:
        return []
    if not runs:
        text = f"{symbol('NONE')} no run in the last hour"
        spans: Spans = (Span("  "), Span(fit("migration", 14 if width >= 110 else 9), "bold"), Span(" "), Span(text, "dim"))
        return [Row(key="", spans=spans, search="migration")]
    newest_run = runs[0]
    text, look = migration_state(newest_run, view)
    opened = "migration" in options.open or (not newest_run.stopped and "migration" not in options.shut)
    mark = view.glyphs.open if opened else view.glyphs.shut
    at = newest_run.stopped_at or newest_run.started_at or newest_run.created_at
    name_cells = 14 if width >= 110 else 9
    state_cells = max(26, width - 100) if width >= 110 else max(16, width - 57)
    row = Row(
        key="migration",
        spans=(
            Span(f"{mark} "),
            Span(fit("migration", name_cells), "bold"),
            Span(" "),
            Span(fit(text, state_cells), look),
            Span(" "),
            Span(fit(f":{revision(newest_run.task_definition)}", 8)),
            Span(fit(since_minutes(at, view.now), 5, right=True), "dim"),
        ),
        search=f"migration {text}",
    )
    return [row, *(task_rows(world, view, runs, width, msgspec.structs.replace(options, all_stopped=True)) if opened else ())]


def migration_state(task: Task, view: View) -> tuple[str, Look]:
    """How the newest migration stands."""
    symbol = view.mark
    if not task.status:
        return f"{symbol('UNKNOWN')} status not told", "unknown"
    if not task.stopped:
        return f"{symbol('WARN')} running: table locks likely", "warn"
    codes = [c.exit_code for c in task.containers]
    took = f"{task.stopped_at - task.started_at:.0f} s, " if task.stopped_at and task.started_at else ""
    if codes and all(code == 0 for code in codes):
        return f"{symbol('PASS')} {'' if view.glyphs.ascii else 'ok '}{took}exit 0", "plain"
    known = [str(c) for c in codes if c is not None]
    if not known and task.stop_code in ("", "EssentialContainerExited"):
        return f"{symbol('UNKNOWN')} {took}exit code not told", "unknown"
    return f"{symbol('FAIL')} failed {took}exit {', '.join(known) or '?'}", "fail"


def deployment_words(deployment: Deployment) -> str:
    """A deployment's counts in words, for detail pages."""
    counts = (
        f"{_n(deployment.running)} of {_n(deployment.desired)} running, {_n(deployment.pending)} pending, {_n(deployment.failed)} failed"
    )
    return f"{deployment.status} :{revision(deployment.task_definition)} {deployment.rollout or 'rollout state unknown'}: {counts}"
