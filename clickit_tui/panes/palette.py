"""What the palette offers: everything that can be reached from here, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clickit_tui.actions.registry import Target
from clickit_tui.naming import Names
from clickit_tui.panes.keys import acted_on, in_order, on_words, why_not
from clickit_tui.panes.view import View
from clickit_tui.playbooks.registry import playbooks
from clickit_tui.ui.picker import Choice
from clickit_tui.world.world import World

KEYS, NAMED = 6, 26
"""Cells of the column of keys, and of a change with its resource."""


def changes(world: World, view: View, target: Target | None, key_of: Callable[[str], str]) -> list[Choice]:
    """Every action, with the resource it will act on before all else; one that is not possible comes later and says why."""
    found = []
    for a in in_order():
        on = acted_on(a, target)
        reason = why_not(a, on, world, view)
        named = f"{key_of(a.key):<{KEYS}}  {f'{a.verb} {on_words(a, on, world.env)}'.rstrip():<{NAMED}}"
        text = named if reason else f"{named}   {a.title}"
        found.append(Choice(id=f"change:{a.id}", kind="change", text=text, reason=reason, also=a.title))
    return sorted(found, key=lambda choice: bool(choice.reason))


def screens(places: Sequence[tuple[str, str]], key_of: Callable[[str], str]) -> list[Choice]:
    """The screens by their digits."""
    return [Choice(id=f"screen:{key}", kind="screen", text=f"{key_of(key):<{KEYS}}  {name}") for key, name in places]


def things(world: World) -> list[Choice]:
    """Services and tasks, running before stopped; a task is found by the beginning of its id."""
    services = [Choice(id=f"row:service:{s.arn or s.name}", kind="service", text=s.part, also=s.name) for s in world.services.value or ()]
    every = {t.arn: t for t in (*world.remembered, *(world.tasks.value or ()))}
    tasks = sorted(every.values(), key=lambda t: (t.stopped, t.part, -(t.started_at or t.created_at or 0.0)))
    return [
        *services,
        *(
            Choice(
                id=f"row:task:{t.arn}",
                kind="task",
                text=f"{t.part}/{t.id[:8]}  {t.status.lower()}  {t.ip if not t.stopped else t.stopped_reason[:60]}".rstrip(),
                also=t.id,
            )
            for t in tasks
        ),
    ]


def groups(world: World, names: Names) -> list[Choice]:
    """Log groups: those of ClickIt's parts open the log, of another one there is only what it keeps and costs."""
    own = [Choice(id=f"log:{part}", kind="log group", text=f"{group}  ({part})") for part, group in names.logs.items()]
    others = [g.name for g in world.log_groups.value or () if g.name not in names.logs.values()]
    return [*own, *(Choice(id=f"kept:log group:{name}", kind="log group", text=f"{name}  (retention and cost)") for name in others)]


def runbook() -> list[Choice]:
    """The playbooks by title."""
    return [Choice(id=f"playbook:{one.id}", kind="playbook", text=one.title, also=one.id) for one in playbooks()]


def panes(places: Sequence[tuple[str, str, Sequence[str]]]) -> list[Choice]:
    """The panes of every screen, given as (digit, name, headings)."""
    return [
        Choice(id=f"pane:{key}:{heading}", kind="pane", text=f"{name}: {heading}")
        for key, name, headings in places
        for heading in (headings if len(headings) > 1 else ())
    ]
