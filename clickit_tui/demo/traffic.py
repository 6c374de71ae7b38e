"""Load and what it does: requests arrive, targets serve them, tasks, database, cache and NAT gateways work. One `Tally` per minute.

Everything measured comes from here, so that a cause (a slow image, a stopped database, a missing target) shows in every metric it should.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from clickit_tui.demo import targets
from clickit_tui.demo.state import Database, Environment, Task

SHARE = {"api": 0.72, "frontend": 0.28}
CPU_S = {"api": 0.055, "frontend": 0.020}
"""Seconds of one vCPU that a request costs."""
MEDIAN_MS = {"api": 34.0, "frontend": 11.0}
SERVING = {"available", "backing-up", "modifying", "storage-optimization", "configuring-enhanced-monitoring", "maintenance"}
"""Statuses in which the database answers."""
POOL = 6
"""Connections that one api task keeps open."""

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
    return pools + migrations + 3 + env.database.extra_connections


def tick(env: Environment, tally: Tally, rate: float, dt_s: float, rng: random.Random, spoken: Spoken | None = None) -> None:
    """`dt_s` seconds of load at `rate` requests per second in all."""
    tally.seconds += dt_s
    trouble = database_trouble(env)
    refused_share = 0.0
    wanted = wanted_connections(env)
    if wanted > env.database.connections_most:
        refused_share = 1 - env.database.connections_most / wanted
    answered = 0
    for part, share in SHARE.items():
        count = poisson(rng, rate * share * dt_s)
        answered += _serve(
            env, part, tally, count, dt_s, rng, trouble if part == "api" else "", refused_share if part == "api" else 0.0, spoken
        )
    _database(env, tally, answered / dt_s, dt_s, min(wanted, env.database.connections_most), rng)
    _cache(env, tally, answered, rng)
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
    trouble: str,
    refused_share: float,
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
        reached += _answer(env, part, task, tally, share, rng, trouble, refused_share, spoken)
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
        used = task.definition.memory * (0.41 if part == "api" else 0.33) + task.behaviour.memory_mib + task.load * 0.4
        served.memory.setdefault(task.id, []).append(min(100.0, 100 * used / task.definition.memory + rng.uniform(-0.4, 0.4)))


def _answer(
    env: Environment,
    part: str,
    task: Task,
    tally: Tally,
    count: int,
    rng: random.Random,
    trouble: str,
    refused_share: float,
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
    p_fail = 0.93 if trouble else min(1.0, program.error_rate + 0.8 * refused_share)
    failed = min(count, poisson(rng, count * p_fail))
    missing = min(count - failed, poisson(rng, count * 0.012))
    served.statuses[500] += failed
    served.statuses[404] += missing
    served.statuses[200] += count - failed - missing
    middle = _median_ms(env, part, task)
    for _ in range(min(count, 6)):
        served.seconds.append(middle * math.exp(rng.gauss(0, 0.42)) / 1000)
    for _ in range(min(failed, 3)):
        cause = trouble or ("too many clients already" if rng.random() < refused_share else "")
        if spoken:
            spoken(env, part, task, 500, 5000.0 if trouble == "timeout expired" else middle, cause)
    return count - failed


def _median_ms(env: Environment, part: str, task: Task) -> float:
    """Typical time of a request: the program, the queue in front of its CPU, the database behind it."""
    queue = 1 / (1 - min(task.load / 100, 0.96))
    own = MEDIAN_MS[part] * task.behaviour.slow * queue
    if part != "api":
        return own
    missed = 1 - env.cache.hit_rate
    return own + 3 * query_ms(env.database) * (0.3 + 2.5 * missed)


def query_ms(database: Database) -> float:
    """Typical time of one query."""
    return 1.6 / (1 - min(database.extra_cpu / 100, 0.97))


def _database(env: Environment, tally: Tally, requests_s: float, dt_s: float, connections: int, rng: random.Random) -> None:
    database = env.database
    if database.status not in SERVING:
        return
    missed = 1 - env.cache.hit_rate
    queries = requests_s * (0.8 + 6 * missed)
    tally.database_cpu.append(min(100.0, 5 + queries * 0.9 + database.extra_cpu + rng.uniform(-0.8, 0.8)))
    tally.connections.append(connections + rng.randrange(0, 3))
    tally.reads += dt_s * max(0.0, queries * 0.7 + rng.uniform(0, 1.5))
    tally.writes += dt_s * max(0.0, requests_s * 1.1 + rng.uniform(0.5, 2.5))
    tally.read_ms.append(query_ms(database) * rng.uniform(0.35, 0.6))


def _cache(env: Environment, tally: Tally, requests: int, rng: random.Random) -> None:
    cache = env.cache
    if cache.status != "available":
        return
    lookups = requests * 2
    hits = min(lookups, poisson(rng, lookups * cache.hit_rate))
    tally.hits += hits
    tally.misses += lookups - hits
    tally.cache_cpu.append(1.6 + cache.extra_cpu + rng.uniform(0, 0.8))
    running = sum(1 for each in env.tasks.values() if each.service == env.names.api and each.last_status == "RUNNING")
    tally.cache_connections.append(4 + 5 * running + rng.randrange(0, 2))
