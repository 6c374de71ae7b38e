"""How the two environments come into being: everything that exists before the first step, made from a seed and a time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clickit_tui.demo.program import Image
from clickit_tui.demo.state import (
    Cache,
    Database,
    Environment,
    LoadBalancer,
    Network,
    Rule,
    Secret,
    SecurityGroup,
    Service,
    Snapshot,
    Subnet,
    TargetGroup,
    TaskDefinition,
    arn,
)
from clickit_tui.demo.wire import ACCOUNT, REGION
from clickit_tui.naming import SECRETS, Names, names

DAY_S = 86_400.0
PORTS = {"api": 8000, "frontend": 3000}
HEALTH = {"api": "/health", "frontend": "/"}
VERSIONS = {
    "api": ("v2.2.0", "v2.2.1", "v2.3.0", "v2.3.1"),
    "frontend": ("v1.8.2", "v1.9.0", "v1.9.1"),
}
REVISION = {"dev": {"api": 41, "frontend": 27, "migration": 12}, "prod": {"api": 38, "frontend": 25, "migration": 11}}


@dataclass(frozen=True)
class Scale:
    """What makes one environment bigger than another."""

    desired: Mapping[str, int]
    provider: str
    nats: int
    instance_class: str
    storage_gib: int
    connections_most: int
    multi_az: bool
    cache_nodes: int
    cpu: Mapping[str, int]
    rps: float
    scaling: Mapping[str, tuple[int, int]]
    retention_days: int


SCALES = {
    "dev": Scale(
        desired={"api": 2, "frontend": 1},
        provider="FARGATE_SPOT",
        nats=1,
        instance_class="db.t4g.micro",
        storage_gib=20,
        connections_most=79,
        multi_az=False,
        cache_nodes=1,
        cpu={"api": 256, "frontend": 256, "migration": 256},
        rps=3.0,
        scaling={},
        retention_days=14,
    ),
    "prod": Scale(
        desired={"api": 3, "frontend": 2},
        provider="FARGATE",
        nats=2,
        instance_class="db.t4g.small",
        storage_gib=50,
        connections_most=181,
        multi_az=True,
        cache_nodes=2,
        cpu={"api": 512, "frontend": 256, "migration": 512},
        rps=17.0,
        scaling={"api": (2, 6), "frontend": (2, 4)},
        retention_days=30,
    ),
}


def hexes(rng: random.Random, length: int) -> str:
    """That many random hexadecimal digits."""
    return f"{rng.getrandbits(4 * length):0{length}x}"


def images(rng: random.Random, now: float) -> list[Image]:
    """Every image of ClickIt's two repositories, oldest first; the newest carries `latest` too."""
    found: list[Image] = []
    for part, repository in names("dev").repositories.items():
        tags = VERSIONS[part]
        for index, tag in enumerate(tags):
            age = (len(tags) - index) * 6.3 * DAY_S + rng.uniform(0, 0.4 * DAY_S)
            digest = f"sha256:{hexes(rng, 64)}"
            findings = {"MEDIUM": 3 + index, "LOW": 11} | ({"HIGH": 1} if index < 2 else {})
            newest = ["latest"] if index == len(tags) - 1 else []
            size = int(rng.uniform(92e6, 148e6))
            found.append(Image(repository, digest, [tag, *newest], now - age, size, findings=findings, scanned_at=now - age + 90))
    return found


def environment(name: str, rng: random.Random, now: float, pool: list[Image]) -> Environment:
    """One environment without services' tasks and alarms; `Simulator` adds those."""
    scale, of = SCALES[name], names(name)
    network = _network(name, rng, scale)
    born = now - 190 * DAY_S
    public = [each.id for each in network.subnets if each.public]
    balancer = LoadBalancer(f"clickit-{name}-alb", hexes(rng, 16), network.vpc, public, network.groups["alb"].id, born)
    secrets = {f"{of.secrets}{key}": _secret(f"{of.secrets}{key}", rng, now) for key in SECRETS}
    env = Environment(
        name=name,
        names=of,
        rps=scale.rps,
        network=network,
        balancer=balancer,
        groups={part: _target_group(name, part, rng, balancer) for part in PORTS},
        services={},
        definitions={part: _definitions(of, part, scale, pool, secrets, now) for part in ("api", "frontend", "migration")},
        database=_database(of, rng, scale, network, born),
        cache=_cache(of, rng, scale, network, born),
        secrets=secrets,
        scaling={},
        log_groups=set(of.logs.values()),
    )
    _backups(env, now)
    return env


