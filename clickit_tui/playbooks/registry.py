"""What a playbook is: the runbook's steps as checks, and the causes that explain what they find. One file per incident in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import msgspec

from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict
from clickit_tui.naming import SERVICES
from clickit_tui.world.world import World


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a playbook: what checks say together, or what a person has to do."""

    title: str
    checks: tuple[str, ...] = ()
    """Ids of checks."""
    person: str = ""
    """What a person does and notes; empty for a step that checks answer."""

    @property
    def key(self) -> str:
        return self.title.replace(" ", "-")


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """5xx, start, database or latency: also what `--playbook` is given."""
    title: str
    order: int
    steps: tuple[Step, ...]

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of its checks, each once."""
        return tuple(dict.fromkeys(one for step in self.steps for one in step.checks))


def each(name: str, *more: str) -> tuple[str, ...]:
    """Ids of a check of every service: `tasks` gives `api.tasks`, `frontend.tasks`."""
    return tuple(f"{part}.{one}" for part in SERVICES for one in (name, *more))


class Clue(msgspec.Struct, frozen=True, kw_only=True):
    """A cause that explains what is seen."""

    id: str
    """AREA.WHAT, e.g. `deployment.bad`."""
    sentence: str
    part: str
    """The strip's part that it is in."""
    reasons: tuple[str, ...] = ()
    """Why this and nothing else, the strongest first."""
    todo: tuple[Todo, ...] = ()
    explains: tuple[str, ...] = ()
    """Ids of causes that only follow from this one."""
    playbook: str = ""
    order: int = 0
    """Cause before symptom: the lowest is named first."""
    fails: bool = False
    """Whether a check that it rests on fails, and does not only warn."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at."""

    world: World
    facts: Facts
    found: dict[str, Finding]
    """What every check found, by id."""

    def bad(self, *ids: str, least: Verdict = Verdict.FAIL) -> Finding | None:
        """The first of these checks that is at least so bad; UNKNOWN is not bad."""
        accepted = (Verdict.FAIL,) if least is Verdict.FAIL else (Verdict.FAIL, Verdict.WARN)
        return next((self.found[one] for one in ids if one in self.found and self.found[one].verdict in accepted), None)

    def poor(self, *ids: str) -> Finding | None:
        """The first of these checks that fails or warns."""
        return self.bad(*ids, least=Verdict.WARN)


Find = Callable[[Case], Clue | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Finds one cause."""

    playbook: str
    order: int
    needs: tuple[str, ...]
    """Ids of the checks that have to answer before it can be said that this is not the cause."""
    find: Find


_RULES: list[Rule] = []


def cause(playbook: str, order: int, *needs: str) -> Callable[[Find], Find]:
    """Register the decorated function as a rule of a playbook; `none` is the playbook of what is no trouble."""

    def register(find: Find) -> Find:
        _RULES.append(Rule(playbook=playbook, order=order, needs=needs, find=find))
        return find

    return register


@cache
def _modules() -> tuple[object, ...]:
    package = importlib.import_module("clickit_tui.playbooks")
    return tuple(importlib.import_module(f"clickit_tui.playbooks.{module.name}") for module in pkgutil.iter_modules(package.__path__))


@cache
def playbooks() -> tuple[Playbook, ...]:
    """Every playbook of this folder, in the runbook's order."""
    found = [getattr(module, "PLAYBOOK", None) for module in _modules()]
    return tuple(sorted((one for one in found if isinstance(one, Playbook)), key=lambda one: one.order))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, cause before symptom."""
    _modules()
    return tuple(sorted(_RULES, key=lambda rule: rule.order))
