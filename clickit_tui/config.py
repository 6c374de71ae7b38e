"""The configuration of one run: TOML file, then environment variables, then flags, laid over each other into one frozen value."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args, get_type_hints

import msgspec

from clickit_tui import mistakes, whence
from clickit_tui.mistakes import ConfigError as ConfigError
from clickit_tui.naming import Names, names


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
    cache_memory_warn: float = 75.0
    """% (H)."""
    cache_memory_fail: float = 90.0
    """% (H)."""
    cache_credits_warn: float = 60.0
    """CPU credits; at 0 a t4g node is throttled (D)."""
    db_latency_warn_ms: float = 10.0
    """Milliseconds of a read or write (H)."""
    db_latency_fail_ms: float = 20.0
    """Milliseconds of a read or write (A)."""
    db_queue_fail: float = 10.0
    """Outstanding reads and writes (H)."""
    db_balance_warn: float = 30.0
    """% of EBSIOBalance% or EBSByteBalance% (H)."""
    db_balance_fail: float = 10.0
    """% of EBSIOBalance% or EBSByteBalance% (A)."""
    db_storage_warn: float = 20.0
    """% of the storage free (A)."""
    db_storage_fail: float = 10.0
    """% of the storage free (A)."""
    db_locks_warn: float = 0.5
    """Sessions that wait for locks, on average over 5 minutes (H)."""
    db_locks_fail: float = 1.0
    """Sessions that wait for locks, on average over 5 minutes (H)."""
    nat_connects_warn: float = 99.0
    """% of connection attempts that are established (H)."""
    nat_connects_fail: float = 95.0
    """% of connection attempts that are established (H)."""
    subnet_free_warn: int = 8
    """Addresses left in a subnet (H)."""
    log_errors_warn: int = 10
    """Lines of level error in 5 minutes (H)."""
    latency_usual_factor: float = 2.0
    """Times the median p95 of the same hour in the last 7 days (H)."""
    errors_5xx_ratio_least: int = 5
    """Answers 5xx in 5 minutes from which a share of the requests is made (H)."""
    path_requests_least: int = 20
    """Requests of a path in the log from which its p95 is told (H)."""
    unhealthy_minutes: int = 2
    """Closed minutes with an unhealthy target that fail (D)."""
    stops_warn: int = 1
    """Tasks that stopped by themselves (D)."""
    stops_fail: int = 3
    """Tasks that stopped by themselves: the circuit breaker's minimum (D)."""
    stops_within_s: float = 900.0
    """Seconds in which such stops are counted (H)."""
    none_running_fail_s: float = 300.0
    """Seconds without a running task while some are pending (H)."""
    rollout_slow_s: float = 1800.0
    """Seconds that a roll-out may take (H)."""
    rollback_recent_s: float = 3600.0
    """Seconds for which a roll-back is news (H)."""
    breaker_failures_warn: int = 1
    """Failed tasks of a deployment, or failures that the circuit breaker counted (D)."""
    scaling_headroom_warn: int = 0
    """Tasks left to autoscaling's maximum (H)."""
    migration_recent_s: float = 3600.0
    """Seconds for which a failed migration is news (H)."""
    log_quiet_share: float = 25.0
    """% of the lines that a request used to bring, below which a log is silent (H)."""
    db_log_lines_warn: int = 1
    """Lines in 5 minutes that say that the database is not reached (H)."""
    db_memory_warn_share: float = 25.0
    """% of the class's memory free, on classes above 2 GiB (A)."""
    db_load_warn: float = 0.5
    """Active sessions for each processor (A)."""
    db_load_fail: float = 1.0
    """Active sessions for each processor (A)."""
    db_silent_minutes: int = 5
    """Closed minutes without a point of the database (D: a stopped instance reports none)."""
    cache_evictions_warn: int = 1
    """Keys evicted in 5 minutes (H)."""
    nat_port_errors_warn: int = 1
    """Port allocation errors in 5 minutes (D)."""
    nat_port_errors_minutes: int = 15
    """Closed minutes in a row with such errors that fail (A)."""
    nat_drops_minutes: int = 5
    """Closed minutes in a row with dropped packets (A)."""
    nat_attempts_least: int = 100
    """Connection attempts in 5 minutes from which a share is judged (H)."""
    nat_gbit: float = 5.0
    """Gbit/s that a NAT gateway takes at once; it grows with the load, up to 100 (D)."""
    nat_peak_warn: float = 60.0
    """% of it that a gateway's highest ten seconds reached (H)."""
    nat_peak_fail: float = 80.0
    """% of it that a gateway's highest ten seconds reached (H)."""


