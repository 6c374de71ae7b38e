"""The first bad minute of the trouble, found from the metrics, and the changes before it in the order in which they are to be suspected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from clickit_tui.checks.registry import Facts, Finding, Verdict
from clickit_tui.checks.timeline import Happening, Kind, timeline
from clickit_tui.config import Thresholds
from clickit_tui.naming import SERVICES
from clickit_tui.world.health import stopped_by_itself
from clickit_tui.world.minutes import ERRORS_5XX, REQUESTS, Reading, errors_5xx, newest_minutes, read
from clickit_tui.world.parts import Metrics
from clickit_tui.world.seen import Absent
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World

LOOK_BACK = 180
"""Minutes in which the beginning is looked for."""
QUIET_MINUTES = 5
"""So many good minutes in a row end a run of bad ones."""
OVER_S = 600.0
"""A run whose last bad minute is older than this is over."""
BEFORE_S = 2 * 3600.0
"""A change longer before the first bad minute is not suspected (heuristic)."""
AFTER_S = 60.0
"""A change within the first bad minute may have come before it: minutes are as fine as the metrics are."""
TOLD_AFTER_S = 300.0
"""The same for what RDS and ElastiCache tell: they tell of a stop or a failover when it is done (heuristic)."""
LATE = (Kind.DATABASE, Kind.CACHE)
ANSWERS = "edge.5xx"
"""The signal that the cause of a failing API is timed by."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What can be bad in a minute, and from which value on."""

    key: str
    label: str
    limit: Callable[[Thresholds], float]
    least: int
    """So many bad minutes make a run; single ones are noise."""
    felt: bool = True
    """Customers feel it; what they do not feel tells the beginning only where nothing else does."""


SIGNALS: tuple[Signal, ...] = (
    Signal(key=ANSWERS, label="5xx", limit=lambda t: 0.0, least=1),
    Signal(key="edge.p95", label="p95 response time", limit=lambda t: t.p95_fail_s, least=3),
    Signal(key="edge.unhealthy", label="unhealthy targets", limit=lambda t: 0.0, least=2),
    Signal(
        key="db.connections",
        label="database connections",
        limit=lambda t: t.db_connections_budget * t.db_connections_fail / 100,
        least=3,
        felt=False,
    ),
    Signal(key="db.cpu", label="database CPU", limit=lambda t: t.db_cpu_fail, least=3, felt=False),
    *(Signal(key=f"{part}.cpu", label=f"CPU of {part}", limit=lambda t: t.api_cpu_fail, least=3, felt=False) for part in SERVICES),
)


class BadRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of bad minutes of one signal. Times are starts of minutes, epoch seconds."""

    signal: str
    label: str
    at: float
    """The first bad minute."""
    last: float
    """The newest bad minute."""
    minutes: int
    worst: float
    total: float
    unit: str
    felt: bool
    open: bool
    """It goes on, as far as the metrics tell."""
    cut: bool = False
    """Nothing good is known before it: it may have begun earlier."""

    @property
    def words(self) -> str:
        """`34 answers 5xx in 6 m`, `p95 response time up to 2.81 s for 8 m`, `... in 1 h, known no further back`."""
        lasted = brief(self.last - self.at + 60) + (", known no further back" if self.cut else "")
        if self.signal == ANSWERS:
            return f"{several(round(self.total), 'answer')} 5xx in {lasted}"
        worst = f"{self.worst:.2f} s" if self.unit == "s" else f"{self.worst:.0f} %" if self.unit == "%" else f"{self.worst:.0f}"
        return f"{self.label} up to {worst} for {lasted}"


def bad_runs(world: World, facts: Facts, since: float | None = None) -> tuple[BadRun, ...]:
    """The newest run of each signal that goes on, or that went on after `since`; earliest first. Empty also where nothing is known."""
    found = world.metrics.value
    if found is None or world.metrics.seen_at is None:
        return ()
    minutes = newest_minutes(found, world.metrics.seen_at, LOOK_BACK)
    runs = (_run(signal, found, minutes, facts) for signal in SIGNALS)
    kept = [one for one in runs if one is not None and (one.open or (since is not None and one.last >= since - QUIET_MINUTES * 60))]
    return tuple(sorted(kept, key=lambda one: (one.at, not one.felt)))


def first_bad_minute(world: World, facts: Facts, since: float | None = None) -> BadRun | None:
    """The run that began first, of those that customers feel; of the others only where they feel nothing."""
    runs = bad_runs(world, facts, since)
    return next((one for one in runs if one.felt), next(iter(runs), None))


def unread_signals(world: World) -> tuple[str, ...]:
    """Labels of the signals that were not read completely, of parts that exist: that they have no bad minute is not known."""
    found = world.metrics.value
    absent = {"edge": world.balancer.value, "db": world.database.value}
    here = [signal for signal in SIGNALS if not isinstance(absent.get(signal.key.partition(".")[0]), Absent)]
    parts = None if world.services.value is None else {service.part for service in world.services.value}
    here = [each for each in here if parts is None or (part := each.key.partition(".")[0]) not in SERVICES or part in parts]
    return tuple(each.label for each in here if found is None or not all(_read(found, key) for key in _series_of(each)))


def _series_of(signal: Signal) -> tuple[str, ...]:
    return (REQUESTS, *ERRORS_5XX) if signal.key == ANSWERS else (signal.key,)


def _read(metrics: Metrics, key: str) -> bool:
    return key in metrics.series and metrics.series[key].status == "Complete"


def bad_run(world: World, facts: Facts, signal: str) -> BadRun | None:
    """The run of one signal (`edge.5xx`) that goes on; None without one."""
    return next((one for one in bad_runs(world, facts) if one.signal == signal), None)


def before(seconds: float) -> str:
    """How long before, to the nearest minute: minutes are as fine as the metrics are."""
    return f"{brief(max(60, round(seconds / 60) * 60))} before" if seconds >= 30 else "in the same minute as"


def _run(signal: Signal, metrics: Metrics, minutes: tuple[float, ...], facts: Facts) -> BadRun | None:
    got = errors_5xx(metrics, minutes) if signal.key == ANSWERS else read(metrics, signal.key, minutes)
    bad, cut = _newest_run(got, signal.limit(facts.thresholds)) if got is not None else ([], False)
    if got is None or len(bad) < signal.least:
        return None
    return BadRun(
        signal=signal.key,
        label=signal.label,
        at=bad[0][0],
        last=bad[-1][0],
        minutes=len(bad),
        worst=max(value for _, value in bad),
        total=sum(value for _, value in bad),
        unit=got.unit,
        felt=signal.felt,
        open=minutes[-1] - bad[-1][0] <= OVER_S,
        cut=cut,
    )


def _newest_run(got: Reading, limit: float) -> tuple[list[tuple[float, float]], bool]:
    """The bad minutes of the newest run, oldest first, and whether none of the gaps of `QUIET_MINUTES` that end a run was found."""
    run: list[tuple[float, float]] = []
    good = 0
    for at, value in reversed(got.present):
        if value > limit:
            run.append((at, value))
            good = 0
        elif run and (good := good + 1) >= QUIET_MINUTES:
            return run[::-1], False
    return run[::-1], bool(run) and good == 0


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A change before the first bad minute, and why it is suspected."""

    happening: Happening
    score: float
    reasons: tuple[str, ...]


