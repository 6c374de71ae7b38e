"""ClickIt answers slowly."""

from __future__ import annotations

from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each

PLAYBOOK = Playbook(
    id="latency",
    title="High latency",
    order=4,
    steps=(
        Step(title="response time", checks=("edge.latency",)),
        Step(title="db load", checks=("db.cpu", "db.memory")),
        Step(title="cache", checks=("cache.status", "cache.hit_rate", "cache.cpu")),
        Step(title="CPU of services", checks=each("cpu")),
        Step(title="NAT", checks=("nat.state", "nat.ports")),
        Step(title="outside", person="ask the providers that ClickIt calls whether they are slow; note which"),
    ),
)


@cause("latency", 800, "db.cpu", *each("cpu"), "cache.status", "cache.cpu", "cache.hit_rate", "nat.state", "nat.ports")
def load(case: Case) -> Clue | None:
    bad = case.bad("db.cpu", *each("cpu"), "cache.status", "cache.cpu", "cache.hit_rate", "nat.state", "nat.ports")
    return Clue(id="load", sentence=bad.sentence, part=bad.part) if bad else None