class Reach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[shell]`: how tasks and the database are reached."""

    plugin: str = "session-manager-plugin"
    """AWS's session-manager-plugin: a path, or a name that is looked for on PATH."""
    database_url: str = "CLICKIT_DATABASE_URL"
    """Variable of the container that holds the database's address."""
    ca_bundle: str = ""
    """File on this machine with RDS's certificates; with it a tunnel's line says `verify-full`."""


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line said; empty is unsaid."""

    env: str = ""
    profile: str = ""
    region: str = ""
    config: str = ""
    read_only: bool = False
    low_bandwidth: bool = False
    secret_fd: int | None = None


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
    stop_database: bool = False
    """Whether the database of a protected environment may be stopped."""
    local_time: bool = False
    theme: str = "clickit"
    mouse: bool = False
    """Whether the terminal reports the mouse from the start; `M` turns it on and off."""
    low_bandwidth: bool = False
    """Whether fewer pictures a second are sent, and the log is painted more seldom."""
    thresholds: Thresholds = Thresholds()
    keymap: Mapping[str, str] = {}
    """Key by binding id."""
    state_dir: str = ""
    """Where journal and pins are kept."""
    file: str = ""
    """The configuration file that was read; empty when there was none."""
    secret_fd: int | None = None
    """File descriptor that the new value of a secret may be read from, once."""
    secret_file: tuple[int, int] | None = None
    """Device and number of the file behind it at the start: once it was read and closed, another file may get its number."""
    bell: bool = True
    """Whether the terminal's bell rings when a followed change ends."""
    notify: tuple[str, ...] = ("toast", "bell", "title")
    """How a change of an alarm is told: any of toast, bell, title. `bell = false` silences the bell altogether."""
    mask: bool = True
    """Whether secrets in log lines are replaced by a mark."""
    masks: tuple[str, ...] = ()
    """Regular expressions of text that the log never shows, besides the built-in ones; also with `mask` off."""
    reach: Reach = Reach()
    notes: tuple[str, ...] = ()
    """Sentences to tell the user once at start."""
    flags: Flags = Flags()
    """What the command line said; kept so that `choose` can begin again."""


class Environment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[environments.NAME]`: one ClickIt in one account and region."""

    profile: str = ""
    """AWS profile; without one the SDK's chain decides."""
    region: str = ""
    """AWS region; without one the profile's, or that of AWS_REGION."""
    account: str = ""
    """The 12 digits of the account it must be in, in quotes; once AWS says that it is another, nothing is read or changed."""
    read_only: bool = False
    """Nothing can be changed in it."""
    protected: bool | None = None
    """Whether every change asks for its name; usual for every environment but `dev`."""
    stop_database: bool = False
    """Whether the database may be stopped though the environment is protected."""
    names: dict[str, str | dict[str, str]] = {}
    """Other names than the runbook's."""
    thresholds: dict[str, float] = {}
    """The same as `checks`."""
    checks: dict[str, float] = {}
    """Where verdicts turn in this environment; over those of the whole file."""


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`clickit.toml`: what the configuration file may say."""

    read_only: bool = False
    """Nothing can be changed in any environment."""
    time: Literal["utc", "local"] = "utc"
    """The clock of all screens and notes."""
    theme: Literal["clickit", "ansi", "colour-blind"] = "clickit"
    """Colours: few of them, only the terminal's own sixteen, or none of green against red."""
    mouse: bool = False
    """Whether the terminal reports the mouse from the start; `M` turns it on and off."""
    keys: dict[str, str] = {}
    """Keys by the ids that `clickit-tui keys` lists; several keys of one action with commas."""
    bell: bool = True
    """Whether the terminal's bell rings when a followed change ends or an alarm changes."""
    notify: tuple[Literal["toast", "bell", "title"], ...] = ("toast", "bell", "title")
    """How a change of an alarm is told."""
    mask: bool = True
    """Whether secrets in log lines are replaced by a mark."""
    masks: tuple[str, ...] = ()
    """Regular expressions of what the log never shows, besides the built-in ones."""
    shell: Reach = Reach()
    """How tasks and the database are reached."""
    thresholds: dict[str, float] = {}
    """The same as `checks`."""
    checks: dict[str, float] = {}
    """Where verdicts turn."""
    environments: dict[str, Environment] = {}
    """ClickIt's environments by name, besides `dev` and `prod`, which need no word."""


