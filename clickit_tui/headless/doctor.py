"""`clickit-tui doctor`: whether this machine, this configuration and this identity are fit for the dashboard, and what is missing."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from clickit_tui import __version__
from clickit_tui.aws.examined import Examined, Source
from clickit_tui.aws.policy import wanted
from clickit_tui.aws.probes import Tried, try_all
from clickit_tui.aws.skew import TOLD_S
from clickit_tui.checks.registry import RANK, Verdict
from clickit_tui.config import Config
from clickit_tui.headless.iam_policy import planned
from clickit_tui.headless.surroundings import Item, configuration, plugin, surroundings
from clickit_tui.world.parts import Identity
from clickit_tui.world.seen import Failed, Fault, Trouble, clean
from clickit_tui.world.words import clock_words, spell

CODES = {Verdict.PASS: 0, Verdict.NONE: 0, Verdict.WARN: 1, Verdict.FAIL: 2, Verdict.UNKNOWN: 3}
WITHIN_S = 45.0
"""Longest wait for all reads together, and for the identity."""
REFUSED_S = 300.0
"""From here on AWS refuses signatures."""
SOON_S = 900.0
"""Credentials that end sooner are worth a log-in first."""
UNCHANGED = "cannot be tried without changing something"
WIDTH = 80
NAMED = 6
"""So many of a kind are named in the last line."""


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """One permission as IAM spells it."""

    permission: str
    verdict: Verdict
    """PASS allowed, FAIL denied, UNKNOWN not shown either way, NONE not tried."""
    sentence: str
    """Why; empty when it is allowed."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The identity in figures."""

    account: str
    arn: str
    region: str
    endpoint: str
    """`host:port` where it is not AWS's; empty on AWS."""
    profile: str
    profile_source: str
    expires_at: float | None
    """Epoch seconds; null when the credentials do not end, are renewed, or do not tell."""
    seconds_left: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    version: str
    at: float
    """Epoch seconds."""
    env: str
    """Empty when none was named."""
    verdict: Verdict
    """The highest of all: FAIL, UNKNOWN, WARN, PASS."""
    code: int
    """The exit code."""
    items: tuple[Item, ...]
    identity: Who | None
    """Null when STS did not say."""
    clock_ahead_s: float | None
    """Seconds by which this machine's clock is ahead of AWS's, negative when behind; null when nothing answered."""
    reads: tuple[Permission, ...]
    changes: tuple[Permission, ...]
    """What actions need; none is tried."""


def doctor(
    config: Config,
    *,
    trouble: str = "",
    refused: str = "",
    as_json: bool = False,
    out: TextIO | None = None,
    within_s: float = WITHIN_S,
    clock: Callable[[], float] = time.time,
) -> int:
    """Run the command; returns the exit code: 0 all well, 1 warn, 2 fail, 3 unknown.

    `trouble` is why the configuration cannot be used, `refused` why the dashboard would not open here.
    """
    stream = out or sys.stdout
    near = (*configuration(config, trouble), *surroundings(config, refused, os.environ))
    found = asyncio.run(examine(config, near, within_s=within_s, clock=clock))
    if as_json:
        stream.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        stream.write("\n".join(plain(found, _width())) + "\n")
    return found.code


async def examine(config: Config, near: tuple[Item, ...], *, within_s: float, clock: Callable[[], float] = time.time) -> Report:
    """Everything that needs a moment: the plugin's version, the identity, every read. Never raises Failed."""
    gateway = Examined(config, clock=clock)
    try:
        tools = await plugin(config, clock())
        source, fault = await _who(gateway, within_s)
        reads = await _reads(gateway, config, fault, within_s, clock())
        place = gateway.known or await _place(gateway, config)
    finally:
        await gateway.close()
    far = (
        _region(config, place),
        _endpoint(place),
        _credentials(gateway, source, fault, clock()),
        _identity(gateway.known, config, fault),
        _clock(gateway.ahead_s),
    )
    items = (*near, *tools, *far)
    worst = max((*(each.verdict for each in items), *(each.verdict for each in reads)), key=RANK.__getitem__)
    return Report(
        version=__version__,
        at=clock(),
        env=config.env,
        verdict=worst,
        code=CODES[worst],
        items=items,
        identity=_figures(gateway.known, clock()),
        clock_ahead_s=gateway.ahead_s,
        reads=reads,
        changes=tuple(
            Permission(permission=each, verdict=Verdict.NONE, sentence=UNCHANGED) for each in sorted(wanted(planned(config)) - wanted())
        ),
    )


# --- what AWS says -----------------------------------------------------------------------------------------------------------------


