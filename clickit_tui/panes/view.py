"""What a pane may look at besides the World: the moment, the facts, the glyphs, and the state of the shell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from clickit_tui.checks.cause import Cause
from clickit_tui.checks.registry import Facts, Finding
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.playbooks.diagnosis import Diagnosis
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.ui.looks import Symbols
from clickit_tui.world.seen import Age, Fault, Seen, Trouble


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the shell; pure rendering needs nothing else besides the World."""

    facts: Facts
    glyphs: Symbols
    env: str = ""
    protected: bool = True
    read_only: str = ""
    """Why the process is read-only; empty in operator mode."""
    local_time: bool = False
    strip: tuple[PartVerdict, ...] = ()
    cause: Cause | None = None
    found: Mapping[str, Finding] = {}
    """What every check found, by id."""
    diagnosis: Diagnosis = Diagnosis()
    slow: bool = False
    """Everything is polled more seldom: no key for half an hour, and nothing is wrong."""
    replayed: bool = False
    """The World is that of a recording: nothing that is typed is kept."""
    calls_per_minute: int = 0
    dollars: float = 0.0

    @property
    def now(self) -> float:
        return self.facts.now

    def mark(self, verdict: str) -> str:
        """The symbol of a verdict; a part that does not exist or is idle has a dash."""
        g = self.glyphs
        return {"PASS": g.ok, "WARN": g.warn, "FAIL": g.fail, "UNKNOWN": g.unknown}.get(verdict, "-" if g.ascii else "–")

    def moment(self, at: float) -> str:
        """A time of day within half a day, else with its date: `14:03:19Z`, `17 Nov 14:03Z`; 13 cells at most in UTC."""
        if abs(self.now - at) < 43_200:
            return self.clock(at, seconds=True)
        zone = None if self.local_time else UTC
        return datetime.fromtimestamp(at, zone).strftime("%d %b ") + self.clock(at)

    def clock(self, at: float, seconds: bool = False) -> str:
        """`14:03Z`, or local time with its zone."""
        form = "%H:%M:%S" if seconds else "%H:%M"
        if self.local_time:
            return datetime.fromtimestamp(at).astimezone().strftime(form + " %Z")
        return datetime.fromtimestamp(at, UTC).strftime(form) + "Z"


def age_words(seen: Seen[object], now: float, brief: bool = False) -> Spans:
    """How well a value is known, for a title's right end: `now`, `loading…`, `STALE 2 m 14 s: why`; `brief` says why in a word."""
    state = seen.age(now)
    if state is Age.FRESH:
        return (Span("now", "dim"),)
    if state is Age.LOADING:
        return (Span("loading…", "dim"),)
    why = (seen.fault.kind.value if brief else reason(seen.fault)) if seen.fault else ""
    if state is Age.FAILED:
        return (Span(f"? {why}", "unknown"), *(() if brief else _next_try(seen, now)))
    stale = (Span(f"STALE {steps(now - (seen.seen_at or now))}", "warn"), Span(f": {why}" if why else "", "warn"))
    return stale if brief else (*stale, *_next_try(seen, now))


def reason(fault: Fault | None) -> str:
    """A fault in few words; a missing permission is named."""
    if fault is None:
        return ""
    if fault.kind is Trouble.DENIED:
        return f"no permission: {fault.operation}"
    return fault.sentence


def steps(seconds: float) -> str:
    """An age in steps of 10 s under an hour, so that it repaints seldom: `40 s`, `2 m 10 s`, `3 h 5 m`."""
    s = int(seconds // 10) * 10
    if s < 60:
        return f"{s} s"
    return f"{s // 60} m {s % 60} s" if s < 3600 else f"{s // 3600} h {s % 3600 // 60} m"


def _next_try(seen: Seen[object], now: float) -> Spans:
    if seen.next_try_at is None or seen.next_try_at <= now:
        return ()
    return (Span(f", next try in {int(-(-(seen.next_try_at - now) // 10) * 10)} s", "dim"),)


def worst(*seen: Seen[object], now: float) -> Seen[object]:
    """The least well known of several; what a pane fed by all of them admits in its title."""
    order = {Age.FAILED: 3, Age.STALE: 2, Age.LOADING: 1, Age.FRESH: 0}
    return max(seen, key=lambda s: order[s.age(now)])


def verdict_look(word: str) -> Look:
    looks: dict[str, Look] = {"PASS": "ok", "WARN": "warn", "FAIL": "fail", "UNKNOWN": "unknown"}
    return looks.get(word, "dim")
