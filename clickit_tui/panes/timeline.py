"""The Timeline as rows: entries newest first, the first bad minute among them, and above them what is not seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from clickit_tui.checks.strip import findings
from clickit_tui.checks.suspects import Suspect, bad_runs, first_bad_minute, suspects, unread_signals
from clickit_tui.checks.timeline import Blind, Happening, Kind, blind, kinds, timeline
from clickit_tui.panes.pages import row as named
from clickit_tui.panes.view import View
from clickit_tui.plan import as_cli
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit
from clickit_tui.ui.cells import width as cells
from clickit_tui.world.incident import Incident
from clickit_tui.world.memo import Memo
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

FOLD_S = 180.0
"""Entries that say the same within so many seconds are one row."""
UNFOLDED = (Kind.YOU, Kind.BOOKMARK, Kind.NOTE, Kind.INCIDENT, Kind.VERDICT, Kind.DEPLOYMENT, Kind.SCALING)
_RUNS: Memo[list[list[Happening]]] = Memo()
_IDS = re.compile(r"[0-9a-f]{6,}|\d+")
SPAN_S = 900.0
"""How far before and after a moment is shown around it."""
HEAD = 25
"""Cells of mark, time, kind and part."""


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What of the timeline is shown."""

    group: str = "all"
    """A group or the name of one kind (`checks.timeline.kinds`)."""
    quiet: bool = False
    """Routine too: steady services, autoscaling's own alarms, back-ups, tasks that were meant to stop."""
    around: float | None = None
    """Only what happened near this moment; None shows everything."""


def shown(world: World, view: View, looking: Looking) -> list[Happening]:
    """The entries that pass, oldest first."""
    wanted = kinds(looking.group)
    entries = (one for one in timeline(world, view.facts) if one.kind in wanted and (looking.quiet or not one.quiet))
    if looking.around is None:
        return list(entries)
    return [one for one in entries if abs(one.at - looking.around) <= SPAN_S]


def runs(world: World, view: View, looking: Looking) -> list[list[Happening]]:
    """The entries that pass; those that say the same within `FOLD_S` of each other are one run, unless routine is shown too.

    A run is known by its first entry, so that its row stays the same while it grows.
    """
    return _RUNS.of((timeline(world, view.facts),), looking, lambda: _runs(shown(world, view, looking), looking.quiet))


def _runs(entries: list[Happening], apart: bool) -> list[list[Happening]]:
    current: dict[tuple[str, str, str], list[Happening]] = {}
    out: list[list[Happening]] = []
    for one in entries:
        key = (one.kind, one.part, _gist(one.text))
        run = current.get(key)
        if run is None or one.at - run[-1].at > FOLD_S or one.kind in UNFOLDED or apart:
            current[key] = run = []
            out.append(run)
        run.append(one)
    return out


def _gist(text: str) -> str:
    """A text without its numbers and ids."""
    return _IDS.sub("#", text)


def hidden(world: World, view: View, looking: Looking) -> int:
    """How many rows only `.` would show."""
    every = len(shown(world, view, msgspec.structs.replace(looking, quiet=True)))
    return every - len(runs(world, view, looking))


def open_incident(world: World) -> Incident | None:
    """The incident that is going on."""
    return next((one for one in reversed(world.incidents) if one.open), None)


def rows(world: World, view: View, width: int, looking: Looking) -> list[Row]:
    """The rows newest first: what is not seen, then entries and marks in time, with the date where it changes."""
    marks = _marks(world, view, looking)
    entries: list[tuple[float, int, Row]] = [(run[-1].at, 0, _row(run, view, width)) for run in runs(world, view, looking)]
    entries += [(at, 1, Row("", _rule(f"{view.clock(at)} {words}", width, look))) for at, words, look in marks]
    entries.sort(key=lambda one: (-one[0], one[1]))
    out = [Row("", line) for line in blind_lines(world, view, width)]
    day = _day(view.now, view)
    for at, _, made in entries:
        if _day(at, view) != day:
            day = _day(at, view)
            out.append(Row("", _rule(day, width, "dim")))
        out.append(made)
    return out if entries else [*out, Row("", (Span(f"  {_nothing(view, looking)}", "dim"),))]


def _nothing(view: View, looking: Looking) -> str:
    what = "nothing" if looking.group == "all" else f"nothing of kind {looking.group}"
    where = f" within {brief(SPAN_S)} of {view.clock(looking.around)} (t shows all)" if looking.around is not None else ""
    return f"{what} is known{where}"


def _marks(world: World, view: View, looking: Looking) -> Iterator[tuple[float, str, Look]]:
    """(moment, words, look) of the marks between the entries."""
    incident = open_incident(world)
    worst = first_bad_minute(world, view.facts, incident.began_at if incident else None)
    found: list[tuple[float, str, Look]] = []
    if worst is not None:
        found.append((worst.at, f"first bad minute: {worst.words}", "fail"))
    if incident is not None:
        found.append((incident.began_at, f"incident began: {incident.title}", "warn"))
    if looking.around is not None:
        found.append((looking.around, "the moment you asked for", "accent"))
    for mark in found:
        if looking.around is None or abs(mark[0] - looking.around) <= SPAN_S:
            yield mark


def _rule(words: str, width: int, look: Look) -> Spans:
    head = f"── {words} "
    return (Span(fit(head, width) if cells(head) > width else head + "─" * (width - cells(head)), look),)


def _day(at: float, view: View) -> str:
    return datetime.fromtimestamp(at, None if view.local_time else UTC).strftime("%a %d %b %Y")


def _time(at: float, view: View) -> str:
    return view.clock(at, seconds=True).split(" ")[0]


