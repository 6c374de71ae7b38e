"""The keys that mean the same on every screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from textual.binding import Binding, BindingType
from textual.screen import Screen

from clickit_tui.actions.inverse import undo
from clickit_tui.actions.registry import Action, Target, actions
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import acted_on, in_order, target_name, why_not
from clickit_tui.panes.pages import help_page, key_words, service_page, task_page
from clickit_tui.panes.palette import changes
from clickit_tui.panes.playbook import wanted_playbook
from clickit_tui.panes.timeline import open_incident
from clickit_tui.panes.view import View
from clickit_tui.plan import Call, Hidden, Refused, aimed, as_cli
from clickit_tui.screens import reaching
from clickit_tui.screens.change import Change, change, titled
from clickit_tui.screens.incident import Duty
from clickit_tui.screens.palette import open_palette
from clickit_tui.screens.secret_value import Asked
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.child import Lent
from clickit_tui.ui.clipboard import copy
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail
from clickit_tui.ui.terminal import turn_mouse


def binding(key: str, action: str, id: str, tooltip: str) -> Binding:
    """A binding with everything that the help page, the key map and `screens.md` derive from it."""
    return Binding(key, action, id.replace("_", " "), show=False, id=id, tooltip=tooltip)


KEYS: tuple[BindingType, ...] = (
    binding("slash", "filter", "filter", "hide the rows or lines that do not match; esc ends it"),
    binding("colon,ctrl+p", "palette", "palette", "everything by name: actions, screens, panes, tasks, log groups, playbooks, keys"),
    binding("question_mark", "help", "help", "what the focused pane shows, and every key"),
    binding("d", "details", "details", "everything known of the selected row"),
    binding("w", "why", "why", "the playbook of the worst verdict, with the likely cause and the evidence"),
    binding("r", "refresh", "refresh", "read everything again now"),
    binding("a", "actions", "actions", "every action on the selected row, with the reason where it is not possible"),
    binding("y", "copy_id", "copy_id", "copy the short id of the selected row"),
    binding("Y", "copy_arn", "copy_arn", "copy the ARN of the selected row"),
    binding("c", "copy_command", "copy_command", "copy the aws command line that shows the selected row"),
    binding("i", "incident", "incident", "declare an incident; while one is open: add a note, write the incident note, end it"),
    binding("L", "login", "login", "log in again through SSO"),
    binding("U", "undo", "undo", "preview the inverse of the last change"),
    binding("M", "mouse", "mouse", "mouse on or off; off at first, so that the terminal selects text as ever"),
    binding("escape", "back", "back", "back: ends the filter, closes the page"),
    binding("q", "quit", "quit", "quit, asking first while a change is followed or an incident is open"),
    *(binding(a.key, f"change('{a.id}')", a.id, f"{a.title.lower()}: preview, confirm, follow") for a in actions() if a.key),
)


class Keys(Screen[None]):
    """Actions behind the common keys; `Board` gives them a screen."""

    core: Core
    view: View | None = None
    note: str = ""
    """What the last key press has to say; shown in the cause row until the next key, or for some seconds."""
    noted_at: float = 0.0
    lent: Lent | None = None
    """Lends the terminal to a child process."""
    _accepted: dict[str, str] | None = None
    commands: list[tuple[str, Callable[[], None]]] = []  # noqa: RUF012 - replaced per screen, never appended to
    """Extra palette commands handed in from outside, (name, what to do)."""

    def selected(self) -> Target | None:
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Answer a key press in the cause row."""
        self.note = text
        self.noted_at = self.core.facts().now
        self.repaint()

    def accepted_keys(self) -> dict[str, str]:
        """The configured keys that can be had, by binding id."""
        if self._accepted is None:
            from clickit_tui.screens.keymap import accepted  # the table of keys knows every screen

            wanted = self.core.config.keymap
            self._accepted = accepted(wanted, self.app.BINDINGS)[0] if wanted else {}
        return self._accepted

    def live_key(self, shown: str) -> str:
        """The key that does here what a key does by default, as it stands on the keyboard."""
        kept = self.accepted_keys()
        for owner in (*type(self).__mro__, type(self.app), Table, Tail) if kept else ():
            for b in owner.__dict__.get("BINDINGS", ()):
                if isinstance(b, Binding) and shown in key_words(b.key).split():
                    return key_words(kept[b.id].split(",")[0].strip()) if b.id in kept else shown
        return shown

    def live_hints(self, hints: Iterable[KeyHint]) -> list[KeyHint]:
        """A key row with the keys as they are configured; the mark of the screen that is shown stays."""
        return [hint._replace(key=self.live_key(hint.key.rstrip("·")) + "·" * hint.key.endswith("·")) for hint in hints]

    def repaint(self) -> None:
        """Paint this screen from the World now."""
        if self.view is not None:
            self.show(self.core.store.world, self.view)  # type: ignore[attr-defined]

    def action_change(self, name: str) -> None:
        """Open the preview of an action on the selected row."""
        self.change(name, self.selected())

    def change(self, name: str, selected: Target | None) -> None:
        """Open the preview of an action on what was selected when it was chosen."""
        chosen = next(a for a in actions() if a.id == name)
        target = acted_on(chosen, selected)
        if target is None or target.kind not in chosen.on:
            reason = why_not(chosen, target, self.core.store.world, self.view) if self.view else ""
            self.say(f"{chosen.verb}: {reason or 'select what it acts on'}")
            return
        if chosen.reads:
            self.core.refresh(tuple(sorted(chosen.reads)))
        if chosen.reaches:
            self.run_worker(self._surveyed(chosen, target), group="survey", exclusive=True)
            return
        self._choose(chosen, target)

    async def _surveyed(self, chosen: Action, target: Target) -> None:
        """What this machine offers is looked at just before it is planned with."""
        await self.core.shells.survey()
        if not self.is_active or reaching.cure(self, chosen, target):
            return
        open_list = self.core.shells.agreed(target.id) if chosen.id == "questions" else None
        if open_list is not None and open_list[0].opens is not None:
            reaching.ask(self, open_list[0].opens)
            return
        self._choose(chosen, target)
        await reaching.awaited(self, target)

    def _choose(self, chosen: Action, target: Target) -> None:
        if chosen.secret:
            self._ask_secret(chosen, target)
            return
        options = chosen.choices(self.core.store.world, target, self.core.facts())
        if not options:
            self._open(change(self.app, self.core, chosen, target))
            return
        rows = [Choice(id=o.id, text=o.text, reason=o.reason) for o in options]
        title = f"{chosen.verb} {target_name(target)}: {chosen.asks}"

        def picked(id: str | None) -> None:
            if id:
                self._open(change(self.app, self.core, chosen, target, id))

        self.app.push_screen(Picker(title, rows, badge=badge(self.core.store.world)), picked)

    def _ask_secret(self, chosen: Action, target: Target) -> None:
        """Ask for the value first; where it could not be sent anyway, show why at once."""
        world = self.core.store.world
        if self.core.read_only or isinstance(chosen.plan(world, target, {}, self.core.facts()), Refused):
            self._open(change(self.app, self.core, chosen, target))
            return

        def ready(value: Hidden, origin: str) -> None:
            self._open(change(self.app, self.core, chosen, target, value=value, origin=origin))

        Asked(self.app, titled(self.core, chosen, target), badge(world), self.core.config, ready, self.say).open()

    def action_undo(self) -> None:
        """Preview the inverse of the last change."""
        last = self.core.last_change()
        if last is None:
            self.say("undo: nothing was changed in this session")
            return
        self._open(
            Change(
                self.app, self.core, f"UNDO {last.title}", lambda world, inputs: undo(last.inverse, world, self.core.facts(), last.undo), ()
            )
        )

    def _open(self, opened: Change) -> None:
        self.app.push_screen(opened.open(), lambda _: self._begin(opened))

    def _begin(self, opened: Change) -> None:
        """What a carried-out plan opens takes the terminal, or a page."""
        opened.closed()
        if opened.granted is not None:
            reaching.begin(self, self.lent, *opened.granted)
            opened.granted = None

    def action_details(self) -> None:
        """Everything known of the selected row, re-read while it is open."""
        target = self.selected()
        if target is None:
            self.say("details: select a service or task (tab)")
            return
        self.page(f"{target_name(target)}  {badge(self.core.store.world)}", self._kept_details(target))

    def _kept_details(self, target: Target) -> Callable[[], list[Spans]]:
        """The details as they are now; of what the last reading does not hold any more, what it was, and that it is gone."""
        known: list[Spans] = []

        def lines() -> list[Spans]:
            nonlocal known
            now = self._details(target)
            known = now or known
            return now or [(Span(f" {target_name(target)} is not in the newest reading any more; it was:", "warn"),), (), *known]

        return lines

    def _details(self, target: Target) -> list[Spans]:
        world, view = self.core.store.world, self.view
        if view is None:
            return []
        if target.kind == "service":
            service = next((s for s in world.services.value or () if target.id in (s.arn, s.name)), None)
            return service_page(world, view, service) if service else []
        task = next((t for t in world.tasks.value or () if t.arn == target.id), None)
        return task_page(world, view, task) if task else []

    async def action_why(self) -> None:
        """The playbook of the likely cause, else of the worst verdict."""
        await self.app.run_action("go('6')")
        board = self.app.screen
        if isinstance(board, Keys) and self.view is not None:
            board.open(wanted_playbook(self.view))

    def open(self, what: str) -> None:
        """Show something of this screen by its id."""

    def action_help(self) -> None:
        """What the focused pane shows, and every key."""
        lines = help_page(self.focused, list(self.active_bindings.values()), bool(self.accepted_keys()))
        self.page("help", lambda: lines)

    def page(self, title: str, lines: Callable[[], list[Spans]]) -> None:
        """Open a page of lines over the screen."""
        self.app.push_screen(Page(lines, title))

    def action_refresh(self) -> None:
        """Read everything again now."""
        self.core.refresh(())
        self.say("reading everything again" if self.core.player is None else "a replay reads nothing again")

    def action_filter(self) -> None:
        """Filter the focused table or log."""
        focused = self.focused
        if not isinstance(focused, (Table, Tail)):
            self.say("filter: focus services or logs first (tab)")
            return
        before = focused.cursor_key if isinstance(focused, Table) else None
        prompt = Prompt("/", focused.model.filter_text, changed=lambda text: self._filtered(focused, text))
        self.app.push_screen(prompt, lambda kept: self._filter_ended(focused, before if kept is None else None))

    def _filter_ended(self, where: Table | Tail[Any], back_to: str | None) -> None:
        """The user looked at the rows while typing: the row under the cursor is the one chosen; esc goes back to the one before."""
        if isinstance(where, Table):
            if back_to is not None:
                where.to(back_to)
            self.adopt()

    def adopt(self) -> None:
        """The row under the cursor is the user's choice; a screen with a table takes note of it."""

    def _filtered(self, where: Table | Tail[Any], text: str) -> str:
        problem = where.set_filter(text)
        self.repaint()
        return problem

    def action_back(self) -> None:
        """End the filter of the focused pane."""
        focused = self.focused
        if isinstance(focused, (Table, Tail)) and focused.model.filter_text:
            self._filtered(focused, "")

    def action_actions(self) -> None:
        """Every action on the selected row, those with a key first; dimmed ones say why."""
        target = self.selected()
        choices = sorted((self._choice(a, target) for a in in_order()), key=lambda choice: bool(choice.reason))
        title = f"actions on {target_name(target) or 'nothing selected'}"
        self.app.push_screen(Picker(title, choices), lambda name: self.change(name, target) if name else None)

    def _choice(self, a: Action, target: Target | None) -> Choice:
        reason = why_not(a, acted_on(a, target), self.core.store.world, self.view) if self.view else ""
        return Choice(id=a.id, text=f"{self.live_key(a.key) or ' '}  {a.title}", reason=reason, also=a.verb)

    def changes(self, view: View, target: Target | None) -> list[Choice]:
        """What the palette offers to change."""
        return changes(self.core.store.world, view, target, self.live_key)

    def action_palette(self) -> None:
        """Everything that can be reached, by name."""
        open_palette(self)

    def action_copy_id(self) -> None:
        """Copy the short id of the selected row."""
        target = self.selected()
        self._copy(target.id.rsplit("/", 1)[-1] if target else "")

    def action_copy_arn(self) -> None:
        """Copy the ARN of the selected row."""
        target = self.selected()
        self._copy(target.id if target else "")

    def action_copy_command(self) -> None:
        """Copy the command line that shows the selected row."""
        target = self.selected()
        call = shown_by(target, self.core.config.names.cluster) if target else None
        self._copy(aimed(as_cli(call), self.core.store.world.identity.value) if call else "")

    def copy_text(self, text: str) -> None:
        """Copy a text and say what became of it."""
        self._copy(text)

    def _copy(self, text: str) -> None:
        if not text:
            self.say("copy: select a service or task (tab)")
            return
        self.run_worker(self._copied(text), exit_on_error=False)

    async def _copied(self, text: str) -> None:
        self.say(f"{await copy(self.app, text)}: {text}")

    def action_mouse(self) -> None:
        """The mouse on, or off again."""
        self.say(turn_mouse(self.app, self.live_key("M")))

    def action_login(self) -> None:
        """Log in again; address and code stand in the cause row."""
        self.run_worker(self._logged_in(), exclusive=True, group="login", exit_on_error=False)

    async def _logged_in(self) -> None:
        self.say(await self.core.login(self.say))

    def action_incident(self) -> None:
        """Declare an incident, or add to the open one."""
        Duty(self.app, self.core, self.view, self.say, self._waiting).ask()

    def _waiting(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, exit_on_error=False)

    def action_quit(self) -> None:
        """Quit; asks while a change is followed, an incident or a tunnel is open."""
        following = [f for f in self.core.store.world.follows if f.open]
        incident = open_incident(self.core.store.world)
        tunnels = [t for t in self.core.store.world.tunnels if t.live]
        if self.core.player is not None or (not following and incident is None and not tunnels):
            self.app.exit(0)
            return
        waiting = ", ".join(f.follow.did for f in following if f.follow.kind == "steps")
        names = ", ".join(f"{f.follow.kind} {f.follow.part}" for f in following if f.follow.kind != "steps")
        goes_on = f"{names} goes on in AWS and is followed again at the next start" if names else ""
        ends = f"the calls of {waiting} that were not sent yet are NOT sent" if waiting else ""
        stands = "the incident stays open in the journal" if incident is not None else ""
        shut = f"{len(tunnels)} tunnel{'s are' if len(tunnels) > 1 else ' is'} closed" if tunnels else ""
        choices = [Choice(id="", text="stay"), Choice(id="leave", text="quit")]
        about = tuple(f"quit: {said}" for said in (ends, goes_on, stands, shut) if said)
        title = "a change is being followed" if following else f"an incident is open: {incident.title}" if incident else "a tunnel is open"
        self.app.push_screen(Picker(title, choices, about=about), lambda chosen: self.app.exit(0) if chosen == "leave" else None)


def shown_by(target: Target, cluster: str) -> Call:
    """The read that shows a target on the command line."""
    name = target.id.rsplit("/", 1)[-1]
    if target.kind == "database":
        return Call("rds", "DescribeDBInstances", {"DBInstanceIdentifier": target.id})
    if target.kind == "snapshot":
        return Call("rds", "DescribeDBSnapshots", {"DBSnapshotIdentifier": target.id})
    if target.kind == "cache":
        return Call("elasticache", "DescribeReplicationGroups", {"ReplicationGroupId": target.id})
    if target.kind == "secret":
        return Call("secretsmanager", "DescribeSecret", {"SecretId": target.id})
    if target.kind == "image":
        return Call("ecr", "DescribeImages", {"repositoryName": target.part, "imageIds": [{"imageDigest": target.id}]})
    if target.kind == "service":
        return Call("ecs", "DescribeServices", {"cluster": cluster, "services": [name]})
    return Call("ecs", "DescribeTasks", {"cluster": cluster, "tasks": [name]})
