"""A playbook as rows: the most likely cause with what to do, then every step with its verdict; what passes folds where rows are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import RANK, Finding, Todo, Verdict
from clickit_tui.checks.registry import checks as registered
from clickit_tui.checks.strip import worst
from clickit_tui.panes.base import shortened
from clickit_tui.panes.pages import finding_lines
from clickit_tui.panes.timeline import open_incident
from clickit_tui.panes.view import View, verdict_look
from clickit_tui.playbooks.registry import Clue, Playbook, Step, playbooks
from clickit_tui.ui.cells import Row, Span, Spans, fit
from clickit_tui.ui.wrapping import wrapped
from clickit_tui.world.drift import short
from clickit_tui.world.parts import Database
from clickit_tui.world.world import World

NAME = 15
"""Cells of a step's number and title."""
HEAD = 13
FEW_ROWS = 30
"""With fewer rows than this, steps that pass share one."""


class Reading(msgspec.Struct, frozen=True):
    """What is shown of the playbooks, and what a person did."""

    playbook: str = "5xx"
    opened: frozenset[str] = frozenset()
    """Keys of the steps whose evidence is shown."""
    passed: bool = False
    """Steps that pass are shown one by one."""


TICKS_S = 4 * 3600.0
"""Outside an incident a tick is shown for so long: then another trouble is looked into."""


class Tick(NamedTuple):
    """What a person did with a step of their own."""

    at: float
    step: str
    """`playbook/step`."""
    said: str | None
    """The note; None takes the tick away."""


def ticks(world: World, now: float, own: Sequence[Tick] = ()) -> dict[str, str]:
    """Note by `playbook/step` of what a person ticked in the open incident; without one, since the last ended, and for some hours.

    `own`: ticks of this session, which the journal may not tell yet.
    """
    one = open_incident(world)
    ended = max((past.ended_at for past in world.incidents if past.ended_at is not None), default=0.0)
    since = min(one.began_at, one.opened_at) if one is not None else max(now - TICKS_S, ended)
    told = [Tick(each.at, each.step, each.said) for each in world.record if each.step]
    newest = {each.step: each.said for each in sorted((*told, *own), key=lambda each: each.at) if each.at >= since}
    return {step: said for step, said in newest.items() if said is not None}


def playbook_of(id: str) -> Playbook:
    """The playbook of that id; the first for an unknown one."""
    every = playbooks()
    return next((one for one in every if one.id == id), every[0])


OF_PART = {"edge": "5xx", "api": "start", "frontend": "start", "database": "database", "cache": "latency", "nat": "5xx", "alarms": "5xx"}
"""The playbook that looks into a part."""


def wanted_playbook(view: View) -> str:
    """The playbook of the likely cause, else of the worst verdict."""
    if view.cause is not None and view.cause.playbook:
        return view.cause.playbook
    first = worst(view.strip)
    return OF_PART.get(first.part, "5xx") if first is not None else "5xx"


def todos(view: View) -> tuple[Todo, ...]:
    """What to do about the most likely cause."""
    return view.diagnosis.first.todo[:4] if view.diagnosis.first is not None else ()


def acted_on(todo: Todo, world: World) -> Target | None:
    """What a change of a thing to do acts on: a secret, the database, a service, or the newest running task of a part; None without it."""
    kinds = next((action.on for action in actions() if action.id == todo.action), ())
    if "secret" in kinds:
        secret = next((one for one in world.secrets.value or () if short(one) == todo.part), None)
        return Target(kind="secret", part=todo.part, id=secret.arn or secret.reference) if secret else None
    if "database" in kinds:
        database = world.database.value
        return Target(kind="database", part="db", id=database.id) if isinstance(database, Database) else None
    if "service" in kinds:
        found = next((s for s in world.services.value or () if s.part == todo.part), None)
        return Target(kind="service", part=todo.part, id=found.arn or found.name) if found else None
    running = [t for t in world.tasks.value or () if t.part == todo.part and not t.stopped]
    newest = max(running, key=lambda t: t.started_at or t.created_at or 0.0, default=None)
    return Target(kind="task", part=todo.part, id=newest.arn) if newest else None


def verdict_of(step: Step, view: View) -> tuple[Verdict, str]:
    """The worst of a step's checks, with its sentence."""
    found = [view.found[one] for one in step.checks if one in view.found]
    worst = max(found, key=lambda f: RANK[f.verdict], default=None)
    return (Verdict.NONE, "") if worst is None else (worst.verdict, worst.sentence)


def rows(view: View, reading: Reading, cells: int, height: int, done: Mapping[str, str] | None = None) -> list[Row]:
    """The whole playbook; `done`: note by `playbook/step` of what a person ticked."""
    book = playbook_of(reading.playbook)
    found = [*_cause_rows(view, book, cells, height), Row(key="", spans=(Span("─" * cells, "dim"),))]
    folded: list[tuple[int, Step]] = []
    fold = height < FEW_ROWS and not reading.passed
    for number, step in enumerate(book.steps, 1):
        if fold and not step.person and step.key not in reading.opened and verdict_of(step, view)[0] in (Verdict.PASS, Verdict.NONE):
            folded.append((number, step))
        else:
            found += _step_rows(number, step, book, view, reading, done or {}, cells)
    return [*found, *_folded(folded, view, cells)]


