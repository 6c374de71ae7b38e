"""The identity row: environment, account, region and mode never drop; the rest follows as the width allows."""

from __future__ import annotations

from clickit_tui.checks.registry import RANK
from clickit_tui.panes.replaying import replay_words
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Span, Spans, fit, spans_width
from clickit_tui.ui.cells import width as cells
from clickit_tui.world.playing import Playing
from clickit_tui.world.world import World

CUT_SHORT = "partial"
"""What a check of the logs says in short when not all of them was read."""


def where(world: World) -> str:
    """The account, or `NOT AWS host:port` in its place."""
    identity = world.identity.value
    if identity is None:
        return "account ?"
    return f"NOT AWS {identity.endpoint}" if identity.endpoint else identity.account or "account ?"


def badge(world: World) -> str:
    """Environment, account and region as dialogs show them."""
    region = (world.identity.value.region if world.identity.value else "") or "region ?"
    return f"{world.env.upper()} {where(world)} {region}"


def following(world: World) -> str:
    """The newest open follow, in few words."""
    open_ = [f for f in world.follows if f.open]
    if not open_:
        return ""
    newest = open_[-1]
    more = f" +{len(open_) - 1}" if len(open_) > 1 else ""
    return f"{newest.follow.kind} {newest.follow.part}: {newest.sentence}{more}"


