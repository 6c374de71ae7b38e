"""What checks share: evidence or an honest UNKNOWN. Everything here is pure; what cannot be judged raises `Blind`."""

from __future__ import annotations

from typing import TypeVar

from clickit_tui.checks.registry import Blind, Evidence, Facts, Finding, Verdict
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.mark import Mark, mark_of
from clickit_tui.world.minutes import Reading, closed, errors_5xx, newest_minutes, read
from clickit_tui.world.parts import MetricClass, Metrics, Series, Target, TargetGroup
from clickit_tui.world.seen import Absent, Age, Fault, Seen, Trouble
from clickit_tui.world.words import brief, spell
from clickit_tui.world.world import World

T = TypeVar("T")

METRICS_CALL = "cloudwatch:GetMetricData"
SERVICES_CALL = "ecs:DescribeServices"
TASKS_CALL = "ecs:DescribeTasks"
HEALTH_CALL = "elasticloadbalancing:DescribeTargetHealth"

ABSENT = "no service"
"""What the strip says of a service that a successful read did not find."""

_WORDS = {Trouble.CREDENTIALS: "log in", Trouble.UNKNOWN: "error"}


def unknown(word: str, sentence: str, part: str = "", call: str = "") -> Finding:
    """A finding without evidence: one word for the strip, one sentence that stands alone."""
    evidence = (Evidence(call=call, value=word),) if call else ()
    return Finding(verdict=Verdict.UNKNOWN, short=word, sentence=sentence, part=part, evidence=evidence)


def none(sentence: str, short: str = "none", part: str = "") -> Finding:
    """A successful read shows that there is no such part."""
    return Finding(verdict=Verdict.NONE, short=short, sentence=sentence, part=part)


def trouble_word(fault: Fault) -> str:
    """The kind of a fault in at most two words for the strip."""
    return _WORDS.get(fault.kind, fault.kind.value)


def why(fault: Fault, call: str) -> str:
    """A fault in a sentence; a denied call names the missing permission."""
    if fault.kind is Trouble.DENIED:
        return f"no permission: {fault.operation or call}"
    return fault.sentence or fault.kind.value


def unseen(seen: Seen[T], now: float, call: str, what: str, part: str = "") -> Finding:
    """Why a value cannot be judged by: loading, stale, or what failed."""
    age = seen.age(now)
    if seen.fault is not None:
        return unknown(trouble_word(seen.fault), f"{what} not seen: {why(seen.fault, call)}", part, call)
    if age is Age.STALE:
        late = spell(now - (seen.seen_at or now))
        return unknown("stale", f"{what} not seen for {late}: the last answer is too old to judge by", part, call)
    return unknown("loading", f"{what} not read yet", part, call)


def fresh(seen: Seen[T], now: float, call: str, what: str, part: str = "") -> T:
    """The value when it is fresh; raises Blind otherwise."""
    value = seen.known(now)
    if value is None:
        raise Blind(unseen(seen, now, call, what, part))
    return value


def present(seen: Seen[T | Absent], now: float, call: str, what: str, part: str = "") -> T:
    """As `fresh`, for a part that may be absent; raises Blind with NONE when a successful read showed that it is."""
    value = fresh(seen, now, call, what, part)
    if isinstance(value, Absent):
        raise Blind(none(f"no {what} here: looked for {value.looked_for}", part=part))
    return value


def service(world: World, facts: Facts, part: str) -> Service:
    """The service of a part; Blind with NONE when a successful read did not find it."""
    name = facts.names.service(part)
    for found in fresh(world.services, facts.now, SERVICES_CALL, name, part):
        if found.part == part:
            if (mark := sleeping(found)) is not None:
                raise Blind(none(f"{found.name} is asleep{since_when(mark, facts.now)}", "asleep", part))
            return found
    raise Blind(none(f"no service {name} in {facts.names.cluster}", ABSENT, part))


