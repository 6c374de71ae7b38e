"""The incident note: Markdown for the post-mortem, made anew at any time from the World, which holds what the journal tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from clickit_tui.checks.registry import RANK, Facts, Verdict, checks
from clickit_tui.checks.strip import findings
from clickit_tui.checks.suspects import BadRun, first_bad_minute, suspects
from clickit_tui.checks.timeline import Kind, blind, timeline
from clickit_tui.plan import Call, as_cli
from clickit_tui.playbooks import keeping
from clickit_tui.world.incident import Incident, Recorded, Told
from clickit_tui.world.words import clock, spell
from clickit_tui.world.world import World

MOST = 400
"""Rows of the timeline."""
LONGEST = 400
"""Most characters of one text."""
BEFORE_S = 3600.0
"""The timeline begins this long before the incident."""


class Line(NamedTuple):
    """One row of the note's timeline."""

    at: float
    what: str
    data: str
    """A command, or the call it was read with."""


def lines(world: World, facts: Facts, incident: Incident) -> list[str]:
    """The note, a line each. Secrets are not masked yet."""
    first = first_bad_minute(world, facts, incident.began_at)
    body = (
        _head(world, facts, incident),
        ["## Summary", "", *_summary(world, facts, incident, first)],
        ["## Impact", "", *_impact(world, facts, incident)],
        ["## Timeline", "", "All times are UTC.", "", *_table(_rows(world, facts, incident, first))],
        ["## Causes considered", "", *_causes(world, facts, incident, first)],
        ["## Actions taken", "", *_actions(world, incident, facts)],
        ["## Open questions", "", *_questions(world, facts, incident, first)],
    )
    return [line for part in body for line in (*part, "")][:-1]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _cell(text: str) -> str:
    """A text that stands in one cell of a table, cut between words where it is very long: half a secret looks like none."""
    plain = " ".join(text.split())
    head = plain[:LONGEST].rpartition(" ")[0]
    shown = plain if len(plain) <= LONGEST else f"{head if len(head) > LONGEST // 2 else plain[: LONGEST - 2]} …"
    return shown.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("](", "]\\(").replace("][", "]\\[")


def _code(text: str) -> str:
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', chr(92) + '|')}`" if text else ""


def _end(incident: Incident, facts: Facts) -> float:
    return facts.now if incident.ended_at is None else incident.ended_at


def _head(world: World, facts: Facts, incident: Incident) -> list[str]:
    identity = world.identity.value
    place = (f"NOT AWS {identity.endpoint}" if identity.endpoint else f"account {identity.account or '?'}") if identity else "account ?"
    ended = "still open" if incident.ended_at is None else _moment(incident.ended_at)
    return [
        f"# {_cell(incident.title)}",
        "",
        "| | |",
        "|---|---|",
        f"| environment | {world.env}, {place}, {(identity.region if identity else '') or 'region ?'} |",
        f"| began | {_moment(incident.began_at)} |",
        f"| declared | {_moment(incident.opened_at)}{f' by {_cell(incident.by)}' if incident.by else ''} |",
        f"| ended | {ended} |",
        f"| lasted | {spell(_end(incident, facts) - incident.began_at)} |",
        f"| note made | {_moment(facts.now)} |",
    ]


def _said(world: World, incident: Incident, facts: Facts, *kinds: Told) -> list[Recorded]:
    """What the journal tells of these kinds during the incident; of notes and bookmarks also what they are about before it."""
    end = _end(incident, facts)
    return [one for one in world.record if one.kind in kinds and incident.began_at - BEFORE_S <= one.at <= end]


def _likely(world: World, facts: Facts, incident: Incident) -> list[Recorded]:
    return [one for one in _said(world, incident, facts, Told.CAUSE) if one.text.startswith("likely: ")]


def _summary(world: World, facts: Facts, incident: Incident, first: BadRun | None) -> Iterator[str]:
    yield f"{_cell(incident.title)}. It began at {clock(incident.began_at)} and " + (
        "is still open."
        if incident.ended_at is None
        else f"ended at {clock(incident.ended_at)}, after {spell(incident.ended_at - incident.began_at)}."
    )
    if first is not None:
        yield f"The first bad minute in the metrics was {clock(first.at)}: {first.words}."
    if likely := _likely(world, facts, incident):
        yield f"Named as the likely cause at {clock(likely[-1].at)}: {_cell(likely[-1].text.removeprefix('likely: '))}."
    if incident.resolution:
        yield f"Resolution: {_cell(incident.resolution)}."


def _impact(world: World, facts: Facts, incident: Incident) -> Iterator[str]:
    for sentence in incident.impact or keeping.impact(world, facts, incident):
        yield f"- {_cell(sentence)}"
    balancer = getattr(world.balancer.value, "dimension", "")
    if balancer:
        asked = {
            "namespace": "AWS/ApplicationELB",
            "metricName": "HTTPCode_Target_5XX_Count",
            "startTime": _iso(incident.began_at),
            "endTime": _iso(_end(incident, facts)),
            "period": 60,
            "statistics": ["Sum"],
            "dimensions": [f"Name=LoadBalancer,Value={balancer}"],
        }
        yield f"- Data: {_code(as_cli(Call('cloudwatch', 'GetMetricStatistics', asked)))}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(world: World, facts: Facts, incident: Incident, first: BadRun | None) -> list[Line]:
    """The timeline's entries and what was kept of it at the end, each once, oldest first; routine is left out."""
    start, end = incident.began_at - BEFORE_S, _end(incident, facts)
    found: dict[tuple[float, str, str], Line] = {}
    for kept in incident.kept:
        found[kept.at, kept.kind, kept.text] = Line(kept.at, f"{kept.kind} {kept.part}: {kept.text}", kept.command or kept.source)
    for one in timeline(world, facts):
        if not one.quiet and one.kind is not Kind.INCIDENT and start <= one.at <= end + 1:
            data = as_cli(one.call) if one.call is not None else one.source
            found[one.at, one.kind, one.text] = Line(one.at, f"{one.kind} {one.part}: {one.text}".replace(" :", ":"), data)
    out = [line for line in found.values() if start <= line.at <= end + 1]
    out.append(Line(incident.began_at, "**the incident began**", "journal"))
    out.append(Line(incident.opened_at, "the incident was declared", "journal"))
    if first is not None:
        out.append(Line(first.at, f"**first bad minute**: {first.words}", "cloudwatch:GetMetricData"))
    if incident.ended_at is not None:
        out.append(Line(incident.ended_at, f"**the incident ended**: {incident.resolution}", "journal"))
    return _shortened(sorted(out, key=lambda line: line.at))