def _network(name: str, rng: random.Random, scale: Scale) -> Network:
    vpc = f"vpc-{hexes(rng, 17)}"
    net = 20 if name == "dev" else 30
    zones = [f"{REGION}a", f"{REGION}b"]
    subnets = [Subnet(f"subnet-{hexes(rng, 17)}", zone, f"10.{net}.{at}.0/24", True, 240) for at, zone in enumerate(zones)]
    subnets += [Subnet(f"subnet-{hexes(rng, 17)}", zone, f"10.{net}.{at + 10}.0/24", False, 230) for at, zone in enumerate(zones)]
    ids = {role: f"sg-{hexes(rng, 17)}" for role in ("alb", "app", "db", "cache")}

    def rule(port: int, source: str, about: str) -> Rule:
        return Rule(f"sgr-{hexes(rng, 17)}", "tcp", port, port, source_group=source, description=about)

    def out() -> Rule:
        return Rule(f"sgr-{hexes(rng, 17)}", "-1", -1, -1, cidr="0.0.0.0/0", egress=True)

    web = [Rule(f"sgr-{hexes(rng, 17)}", "tcp", port, port, cidr="0.0.0.0/0", description="internet") for port in (80, 443)]
    rules = {
        "alb": web,
        "app": [rule(8000, ids["alb"], "api from the load balancer"), rule(3000, ids["alb"], "frontend from the load balancer")],
        "db": [rule(5432, ids["app"], "PostgreSQL from the tasks")],
        "cache": [rule(6379, ids["app"], "Redis from the tasks")],
    }
    groups = {role: SecurityGroup(ids[role], f"clickit-{name}-{role}-sg", vpc, [*rules[role], out()]) for role in ids}
    nats = [_nat(subnet, vpc, rng) for subnet in subnets[: scale.nats]]
    return Network(vpc, f"10.{net}.0.0/16", subnets, groups, nats)


def _nat(subnet: Subnet, vpc: str, rng: random.Random) -> dict[str, Any]:
    address = {
        "AllocationId": f"eipalloc-{hexes(rng, 17)}",
        "NetworkInterfaceId": f"eni-{hexes(rng, 17)}",
        "PrivateIp": subnet.cidr.replace("0/24", "7"),
        "PublicIp": f"203.0.113.{rng.randrange(1, 250)}",
        "Status": "succeeded",
        "IsPrimary": True,
    }
    return {
        "NatGatewayId": f"nat-{hexes(rng, 17)}",
        "State": "available",
        "SubnetId": subnet.id,
        "VpcId": vpc,
        "ConnectivityType": "public",
        "NatGatewayAddresses": [address],
    }


def _target_group(name: str, part: str, rng: random.Random, balancer: LoadBalancer) -> TargetGroup:
    return TargetGroup(f"clickit-{name}-{part}-tg", hexes(rng, 16), PORTS[part], HEALTH[part], balancer.vpc, balancer.arn)


