"""Which keys are possible here, and why the dimmed ones are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clickit_tui.actions.registry import Action, Target, actions
from clickit_tui.panes.supply import image_of, secret_of
from clickit_tui.panes.view import View
from clickit_tui.plan import Refused
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.world.drift import short
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.world import World

ENVIRONMENT = Target(kind="environment", part="environment", id="environment")
"""What an action on the whole environment acts on, wherever the cursor is."""


def acted_on(action: Action, selected: Target | None) -> Target | None:
    """What an action would act on: the selected row, or the environment as a whole."""
    return ENVIRONMENT if action.on == (ENVIRONMENT.kind,) else selected


def target_of(key: str | None, world: World) -> Target | None:
    """What a row's key means now: a service, a task, or nothing a change could act on."""
    if not key:
        return None
    kind, _, rest = key.partition(":")
    if kind == "service":
        service = next((s for s in world.services.value or () if rest in (s.arn, s.name)), None)
        return Target(kind="service", part=service.part, id=service.arn or service.name) if service else None
    if kind == "task":
        task = next((t for t in world.tasks.value or () if t.arn == rest), None)
        return Target(kind="task", part=task.part, id=task.arn) if task else None
    return thing_of(kind, rest, world)


def thing_of(kind: str, rest: str, world: World) -> Target | None:
    """What a row of the Data, Supply or Cost screen means now."""
    if kind == "database":
        own = isinstance(world.database.value, Database) and world.database.value.id == rest
        return Target(kind=kind, part="db", id=rest) if own or any(d.id == rest for d in world.databases.value or ()) else None
    if kind == "snapshot":
        return Target(kind=kind, part="db", id=rest) if any(s.id == rest for s in world.snapshots.value or ()) else None
    if kind == "cache":
        return Target(kind=kind, part="cache", id=rest) if isinstance(world.cache.value, Cache) else None
    if kind == "secret":
        secret = secret_of(world, rest)
        return Target(kind=kind, part=short(secret), id=secret.arn or secret.reference) if secret else None
    if kind == "log group":
        group = next((g for g in world.log_groups.value or () if g.name == rest), None)
        return Target(kind=kind, part=group.part, id=rest) if group else None
    if kind == "environment":
        return ENVIRONMENT
    if kind == "image":
        repository, _, digest = rest.partition("@")
        return Target(kind=kind, part=repository, id=digest) if image_of(world, rest) else None
    return None


class Selection:
    """Which row a change would act on: the one under the cursor, unless the cursor got there by itself.

    When the selected row vanishes, the table hands its cursor to a neighbour; a key already on its way must not act on that one.
    """

    def __init__(self) -> None:
        self.adrift = False
        """The chosen row is gone and none was chosen since."""
        self._had = False

    def moved(self, key: str | None, lost: bool) -> None:
        """The cursor is on another row; `lost` when its row vanished under it."""
        self.adrift = (lost and self._had) or (self.adrift and lost)
        self._had = key is not None

    def chosen(self) -> None:
        """The user named the row under the cursor by hand."""
        self.adrift = False

    def target(self, key: str | None, world: World) -> Target | None:
        """What a change would act on now."""
        return None if self.adrift else target_of(key, world)


def target_name(target: Target | None) -> str:
    """What a target is called in the key row: `api`, `api/8f3a21`, `clickit-prod-db`."""
    if target is None:
        return ""
    if target.kind == "task":
        return f"{target.part}/{target.id.rsplit('/', 1)[-1][:6]}"
    if target.kind == "log group":
        return target.id
    if target.kind == "image":
        return f"{target.part}@{target.id[7:15]}"
    return target.id if target.kind in ("database", "snapshot", "cache") else target.part


def on_words(action: Action, target: Target | None, env: str) -> str:
    """The resource that a change is about when it is given a target: a task's service, a task of a service, or the row itself."""
    if target is None or target.kind not in action.on:
        return ""
    if target.kind == "environment":
        return env
    if target.kind == "task" and action.on[0] == "service":
        return target.part
    if target.kind == "service" and action.on[0] == "task":
        return f"a task of {target.part}"
    return target_name(target)


