"""What follows when a plan opened a session: the terminal handed over, and back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from clickit_tui.actions.database_questions import NO_PSQL, NO_SLOT
from clickit_tui.actions.port_forward import ssh_line
from clickit_tui.actions.reaching import IDLE_S, candidates
from clickit_tui.actions.registry import Action, Target
from clickit_tui.checks.preflight import preflight, stopper
from clickit_tui.logs.mask import mask
from clickit_tui.panes.identity import badge
from clickit_tui.panes.reach_pages import ending, output_page, preflight_page
from clickit_tui.panes.view import steps
from clickit_tui.plan import Hidden, Opening, Refused
from clickit_tui.reach.capture import Captured, Output
from clickit_tui.reach.plugin import variables, without_session
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.child import Ended, Lent, Words
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.world.machine import Tunnel
from clickit_tui.world.seen import Failed

if TYPE_CHECKING:
    from clickit_tui.screens.keys import Keys

SHORT_S = 3.0
"""A session that ended sooner, or that failed, shows its last lines."""
WARN_S = 120.0
"""With so much left of a session without a key it is said in the session itself."""
EVERY_S, WAITS_S = 3.0, 120.0
"""How often, and how long at most, it is looked whether an agent has started."""


_NO_SHELL = re.compile(r"(?i)(?:unable to start|fork/exec|exec:|exec failed).*(?:no such file|not found)")
"""How an agent says that it could not start a command."""


def begin(screen: Keys, lent: Lent | None, opening: Opening, grant: Hidden) -> None:
    """Begin what a granted session is for; the screen is where one comes back to."""
    if opening.kind == "tunnel":
        screen.app.run_worker(tunnel(screen, opening, grant), group="reach")
    elif opening.kind == "command":
        screen.app.run_worker(command(screen, opening, grant), group="reach")
    elif opening.kind == "questions":
        ask(screen, opening)
    elif lent is not None:
        screen.app.run_worker(shell(screen, lent, opening, grant), group="reach")


async def shell(screen: Keys, lent: Lent, opening: Opening, grant: Hidden) -> None:
    """Hand the terminal over to the session, and say how it ended."""
    place = badge(screen.core.store.world)
    try:
        call = await screen.core.shells.invocation(grant, opening)
    except Failed as failed:
        screen.say(f"{opening.program}: {failed.fault.sentence}")
        return
    if not screen.is_active:  # what is typed into a dialog must not go to a shell
        screen.say(f"{opening.program}: a dialog was opened meanwhile, the session was not begun")
        return

    async def over(ended: Ended) -> None:
        if not ended.problem:
            await screen.core.note(f"{opening.program} in {opening.name}: {how(ended)}")

    ended = await lent.run(
        call.argv, variables(call), Words(banner(opening, place), lambda idle_s: title(opening, place, idle_s), warning, over)
    )
    screen.core.refresh(("tasks",))
    said = f"{opening.program} in {opening.name}: {how(ended)}"
    screen.say(said)
    if ended.problem or (ended.lasted_s < SHORT_S and not ended.left) or (ended.code or 0) != 0:
        lines = last_lines([mask(without_session(line, grant)) for line in ended.last])
        screen.page(said, lambda: lines)


def banner(opening: Opening, place: str) -> str:
    """What is said before the session; line breaks are plain ones."""
    told = f"\n  {opening.told}" if opening.told else ""
    return (
        f"\n  {place}\n  {opening.program} in {opening.name}, as root{told}"
        f"\n  Enter ~ . leaves; it ends by itself after {IDLE_S / 60:.0f} minutes without a key:"
        f"\n  the title of this window counts down, a line here warns {WARN_S / 60:.0f} minutes before\n"
    )


def title(opening: Opening, place: str, idle_s: float) -> str:
    """The window's title: where one is and how long the session still lasts without a key; that first when it is not long."""
    left = max(0, int(IDLE_S - idle_s))
    what = f"{place}  {opening.program} {opening.name}"
    return f"{what}  ends in {left // 60} m" if left > WARN_S else f"ENDS IN {left} s  {what}"


def warning(idle_s: float) -> str:
    """What is said in the session shortly before ECS ends it; empty before that."""
    left = int(IDLE_S - idle_s)
    return f"  [clickit-tui: no key for long, the session ends in {left} s; ctrl+l draws the line again]" if left <= WARN_S else ""


def how(ended: Ended) -> str:
    """How a session ended, in few words. The plugin's exit code says nothing when it is 0."""
    if ended.problem:
        return ended.problem
    lasted = lasting(ended.lasted_s)
    if ended.with_app:
        return f"ended with this program {lasted}"
    if ended.left:
        return f"left {lasted}; ECS ends the session within {IDLE_S / 60:.0f} minutes"
    if ended.code is not None and ended.code < 0:
        return f"the plugin was killed {lasted} (signal {-ended.code})"
    if ended.code:
        return f"the plugin failed {lasted} (exit code {ended.code})"
    return f"ended {lasted}"


