"""Running against desired tasks of each service, with how long it has been so."""

from __future__ import annotations

from functools import partial

import msgspec

from clickit_tui.checks.reading import ABSENT, SERVICES_CALL, measured, service, unknown
from clickit_tui.checks.registry import Blind, Facts, Finding, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.mark import UNMARKED
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World


def judge(part: str, world: World, facts: Facts) -> Finding:
    """FAIL without a running task, WARN as soon as fewer run than desired; how long is read from the tasks.

    WARN also when a protected environment has no such service.
    """
    try:
        found = service(world, facts, part)
    except Blind as blind:
        if not facts.protected or blind.finding.short != ABSENT:
            raise
        return msgspec.structs.replace(
            blind.finding,
            verdict=Verdict.WARN,
            evidence=measured(blind.finding.sentence, world.services.seen_at, SERVICES_CALL),
            threshold="WARN when a protected environment lacks it (heuristic)",
            change="a service of this name, or its name in the configuration",
        )
    if found.desired is None or found.running is None:
        return unknown("no counts", f"the answer about {found.name} has no task counts", part, SERVICES_CALL)
    if found.desired == 0:
        said = f"{found.name} is scaled to 0: it serves nothing{'' if found.tags_told else f'; {UNMARKED}'}"
        return _finding(found, world, facts, Verdict.WARN, "scaled to 0", said)
    if found.running >= found.desired:
        sentence = f"{found.running} of {several(found.desired, 'task')} running"
        return _finding(found, world, facts, Verdict.PASS, f"{found.running}/{found.desired}", sentence)
    return _short_of_tasks(found, world, facts)


def _short_of_tasks(found: Service, world: World, facts: Facts) -> Finding:
    since = short_since(found, world)
    for_s = None if since is None else max(0.0, facts.now - since)
    verdict = _verdict(found, for_s, facts.thresholds.none_running_fail_s)
    how_long = "" if for_s is None else f" for {brief(for_s)}"
    pending = found.pending or 0
    starting = f", {pending} pending" if pending else ", none pending" if found.pending == 0 else ""
    sentence = f"{found.running} of {several(found.desired or 0, 'task')} running{how_long}{starting}"
    return _finding(found, world, facts, verdict, f"{found.running}/{found.desired} running", sentence)


def _verdict(found: Service, for_s: float | None, limit_s: float) -> Verdict:
    if found.running == 0 and (found.pending == 0 or (for_s is not None and for_s >= limit_s)):
        return Verdict.FAIL
    return Verdict.WARN


def short_since(found: Service, world: World) -> float | None:
    """Since when fewer run than desired, at the latest: the oldest task still starting, else the newest stop. None when nothing tells."""
    tasks = [t for t in world.tasks.value or () if t.part == found.part]
    starting = [t.created_at for t in tasks if t.created_at is not None and t.status in ("PROVISIONING", "PENDING", "ACTIVATING")]
    ended = [at for t in tasks if (at := _ended_at(t)) is not None]
    if starting:
        return min(starting)
    return max(ended) if ended else None


def _ended_at(task: Task) -> float | None:
    return task.stopping_at if task.stopping_at is not None else task.stopped_at


def _finding(found: Service, world: World, facts: Facts, verdict: Verdict, short: str, sentence: str) -> Finding:
    counts = f"desired {found.desired}, running {found.running}, pending {'?' if found.pending is None else found.pending}"
    return Finding(
        verdict=verdict,
        short=short,
        sentence=sentence,
        evidence=measured(counts, world.services.seen_at, SERVICES_CALL),
        threshold="FAIL at none running (at once when none is pending, "
        f"else after {brief(facts.thresholds.none_running_fail_s)}, heuristic), "
        "WARN at fewer than desired",
        change="as many tasks running as desired",
        part=found.part,
    )


for _part in SERVICES:
    check(f"{_part}.tasks", _part, "running tasks", ("services", "tasks"))(partial(judge, _part))
