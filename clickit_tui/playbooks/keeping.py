"""What an incident leaves behind: its impact as the metrics tell it, and the rows of its timeline that AWS forgets."""

from __future__ import annotations

from collections.abc import Iterator

from clickit_tui.checks.registry import Facts
from clickit_tui.checks.suspects import BEFORE_S
from clickit_tui.checks.timeline import Kind, timeline
from clickit_tui.plan import as_cli
from clickit_tui.world.incident import Incident, Kept
from clickit_tui.world.minutes import ERRORS_5XX, REQUESTS, Reading, errors_5xx, read
from clickit_tui.world.parts import Metrics
from clickit_tui.world.words import brief, clock, several
from clickit_tui.world.world import World

MOST = 300
"""Rows that are kept of one incident: the newest."""
OWN = (Kind.YOU, Kind.VERDICT, Kind.BOOKMARK, Kind.NOTE, Kind.INCIDENT)
"""The journal has these anyway."""


def kept(world: World, facts: Facts, incident: Incident) -> tuple[Kept, ...]:
    """The rows from two hours before the incident to its end that only AWS knows, oldest first."""
    end = incident.ended_at or facts.now
    found = [
        Kept(
            at=one.at,
            kind=one.kind,
            part=one.part,
            text=one.text,
            source=one.source,
            command="" if one.call is None else as_cli(one.call),
        )
        for one in timeline(world, facts)
        if one.kind not in OWN and not one.quiet and incident.began_at - BEFORE_S <= one.at <= end
    ]
    return tuple(found[-MOST:])


def impact(world: World, facts: Facts, incident: Incident) -> tuple[str, ...]:
    """What the metrics say of the time from its beginning to its end, a sentence each; says what they do not cover."""
    found = world.metrics.value
    if found is None or world.metrics.seen_at is None:
        return ("The metrics were not readable: the impact is not known.",)
    end = min(incident.ended_at or facts.now, world.metrics.seen_at)
    minutes = tuple(float(at) for at in range(int(incident.began_at // 60 * 60), int(end // 60 * 60) + 60, 60))
    covered = tuple(at for at in minutes if found.start <= at < found.end + 60)
    if not covered:
        return ("The metrics held do not reach back so far: the impact is not known from them.",)
    said = tuple(_sentences(found, covered, facts))
    lost = len(minutes) - len(covered)
    return (
        *said,
        *((f"Of {len(minutes)} minutes {lost} are not covered: the metrics held begin at {clock(covered[0])}.",) if lost else ()),
    )


def _sentences(found: Metrics, minutes: tuple[float, ...], facts: Facts) -> Iterator[str]:
    yield _errors(found, minutes)
    p95 = read(found, "edge.p95", minutes)
    if p95 is not None and p95.present:
        slow = sum(1 for _, value in p95.present if value > facts.thresholds.p95_fail_s)
        worst_at, worst = max(p95.present, key=lambda one: one[1])
        limit = facts.thresholds.p95_fail_s
        above = several(slow, "minute") if slow else "no minute"
        yield f"p95 response time: at worst {worst:.2f} s at {clock(worst_at)}; above {limit:g} s in {above}."
    else:
        yield "p95 response time: not known."
    unhealthy = read(found, "edge.unhealthy", minutes)
    if unhealthy is not None and unhealthy.present:
        bad = sum(1 for _, value in unhealthy.present if value > 0)
        worst = max(value for _, value in unhealthy.present)
        yield f"Unhealthy targets: up to {worst:.0f}, in {several(bad, 'minute')}." if bad else "Unhealthy targets: none."


def _errors(found: Metrics, minutes: tuple[float, ...]) -> str:
    errors, requests = errors_5xx(found, minutes), read(found, REQUESTS, minutes)
    if errors.total is None:
        return "Answers 5xx: not known (no request and no error was counted)."
    share = _share(errors, requests)
    bad = [at for at, value in errors.present if value > 0]
    when = f", from {clock(bad[0])} to {clock(bad[-1] + 60)} ({brief(bad[-1] - bad[0] + 60)})" if bad else ""
    whole = all(key in found.series and found.series[key].status == "Complete" for key in ERRORS_5XX)
    return f"Answers 5xx: {'' if whole else 'at least '}{errors.total:.0f}{share}{when}."


def _share(errors: Reading, requests: Reading | None) -> str:
    asked = requests.total if requests is not None else None
    return f" of about {asked:.0f} requests ({100 * (errors.total or 0.0) / asked:.1f} %)" if asked else ""
