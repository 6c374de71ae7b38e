"""Moments a log can be searched for: a time of day, an age, the newest deployment, the newest alarm."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from clickit_tui.checks.registry import Facts
from clickit_tui.checks.suspects import first_bad_minute, unread_signals
from clickit_tui.world.world import World

_AGE = re.compile(r"-?(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_TIME = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d\d)(?::(\d\d))?(Z?)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
HINT = "14:03, 14:03:20, 2026-11-23 14:03, 10m (ago), deploy, alarm"


LONGEST_S = 10 * 366 * 86_400.0
"""CloudWatch keeps lines for ten years at most, unless they never expire; a calendar ends too."""


class NoMoment(Exception):
    """Why a text names no moment, in one sentence."""


def age_s(text: str) -> float:
    """`10m`, `-1h`, `90s`, `2d` in seconds. Raises NoMoment."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise NoMoment(f"no length of time: {text!r}; e.g. 15m, 1h, 2d")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST_S:
        raise NoMoment("longer than ten years")
    return seconds


def moment(text: str, now: float, world: World, part: str = "", local: bool = False) -> float:
    """Epoch seconds a text means; a time of day is the newest one that is not in the future. Raises NoMoment."""
    said = text.strip()
    if said and "deployment".startswith(said.lower()):
        return deployment(world, part)
    if said and "alarm".startswith(said.lower()):
        return alarm(world)
    if _AGE.fullmatch(said):
        return now - age_s(said)
    found = _TIME.fullmatch(said)
    if found is None:
        raise NoMoment(HINT)
    return _at(found, now, local and not found[7])


def moment_or_bad_minute(text: str, world: World, facts: Facts, *, local: bool) -> float:
    """The same, and `first bad minute` (or its beginning): the one that the metrics show. Raises NoMoment."""
    said = text.strip().lower()
    if not said or not "first bad minute".startswith(said):
        return moment(text, facts.now, world, local=local)
    first = first_bad_minute(world, facts)
    if first is None:
        unread = unread_signals(world)
        raise NoMoment("there is no bad minute in the metrics now" + (f"; not seen: {', '.join(unread)}" if unread else ""))
    return first.at


def _at(found: re.Match[str], now: float, local: bool) -> float:
    zone = datetime.now().astimezone().tzinfo if local else UTC
    base = datetime.fromtimestamp(now, zone)
    try:
        day = base.replace(year=int(found[1]), month=int(found[2]), day=int(found[3])) if found[1] else base
        at = day.replace(hour=int(found[4]), minute=int(found[5]), second=int(found[6] or 0), microsecond=0)
    except ValueError as error:
        raise NoMoment(f"no such time: {error}") from error
    if at.year < 1971:
        raise NoMoment("no such time: before there were logs")
    if not found[1] and at > base:
        at -= timedelta(days=1)
    return at.timestamp()


def deployment(world: World, part: str = "") -> float:
    """When the newest deployment began, of a part or of all. Raises NoMoment."""
    services = [s for s in world.services.value or () if not part or s.part == part]
    begun = [d.created_at for s in services for d in s.deployments if d.status == "PRIMARY" and d.created_at is not None]
    if not begun:
        raise NoMoment("no deployment is known" + (f" of {part}" if part else ""))
    return max(begun)


def alarm(world: World) -> float:
    """When the newest alarm that is in ALARM went there, else when the newest alarm changed at all. Raises NoMoment."""
    alarms = [a for a in world.alarms.value or () if a.since is not None]
    chosen = [a for a in alarms if a.state == "ALARM"] or alarms
    if not chosen:
        raise NoMoment("no alarm is known to have changed")
    return max(a.since for a in chosen if a.since is not None)
