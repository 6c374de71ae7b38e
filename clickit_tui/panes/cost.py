"""The rows of the Cost screen: the month beside the runbook's, what would save, autoscaling, log groups, what was billed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clickit_tui.actions.sleep import resting_words
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit, middle
from clickit_tui.world import prices
from clickit_tui.world.bill import Bill, Item, Saving, bill, savings
from clickit_tui.world.money import LogGroup, Spend
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.scalein import Scaling, judged
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World

NAME, MONEY, BAR = 18, 9, 8
"""Cells of a row's name, of an amount, of the bar of its share."""


def cost_rows(world: World, view: View, width: int, every: bool = False) -> list[Row]:
    """Every section of the screen, one line a row."""
    found = bill(world)
    return [
        *_environment(world, view, width),
        *_month(found, view, width),
        *_savings(savings(world, found), width),
        *_scaling(world, view, width),
        *_logs(world, view, width),
        *_billed(world, view, width, every),
    ]


def head(text: str, width: int, columns: str = "") -> Row:
    """The title of a section; no cursor can mean anything by it."""
    return Row(key="", spans=(Span(fit(f" {text}", NAME + 1), "title"), Span(fit(columns, width - NAME - 1), "dim")), search=" ")


def dollars(value: float | None) -> str:
    """`$ 101.47` right-aligned; `?` when it is not known."""
    return fit("?" if value is None else f"{value:,.2f}", MONEY, right=True)


def _environment(world: World, view: View, width: int) -> list[Row]:
    if world.services.value is None:
        word, look = _blind(world.services, view)
    else:
        told = resting_words(world, view.facts)
        word, look = told or "awake", "warn" if "; but" in told else "plain"
    return [Row(key="environment:", spans=(Span(fit(f" {world.env}", NAME), "bold"), Span(fit(word, width - NAME), look)))]


def _blind(seen: Seen[Any], view: View) -> tuple[str, Look]:
    return (f"{view.mark('UNKNOWN')} {reason(seen.fault)}", "unknown") if seen.fault else ("loading…", "dim")


def _month(found: Bill, view: View, width: int) -> list[Row]:
    columns = f"{fit('runbook', MONEY, right=True)}{fit('now', MONEY, right=True)}  {fit('share', BAR)} made of ({prices.PRICED})"
    rows = [head("$ a month", width, columns)]
    rows += [_item(item, found.total, view, width) for item in found.items]
    unknown = f"at least: {', '.join(name.strip() for name in found.unknown)} unknown" if found.unknown else _difference(found)
    total = (
        Span(fit(" total", NAME), "bold"),
        Span(dollars(found.runbook) if found.runbook is not None else " " * MONEY, "dim"),
        Span(dollars(found.total), "bold"),
        Span(" " * (BAR + 3)),
        Span(fit(unknown, width - NAME - 2 * MONEY - BAR - 3), "unknown" if found.unknown else "plain"),
    )
    return [*rows, Row(key="bill:total", spans=total)]


def _difference(found: Bill) -> str:
    if not found.runbook:
        return "the runbook has no table for this environment"
    more = found.total - found.runbook
    return f"{'+' if more >= 0 else '−'} ${abs(more):.0f} ({100 * more / found.runbook:+.0f} %) to the runbook"


def _item(item: Item, total: float, view: View, width: int) -> Row:
    spans = (
        Span(fit(f" {item.name}", NAME)),
        Span(dollars(item.runbook) if item.runbook is not None else " " * MONEY, "dim"),
        Span(dollars(item.month), "plain" if item.month is not None else "unknown"),
        Span("  " + fit(bar(item.month or 0.0, total, view), BAR) + " ", "dim"),
        Span(fit(item.how, width - NAME - 2 * MONEY - BAR - 3), "dim" if item.month is not None else "unknown"),
    )
    return Row(key=f"bill:{item.id}", spans=spans)


def bar(part: float, whole: float, view: View) -> str:
    """The share as a bar: full width is half of the month, so that the small ones can be told apart."""
    if part <= 0 or whole <= 0:
        return ""
    full = view.glyphs.blocks[-1]
    return full * max(1, min(BAR, round(2 * BAR * part / whole)))