async def _who(gateway: Examined, within_s: float) -> tuple[Source | None, Fault | None]:
    """(where the credentials come from, why there is no identity); the identity itself is in `gateway.known`."""
    fault: Fault | None = None
    try:
        async with asyncio.timeout(within_s):
            await gateway.identity()
    except TimeoutError:
        fault = Fault(kind=Trouble.UNREACHABLE, sentence="STS did not answer in time", fix="check network, VPN and region")
    except Failed as failed:
        fault = failed.fault
    try:
        return await gateway.source(), fault
    except Failed as failed:
        return None, fault or failed.fault


POINTLESS = (Trouble.CREDENTIALS, Trouble.UNREACHABLE, Trouble.REFUSED, Trouble.INVALID)
"""Without an identity for one of these reasons no read is tried: all would fail alike, or must not be made."""


async def _reads(gateway: Examined, config: Config, fault: Fault | None, within_s: float, now: float) -> tuple[Permission, ...]:
    if fault is not None and fault.kind in POINTLESS:
        tried = tuple(Tried(name, Verdict.UNKNOWN, f"not tried: {fault.sentence}") for name in sorted(wanted()))
    else:
        tried = await try_all(gateway, config.names, now, within_s)
    return tuple(Permission(permission=each.permission, verdict=each.verdict, sentence=each.sentence) for each in tried)


async def _place(gateway: Examined, config: Config) -> Identity:
    """Region and endpoint by configuration alone."""
    try:
        return await gateway.known_place()
    except Failed:
        return Identity(account="", arn="", region=config.region)


def _far(name: str, verdict: Verdict, sentence: str, fix: str = "") -> Item:
    return Item(area="aws", name=name, verdict=verdict, sentence=sentence, fix=fix)


def _region(config: Config, place: Identity) -> Item:
    if not place.region:
        return _far("region", Verdict.FAIL, "none is configured", "name it with --region, AWS_REGION or in the profile")
    said = "--region" if config.flags.region else "the configuration" if config.region else ""
    said = said or ("AWS_REGION" if os.environ.get("AWS_REGION") else "the SDK's chain")
    return _far("region", Verdict.PASS, f"{place.region}, from {said}")


def _endpoint(place: Identity) -> Item:
    if place.endpoint:
        return _far("endpoint", Verdict.WARN, f"NOT AWS: {place.endpoint} is asked", "see AWS_ENDPOINT_URL and the profile's endpoint_url")
    return _far("endpoint", Verdict.PASS, "AWS's own")


def _credentials(gateway: Examined, source: Source | None, fault: Fault | None, now: float) -> Item:
    method = f"by {source.method}, " if source is not None and source.method else ""
    profile = f"profile {gateway.profile} from " if gateway.profile else ""
    found = f"{method}{profile}{gateway.profile_source}"
    known = gateway.known
    if known is None:
        trouble = fault or Fault(kind=Trouble.UNKNOWN, sentence="nothing is known of them")
        verdict = Verdict.FAIL if trouble.kind is Trouble.CREDENTIALS else Verdict.UNKNOWN
        return _far("credentials", verdict, f"{found}: {trouble.sentence}", trouble.fix)
    if known.expires_at is None:
        temporary = source is not None and source.temporary
        static = source is not None and source.method in ("env", "shared-credentials-file", "config-file")
        left = (
            "temporary, and they do not tell when they end"
            if temporary and static
            else "renewed by the SDK"
            if temporary
            else "without an end"
        )
        return _far("credentials", Verdict.PASS, f"{found}: accepted, {left}")
    left_s = known.expires_at - now
    if left_s < SOON_S:
        ended = f"accepted, but usable for {spell(left_s)} only" if left_s > 0 else "accepted, but about to end"
        return _far("credentials", Verdict.WARN, f"{found}: {ended}", "log in again before you begin")
    return _far("credentials", Verdict.PASS, f"{found}: accepted, {spell(left_s)} left")


def _identity(known: Identity | None, config: Config, fault: Fault | None) -> Item:
    if known is None:
        return _far("identity", Verdict.UNKNOWN, fault.sentence if fault else "STS did not say", "")
    if fault is not None and fault.kind is Trouble.REFUSED:
        return _far("identity", Verdict.FAIL, fault.sentence, fault.fix)
    compared = "as configured" if config.account else "no account is configured to compare it with"
    return _far("identity", Verdict.PASS, f"{known.arn or 'an unnamed principal'} in account {known.account}, {compared}")


def _clock(ahead_s: float | None) -> Item:
    if ahead_s is None:
        return _far("clock", Verdict.UNKNOWN, "nothing answered that tells the time")
    if abs(ahead_s) < TOLD_S:
        return _far("clock", Verdict.PASS, f"agrees with AWS's within {max(2, round(abs(ahead_s)))} s")
    refused = abs(ahead_s) >= REFUSED_S
    what = "AWS refuses every signature" if refused else "ages and log times are off by that"
    return _far("clock", Verdict.FAIL if refused else Verdict.WARN, f"{clock_words(ahead_s)}: {what}", "set this machine's clock (NTP)")


