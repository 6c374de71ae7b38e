"""What an environment costs a month at today's shape, beside the runbook's figures, with the difference explained.

Everything here is a pure function of the World; prices are those of `prices`. What is not known makes a row unknown, never free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from clickit_tui.naming import SERVICES
from clickit_tui.world import prices
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.parts import Cache, Database, LoadBalancer
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.words import several
from clickit_tui.world.world import World

RUNBOOK: Mapping[str, Mapping[str, float]] = {
    "dev": {"nat": 32, "database": 12, "cache": 9, "fargate": 15, "balancer": 16, "rest": 2},
    "prod": {"nat": 64, "database": 50, "cache": 9, "fargate": 85, "balancer": 16, "waf": 10, "rest": 26},
}
"""The operators' own tables, dollars a month; `rest` stands for logs, secrets, S3 and, in prod, flow logs."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the bill."""

    id: str
    name: str
    month: float | None
    """Dollars a month; None: unknown, and `how` says why."""
    how: str = ""
    """What it was computed from."""
    runbook: float | None = None
    why: str = ""
    """Why it differs from the runbook's figure."""
    standing: float | None = None
    """The share that stays while the part is stopped; None where nothing can be stopped."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A month at today's shape."""

    items: tuple[Item, ...]

    @property
    def total(self) -> float:
        """Sum of what is known."""
        return sum(item.month or 0.0 for item in self.items)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the rows that could not be computed: the total is at least what is known."""
        return tuple(item.name for item in self.items if item.month is None)

    @property
    def runbook(self) -> float | None:
        """Sum of the runbook's figures; None where it has no table."""
        known = [item.runbook for item in self.items if item.runbook is not None]
        return sum(known) if known else None

    def item(self, id: str) -> Item | None:
        """The row of that id."""
        return next((each for each in self.items if each.id == id), None)


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay less."""

    text: str
    month: float | None
    """Dollars a month; None: cannot be told."""
    how: str = ""


def bill(world: World) -> Bill:
    """The rows in the runbook's order, those it forgot beside what they belong to."""
    figures = RUNBOOK.get(world.env, {})
    made = [
        *_nat(world),
        _database(world.database),
        _cache(world.cache),
        _fargate(world),
        *_balancer(world),
        _secrets(world),
        _alarms(world),
        _logs(world),
    ]
    made = [msgspec.structs.replace(item, runbook=figures.get(item.id)) for item in made]
    return Bill(items=(*made, *_from_runbook(figures, made)))


def _blind(seen: Seen[Any]) -> str:
    return seen.fault.sentence if seen.fault is not None else "not read yet"


def _nat(world: World) -> tuple[Item, Item]:
    gateways = world.nat.value
    if gateways is None:
        why = _blind(world.nat)
        return Item(id="nat", name="NAT gateway", month=None, how=why), Item(id="nat_ip", name="  its address", month=None, how=why)
    count = len(gateways)
    used = world.usage.value.nat_bytes if world.usage.value else None
    traffic = 0.0 if used is None else used / prices.GB * prices.DAYS * prices.NAT_GB
    measured = "traffic not measured: $0.045/GB more" if used is None else f"{used / prices.GB:.2f} GB a day"
    hours = count * prices.NAT_HOUR * prices.HOURS
    return (
        Item(id="nat", name="NAT gateway", month=hours + traffic, how=f"{count} × $32.85, {measured}", why="traffic" if traffic else ""),
        Item(id="nat_ip", name="  its address", month=count * _ADDRESS, how=f"{count} public IPv4", why=FORGOTTEN),
    )


_ADDRESS = prices.ADDRESS_HOUR * prices.HOURS
FORGOTTEN = "the runbook leaves it out"