def _savings(found: Iterable[Saving], width: int) -> list[Row]:
    rows = [
        Row(
            key=f"saving:{saving.text}",
            spans=(
                Span(fit("", NAME + MONEY)),
                Span(dollars(None if saving.month is None else -saving.month)),
                Span("  "),
                Span(fit(saving.text, width - NAME - 2 * MONEY - 2)),
            ),
        )
        for saving in found
    ]
    return [head("would save", width), *rows] if rows else []


LEVELS: dict[str, tuple[str, Look]] = {"ok": ("PASS", "plain"), "warn": ("WARN", "warn"), "unknown": ("UNKNOWN", "unknown")}


def _scaling(world: World, view: View, width: int) -> list[Row]:
    top = head("autoscaling", width)
    if world.scaling.value is None:
        word, look = _blind(world.scaling, view)
        return [top, Row(key="", spans=(Span(" " * NAME), Span(word, look)))]
    if not world.scaling.value:
        return [
            top,
            Row(key="", spans=(Span(fit(f" {view.mark('NONE')} none", NAME), "dim"), Span("no service has a scalable target", "dim"))),
        ]
    return [top, *(_target(world, target, view, width) for target in world.scaling.value)]


def _target(world: World, target: ScalableTarget, view: View, width: int) -> Row:
    service = next((each for each in world.services.value or () if each.part == target.part), None)
    desired = "?" if service is None or service.desired is None else service.desired
    bounds = f"{_count(target.minimum)}–{_count(target.maximum)}, desired {desired}"
    first: Scaling = judged(world, target, view.now)[0]
    verdict, look = LEVELS[first.level]
    key = f"service:{service.arn or service.name}" if service is not None else f"scaling:{target.part}"
    spans = (
        Span(fit(f" {target.part}", NAME)),
        Span(fit(bounds, 2 * MONEY + 2)),
        Span(fit(f"{view.mark(verdict)} {first.words}", width - NAME - 2 * MONEY - 2), look),
    )
    return Row(key=key, spans=spans)


def _count(value: int | None) -> str:
    return "?" if value is None else str(value)


def _logs(world: World, view: View, width: int) -> list[Row]:
    top = head("log groups", width, f"{fit('$/month', 2 * MONEY, right=True)}  kept, in a day, retention")
    if world.log_groups.value is None:
        word, look = _blind(world.log_groups, view)
        return [top, Row(key="", spans=(Span(" " * NAME), Span(word, look)))]
    return [top, *(_group(world, group, width) for group in world.log_groups.value)]


def group_month(world: World, group: LogGroup) -> tuple[float | None, float | None]:
    """(dollars a month, bytes taken in a day) of a log group; None what is not known."""
    taken = dict(world.usage.value.ingested).get(group.name) if world.usage.value else None
    if taken is None or group.stored_bytes is None:
        return None, taken
    return taken / prices.GB * prices.DAYS * prices.LOG_GB + group.stored_bytes / prices.GB * prices.LOG_GB_MONTH, taken


def _group(world: World, group: LogGroup, width: int) -> Row:
    month, taken = group_month(world, group)
    kept = "?" if group.stored_bytes is None else f"{group.stored_bytes / prices.GB:.2f} GB"
    day = "?" if taken is None else f"{taken / 1e6:.0f} MB"
    forever = group.retention_days is None
    spans = (
        Span(fit(f" {middle(group.part or group.name, NAME - 2)}", NAME)),
        Span(fit("", MONEY)),
        Span(dollars(month), "plain" if month is not None else "unknown"),
        Span(f"  {fit(kept, 9, right=True)} {fit(day, 8, right=True)}  "),
        Span(
            fit("! never expires" if forever else f"{group.retention_days} days", width - NAME - 2 * MONEY - 22),
            "warn" if forever else "plain",
        ),
    )
    return Row(key=f"log group:{group.name}", spans=spans, search=f"log group {group.name}")


