"""`clickit-tui replay FILE --summary`: what a recording holds, without a screen."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TextIO

from clickit_tui.checks.registry import Facts
from clickit_tui.checks.strip import findings, strip
from clickit_tui.playbooks.diagnosis import cause, diagnose
from clickit_tui.tape.reading import Tape

OK = 0


def summary(tape: Tape, out: TextIO | None = None) -> int:
    """Print it; returns the exit code."""
    stream = out or sys.stdout
    stream.write("".join(f"{name:<12}{said}\n" for name, said in lines(tape)))
    return OK


def lines(tape: Tape) -> list[tuple[str, str]]:
    """(name, words), one a line."""
    header = tape.header
    identity = tape.world(tape.ended_at).identity.value
    account = (identity.account if identity else "") or header.account or "?"
    region = (identity.region if identity else "") or header.region or "?"
    endpoint = f", not AWS: {identity.endpoint}" if identity and identity.endpoint else ""
    said = [
        ("file", str(tape.path)),
        ("written by", f"clickit-tui {header.program}, format {header.tape}"),
        ("environment", f"{header.env}, account {account}, region {region}{endpoint}"),
        ("session", f"read-only: {header.read_only}" if header.read_only else "operator"),
        ("from", _moment(tape.began_at)),
        ("to", f"{_moment(tape.ended_at)}, {_span(tape.ended_at - tape.began_at)}"),
        ("ended", tape.end or "cut short: the program was killed, or the file is not whole"),
        ("readings", f"{sum(tape.readings.values()):,} of {len(tape.readings)} fields"),
        *(("", f"{count:>8,}  {name}") for name, count in sorted(tape.readings.items(), key=lambda one: (-one[1], one[0]))),
        ("log lines", f"{tape.log_lines:,}" + (f", and {tape.lost:,} that came too fast to be recorded" if tape.lost else "")),
        *(("left out", f"{count:,} x {what}") for what, count in sorted(tape.skipped.items())),
    ]
    return [*said, *_at_the_end(tape)]


def _at_the_end(tape: Tape) -> list[tuple[str, str]]:
    """The verdicts and the likely cause as they stood last."""
    header = tape.header
    world = tape.world(tape.ended_at)
    facts = Facts(
        now=tape.ended_at,
        names=header.names,
        thresholds=header.limits(),
        protected=header.protected,
        may_stop_database=header.stop_database,
        began_at=header.began_at,
    )
    found = findings(world, facts)
    parts = ", ".join(f"{part.verdict} {part.label}" for part in strip(world, facts, found))
    return [("at the end", parts), ("", cause(world, facts, found, diagnose(world, facts, found)).sentence)]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _span(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600} h {whole % 3600 // 60} m" if whole >= 3600 else f"{whole // 60} m {whole % 60} s"
