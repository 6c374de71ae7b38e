"""Sums of the log with Logs Insights: the price first, then the query, then its rows on a page; leaving the page stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.app import App

from clickit_tui.logs.insights import SUMS, Answer, Estimate, Sum, size
from clickit_tui.panes.core import Core
from clickit_tui.ui.cells import Span, Spans, fit, width
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.world.seen import Failed

WINDOWS: tuple[tuple[str, float], ...] = (("1 h", 3_600.0), ("24 h", 86_400.0), ("7 d", 604_800.0))
WIDEST = 60
"""Cells of a column at most, save the last."""


class Sums:
    """One run of the dialog: estimate, choose, ask, show."""

    def __init__(self, app: App[object], core: Core, groups: Sequence[str]) -> None:
        self._app, self._core, self._groups = app, core, list(groups)
        self._answer = Answer(status="Scheduled")
        self._trouble = ""
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Estimate the price of every window and let one query be chosen."""
        now, insights = self._core.facts().now, self._core.insights()
        estimates = [await insights.estimate(self._groups, now - back_s, now) for _, back_s in WINDOWS]
        choices = [
            Choice(id=f"{found.id}:{at}", text=f"{found.title}, last {WINDOWS[at][0]}   {estimate.words()}")
            for at, estimate in enumerate(estimates)
            for found in SUMS
        ]
        title = "Logs Insights, and about what it costs to scan (us-east-1 prices)"
        self._app.push_screen(Picker(title, choices), lambda chosen: self._chosen(chosen, estimates))

    def _chosen(self, chosen: str | None, estimates: Sequence[Estimate]) -> None:
        if chosen is None:
            return
        name, _, at = chosen.rpartition(":")
        wanted = next(found for found in SUMS if found.id == name)
        window, back_s = WINDOWS[int(at)]
        now = self._core.facts().now
        self._running = asyncio.create_task(self._ask(wanted, now - back_s, now))
        page = Page(lambda: answer_lines(self._answer, self._trouble, wanted, estimates[int(at)]), f"{wanted.title}, last {window}")
        self._app.push_screen(page, lambda _: self.stop())

    async def _ask(self, wanted: Sum, start: float, end: float) -> None:
        try:
            self._told(await self._core.insights().ask(wanted.query, self._groups, start, end, self._told))
        except Failed as failed:
            self._trouble = failed.fault.sentence
            self._told(Answer(status="Failed"))

    def _told(self, answer: Answer) -> None:
        self._answer = answer
        if isinstance(self._app.screen, Page):
            self._app.screen.renew()

    def stop(self) -> None:
        """Stop a query that still runs."""
        if self._running is not None:
            self._running.cancel()


def answer_lines(answer: Answer, trouble: str, wanted: Sum, estimate: Estimate) -> list[Spans]:
    """The state of the query, then its rows in columns."""
    scanned = "" if answer.scanned is None else f", {size(answer.scanned)} scanned"
    state = "running, esc stops it" if answer.running else answer.status.lower()
    head: list[Spans] = [
        (Span(f"{state}{scanned}", "warn" if trouble else "plain"), Span(f"   estimated {estimate.words()}", "dim")),
        (Span(wanted.query, "dim"),),
        (),
    ]
    if trouble:
        return [*head, (Span(trouble, "fail"),)]
    if not answer.rows:
        return head if answer.running else [*head, (Span("nothing matched", "dim"),)]
    return [*head, *table(answer)]


def table(answer: Answer) -> list[Spans]:
    """Rows in columns as wide as their widest value; numbers to the right, and the widest column last."""
    widths = [max(width(name), *(width(row[i]) for row in answer.rows)) for i, name in enumerate(answer.names)]
    order = sorted(range(len(widths)), key=lambda i: widths[i] > WIDEST)
    order = order if any(w > WIDEST for w in widths) else sorted(order, key=lambda i: widths[i] == max(widths))
    numbers = [all(_number(row[i]) for row in answer.rows if row[i]) for i in range(len(widths))]

    def line(cells: Sequence[str]) -> str:
        shown = [fit(cells[i], min(WIDEST, widths[i]), right=numbers[i]) if i != order[-1] else cells[i] for i in order]
        return "  ".join(shown)

    return [(Span(line(answer.names), "title"),), *((Span(line(row)),) for row in answer.rows)]


def _number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()
