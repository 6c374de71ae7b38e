"""The configuration of one run: TOML file, then environment variables, then flags, laid over each other into one frozen value."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from clickit_tui.naming import Names


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where verdicts turn; defaults and their sources: R runbook, A AWS alarm metadata, D AWS documentation, H heuristic."""

    api_cpu_warn: float = 80.0
    """% (A)."""
    api_cpu_fail: float = 85.0
    """% for 10 minutes (R)."""
    memory_warn: float = 80.0
    """% (A)."""
    memory_fail: float = 90.0
    """% maximum (H)."""
    errors_5xx_warn: int = 1
    """Target and ELB 5xx in 5 minutes (A)."""
    errors_5xx_fail: int = 10
    """More than this in 5 minutes (R)."""
    errors_5xx_ratio: float = 5.0
    """% of requests (A)."""
    p95_fail_s: float = 1.0
    """Seconds (H)."""
    p99_fail_s: float = 3.0
    """Seconds (H)."""
    latency_warn_s: float = 0.5
    """Seconds, p95 (H)."""
    db_cpu_warn: float = 80.0
    """% (H)."""
    db_cpu_fail: float = 90.0
    """% (A)."""
    db_connections_budget: int = 60
    """The team's budget, no value of AWS (R)."""
    db_connections_warn: float = 80.0
    """% of the budget (A)."""
    db_connections_fail: float = 90.0
    """% of the budget (A)."""
    db_memory_fail_mib: float = 40.0
    """MiB free on classes of up to 2 GiB, with swap rising (H)."""
    cache_cpu_warn: float = 45.0
    """% of the node's CPU on 2-vCPU t4g (D)."""
    cache_engine_cpu_fail: float = 90.0
    """% (A)."""
    cache_hit_warn: float = 80.0
    """% with at least 100 look-ups (D)."""
    cache_hit_fail: float = 50.0
    """% (H)."""
    not_running_warn_s: float = 120.0
    """Seconds with fewer tasks running than desired (A)."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run is told; nothing in it is secret."""

    env: str
    """Empty when none was named: the first screen asks, a headless command refuses."""
    environments: tuple[str, ...] = ("dev", "prod")
    """Names offered by the first screen."""
    names: Names
    profile: str = ""
    profile_source: str = "default chain"
    region: str = ""
    """Empty: as the SDK's chain resolves it."""
    account: str = ""
    """The account id the environment must be in; empty when not configured."""
    read_only: bool = False
    read_only_source: str = ""
    """`--read-only`, `CLICKIT_READ_ONLY`, or the file and key."""
    protected: bool = True
    local_time: bool = False
    thresholds: Thresholds = Thresholds()
    keymap: Mapping[str, str] = {}
    """Key by binding id."""
    state_dir: str = ""
    """Where journal and pins are kept."""
    file: str = ""
    """The configuration file that was read; empty when there was none."""
