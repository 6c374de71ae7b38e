"""What plays psql in the demo's containers: answers the dashboard's questions about the database from the simulated load."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

HINT = "psql (demo): a toy that knows nothing but the questions of clickit-tui"


def main(arguments: Sequence[str], folder: str) -> int:
    """As psql -c SQL; the facts are in a file of the scratch folder."""
    facts: dict[str, Any] = json.loads(Path(folder, ".database.json").read_text("utf-8"))
    sql = " ".join(after for before, after in pairwise(arguments) if before == "-c")
    if facts["full"]:
        print('psql: error: connection to server failed: FATAL:  remaining connection slots are reserved for roles with the "rds_reserved"')
        return 2
    answer = next((rows for word, rows in _answers(facts) if word in sql), None)
    if answer is None:
        print(HINT)
        return 0
    _print(answer)
    return 0


def _answers(facts: Mapping[str, Any]) -> tuple[tuple[str, list[list[str]]], ...]:
    """(word of the question, its rows with their head)."""
    count, locked = int(facts["connections"]), bool(facts["locked"])
    busy = max(1, count // 8)
    total = f"{count} of {facts['most']}"
    clients = [["state", "client", "application", "count", "longest", "total"]]
    clients += [
        ["idle", "10.0.1.17", "clickit-api", str(count - busy), "00:09:12", total],
        ["active", "10.0.1.17", "clickit-api", str(busy), "00:00:01", total],
    ]
    blocked = [["blocked", "since", "blocking", "its_state", "blocked_query", "blocking_query"]]
    locks = [["pid", "since", "mode", "granted", "relation", "application", "state", "query"]]
    if locked:
        blocked.append(["4187", "00:01:04", "4102", "active", "select id from links", "alter table links add column"])
        locks.append(["4102", "00:01:12", "AccessExclusiveLock", "t", "links", "alembic", "active", "alter table links add column"])
    running = [["pid", "usename", "state", "transaction", "query_for", "waits", "query"]]
    running.append(
        ["4102", "clickit", "active", "00:01:12" if locked else "00:00:00", "00:00:00", "-", "select id from links where owner = $1"]
    )
    size = [["datname", "size"], ["clickit", "2741 MB"], ["postgres", "7525 kB"]]
    return (
        ("pg_database_size", size),
        ("pg_blocking_pids", blocked),
        ("pg_locks", locks),
        ("xact_start nulls last", running),
        ("state_change", clients),
    )


def _print(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print(" " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print("-" + "-+-".join("-" * width for width in widths) + "-")
    print(f"({len(rows) - 1} row{'' if len(rows) == 2 else 's'})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], sys.argv[1]))
