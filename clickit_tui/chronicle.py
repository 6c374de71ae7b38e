"""What the journal tells of one environment, as the World holds it: records for the timeline, and incidents. Pure functions of entries."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from clickit_tui.journal import (
    AlarmChange,
    Bookmark,
    Entry,
    FollowEnded,
    IncidentState,
    Intent,
    Note,
    Progressed,
    Result,
    SentCall,
    VerdictChange,
)
from clickit_tui.plan import Call, as_cli
from clickit_tui.world.incident import Incident, Recorded, Told
from clickit_tui.world.mark import TAG, Mark, read
from clickit_tui.world.parts import Identity


def records(entries: Iterable[Entry], env: str, identity: Identity) -> tuple[Recorded, ...]:
    """The entries of this environment, account, region and endpoint, oldest first by the moment they are about.

    Where an entry does not say where it was made, or nobody knows where we are, the environment alone decides.
    """
    own = [entry for entry in entries if entry.env == env and _of(entry, identity)]
    intents = {entry.id: entry for entry in own if isinstance(entry, Intent)}
    found = [made for entry in own if (made := _record(entry, intents)) is not None]
    return tuple(sorted(_without_repeats(found), key=lambda one: one.at))


def incidents(entries: Iterable[Entry], env: str, identity: Identity) -> tuple[Incident, ...]:
    """Every incident as it stands, in the order in which they were declared."""
    newest: dict[str, Incident] = {}
    for entry in entries:
        if isinstance(entry, IncidentState) and entry.env == env and _of(entry, identity):
            newest[entry.incident.id] = entry.incident
    return tuple(sorted(newest.values(), key=lambda one: one.opened_at))


def slept(entries: Iterable[Entry], env: str, identity: Identity) -> tuple[tuple[str, Mark], ...]:
    """(ARN of a service, mark) as the calls of earlier sleeps here wrote them; the newest of each service."""
    found: dict[str, Mark] = {}
    for entry in entries:
        if isinstance(entry, Intent) and entry.action == "sleep" and entry.env == env and _of(entry, identity):
            found.update(made for call in entry.calls if (made := _marked(call)) is not None)
    return tuple(sorted(found.items()))


def _marked(call: SentCall) -> tuple[str, Mark] | None:
    tags = call.params.get("tags")
    if call.operation != "TagResource" or not isinstance(tags, list | tuple):
        return None
    value = next((tag.get("value") for tag in tags if isinstance(tag, dict) and tag.get("key") == TAG), None)
    arn = call.params.get("resourceArn")
    return (arn, read(value)) if isinstance(value, str) and isinstance(arn, str) and arn else None


STALLED_S = 3 * 86_400.0
"""A sleep or wake that stopped longer ago is not told of any more: a weekend, and a day."""


def stalled(entries: Iterable[Entry], env: str, identity: Identity, now: float) -> str:
    """What is to be said of a sleep or wake that stopped half-way and was not run again; empty when there is none."""
    own = [entry for entry in entries if entry.env == env and _of(entry, identity)]
    last = next((entry for entry in reversed(own) if isinstance(entry, Intent) and entry.action in ("sleep", "wake")), None)
    if last is None or now - last.at > STALLED_S:
        return ""
    result = next((entry for entry in reversed(own) if isinstance(entry, Result) and entry.id == last.id), None)
    reached = next((entry for entry in reversed(own) if isinstance(entry, Progressed) and entry.id == last.id), None)
    if reached is None or (result is not None and result.state == "done"):
        return ""
    if result is None:
        return f"{last.action} has not ended, in another session or half-way (continue? a: {last.action}): {reached.words}"
    if reached.state == "sending" and reached.number == 1 and result.state == "failed":
        return ""
    sent = {entry.number for entry in own if isinstance(entry, Progressed) and entry.id == last.id and entry.state == "sent"}
    return f"{last.action} stopped after step {len(sent)} of {reached.of} (continue? a: {last.action}): {result.sentence}"


def _of(entry: Entry, identity: Identity) -> bool:
    """Whether an entry was made here, as far as it says."""
    account = getattr(entry, "account", "")
    if not account or not identity.account:
        return True
    mine = (account, getattr(entry, "region", ""), getattr(entry, "endpoint", ""))
    return mine == (identity.account, identity.region, identity.endpoint)


def _without_repeats(found: list[Recorded]) -> list[Recorded]:
    """Verdicts that only say again what was the case; several processes of one user write one journal."""
    last: dict[tuple[str, str], tuple[str, str]] = {}
    kept = []
    for one in sorted(found, key=lambda each: each.at):
        key, now = (one.kind, one.part), (one.verdict, one.text if one.kind is Told.CAUSE else "")
        if one.kind in (Told.VERDICT, Told.CAUSE):
            if last.get(key) == now:
                continue
            last[key] = now
        kept.append(one)
    return kept


def _record(entry: Entry, intents: dict[str, Intent]) -> Recorded | None:
    match entry:
        case Intent():
            return _change(entry)
        case Result():
            return _outcome(entry.at, entry.id, entry.state, entry.sentence, intents)
        case FollowEnded():
            return _outcome(entry.at, entry.id, entry.phase, entry.sentence, intents)
        case AlarmChange():
            at = entry.at if entry.since is None else entry.since
            return Recorded(at=at, kind=Told.ALARM, part=entry.name, text="", verdict=entry.state, detail=entry.reason)
        case Bookmark() | Note():
            kind = Told.NOTE if isinstance(entry, Note) else Told.BOOKMARK
            at = entry.at if entry.about is None else entry.about
            step, said = (entry.step, entry.said) if isinstance(entry, Bookmark) else ("", None)
            return Recorded(at=at, kind=kind, text=entry.text, id=f"{entry.at:.6f}:{crc32(entry.text.encode()):08x}", step=step, said=said)
        case VerdictChange():
            kind = Told.CAUSE if entry.part == "cause" else Told.VERDICT
            return Recorded(at=entry.at, kind=kind, part=entry.part, text=entry.text, verdict=entry.verdict, detail=entry.detail)
    return None


LOOKS = ("questions", "ask_health", "port_forward")
"""Actions that change nothing of ClickIt."""


def _change(entry: Intent) -> Recorded:
    who = " ".join(filter(None, (entry.who.arn.rsplit("/", 1)[-1], f"({entry.who.user})" if entry.who.user else "", entry.who.ssh)))
    return Recorded(
        at=entry.at,
        kind=Told.CHANGE,
        id=entry.id,
        part=entry.target.split("/", 1)[0],
        text=entry.title,
        detail=f"by {who}" if who else "",
        commands=tuple(as_cli(_call(sent)) for sent in entry.calls),
        looks=entry.action in LOOKS,
    )


def _call(sent: SentCall) -> Call:
    return Call(sent.service, sent.operation, sent.params)


def _outcome(at: float, id: str, state: str, sentence: str, intents: dict[str, Intent]) -> Recorded | None:
    """How a change of ours ended; None for one that was made elsewhere."""
    intent = intents.get(id)
    if intent is None:
        return None
    text = f"{intent.title}{f': {sentence}' if sentence else ''}"
    return Recorded(at=at, kind=Told.OUTCOME, id=id, part=intent.target.split("/", 1)[0], text=text, verdict=state)
