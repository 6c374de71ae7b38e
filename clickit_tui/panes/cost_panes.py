"""The two panes of the Cost screen as widgets."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.panes.cost import cost_lines, cost_rows
from clickit_tui.panes.listing import AboutPane, ListPane
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Row, Spans
from clickit_tui.world.world import World


class CostListPane(ListPane):
    """The month, savings, autoscaling, log groups, what was billed."""

    name_of = "cost-list"
    reads = frozenset(
        {"services", "tasks", "secrets", "secret_list", "database", "cache", "nat", "balancer", "scaling", "alarms", "log_groups", "usage"}
    )
    heading = "cost"
    help_text = (
        "The month at today's shape, computed from what runs, beside the runbook's own figures; `?` is unknown and never free. A bar that "
        "fills its column is half of the month. a lists what can be done: sleep, wake, autoscaling bounds, log retention. "
        "b asks Cost Explorer what was really billed: that costs a cent a page and is kept for a day."
    )

    def rows(self, world: World, view: View, width: int) -> list[Row]:
        return cost_rows(world, view, width, self.every)


class CostAboutPane(AboutPane):
    """What is known of a row of the Cost screen."""

    name_of = "cost-about"
    reads = frozenset({"scaling", "scaling_activities", "log_groups", "usage"})
    help_text = "The row above in words: what it was computed from, and why it differs from the runbook's figure."

    def lines(self, world: World, view: View) -> Sequence[Spans]:
        return cost_lines(world, view, self.key)
