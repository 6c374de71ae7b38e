"""The alarms as rows, everything known of one, and the changes of all as a timeline. Pure renderings."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.checks.expected import Expected, expected
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View, reason
from clickit_tui.plan import as_cli
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit
from clickit_tui.ui.cells import width as cells
from clickit_tui.world.events import AlarmChange
from clickit_tui.world.honesty import (
    acknowledged,
    actions_words,
    condition,
    counts_events,
    reason_words,
    scales,
    state_words,
    turns_at,
    when_missing,
)
from clickit_tui.world.parts import Alarm
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

ORDER = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 3}
DAY_S = 86_400.0


def own_alarms(world: World) -> list[Alarm]:
    """The environment's own alarms, worst and newest first."""
    own = [alarm for alarm in world.alarms.value or () if not scales(alarm)]
    return sorted(own, key=lambda a: (_order(a), -(a.since or 0.0), a.name))


def _order(alarm: Alarm) -> int:
    return 2 if alarm.state == "INSUFFICIENT_DATA" and counts_events(alarm) else ORDER.get(alarm.state, 1)


def promised(world: World, view: View) -> tuple[Expected, ...]:
    """The runbook's alarms where it promises them: in protected environments, once alarms and load balancer were read."""
    known = view.facts.protected and world.alarms.value is not None and world.target_groups.value is not None
    return expected(world, view.facts.names) if known else ()


# --- rows -----------------------------------------------------------------------------------------------------------------------


def rows(world: World, view: View, width: int) -> list[Row]:
    """Our own alarms, the runbook's that are missing, then autoscaling's."""
    if world.alarms.value is None:
        words = reason(world.alarms.fault) if world.alarms.fault else "loading…"
        return [Row(key="", spans=(Span(f" {'? ' if world.alarms.fault else ''}{words}", "unknown" if world.alarms.fault else "dim"),))]
    found = [Row(key=f"alarm:{each.name}", spans=_row(world, view, each, width), search=_search(each)) for each in own_alarms(world)]
    found += [Row(key=f"missing:{each.id}", spans=_missing(view, each, width)) for each in promised(world, view) if each.found is None]
    scaling = [each for each in world.alarms.value if scales(each)]
    if not found:
        found.append(Row(key="", spans=(Span(" no alarms in this environment: nothing pages anybody", "dim"),)))
    if scaling:
        found.append(Row(key="", spans=(Span(" autoscaling's own: ALARM is how they scale", "dim"),)))
        found += [Row(key=f"alarm:{each.name}", spans=_row(world, view, each, width), search=_search(each)) for each in scaling]
    return found


def _search(alarm: Alarm) -> str:
    return f"{alarm.name} {alarm.state} {alarm.metric} {alarm.namespace}"


def _head(view: View, alarm: Alarm) -> tuple[str, str, Look]:
    """(mark, word, look) of an alarm's state."""
    if scales(alarm):
        return view.mark("NONE"), alarm.state or "?", "dim"
    if alarm.state == "ALARM":
        return view.mark("FAIL"), "ALARM", "fail"
    if alarm.state == "OK":
        return view.mark("PASS"), "OK", "plain"
    if alarm.state == "INSUFFICIENT_DATA":
        return (view.mark("PASS"), "quiet", "plain") if counts_events(alarm) else (view.mark("UNKNOWN"), "no data", "unknown")
    return view.mark("UNKNOWN"), alarm.state or "?", "unknown"


