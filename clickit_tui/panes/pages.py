"""Pages that open over a screen: details of a row, the findings with their evidence, the cluster that was not found, help."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.app import App
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widget import Widget

from clickit_tui.checks.registry import RANK, Evidence, Finding, checks
from clickit_tui.panes.base import Pane
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.identity import badge
from clickit_tui.panes.services import deployment_words, image_tag, task_state, unread_targets
from clickit_tui.panes.view import View, reason, verdict_look
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.world.ecs import Service, ServiceEvent, Task, revision
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.revisions import came_back_to
from clickit_tui.world.words import event_in_full
from clickit_tui.world.world import World


def row(name: str, value: object, cells: int = 18) -> Spans:
    """`name    value`, a dash where the answer said nothing."""
    text = "–" if value in (None, "", ()) else str(value)
    return (Span(f" {name:<{cells}}", "dim"), Span(text))


def title(text: str) -> Spans:
    return (Span(f" {text}", "title"),)


def service_page(world: World, view: View, service: Service) -> list[Spans]:
    """Everything known of a service: counts, deployments, network, events."""
    return [*service_lines(world, view, service), (), *event_lines(world, view, service, 50)]


def service_lines(world: World, view: View, service: Service) -> list[Spans]:
    """Counts, limits, network and deployments of a service."""
    lines = [
        row("service", service.name),
        row("status", service.status),
        row("tasks", f"desired {_n(service.desired)}  running {_n(service.running)}  pending {_n(service.pending)}"),
        row("task definition", f"{service.task_definition.rsplit('/', 1)[-1]}  image {image_tag(world, service.task_definition) or '?'}"),
        row("deployment limits", f"{_n(service.min_healthy_percent)} to {_n(service.max_percent)} % of desired"),
        row("circuit breaker", _switch(service.breaker_enabled) + (", rolls back" if service.breaker_rollback else "")),
        row("exec", _switch(service.exec_enabled)),
        row("capacity", ", ".join(service.capacity)),
        row("subnets", ", ".join(service.subnets)),
        row("security groups", ", ".join(service.security_groups)),
        (),
        title("deployments"),
    ]
    lines += [(Span(" " + deployment_words(d) + (f" ({d.rollout_reason})" if d.rollout_reason else "")),) for d in service.deployments]
    return lines


_DIGITS = re.compile(r"[0-9a-f]*\d[0-9a-f]{6,}")
"""Ids of tasks, sessions and images: what differs between events that say the same."""


def event_lines(world: World, view: View, service: Service, most: int) -> list[Spans]:
    """The service's newest events, what is wrong and says the same folded into its newest: steady in green, `unable to` in red."""
    folded: dict[str, list[ServiceEvent]] = {}
    for each in service.events:
        wrong = _event_look(each.message) == "fail"
        folded.setdefault(_DIGITS.sub("", each.message) if wrong else f"{len(folded)}", []).append(each)
    lines = [title("events, newest first")]
    for same in list(folded.values())[:most]:
        newest, oldest = same[0], same[-1].at
        since = f" since {view.moment(oldest)}" if oldest else ""
        more = f"  (×{len(same)}{since})" if len(same) > 1 else ""
        back = came_back_to(world, service, newest.message)
        text = f"rolled back to {service.part}:{revision(back) or '?'}" if back else event_in_full(newest.message)
        lines.append(
            (Span(f" {view.moment(newest.at) if newest.at else '?':<14}", "dim"), Span(text, _event_look(text)), Span(more, "dim"))
        )
    return lines if service.events else [*lines, (Span(" none in the answer", "dim"),)]


def _event_look(text: str) -> Look:
    if any(word in text for word in ("unable to", "unhealthy", "failed")):
        return "fail"
    return "warn" if "rolling back" in text or "rolled back" in text else "ok" if "steady state" in text else "plain"


def task_page(world: World, view: View, task: Task) -> list[Spans]:
    """Everything known of a task and its containers."""
    target = next((t for t in world.targets.value or () if t.id == task.ip and task.ip), None)
    path = next((g.path for g in world.target_groups.value or () if g.part == task.part and g.path), "")
    state, look = task_state(task, target, view, path, unread_targets(world, task.part, view))
    lines = [
        row("task", task.id),
        row("service", task.part),
        (Span(f" {'state':<18}", "dim"), Span(f"{task.status}  {state}", look)),
        row("desired status", task.desired_status),
        row("task definition", task.task_definition.rsplit("/", 1)[-1]),
        row("started by", task.started_by),
        row("address", f"{task.ip or '?'}  {task.zone}"),
        row("size", f"cpu {task.cpu or '?'}  memory {task.memory or '?'} MiB  {task.capacity}"),
        row("created", _when(task.created_at, view)),
        row("started", _when(task.started_at, view)),
        row("stopped", _when(task.stopped_at, view) if task.stopped else None),
        row("stop code", task.stop_code),
        row("stopped reason", task.stopped_reason),
        row("exec", _switch(task.exec_enabled)),
        (),
        title("containers"),
    ]
    for c in task.containers:
        exit_words = f"exit {c.exit_code}" if c.exit_code is not None else ""
        lines.append((Span(f" {c.name:<14}", "bold"), Span(f"{c.status}  {c.health}  {exit_words}  {c.reason}".rstrip())))
        lines.append(row("  image", c.image))
        lines.append(row("  digest", c.digest))
        lines.append(row("  exec agent", c.exec_agent))
    return lines