def sleeping(found: Service) -> Mark | None:
    """Our mark on a service that was put to sleep; None when it carries none, or runs in spite of it."""
    mark = mark_of(found)
    return mark if mark is not None and mark.asleep and found.desired == 0 else None


def since_when(mark: Mark | None, now: float) -> str:
    """` by our mark, since 8 h by night`; what the mark does not say is left out."""
    since = f", since {brief(now - mark.since)}" if mark is not None and mark.since is not None else ""
    return f" by our mark{since}{f' by {mark.by}' if mark is not None and mark.by else ''}"


def awake(world: World, facts: Facts, part: str) -> None:
    """Raises Blind with NONE when every service sleeps by our mark: then nothing is asked of what serves them."""
    marks = [sleeping(each) for each in world.services.known(facts.now) or ()]
    if marks and all(marks):
        raise Blind(none(f"the environment is asleep{since_when(marks[0], facts.now)}", "asleep", part))


def tasks_of(world: World, facts: Facts, part: str) -> tuple[Task, ...]:
    """Running and stopped tasks of a part."""
    return tuple(t for t in fresh(world.tasks, facts.now, TASKS_CALL, f"tasks of {part}", part) if t.part == part)


def groups_of(world: World, facts: Facts, found: Service) -> tuple[TargetGroup, ...]:
    """The target groups a service registers in."""
    groups = fresh(world.target_groups, facts.now, "elasticloadbalancing:DescribeTargetGroups", "target groups", found.part)
    return tuple(g for g in groups if g.arn in found.target_groups)


def targets_of(world: World, facts: Facts, groups: tuple[str, ...], part: str = "") -> tuple[Target, ...]:
    """The targets registered in these groups (ARNs)."""
    return tuple(t for t in fresh(world.targets, facts.now, HEALTH_CALL, "target health", part) if t.group in groups)


STATES = ("initial", "healthy", "unhealthy", "unhealthy.draining", "unused", "draining", "unavailable")


def untold(targets: tuple[Target, ...]) -> list[Target]:
    """Targets whose state the answer leaves out, or that are in one that AWS has added since: they acquit nobody."""
    return [one for one in targets if one.state not in STATES]


def reasons(targets: tuple[Target, ...]) -> str:
    """Why targets are not healthy, most frequent first: `2 × Target.ResponseCodeMismatch [502]`."""
    said = [t.reason + (f" {t.description[t.description.find('[') :]}" if "[" in t.description else "") for t in targets if t.reason]
    ranked = sorted(set(said), key=lambda reason: (-said.count(reason), reason))
    return ", ".join(f"{said.count(reason)} × {reason}" for reason in ranked[:2])


def lasting(world: World, facts: Facts, part: str) -> bool:
    """Whether each of the newest closed minutes saw an unhealthy target of the part; False when nothing tells."""
    found, minutes = world.metrics.known(facts.now), max(1, facts.thresholds.unhealthy_minutes)
    got = read(found, f"{part}.unhealthy", closed(found, world.metrics.seen_at or facts.now, minutes)) if found else None
    return got is not None and len(got.present) == minutes and all(value > 0 for _, value in got.present)


def metrics(world: World, facts: Facts, part: str = "") -> Metrics:
    """The newest round of metrics when it is fresh."""
    return fresh(world.metrics, facts.now, METRICS_CALL, "metrics", part)


def window(world: World, facts: Facts, most: int, part: str = "") -> tuple[float, ...]:
    """The newest `most` closed minutes, as of the moment they were read."""
    found = metrics(world, facts, part)
    return closed(found, world.metrics.seen_at or facts.now, most)


def _complete(series: Series | None, key: str, part: str) -> Series:
    if series is None:
        raise Blind(unknown("no data", f"{key} is not among the metrics that were read", part, METRICS_CALL))
    if series.status == "Forbidden":
        raise Blind(unknown("denied", f"{series.label} not seen: no permission: {METRICS_CALL}", part, METRICS_CALL))
    if series.status != "Complete":
        raise Blind(unknown("partial", f"{series.label} is incomplete: CloudWatch answered {series.status}", part, METRICS_CALL))
    return series