def _cause_rows(view: View, book: Playbook, cells: int, height: int) -> list[Row]:
    diagnosis = view.diagnosis
    first = diagnosis.first
    if first is None:
        said = view.cause.sentence if view.cause else "reading…"
        return _lines((Span(" NO CAUSE".ljust(HEAD + 1), "dim"), Span(said, "bold")), cells)
    waiting = f" SO FAR {diagnosis.answered}/{diagnosis.total}" if diagnosis.pending else " MOST LIKELY"
    elsewhere = "" if first.playbook == book.id else f"  (playbook {playbook_of(first.playbook).title})"
    unseen = f"  ({', '.join(diagnosis.unseen)} not seen)" if diagnosis.unseen else ""
    out = _lines(
        (Span(fit(waiting, HEAD) + " ", "fail"), Span(f"{view.mark('FAIL')} {first.sentence}", "bold"), Span(elsewhere + unseen, "dim")),
        cells,
    )
    few = height < FEW_ROWS
    for reason in first.reasons[: 2 if few else None]:
        spans = (Span(" " * (HEAD + 3)), Span(reason))
        out += [Row(key="", spans=shortened(spans, cells))] if few else _lines(spans, cells, HEAD + 3)
    for number, todo in enumerate(todos(view)):
        out.append(_todo_row(number, todo, view))
    others = diagnosis.clues[1:]
    shown = others[: 2 if few else 5]
    for number, clue in enumerate(shown, 1):
        out.append(Row(key=f"also:{number}", spans=shortened(_also(clue, view, cells), cells)))
    if len(others) > len(shown):
        out.append(Row(key="", spans=(Span(f"{' ' * (HEAD + 1)}  {len(others) - len(shown)} more", "dim"),)))
    return out


def _todo_row(number: int, todo: Todo, view: View) -> Row:
    return Row(key=f"todo:{number}", spans=(Span(" " * (HEAD + 1)), Span(f"{view.glyphs.shut} ", "accent"), Span(todo_words(todo))))


def _also(clue: Clue, view: View, cells: int) -> Spans:
    """A runner-up in one line; how it stands to the first is kept, its sentence is cut."""
    standing = f"  ({view.diagnosis.standing(clue)})"
    sentence = clue.sentence
    room = cells - HEAD - 3 - len(standing)
    said = sentence if len(sentence) <= room else sentence[: max(1, room - 1)] + "…"
    return (Span(" also".ljust(HEAD + 1), "dim"), Span(f"{view.mark('WARN')} ", "warn"), Span(said), Span(standing, "dim"))


def todo_words(todo: Todo) -> str:
    """`roll api back (preview)`, `look at edge (screen 4)`, `aws secretsmanager …: copy`."""
    if todo.action:
        return f"{todo.words} (preview)"
    return f"{todo.words} (screen {todo.screen})" if todo.screen else f"{todo.words} (copies the command)"


def _lines(spans: Spans, cells: int, indent: int = HEAD + 1) -> list[Row]:
    return [Row(key="", spans=part) for part in wrapped(spans, cells, indent)]


def _step_rows(number: int, step: Step, book: Playbook, view: View, reading: Reading, done: Mapping[str, str], cells: int) -> list[Row]:
    name = Span(fit(f"{number:>2} {step.title}", NAME), "plain")
    key = f"step:{step.key}"
    if step.person:
        return _keyed(key, _person(name, step, view, done.get(f"{book.id}/{step.key}")), cells)
    verdict, sentence = verdict_of(step, view)
    spans = (name, Span(f" {view.mark(verdict)} ", verdict_look(verdict)), Span(sentence or "no check answers this"))
    out = _keyed(key, spans, cells)
    if step.key in reading.opened:
        out += [Row(key="", spans=part) for line in _evidence(step, view) for part in wrapped(line, cells, NAME + 8)]
    return out


def _keyed(key: str, spans: Spans, cells: int) -> list[Row]:
    first, *rest = wrapped(spans, cells, NAME + 3)
    return [Row(key=key, spans=first), *(Row(key="", spans=part) for part in rest)]


def _person(name: Span, step: Step, view: View, note: str | None) -> Spans:
    if note is None:
        return (
            name,
            Span(" ☐ " if not view.glyphs.ascii else " _ ", "accent"),
            Span(f"you: {step.person}"),
            Span("" if view.replayed else "  space ticks, enter notes", "dim"),
        )
    return (name, Span(f" {view.glyphs.ok} ", "ok"), Span(f"you: {step.person}", "dim"), Span(f"  {note}" if note else ""))


def _evidence(step: Step, view: View) -> Sequence[Spans]:
    titles = {one.id: one.title for one in registered()}
    found: list[tuple[str, Finding]] = [(one, view.found[one]) for one in step.checks if one in view.found]
    found.sort(key=lambda one: -RANK[one[1].verdict])
    indent = Span(" " * (NAME + 2))
    return [(indent, *line) for name, one in found for line in finding_lines(f"{name.split('.')[0]} {titles[name]}", one, view)]


def _folded(folded: list[tuple[int, Step]], view: View, cells: int) -> list[Row]:
    if not folded:
        return []
    names = ", ".join(step.title for _, step in folded)
    head = Span(fit(f"    {len(folded)} pass", NAME), "dim")
    return _keyed("passed", (head, Span(f" {view.mark('PASS')} ", "ok"), Span(names, "dim")), cells)


def counted(view: View, book: Playbook) -> tuple[int, int]:
    """(answered, all) of a playbook's checks."""
    known = [view.found[one] for one in book.checks if one in view.found]
    return sum(one.verdict is not Verdict.UNKNOWN for one in known), len(known)