def incident_words(world: World, view: View, width: int) -> str:
    """The open incident and the minutes since it began: `INCIDENT 7 m`; with its title where there is room."""
    incident = next((one for one in reversed(world.incidents) if one.open), None)
    if incident is None:
        return ""
    minutes = max(0, int((view.now - incident.began_at) // 60))
    lasts = f"{minutes} m" if minutes < 120 else f"{minutes // 60} h {minutes % 60} m"
    return f"INCIDENT {lasts}" + (f" {fit(incident.title, min(width // 5, len(incident.title))).rstrip()}" if width >= 110 else "")


def tunnel_words(world: World, view: View, width: int) -> str:
    """The open tunnels: `tunnel :15432`, with where to, state and age where there is room; `2 tunnels` where there is little."""
    live = [t for t in world.tunnels if t.live]
    if not live:
        return ""
    if width < 110:
        return f"tunnel :{live[0].local_port}" if len(live) == 1 else f"{len(live)} tunnels"
    return "  ".join(f"{t.to} :{t.local_port} {t.state} {max(0, int((view.now - t.opened_at) // 60))}m" for t in live)


def identity_line(world: World, view: View, width: int, recording: str = "", playing: Playing | None = None) -> Spans:
    """One row. Kept longest: environment, mode, account, region, incident, follows, tunnels, credentials, clock, identity, calls.

    That the session is recorded, or is a replay, stands beside the mode and never drops; a replay's clock comes first, where it is narrow
    instead of the mode, which a replay always has.
    """
    look: Look = "reverse" if view.protected else "bold"
    identity = world.identity.value
    region = (identity.region if identity else "") or "region ?"
    left = f" {world.env.upper()}  clickit {where(world)} {region}"
    mode = "" if playing is not None and width < 80 else "READ-ONLY" if view.read_only else "OPERATOR"
    right = (*_marked(recording if playing is None else "REPLAY", look), Span(mode, look))
    room = width - cells(left) - spans_width(right) - 3
    pinned = incident_words(world, view, width)
    kept: list[str] = []
    for extra in _extras(world, view, width, room, pinned, playing):
        if sum(cells(k) + 2 for k in kept) + cells(extra) + 2 <= room:
            kept.append(extra)
    gap = room - cells("  ".join(kept))
    said = [span for extra in kept for span in (Span(extra, "reverse-fail" if extra == pinned else look), Span("  ", look))]
    spans = (Span(f"{left}{' ' * max(1, gap)}", look), *(said or [Span("  ", look)]), *right, Span(" ", look))
    if spans_width(spans) <= width:
        return spans
    return (Span(fit(left, width - spans_width(right) - 2) + " ", look), *right, Span(" ", look))


def _marked(mark: str, look: Look) -> Spans:
    """` REC `, ` REC OFF ` or ` REPLAY `, set off from the row."""
    if not mark:
        return ()
    away: Look = "reverse-fail" if mark.endswith("OFF") else "bold" if look == "reverse" else "reverse"
    return (Span(f" {mark} ", away), Span(" ", look))


def _extras(world: World, view: View, width: int, room: int, pinned: str, playing: Playing | None) -> list[str]:
    """What may stand between place and mode, the most important first."""
    identity = world.identity.value
    follows = sum(1 for f in world.follows if f.open)
    tunnelled = tunnel_words(world, view, width)
    minutes = (identity.expires_at - view.now) / 60 if identity and identity.expires_at else None
    said = (
        pinned,
        f"following {follows}" if follows else "",
        tunnelled,
        "" if minutes is None or minutes >= 30 else "creds expired" if minutes <= 0 else f"creds {int(minutes)}m",
        ("polls slowly: any key wakes" if width >= 120 else "polls slowly") if view.slow else "",
    )
    extras = [each for each in said if each]
    if playing is not None:
        return [replay_words(playing, view, room - 2), *extras]
    if not (follows or pinned or tunnelled) or width >= 100:
        extras.append(view.clock(view.now))
        who = identity.who if identity else ""
        fits = who and cells(who) + sum(cells(e) + 2 for e in extras) + 2 <= room
        extras = [*extras[: bool(pinned)], who, *extras[bool(pinned) :]] if fits else extras
    return [*extras, f"{view.calls_per_minute} calls/min", f"${view.dollars:.2f}"] if width >= 120 else extras


def strip_line(view: View, width: int) -> Spans:
    """The verdict strip in its fixed order. Where the room is short, the reasons of what is worst are kept.

    While something fails, what fails is bold, and a part that is unknown only because the logs are cut short is dim: it is no news then.
    """
    if not view.strip:
        return (Span(" loading…", "dim"),)
    spaced = _fitted(view, width, 2)
    dense = _fitted(view, width, 1)
    gap, said = (2, spaced) if len(spaced) == len(dense) else (1, dense)
    spans: list[Span] = [Span(" ")]
    failing = any(part.verdict == "FAIL" for part in view.strip)
    for part in view.strip:
        text = said.get(part.part) or f"{view.mark(part.verdict)} {part.label}"
        spans += [Span(text, "dim" if failing and part.short == CUT_SHORT else _look(part.verdict)), Span(" " * gap)]
    return tuple(spans[:-1])


def _fitted(view: View, width: int, gap: int) -> dict[str, str]:
    """The entries whose reason fits, by part, at that gap between entries; what is worst is served first."""
    heads = {p.part: f"{view.mark(p.verdict)} {p.label}" for p in view.strip}
    room = width - 1 - sum(cells(text) + gap for text in heads.values()) + gap
    said: dict[str, str] = {}
    failing = any(part.verdict == "FAIL" for part in view.strip)
    for part in sorted(view.strip, key=lambda p: (failing and p.short == CUT_SHORT, -RANK[p.verdict])):
        head = heads[part.part]
        named = part.short.rstrip("s").endswith(part.label.rstrip("s"))
        text = f"{view.mark(part.verdict)} {part.short}" if named else f"{head} {part.short}".rstrip()
        if cells(text) - cells(head) > room:
            break
        said[part.part] = text
        room -= cells(text) - cells(head)
    return said


def _look(verdict: str) -> Look:
    looks: dict[str, Look] = {"PASS": "plain", "WARN": "warn", "FAIL": "accent", "UNKNOWN": "unknown"}
    return looks.get(verdict, "dim")


def cause_line(view: View, width: int) -> Spans:
    """What is the likely cause, or the last change; how to see why."""
    if view.cause is None:
        return (Span(" so far: reading…", "dim"),)
    hint = "w: why"
    text = fit(" " + view.cause.sentence, max(1, width - cells(hint) - 2))
    return (Span(text, "bold" if view.cause.likely else "plain"), Span(" " + hint + " ", "dim"))
