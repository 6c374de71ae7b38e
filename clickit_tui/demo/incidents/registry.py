"""All incidents by name. A new one is a file of its own and two lines here."""

from __future__ import annotations

import random
from collections.abc import Mapping

from clickit_tui.demo.incidents import (
    app_crash,
    asleep,
    bad_deployment,
    bare,
    circuit_breaker,
    connection_leak,
    container_health,
    cpu_saturation,
    database_cpu,
    database_stopped,
    digest_expired,
    elb_kill,
    half_blind,
    health_path,
    health_timeout,
    image_tag_missing,
    io_balance,
    log_group_missing,
    migration_locks,
    nat_ports,
    noise,
    out_of_memory,
    pull_denied,
    quiet_logs,
    redis_credits,
    redis_evictions,
    scale_in,
    secret_deleted,
    secret_denied,
    secret_key_missing,
    secret_missing,
    sg_rule_removed,
    slow_endpoint,
    spot_capacity,
    spot_reclaim,
    stop_timeout,
    storage_full,
    subnet_full,
    two_causes,
    wrong_platform,
)
from clickit_tui.demo.incidents.plot import Incident

RANDOM = "random"
_MODULES = (
    app_crash,
    asleep,
    bad_deployment,
    bare,
    circuit_breaker,
    connection_leak,
    container_health,
    cpu_saturation,
    database_cpu,
    database_stopped,
    digest_expired,
    elb_kill,
    half_blind,
    health_path,
    health_timeout,
    image_tag_missing,
    io_balance,
    log_group_missing,
    migration_locks,
    nat_ports,
    noise,
    out_of_memory,
    pull_denied,
    quiet_logs,
    redis_credits,
    redis_evictions,
    scale_in,
    secret_deleted,
    secret_denied,
    secret_key_missing,
    secret_missing,
    sg_rule_removed,
    slow_endpoint,
    spot_capacity,
    spot_reclaim,
    stop_timeout,
    storage_full,
    subnet_full,
    two_causes,
    wrong_platform,
)
INCIDENTS: Mapping[str, Incident] = {each.INCIDENT.name: each.INCIDENT for each in _MODULES}


def find(name: str, seed: int = 1) -> Incident | None:
    """The incident of that name, for `random` the one that the seed chooses, for "" None. Raises ValueError for an unknown name."""
    if not name:
        return None
    if name == RANDOM:
        return INCIDENTS[random.Random(f"incident:{seed}").choice(sorted(INCIDENTS))]  # noqa: S311
    if name not in INCIDENTS:
        raise ValueError(f"there is no incident {name!r}; --list-incidents names them")
    return INCIDENTS[name]


def listing() -> str:
    """What `--list-incidents` prints: name, environment and what the team is told, a line each."""
    return "\n".join(f"{each.name:<20} {each.env:<5} {each.page}" for each in INCIDENTS.values())
