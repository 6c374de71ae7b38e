"""Load and what it does: requests arrive, targets serve them, tasks, database, cache and NAT gateways work. One `Tally` per minute.

Everything measured comes from here, so that a cause (a slow image, a stopped database, a missing target) shows in every metric it should.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from clickit_tui.demo import targets
from clickit_tui.demo.program import Behaviour
from clickit_tui.demo.state import Cache, Database, Environment, Task

SHARE = {"api": 0.72, "frontend": 0.28}
CPU_S = {"api": 0.055, "frontend": 0.020}
"""Seconds of one vCPU that a request costs."""
MEDIAN_MS = {"api": 34.0, "frontend": 11.0}
SERVING = {"available", "backing-up", "modifying", "storage-optimization", "configuring-enhanced-monitoring", "maintenance"}
"""Statuses in which the database answers."""
POOL = 6
"""Connections that one api task keeps open."""
OUTSIDE_MOST = 55_000
"""Connections that a NAT gateway holds to one destination."""
IOPS = {"db.t4g.micro": 500.0, "db.t4g.small": 1000.0, "db.t4g.medium": 2000.0, "db.t4g.large": 4000.0}
"""What an instance class may do for ever; above it the burst is used up."""
BURST_IOS = 10_800 * 1800.0
"""Operations above the baseline that a full burst allows."""
LOCK_WAIT_S = (4.0, 20.0)
CONNECT_TIMEOUT_S = 5.0
REDIS_EARNED = 0.2
"""Credits per minute of a cache.t4g.micro (two vCPUs, 10 % each)."""
REDIS_BASELINE = 10.0
THROTTLED_MS = 180.0

Spoken = Callable[[Environment, str, Task | None, int, float, str], None]
"""Called for failed requests: (environment, part, task, HTTP status, milliseconds, cause)."""


@dataclass
class Served:
    """What one part's target group did in a minute."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    """Sampled response times."""
    healthy: list[int] = field(default_factory=list)
    unhealthy: list[int] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Conditions:
    """What every request of a part meets beside its own program: nothing, usually."""

    trouble: str = ""
    """Why the database cannot be used."""
    refused: float = 0.0
    """Shares of the requests: that get no connection to the database, ..."""
    locked: float = 0.0
    """... that wait for a table lock, ..."""
    outside: float = 0.0
    """... whose connection to the outside fails, ..."""
    scanned: float = 0.0
    """... that ask for what never existed."""

    @property
    def failing(self) -> float:
        """Share of the requests that fail by this."""
        return 0.93 if self.trouble else min(0.9, 0.8 * self.refused + 0.3 * self.locked + 0.12 * self.outside)

    def said(self, rng: random.Random) -> str:
        """The cause that a failed request names; empty when it is the program's own."""
        shares = {"too many clients already": self.refused, "lock timeout": self.locked, "outside": self.outside}
        known = [(cause, share) for cause, share in shares.items() if share]
        if self.trouble or not known:
            return self.trouble
        return rng.choices([cause for cause, _ in known], [share for _, share in known])[0]


@dataclass
class Tally:
    """One minute of one environment."""

    served: dict[str, Served] = field(default_factory=lambda: {"api": Served(), "frontend": Served()})
    elb: Counter[int] = field(default_factory=Counter)
    """Errors that the load balancer itself answered, by status."""
    refused: int = 0
    """Connections that a target refused."""
    database_cpu: list[float] = field(default_factory=list)
    connections: list[float] = field(default_factory=list)
    reads: float = 0.0
    writes: float = 0.0
    read_ms: list[float] = field(default_factory=list)
    cache_cpu: list[float] = field(default_factory=list)
    hits: float = 0.0
    misses: float = 0.0
    cache_connections: list[float] = field(default_factory=list)
    out_bytes: float = 0.0
    peak_bytes_s: float = 0.0
    seconds: float = 0.0


def poisson(rng: random.Random, mean: float) -> int:
    """How many events happen when `mean` are expected."""
    if mean <= 0:
        return 0
    if mean > 40:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def database_trouble(env: Environment) -> str:
    """Why the api cannot use the database; empty when it can."""
    if env.database.status == "storage-full" or env.database.used_gib >= env.database.storage_gib:
        return "no space left"
    if env.database.status not in SERVING:
        return "connection refused"
    if not targets.reachable(env, "db", 5432, "app"):
        return "timeout expired"
    return ""


def wanted_connections(env: Environment) -> int:
    """Connections that tasks and others ask of the database."""
    running = [each for each in env.tasks.values() if each.last_status in ("RUNNING", "DEACTIVATING")]
    pools = sum(POOL for each in running if each.service == env.names.api)
    migrations = sum(2 for each in running if each.group == f"family:{env.names.migration}")
    leaked = sum(int(each.leaked_connections) for each in running)
    waiting = int(40 * locked_share(env))
    return pools + migrations + 3 + env.database.extra_connections + leaked + waiting


