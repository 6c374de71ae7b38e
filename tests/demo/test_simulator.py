"""The simulator in process: the same for a seed, healthy by itself, with every metric that the runbook names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import pytest

from clickit_tui.demo.server import Endpoint
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.table import table

START = 1_795_500_017.0
RUNBOOK = {
    "AWS/ECS": "CPUUtilization MemoryUtilization",
    "AWS/ApplicationELB": "RequestCount TargetResponseTime UnHealthyHostCount HealthyHostCount",
    "AWS/RDS": "CPUUtilization FreeableMemory ReadIOPS WriteIOPS DatabaseConnections FreeStorageSpace ReadLatency WriteLatency",
    "AWS/ElastiCache": "CPUUtilization CurrConnections EngineCPUUtilization CacheHits CacheMisses Evictions",
    "AWS/NATGateway": "BytesOutToDestination PeakBytesPerSecond ErrorPortAllocation ActiveConnectionCount",
}


def everything(sim: Simulator) -> str:
    """A digest of all state, log text and alarms."""
    logs = {name: [tuple(event) for event in group.events] for name, group in sim.logs.groups.items()}
    text = json.dumps([{name: asdict(env) for name, env in sim.envs.items()}, logs, sim.alarms.alarms], default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> object:
    return sorted(value) if isinstance(value, set) else list(value) if hasattr(value, "__iter__") else repr(value)


def _lived(seed: int, *, shift_s: float = 0.0) -> Simulator:
    sim = Simulator(seed=seed, now=START + shift_s)
    sim.step(sim.start + 90)
    update = {"cluster": "clickit-dev-cluster", "service": "clickit-dev-api", "desiredCount": 3, "forceNewDeployment": True}
    table()["ecs", "UpdateService"](sim, update)
    sim.step(sim.start + 300)
    return sim


def test_a_seed_makes_two_runs_identical() -> None:
    assert everything(_lived(5)) == everything(_lived(5))


def test_another_seed_makes_another_clickit() -> None:
    assert everything(_lived(5)) != everything(_lived(6))


def test_ids_and_states_do_not_depend_on_the_hour_of_the_start() -> None:
    here, there = _lived(5), _lived(5, shift_s=86_400.0)
    for name, env in here.envs.items():
        assert list(env.tasks) == list(there.envs[name].tasks)
        ages = [(each.created_at - here.start, each.last_status, each.load) for each in env.tasks.values()]
        assert ages == [(each.created_at - there.start, each.last_status, each.load) for each in there.envs[name].tasks.values()]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_metric_of_the_runbook_has_two_hours_and_a_new_point_each_minute(name: str) -> None:
    sim = Simulator(seed=1, now=START)
    sim.step(START + 180)
    env = sim.envs[name]
    own = {
        env.names.cluster,
        env.balancer.dimension,
        env.database.id,
        *env.cache.nodes[:1],
        *(nat["NatGatewayId"] for nat in env.network.nats),
    }
    listed = sim.metrics.list_metrics({}, sim.now)["Metrics"]
    for namespace, names in RUNBOOK.items():
        for metric in names.split():
            keys = [
                (namespace, metric, frozenset((each["Name"], each["Value"]) for each in found["Dimensions"]))
                for found in listed
                if (found["Namespace"], found["MetricName"]) == (namespace, metric)
                and own & {each["Value"] for each in found["Dimensions"]}
            ]
            assert keys, metric
            for key in keys:
                values = sim.metrics.read(key, "Average", 60, START - 7140, sim.now, sim.now)
                assert len(values) >= 120, key
                assert max(values) == sim.now // 60 * 60 - 60


def troubles(sim: Simulator) -> list[str]:
    """What would look like trouble: alarms, unhealthy targets, tasks that failed, errors of the load balancer."""
    found = [name for name, alarm in sim.alarms.alarms.items() if alarm["StateValue"] == "ALARM" and not name.startswith("TargetTracking-")]
    for env in sim.envs.values():
        found += [
            f"{group.name} {each.ip} {each.state}" for group in env.groups.values() for each in group.targets if each.state == "unhealthy"
        ]
        expected = ("ServiceSchedulerInitiated", "")
        found += [each.stopped_reason for each in env.tasks.values() if each.service and each.stop_code not in expected]
        found += [each.id for service in env.services.values() for each in service.deployments if each.rollout == "FAILED"]
    return found


def test_no_running_task_means_no_ecs_metric() -> None:
    sim = Simulator(seed=1, now=START)
    update = {"cluster": "clickit-dev-cluster", "service": "clickit-dev-frontend", "desiredCount": 0}
    table()["ecs", "UpdateService"](sim, update)
    sim.step(START + 300)
    key = ("AWS/ECS", "CPUUtilization", frozenset({("ClusterName", "clickit-dev-cluster"), ("ServiceName", "clickit-dev-frontend")}))
    last = sim.metrics.read(key, "Average", 60, sim.now - 120, sim.now, sim.now)
    assert last == {}
    errors = ("AWS/ApplicationELB", "HTTPCode_ELB_503_Count", frozenset({("LoadBalancer", sim.envs["dev"].balancer.dimension)}))
    assert sum(sim.metrics.read(errors, "Sum", 60, sim.now - 120, sim.now, sim.now).values()) > 0


def test_saturation_makes_autoscaling_act_within_its_bounds() -> None:
    sim = Simulator(seed=1, now=START)
    sim.envs["prod"].surge = 5.0
    sim.step(START + 1500)
    api = sim.envs["prod"].services["api"]
    assert api.desired == sim.envs["prod"].scaling["api"].maximum
    assert sim.envs["prod"].scaling["api"].activities
    assert sim.alarms.alarms["clickit-prod-api-cpu-high"]["StateValue"] == "ALARM"


def test_a_run_does_not_depend_on_the_second_in_which_it_was_started() -> None:
    """Alarms and scaling look at whole minutes: what they do must not come earlier or later for it."""
    early, late = (
        Endpoint(seed=3, elapsed_s=1200, latency_ms=0, paused=True, incident="cpu-saturation", clock=lambda at=at: START + at).sim
        for at in (3.0, 42.0)
    )
    assert (early.now, late.now) == (START + 3, START + 42)
    early.step(late.now)
    assert early.envs["prod"].scaling["api"].activities
    assert everything(early) == everything(late)


def test_the_last_words_of_a_program_stand_in_the_order_in_which_it_said_them() -> None:
    """They carry one time; taken in at different ones, the error would stand over its traceback."""
    sim = Simulator(seed=1, now=START)
    env = sim.envs["prod"]
    task = next(each for each in env.tasks.values() if each.service == env.names.api)
    before = len(sim.logs.groups[task.log_group].events)
    for _ in range(10):
        sim.voice.crashed(env, task, START + 5)
    said = [event.message for event in sim.logs.groups[task.log_group].events[before:] if event.stream == task.stream]
    words = list(task.behaviour.last_words)
    assert len(words) > 1
    assert [text for text in said if text in words] == words * 10
