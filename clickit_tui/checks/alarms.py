"""CloudWatch's own alarms: how many are in ALARM, whose data is missing, whose actions are switched off."""

from __future__ import annotations

from clickit_tui.checks.expected import Expected, missing
from clickit_tui.checks.reading import fresh, measured, none, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.honesty import quiet_when_missing
from clickit_tui.world.parts import Alarm
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World

CALL = "cloudwatch:DescribeAlarms"
GROUPS_CALL = "elasticloadbalancing:DescribeTargetGroups"
SCALING = "TargetTracking-"
"""Alarms with this prefix belong to autoscaling: ALARM is their way of working, no trouble."""


@check("alarms.state", "alarms", "alarms", ("alarms", "target_groups"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when one is in ALARM, UNKNOWN when the state of one is not told, WARN when one has no data or cannot page anybody.

    Event counters without data are fine.
    """
    everything = fresh(world.alarms, facts.now, CALL, "alarms", "alarms")
    own = tuple(a for a in everything if not a.name.startswith(SCALING))
    if not own:
        return _no_alarms(facts)
    firing = sorted((a for a in own if a.state == "ALARM"), key=lambda a: a.since or 0.0)
    untold = [a.name for a in own if a.state not in ("OK", "ALARM", "INSUFFICIENT_DATA")]
    if untold and not firing:
        return unknown(
            "bad answer", f"the answer does not tell the state of {several(len(untold), 'alarm')}: {', '.join(untold[:3])}", "alarms", CALL
        )
    blind = [a for a in own if a.state == "INSUFFICIENT_DATA" and not quiet_when_missing(a)]
    muted = [a for a in own if a.actions_enabled is False]
    gone = (missing(world, facts.names, facts.now) or ()) if facts.protected else ()
    verdict = Verdict.FAIL if firing else Verdict.WARN if blind or muted or gone else Verdict.PASS
    if verdict is Verdict.PASS and facts.protected:
        fresh(
            world.target_groups, facts.now, GROUPS_CALL, "whether the runbook's alarms on the load balancer exist: target groups", "alarms"
        )
    return Finding(
        verdict=verdict,
        short=_short(len(firing), len(blind), len(muted), len(gone)),
        sentence=_sentence(own, firing, blind, muted, gone, facts.now),
        evidence=measured(f"{len(firing)} of {len(own)} in ALARM", world.alarms.seen_at, CALL),
        threshold="FAIL at any ALARM, WARN at missing data or actions switched off (AWS), or a missing alarm of the runbook",
        change="every alarm OK",
        part="alarms",
    )


def _no_alarms(facts: Facts) -> Finding:
    if not facts.protected:
        return none("no alarms in this environment", part="alarms")
    return Finding(
        verdict=Verdict.WARN, short="no alarms", sentence=f"no alarms exist for {facts.names.env}: nothing pages anybody", part="alarms"
    )


def _short(firing: int, blind: int, muted: int, gone: int) -> str:
    if firing:
        return several(firing, "alarm")
    if blind:
        return f"{blind} no data"
    if muted:
        return f"{muted} muted"
    return f"{gone} missing" if gone else "0 alarms"


def _sentence(
    own: tuple[Alarm, ...], firing: list[Alarm], blind: list[Alarm], muted: list[Alarm], gone: tuple[Expected, ...], now: float
) -> str:
    said = []
    if firing:
        names = ", ".join(a.name + (f" for {brief(now - a.since)}" if a.since is not None else "") for a in firing[:3])
        said.append(f"{several(len(firing), 'alarm')} in ALARM: {names}")
    if blind:
        said.append(f"{several(len(blind), 'alarm')} without data: {', '.join(a.name for a in blind[:3])}")
    if muted:
        said.append(f"actions of {several(len(muted), 'alarm')} are switched off: {', '.join(a.name for a in muted[:3])}")
    if gone:
        said.append(f"{several(len(gone), 'alarm')} of the runbook missing: {', '.join(each.title for each in gone)} (screen 5)")
    return "; ".join(said) or f"all {len(own)} alarms OK"
