"""What a check is: a pure function of the World that returns a verdict with its evidence. One file per check in this folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from enum import StrEnum
from functools import cache, wraps

import msgspec

from clickit_tui.config import Reach, Thresholds
from clickit_tui.naming import Names
from clickit_tui.plan import aimed
from clickit_tui.world.machine import Machine
from clickit_tui.world.world import World


class Verdict(StrEnum):
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    """Denied, throttled, stale or missing data: no evidence."""
    NONE = "NONE"
    """A successful read shows the environment has no such part."""


RANK = {Verdict.FAIL: 4, Verdict.UNKNOWN: 3, Verdict.WARN: 2, Verdict.PASS: 1, Verdict.NONE: 0}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    call: str
    """`ecs:DescribeServices`."""
    value: str
    at: float | None = None
    """When it was read or measured, epoch seconds."""


class Todo(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: a change to preview, a screen to go to, or a command line to copy; exactly one of the three is set."""

    words: str
    """E.g. `roll api back`."""
    action: str = ""
    """Id of an action; its preview opens on what `part` names."""
    part: str = ""
    """`api`, `frontend`, `migration`; `db` for the database; the short name of a secret."""
    screen: str = ""
    """The screen's digit."""
    command: str = ""
    """A command line of `aws`, to copy."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    sentence: str
    """One sentence that stands alone."""
    short: str = ""
    """At most about 14 characters for the strip: `34 5xx/5m`, `1/3 healthy`; for UNKNOWN one word: denied, stale, throttled, loading."""
    evidence: tuple[Evidence, ...] = ()
    threshold: str = ""
    """The threshold and its source, e.g. `FAIL above 10 in 5 min (runbook)`."""
    change: str = ""
    """What would change the verdict."""
    part: str = ""
    """Which service or resource it names, where it names one."""
    todo: tuple[Todo, ...] = ()
    """What to do about it, the best first; a check that names nothing sends to the screen of its part."""

    @property
    def loading(self) -> bool:
        """Not read yet: an answer may still come."""
        return self.verdict is Verdict.UNKNOWN and self.short in ("loading", "waiting")


SCREENS = {"edge": "4", "api": "2", "frontend": "2", "database": "7", "cache": "7", "nat": "4", "alarms": "5"}
"""Where a part can be looked at; screens that do not exist are left out by whoever shows them."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a check may look at besides the World."""

    now: float
    """Epoch seconds."""
    names: Names
    thresholds: Thresholds
    protected: bool = False
    may_stop_database: bool = False
    """Whether the configuration lets a protected environment's database be stopped."""
    began_at: float | None = None
    """When reading began, epoch seconds; None when that is not known."""
    machine: Machine = Machine()
    reach: Reach = Reach()


class Check(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """`edge.5xx`."""
    part: str
    """Strip part: edge, api, frontend, database, cache, nat, alarms."""
    title: str
    reads: frozenset[str]
    """World fields."""
    judge: Callable[[World, Facts], Finding]


class Blind(Exception):
    """Raised inside a check that lacks its evidence; the registered check returns its finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def placed(world: World, todos: tuple[Todo, ...]) -> tuple[Todo, ...]:
    """The same, each `aws` command with the profile and the region that were looked at."""
    return tuple(msgspec.structs.replace(one, command=aimed(one.command, world.identity.value)) for one in todos)


_CHECKS: dict[str, Check] = {}


def _honest(judge: Callable[[World, Facts], Finding], part: str) -> Callable[[World, Facts], Finding]:
    look = (Todo(words=f"look at {part}", screen=SCREENS[part]),) if part in SCREENS else ()

    @wraps(judge)
    def judged(world: World, facts: Facts) -> Finding:
        try:
            found = judge(world, facts)
        except Blind as blind:
            found = blind.finding
        calm = found.verdict in (Verdict.PASS, Verdict.NONE)
        return found if calm else msgspec.structs.replace(found, todo=placed(world, found.todo) or look)

    return judged


def check(
    id: str, part: str, title: str, reads: tuple[str, ...]
) -> Callable[[Callable[[World, Facts], Finding]], Callable[[World, Facts], Finding]]:
    """Register the decorated function as a check; a `Blind` it raises becomes the finding."""

    def register(judge: Callable[[World, Facts], Finding]) -> Callable[[World, Facts], Finding]:
        if id in _CHECKS:
            raise ValueError(f"two checks are called {id}")
        honest = _honest(judge, part)
        _CHECKS[id] = Check(id=id, part=part, title=title, reads=frozenset(reads), judge=honest)
        return honest

    return register


@cache
def checks() -> tuple[Check, ...]:
    """Every check of this folder, in the order of their ids."""
    package = importlib.import_module("clickit_tui.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"clickit_tui.checks.{module.name}")
    return tuple(_CHECKS[key] for key in sorted(_CHECKS))