WEIGHT: Mapping[Kind, float] = {
    Kind.DEPLOYMENT: 5.0,
    Kind.YOU: 5.0,
    Kind.SECRET: 4.0,
    Kind.DATABASE: 4.0,
    Kind.CACHE: 3.0,
    Kind.SCALING: 2.0,
    Kind.IMAGE: 1.0,
}
"""How often a change of that kind is the cause (heuristic)."""
NEARNESS = ((300.0, 1.0), (900.0, 0.8), (1800.0, 0.6), (3600.0, 0.4), (BEFORE_S, 0.2))
"""(seconds before, factor): a change just before the trouble is likelier its cause (heuristic)."""


def suspects(world: World, facts: Facts, at: float, found: Mapping[str, Finding], most: int = 5) -> tuple[Suspect, ...]:
    """The changes in the two hours before a moment, the most suspect first, each with its reasons. `found`: what the checks found."""
    near = [one for one in timeline(world, facts) if one.change and at - BEFORE_S <= one.at <= at + _after(one)]
    first = bad_run(world, facts, ANSWERS)
    answers = first.at if first is not None and first.at > at else None
    judged = [_judged(world, one, at, found, answers) for one in _once(near)]
    return tuple(sorted(judged, key=lambda one: (-one.score, -one.happening.at, one.happening.id))[:most])


def _after(one: Happening) -> float:
    return TOLD_AFTER_S if one.kind in LATE else AFTER_S


def _once(found: list[Happening]) -> list[Happening]:
    """Autoscaling's steps of one service count as one change, the newest; everything else is a change of its own."""
    newest = {one.part: one.id for one in found if one.kind is Kind.SCALING}
    return [one for one in found if one.kind is not Kind.SCALING or newest[one.part] == one.id]


def _judged(world: World, one: Happening, at: float, found: Mapping[str, Finding], answers: float | None) -> Suspect:
    """`answers`: when the first 5xx came, where something else was bad before it."""
    delay = max(0.0, at - one.at)
    factor = next(factor for within, factor in NEARNESS if delay <= within)
    told = list(_reasons(world, one, found))
    late = one.at - at
    when = before(delay) if delay >= 30 else "in the first bad minute"
    when += f" ({before(answers - one.at)} the first 5xx)" if answers is not None else ""
    when = f"told {brief(late)} after, when it was done" if late > AFTER_S else when
    return Suspect(
        happening=one, score=WEIGHT.get(one.kind, 1.0) * factor + sum(weight for weight, _ in told), reasons=(when, *(w for _, w in told))
    )


def _reasons(world: World, one: Happening, found: Mapping[str, Finding]) -> Iterator[tuple[float, str]]:
    """(weight, reason) besides the nearness in time."""
    failing = next((f for key, f in found.items() if key.startswith(f"{one.part}.") and f.verdict is Verdict.FAIL), None)
    if failing is not None:
        yield 2.0, f"{one.part} fails: {failing.short or failing.sentence}"
    if one.bad:
        yield 2.0, "it ended badly" if one.kind is Kind.DEPLOYMENT else "it is a fault by itself"
    if one.kind is Kind.DEPLOYMENT and (stopped := _stopped_after(world, one)):
        yield 1.0, f"{several(stopped, 'task')} of {one.part} failed after it"


def _stopped_after(world: World, one: Happening) -> int:
    return sum(1 for t in world.tasks.value or () if t.part == one.part and (t.stopped_at or 0.0) >= one.at and stopped_by_itself(t))
