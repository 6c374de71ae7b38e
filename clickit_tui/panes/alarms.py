"""Alarms, worst first, and the newest changes, for wide screens."""

from __future__ import annotations

from clickit_tui.checks.timeline import Happening, Kind, timeline
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.world.parts import Alarm
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


NAMED = (Kind.DEPLOYMENT, Kind.SCALING, Kind.SECRET)
"""Kinds whose entries do not say by themselves what they are about."""
LEFT_OUT = (Kind.ALARM, Kind.IMAGE, Kind.STOP, Kind.VERDICT, Kind.INCIDENT)
"""They stand elsewhere on the screen, or change nothing by themselves."""


def change_lines(world: World, view: View, width: int) -> list[Spans]:
    """The timeline's changes and news, newest first; routine is left out."""
    found = [one for one in timeline(world, view.facts) if not one.quiet and one.kind not in LEFT_OUT]
    return [_change(one, view, width) for one in reversed(found)]


def _change(one: Happening, view: View, width: int) -> Spans:
    text = one.said if one.kind is Kind.YOU and one.said else f"{one.kind} {one.text}" if one.kind in NAMED else one.text
    look: Look = "fail" if one.bad else "bold" if one.change else "plain"
    return (
        Span(f" {fit(since_minutes(one.at, view.now), 4, right=True)} ", "dim"),
        Span(f"{fit(one.part, 8)} ", "dim"),
        Span(fit(text, max(10, width - 16)), look),
    )
