"""`python -m benchmarks [ROW...]`: measure the named groups of rows (all by default) and print one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import filling, idle, keys, memory, plot, starting, tail, verdict, wire
from benchmarks.row import Group, Row, table

GROUPS: dict[str, Group] = {
    "starting": starting.rows,
    "filling": filling.rows,
    "wire": wire.rows,
    "keys": keys.rows,
    "idle": idle.rows,
    "memory": memory.rows,
    "tail": tail.rows,
    "plot": plot.rows,
    "verdict": verdict.rows,
}


def main(arguments: Sequence[str]) -> int:
    """Print the table; the exit status is 1 when a row is over its budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the dashboard costs, as ratios of one run.")
    parser.add_argument("group", nargs="*", metavar="ROW", help=f"group of rows: {', '.join(GROUPS)}; all by default")
    chosen = parser.parse_args(arguments).group or list(GROUPS)
    if unknown := [name for name in chosen if name not in GROUPS]:
        parser.error(f"no rows named {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    rows: list[Row] = []
    for name in chosen:
        for row in GROUPS[name]():
            rows.append(row)
            print(f"{name}: {row.name} ...", file=sys.stderr, flush=True)
    print(table(rows))
    return int(any(row.verdict == "over" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
