"""Pages of what reaches into tasks: every condition of a shell, a command's output."""

from __future__ import annotations

from clickit_tui.checks.preflight import preflight, stopper
from clickit_tui.panes.view import View, verdict_look
from clickit_tui.reach.capture import Captured
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.world.ecs import Task
from clickit_tui.world.world import World


def preflight_page(world: World, view: View, task: Task | None, container: str) -> list[Spans]:
    """Every condition in order, with its fix; what stops is said first."""
    if task is None:
        return [(Span("the task is not there any more", "warn"),)]
    found = preflight(world, view.facts, task, container)
    stops = stopper(found)
    said = f"no: {stops.sentence}" if stops else "nothing that is known stands in the way"
    if view.read_only:
        said = f"no: read-only ({view.read_only})"
    lines: list[Spans] = [(Span(f" {said}", "warn" if stops or view.read_only else "ok"),), ()]
    for one in found:
        lines.append((Span(f" {view.mark(one.verdict)} {one.name:<15}", verdict_look(one.verdict)), Span(one.sentence)))
        if one.fix:
            lines.append((Span(f"   {'':<15}→ {one.fix}", "dim"),))
    return lines


def output_page(captured: Captured) -> list[Spans]:
    """A command's output, its lines masked already, and its end."""
    lines: list[Spans] = [(Span(line),) if line else () for line in captured.lines]
    look: Look = "dim" if not captured.over else "ok" if captured.code == 0 else "warn"
    return [*lines, *((),) * captured.over, (Span(ending(captured), look),)]


def ending(captured: Captured) -> str:
    """How a command ended, or that it has not."""
    if not captured.over:
        return "running…"
    return f"exit code {captured.code}" if captured.code is not None else captured.problem