THEMES: tuple[str, ...] = get_args(get_type_hints(File)["theme"])
DEFAULT_ENVIRONMENTS = ("dev", "prod")
MOST_BYTES = 256 * 1024
"""A longer file is none that a person has written."""
ENVIRONMENT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def _secret_fd(flags: Flags) -> int | None:
    if flags.secret_fd is not None and flags.secret_fd < 3:
        raise ConfigError(
            f"--secret-fd {flags.secret_fd}: 0, 1 and 2 are the terminal's; give a descriptor of its own: --secret-fd 3 3< FILE"
        )
    return flags.secret_fd


def _file_of(descriptor: int | None) -> tuple[int, int] | None:
    try:
        found = None if descriptor is None else os.fstat(descriptor)
    except OSError as error:
        raise ConfigError(f"--secret-fd {descriptor}: {error.strerror}") from None
    return None if found is None else (found.st_dev, found.st_ino)


def load(flags: Flags, environ: Mapping[str, str] | None = None, *, state_dir: str = "") -> Config:
    """The configuration of this run: file, then environment variables, then flags. Raises `ConfigError`."""
    variables = os.environ if environ is None else environ
    path, file = _read(flags.config or variables.get("CLICKIT_CONFIG", ""))
    if flags.env and not ENVIRONMENT_NAME.fullmatch(flags.env):
        raise ConfigError(f"--env {flags.env}: the name of an environment is lower-case letters, digits and hyphens, e.g. dev")
    chosen = file.environments.get(flags.env, Environment())
    where = path.name if path else ""
    profile, profile_source = whence.profile(flags.profile, chosen.profile, f"environment {flags.env} in {where}", variables)
    note, locked = whence.locked(variables)
    locks = (
        ("--read-only", flags.read_only),
        (locked, bool(locked)),
        (f"read_only in {where}", file.read_only),
        (f"environments.{flags.env}.read_only in {where}", chosen.read_only),
    )
    overrides, limits = _overrides(flags.env, chosen), {**file.thresholds, **file.checks, **chosen.thresholds, **chosen.checks}
    return Config(
        env=flags.env,
        environments=tuple(dict.fromkeys((*DEFAULT_ENVIRONMENTS, *file.environments))),
        names=names(flags.env, overrides),
        profile=profile,
        profile_source=profile_source,
        region=flags.region or chosen.region,
        account=chosen.account,
        read_only=any(is_set for _, is_set in locks),
        read_only_source=next((reason for reason, is_set in locks if is_set), ""),
        protected=flags.env != "dev" if chosen.protected is None else chosen.protected,
        stop_database=chosen.stop_database,
        local_time=file.time == "local",
        theme=file.theme,
        mouse=file.mouse,
        low_bandwidth=flags.low_bandwidth,
        thresholds=msgspec.convert(limits, Thresholds, strict=False),
        keymap=file.keys,
        state_dir=state_dir or _state_dir(),
        file=str(path or ""),
        secret_fd=_secret_fd(flags),
        secret_file=_file_of(flags.secret_fd),
        bell=file.bell,
        notify=tuple(way for way in file.notify if way != "bell" or file.bell),
        mask=file.mask,
        masks=file.masks,
        reach=_reach(file.shell, variables),
        notes=tuple(filter(None, (note, "" if file.mask else f"secrets in log lines are shown: mask = false in {where}"))),
        flags=flags,
    )


