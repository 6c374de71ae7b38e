"""The table of keys, and which of the configuration's keys can be had: every binding by its id, on every screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from textual.binding import Binding, BindingType, InvalidBinding
from textual.keys import KEY_NAME_REPLACEMENTS
from textual.keys import Keys as KeyNames

from clickit_tui.naming import nearest
from clickit_tui.panes.pages import key_words
from clickit_tui.screens.alarms import Evidence
from clickit_tui.screens.arrival import FirstRun
from clickit_tui.screens.comparing import Details
from clickit_tui.screens.keys import KEYS
from clickit_tui.screens.places import PLACES
from clickit_tui.screens.transport import KEYS as REPLAY_KEYS
from clickit_tui.ui.page import Page
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail

REPLAY = "a replay"
"""The name of the group of keys that work on every screen of a replay, and only there."""


class Bound(NamedTuple):
    """One action and its keys."""

    id: str
    keys: tuple[str, ...]
    what: str


class Group(NamedTuple):
    """Bindings of one place: a screen, a kind of pane, or all of them."""

    name: str
    bound: tuple[Bound, ...]


def groups(everywhere: Iterable[BindingType]) -> tuple[Group, ...]:
    """Every binding that has an id, by where it works; `everywhere` are the app's own."""
    own = [_group(f"screen {place.name}", place.board.BINDINGS) for place in PLACES]
    panes = [
        _group("tables", Table.BINDINGS),
        _group("the log", Tail.BINDINGS),
        _group("pages", (*Page.BINDINGS, *(b for page in (Details, Evidence, FirstRun) for b in page.__dict__["BINDINGS"]))),
    ]
    return (_group("everywhere", everywhere), _group("every screen", KEYS), _group(REPLAY, REPLAY_KEYS), *own, *panes)


def _group(name: str, bindings: Iterable[BindingType]) -> Group:
    named = [b for b in bindings if isinstance(b, Binding) and b.id]
    return Group(name, tuple(Bound(b.id or "", _keys(b.key), b.tooltip or b.description) for b in named))


def _keys(text: str) -> tuple[str, ...]:
    """Keys of a comma-separated list by the names that the terminal's keys have here; empty when the list has an empty place."""
    try:
        return tuple(b.key for b in Binding.make_bindings([Binding(text, "")]))
    except InvalidBinding:
        return ()


def table(everywhere: Iterable[BindingType], keymap: Mapping[str, str]) -> list[str]:
    """Lines of id, keys and meaning, a heading a group; with the keys of `keymap`."""
    found = groups(everywhere)
    longest = max(len(b.id) for group in found for b in group.bound)
    lines: list[str] = []
    for group in found:
        lines += ["", f"# {group.name}"] if lines else [f"# {group.name}"]
        lines += [f"{b.id:<{longest}}  {key_words(','.join(_mapped(b, keymap))):<14}  {b.what}" for b in group.bound]
    return lines


def _mapped(bound: Bound, keymap: Mapping[str, str]) -> tuple[str, ...]:
    return _keys(keymap[bound.id]) if bound.id in keymap else bound.keys


def accepted(wanted: Mapping[str, str], everywhere: Iterable[BindingType]) -> tuple[dict[str, str], list[str]]:
    """What of a key map can be had, and a sentence for each part that is refused; a refused action keeps its own key."""
    found = groups(everywhere)
    known = {b.id: b for group in found for b in group.bound}
    kept: dict[str, str] = {}
    said: list[str] = []
    for name, keys in wanted.items():
        if wrong := _wrong(name, keys, known):
            said.append(f"keys.{name}: {wrong}")
        else:
            kept[name] = keys
    while refused := _clashes(found, kept):
        for name, why in refused.items():
            said.append(f"keys.{name} = {kept.pop(name)}: {why}; it stays on {key_words(','.join(known[name].keys))}")
    return kept, said


def _wrong(id: str, keys: str, known: Mapping[str, Bound]) -> str:
    if id not in known:
        near = nearest(id, tuple(known))
        return f"there is no such action; {f'did you mean `{near}`?' if near else '`clickit-tui keys` lists them'}"
    bad = [key for key in keys.split(",") if not _exists(key.strip())]
    return f"there is no key `{bad[0].strip()}`" if bad else ""


def _exists(key: str) -> bool:
    names = {*(name.value for name in KeyNames), *KEY_NAME_REPLACEMENTS.values()}
    base = key
    while (head := base.partition("+"))[1] and head[0] in ("ctrl", "alt", "shift", "super", "hyper", "meta") and head[2]:
        base = head[2]
    if len(base) == 1 or key in names or base in names:
        return bool(base.strip()) and base.isprintable()
    try:
        return bool(unicodedata.lookup(base.replace("_", " ")))
    except KeyError:
        return False


def _clashes(found: Sequence[Group], keymap: Mapping[str, str]) -> dict[str, str]:
    """Mapped actions whose key already does something else in the same place, and what; what clashes by default is meant so."""
    everywhere, common, replay, *others = found
    own = [g for g in others if g.name.startswith("screen ")]
    *panes, pages = [g for g in others if not g.name.startswith("screen ")]
    places = [(everywhere, common, replay, screen, pane) for screen in own for pane in panes] + [(everywhere, pages)]
    refused: dict[str, str] = {}
    for place in places:
        bound = [b for group in place for b in group.bound]
        for one in bound:
            for other in bound if one.id in keymap else ():
                shared = set(_mapped(one, keymap)) & set(_mapped(other, keymap))
                if one.id != other.id and shared and not set(one.keys) & set(other.keys):
                    refused.setdefault(one.id, f"{key_words(min(shared))} is {other.id} {_where(place, other)}")
    return refused


def _where(place: Sequence[Group], bound: Bound) -> str:
    name = next(group.name for group in place if bound in group.bound)
    return name if name == "everywhere" else f"on {name}"
