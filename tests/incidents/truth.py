"""Makes `docs/incident-truth.md`: every incident played, what was named, what is right: `python -m tests.incidents.truth [SEED ...]`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from clickit_tui.demo.incidents import registry
from clickit_tui.demo.launch import clean_environ, start
from tests.incidents.playing import QUIET, Outcome, Player

FILE = Path(__file__).parents[2] / "docs" / "incident-truth.md"
NAMES = (QUIET, *registry.INCIDENTS)
LEAST = 0.95
"""Share of the incidents whose first cause has to be right."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the page."""

    name: str
    right: str
    named: str
    hit: bool


def row(of: Outcome) -> Row:
    return Row(name=of.name, right=" ".join(of.right), named=f"{of.playbook} {of.cause or 'no cause'}", hit=of.hit)


def line(of: Row) -> str:
    """A row as it stands on the page."""
    return f"| {of.name} | {'yes' if of.hit else '**no**'} | `{of.right}` | `{of.named}` |"


def score(rows: Iterable[Row]) -> float:
    every = list(rows)
    return sum(one.hit for one in every) / len(every)


def page(by_seed: dict[int, list[Row]]) -> str:
    """The whole page: the score of each seed, the misses, and every row of the first seed."""
    first = next(iter(by_seed.values()))
    out = [
        "# How often the first cause is right",
        "",
        "Every scripted incident of the demo is played over HTTP for 25 minutes and then read once, as `clickit-tui check` reads it. "
        "The first cause that is named is compared with the incident's right answer: playbook and cause. "
        "Made by `make truth`; the tests compare it with what runs.",
        "",
        "| seed | right | of |",
        "|---|---|---|",
        *(f"| {seed} | {sum(r.hit for r in rows)} | {len(rows)} |" for seed, rows in by_seed.items()),
        "",
        "## Misses",
        "",
    ]
    misses = [
        f"- seed {seed}, {r.name}: named `{r.named}`, right is `{r.right}`" for seed, rows in by_seed.items() for r in rows if not r.hit
    ]
    out += [*(misses or ["None."]), "", f"## Seed {next(iter(by_seed))}", "", "| incident | right | answer | named |", "|---|---|---|---|"]
    return "\n".join([*out, *(line(r) for r in first)]) + "\n"


async def played(seeds: Iterable[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    with start(seed=1, paused=True) as demo, tempfile.TemporaryDirectory() as state:
        kept = clean_environ(os.environ, demo)
        os.environ.clear()
        os.environ.update(kept)
        player = Player(demo, Path(state))
        for seed in seeds:
            found[seed] = []
            for name in NAMES:
                found[seed].append(row(await player.play(name, seed)))
                sys.stderr.write(f"{seed} {line(found[seed][-1])}\n")
        await player.close()
    return found


if __name__ == "__main__":
    FILE.write_text(page(asyncio.run(played([int(each) for each in sys.argv[1:]] or [1]))))
