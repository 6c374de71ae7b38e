"""The page of a row of the Services screen, and from it the difference between any two revisions of the service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.services_compare import compared, family, known_revisions, revision_choices, suggested
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Picker
from clickit_tui.world.ecs import Service, TaskDefinition, revision
from clickit_tui.world.seen import Failed


class Details(Page):
    """What is known of a row of one service; `d` compares two revisions of its task definition."""

    leave = (("page.compare", "compare revisions"), ("page.leave", "leave"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d", "compare", "compare", show=False, id="page.compare", tooltip="compare any two revisions of the service, over its details"
        )
    ]

    def __init__(
        self, core: Core, seen: Callable[[], View | None], service: Service, key: str, lines: Callable[[], Sequence[Spans]], title: str
    ) -> None:
        super().__init__(lines, title)
        self._core, self._seen, self._service, self._key = core, seen, service, key
        self._listed: tuple[str, ...] = ()
        self._unlisted = "registered revisions are being listed"
        """Why revisions may be missing from the list; empty when none are."""
        self._read: dict[str, TaskDefinition | str] = {}

    def on_mount(self) -> None:
        """Draw, and ask which revisions are registered."""
        super().on_mount()
        self.run_worker(self._list(), exit_on_error=False)

    async def _list(self) -> None:
        try:
            listed, every = await self._core.task_definitions(family(self._service.task_definition).rpartition("/")[2])
            self._listed, self._unlisted = tuple(listed), "" if every else f"the newest {len(listed)}"
        except Failed as failed:
            self._unlisted = failed.fault.sentence

    def action_compare(self) -> None:
        """Ask for the first revision."""
        old, _ = suggested(self._core.store.world, self._service, self._key)
        self._ask("from which revision", "", old, self._from)

    def _ask(self, word: str, without: str, at: str, then: Callable[[str | None], None]) -> None:
        world, view = self._core.store.world, self._seen()
        if view is None:
            return
        arns = [arn for arn in known_revisions(world, self._service, self._listed) if arn != without]
        partly = f"  not all: {self._unlisted}" if self._unlisted else ""
        choices = revision_choices(world, view, self._service, arns)
        self.app.push_screen(Picker(f"compare {self._service.part}: {word}{partly}", choices, at, badge=badge(world)), then)

    def _from(self, old: str | None) -> None:
        if old:
            _, new = suggested(self._core.store.world, self._service, self._key)
            self._ask(f"from :{revision(old)} to which", old, new, lambda chosen: self._show(old, chosen))

    def _show(self, old: str, new: str | None) -> None:
        if not new:
            return
        world = self._core.store.world
        page = Page(
            lambda: compared(self._core.store.world, self._read, old, new),
            f"{self._service.part} :{revision(old)} → :{revision(new)}  {badge(world)}",
        )
        self.app.push_screen(page)
        known = {d.arn for d in world.definitions.value or ()}
        page.run_worker(self._fill([arn for arn in (old, new) if arn not in known], page), exit_on_error=False)

    async def _fill(self, arns: Sequence[str], page: Page) -> None:
        """Read what the World does not hold."""
        for arn in arns:
            try:
                self._read[arn] = await self._core.task_definition(arn)
            except Failed as failed:
                self._read[arn] = failed.fault.sentence
        page.renew()