def _database(seen: Seen[Database | Absent]) -> Item:
    found = seen.value
    if isinstance(found, Absent):
        return Item(id="database", name="RDS", month=0.0, how="no database", standing=0.0)
    instance = None if found is None else database_hour(found)
    if found is None or instance is None or found.storage_gib is None:
        return Item(
            id="database", name="RDS", month=None, how=_blind(seen) if found is None else f"no price of {found.instance_class or '?'}"
        )
    storage = found.storage_gib * (prices.DATABASE_GB_MULTI_AZ if found.multi_az else prices.DATABASE_GB)
    stopped = found.status == "stopped"
    running = f"${instance * prices.HOURS:.2f}{' (stopped: 0)' if stopped else ''}"
    how = f"{found.instance_class}{' Multi-AZ' if found.multi_az else ''} {running}, {found.storage_gib} GiB ${storage:.2f}"
    month = storage + (0.0 if stopped else instance * prices.HOURS)
    return Item(id="database", name="RDS", month=month, how=how, why="the runbook leaves the storage out", standing=storage)


def database_hour(found: Database) -> float | None:
    """Dollars an hour of the instance alone; None for a class that is not in the table, or when it is not known whether it is Multi-AZ."""
    plain = prices.DATABASE_HOUR.get(found.instance_class)
    if plain is None or found.multi_az is None:
        return None
    return prices.MULTI_AZ_HOUR.get(found.instance_class, 2 * plain) if found.multi_az else plain


def _cache(seen: Seen[Cache | Absent]) -> Item:
    found = seen.value
    if isinstance(found, Absent):
        return Item(id="cache", name="ElastiCache", month=0.0, how="no cache")
    hour = None if found is None else prices.CACHE_HOUR.get(found.node_type)
    if found is None or hour is None or not found.nodes:
        return Item(
            id="cache", name="ElastiCache", month=None, how=_blind(seen) if found is None else f"no price of {found.node_type or '?'}"
        )
    valkey = found.engine.lower() == "valkey"
    each = hour * prices.HOURS * (prices.VALKEY if valkey else 1.0)
    how = f"{len(found.nodes)} × {found.node_type} {found.engine or 'redis'} ${each:.2f}"
    why = several(len(found.nodes), "node") if len(found.nodes) > 1 else "" if valkey else "the runbook's figure is Valkey's price"
    return Item(id="cache", name="ElastiCache", month=each * len(found.nodes), how=how, why=why)


def _fargate(world: World) -> Item:
    services, tasks = world.services.value, world.tasks.value
    if services is None or tasks is None:
        return Item(id="fargate", name="Fargate", month=None, how=_blind(world.services if services is None else world.tasks))
    own = [task for task in tasks if task.part in SERVICES and not task.stopped]
    running = [service.running for service in services]
    if None in running or not all(task.status for task in own) or (not own and any(running)):
        return Item(id="fargate", name="Fargate", month=None, how="how many tasks run is not told")
    arm = _on_arm(world)
    priced = {task.arn: task_hour(task, arm=task.task_definition in arm) for task in own}
    if any(hour is None for hour in priced.values()):
        return Item(id="fargate", name="Fargate", month=None, how="a task's size is not known, or it runs on ARM Spot: no price")
    month = sum(hour or 0.0 for hour in priced.values()) * prices.HOURS
    return Item(id="fargate", name="Fargate", month=month, how=_shape(services, own), why=_sizes(own), standing=0.0)


def _on_arm(world: World) -> frozenset[str]:
    """ARNs of the definitions whose tasks run on ARM."""
    return frozenset(each.arn for each in world.definitions.value or () if each.on_arm)


def task_hour(task: Task, *, arm: bool = False) -> float | None:
    """Dollars an hour of one running task; None when its size is not known, or nobody knows its price."""
    if not (task.cpu.isdigit() and task.memory.isdigit()):
        return None
    vcpu, gib = int(task.cpu) / 1024, int(task.memory) / 1024
    spot = task.capacity == "FARGATE_SPOT"
    if arm:
        return None if spot else prices.ARM * (vcpu * prices.VCPU_HOUR + gib * prices.GIB_HOUR)
    return vcpu * (prices.SPOT_VCPU_HOUR if spot else prices.VCPU_HOUR) + gib * (prices.SPOT_GIB_HOUR if spot else prices.GIB_HOUR)


