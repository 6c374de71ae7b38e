"""Spans of time, moments, counts and service events in words, the same in every sentence."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def spell(seconds: float) -> str:
    """A duration with its two largest units: `40 s`, `1 m 12 s`, `3 h 5 m`, `2 d 4 h`; never negative."""
    s = max(0, int(seconds))
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if s >= size:
            rest = s % size // part
            return f"{s // size} {unit} {rest} {smaller}" if rest else f"{s // size} {unit}"
    return f"{s} s"


def brief(seconds: float) -> str:
    """A duration with its largest unit only: `40 s`, `4 m`, `3 h`, `2 d`."""
    return " ".join(spell(seconds).split(" ")[:2])


def clock_words(ahead_s: float) -> str:
    """How far this machine's clock is ahead of AWS's; behind where negative."""
    return f"this machine's clock is {abs(ahead_s):,.0f} s {'ahead of' if ahead_s > 0 else 'behind'} AWS's"


def clock(at: float) -> str:
    """A moment as `14:03Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%MZ")


_EVENT_NOISE = re.compile(r"(registered|deregistered) \d+ |has begun draining connections|has reached a steady state")
_OF_SERVICE = re.compile(r"^\(service [^)]*\)[ ,]*")
_OF_DEPLOYMENT = re.compile(r"^\(deployment [^)]*\) *")
_ITS_DEPLOYMENT = re.compile(r"\(deployment ([^)]*)\) deployment completed")
_A_DEPLOYMENT = re.compile(r"\(deployment [^)]*\)")
_MOVED_TASKS = re.compile(r"^has (started|stopped) (\d+) (?:running )?tasks?\b.*")
_UNHEALTHY = re.compile(r"^(?:\([^)]*\) *)+is unhealthy in \(target-group [^)]*\)(?: due to \((?:reason )?(.*?)\)*)?$")


def event(message: str) -> str:
    """A service event of ECS in few words, without the names that stand beside it; empty for what is no news.

    No news is that targets are registered, deregistered or drained, and that the service is steady.
    """
    text = _MANUAL.sub("", _OF_SERVICE.sub("", " ".join(message.split())).rstrip("."))
    if _EVENT_NOISE.match(text):
        return ""
    if moved := _MOVED_TASKS.match(text):
        return f"{moved[1]} {several(int(moved[2]), 'task')}"
    if unhealthy := _UNHEALTHY.match(text):
        return f"target unhealthy: {unhealthy[1]}" if unhealthy[1] else "target unhealthy"
    return _A_DEPLOYMENT.sub("another deployment", _OF_DEPLOYMENT.sub("", text)).removeprefix("has ")


_A_GROUP = re.compile(r"\(target-group [^)]*?targetgroup/([^/)]*)[^)]*\)")
_A_TASK = re.compile(r"\(task ([0-9a-f]{8})[0-9a-f]*\)")
_MOVED = re.compile(r"^(started|stopped|registered|deregistered|begun draining connections on) (\d+) (?:running )?(task|target)s?\b")
_MANUAL = re.compile(r"[. ]*For more information, see .*$")


def event_in_full(message: str) -> str:
    """A service event of ECS with nothing left out but the service's own name and the way to the manual.

    Target groups stand by name, tasks by eight characters: `stopped 1 task: 27f52fa9`.
    """
    text = _MANUAL.sub("", _OF_SERVICE.sub("", " ".join(message.split())).rstrip("."))
    text = _A_TASK.sub(r"\1", _A_GROUP.sub(r"\1", _OF_DEPLOYMENT.sub("", text))).removeprefix("has ")
    return _MOVED.sub(lambda found: f"{found[1]} {several(int(found[2]), found[3])}", text).replace("begun draining", "began draining", 1)


def completed_id(message: str) -> str:
    """Id of the deployment that a service event says has completed, `ecs-svc/91`; empty when it says so of none."""
    found = _ITS_DEPLOYMENT.search(message)
    return found[1] if found else ""


def several(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 task`, `3 tasks`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