def _shortened(rows: list[Line]) -> list[Line]:
    """The newest rows where there are too many, after one that says what was left out."""
    if len(rows) <= MOST:
        return rows
    left = rows[: 1 - MOST]
    return [Line(left[-1].at, f"{len(left)} older rows are left out", ""), *rows[1 - MOST :]]


def _table(rows: list[Line]) -> Iterator[str]:
    yield "| time | event | data |"
    yield "|---|---|---|"
    for row in rows:
        data = _code(row.data) if row.data.startswith("aws ") else _cell(row.data)
        yield f"| {_moment(row.at)} | {_cell(row.what)} | {data} |"


def _causes(world: World, facts: Facts, incident: Incident, first: BadRun | None) -> Iterator[str]:
    likely = _likely(world, facts, incident)
    for one in likely:
        yield f"- {_moment(one.at)} {_cell(one.text)}"
    ranked = suspects(world, facts, first.at if first else incident.began_at, findings(world, facts))
    for suspect in ranked:
        changed = suspect.happening
        command = f" {_code(as_cli(changed.call))}" if changed.call is not None else ""
        yield f"- changed before it: {_cell(changed.said)} ({_cell(', '.join(suspect.reasons))}){command}"
    for seen in _said(world, incident, facts, Told.VERDICT):
        if seen.verdict in ("FAIL", "WARN"):
            evidence = f" — {_cell(seen.detail)}" if seen.detail else ""
            yield f"- {_moment(seen.at)} {seen.verdict} {_cell(seen.text)}{evidence}"
    if incident.ended_at is None:
        yield from _now(world, facts)
    if not likely and not ranked:
        yield "- No cause was named."


def _now(world: World, facts: Facts) -> Iterator[str]:
    """What the checks find at this moment, worst first; what passes is left out."""
    judged = sorted(((one.title, one.judge(world, facts)) for one in checks()), key=lambda pair: -RANK[pair[1].verdict])
    for title, found in judged:
        if found.verdict in (Verdict.FAIL, Verdict.WARN):
            evidence = "; ".join(f"{each.call}: {each.value}" for each in found.evidence)
            yield f"- now {found.verdict} {_cell(title)}: {_cell(found.sentence)}{f' — {_cell(evidence)}' if evidence else ''}"


def _actions(world: World, incident: Incident, facts: Facts) -> Iterator[str]:
    done = _said(world, incident, facts, Told.CHANGE, Told.OUTCOME)
    for one in done:
        if one.kind is Told.OUTCOME:
            yield f"- {_moment(one.at)} {one.verdict}: {_cell(one.text)}"
            continue
        yield f"- {_moment(one.at)} {_cell(one.text)}{f', {_cell(one.detail)}' if one.detail else ''}"
        yield from (f"  - {_code(command)}" for command in one.commands)
    if not done:
        yield "- None with this program on this machine."
    for one in _said(world, incident, facts, Told.BOOKMARK):
        if one.step:
            yield f"- {_moment(one.at)} by hand: {_cell(one.text)}"


def _questions(world: World, facts: Facts, incident: Incident, first: BadRun | None) -> Iterator[str]:
    if incident.ended_at is None:
        yield "- The incident is still open: what ended it?"
    if first is None:
        yield "- The metrics held show no first bad minute: when did it really begin?"
    elif abs(first.at - incident.began_at) > 120:
        yield f"- It was declared to have begun at {clock(incident.began_at)}, the first bad minute is {clock(first.at)}: which is right?"
    if not _likely(world, facts, incident):
        yield "- No likely cause was recorded: what was it?"
    for unseen in blind(world, facts):
        yield f"- Not seen when this note was made: {_cell(', '.join(unseen.kinds))}: {_cell(unseen.why)}."
    for one in _said(world, incident, facts, Told.OUTCOME):
        if one.verdict not in ("done", "recovered", "steady"):
            yield f"- {_cell(one.text)} ended as {one.verdict}: what became of it?"
    blindness = sorted({one.part for one in _said(world, incident, facts, Told.VERDICT) if one.verdict == "UNKNOWN"})
    if blindness:
        yield f"- Not judged for a time: {_cell(', '.join(blindness))}: what happened there?"
    yield "- Who else was affected, and who was told?"


# --- the file -----------------------------------------------------------------------------------------------------------------


def file_name(env: str, incident: Incident) -> str:
    """`incident-prod-20261123T1356Z-1a2b3c4d.md`: the same whenever the note is made anew."""
    return f"incident-{env}-{datetime.fromtimestamp(incident.began_at, UTC):%Y%m%dT%H%MZ}-{incident.id}.md"