def _figures(known: Identity | None, now: float) -> Who | None:
    if known is None:
        return None
    return Who(
        account=known.account,
        arn=known.arn,
        region=known.region,
        endpoint=known.endpoint,
        profile=known.profile,
        profile_source=known.profile_source,
        expires_at=known.expires_at,
        seconds_left=None if known.expires_at is None else known.expires_at - now,
    )


# --- for people --------------------------------------------------------------------------------------------------------------------


def _width() -> int:
    """As wide as the terminal, within reason; 80 in a pipe."""
    return min(shutil.get_terminal_size().columns, 120) if sys.stdout.isatty() else WIDTH


def plain(found: Report, width: int = WIDTH) -> list[str]:
    """One statement a line, its verdict as a word first; what there is to do stands under it."""
    moment = datetime.fromtimestamp(found.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    about = f"clickit-tui {found.version}, Python {platform.python_version()} on {platform.system()}"
    lines = [f"{found.verdict.value}: {about}, {found.env or 'no environment'}, {moment}", ""]
    for item in found.items:
        lines += _statement(item.verdict, item.sentence, width, item.name)
        lines += _statement(None, f"to do: {item.fix}", width, " ") if item.fix else []
    return [*lines, "", *_permissions(found, width), "", *_summary(found, width)]


def _summary(found: Report, width: int) -> list[str]:
    """What is not well, by name, at the end, where a small terminal still shows it."""
    told = []
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN):
        reads = [each.permission for each in found.reads if each.verdict is verdict]
        those = [item.name for item in found.items if item.verdict is verdict]
        those += ["every read"] if reads and len(reads) == len(found.reads) else reads
        more = f" and {len(those) - NAMED} more" if len(those) > NAMED else ""
        told += [f"{verdict.value.lower()} {', '.join(those[:NAMED])}{more}"] if those else []
    return _wrapped(f"{found.verdict.value} (exit code {found.code}): {'; '.join(told) or 'nothing is missing'}", width, "", "  ")


def _permissions(found: Report, width: int) -> list[str]:
    counted = ((Verdict.PASS, "allowed"), (Verdict.FAIL, "denied"), (Verdict.UNKNOWN, "unknown"), (Verdict.NONE, "not tried"))
    told = ", ".join(f"{sum(each.verdict is verdict for each in found.reads)} {word}" for verdict, word in counted)
    lines = [f"reads: {told}", ""]
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.NONE):
        lines += _by_reason([each for each in found.reads if each.verdict is verdict], verdict, width)
    for service, names in _by_service(each.permission for each in found.reads if each.verdict is Verdict.PASS):
        lines += _statement(Verdict.PASS, f"{service}: {', '.join(names)}", width)
    env = f"--env {found.env or 'NAME'}"
    if any(each.verdict is Verdict.FAIL for each in found.reads):
        lines += ["", "to do: ask for what is denied; what is needed in all is printed by", f"       clickit-tui iam-policy {env}"]
    return [*lines, "", f"changes: {len(found.changes)} more permissions for an operator; trying one would change something"]


def _by_reason(those: list[Permission], verdict: Verdict, width: int) -> list[str]:
    """Each permission with its reason; those that share one are told together, but denials, each of which is to be asked for."""
    reasons: dict[str, list[str]] = {}
    for each in those:
        reasons.setdefault(each.sentence, []).append(each.permission)
    lines: list[str] = []
    for reason, names in reasons.items():
        if len(names) == len(wanted()):
            return _statement(verdict, f"every read: {reason}", width)
        if len(names) == 1 or verdict is Verdict.FAIL:
            lines += [line for name in names for line in _statement(verdict, f"{name}: {reason}", width)]
            continue
        lines += _statement(verdict, f"{len(names)} reads: {reason}", width)
        for service, operations in _by_service(names):
            lines += _statement(None, f"{service}: {', '.join(operations)}", width)
    return lines


def _by_service(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name in names:
        service, _, operation = name.partition(":")
        found.setdefault(service, []).append(operation)
    return list(found.items())


def _statement(verdict: Verdict | None, sentence: str, width: int, name: str = "") -> list[str]:
    begin = f"  {verdict.value if verdict else '':<7}  " + (f"{name:<13} " if name else "")
    indent = " " * (11 if not name else 25)
    return _wrapped(sentence, width, begin, indent)


def _wrapped(sentence: str, width: int, begin: str, indent: str) -> list[str]:
    """Lines of at most that many cells, but for words that are longer; nothing a terminal would obey."""
    told = textwrap.wrap(
        clean(sentence), width, initial_indent=begin, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return told or [begin.rstrip()]
