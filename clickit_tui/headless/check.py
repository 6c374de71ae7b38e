"""`clickit-tui check`: the playbooks' checks without a terminal, for cron, CI after a deployment, and chat hooks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from clickit_tui.checks.registry import RANK, Check, Evidence, Finding, Todo, Verdict, checks
from clickit_tui.checks.strip import findings
from clickit_tui.config import Config
from clickit_tui.headless.status import WITHIN_S, tried
from clickit_tui.headless.unset import unset
from clickit_tui.naming import nearest
from clickit_tui.playbooks.diagnosis import Diagnosis, cause, diagnose
from clickit_tui.playbooks.registry import Playbook, playbooks, rules
from clickit_tui.session import Session
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

CODES = {Verdict.PASS: 0, Verdict.NONE: 0, Verdict.WARN: 1, Verdict.FAIL: 2, Verdict.UNKNOWN: 3}
NOT_RUN = 4


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One check's result."""

    id: str
    """E.g. `edge.5xx`."""
    part: str
    title: str
    verdict: str
    """PASS, WARN, FAIL, UNKNOWN or NONE."""
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    """Call, value, and when it was read or measured (epoch seconds)."""
    threshold: str = ""
    """With its source."""
    change: str = ""
    """What would change the verdict."""
    todo: tuple[Todo, ...] = ()


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A cause."""

    id: str
    sentence: str
    part: str
    playbook: str
    standing: str
    """`first`, `follows from it`, `leads to it` or `independent`."""
    reasons: tuple[str, ...] = ()
    todo: tuple[Todo, ...] = ()


class Manual(msgspec.Struct, frozen=True, kw_only=True):
    """A step that needs a person."""

    playbook: str
    title: str
    what: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    env: str
    at: float
    """Epoch seconds."""
    account: str
    region: str
    verdict: str
    """The highest of all checks: FAIL, UNKNOWN, WARN, PASS."""
    code: int
    """The exit code: 0 pass, 1 warn, 2 fail, 3 unknown, 4 could not run."""
    cause: str
    """One line: the likely cause, or that nothing is wrong."""
    cause_id: str
    causes: tuple[Named, ...]
    playbooks: tuple[str, ...]
    """The playbooks that were run."""
    checks: tuple[Checked, ...]
    """Worst first."""
    manual: tuple[Manual, ...]


def check(config: Config, *, playbook: str = "", form: str = "plain", out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code."""
    books = chosen(playbook)
    if isinstance(books, str):
        print(f"clickit-tui: {books}", file=sys.stderr)
        return NOT_RUN
    return asyncio.run(run(Session(config), books, form=form, out=out, within_s=within_s))


def chosen(name: str) -> tuple[Playbook, ...] | str:
    """The playbooks to run, all without a name; or why there is none of that name."""
    if not name:
        return playbooks()
    ids = [book.id for book in playbooks()]
    near = nearest(name, ids)
    found = tuple(book for book in playbooks() if book.id == name)
    return found or f"no playbook {name}: {f'did you mean {near}?' if near else 'known are ' + ', '.join(ids)}"


async def run(
    session: Session, books: tuple[Playbook, ...], *, form: str = "plain", out: TextIO | None = None, within_s: float = WITHIN_S
) -> int:
    """Start the session, wait until everything was tried, judge, print, stop."""
    stream = out or sys.stdout
    await session.start()
    try:
        await tried(session, within_s)
    finally:
        await session.stop()
    if form != "json" and unset(session):
        return NOT_RUN
    found = masked(report(session, books), session.recorder.masked)
    if form == "json":
        stream.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        stream.write("\n".join(markdown(found) if form == "markdown" else plain(found)) + "\n")
    return found.code


def report(session: Session, books: tuple[Playbook, ...]) -> Report:
    """Every check of the playbooks at this moment; of all parts when every playbook is run."""
    world = session.store.world
    facts = msgspec.structs.replace(session.facts(), began_at=0.0)  # nothing is awaited any more
    judged = findings(world, facts)
    everything = books == playbooks()
    wanted = {one.id for one in checks()} if everything else bearing(books)
    listed = [(one, judged[one.id]) for one in checks() if one.id in wanted]
    listed.sort(key=lambda pair: -RANK[pair[1].verdict])
    diagnosis = diagnose(world, facts, judged)
    line = cause(world, facts, {each: judged[each] for each in wanted}, diagnosis)
    found = max((finding.verdict for _, finding in listed), key=RANK.__getitem__, default=Verdict.UNKNOWN)
    blind = diagnosis.first is not None and diagnosis.unseen
    worst = max(found, Verdict.UNKNOWN if blind else found, key=RANK.__getitem__)
    elsewhere = diagnosis.first is not None and diagnosis.first.playbook not in {book.id for book in books}
    identity = world.identity.value
    return Report(
        env=world.env,
        at=facts.now,
        account=(f"NOT AWS {identity.endpoint}" if identity.endpoint else identity.account) if identity else "",
        region=identity.region if identity else "",
        verdict=worst.value,
        code=NOT_RUN if nowhere(world) else CODES[worst],
        cause=f"outside this playbook: {line.sentence}" if elsewhere else line.sentence,
        cause_id=line.id,
        causes=named(diagnosis),
        playbooks=tuple(book.id for book in books),
        checks=tuple(checked(one, finding) for one, finding in listed),
        manual=tuple(Manual(playbook=b.id, title=s.title, what=s.person) for b in books for s in b.steps if s.person),
    )


