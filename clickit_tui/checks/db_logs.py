"""What ClickIt's own logs say about the database: connections refused, slots used up, pools exhausted."""

from __future__ import annotations

from clickit_tui.checks.reading import fresh, measured, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.parts import LogDigest
from clickit_tui.world.words import brief, clock, several
from clickit_tui.world.world import World

CALL = "logs:FilterLogEvents"
RECENT_S = 300.0
PATTERNS = "db."
"""Prefix of the ids of the database's patterns; the others are start-up failures."""


@check("db.logs", "database", "unreachable in the logs", ("log",))
def judge(world: World, facts: Facts) -> Finding:
    """WARN when the logs say so within 5 minutes: they alone do not tell whose fault it is. A digest cut short never passes."""
    digest = fresh(world.log, facts.now, CALL, "logs", "database")
    found, least = hits(digest, facts.now), max(1, facts.thresholds.db_log_lines_warn)
    if sum(lines for _, _, lines, _ in found) >= least:
        return _found(found, facts)
    if digest.partial:
        return unknown("partial", "logs are cut short: no database error in what was read, which proves nothing", "database", CALL)
    if digest.since is None:
        return unknown("no data", "no log line has been read yet", "database", CALL)
    quiet = "too few lines to judge by say that the database is not reached" if found else "no database error in the logs"
    return Finding(
        verdict=Verdict.PASS,
        short="logs quiet",
        sentence=f"{quiet} since {clock(max(digest.since, facts.now - RECENT_S))}",
        evidence=measured(f"{sum(one[2] for one in found)} matches" if found else "no match", world.log.seen_at, CALL),
        threshold=_threshold(least),
        part="database",
    )


def _threshold(least: int) -> str:
    return f"WARN from {several(least, 'line')} in 5 min (heuristic)"


def hits(digest: LogDigest, now: float) -> list[tuple[str, str, int, float]]:
    """(part, pattern, lines, the last at) of the database's patterns whose last line is of these five minutes."""
    return [m for m in digest.matches if m[1].startswith(PATTERNS) and now - m[3] <= RECENT_S and m[2] > 0]


def _found(matches: list[tuple[str, str, int, float]], facts: Facts) -> Finding:
    count = sum(m[2] for m in matches)
    part, pattern, _, at = max(matches, key=lambda m: (m[2], m[3]))
    return Finding(
        verdict=Verdict.WARN,
        short=f"{min(count, 9999)} log errors",
        sentence=f"{several(count, 'line')} of {part} say the database is not reached ({pattern}), the last {brief(facts.now - at)} ago",
        evidence=measured(f"{count} × {pattern}", at, CALL),
        threshold=_threshold(facts.thresholds.db_log_lines_warn),
        change="five minutes without such a line",
        part="database",
    )