def choose(config: Config, env: str, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration again, for the environment that the first screen's choice names. Raises `ConfigError`."""
    return load(msgspec.structs.replace(config.flags, env=env), environ, state_dir=config.state_dir)


def _reach(file: Reach, variables: Mapping[str, str]) -> Reach:
    """The file's `[shell]`, with the plugin that CLICKIT_SESSION_MANAGER_PLUGIN names."""
    named = variables.get("CLICKIT_SESSION_MANAGER_PLUGIN", "").strip()
    return msgspec.structs.replace(file, plugin=named) if named else file


def _state_dir() -> str:
    import platformdirs

    return platformdirs.user_state_dir("clickit-tui", appauthor=False)


def usual_file() -> Path:
    """The file that is read when none is named."""
    import platformdirs

    return platformdirs.user_config_path("clickit-tui", appauthor=False) / "clickit.toml"


def _read(named: str) -> tuple[Path | None, File]:
    """The file that was named, which must exist, or the one in the platform's configuration directory, which need not."""
    path = Path(os.path.expanduser(named)) if named else usual_file()
    try:
        if not named and not path.exists():
            return None, File()
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{path}: is longer than {MOST_BYTES // 1024} KiB, so it is no configuration")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    return path, _checked(path, table)


def _checked(path: Path, data: dict[str, object]) -> File:
    mistakes.printable(path, "", {key: value for key, value in data.items() if key != "masks"})
    mistakes.spelling(path, "", data, File.__struct_fields__)
    mistakes.choices(path, data, File)
    mistakes.texts(path, "keys", data.get("keys"))
    mistakes.spelling(path, "shell", data.get("shell"), Reach.__struct_fields__)
    for section in ("thresholds", "checks"):
        mistakes.limits(path, section, data.get(section), Thresholds)
    environments = data.get("environments")
    for env, table in environments.items() if isinstance(environments, dict) else ():
        key = f"environments.{env}"
        if not ENVIRONMENT_NAME.fullmatch(env):
            raise ConfigError(f"{path}: {key}: the name of an environment is lower-case letters, digits and hyphens")
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {key}: must be a table, e.g. [{key}]")
        mistakes.spelling(path, key, table, Environment.__struct_fields__)
        for section in ("thresholds", "checks"):
            mistakes.limits(path, f"{key}.{section}", table.get(section), Thresholds)
        mistakes.named(path, f"{key}.names", table.get("names"))
        mistakes.typed(path, f"{key}.", table, Environment)
    file = mistakes.typed(path, "", data, File)
    _meaning(path, file)
    return file


def _meaning(path: Path, file: File) -> None:
    """What types cannot say."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", file.shell.database_url):
        raise ConfigError(f"{path}: shell.database_url: must be the name of a variable, e.g. CLICKIT_DATABASE_URL")
    for env, table in file.environments.items():
        if table.account and not re.fullmatch(r"[0-9]{12}", table.account):
            raise ConfigError(f"{path}: environments.{env}.account: must be the 12 digits of an account id, in quotes")
    for mask in file.masks:
        mistakes.pattern(path, "masks", mask)


def _overrides(env: str, chosen: Environment) -> dict[str, object]:
    """Overridden names; a table by part is laid over the runbook's."""
    plain = names(env)
    return {word: {**getattr(plain, word), **value} if isinstance(value, dict) else value for word, value in chosen.names.items()}