def lasting(seconds: float) -> str:
    """`after 5 s`."""
    return f"after {seconds:.0f} s" if seconds < 120 else f"after {seconds / 60:.0f} m"


def last_lines(said: Sequence[str]) -> list[Spans]:
    """The session's last lines, and what they likely mean."""
    lines: list[Spans] = [(Span(line),) if line else () for line in said] or [(Span("it said nothing", "dim"),)]
    if any(_NO_SHELL.search(line) for line in said):
        lines += [(), (Span("likely: there is neither bash nor sh in this image", "warn"),)]
    return lines


# --- a command ---


async def command(screen: Keys, opening: Opening, grant: Hidden, title: str = "") -> Captured | None:
    """Run a granted command with its output on a page, masked as the log is; None when it could not be run."""
    one = screen.core.shells.keep(f"{title or opening.told or 'command'} in {opening.name}")
    page = Page(lambda: output_page(one.captured), one.title)

    def told(captured: Captured) -> None:
        lines = tuple(mask(without_session(line, grant)) for line in captured.lines)
        one.captured = msgspec.structs.replace(captured, lines=lines)
        if isinstance(shown := screen.app.screen, Page):
            shown.renew()

    def left(_: None) -> None:
        if not one.captured.over:
            screen.say(f"{one.title}: still running, `:` then outputs shows it again")

    await screen.app.push_screen(page, left)
    try:
        answer = await screen.core.shells.run(grant, opening, told)
    except Failed as failed:
        answer = Captured(over=True, problem=failed.fault.sentence)
    told(answer)
    if not isinstance(screen.app.screen, Page):
        screen.say(f"{one.title}: {ending(one.captured)}, `:` then outputs shows it")
    return answer


def outputs(screen: Keys) -> None:
    """Choose one of the commands whose output is kept."""
    kept = screen.core.shells.outputs
    if not kept:
        screen.say("no command was run in this session: `:` then run")
        return
    rows = [Choice(id=str(i), text=said(one, screen.core.facts().now)) for i, one in enumerate(kept)]

    def picked(id: str | None) -> None:
        if id:
            one = kept[int(id)]
            screen.page(one.title, lambda: output_page(one.captured))

    screen.app.push_screen(Picker("outputs, the newest first", rows), picked)


def said(one: Output, now: float) -> str:
    """`exit code 0, 4 m ago: id in api/8f3a21bc api`."""
    return f"{ending(one.captured)}, begun {steps(now - one.began_at)} ago: {one.title}"


# --- tunnels ---


async def tunnel(screen: Keys, opening: Opening, grant: Hidden) -> None:
    """Open a granted tunnel and say how it is used."""
    screen.say(f"tunnel to {opening.to}: opening port {opening.local_port}")
    try:
        opened = await screen.core.shells.tunnel(grant, opening)
    except Failed as failed:
        screen.say(f"tunnel to {opening.to}: {failed.fault.sentence}")
        return
    if opened.state != "open":
        screen.say(f"tunnel to {opening.to}: {opened.said or opened.state}")
        return
    screen.say(f"tunnel to {opening.to} is open on 127.0.0.1:{opened.local_port}: `:` then tunnels copies its line or closes it")
    if screen.is_active:  # never over a dialog into which somebody types
        chosen(screen, opened)


def tunnels(screen: Keys) -> None:
    """Choose one of the open tunnels."""
    live = [t for t in screen.core.store.world.tunnels if t.live]
    if not live:
        screen.say("no tunnel is open: P opens one")
        return
    rows = [Choice(id=t.id, text=words(t, screen.core.facts().now)) for t in live]

    def picked(id: str | None) -> None:
        for one in live:
            if one.id == id:
                chosen(screen, one)

    screen.app.push_screen(Picker("tunnels", rows), picked)


def chosen(screen: Keys, one: Tunnel) -> None:
    """What can be done with a tunnel."""
    facts = screen.core.facts()
    rows, about = [Choice(id="copy", text="copy this line")], [one.ready]
    if facts.machine.remote:
        rows = [
            Choice(id="copy", text="copy the first line"),
            Choice(id="ssh", text="copy the second: it reaches the port from your machine"),
        ]
        about.append(ssh_line(one.local_port, facts))
    rows.append(Choice(id="close", text="close the tunnel"))

    def picked(id: str | None) -> None:
        if id == "close":
            screen.app.run_worker(closed(screen, one), group="reach")
        elif id:
            screen.copy_text(one.ready if id == "copy" else ssh_line(one.local_port, facts))

    screen.app.push_screen(Picker(f"tunnel 127.0.0.1:{one.local_port} to {one.to}", rows, about=about), picked)


async def closed(screen: Keys, one: Tunnel) -> None:
    """Close a tunnel."""
    await screen.core.shells.close_tunnel(one.id)
    screen.say(f"tunnel to {one.to} is closed")