def _billed(world: World, view: View, width: int, every: bool) -> list[Row]:
    found = world.spend.value
    top = head("billed", width)
    if found is None:
        word, look = (_blind(world.spend, view)[0], "unknown") if world.spend.fault else ("b asks Cost Explorer: $0.01 a page", "dim")
        return [top, Row(key="spend:", spans=(Span(" " * NAME), Span(fit(word, width - NAME), look)))]  # type: ignore[arg-type]
    return [top, *_services(found, width, every)]


def _services(found: Spend, width: int, every: bool) -> list[Row]:
    of = found.tag or "the whole account"
    text = f"{found.start} to {found.end}, {of}"
    rows = [Row(key="spend:", spans=(Span(fit(" 30 days", NAME + MONEY)), Span(dollars(found.total), "bold"), Span(f"  {text}")))]
    shown = found.services if every else found.services[:5]
    for name, amount in shown:
        rows.append(
            Row(
                key=f"spend:{name}",
                spans=(Span(" " * (NAME + MONEY)), Span(dollars(amount)), Span(fit(f"  {name}", width - NAME - 2 * MONEY))),
            )
        )
    return rows


def cost_lines(world: World, view: View, key: str | None) -> list[Spans]:
    """The row under the cursor in words."""
    kind, _, rest = (key or "").partition(":")
    if kind == "bill":
        return _item_lines(bill(world), rest)
    if kind == "saving":
        return [(Span(f" {rest}: {saving.how}"),) for saving in savings(world, bill(world)) if saving.text == rest]
    if kind == "service":
        part = next((s.part for s in world.services.value or () if rest in (s.arn, s.name)), "")
        return _target_lines(world, part, view)
    if kind == "log group":
        return _group_lines(world, rest)
    if kind == "spend" and world.spend.value is not None:
        return [(Span(f" {world.spend.value.note}"),), (Span(f" asked {view.moment(world.spend.value.asked_at)}; kept for a day"),)]
    if kind == "environment":
        return [(Span(" a: sleep and wake (refused in a protected environment). Counts are remembered in a tag of each service."),)]
    return []


def _item_lines(found: Bill, id: str) -> list[Spans]:
    item = found.item(id)
    if item is None:
        return [(Span(" Computed from what runs now, at public prices. Data transfer between zones and tax are in none of the rows."),)]
    lines: list[Spans] = [(Span(f" {item.name.strip()}: {item.how}"),)]
    if item.runbook is not None and item.month is not None:
        lines.append((Span(f" runbook ${item.runbook:g}, now ${item.month:.2f}: {item.month - item.runbook:+.2f}"),))
    return [*lines, (Span(f" why it differs: {item.why}"),)] if item.why else lines


def _target_lines(world: World, part: str, view: View) -> list[Spans]:
    target = next((each for each in world.scaling.value or () if each.part == part), None)
    if target is None:
        return []
    lines: list[Spans] = [
        (Span(f" {view.mark(LEVELS[each.level][0])} {each.words}", LEVELS[each.level][1]),) for each in judged(world, target, view.now)
    ]
    lines.append((Span(f" policies: {', '.join(target.policies) or 'none'}   suspended: {', '.join(target.suspended) or 'nothing'}"),))
    own = [each for each in world.scaling_activities.value or () if each.part == part][:5]
    for each in own:
        at = view.moment(each.at) if each.at is not None else "?"
        lines.append((Span(f" {at}  {each.description} {each.status}  {each.cause}"),))
    if not own:
        known = world.scaling_activities.value is not None
        lines.append(
            (Span(" no activity in the last six weeks" if known else " its activities were not read", "dim" if known else "unknown"),)
        )
    return lines


def _group_lines(world: World, name: str) -> list[Spans]:
    group = next((each for each in world.log_groups.value or () if each.name == name), None)
    if group is None:
        return []
    kept = (
        "never expires: it grows without end" if group.retention_days is None else f"events are deleted after {group.retention_days} days"
    )
    month, _ = group_month(world, group)
    price = "its price is not known" if month is None else f"${month:.2f} a month at today's rate ({prices.PRICED})"
    return [(Span(f" {name}: {kept}; {price}"),), (Span(" a: set its retention. What is older is deleted then, for good."),)]
