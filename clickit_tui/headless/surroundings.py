"""What `clickit-tui doctor` finds out on this machine alone: terminal, locale, clipboard, configuration, plugin. No call to AWS."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from clickit_tui.checks.preflight import here
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.config import Config
from clickit_tui.reach.plugin import survey

JOURNAL = "journal.jsonl"
LEAST = (80, 24)
"""Columns and rows that every screen fits in."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    area: str
    """machine, program or aws."""
    name: str
    verdict: Verdict
    """NONE was not looked at; it worsens nothing."""
    sentence: str
    fix: str = ""


def surroundings(config: Config, refused: str, environ: Mapping[str, str]) -> tuple[Item, ...]:
    """Terminal and machine; `refused` is why the dashboard would not open here. Importing what draws takes a moment."""
    return (_terminal(refused, environ), _locale(environ), _colours(config, environ), _clipboard(environ), _state(config))


def _item(name: str, verdict: Verdict, sentence: str, fix: str = "", area: str = "machine") -> Item:
    return Item(area=area, name=name, verdict=verdict, sentence=sentence, fix=fix)


def _terminal(refused: str, environ: Mapping[str, str]) -> Item:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _item(
            "terminal", Verdict.NONE, "not looked at: input or output is no terminal", "run it in the terminal meant for the dashboard"
        )
    if refused:
        return _item("terminal", Verdict.FAIL, refused, "clickit-tui check and status need none")
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    said = f"{environ.get('TERM', '')}, {columns}x{rows}{''.join(f', {each}' for each in _around(environ))}"
    if columns < LEAST[0] or rows < LEAST[1]:
        return _item("terminal", Verdict.WARN, said, f"at least {LEAST[0]}x{LEAST[1]} shows everything")
    return _item("terminal", Verdict.PASS, said)


def _around(environ: Mapping[str, str]) -> Iterator[str]:
    """What stands between the program and the eyes."""
    known = {"SSH_CONNECTION": "over SSH", "TMUX": "inside tmux", "STY": "inside screen"}
    return (words for name, words in known.items() if environ.get(name))


def _locale(environ: Mapping[str, str]) -> Item:
    from clickit_tui.ui.looks import ascii_only

    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    named = ", ".join(f"{name}={environ[name]}" for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)) or "no locale is set"
    if ascii_only(environ, encoding):
        why = "drawn in ASCII; for lines and blocks set LANG to a UTF-8 locale, e.g. C.UTF-8, on a terminal that shows them"
        return _item("locale", Verdict.WARN, f"{named}, {encoding}", why)
    return _item("locale", Verdict.PASS, f"{named}, {encoding}")


def _colours(config: Config, environ: Mapping[str, str]) -> Item:
    from clickit_tui.ui.colours import colours

    said = ", ".join(f"{name}={environ[name]}" for name in ("TERM", "COLORTERM") if environ.get(name)) or "TERM is not set"
    return _item("colours", Verdict.PASS, f"{colours(config.theme)}; {said}")


def _clipboard(environ: Mapping[str, str]) -> Item:
    from clickit_tui.ui.clipboard import last_copy, route

    way, file = route("", environ), last_copy(environ)
    if way.kind == "tmux" and shutil.which("tmux", path=environ.get("PATH")) is None:
        return _item("clipboard", Verdict.WARN, f"inside tmux, but there is no tmux on PATH; copies stand in {file}", "install tmux here")
    if way.kind == "file":
        return _item("clipboard", Verdict.WARN, f"this terminal takes none: copies stand in {file}")
    by = "tmux's buffer" if way.kind == "tmux" else "OSC 52 to the terminal"
    return _item("clipboard", Verdict.PASS, f"by {by}, which does not tell whether it arrives; also in {file}")


def _state(config: Config) -> Item:
    """Whether the journal can be written: without it nothing is changed."""
    folder = Path(config.state_dir)
    there = next(each for each in (folder, *folder.parents) if os.path.exists(each))
    journal = folder / JOURNAL
    if os.path.lexists(journal) and not (os.path.isfile(journal) and os.access(journal, os.R_OK | os.W_OK)):
        return _item(
            "journal", Verdict.FAIL, f"{journal} cannot be written: no change can be made", "give the file to this user, or remove it"
        )
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return _item("journal", Verdict.FAIL, f"{there} cannot be written: no change can be made", "see XDG_STATE_HOME")
    free_mib = shutil.disk_usage(there).free // 2**20
    if free_mib < 64:
        return _item(
            "journal", Verdict.WARN, f"{free_mib} MiB are free for {folder}", "make room: no change is sent that cannot be journalled"
        )
    return _item("journal", Verdict.PASS, str(folder))


def configuration(config: Config, trouble: str) -> tuple[Item, ...]:
    """The configuration file and what it asks for; `trouble` is why it cannot be used."""
    if trouble:
        yours = _item("configuration", Verdict.FAIL, trouble, "what follows is without it", "program")
    elif config.file:
        yours = _item("configuration", Verdict.PASS, config.file, area="program")
    else:
        yours = _item("configuration", Verdict.PASS, "no file: the defaults hold", area="program")
    mode = f"read-only ({config.read_only_source})" if config.read_only else "changes are possible"
    kind = ", protected" if config.protected else ""
    env = _item("environment", Verdict.PASS, f"{config.env}{kind}, {mode}", area="program")
    if not config.env:
        known = " or ".join(f"--env {name}" for name in config.environments)
        env = _item("environment", Verdict.NONE, f"none is named, and none is guessed; {mode}", known, "program")
    return (yours, env, *(_item("note", Verdict.WARN, note, area="program") for note in config.notes))


async def plugin(config: Config, now: float) -> tuple[Item, ...]:
    """session-manager-plugin and its version. Without it shells and tunnels are not possible, and everything else is."""
    machine = await survey(config.reach.plugin, "")
    found = here(Facts(now=now, names=config.names, thresholds=config.thresholds, machine=machine))
    return tuple(
        _item(each.name, Verdict.WARN if each.verdict is Verdict.FAIL else each.verdict, each.sentence, each.fix)
        for each in found
        if each.name.startswith("plugin")
    )