def words(one: Tunnel, now: float) -> str:
    """`database 127.0.0.1:15432 through api/8f3a21bc, open, 4 m`."""
    place = one.part + "/" + one.task.rsplit("/", 1)[-1][:8]
    return f"{one.to} 127.0.0.1:{one.local_port} through {place}, {one.state}, {steps(now - one.opened_at)}"


# --- questions ---


def ask(screen: Keys, opening: Opening) -> None:
    """Choose one of the questions that were agreed to; each is sent and journalled as a call of its own."""
    found = screen.core.shells.agreed(opening.task)
    if found is None:
        screen.say("questions: the list was open for 15 minutes; Q opens it again")
        return
    plan, left_s = found
    rows = [Choice(id=str(i), text=step.words) for i, step in enumerate(plan.steps)]
    title = f"ask from {opening.name}, {int(left_s // 60)} m left"

    def picked(id: str | None) -> None:
        if id:
            screen.app.run_worker(asked(screen, opening, int(id)), group="reach")

    screen.app.push_screen(Picker(title, rows, badge=badge(screen.core.store.world)), picked)


async def asked(screen: Keys, opening: Opening, number: int) -> None:
    """Send one question, show its answer; where the database or the image cannot answer, Performance Insights does."""
    plan = screen.core.shells.one_of(opening.task, number)
    if plan is None:
        screen.say("questions: the list was open for 15 minutes; Q opens it again")
        return
    screen.say(f"{plan.steps[0].words}: asking")
    outcome = await screen.core.carry_out(plan, lambda world: Refused("the task is not what it was: Q opens the list again"))
    if outcome.grant is None:
        screen.say(f"{plan.steps[0].words}: {outcome.sentence}")
        return
    screen.say("")
    answer = await command(screen, opening, outcome.grant, plan.steps[0].words)
    why = unanswered(answer) if answer is not None else ""
    if why and (screen.is_active or isinstance(screen.app.screen, Page)):
        said = await screen.core.database_load()
        lines: list[Spans] = [(Span(f" {why}: this is what Performance Insights saw in the last 15 minutes", "warn"),), ()]
        lines += [(Span(f" {line}"),) for line in said]
        screen.page(f"database load  {badge(screen.core.store.world)}", lambda: lines)


def unanswered(answer: Captured) -> str:
    """Why psql could not ask; empty when it could."""
    text = "\n".join(answer.lines)
    if NO_PSQL in text:
        return NO_PSQL
    return "the database has no connection left" if any(sign in text for sign in NO_SLOT) else ""


# --- why not ---


def conditions(screen: Keys, target: Target | None) -> None:
    """Every condition of a shell in the selected task, looked at again; nothing is connected."""
    if target is None or target.kind not in ("service", "task"):
        screen.say("can a shell be opened: select a service or task (tab)")
        return
    screen.app.run_worker(_conditions(screen, target), group="reach")


async def _conditions(screen: Keys, target: Target) -> None:
    await screen.core.shells.survey()
    found = candidates(screen.core.store.world, target)
    if not found:
        screen.say(f"can a shell be opened: no task of {target.part} runs")
        return
    arn, name = found[0][0].arn, found[0][1].name
    screen.core.refresh(("tasks", "rights", "endpoints"))

    def lines() -> list[Spans]:
        world, view = screen.core.store.world, screen.view
        task = next((t for t in world.tasks.value or () if t.arn == arn), None)
        return preflight_page(world, msgspec.structs.replace(view, facts=screen.core.facts()), task, name) if view else []

    screen.page(f"a shell in {target.part}/{arn.rsplit('/', 1)[-1][:8]} {name}  {badge(screen.core.store.world)}", lines)


def cure(screen: Keys, action: Action, target: Target) -> bool:
    """Offer what makes a shell possible, where something does; whether it was offered."""
    world, facts = screen.core.store.world, screen.core.facts()
    found = candidates(world, target)
    stops = stopper(preflight(world, facts, found[0][0], found[0][1].name)) if found else None
    if stops is None or not stops.cure:
        return False
    rows = [Choice(id=stops.cure, text=f"{stops.fix} (preview)"), Choice(id="why", text="show every condition")]

    def picked(id: str | None) -> None:
        if id == "why":
            conditions(screen, target)
        elif id:
            screen.change(id, target)

    screen.app.push_screen(Picker(f"{action.verb}: not possible yet", rows, about=(stops.sentence,)), picked)
    return True


async def awaited(screen: Keys, target: Target, name: str = "") -> None:
    """Read the tasks every few seconds while what stops a shell may come true by itself, and a dialog waits for it."""
    for _ in range(int(WAITS_S / EVERY_S)):
        world = screen.core.store.world
        found = candidates(world, target)
        stops = stopper(preflight(world, screen.core.facts(), found[0][0], found[0][1].name)) if found else None
        if stops is None or not stops.waits or screen.is_active:
            return
        screen.core.refresh(("tasks",))
        await asyncio.sleep(EVERY_S)