def _shape(services: Iterable[Service], tasks: list[Task]) -> str:
    counts = [(each.part, sum(task.part == each.part for task in tasks)) for each in services]
    spot = sum(task.capacity == "FARGATE_SPOT" for task in tasks)
    kind = f", {spot} on Spot (price of 2023)" if spot else ", on demand" if tasks else ""
    return ", ".join(f"{count} {part}" for part, count in counts) + kind


def _sizes(tasks: Iterable[Task]) -> str:
    sizes = sorted({(int(task.cpu), int(task.memory)) for task in tasks})
    told = ", ".join(f"{cpu / 1024:g} vCPU {memory / 1024:g} GiB" for cpu, memory in sizes)
    return f"{told} (the runbook's sum fits 0.5 vCPU 2 GiB)" if told else "nothing runs"


def _balancer(world: World) -> tuple[Item, Item]:
    found = world.balancer.value
    if isinstance(found, Absent):
        return Item(id="balancer", name="ALB", month=0.0, how="none"), _addresses(0.0, "none")
    if found is None:
        why = _blind(world.balancer)
        return Item(id="balancer", name="ALB", month=None, how=why), _addresses(None, why)
    units = world.usage.value.capacity_units if world.usage.value else None
    load = (units or 0.0) * prices.LCU_HOUR * prices.HOURS
    measured = "LCUs not measured: $5.84 each more" if units is None else f"{units:.2f} LCU ${load:.2f}"
    base = Item(
        id="balancer",
        name="ALB",
        month=prices.BALANCER_HOUR * prices.HOURS + load,
        how=f"1 × $16.43, {measured}",
        why="the runbook leaves the LCUs out" if units else "",
    )
    return base, _balancer_addresses(found)


def _balancer_addresses(found: LoadBalancer) -> Item:
    if found.scheme == "internal":
        return _addresses(0.0, "internal: no public address")
    if not found.zones:
        return _addresses(None, "its zones are not known: $3.65 each")
    return _addresses(len(found.zones) * _ADDRESS, f"{len(found.zones)} public IPv4, one a zone")


def _addresses(month: float | None, how: str) -> Item:
    return Item(id="balancer_ip", name="  its addresses", month=month, how=how, why=FORGOTTEN if month else "")


def _secrets(world: World) -> Item:
    found = world.secrets.value
    if found is None:
        return Item(id="secrets", name="Secrets Manager", month=None, how=_blind(world.secrets))
    unread = sum(secret.exists is None for secret in found)
    if unread:
        return Item(id="secrets", name="Secrets Manager", month=None, how=f"{unread} of {len(found)} secrets could not be read")
    every = (*found, *(world.secret_list.value or ()))
    count = len({secret.arn or secret.reference for secret in every if secret.exists and secret.deleted_at is None})
    how = f"{count} × $0.40" + (", without what no task reads: it was not listed" if world.secret_list.value is None else "")
    return Item(id="secrets", name="Secrets Manager", month=count * prices.SECRET_MONTH, how=how, why=IN_REST)


IN_REST = "in the runbook's misc"


def _alarms(world: World) -> Item:
    found = world.alarms.value
    if found is None:
        return Item(id="alarms", name="alarms", month=None, how=_blind(world.alarms))
    composite = sum(alarm.composite for alarm in found)
    plain = len(found) - composite
    how = f"{plain} × $0.10" + (f", {composite} composite × $0.50" if composite else "")
    return Item(id="alarms", name="alarms", month=plain * prices.ALARM_MONTH + composite * prices.COMPOSITE_MONTH, how=how, why=FORGOTTEN)


