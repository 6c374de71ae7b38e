"""The verdict strip: one verdict a part, in a fixed order, with its most telling reason."""

from __future__ import annotations

import msgspec

from clickit_tui.checks.reading import ABSENT
from clickit_tui.checks.registry import RANK, Facts, Finding, Verdict, checks
from clickit_tui.world.world import World

ORDER = ("edge", "api", "frontend", "database", "cache", "nat", "alarms")
LABELS = {"database": "db"}
TELLING = (
    "5xx",
    "targets",
    "tasks",
    "status",
    "state",
    "stops",
    "deployment",
    "migration",
    "connections",
    "memory",
    "latency",
    "cpu",
    "logs",
    "hit_rate",
    "ports",
)
"""Which check speaks for its part among those of the same verdict; a check that is not listed comes last."""
PLAIN = ("5xx", "tasks", "connections", "hit_rate", "state", "cpu")
"""Which check speaks when all of a part's checks pass: the number that moves."""


class PartVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the strip."""

    part: str
    verdict: Verdict
    short: str
    """At most about 14 cells: `34 5xx/5m`, `1/3 healthy`, `54/60`; for UNKNOWN one or two words."""
    sentence: str
    finding_ids: tuple[str, ...] = ()
    """Ids of the part's checks, most telling first."""

    @property
    def label(self) -> str:
        """The part's name on the strip: `db` for the database."""
        return LABELS.get(self.part, self.part)


ASLEEP = "asleep"
NOT_RUNNING = (ASLEEP, ABSENT)
"""What is asleep or not there speaks before what passes: nothing that could fail is running."""

Found = tuple[str, Finding]
"""(check id, what it found)."""


def findings(world: World, facts: Facts) -> dict[str, Finding]:
    """What every check finds, by id."""
    return {one.id: one.judge(world, facts) for one in checks()}


def strip(world: World, facts: Facts, found: dict[str, Finding] | None = None) -> tuple[PartVerdict, ...]:
    """The verdict of every part in the fixed order; nat only when it neither passes nor is absent. `found` spares judging again."""
    judged = findings(world, facts) if found is None else found
    verdicts = (_part(part, [(one.id, judged[one.id]) for one in checks() if one.part == part]) for part in ORDER)
    return tuple(v for v in verdicts if v.part != "nat" or v.verdict not in (Verdict.PASS, Verdict.NONE))


def telling(id: str, verdict: Verdict) -> int:
    """How telling a check is among those of the same verdict; lower speaks first."""
    name = id.split(".", 1)[-1]
    order = PLAIN if verdict is Verdict.PASS else TELLING
    return order.index(name) if name in order else len(order)


def _part(part: str, found: list[Found]) -> PartVerdict:
    if not found:
        return PartVerdict(part=part, verdict=Verdict.UNKNOWN, short="no check", sentence=f"nothing checks {part}")
    ranked = sorted(found, key=lambda one: (-RANK[one[1].verdict], telling(one[0], one[1].verdict), one[0]))
    first = ranked[0][1]
    if first.verdict is Verdict.PASS:
        first = next((one for _, one in found if one.verdict is Verdict.NONE and one.short in NOT_RUNNING), first)
    return PartVerdict(
        part=part, verdict=first.verdict, short=first.short, sentence=first.sentence, finding_ids=tuple(one[0] for one in ranked)
    )


def worst(parts: tuple[PartVerdict, ...]) -> PartVerdict | None:
    """The entry with the highest verdict; among equals the first of the strip."""
    return max(parts, key=lambda one: RANK[one.verdict], default=None)