def locked_share(env: Environment) -> float:
    """Share of the api's requests that wait for locks which a running migration holds."""
    return max((each.behaviour.locks for each in env.tasks.values() if each.last_status == "RUNNING" and not each.service), default=0.0)


def outside_failing(env: Environment) -> float:
    """Share of the connections to the outside that find no free port at the NAT gateways."""
    held, room = env.network.outside_connections, OUTSIDE_MOST * max(1, len(env.network.nats))
    return 1 - room / held if held > room else 0.0


def _conditions(env: Environment) -> Conditions:
    wanted, most = wanted_connections(env), env.database.connections_most
    refused = 1 - most / wanted if wanted > most else 0.0
    return Conditions(database_trouble(env), refused, locked_share(env), outside_failing(env), env.scanned)


def tick(env: Environment, tally: Tally, rate: float, dt_s: float, rng: random.Random, spoken: Spoken | None = None) -> None:
    """`dt_s` seconds of load at `rate` requests per second in all."""
    tally.seconds += dt_s
    met = {"api": _conditions(env), "frontend": Conditions(scanned=env.scanned)}
    answered = 0
    for part, share in SHARE.items():
        count = poisson(rng, rate * share * dt_s)
        answered += _serve(env, part, tally, count, dt_s, rng, met[part], spoken)
    _database(env, tally, answered / dt_s, dt_s, min(wanted_connections(env), env.database.connections_most), rng)
    _cache(env, tally, answered, dt_s, rng)
    sent = rate * dt_s * rng.uniform(5_000, 9_000)
    tally.out_bytes += sent
    tally.peak_bytes_s = max(tally.peak_bytes_s, 2.2 * sent / dt_s)