def _row(world: World, view: View, alarm: Alarm, width: int) -> Spans:
    mark, word, look = _head(view, alarm)
    name = alarm.name.removeprefix("TargetTracking-service/") if scales(alarm) else alarm.name
    room = min(44, max(20, (width - 20) // 2))
    flags: list[Span] = []
    if alarm.actions_enabled is False and not scales(alarm):
        flags.append(Span("MUTED ", "warn"))
    if acknowledged(world, alarm):
        flags.append(Span("ack ", "dim"))
    used = 18 + room + sum(len(flag.text) for flag in flags)
    return (
        Span(f" {mark} {fit(word, 7)}", look),
        Span(f"{fit(since_minutes(alarm.since, view.now), 4, right=True)}  ", "dim"),
        Span(fit(name, room) + "  ", "bold" if look == "fail" else "dim" if look == "dim" else "plain"),
        *flags,
        Span(fit(turns_at(alarm), max(4, width - used)), "dim"),
    )


def _missing(view: View, each: Expected, width: int) -> Spans:
    room = min(44, max(20, (width - 20) // 2))
    return (
        Span(f" {view.mark('WARN')} {fit('missing', 7)}      ", "warn"),
        Span(fit(f"{each.title} (runbook)", room) + "  "),
        Span(fit(f"{each.says}; enter shows the command", max(4, width - room - 18)), "dim"),
    )


# --- everything of one ----------------------------------------------------------------------------------------------------------


def detail(world: World, view: View, key: str | None, width: int) -> list[Spans]:
    """Everything known of the row under the cursor."""
    kind, _, name = (key or "").partition(":")
    if kind == "missing":
        wanted = next((each for each in promised(world, view) if each.id == name), None)
        return missing_lines(wanted) if wanted else []
    alarm = next((each for each in world.alarms.value or () if each.name == name), None)
    if alarm is None:
        return [(Span(" select an alarm above", "dim"),)]
    return [*_facts(world, view, alarm), (), *timeline(world, view, alarm, width)]


def missing_lines(wanted: Expected) -> list[Spans]:
    """A runbook's alarm that does not exist, and the command that would create it."""
    return [
        (Span(f" ! {wanted.title} does not exist", "warn"),),
        row("the runbook says", f"it is created in production: {wanted.says}"),
        row("so", "nothing tells anybody when that happens"),
        (),
        (Span(" The command that would create it; it is only shown, c copies it:", "dim"),),
        (Span(f" {as_cli(wanted.creates)}"),),
    ]


def _facts(world: World, view: View, alarm: Alarm) -> list[Spans]:
    look: Look = "fail" if alarm.state == "ALARM" and not scales(alarm) else "plain"
    since = f"since {view.moment(alarm.since)} ({spell(view.now - alarm.since)})" if alarm.since is not None else "since ?"
    lines: list[Spans] = [
        (Span(f" {'state':<18}", "dim"), Span(f"{state_words(alarm)}  {since}", look)),
        row("because", reason_words(alarm.reason)),
        row("rule" if alarm.composite else "turns at", condition(alarm)),
        row("missing data", when_missing(alarm)),
        (Span(f" {'actions':<18}", "dim"), Span(actions_words(alarm), "warn" if alarm.actions_enabled is False else "plain")),
    ]
    for name, arns in (("  on ALARM", alarm.alarm_actions), ("  on OK", alarm.ok_actions), ("  on no data", alarm.data_actions)):
        lines += [row(name, ", ".join(arns))] if arns else []
    wanted = next((each for each in promised(world, view) if each.found is not None and each.found.name == alarm.name), None)
    if wanted is not None:
        lines.append(row("runbook", f"{wanted.title}: {wanted.says}" + (f"; {wanted.differs}" if wanted.differs else "")))
    lines += [row("of", " ".join(f"{name}={value}" for name, value in alarm.dimensions))] if alarm.dimensions else []
    lines += [row("says", alarm.description)] if alarm.description else []
    note = acknowledged(world, alarm)
    return [*lines, row("acknowledged", note)] if note else lines


# --- history --------------------------------------------------------------------------------------------------------------------


def changes_of(world: World, name: str) -> list[AlarmChange]:
    """The changes of one alarm, newest first."""
    history = world.alarm_history.value
    return [each for each in reversed(history.changes) if each.name == name] if history else []


def timeline(world: World, view: View, alarm: Alarm, width: int) -> list[Spans]:
    """The last day as a bar, and the newest changes."""
    seen = world.alarm_history
    if seen.value is None:
        words = reason(seen.fault) if seen.fault else "loading…"
        return [(Span(f" history: {'? ' if seen.fault else ''}{words}", "unknown" if seen.fault else "dim"),)]
    changes = changes_of(world, alarm.name)
    lines: list[Spans] = [
        (Span(" 24 h ", "dim"), *day_bar(changes, alarm, seen.value.since, view, max(20, min(96, width - 20))), Span(" now", "dim"))
    ]
    lines += [change_line(view, each, width) for each in changes[:20]]
    if not changes:
        lines.append((Span(f" no change since {view.moment(seen.value.since)}", "dim"),))
    return lines


def day_bar(changes: Sequence[AlarmChange], alarm: Alarm, since: float, view: View, columns: int) -> Spans:
    """The state in each part of the last 24 hours: bars where it was in ALARM at any time, low where not, dots where it is not known."""
    glyphs = view.glyphs
    out: list[Span] = []
    step = DAY_S / columns
    for i in range(columns):
        start = view.now - DAY_S + i * step
        state = states_in(changes, alarm, since, start, start + step)
        look: Look = "fail" if "ALARM" in state else "dim"
        mark = glyphs.blocks[-1] if "ALARM" in state else glyphs.gap if not state or "" in state else glyphs.blocks[0]
        out.append(Span(mark, look))
    return tuple(out)


def states_in(changes: Sequence[AlarmChange], alarm: Alarm, since: float, start: float, end: float) -> set[str]:
    """Every state the alarm was in during a window; empty text for a time of which nothing is known. `changes` newest first."""
    inside = {each.state for each in changes if start < each.at <= end}
    before = next((each for each in changes if each.at <= start), None)
    after = next((each for each in reversed(changes) if each.at > end), None)
    if before is not None:
        return inside | {before.state}
    if start < since:
        return inside | {""}
    first = min((each for each in changes if each.at > start), key=lambda each: each.at, default=None)
    if first is not None or after is not None:
        return inside | {(first or after).before}  # type: ignore[union-attr]
    return {alarm.state}


def change_line(view: View, each: AlarmChange, width: int, named: bool = False) -> Spans:
    """One change of state in a line."""
    looks: dict[str, Look] = {"ALARM": "fail", "OK": "ok"}
    name = f"{fit(each.name, max(12, min(36, width - 36)))} " if named else ""
    head = f" {fit(view.moment(each.at), 14)} {name}{fit(_brief(each.before), 7)} {view.glyphs.arrow} "
    return (
        Span(head, "dim"),
        Span(fit(_brief(each.state), 8), looks.get(each.state, "unknown")),
        Span(fit(reason_words(each.reason), max(0, width - cells(head) - 9)), "dim"),
    )


def _brief(state: str) -> str:
    return {"INSUFFICIENT_DATA": "no data"}.get(state, state or "?")


def history_rows(world: World, view: View, width: int) -> list[Row]:
    """The changes of all the environment's alarms, newest first."""
    seen = world.alarm_history
    if seen.value is None:
        words = reason(seen.fault) if seen.fault else "loading…"
        return [Row(key="", spans=(Span(f" {'? ' if seen.fault else ''}{words}", "unknown" if seen.fault else "dim"),))]
    ours = {alarm.name for alarm in world.alarms.value or () if not scales(alarm)}
    kept = [each for each in reversed(seen.value.changes) if each.name in ours]
    found = [Row(key=f"change:{int(each.at)}:{each.name}", spans=change_line(view, each, width, named=True)) for each in kept]
    return [*found, Row(key="", spans=(title(f"nothing is known before {view.moment(seen.value.since)}")[0],))]