def in_order() -> list[Action]:
    """All actions, those with a key first, as the key row has them."""
    return sorted(actions(), key=lambda a: (not a.key, (ORDER + a.key).index(a.key)))


def why_not(action: Action, target: Target | None, world: World, view: View) -> str:
    """Why an action is dimmed; empty when it is possible."""
    if view.read_only:
        return f"read-only: {view.read_only}"
    if target is None or target.kind not in action.on:
        return f"select {'an' if action.on[0][0] in 'aeiou' else 'a'} {' or '.join(action.on)} ({_screen(action)})"
    fields = {f.name: f.initial for f in action.fields(world, target, view.facts)}
    if fields:
        return denied_words(action.operations[:1], world)
    planned = action.plan(world, target, fields, view.facts)
    return planned.reason if isinstance(planned, Refused) else denied_words((s.call.action for s in planned.steps), world)


def denied_words(operations: Iterable[str], world: World) -> str:
    """Which of these calls AWS has denied, and how they can be tried again; empty when none was."""
    denied = [each for each in dict.fromkeys(operations) if each in world.denied]
    return f"denied: {', '.join(denied)}; after r it can be tried again" if denied else ""


def _screen(action: Action) -> str:
    """How to get to the rows that an action acts on."""
    found = {"database": "7", "snapshot": "7", "cache": "7", "secret": "8", "image": "8", "log group": "9"}.get(action.on[0])
    return f"screen {found}" if found else "tab"


ORDER = "SRBXKPQ"
"""Changes as the key row lists them."""


def change_hints(world: World, view: View, target: Target | None) -> list[KeyHint]:
    """The second key row: changes; the first, and the stop of a task, with the name of what they would act on."""
    hints: list[KeyHint] = []
    for action in in_order():
        if action.key:
            why = why_not(action, target, world, view)
            of_task = target is not None and target.kind == "task"
            named = action.on == ("task",) or not (hints or (why and of_task))
            word = f"{action.verb} {on_words(action, target, world.env)}".strip() if named else action.verb
            hints.append(KeyHint(key=action.key, word=word, enabled=not why, reason=why))
    return hints


NARROW = 100
"""Below so many columns the key row has no more than `ROOM` cells for what a row allows."""
ROOM = 15


def _possible(action: Action, target: Target, world: World, view: View) -> bool:
    """Whether an action could be confirmed; those of the database also as their inputs stand at first."""
    if why_not(action, target, world, view):
        return False
    first = {f.name: f.initial for f in action.fields(world, target, view.facts)}
    return target.kind != "database" or not isinstance(action.plan(world, target, first, view.facts), Refused)


def row_changes(world: World, view: View, target: Target | None, width: int = 200) -> str:
    """The word beside `a` on a screen whose rows' changes have no keys: what is possible for the row, as many as there is room for."""
    if target is None:
        return "actions"
    own = sorted((a.verb for a in actions() if target.kind in a.on and not a.key and _possible(a, target, world, view)), key=len)
    room = ROOM if width < NARROW else 4 * ROOM
    for count in range(len(own), 0, -1):
        named = ", ".join(own[:count]) + (", …" if count < len(own) else "")
        if len(named) <= room:
            return named
    return "actions"


def look_hints(places: Sequence[tuple[str, str]] = (), here: str = "") -> list[KeyHint]:
    """The first key row: the screens by digit, then what looks."""
    screens = [KeyHint(key=f"{k}·" if name == here else k, word=name) for k, name in places]
    words = (
        ("enter", "open"),
        ("d", "details"),
        ("l", "its logs"),
        ("/", "filter"),
        ("f", "pause"),
        ("w", "why"),
        ("i", "incident"),
        ("a", "actions"),
        (":", "palette"),
        ("?", "help"),
        ("q", "quit"),
    )
    return [*screens, *(KeyHint(key=k, word=w) for k, w in words)]