def _serve(
    env: Environment,
    part: str,
    tally: Tally,
    count: int,
    dt_s: float,
    rng: random.Random,
    met: Conditions,
    spoken: Spoken | None,
) -> int:
    """Let a target group serve `count` requests; the number that reached the program."""
    group, served = env.groups[part], tally.served[part]
    in_service = [each for each in group.targets if each.state != "draining"]
    served.healthy.append(sum(each.state == "healthy" for each in in_service))
    served.unhealthy.append(sum(each.state == "unhealthy" for each in in_service))
    by_id = {each.id: each for each in env.tasks.values()}
    fleet = [by_id[each.task] for each in group.serving if each.task in by_id]
    _work(env, part, served, fleet, count, dt_s, rng)
    if not fleet:
        tally.elb[503] += count
        for _ in range(min(count, 1)):
            if spoken:
                spoken(env, part, None, 503, 0.0, "")
        return 0
    reached = 0
    shares = [count // len(fleet) + (at < count % len(fleet)) for at in range(len(fleet))]
    for task, share in zip(fleet, shares, strict=True):
        reached += _answer(env, part, task, tally, share, rng, met, spoken)
    return reached


def _work(env: Environment, part: str, served: Served, fleet: list[Task], count: int, dt_s: float, rng: random.Random) -> None:
    """CPU and memory of every running task of the part."""
    name = env.names.service(part)
    serving = {each.id for each in fleet}
    for task in env.tasks.values():
        if task.service != name or task.last_status not in ("RUNNING", "DEACTIVATING"):
            continue
        share = count / dt_s / len(fleet) if task.id in serving else 0.0
        vcpus = task.definition.cpu / 1024
        target = 100 * share * CPU_S[part] * task.behaviour.cost / vcpus + rng.uniform(2.5, 4.5)
        weight = 1 - math.exp(-dt_s / 8)
        task.load += (target - task.load) * weight
        served.cpu.setdefault(task.id, []).append(max(0.5, min(task.load, 100.0 + rng.uniform(0, 3))))
        used = 100 * task.memory_mib / task.definition.memory
        served.memory.setdefault(task.id, []).append(min(100.0, used + rng.uniform(-0.4, 0.4)))


def _answer(
    env: Environment,
    part: str,
    task: Task,
    tally: Tally,
    count: int,
    rng: random.Random,
    met: Conditions,
    spoken: Spoken | None,
) -> int:
    """One target's answers."""
    served, program = tally.served[part], task.behaviour
    if task.last_status != "RUNNING":
        tally.elb[502] += count
        tally.refused += count
        return 0
    overload = max(0.0, 1 - 100 / task.load) if task.load > 100 else 0.0
    late = poisson(rng, count * overload) if overload else 0
    tally.elb[504] += min(late, count)
    count -= min(late, count)
    served.requests += count
    p_fail = met.failing if met.trouble else min(1.0, program.error_rate + met.failing)
    failed = min(count, poisson(rng, count * p_fail))
    missing = min(count - failed, poisson(rng, count * (0.012 + met.scanned)))
    served.statuses[500] += failed
    served.statuses[404] += missing
    served.statuses[200] += count - failed - missing
    middle = _median_ms(env, part, task)
    for _ in range(min(count, 6)):
        served.seconds.append(middle * math.exp(rng.gauss(0, 0.42)) / 1000 + _waited_s(program, met, rng))
    for _ in range(min(failed, 3)):
        cause = met.said(rng)
        if spoken:
            spoken(env, part, task, 500, 5000.0 if cause in ("timeout expired", "lock timeout") else middle, cause)
    return count - failed


def _waited_s(program: Behaviour, met: Conditions, rng: random.Random) -> float:
    """What some requests wait for beside the usual: a table lock, the one slow path."""
    waited = CONNECT_TIMEOUT_S if met.trouble == "timeout expired" else 0.0
    if met.locked and rng.random() < met.locked:
        waited += rng.uniform(*LOCK_WAIT_S)
    if program.slow_path and rng.random() < 1 / 6:
        waited += program.slow_path_ms * rng.uniform(0.7, 1.4) / 1000
    return waited


def _median_ms(env: Environment, part: str, task: Task) -> float:
    """Typical time of a request: the program, the queue in front of its CPU, the database behind it."""
    queue = 1 / (1 - min(task.load / 100, 0.96))
    own = MEDIAN_MS[part] * task.behaviour.slow * queue
    if part != "api":
        return own
    missed = 1 - env.cache.hit_rate
    throttled = THROTTLED_MS if env.cache.credits <= 0 else 0.0
    return own + throttled + 3 * query_ms(env.database) * (0.3 + 2.5 * missed)


def query_ms(database: Database) -> float:
    """Typical time of one query."""
    by_cpu, by_io = slowed(database)
    return 1.6 * by_cpu * by_io


def slowed(database: Database) -> tuple[float, float]:
    """How many times longer a query takes, for want of CPU and of I/O."""
    queue = min(max(0.0, database.cpu - 50) / 50, 0.985)
    return 1 / (1 - queue), 60.0 if database.io_balance <= 0 else 1.0


class Load(NamedTuple):
    """What held queries up in a minute."""

    by_cpu: float = 1.0
    by_io: float = 1.0
    locked: float = 0.0
    """Average sessions that waited for locks."""


def load(env: Environment) -> Load:
    """What holds queries up now."""
    return Load(*slowed(env.database), 18 * locked_share(env))


def _database(env: Environment, tally: Tally, requests_s: float, dt_s: float, connections: int, rng: random.Random) -> None:
    database = env.database
    if database.status not in SERVING:
        return
    missed = 1 - env.cache.hit_rate
    queries = requests_s * (0.8 + 6 * missed)
    cpu = min(100.0, 5 + queries * 0.9 + database.extra_cpu + rng.uniform(-0.8, 0.8))
    database.cpu += (cpu - database.cpu) * (1 - math.exp(-dt_s / 10))
    tally.database_cpu.append(cpu)
    tally.connections.append(connections + rng.randrange(0, 3))
    tally.reads += dt_s * max(0.0, queries * 0.7 + rng.uniform(0, 1.5) + _burst(database, dt_s))
    tally.writes += dt_s * max(0.0, requests_s * 1.1 + rng.uniform(0.5, 2.5))
    tally.read_ms.append(query_ms(database) * rng.uniform(0.35, 0.6))


def _burst(database: Database, dt_s: float) -> float:
    """Extra reads per second that the instance lets through; they use up its balance."""
    baseline = IOPS.get(database.instance_class, 1000.0)
    above = max(0.0, database.extra_iops - baseline)
    spare = max(0.0, baseline - database.extra_iops)
    database.io_balance = min(99.0, max(0.0, database.io_balance + 100 * (spare - above) * dt_s / BURST_IOS))
    return min(database.extra_iops, baseline) if database.io_balance <= 0 else database.extra_iops


def _live(cache: Cache, dt_s: float) -> None:
    """Memory fills, then keys are evicted and the hit rate falls; CPU above the baseline uses up credits."""
    if cache.fill_percent_per_min:
        cache.memory_percent = min(100.0, cache.memory_percent + cache.fill_percent_per_min * dt_s / 60)
        if cache.memory_percent >= 100:
            cache.evictions_per_s = 9 * cache.fill_percent_per_min
            cache.hit_rate += (0.15 - cache.hit_rate) * (1 - math.exp(-dt_s / 180))
    spent = 2 * (1.6 + cache.extra_cpu) / 100
    cache.credits = max(0.0, min(288.0, cache.credits + (REDIS_EARNED - spent) * dt_s / 60))


def _cache(env: Environment, tally: Tally, requests: int, dt_s: float, rng: random.Random) -> None:
    cache = env.cache
    if cache.status != "available":
        return
    _live(cache, dt_s)
    lookups = requests * 2
    hits = min(lookups, poisson(rng, lookups * cache.hit_rate))
    tally.hits += hits
    tally.misses += lookups - hits
    wanted = 1.6 + cache.extra_cpu + rng.uniform(0, 0.8)
    tally.cache_cpu.append(min(wanted, REDIS_BASELINE) if cache.credits <= 0 else wanted)
    running = sum(1 for each in env.tasks.values() if each.service == env.names.api and each.last_status == "RUNNING")
    tally.cache_connections.append(4 + 5 * running + rng.randrange(0, 2))
