"""Screen 8: what tasks are made of: secrets and images."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.actions.registry import Action, Target, actions
from clickit_tui.panes.core import Core
from clickit_tui.panes.listing import SupplyAboutPane, SupplyListPane
from clickit_tui.panes.palette import KEYS, NAMED
from clickit_tui.panes.view import View
from clickit_tui.screens.change import change
from clickit_tui.screens.keys import binding
from clickit_tui.screens.listing import ListingScreen
from clickit_tui.ui.picker import Choice
from clickit_tui.world.ecs import Service
from clickit_tui.world.revisions import Candidate, candidates
from clickit_tui.world.world import World


class SupplyScreen(ListingScreen):
    """Secrets and images."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "supply_hidden", "show what is folded away: older images"),
    ]
    name_shown = "Supply"

    def __init__(self, core: Core) -> None:
        super().__init__(core, SupplyListPane(), SupplyAboutPane())

    def change(self, name: str, selected: Target | None) -> None:
        """On an image, rolling back means: to a revision that ran this very image."""
        if name != "rollback" or selected is None or selected.kind != "image":
            super().change(name, selected)
            return
        found = ways_back(self.core.store.world, selected.id)
        if not found:
            self.say("roll back: no earlier revision that is known ran this image")
            return
        service, candidate = found[0]
        rollback = next(a for a in actions() if a.id == "rollback")
        to = Target(kind="service", part=service.part, id=service.arn or service.name)
        self._open(change(self.app, self.core, rollback, to, candidate.id))

    def possible(self, world: World, view: View) -> str:
        """An image's one change goes by way of a service's revision."""
        target = self.selected()
        back = target is not None and target.kind == "image" and not view.read_only and ways_back(world, target.id)
        return "roll back to it" if back else super().possible(world, view)

    def _choice(self, a: Action, target: Target | None) -> Choice:
        choice = super()._choice(a, target)
        if a.id != "rollback" or target is None or target.kind != "image":
            return choice
        back = ways_back(self.core.store.world, target.id)
        return Choice(id=choice.id, text=f"{choice.text}, with this image", reason="" if back else "no known revision ran it")

    def changes(self, view: View, target: Target | None) -> list[Choice]:
        choices = super().changes(view, target)
        if target is None or target.kind != "image":
            return choices
        found = ways_back(self.core.store.world, target.id)
        own = f"roll back {found[0][0].part}" if found else "roll back"
        text = f"{self.live_key('B'):<{KEYS}}  {own:<{NAMED}}  Roll a service back, with this image"
        back = Choice(id="change:rollback", kind="change", text=text, reason="" if found else "no known revision ran it")
        others = [choice for choice in choices if choice.id != back.id]
        return [back, *others] if found else [*others, back]


def ways_back(world: World, digest: str) -> list[tuple[Service, Candidate]]:
    """(service, revision that it could go back to) of the revisions that ran an image, those on offer first."""
    services = world.services.value or ()
    found = [(s, c) for s in services for c in candidates(world, s) if any(i.digest == digest for i in c.images)]
    return sorted(found, key=lambda pair: not pair[1].offered)
