"""Makes `screens.md` from the running app and its registries: `python -m tests.screens.book`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from textual.binding import Binding

from clickit_tui.actions.registry import actions
from clickit_tui.panes.alarms_panes import AlarmDetailPane, AlarmListPane
from clickit_tui.panes.cost_panes import CostAboutPane, CostListPane
from clickit_tui.panes.listing import DataAboutPane, DataListPane, SupplyAboutPane, SupplyListPane
from clickit_tui.panes.logs_pane import LogPane, LogsPane
from clickit_tui.panes.metrics_panes import CallsPane, ChartsPane, PlotPane
from clickit_tui.panes.pages import key_words
from clickit_tui.panes.playbook_pane import PlaybookPane
from clickit_tui.panes.services_panes import DetailPane, TreePane
from clickit_tui.panes.timeline_panes import BeforePane, TimelinePane
from clickit_tui.panes.triage import AlarmsPane, DataPane, EdgePane, ServicesPane
from clickit_tui.screens.alarms import AlarmsScreen, Evidence
from clickit_tui.screens.comparing import Details
from clickit_tui.screens.cost import CostScreen
from clickit_tui.screens.data import DataScreen
from clickit_tui.screens.keys import KEYS
from clickit_tui.screens.logs import LogsScreen
from clickit_tui.screens.metrics import MetricsScreen
from clickit_tui.screens.playbooks import PlaybooksScreen
from clickit_tui.screens.services import ServicesScreen
from clickit_tui.screens.supply import SupplyScreen
from clickit_tui.screens.timeline import TimelineScreen
from clickit_tui.screens.transport import KEYS as REPLAY_KEYS
from clickit_tui.screens.triage import TriageScreen
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail
from tests.pty.harness import Terminal

ROOT = Path(__file__).parents[2]
FILE = ROOT / "screens.md"

PICTURES: tuple[tuple[str, str, tuple[str, ...], tuple[int, int], str], ...] = (
    ("Triage at 80x24, an incident", "incident", (), (80, 24), r"14:03:18"),
    ("Triage at 80x24, nothing wrong, read-only", "healthy read-only", (), (80, 24), r"14:03:18"),
    ("Triage at 80x24, an observer who may not see half of it", "denied read-only", (), (80, 24), r"14:03:18"),
    ("Triage at 150x45", "incident", (), (150, 45), r"14:03:18"),
    ("`S`: scale", "incident", ("g", "S", "5"), (80, 24), r"type prod/api"),
    ("`R`: redeploy", "incident", ("g", "R"), (80, 24), r"type prod/api"),
    ("`K`: stop a task", "incident", ("g", "down", "K"), (80, 24), r"type prod/api"),
    ("`S` in read-only mode: a preview that cannot run", "incident read-only", ("g", "S", "5"), (80, 24), r"cannot run"),
    ("`d`: details of a service", "incident", ("g", "d"), (80, 24), r"deployments"),
    ("`a`: actions on the selected row", "incident", ("g", "a"), (80, 24), r"type to narrow"),
    ("`:` the palette", "incident", (":",), (80, 24), r"type to narrow"),
    ("`?`: help", "incident", ("?",), (80, 24), r"keys of this pane"),
    ("A first run: nothing is set up for AWS", "unset", (), (80, 24), r"how to go on"),
    ("Services at 80x24, a deployment that fails", "incident", ("2", "g"), (80, 24), r"new :42"),
    ("Services: new and old revision side by side", "incident", ("2", "g", "down"), (80, 24), r"failed in a row"),
    ("Services, `d` and again `d`: any two revisions", "incident", ("2", "g", "d", "d"), (80, 24), r"type to narrow"),
    ("Services: what differs between the two", "incident", ("2", "g", "d", "d", "enter", "enter"), (80, 24), r"differences"),
    ("Services, `v`: stopped tasks by cause, with the newest one's last lines", "incident", ("2", "v"), (80, 24), r"its line -1"),
    ("Services, `v` twice: runs of the migration", "incident", ("2", "v", "v"), (80, 24), r"alembic upgrade head"),
    ("`B` while a deployment is under way", "incident", ("2", "g", "B"), (80, 24), r"type prod/api"),
    ("`X`: which container", "healthy read-only", ("2", "g", "X"), (80, 24), r"type to narrow"),
    ("`P`: a tunnel to the database", "incident", ("g", "down", "P", "enter"), (80, 24), r"type prod/api"),
    ("`Q`: questions to the database", "incident", ("g", "down", "Q", "enter"), (80, 24), r"type prod/api"),
    ("`Q`: an answer, masked", "incident", ("g", "down", "Q", "enter", "prod/api", "enter"), (80, 24), r"exit code 0"),
    ("`:` can a shell be opened here? every condition", "incident", (":", "can a shell", "enter"), (80, 24), r"credentials"),
    ("`B` otherwise: which revision", "healthy read-only", ("2", "g", "B"), (80, 24), r"type to narrow"),
    ("`B`: the preview of that revision, read-only", "healthy read-only", ("2", "g", "B", "enter"), (80, 24), r"cannot run"),
    ("`w` from anywhere: the playbook of the worst verdict, at 80x24", "incident", ("w",), (80, 24), r"MOST LIKELY"),
    ("Playbooks, `enter` on a step: its evidence", "incident", ("6", "G", "up", "up", "enter", "G"), (80, 24), r"would change it"),
    ("Playbooks at 150x45", "incident", ("6",), (150, 45), r"MOST LIKELY"),
    ("Logs at 80x24, standing still on an error", "logs", ("3", "E"), (80, 24), r"PAUSED"),
    ("Logs, `v` twice: columns", "logs", ("3", "v", "v"), (80, 24), r"duration_ms"),
    ("Logs, `enter`: everything of one line", "logs", ("3", "E", "enter"), (80, 24), r"event id"),
    ("Metrics at 80x24", "incident", ("4", "g"), (80, 24), r"newest.*error rate"),
    (
        "Metrics, `enter`: one chart in full size, the cursor on a moment",
        "incident",
        ("4", "g", "down", "enter", ",", "left"),
        (80, 24),
        r"at 13:51:00Z",
    ),
    ("Metrics, `v`: calls and dollars", "incident", ("4", "v"), (80, 24), r"day and night"),
    ("Alarms at 80x24", "incident", ("5", "g"), (80, 24), r"turns at"),
    ("Alarms, `enter`: the evidence", "incident", ("5", "g", "enter"), (80, 24), r"A .*\n.*deployments and changes"),
    ("Alarms, `v`: every change", "incident", ("5", "v"), (80, 24), r"nothing is known before"),
    ("Metrics at 150x45", "incident", ("4", "g"), (150, 45), r"D +a"),
    ("Data at 80x24", "healthy read-only", ("7",), (80, 24), r"restorable to"),
    ("Data: a snapshot, and what restoring it would lose", "healthy read-only", ("7", "down"), (80, 24), r"what a restore loses"),
    ("Data: restoring it, read-only", "healthy read-only", ("7", "down", "a", *"shot", "space", *"to", "enter"), (80, 24), r"cannot run"),
    ("Data: the page for a rebuild", "healthy read-only", ("7", "G"), (80, 24), r"look before"),
    ("Supply at 80x24", "healthy read-only", ("8",), (80, 24), r"used by"),
    ("Supply: an image and its worst findings", "healthy read-only", ("8", "G", "up"), (80, 24), r"worst findings|repository"),
    ("Supply: rotating a secret, read-only", "healthy read-only", ("8", "a", *"rot", "enter"), (80, 24), r"cannot run"),
    ("Cost at 80x24", "healthy read-only", ("9", "down"), (80, 24), r"why it differs"),
    (
        "Cost: autoscaling, log groups, what was billed",
        "healthy read-only",
        ("9", "G", "up", "up"),
        (80, 24),
        r"retention",
    ),
    ("Timeline at 80x24: what changed before the first bad minute", "incident", ("0",), (80, 24), r"first bad minute: "),
    ("Timeline, `enter`: everything of one entry", "incident", ("0", "down", "enter"), (80, 24), r"to see it"),
    ("Timeline, `v`: which kinds", "incident", ("0", "v"), (80, 24), r"type to narrow"),
    ("`i`: declare an incident; when it began is found in the metrics", "incident", ("i", "enter"), (80, 24), r"began:"),
    ("Timeline of an incident that was declared", "declared", ("0",), (80, 24), r"declared: API"),
    ("`i` while an incident is open", "declared", ("i",), (80, 24), r"type to narrow"),
    ("Timeline of an observer who may not see half of it", "denied read-only", ("0",), (80, 24), r"not seen"),
    ("A replay at 80x24, at its end", "replayed", (), (80, 24), r"20:00 of 20:00"),
    ("Logs at 150x45", "logs", ("3",), (150, 45), r"lines 600.*14:03:18"),
)


def pictures() -> dict[str, str]:
    """Every picture by its title; one run of the app for all that share World and size, side by side: they mostly wait."""
    runs = list(dict.fromkeys((world, size) for _, world, _, size, _ in PICTURES))
    found: dict[str, str] = {}
    with ExitStack() as open_, ThreadPoolExecutor(len(runs)) as pool:
        terminals = [
            open_.enter_context(Terminal([sys.executable, "-m", "tests.showing", *world.split()], cols=cols, rows=rows, cwd=ROOT))
            for world, (cols, rows) in runs
        ]
        for shown in pool.map(pictured, terminals, runs):
            found |= shown
    return {title: found[title] for title, *_ in PICTURES}


def pictured(t: Terminal, run: tuple[str, tuple[int, int]]) -> dict[str, str]:
    """The pictures of one run of the app."""
    found: dict[str, str] = {}
    t.wait_for(r"14:03:18|how to go on")
    for title, _, keys, _, wait in [p for p in PICTURES if (p[1], p[3]) == run]:
        for key in keys:
            t.settle(0.15 if key in ("down", "up", "g") else 0.6)
            t.press(key)
        t.wait_for(wait)
        t.settle(0.4)
        found[title] = "\n".join(line.rstrip() for line in t.lines())
        if keys:
            back(t, keys)
    return found


def back(t: Terminal, keys: tuple[str, ...]) -> None:
    """To Triage, each screen left as it was found."""
    for _ in range(max(1, keys.count("d"))):
        t.press("escape")
        t.settle(0.3)
    t.wait_for(r"Triage")
    ways: dict[str, tuple[str, ...]] = {
        "2": tuple("v" * (-keys.count("v") % 3)),
        "3": ("G", *("vvv" if "v" in keys else "")),
        "4": ("f",),
        "5": tuple("v" * keys.count("v")),
        "6": ("G", "up", "up", "enter") if "enter" in keys else (),
        "w": ("G", "up", "up", "enter") if "enter" in keys else (),
        **dict.fromkeys("7890", ("g",)),
    }
    if keys[0] in ways:
        t.settle(0.3)
        t.press(*ways[keys[0]])
        t.settle(0.3)
        t.press("1")
        t.wait_for(r"conns")


def key_table(bindings: list[Binding]) -> str:
    """The keys as a Markdown table."""
    rows = ["| key | id | what it does |", "|---|---|---|"]
    for b in bindings:
        rows.append(f"| `{key_words(b.key)}` | `{b.id}` | {b.tooltip} |")
    return "\n".join(rows)


def own(bindings: object) -> list[Binding]:
    return [b for b in bindings if isinstance(b, Binding)]  # type: ignore[attr-defined]


def book(shown: dict[str, str]) -> str:
    """The whole document."""
    out = [
        "# Screens",
        "",
        "Made from the running app by `make screens`; a test fails when it drifts. State is a symbol, a word and a colour: "
        '`✔` ok, `!` warn, `✖` fail, `?` unknown, `–` none. All times are UTC unless the configuration says `time = "local"`.',
        "",
        "## 1 Triage",
        "",
    ]
    for pane in (ServicesPane, EdgePane, DataPane, AlarmsPane, LogPane):
        out += [f"**{pane.heading}**: {pane.help_text}", ""]
    for title, text in shown.items():
        out += [f"### {title}", "", "```", text, "```", ""]
    out += ["## 2 Services", ""]
    for pane in (TreePane, DetailPane):
        out += [f"**{pane.heading}**: {pane.help_text}", ""]
    out += [key_table(own(ServicesScreen.BINDINGS)), "", "Over the details:", "", key_table(own(Details.__dict__["BINDINGS"])), ""]
    out += ["## 3 Logs", "", LogsPane.help_text, "", key_table(own(LogsScreen.BINDINGS)), ""]
    out += ["## 4 Metrics", ""]
    for pane in (ChartsPane, PlotPane, CallsPane):
        out += [f"**{pane.heading}**: {pane.help_text}", ""]
    out += [key_table(own(MetricsScreen.BINDINGS)), ""]
    out += ["## 5 Alarms", ""]
    for pane in (AlarmListPane, AlarmDetailPane):
        out += [f"**{pane.heading}**: {pane.help_text}", ""]
    out += [key_table(own(AlarmsScreen.BINDINGS)), "", "Over the evidence:", "", key_table(own(Evidence.__dict__["BINDINGS"])), ""]
    out += ["## 6 Playbooks", "", PlaybookPane.help_text, "", key_table(own(PlaybooksScreen.BINDINGS)), ""]
    for number, name, screen, panes in (
        ("7", "Data", DataScreen, (DataListPane, DataAboutPane)),
        ("8", "Supply", SupplyScreen, (SupplyListPane, SupplyAboutPane)),
        ("9", "Cost", CostScreen, (CostListPane, CostAboutPane)),
    ):
        out += [f"## {number} {name}", ""]
        for pane in panes:
            out += [f"**{pane.heading}**: {pane.help_text}", ""]
        out += [key_table(own(screen.BINDINGS)), ""]
    out += ["## 0 Timeline", ""]
    for pane in (BeforePane, TimelinePane):
        out += [f"**{pane.heading}**: {pane.help_text}", ""]
    out += [key_table(own(TimelineScreen.BINDINGS)), ""]
    out += ["## Keys on every screen", "", key_table(own(KEYS)), "", "## Keys of Triage", "", key_table(own(TriageScreen.BINDINGS)), ""]
    out += [
        "## Keys of a replay",
        "",
        "On every screen, besides all others; `space` pauses there too.",
        "",
        key_table(own(REPLAY_KEYS)),
        "",
    ]
    out += ["## Keys of a table", "", key_table(own(Table.BINDINGS)), "", "## Keys of the log", "", key_table(own(Tail.BINDINGS)), ""]
    out += ["## Actions", "", "| key | id | on | AWS calls |", "|---|---|---|---|"]
    out += [f"| `{a.key or '–'}` | `{a.id}` | {', '.join(a.on)} | {', '.join(f'`{o}`' for o in a.operations)} |" for a in actions()]
    return "\n".join(out) + "\n"


def made() -> str:
    return book(pictures())


if __name__ == "__main__":
    from tests.screens import pictures as drawings

    FILE.write_text(made())
    drawings.write()