def reading(world: World, facts: Facts, key: str, most: int, part: str = "") -> Reading:
    """A series over the newest closed minutes; Blind when it is denied, partial, or says nothing in any of them."""
    found = metrics(world, facts, part)
    series = _complete(found.series.get(key), key, part)
    got = read(found, key, window(world, facts, most, part))
    if got is None or not got.present:
        raise Blind(_silent(series, part, most))
    return got


def _silent(series: Series, part: str, most: int) -> Finding:
    meaning = {
        MetricClass.EVENTS: f"no traffic in {most} min: nothing tells whether there are {series.label}",
        MetricClass.STATE: f"no {series.label} in {most} min: no running task reports it",
        MetricClass.ALWAYS: f"no {series.label} in {most} min: stopped, deleted, a wrong dimension, or no permission",
    }[series.kind]
    return unknown("no traffic" if series.kind is MetricClass.EVENTS else "no data", meaning, part, METRICS_CALL)


def lasts(got: Reading, limit: float, minutes: int, part: str) -> bool:
    """Whether it was above a limit for so many minutes; Blind where the few minutes that are known all were: that acquits nobody."""
    have = [value for value in got.values[-minutes:] if value is not None]
    if have and len(have) < minutes - 1 and all(value > limit for value in have):
        said = f"{got.label} is known of {len(have)} of the last {minutes} min only, and above {limit:g} in them"
        raise Blind(unknown("few minutes", said, part, METRICS_CALL))
    return got.above(limit, minutes)


def newest(world: World, facts: Facts, key: str, part: str = "") -> tuple[float, float]:
    """(minute, value) of the newest of the last 5 closed minutes that has one."""
    last = reading(world, facts, key, 5, part).last
    if last is None:
        raise Blind(unknown("no data", f"no {key} in 5 min", part, METRICS_CALL))
    return last


def slow(world: World, facts: Facts, key: str, part: str = "", within_s: float = 1200.0) -> tuple[float, float]:
    """(time, value) of the newest point of a series whose period is longer than a minute; Blind when there is none so young."""
    series = _complete(metrics(world, facts, part).series.get(key), key, part)
    last = series.last(facts.now)
    if last is None or facts.now - last[0] > within_s:
        raise Blind(_silent(series, part, round(within_s / 60)))
    return last


def newest_maximum(world: World, facts: Facts, key: str, part: str = "") -> tuple[float, float]:
    """Like `newest`, for a Maximum: a minute that still grows can only rise, so a higher value in it counts already."""
    at, value = newest(world, facts, key, part)
    found = metrics(world, facts, part)
    growing = read(found, key, newest_minutes(found, world.metrics.seen_at or facts.now, 3))
    return max([(at, value), *(growing.present if growing else ())], key=lambda one: (one[1], one[0]))


def errors(world: World, facts: Facts, most: int, part: str = "edge") -> Reading:
    """5xx of targets and load balancer over the newest closed minutes; a series that is incomplete only hides errors, it adds none."""
    return errors_5xx(metrics(world, facts, part), window(world, facts, most, part))


def growing_errors(world: World, facts: Facts, most: int, part: str = "edge") -> float:
    """5xx in the newest minutes, those that still grow included: a lower bound of what happens now."""
    found = metrics(world, facts, part)
    return errors_5xx(found, newest_minutes(found, world.metrics.seen_at or facts.now, most)).total or 0.0


def whole(world: World, facts: Facts, keys: tuple[str, ...], part: str) -> None:
    """Raises Blind unless every one of these series was read completely: needed before saying that something did not happen."""
    found = metrics(world, facts, part)
    for key in keys:
        _complete(found.series.get(key), key, part)


def measured(value: str, at: float | None, call: str = METRICS_CALL) -> tuple[Evidence, ...]:
    """One piece of evidence."""
    return (Evidence(call=call, value=value, at=at),)
