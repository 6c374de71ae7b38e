"""What an action is: a pure function from the World, a target and the typed input to a Plan, or the reason why not."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import msgspec

from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Plan, Refused
from clickit_tui.world.world import World


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a change acts on, resolved from the row's key at the moment of the key press."""

    kind: str
    """service, task, database, snapshot, cache, secret or image."""
    part: str
    """api, frontend, migration; `db` for the database and its snapshots; the short name of a secret; the repository of an image."""
    id: str
    """ARN of a service, task or secret; id of a database or snapshot; digest of an image."""
    container: str = ""
    """The container of the task whose row it is; empty when the row is the task's."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One input of the preview, e.g. the wanted count."""

    name: str
    label: str
    initial: str = ""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One row to choose from before the preview."""

    id: str
    """What the planner is given in the input that `Action.chosen` names."""
    text: str
    reason: str = ""
    """Why it is not the one to take; it can still be chosen, and the preview says more."""


Planner = Callable[[World, Target, dict[str, str], Facts], Plan | Refused]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """`scale`; also the binding id for remapping."""
    key: str
    """Upper-case letter; empty when it has none (palette and `a` only)."""
    verb: str
    """Word in the key row: `scale`."""
    title: str
    on: tuple[str, ...]
    """Kinds of rows it acts on: service, task, database, snapshot, secret, image."""
    operations: tuple[str, ...]
    """`service:Operation` of every call its plans may hold; the operator's IAM policy derives from it."""
    fields: Callable[[World, Target, Facts], tuple[Field, ...]]
    plan: Planner
    choices: Callable[[World, Target, Facts], tuple[Option, ...]]
    """Rows to choose from before the preview, the best first; none opens the preview at once."""
    chosen: str = ""
    """Name of the input that holds the id of what was chosen."""
    asks: str = ""
    """What the rows to choose from answer: `to which revision`."""
    reads: frozenset[str] = frozenset()
    """World fields that are read on demand and that its preview looks at: they are read when it is opened."""
    reaches: bool = False
    """It needs what this machine offers for shells and tunnels; that is looked at just before."""
    secret: bool = False
    """A value is asked for, masked, before the preview; it takes the place of the empty `Hidden` of the plan when that is sent.
    The planner is given `token`, an idempotency token, and `origin`, where the value came from."""


_ACTIONS: dict[str, Action] = {}


def no_fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    return ()


def no_choices(world: World, target: Target, facts: Facts) -> tuple[Option, ...]:
    return ()


def action(
    *,
    id: str,
    key: str,
    verb: str,
    title: str,
    on: tuple[str, ...],
    operations: tuple[str, ...],
    fields: Callable[[World, Target, Facts], tuple[Field, ...]] = no_fields,
    choices: Callable[[World, Target, Facts], tuple[Option, ...]] = no_choices,
    chosen: str = "",
    asks: str = "",
    reads: frozenset[str] = frozenset(),
    reaches: bool = False,
    secret: bool = False,
) -> Callable[[Planner], Planner]:
    """Register the decorated planner."""

    def register(planner: Planner) -> Planner:
        if id in _ACTIONS or any(key and key == other.key for other in _ACTIONS.values()):
            raise ValueError(f"two actions share the id or key {id} {key}")
        _ACTIONS[id] = Action(
            id=id,
            key=key,
            verb=verb,
            title=title,
            on=on,
            operations=operations,
            fields=fields,
            plan=planner,
            choices=choices,
            chosen=chosen,
            asks=asks,
            reads=reads,
            reaches=reaches,
            secret=secret,
        )
        return planner

    return register


@cache
def actions() -> tuple[Action, ...]:
    """Every action of this folder: those with a key first, then in the order of their ids."""
    package = importlib.import_module("clickit_tui.actions")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"clickit_tui.actions.{module.name}")
    return tuple(sorted(_ACTIONS.values(), key=lambda each: (not each.key, each.id)))
