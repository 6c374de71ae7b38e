"""`:`: everything that can be reached, by name; what is chosen is done as its key would do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

from clickit_tui.actions.registry import Target
from clickit_tui.panes.pages import key_words
from clickit_tui.panes.palette import KEYS, groups, panes, runbook, screens, things
from clickit_tui.screens import reaching
from clickit_tui.ui.looks import THEME_WORDS
from clickit_tui.ui.picker import Choice, Picker

if TYPE_CHECKING:
    from clickit_tui.screens.board import Board
    from clickit_tui.screens.keys import Keys

OWN = (
    Choice(id="conditions", kind="command", text="can a shell be opened here? every condition"),
    Choice(id="tunnels", kind="command", text="tunnels: copy the line of one, or close it"),
    Choice(id="outputs", kind="command", text="outputs: what commands and questions said, also those that still run"),
    *(Choice(id=f"theme:{name}", kind="command", text=f"theme {name}: {words}") for name, words in THEME_WORDS.items()),
    Choice(id="lock", kind="command", text="lock: read-only for the rest of this process"),
)
"""What has no key."""
ELSEWHERE = ("change(", "go(", "palette", "interrupted")
"""Beginnings of what keys do that the palette lists in another form, or not."""


class Doing(NamedTuple):
    """What a key does, whose it is, and what it is called."""

    id: str
    keys: str
    what: str
    run: Callable[[], object]


def open_palette(screen: Keys) -> None:
    """Offer everything; the row that is selected now is what a change chosen here acts on, whatever happens to the list meanwhile."""
    world, view, target = screen.core.store.world, screen.view, screen.selected()
    if view is None:
        return
    from clickit_tui.screens.places import PLACES  # a place knows its screen, which has this palette

    places = [(place.key, place.name, place.panes) for place in PLACES]
    here, there = keys_here(screen), keys_there(screen)
    choices = [
        *screen.changes(view, target),
        *screens([(key, name) for key, name, _ in places], screen.live_key),
        *things(world),
        *groups(world, screen.core.config.names),
        *runbook(),
        *panes(places),
        *(_choice("here", doing) for doing in here),
        *OWN,
        *(Choice(id=f"extra:{i}", kind="command", text=name) for i, (name, _) in enumerate(screen.commands)),
        *(_choice("there", doing) for doing in there),
    ]
    runs = {f"here:{d.id}": d.run for d in here} | {f"there:{d.id}": d.run for d in there}
    screen.app.push_screen(Picker("everything by name", choices), lambda chosen: _picked(screen, chosen, target, runs))


def _choice(where: str, doing: Doing) -> Choice:
    return Choice(id=f"{where}:{doing.id}", kind="key", text=f"{doing.keys:<{KEYS}}  {doing.what}")


def keys_here(screen: Keys) -> list[Doing]:
    """What the keys do on this screen and in the focused pane."""
    found: dict[str, Doing] = {}
    for active in screen.active_bindings.values():
        b = active.binding
        if not b.id or b.action.startswith(ELSEWHERE):
            continue
        keys = " ".join(filter(None, (found[b.id].keys if b.id in found else "", key_words(b.key))))
        found[b.id] = Doing(b.id, keys, b.tooltip, _runner(screen, active.node, b.action))
    return list(found.values())


def _runner(screen: Keys, node: DOMNode, action: str) -> Callable[[], object]:
    return partial(screen.call_later, screen.app.run_action, action, node)


def keys_there(screen: Keys) -> list[Doing]:
    """What the keys of the other screens do there: the screen is shown first."""
    from clickit_tui.screens.places import PLACES

    kept = screen.accepted_keys()
    found = []
    for place in PLACES:
        for b in () if isinstance(screen, place.board) else place.board.BINDINGS:
            if isinstance(b, Binding) and b.id:
                keys = key_words(kept.get(b.id, b.key).split(",")[0].strip())
                run = _goer(screen, place.key, b.action)
                found.append(Doing(b.id, keys, f"{place.name}: {b.tooltip}", run))
    return found


def _goer(screen: Keys, place: str, action: str) -> Callable[[], object]:
    return lambda: lead(screen, place, lambda board: board.call_later(board.run_action, action))


def lead(screen: Keys, place: str, then: Callable[[Board], object]) -> None:
    """Show a screen and do something there once it has its rows."""

    async def go() -> None:
        from clickit_tui.screens.board import Board

        await screen.app.run_action(f"go('{place}')")
        board = screen.app.screen
        if isinstance(board, Board):
            board.arrive(lambda: then(board))

    screen.call_later(go)


def _picked(screen: Keys, chosen: str | None, target: Target | None, runs: dict[str, Callable[[], object]]) -> None:
    kind, _, rest = (chosen or "").partition(":")
    match kind:
        case "change":
            screen.change(rest, target)
        case "screen":
            screen.call_later(screen.app.run_action, f"go('{rest}')")
        case "row":
            lead(screen, "2", lambda board: board.open(rest))
        case "log":
            lead(screen, "3", lambda board: board.open(rest))
        case "playbook":
            lead(screen, "6", lambda board: board.open(rest))
        case "kept":
            lead(screen, "9", lambda board: board.select(rest))
        case "pane":
            place, _, heading = rest.partition(":")
            lead(screen, place, lambda board: board.reveal(heading))
        case "here" | "there":
            runs[f"{kind}:{rest}"]()
        case "conditions":
            reaching.conditions(screen, target)
        case "tunnels":
            reaching.tunnels(screen)
        case "outputs":
            reaching.outputs(screen)
        case "theme":
            screen.app.theme = rest
            screen.say(f'theme {rest}; to keep it: theme = "{rest}" in the configuration')
        case "lock":
            screen.core.lock("locked from the palette")
            screen.say("read-only for the rest of this process")
        case "extra":
            screen.commands[int(rest)][1]()
