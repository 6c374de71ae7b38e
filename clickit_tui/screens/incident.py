"""`i`: declare an incident, add to it, end it, and write its note; from any screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.app import App

from clickit_tui.checks.suspects import first_bad_minute
from clickit_tui.panes.core import Core
from clickit_tui.panes.logs_jump import NoMoment, moment_or_bad_minute
from clickit_tui.panes.timeline import open_incident
from clickit_tui.panes.view import View
from clickit_tui.ui.clipboard import copy
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.world.incident import Incident

MOMENTS = "14:03, 10m (ago), now"
TITLE_MOST = 60
TITLES = {"5xx": "API returning 5xx", "start": "Service won't start", "database": "Database connections", "latency": "High latency"}
"""What an incident is called at first, by the playbook its likely cause belongs to."""


class Duty:
    """The questions of one key press; `say` answers in the cause row, `run` runs what has to wait for the disk."""

    def __init__(
        self, app: App[Any], core: Core, view: View | None, say: Callable[[str], None], run: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._app, self._core, self._view, self._say, self._run = app, core, view, say, run

    def ask(self) -> None:
        """What to do: declare one, or what is possible with the one that is open, or the notes of those that are over."""
        incidents = self._core.store.world.incidents
        one = open_incident(self._core.store.world)
        if one is None and not incidents:
            self._title()
            return
        if one is None:
            choices = [Choice(id="declare", text="declare an incident")]
        else:
            choices = [
                Choice(id="say", text="note: what you see, did, or were told"),
                Choice(id="write", text="write the incident note, to a file and the clipboard"),
                Choice(id="end", text="end it, with its resolution"),
                Choice(id="began", text=f"correct when it began ({self._clock(one.began_at)})"),
                Choice(id="rename", text="correct its title"),
            ]
        choices += [Choice(id=f"write:{past.id}", text=_past(past, self._clock)) for past in reversed(incidents) if not past.open]
        title = f"incident: {one.title[:TITLE_MOST]}" if one is not None else "incident"
        self._app.push_screen(Picker(title, choices), self._chosen)

    def _clock(self, at: float) -> str:
        return self._view.moment(at) if self._view is not None else ""

    def _chosen(self, chosen: str | None) -> None:
        kind, _, past = (chosen or "").partition(":")
        one = open_incident(self._core.store.world)
        match kind:
            case "declare":
                self._title()
            case "say":
                self._prompt("note: ", "", "enter keeps", lambda text: self._core.note(text), "noted")
            case "write":
                self._run(self._write(past))
            case "end":
                self._prompt("resolution: ", "", "enter ends the incident", self._end, "")
            case "began" if one is not None:
                self._began(lambda at: self._core.amend(began_at=at), _typed(one.began_at))
            case "rename" if one is not None:
                self._prompt("title: ", one.title, "enter keeps", lambda text: self._core.amend(title=text), "renamed")

    def _prompt(self, mark: str, initial: str, keys: str, keep: Callable[[str], Any], done: str) -> None:
        def answered(text: str | None) -> None:
            if text is not None and text.strip():
                self._run(self._kept(keep(text.strip()), done))

        self._app.push_screen(Prompt(mark, initial, hint=f"{keys}  esc no"), answered)

    async def _kept(self, writing: Any, done: str) -> None:  # noqa: ANN401 - any awaitable of a sentence
        problem = await writing
        if problem or done:
            self._say(problem or done)

    # --- declaring ---

    def _title(self) -> None:
        def answered(text: str | None) -> None:
            if text is not None and text.strip():
                self._began(lambda at: self._core.declare(text.strip(), at), "")

        self._app.push_screen(Prompt("incident: ", self._suggested(), hint="its title; enter goes on  esc no"), answered)

    def _suggested(self) -> str:
        """What is wrong, in few words: the playbook that the likely cause belongs to, else the parts that fail."""
        if self._view is None:
            return ""
        named = self._view.cause
        if named is not None and named.playbook in TITLES:
            return TITLES[named.playbook]
        return ", ".join(f"{part.part} fails" for part in self._view.strip if part.verdict == "FAIL" and part.part != "alarms")[:TITLE_MOST]

    def _began(self, keep: Callable[[float], Any], initial: str) -> None:
        """Ask when it began; the first bad minute is suggested."""
        first = first_bad_minute(self._core.store.world, self._core.facts())
        found = "found in the metrics; or " if first is not None and not initial else ""
        suggested = initial or (_typed(first.at) if first is not None else "now")

        def answered(text: str | None) -> None:
            if text is None:
                return
            try:
                at = self._moment(text)
            except NoMoment as why:
                self._say(f"incident: {why}")
                return
            self._run(self._kept(keep(at), f"incident: began {self._clock(at)}; i adds to it and ends it, 0 shows what changed"))

        prompt = Prompt("began: ", suggested, changed=self._not_a_moment, hint=f"{found}{MOMENTS}  esc no")
        self._app.push_screen(prompt, answered)

    def _moment(self, text: str) -> float:
        facts, world, said = self._core.facts(), self._core.store.world, text.strip().lower()
        if said in ("", "now"):
            return facts.now
        at = moment_or_bad_minute(text, world, facts, local=self._core.config.local_time)
        if at > facts.now:
            raise NoMoment("an incident cannot begin in the future")
        return at

    def _not_a_moment(self, text: str) -> str:
        try:
            self._moment(text)
        except NoMoment as why:
            return str(why)
        return ""

    # --- ending, and the note ---

    async def _end(self, resolution: str) -> str:
        problem = await self._core.resolve(resolution)
        if problem:
            return problem
        await self._write("")
        return ""

    async def _write(self, id: str) -> None:
        text, where = await self._core.incident_note(id)
        if not text:
            self._say(f"incident note: {where}")
            return
        sent = await copy(self._app, text)
        self._say(f"note {sent.split('; also', 1)[0]}; {where.replace(str(Path.home()), '~', 1)}")


def _typed(at: float) -> str:
    """A moment as it can be typed, whatever the day."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%MZ")


def _past(one: Incident, clock: Callable[[float], str]) -> str:
    return f"write the note of {clock(one.began_at)} {one.title[:TITLE_MOST]}"
