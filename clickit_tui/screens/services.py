"""Screen 2: services in depth, stopped tasks by cause, migrations; and the keys that act on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import change_hints, look_hints
from clickit_tui.panes.services_compare import service_under
from clickit_tui.panes.services_detail import log_part, log_task
from clickit_tui.panes.services_panes import DetailPane, TreePane
from clickit_tui.panes.view import View
from clickit_tui.screens.comparing import Details
from clickit_tui.screens.keys import binding
from clickit_tui.screens.rows import RowsBoard
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.table import Table
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.follow import Follow
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World

OPENING = ("service", "deployment", "past", "stops", "task")
"""Kinds of rows that enter opens; on the others it shows what is known."""
HINTS = (
    ("enter", "open"), ("v", "view"), ("d", "details"), ("l", "log"), ("f", "follow"), (".", "all stops"),
    ("/", "filter"), ("a", "actions"), (":", "palette"), ("?", "help"), ("q", "quit"),
)  # fmt: skip


def meant(key: str | None, world: World) -> str:
    """The key of the service or task that a row stands for: a deployment means its service, a container its task."""
    kind, _, rest = (key or "").partition(":")
    if kind == "container":
        return f"task:{rest.split('#', 1)[0]}"
    if kind == "deployment":
        found = next((s for s in world.services.value or () if any(d.id == rest for d in s.deployments)), None)
        return f"service:{found.arn or found.name}" if found else ""
    return key or ""


class ServicesScreen(RowsBoard):
    """A tree of services over what is known of the selected row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("v", "turn", "services_view", "what is listed: services, stopped tasks by cause, migrations"),
        binding("full_stop", "hidden", "services_hidden", "show what is hidden: stops that are no failure"),
        binding("l", "its_log", "services_log", "the last 50 lines of the task's own stream, also of a stopped one"),
        binding("f", "follow", "services_follow", "follow the service's deployment to its end, whoever began it"),
        binding("z", "zoom", "services_zoom", "the focused pane fills the screen; again: back"),
    ]

    name_shown = "Services"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.listing, self.detail = TreePane(), DetailPane()
        self._turned = False
        """The rows were changed by hand, so that the cursor's new row counts as chosen."""

    @property
    def services(self) -> TreePane:
        """The pane with the rows that changes act on."""
        return self.listing

    def content(self) -> Iterable[Widget]:
        yield self.listing
        yield self.detail

    def on_mount(self) -> None:
        """Focus starts in the tree."""
        self.listing.table.focus()

    def show(self, world: World, view: View) -> None:
        self.detail.key = self.listing.table.cursor_key
        super().show(world, view)
        hints = change_hints(world, view, self.selected())
        looks = look_hints(self.places, self.name_shown)[: len(self.places)]
        own = (KeyHint(key=key, word=word) for key, word in HINTS)
        self.keys.show(
            self.live_hints([*looks, *own]), self.live_hints(hints), note=self.foot("read-only: keys dimmed" if view.read_only else "")
        )

    def open(self, what: str) -> None:
        """Go to the row of a service or task, opening what it lies in."""
        if self.view is not None and self.listing.reveal(self.core.store.world, self.view, what):
            self.repaint()
        self.select(what)

    # --- the selection ---

    def selected(self) -> Target | None:
        """The service or task that the row under the cursor stands for; nothing when the cursor got there by itself."""
        world = self.core.store.world
        key = self.listing.table.cursor_key or ""
        found = self.selection.target(meant(key, world), world)
        own = key.partition("#")[2] if key.startswith("container:") else ""
        return msgspec.structs.replace(found, container=own) if found is not None and own else found

    def on_table_moved(self, event: Table.Moved) -> None:
        """Another row: its details, and the log of a stopped task."""
        if event.table is not self.listing.table:
            return
        self.moved(event, lost=event.lost and not self._turned)
        self._turned = False
        task = log_task(self.core.store.world, event.key)
        if task is not None and (task.stopped or task.part == "migration"):
            self._read_log(task)
        self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Enter opens and shuts a row; where there is nothing to open it shows what is known."""
        if self.took_up():
            return
        if event.key.partition(":")[0] in OPENING and self.listing.looking.view != "migrations":
            self.listing.toggle(event.key)
        else:
            self.action_details()
        self.repaint()

    # --- the keys ---

    def action_turn(self) -> None:
        """The next view."""
        self.listing.turn()
        self._changed_by_hand()

    def _changed_by_hand(self) -> None:
        """Show other rows; where the cursor then is was asked for."""
        before = self.listing.table.cursor_key
        self.repaint()
        self._turned = self.listing.table.cursor_key != before

    def action_hidden(self) -> None:
        """Show or hide stops that are no failure."""
        looking = self.listing.looking
        self.listing.looking = msgspec.structs.replace(looking, hidden=not looking.hidden)
        self._changed_by_hand()

    def action_details(self) -> None:
        """What is known of the row under the cursor, as a page; on a deployment with what differs; from it any two revisions."""
        key = self.listing.table.cursor_key
        kept = DetailPane()
        kept.key, kept.logs = key, self.detail.logs

        def lines() -> list[Spans]:
            return list(kept.lines(self.core.store.world, self.view)) if self.view else []

        if not lines():
            self.say("details: select a row (tab)")
            return
        world = self.core.store.world
        name = f"{(key or '').partition(':')[0].replace('-', ' ')}  {badge(world)}"
        service = service_under(world, key)
        if service is None:
            self.page(name, lines)
        else:
            self.app.push_screen(Details(self.core, lambda: self.view, service, key or "", lines, name))

    def action_its_log(self) -> None:
        """The last lines of the task's own stream, as a page; on a service's row of its newest task."""
        task = log_task(self.core.store.world, self.listing.table.cursor_key) or self._newest_task()
        if task is None:
            self.say("log: select a task, a group of stopped tasks or a service (tab)")
            return
        self._read_log(task, again=True)
        self.page(
            f"log of {task.part}/{task.id[:8]}  {badge(self.core.store.world)}",
            lambda: log_part(task, self.view, self.detail.logs.get(task.arn, "reading…")) if self.view else [],
        )

    def _newest_task(self) -> Task | None:
        target = self.selected()
        own = [t for t in self.core.store.world.tasks.value or () if target is not None and t.part == target.part and not t.stopped]
        return max(own, key=lambda t: t.started_at or t.created_at or 0.0, default=None)

    def action_follow(self) -> None:
        """Follow the service's deployment to its end."""
        target = self.selected()
        service = next((s for s in self.core.store.world.services.value or () if target is not None and s.part == target.part), None)
        if service is None or service.primary is None:
            self.say("follow: select a service or one of its deployments (tab)")
        elif self.core.player is not None:
            self.say("follow: a replay shows only what was followed")
        elif not service.rolling:
            self.say(f"follow: no deployment of {service.part} is under way")
        else:
            self.core.follow(follow_of(service, self.core.store.world))
            self.say(f"following the deployment of {service.part}: it goes on when you leave this screen")

    def action_zoom(self) -> None:
        """The focused pane fills the screen; again: back."""
        both = self.listing.display and self.detail.display
        in_detail = self.focused is self.detail.table
        self.listing.display, self.detail.display = not both or not in_detail, not both or in_detail

    # --- logs ---

    def _read_log(self, task: Task, again: bool = False) -> None:
        if again or task.arn not in self.detail.logs or not task.stopped:
            self.detail.logs.setdefault(task.arn, "reading…")
            self.run_worker(self._log(task), group="task log", exclusive=True, exit_on_error=False)

    async def _log(self, task: Task) -> None:
        try:
            self.detail.logs[task.arn] = await self.core.task_log(task)
        except Failed as failed:
            self.detail.logs[task.arn] = failed.fault.sentence
        self.repaint()


def follow_of(service: Service, world: World) -> Follow:
    """What to watch of a deployment that somebody else began."""
    primary = service.primary
    return Follow(
        kind="deployment",
        env=world.env,
        part=service.part,
        service=service.name,
        cluster=service.cluster,
        deployment=primary.id if primary else "",
        desired=service.desired,
        started_at=(primary.created_at or 0.0) if primary else 0.0,
    )