def findings_page(world: World, view: View) -> list[Spans]:
    """Every check with its verdict, worst first: sentence, evidence, threshold, what would change it."""
    judged = [(c, c.judge(world, view.facts)) for c in checks()]
    judged.sort(key=lambda pair: -RANK[pair[1].verdict])
    lines: list[Spans] = []
    if view.cause is not None:
        lines += [(Span(f" {view.cause.sentence}", "bold"),), ()]
    for c, finding in judged:
        lines += finding_lines(c.title, finding, view)
    return lines


def finding_lines(name: str, finding: Finding, view: View) -> list[Spans]:
    head: Spans = (
        Span(f" {view.mark(finding.verdict)} ", verdict_look(finding.verdict)),
        Span(f"{name}: ", "bold"),
        Span(finding.sentence),
    )
    body = [(Span(f"     {text}", "dim"),) for text in _evidence(finding.evidence, view)]
    more = [(Span(f"     {text}", "dim"),) for text in (finding.threshold, finding.change and f"would change it: {finding.change}") if text]
    return [head, *body, *more]


def _evidence(evidence: Iterable[Evidence], view: View) -> list[str]:
    return [f"{e.call}: {e.value}" + (f"  ({since_minutes(e.at, view.now)} ago)" if e.at else "") for e in evidence]


def cluster_missing_page(world: World, view: View) -> list[Spans]:
    """The one page shown when the environment's cluster is not here: who looked for what, where, and what is here instead."""
    found = world.cluster.value
    identity = world.identity.value
    missing = found if isinstance(found, ClusterMissing) else ClusterMissing(looked_for="?")
    lines = [
        (Span(f" ✖ no cluster {missing.looked_for} here", "fail"),),
        (),
        row("environment", world.env),
        row("profile", f"{identity.profile or 'none'}, from {identity.profile_source or 'default chain'}" if identity else "?"),
        row("account", badge(world)),
        row("identity", identity.arn if identity else reason(world.identity.fault)),
        row("looked for", missing.looked_for),
        row("nearest name", missing.nearest),
        row("clusters here", ", ".join(missing.here) if missing.here else "none, or not permitted to list them"),
        (),
    ]
    hidden = [(name, getattr(world, name).fault) for name in ("identity", "cluster", "services", "tasks", "alarms", "database")]
    lines += [row(f"{name} hidden", reason(fault)) for name, fault in hidden if fault is not None]
    lines += [
        (),
        (Span(" Another profile or region: --profile NAME, --region NAME. Other names: clickit-tui init --env E prints the TOML.", "dim"),),
    ]
    return lines


def _n(value: int | None) -> str:
    return "?" if value is None else str(value)


def _switch(value: bool | None) -> str:
    return "unknown" if value is None else "on" if value else "off"


def _when(at: float | None, view: View) -> str | None:
    return None if at is None else f"{view.moment(at)} ({since_minutes(at, view.now)} ago)"


def help_page(focused: Widget | None, active: list[ActiveBinding], mapped: bool = False) -> list[Spans]:
    """What the focused pane shows, then every key that does something here; `mapped` when some are other ones than usual."""
    pane = next((p for p in focused.ancestors_with_self if isinstance(p, Pane)), None) if focused else None
    lines: list[Spans] = []
    if pane is not None and pane.help_text:
        lines += [title(pane.heading), (Span(f" {pane.help_text}"),)]
        lines += [(Span(" These sentences name the usual keys; those of the configuration stand below.", "dim"),)] if mapped else []
        lines.append(())
    for heading, keys in bound_keys(active).items():
        lines += [title(heading), *((Span(f" {words:<12} ", "bold"), Span(what)) for words, what in keys), ()]
    return lines[:-1]


KEYS_OF = ("keys of this pane", "keys of this screen", "changes: preview, confirm, follow", "keys everywhere")


def bound_keys(active: Iterable[ActiveBinding]) -> dict[str, list[tuple[str, str]]]:
    """(keys, meaning) of everything that a key does here, by where it belongs; all keys of one meaning together."""
    keys: dict[str, list[str]] = {}
    where: dict[str, tuple[str, str]] = {}
    pane, screen, change, app = KEYS_OF
    for bound in active:
        b = bound.binding
        if b.id and b.tooltip:
            keys.setdefault(b.id, []).append(key_words(b.key))
            own = app if isinstance(bound.node, App) else screen if isinstance(bound.node, Screen) else pane
            where[b.id] = (change if b.action.startswith("change(") else own, b.tooltip.removesuffix(": preview, confirm, follow"))
    found = {heading: [(" ".join(keys[one]), what) for one, (of, what) in where.items() if of == heading] for heading in KEYS_OF}
    return {heading: lines for heading, lines in found.items() if lines}


def key_words(keys: str) -> str:
    """Keys as they stand on the keyboard: `/`, `: ctrl+p`, `.`."""
    names = {"slash": "/", "colon": ":", "question_mark": "?", "full_stop": ".", "minus": "-", "less_than_sign": "<"}
    names |= {"greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]", "at": "@"}
    names |= {"left_curly_bracket": "{", "right_curly_bracket": "}"}
    return " ".join(names.get(k, k) for k in keys.split(","))
