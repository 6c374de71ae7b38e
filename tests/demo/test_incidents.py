"""Every incident over HTTP, seen through a plain aiobotocore client 25 minutes after its beginning; the healthy world shows none of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore import xform_name
from botocore.exceptions import ClientError

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.incidents import plot, registry
from clickit_tui.demo.launch import Demo, DemoFailed
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.table import table
from tests.demo.look import Look
from tests.demo.symptoms import SYMPTOMS, YET, Symptom, database, no_alarms, no_cache
from tests.demo.test_simulator import START, everything, troubles

ELAPSED_S = 1500.0
SESSION = get_session()
"""One for all tests: it keeps the service models that it has read."""
ONCE = AioConfig(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@contextlib.asynccontextmanager
async def over_http(demo: Demo, env: str) -> AsyncIterator[Look]:
    """A look through plain aiobotocore clients."""
    async with contextlib.AsyncExitStack() as stack:
        clients: dict[str, Any] = {}

        async def ask(service: str, operation: str, /, **params: Any) -> dict[str, Any]:
            if service not in clients:
                clients[service] = await stack.enter_async_context(SESSION.create_client(service, config=ONCE))
            return dict(await getattr(clients[service], xform_name(operation))(**params))

        yield Look(ask, env, demo.control("state")["now"], refused=ClientError)


def in_process(sim: Simulator, env: str) -> Look:
    """A look at the operations themselves."""
    operations = table()

    async def ask(service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        sim.served = sim.now
        return operations[service, operation](sim, params)

    return Look(ask, env, sim.now, refused=AwsError)


async def unseen(look: Look, symptoms: Sequence[Symptom]) -> list[int]:
    """Positions of the symptoms that are not there."""
    return [at for at, each in enumerate(symptoms) if not await each(look)]


@pytest.mark.parametrize("name", list(registry.INCIDENTS))
async def test_an_incident_shows_its_symptoms_over_http(name: str, demo: Demo) -> None:
    incident = registry.INCIDENTS[name]
    demo.reset(seed=1, paused=True, elapsed_s=ELAPSED_S, incident=name)
    async with over_http(demo, incident.env) as look:
        assert await unseen(look, SYMPTOMS[name]) == []
        assert await unseen(look, YET.get(name, ())) == []


async def test_the_healthy_world_shows_no_symptom_over_http(demo: Demo) -> None:
    demo.reset(seed=1, paused=True, elapsed_s=ELAPSED_S)
    for env in ("dev", "prod"):
        async with over_http(demo, env) as look:
            assert await _seen(look, env) == []


async def _seen(look: Look, env: str) -> list[str]:
    """Symptoms of the incidents of an environment that are to be seen, by incident and position."""
    return [
        f"{name} {at}"
        for name, symptoms in SYMPTOMS.items()
        if registry.INCIDENTS[name].env == env
        for at, each in enumerate(symptoms)
        if await each(look)
    ]


async def _never_seen(seed: int, hours: int) -> None:
    sim = Simulator(seed=seed, now=START)
    for _ in range(hours * 2):
        for _ in range(30):
            sim.step(sim.now + 60)
            assert troubles(sim) == [], (sim.now - START) / 60
        for env in ("dev", "prod"):
            assert await _seen(in_process(sim, env), env) == [], (sim.now - START) / 60


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_healthy_world_shows_no_symptom_for_a_day(seed: int) -> None:
    await _never_seen(seed, 24)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 21))
async def test_the_healthy_world_shows_no_symptom_for_a_day_with_more_seeds(seed: int) -> None:
    await _never_seen(seed, 24)


def test_every_incident_has_symptoms_and_an_answer() -> None:
    assert set(SYMPTOMS) == set(registry.INCIDENTS)
    assert len(registry.INCIDENTS) >= 28
    for incident in registry.INCIDENTS.values():
        answer = incident.answer
        assert answer.playbook in plot.PLAYBOOKS
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+)?", answer.cause), incident.name
        assert answer.evidence
        assert answer.fix
        assert (answer.playbook == "none") == (answer.fix.startswith("None")), incident.name
        times = [beat.at_s for beat in incident.timeline]
        assert times == sorted(times)
        assert max(times, default=0) < ELAPSED_S


def test_several_incidents_look_alike_at_first_sight() -> None:
    told: dict[str, set[str]] = {}
    for incident in registry.INCIDENTS.values():
        told.setdefault(incident.page, set()).add(incident.answer.cause)
    assert len(told["The alarm clickit-prod-alb-5xx has fired."]) >= 4
    assert sorted(len(causes) for causes in told.values())[-4:] >= [3, 4, 5, 6]


def _lived(name: str, seed: int) -> Simulator:
    incident = registry.INCIDENTS[name]
    sim = Simulator(seed=seed, now=START, shape=plot.shaped(incident))
    plot.begin(incident, sim)
    sim.step(START + 700)
    return sim


LIVED_TWICE = ["circuit-breaker", *(pytest.param(name, marks=pytest.mark.long) for name in ("redis-evictions", "bare"))]


@pytest.mark.parametrize("name", LIVED_TWICE)
def test_a_seed_makes_two_runs_of_an_incident_identical(name: str) -> None:
    assert everything(_lived(name, 3)) == everything(_lived(name, 3))


def test_random_is_chosen_by_the_seed_and_reaches_many() -> None:
    chosen = [registry.find(registry.RANDOM, seed) for seed in range(200)]
    assert chosen == [registry.find(registry.RANDOM, seed) for seed in range(200)]
    assert len({each.name for each in chosen if each}) > 30


async def test_an_incident_begins_on_command_and_holds_while_paused(demo: Demo) -> None:
    demo.incident("database-stopped")
    demo.step(15)
    async with over_http(demo, "prod") as look:
        assert not await database("stopping")(look)
    demo.step(10)
    async with over_http(demo, "prod") as look:
        assert await database("stopping")(look)


async def test_an_incident_with_another_past_begins_afresh(demo: Demo) -> None:
    demo.incident("bare")
    async with over_http(demo, "dev") as look:
        assert await no_cache(look)
        assert await no_alarms(look)


def test_an_unknown_incident_is_refused_and_changes_nothing(demo: Demo) -> None:
    before = demo.control("state")["now"]
    with pytest.raises(DemoFailed, match="no incident 'fire'"):
        demo.incident("fire")
    with pytest.raises(DemoFailed, match="no incident 'fire'"):
        demo.reset(incident="fire")
    assert demo.control("state")["now"] == before