def masked(found: Report, mask: Callable[[str], str]) -> Report:
    """The report with every text masked, by the configuration's own patterns too: it leaves the machine."""

    def clean(value: object) -> object:
        if isinstance(value, dict):
            return {key: clean(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [clean(each) for each in value]
        return mask(value) if isinstance(value, str) else value

    return msgspec.convert(clean(msgspec.to_builtins(found)), Report)


def bearing(books: tuple[Playbook, ...]) -> set[str]:
    """Ids of the checks of these playbooks: of their steps, and those that their causes need."""
    ids = {book.id for book in books}
    return {each for book in books for each in book.checks} | {each for rule in rules() if rule.playbook in ids for each in rule.needs}


def nowhere(world: World) -> bool:
    """Whether neither account nor cluster could be made out: then nothing was checked."""
    nobody = world.identity.value is None or not world.identity.value.account
    return isinstance(world.cluster.value, ClusterMissing) or (nobody and world.cluster.value is None)


def named(diagnosis: Diagnosis) -> tuple[Named, ...]:
    """The causes, the most likely first."""
    return tuple(
        Named(
            id=clue.id,
            sentence=clue.sentence,
            part=clue.part,
            playbook=clue.playbook,
            standing="first" if clue is diagnosis.first else diagnosis.standing(clue),
            reasons=clue.reasons,
            todo=clue.todo,
        )
        for clue in diagnosis.clues
    )


def checked(one: Check, finding: Finding) -> Checked:
    return Checked(
        id=one.id,
        part=one.part,
        title=one.title,
        verdict=finding.verdict.value,
        sentence=finding.sentence,
        evidence=finding.evidence,
        threshold=finding.threshold,
        change=finding.change,
        todo=finding.todo,
    )


# --- for people and screen readers: one statement a line, the verdict as a word first, no columns ------------------------------


def plain(found: Report) -> list[str]:
    """What matters first; each line stands alone, without symbols or columns, so that it can be read aloud."""
    lines = [f"{found.verdict}: {found.env} in {found.account or 'unknown account'} at {_moment(found.at)}", found.cause]
    lines += [f"reason: {reason}" for named_ in found.causes[:1] for reason in named_.reasons]
    lines += [f"to do: {todo_line(todo)}" for named_ in found.causes[:1] for todo in named_.todo]
    lines += [f"also: {named_.sentence} ({named_.standing})" for named_ in found.causes[1:]]
    for one in found.checks:
        if one.verdict in ("FAIL", "UNKNOWN", "WARN"):
            lines += [f"{one.verdict}: {one.part} {one.title}: {one.sentence}", *(f"  {text}" for text in _details(one, found.at))]
    good = [f"{one.part} {one.title}" for one in found.checks if one.verdict == "PASS"]
    none = [f"{one.part} {one.title}" for one in found.checks if one.verdict == "NONE"]
    lines += [f"PASS: {len(good)} checks: {', '.join(good)}"] if good else []
    lines += [f"NONE: {len(none)} checks: {', '.join(none)}"] if none else []
    return [*lines, *(f"for a person: {one.title}: {one.what}" for one in found.manual)]


def todo_line(todo: Todo) -> str:
    if todo.action:
        return f"{todo.words}: clickit-tui, screen 6, preview of {todo.action} on {todo.part}"
    return f"{todo.words}: screen {todo.screen}" if todo.screen else f"{todo.words}: {todo.command}"


def _details(one: Checked, now: float) -> list[str]:
    lines = [_evidence(each, now) for each in one.evidence]
    lines += [f"threshold: {one.threshold}"] if one.threshold else []
    lines += [f"would change it: {one.change}"] if one.change else []
    return lines + [f"to do: {todo_line(todo)}" for todo in one.todo]


def _evidence(of: Evidence, now: float) -> str:
    age = "" if of.at is None else f", at {_moment(of.at)}, {brief(now - of.at)} old"
    return f"evidence: {of.call} said {of.value}{age}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


# --- for chat and tickets --------------------------------------------------------------------------------------------------------


def markdown(found: Report) -> list[str]:
    """A heading, the cause, and a table of the checks."""
    lines = [f"## {found.verdict} `{found.env}` {_moment(found.at)}", "", f"**{_cell(found.cause)}**", ""]
    for first in found.causes[:1]:
        lines += [f"- {_cell(reason)}" for reason in first.reasons] + [f"- to do: {_cell(todo_line(todo))}" for todo in first.todo]
    lines += [f"- also: {_cell(other.sentence)} ({other.standing})" for other in found.causes[1:]]
    lines += ["", "| verdict | check | finding | evidence |", "|---|---|---|---|"]
    for one in found.checks:
        said = "; ".join(f"`{_cell(each.call)}` {_cell(each.value)}" for each in one.evidence)
        lines.append(f"| {one.verdict} | {one.part} {_cell(one.title)} | {_cell(one.sentence)} | {said} |")
    return [*lines, "", *(f"- [ ] {one.title}: {one.what}" for one in found.manual)]


def _cell(text: str) -> str:
    """Foreign text in a table's cell: no column, no line, no markup of its own."""
    escaped = "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in text)
    return " ".join(escaped.split())
