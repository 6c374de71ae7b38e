"""Every source of the World that reads AWS: what it feeds, how often, and what it needs. The log has an engine of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from clickit_tui.aws import (
    agent,
    alarms,
    autoscaling,
    cloudwatch,
    cost,
    ec2,
    ecr,
    ecs_sources,
    elasticache,
    elbv2,
    events,
    history,
    pi,
    rds,
    secretsmanager,
    sts,
)
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.purse import Purse
from clickit_tui.config import Config
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch, Source


def _source(field: str, every_s: float, fetch: Fetch, *needs: str) -> Source:
    return Source(name=field, feeds=frozenset({field}), every_s=every_s, fetch=fetch, needs=frozenset(needs))


def sources(
    gateway: Gateway, config: Config, *, clock: Callable[[], float] = time.time, charting: cloudwatch.Charting | None = None
) -> tuple[Source, ...]:
    """One source for each field. The longest chain is services, target groups, NAT, metrics."""
    names, charted = config.names, charting or cloudwatch.Charting()
    return (
        *_services(gateway, names, clock),
        *_supply(gateway, names, clock),
        *_edge(gateway, names),
        *_data(gateway, names, clock),
        *_network(gateway, names),
        *_watch(gateway, names, clock),
        *_costs(gateway, names, clock, Path(config.state_dir)),
        *_charts(gateway, names, clock, charted),
    )


def _services(gateway: Gateway, names: Names, clock: Callable[[], float]) -> tuple[Source, ...]:
    return (
        _source("identity", 60.0, sts.identity_fetch(gateway)),
        _source("cluster", 60.0, ecs_sources.cluster_fetch(gateway, names)),
        _source("services", 5.0, ecs_sources.services_fetch(gateway, names)),
        _source("tasks", 5.0, ecs_sources.Tasks(gateway, names, clock).fetch),
        _source("definitions", 5.0, ecs_sources.Definitions(gateway).fetch, "services", "tasks"),
        _source("service_deployments", 10.0, ecs_sources.ServiceDeployments(gateway, names).fetch),
        _source("revisions", 30.0, ecs_sources.Revisions(gateway, names).fetch, "services", "service_deployments"),
    )


def _supply(gateway: Gateway, names: Names, clock: Callable[[], float]) -> tuple[Source, ...]:
    secrets = secretsmanager.Secrets(gateway, clock)
    return (
        _source("images", 30.0, ecr.Images(gateway, clock).fetch, "revisions", "definitions"),
        Source(
            name="secrets",
            feeds=frozenset({"secrets"}),
            every_s=30.0,
            fetch=secrets.fetch,
            needs=frozenset({"revisions", "definitions"}),
            insist=secrets.insist,
        ),
        _source("secret_list", 120.0, secretsmanager.secret_list_fetch(gateway, names)),
        _source("repositories", 120.0, ecr.repositories_fetch(gateway, names)),
        _source("scans", 60.0, ecr.Scans(gateway, clock).fetch, "repositories", "tasks"),
    )


def _edge(gateway: Gateway, names: Names) -> tuple[Source, ...]:
    return (
        _source("target_groups", 60.0, elbv2.target_groups_fetch(gateway, names), "services"),
        _source("balancer", 60.0, elbv2.balancer_fetch(gateway), "target_groups"),
        _source("targets", 10.0, elbv2.targets_fetch(gateway, names), "services"),
    )


def _data(gateway: Gateway, names: Names, clock: Callable[[], float]) -> tuple[Source, ...]:
    return (
        _source("database", 30.0, rds.database_fetch(gateway, names)),
        _source("databases", 15.0, rds.databases_fetch(gateway)),
        _source("snapshots", 15.0, rds.snapshots_fetch(gateway, names)),
        _source("maintenance", 300.0, rds.maintenance_fetch(gateway), "database"),
        _source("parameters", 900.0, rds.parameters_fetch(gateway), "database"),
        _source("waits", 60.0, pi.waits_fetch(gateway, clock), "database"),
        _source("db_events", 60.0, events.DatabaseEventReader(gateway, names, clock).fetch),
        _source("cache", 60.0, elasticache.cache_fetch(gateway, names), "services"),
        _source("cache_events", 120.0, elasticache.events_fetch(gateway), "cache"),
    )


def _network(gateway: Gateway, names: Names) -> tuple[Source, ...]:
    return (
        _source("nat", 120.0, ec2.nat_fetch(gateway), "target_groups"),
        _source("rights", 300.0, agent.rights_fetch(gateway), "definitions", "cluster"),
        _source("endpoints", 300.0, agent.endpoints_fetch(gateway), "target_groups"),
        _source("rules", 60.0, ec2.rules_fetch(gateway), "services", "database"),
        _source("subnets", 60.0, ec2.subnets_fetch(gateway), "services"),
        _source("scaling", 60.0, autoscaling.scaling_fetch(gateway, names)),
        _source("scaling_activities", 60.0, autoscaling.activities_fetch(gateway, names)),
    )


def _watch(gateway: Gateway, names: Names, clock: Callable[[], float]) -> tuple[Source, ...]:
    return (
        Source(
            name="alarms",
            feeds=frozenset({"alarms"}),
            every_s=30.0,
            fetch=alarms.Alarms(gateway, names, clock).fetch,
            needs=frozenset({"target_groups"}),
            idle_s=60.0,
        ),
        _source("alarm_history", 60.0, events.AlarmHistories(gateway, clock).fetch),
    )


def _costs(gateway: Gateway, names: Names, clock: Callable[[], float], state: Path) -> tuple[Source, ...]:
    spending = cost.Spending(gateway, names, Purse(state / "billed.json"), clock)
    return (
        _source("log_groups", 300.0, cost.log_groups_fetch(gateway, names)),
        _source("usage", 3600.0, cost.usage_fetch(gateway, clock), "log_groups", "balancer", "nat"),
        _source("spend", cost.CACHED_S, spending.fetch, "identity"),
    )


def _charts(gateway: Gateway, names: Names, clock: Callable[[], float], charted: cloudwatch.Charting) -> tuple[Source, ...]:
    metrics = cloudwatch.MetricsReader(gateway, names, clock, charted)
    past = history.HistoryReader(gateway, names, charted, clock)
    return (
        _source("history", history.POLL_S, past.fetch, "cluster", "services", "target_groups", "database", "cache", "nat"),
        _source("usual", 3600.0, history.usual_fetch(gateway, names, clock), "target_groups"),
        Source(
            name="metrics",
            feeds=frozenset({"metrics"}),
            every_s=cloudwatch.POLL_S,
            fetch=metrics.fetch,
            needs=frozenset({"cluster", "target_groups", "cache", "nat"}),
            renews_s=cloudwatch.RENEWS_S,
            idle_s=cloudwatch.IDLE_S,
            insist=metrics.insist,
        ),
    )
