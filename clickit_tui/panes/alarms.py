"""Alarms, worst first, and the newest changes, for wide screens."""

from __future__ import annotations

from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.world.health import own_changes
from clickit_tui.world.parts import Alarm
from clickit_tui.world.words import event
from clickit_tui.world.world import World

ORDER = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


def alarm_lines(world: World, view: View, width: int, height: int) -> list[Spans]:
    """Alarms in the upper part (at most half), service events below, newest first."""
    alarms = sorted(world.alarms.value or (), key=lambda a: (scales(a), ORDER.get(a.state, 1), -(a.since or 0.0)))
    shown = [_alarm(a, view, width) for a in alarms]
    most = max(3, height // 2)
    if len(shown) > most:
        shown = [*shown[: most - 1], (Span(f"  and {len(shown) - most + 1} more", "dim"),)]
    if not shown:
        words = reason(world.alarms.fault) if world.alarms.value is None and world.alarms.fault else "no alarms in this environment"
        shown = [(Span(f"  {words if world.alarms.seen_at or world.alarms.fault else 'loading…'}", "dim"),)]
    return [*shown, (Span(" changes, newest first", "dim"),), *change_lines(world, view, width)][:height]


def scales(alarm: Alarm) -> bool:
    """Autoscaling's own alarm: ALARM is how it scales, nothing is wrong."""
    return alarm.name.startswith("TargetTracking-")


def _alarm(alarm: Alarm, view: View, width: int) -> Spans:
    looks: dict[str, tuple[str, Look]] = {"ALARM": ("FAIL", "fail"), "OK": ("PASS", "plain")}
    idle: tuple[str, Look] = ("NONE", "dim")
    unclear: tuple[str, Look] = ("UNKNOWN", "unknown")
    verdict, look = idle if scales(alarm) else looks.get(alarm.state, unclear)
    muted = " muted" if alarm.actions_enabled is False else ""
    age = since_minutes(alarm.since, view.now)
    words = f"autoscaling {alarm.state}: {alarm.name.removeprefix('TargetTracking-service/')}" if scales(alarm) else alarm.name
    name = fit(words + muted, max(10, width - 10))
    return (Span(f" {view.mark(verdict)} {name}", look), Span(fit(age, 5, right=True), "dim"))


def change_lines(world: World, view: View, width: int) -> list[Spans]:
    """Our own changes, service events that are news, and deployments, newest first."""
    rows: list[tuple[float, str, str, Look]] = [
        (f.follow.started_at, f.follow.part, f"you: {f.follow.did}", "bold") for f in own_changes(world)
    ]
    for service in world.services.value or ():
        for one in service.events:
            text = event(one.message)
            if one.at is not None and text:
                rows.append((one.at, service.part, text, "fail" if "unable to" in text else "plain"))
        for d in service.deployments:
            if d.created_at is not None:
                rows.append((d.created_at, service.part, f"deployment {d.task_definition.rsplit('/', 1)[-1]} began", "bold"))
    rows.sort(key=lambda r: (-r[0], r[2]))
    return [
        (
            Span(f" {fit(since_minutes(at, view.now), 4, right=True)} ", "dim"),
            Span(fit(part, 9), "dim"),
            Span(fit(text, max(10, width - 16)), look),
        )
        for at, part, text, look in rows
    ]
