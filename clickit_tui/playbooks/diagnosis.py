"""What is most likely the cause, in the order cause before symptom; with its reasons, and with what else was found."""

from __future__ import annotations

import msgspec

from clickit_tui.checks.cause import Cause, blind
from clickit_tui.checks.registry import RANK, Facts, Finding, Verdict, placed
from clickit_tui.checks.strip import findings
from clickit_tui.checks.timeline import last_change
from clickit_tui.playbooks.registry import Case, Clue, rules
from clickit_tui.world.words import several
from clickit_tui.world.world import World

PATIENCE_S = 5.0
"""A check that has not answered for so long is named as not seen, and nothing waits for it any more."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found, the most likely cause first."""

    clues: tuple[Clue, ...] = ()
    """What is wrong, cause before symptom."""
    notes: tuple[Clue, ...] = ()
    """What looks like trouble and is none."""
    pending: tuple[str, ...] = ()
    """Ids of checks that may still name a cause that ranks higher."""
    unseen: tuple[str, ...] = ()
    """Parts of which something that ranks higher could not be read."""
    answered: int = 0
    total: int = 0
    """Of the checks that bear on what is named."""

    @property
    def first(self) -> Clue | None:
        return self.clues[0] if self.clues else None

    @property
    def roots(self) -> tuple[Clue, ...]:
        """The likely cause, and every further one that fails and has nothing to do with those before it."""
        found: list[Clue] = []
        for clue in self.clues:
            if not found or (clue.fails and all(_standing(clue, root) == "independent" for root in found)):
                found.append(clue)
        return tuple(found)

    def standing(self, clue: Clue) -> str:
        """How a runner-up stands to the first: `follows from it`, `leads to it` or `independent`."""
        return _standing(clue, self.first) if self.first is not None else "independent"


def _standing(clue: Clue, other: Clue) -> str:
    if clue.id in other.explains:
        return "follows from it"
    return "leads to it" if other.id in clue.explains else "independent"


def diagnose(world: World, facts: Facts, found: dict[str, Finding] | None = None) -> Diagnosis:
    """Ask every rule. A check that still loads is pending for `PATIENCE_S` after reading began, then it counts as not seen."""
    judged = findings(world, facts) if found is None else found
    case = Case(world=world, facts=facts, found=judged)
    said = [
        msgspec.structs.replace(
            clue, playbook=rule.playbook, order=rule.order, todo=placed(world, clue.todo), fails=case.bad(*rule.needs) is not None
        )
        for rule in rules()
        if (clue := rule.find(case)) is not None
    ]
    first_of: dict[str, Clue] = {}
    for clue in said:
        if clue.playbook != "none":
            first_of.setdefault(clue.id, clue)
    clues = tuple(first_of.values())
    below = clues[0].order if clues else None
    needed = [each for rule in rules() if below is None or rule.order <= below for each in rule.needs if each in judged]
    waited = facts.began_at is not None and facts.now - facts.began_at >= PATIENCE_S
    loading = [each for each in dict.fromkeys(needed) if judged[each].loading]
    unread = [each for each in dict.fromkeys(needed) if judged[each].verdict is Verdict.UNKNOWN and (waited or each not in loading)]
    return Diagnosis(
        clues=clues,
        notes=tuple(one for one in said if one.playbook == "none"),
        pending=() if waited else tuple(loading),
        unseen=tuple(dict.fromkeys(_part(each) for each in unread)),
        answered=len(set(needed)) - len(loading),
        total=len(set(needed)),
    )


def _part(id: str) -> str:
    part = id.split(".", 1)[0]
    return "database" if part == "db" else part


def cause(world: World, facts: Facts, found: dict[str, Finding] | None = None, given: Diagnosis | None = None) -> Cause:
    """The line under the strip: the likely cause, `so far` while a check that ranks higher has not answered, or the last change."""
    judged = findings(world, facts) if found is None else found
    diagnosis = diagnose(world, facts, judged) if given is None else given
    first = diagnosis.first
    if first is None:
        return _no_cause(world, facts, judged, diagnosis)
    so_far = f"so far ({diagnosis.answered} of {diagnosis.total}): " if diagnosis.pending else "likely: "
    unseen = f" ({', '.join(diagnosis.unseen)} not seen)" if diagnosis.unseen else ""
    named = first.sentence if diagnosis.pending else _numbered([root.sentence for root in diagnosis.roots])
    return Cause(id=first.id, sentence=so_far + named + unseen, likely=not diagnosis.pending, part=first.part, playbook=first.playbook)


def _numbered(sentences: list[str]) -> str:
    """Causes that are independent of each other: `(1 of 2) … (2) …`; one stands alone."""
    first, *more = sentences
    if not more:
        return first
    return "; ".join((f"(1 of {len(sentences)}) {first}", *(f"({n}) {sentence}" for n, sentence in enumerate(more, 2))))


def _no_cause(world: World, facts: Facts, found: dict[str, Finding], diagnosis: Diagnosis) -> Cause:
    change = last_change(world, facts)
    last = f"; last change: {change}" if change else ""
    seen = [f for f in found.values() if f.verdict is not Verdict.UNKNOWN]
    if not seen and (fault := blind(world)) is not None:
        why = f"{fault.sentence or fault.kind.value}{f': {fault.fix}' if fault.fix else ''}"
        return Cause(sentence=f"nothing can be read: {why}{last}")
    loading = sum(f.loading for f in found.values())
    if loading and not (facts.began_at is not None and facts.now - facts.began_at >= PATIENCE_S):
        return Cause(sentence=f"so far ({len(found) - loading} of {len(found)}): nothing wrong" if seen else "so far: reading…")
    worst = max((f.verdict for f in found.values()), key=RANK.__getitem__, default=Verdict.UNKNOWN)
    if worst in (Verdict.FAIL, Verdict.UNKNOWN):
        return Cause(sentence=f"no cause found{not_seen(found)}" + (last or "; no change known"))
    note = diagnosis.notes[0] if diagnosis.notes else None
    warnings = [f for f in found.values() if f.verdict is Verdict.WARN]
    warned = f"; {several(len(warnings), 'warning')}: {warnings[0].sentence}" if warnings else ""
    bare = f", but {facts.names.cluster} has no service of ClickIt" if world.services.known(facts.now) == () else ""
    said = ("nothing fails" if warnings or bare else "nothing is wrong") + bare + (f": {note.sentence}" if note else "")
    return Cause(id=note.id if note else "nothing", sentence=said + (warned or ("" if note else last)))


def not_seen(found: dict[str, Finding]) -> str:
    """` (database, nat not seen)`; empty when everything was."""
    unseen = sorted({_part(key) for key, f in found.items() if f.verdict is Verdict.UNKNOWN})
    return f" ({', '.join(unseen)} not seen)" if unseen else ""