def _secret(name: str, rng: random.Random, now: float) -> Secret:
    old, new = (f"{hexes(rng, 8)}-{hexes(rng, 4)}-4{hexes(rng, 3)}-a{hexes(rng, 3)}-{hexes(rng, 12)}" for _ in range(2))
    suffix = "".join(rng.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
    changed = now - rng.uniform(20, 140) * DAY_S
    versions = {old: ["AWSPREVIOUS"], new: ["AWSCURRENT"]}
    return Secret(
        name, suffix, now - 190 * DAY_S, changed, now // DAY_S * DAY_S, versions, description=f"ClickIt {name.rsplit('/', 1)[-1]}"
    )


def _definitions(of: Names, part: str, scale: Scale, pool: list[Image], secrets: Mapping[str, Secret], now: float) -> list[TaskDefinition]:
    """The last revisions of one family; the migration runs the api's image."""
    source = "api" if part == "migration" else part
    tags = VERSIONS[source]
    newest = REVISION[of.env][part]
    image_of = {tag: image for image in pool if image.repository == of.repositories[source] for tag in image.tags}
    found = []
    for index, tag in enumerate(tags):
        container = _container(of, part, tag, secrets)
        at = image_of[tag].pushed_at + 900
        memory = scale.cpu[part] * 2
        found.append(TaskDefinition(of.service(part), newest - len(tags) + 1 + index, [container], scale.cpu[part], memory, at))
    return found


def _container(of: Names, part: str, tag: str, secrets: Mapping[str, Secret]) -> dict[str, Any]:
    source = "api" if part == "migration" else part
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    options = {"awslogs-group": of.logs[part], "awslogs-region": REGION, "awslogs-stream-prefix": part, "mode": "non-blocking"}
    given = {f"CLICKIT_{name.rsplit('/', 1)[-1].replace('-', '_').upper()}": secret.arn for name, secret in secrets.items()}
    settings = {"CLICKIT_ENV": of.env, "LOG_LEVEL": "info", "PORT": str(PORTS.get(part, 8000)), "CLICKIT_VERSION": tag}
    container: dict[str, Any] = {
        "name": part,
        "image": f"{host}/{of.repositories[source]}:{tag}",
        "cpu": 0,
        "essential": True,
        "environment": [{"name": key, "value": value} for key, value in settings.items()],
        "mountPoints": [],
        "volumesFrom": [],
        "logConfiguration": {"logDriver": "awslogs", "options": options | {"max-buffer-size": "25m"}},
    }
    if part != "frontend":
        container["secrets"] = [{"name": name, "valueFrom": value} for name, value in given.items()]
    if part == "migration":
        return container | {"portMappings": [], "command": ["alembic", "upgrade", "head"]}
    port = PORTS[part]
    return container | {"portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]}


def _database(of: Names, rng: random.Random, scale: Scale, network: Network, born: float) -> Database:
    private = [each.id for each in network.subnets if not each.public]
    resource = "db-" + "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(26))
    host = f"{of.database}.c{hexes(rng, 11)}.{REGION}.rds.amazonaws.com"
    return Database(
        of.database,
        scale.instance_class,
        scale.multi_az,
        scale.storage_gib,
        network.groups["db"].id,
        born,
        resource,
        network.vpc,
        private,
        host,
        connections_most=scale.connections_most,
    )


def _cache(of: Names, rng: random.Random, scale: Scale, network: Network, born: float) -> Cache:
    nodes = [f"{of.cache}-{at + 1:03d}" for at in range(scale.cache_nodes)]
    return Cache(of.cache, "cache.t4g.micro", nodes, network.groups["cache"].id, born, hexes(rng, 6))


def _backups(env: Environment, now: float) -> None:
    """A week of nightly snapshots, one taken by hand before the last migration, and the events that go with them."""
    base = now // DAY_S * DAY_S + 3 * 3600 + 420
    nights = [base - day * DAY_S for day in range(8, -1, -1) if base - day * DAY_S < now - 600]
    database = env.database
    for at in nights:
        env.events.append(rds_event(database, at, "Backing up DB instance", "backup"))
        env.events.append(rds_event(database, at + 170, "Finished DB Instance backup", "backup"))
    for at in nights[-7:]:
        env.snapshots.append(Snapshot(_nightly(database.id, at), database.id, "automated", at + 160, database.storage_gib))
    env.snapshots.append(Snapshot(f"{database.id}-before-v2-3", database.id, "manual", now - 6.2 * DAY_S, database.storage_gib))


def _nightly(database: str, at: float) -> str:
    return f"rds:{database}-{datetime.fromtimestamp(at, UTC):%Y-%m-%d-%H-%M}"


def rds_event(database: Database, at: float, message: str, category: str) -> dict[str, Any]:
    """An event of the database as DescribeEvents gives it."""
    return {
        "SourceIdentifier": database.id,
        "SourceType": "db-instance",
        "Message": message,
        "EventCategories": [category],
        "Date": at,
        "SourceArn": database.arn,
    }


def service(env: Environment, part: str, now: float) -> Service:
    """The service of one part, without deployments."""
    scale = SCALES[env.name]
    of = env.names
    private = [each.id for each in env.network.subnets if not each.public]
    return Service(
        name=of.service(part),
        part=part,
        cluster=of.cluster,
        desired=scale.desired[part],
        deployments=[],
        target_group=env.groups[part].arn,
        port=PORTS[part],
        provider=scale.provider,
        subnets=private,
        security_group=env.network.groups["app"].id,
        created_at=now - 190 * DAY_S,
        tags={"Environment": env.name, "Project": "clickit"},
    )


def role(name: str) -> str:
    """ARN of an IAM role."""
    return arn("iam", f"role/{name}", region="")
