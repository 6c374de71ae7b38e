"""What the log says of each service: errors of its own, and whether it falls silent although requests are served."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import fresh, measured, metrics, none, service, unknown, whole
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.minutes import REQUESTS, read
from clickit_tui.world.parts import LogDigest
from clickit_tui.world.revisions import definition_of
from clickit_tui.world.words import several
from clickit_tui.world.world import World

CALL = "logs:FilterLogEvents"
RECENT_S = 300.0
READ = (Todo(words="read the log", screen="3"),)


def errors(part: str, world: World, facts: Facts) -> Finding:
    """WARN from 10 lines of level error in 5 minutes; a log that is cut short never passes."""
    digest = fresh(world.log, facts.now, CALL, "logs", part)
    count = recent_errors(digest, part, facts.now)
    shapes = [one for one in digest.shapes if one[0] == part]
    if count < facts.thresholds.log_errors_warn:
        if digest.partial:
            return unknown("partial", f"logs are cut short: few errors of {part} in what was read, which proves nothing", part, CALL)
        if digest.since is None:
            return unknown("no data", "no log line has been read yet", part, CALL)
    bad = count >= facts.thresholds.log_errors_warn
    like = f", {shapes[0][2]} in 15 min like “{_cut(shapes[0][3])}”" if bad and shapes else ""
    return Finding(
        verdict=Verdict.WARN if bad else Verdict.PASS,
        short=f"{min(count, 9999)} log errors",
        sentence=f"{several(count, 'error line')} of {part} in 5 min{like}",
        evidence=measured(f"{count} lines of level error", world.log.seen_at, CALL),
        threshold=f"WARN from {facts.thresholds.log_errors_warn} lines in 5 min (heuristic)",
        change=f"fewer than {facts.thresholds.log_errors_warn} error lines in 5 minutes",
        part=part,
        todo=READ if bad else (),
    )


def _cut(text: str, most: int = 70) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def recent_errors(digest: LogDigest, part: str, now: float) -> int:
    """Error lines of the last five minutes."""
    return sum(n for p, at, level, n in digest.minutes if p == part and level == "error" and now - at <= RECENT_S)


def silence(part: str, world: World, facts: Facts) -> Finding:
    """WARN when a non-blocking log driver brings far fewer lines for each request than before: quiet logs prove no health then.

    A driver whose mode is not set is non-blocking since June 2025, unless the account says otherwise.
    """
    found = service(world, facts, part)
    definition = definition_of(world, found.task_definition)
    if definition is None:
        return unknown("no data", f"the log driver of {found.name} is not known: its task definition was not read", part)
    dropping = [c.name for c in definition.containers if c.log_mode == "non-blocking" or (c.log_group and not c.log_mode)]
    if not dropping:
        return none(f"the log driver of {part} blocks: it drops no line", "blocking", part)
    digest = fresh(world.log, facts.now, CALL, "logs", part)
    metrics(world, facts, part)
    whole(world, facts, (REQUESTS,), part)
    if digest.partial or digest.since is None:
        return unknown("partial", f"logs are cut short: whether the non-blocking log driver of {part} drops lines is not known", part, CALL)
    shares, share = lines_per_request(world, digest, part, facts.now), facts.thresholds.log_quiet_share
    quiet = shares is not None and shares[1] < share / 100 * shares[0]
    drops = f"the log driver of {', '.join(dropping)} is non-blocking: it drops lines when they come too fast"
    said = drops + ("; too few requests to judge whether it does" if shares is None else "; as many come as before")
    if quiet and shares is not None:
        said = f"{part} writes {shares[1]:.2g} lines a request, {shares[0]:.2g} before: its non-blocking log driver drops lines"
    return Finding(
        verdict=Verdict.WARN if quiet else Verdict.PASS,
        short="log drops" if quiet else "non-blocking",
        sentence=said,
        evidence=measured(
            f"logConfiguration mode non-blocking, or not set and so ECS's default: {', '.join(dropping)}",
            world.definitions.seen_at,
            "ecs:DescribeTaskDefinition",
        ),
        threshold=f"WARN below {share:g} % of the lines a request used to bring (heuristic)",
        change="as many lines a request as before",
        part=part,
        todo=READ if quiet else (),
    )


def lines_per_request(world: World, digest: LogDigest, part: str, now: float) -> tuple[float, float] | None:
    """(lines a request in the older minutes of the digest, in the newest three closed ones); None when either is not known."""
    found = world.metrics.known(now)
    if found is None or digest.since is None:
        return None
    first, last = (digest.since // 60 + 1) * 60, (now // 60 - 2) * 60
    times = tuple(first + 60 * i for i in range(max(0, int((last - first) // 60))))
    requests = read(found, REQUESTS, times)
    if requests is None or len(times) < 8:
        return None
    lines: dict[float, int] = {}
    for p, at, _, n in digest.minutes:
        lines[at] = lines.get(at, 0) + (n if p == part else 0)
    each = [lines.get(at, 0) / value for at, value in requests.present if value >= 30]
    if len(each) < 8:
        return None
    return max(sum(each[:3]) / 3, sum(each[-6:-3]) / 3), sum(each[-3:]) / 3


for _part in SERVICES:
    check(f"{_part}.errors", _part, "errors in the logs", ("log",))(partial(errors, _part))
    check(f"{_part}.log_lines", _part, "log driver", ("services", "definitions", "log", "metrics"))(partial(silence, _part))