def _row(run: list[Happening], view: View, width: int) -> Row:
    one = run[-1]
    look: Look = "fail" if one.bad else "bold" if one.change else "dim" if one.quiet else "plain"
    mark = view.glyphs.fail if one.bad else " "
    times = f" ×{len(run)} since {_time(run[0].at, view)}" if len(run) > 1 else ""
    spans = (
        Span(f"{mark} ", "fail"),
        Span(fit(_time(one.at, view), 10), "dim"),
        Span(fit(one.kind, 11), "accent" if one.kind in _OWN else "plain"),
        Span(f"{fit(one.part, 9)} ", "dim"),
        Span(fit(one.text, max(10, width - 33 - len(times))), look),
        Span(times, "dim"),
    )
    return Row(run[0].id, spans, f"{one.kind} {one.part} {one.text}")


WORSENING = (Kind.DEPLOYMENT, Kind.SECRET, Kind.DATABASE)
_OWN = (Kind.YOU, Kind.BOOKMARK, Kind.NOTE, Kind.INCIDENT)


def blind_lines(world: World, view: View, width: int) -> list[Spans]:
    """One line for each reason why kinds of entries are missing or incomplete."""
    return [_blind(one, view, width) for one in blind(world, view.facts)]


def _blind(one: Blind, view: View, width: int) -> Spans:
    mark = "…" if one.loading else view.glyphs.unknown
    text = f"{mark} {'awaited' if one.loading else 'not seen'}: {', '.join(one.kinds)}: {one.why}"
    return (Span(fit(text, width), "dim" if one.loading else "unknown"),)


# --- the first bad minute and what came before it -----------------------------------------------------------------------------


def before_lines(world: World, view: View, width: int, height: int) -> list[Spans]:
    """The first bad minute, what else is bad since when, and the changes before it, the most suspect first."""
    incident = open_incident(world)
    since = incident.began_at if incident else None
    first = first_bad_minute(world, view.facts, since)
    if first is None:
        return _no_bad_minute(world, view, incident, width)
    others = [one for one in bad_runs(world, view.facts, since) if one.signal != first.signal]
    also = "; ".join(f"{one.words} since {view.clock(one.at)}" for one in others)
    head = f"{view.mark('FAIL')} {view.clock(first.at)} {first.words}" + (
        "" if first.open else f", over since {view.clock(first.last + 60)}"
    )
    lines: list[Spans] = [(Span(fit(head, width), "fail" if first.open else "warn"),)]
    if also and height > 4:
        lines.append((Span(fit(f"  also {also}", width), "dim"),))
    ranked = suspects(world, view.facts, first.at, view.found or findings(world, view.facts))
    lines += _suspects(ranked, width)
    if not ranked:
        lines.append(_none_known(world, view, width))
    lines += _later(world, view, first.at, width, {one.happening.id for one in ranked})
    return lines[:height]


def _later(world: World, view: View, at: float, width: int, told: set[str]) -> list[Spans]:
    """Deployments, secrets and database that changed after the first bad minute: they did not begin it, and may have made it worse."""
    found = [one for one in timeline(world, view.facts) if one.change and one.kind in WORSENING and one.at > at + 60 and one.id not in told]
    return [(Span(fit(f"  later: {one.said}, {brief(one.at - at)} after", width), "dim"),) for one in found]


def _none_known(world: World, view: View, width: int) -> Spans:
    """That no change is known says also which changes could not be known."""
    unseen = [kind for one in blind(world, view.facts) for kind in one.kinds if kind in kinds("changes")]
    words = "  no change is known in the two hours before" + (f"; not seen: {', '.join(unseen)}" if unseen else "")
    return (Span(fit(words, width), "unknown" if unseen else "plain"),)


def _no_bad_minute(world: World, view: View, incident: Incident | None, width: int) -> list[Spans]:
    if world.metrics.value is None:
        return [(Span(fit(f"{view.glyphs.unknown} the metrics are not known: no first bad minute", width), "unknown"),)]
    unread = unread_signals(world)
    said = f"{view.mark('UNKNOWN' if unread else 'PASS')} no bad minute in the metrics now" + (
        f"; not seen: {', '.join(unread)}" if unread else ""
    )
    lines: list[Spans] = [(Span(fit(said, width), "unknown" if unread else "plain"),)]
    if incident is None:
        return lines
    ranked = suspects(world, view.facts, incident.began_at, view.found or findings(world, view.facts))
    return [*lines, *_suspects(ranked, width)]


def _suspects(ranked: tuple[Suspect, ...], width: int) -> list[Spans]:
    """The suspects with their reasons beside them, in columns."""
    said = [f"  {place} {one.happening.said}" for place, one in enumerate(ranked, 1)]
    room = min(max(map(cells, said), default=0), width * 5 // 8)
    return [
        (
            Span(fit(text, room), "bold" if one is ranked[0] else "plain"),
            Span(fit(f"  {', '.join(one.reasons)}", max(0, width - room)), "dim"),
        )
        for text, one in zip(said, ranked, strict=True)
    ]


# --- one entry ----------------------------------------------------------------------------------------------------------------


def entry_page(run: list[Happening], view: View) -> list[Spans]:
    """Everything known of one entry, with what shows it on the command line; of several alike, of the newest."""
    one = run[-1]
    moment = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    lines = [
        named("time", f"{moment}  ({brief(view.now - one.at)} ago)"),
        named("kind", f"{one.kind}  {one.part}"),
        named("what", one.text),
        named("read with", one.source),
    ]
    lines += [named("detail" if i == 0 else "", part) for i, part in enumerate(one.detail.splitlines()) if part]
    if len(run) > 1:
        lines.append(named(f"{len(run)} alike", ", ".join(_time(each.at, view) for each in reversed(run))))
    return [*lines, named("to see it", as_cli(one.call))] if one.call is not None else lines