def _logs(world: World) -> Item:
    groups, usage = world.log_groups.value, world.usage.value
    if groups is None or usage is None:
        return Item(id="logs", name="CloudWatch Logs", month=None, how=_blind(world.log_groups if groups is None else world.usage))
    taken = dict(usage.ingested)
    if any(group.name not in taken or group.stored_bytes is None for group in groups):
        return Item(id="logs", name="CloudWatch Logs", month=None, how="what a group takes in or keeps was not said")
    day = sum(taken[group.name] for group in groups)
    kept = sum(group.stored_bytes or 0 for group in groups)
    month = day / prices.GB * prices.DAYS * prices.LOG_GB + kept / prices.GB * prices.LOG_GB_MONTH
    how = f"{day / prices.GB:.2f} GB a day in, {kept / prices.GB:.1f} GB kept"
    return Item(id="logs", name="CloudWatch Logs", month=month, how=how, why=IN_REST)


def _from_runbook(figures: Mapping[str, float], made: Iterable[Item]) -> tuple[Item, ...]:
    """WAF, S3 and flow logs are not read from AWS: the runbook's figures, less what of its misc was computed above."""
    counted = sum(item.month or 0.0 for item in made if item.id in ("secrets", "logs"))
    rows = []
    if "waf" in figures:
        rows.append(
            Item(id="waf", name="WAF", month=figures["waf"], runbook=figures["waf"], how="the runbook's figure; requests come on top")
        )
    if "rest" in figures:
        left = max(0.0, figures["rest"] - counted)
        what = "S3, flow logs, ECR" if "waf" in figures else "S3, ECR"
        how = f"the runbook's misc {figures['rest']:g} less secrets and logs above"
        rows.append(Item(id="rest", name=what, month=left, runbook=figures["rest"], how=how))
    return tuple(rows)


OFF_SHARE = 1 - 60 / 168
"""The share of a week outside 12 hours on 5 days."""


def savings(world: World, found: Bill) -> tuple[Saving, ...]:
    """The runbook's tips with what each would save here; only those that apply."""
    tips: Iterable[Callable[[World, Bill], Saving | None]] = (_night_tasks, _night_database, _scale_in, _forever)
    return tuple(saving for tip in tips if (saving := tip(world, found)) is not None)


def _night_tasks(world: World, found: Bill) -> Saving | None:
    item = found.item("fargate")
    if world.env == "prod" or item is None or item.month == 0:
        return None
    month = None if item.month is None else item.month * OFF_SHARE
    return Saving(text="services at 0 outside 12 h × 5 d", month=month, how="sleep and wake, by a scheduler")


def _night_database(world: World, found: Bill) -> Saving | None:
    item = found.item("database")
    if world.env == "prod" or item is None or (item.month is not None and item.month == (item.standing or 0.0)):
        return None
    month = None if item.month is None else (item.month - (item.standing or 0.0)) * OFF_SHARE
    return Saving(text="database stopped outside 12 h × 5 d", month=month, how="its storage stays; AWS starts it again after 7 days")


def _scale_in(world: World, found: Bill) -> Saving | None:
    lines = []
    for target in world.scaling.value or ():
        running = [task for task in world.tasks.value or () if task.part == target.part and not task.stopped]
        desired = next((each.desired for each in world.services.value or () if each.part == target.part), None)
        count = len(running) if desired is None else min(desired, len(running))  # a deployment runs old and new tasks side by side
        over = count - (target.minimum if target.minimum is not None else count)
        hour = task_hour(running[0], arm=running[0].task_definition in _on_arm(world)) if running else None
        if over > 0 and hour is not None:
            lines.append((f"{over} {target.part}", over * hour * prices.HOURS))
    if not lines:
        return None
    told = ", ".join(text for text, _ in lines)
    return Saving(text=f"scale-in to the minimum: {told} above it", month=sum(dollars for _, dollars in lines), how="when load allows")


def _forever(world: World, found: Bill) -> Saving | None:
    kept = [group for group in world.log_groups.value or () if group.retention_days is None]
    if not kept:
        return None
    known = [group.stored_bytes for group in kept if group.stored_bytes is not None]
    month = sum(known) / prices.GB * prices.LOG_GB_MONTH if len(known) == len(kept) else None
    return Saving(
        text="1 log group never expires" if len(kept) == 1 else f"{len(kept)} log groups never expire",
        month=month,
        how="what is kept now; it grows without end",
    )
