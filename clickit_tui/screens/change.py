"""From an action and a target to the one dialog that previews, confirms and follows it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from textual.app import App

from clickit_tui.actions.registry import Action, Target
from clickit_tui.actions.registry import Field as Input
from clickit_tui.follow import STEPS
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import denied_words
from clickit_tui.panes.services_detail import rolling_bar
from clickit_tui.panes.view import steps
from clickit_tui.plan import Hidden, Opening, Plan, Refused, Risk, filled, hides
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.ui.clipboard import copy
from clickit_tui.ui.confirm import Confirm, Done, Field, Line, Preview
from clickit_tui.world.follow import Following, Phase
from clickit_tui.world.world import World

LOOKS: Mapping[Phase, Look] = {
    Phase.RECOVERED: "ok",
    Phase.STEADY: "ok",
    Phase.DONE: "ok",
    Phase.FAILED: "fail",
    Phase.STILL_FAILING: "fail",
}


TUNNELS_DENIED = "AWS recommends denying ssm:StartSession on tasks, because it goes past the recording of shells: this is likely meant so"
CONDITIONS = "what may stand in the way: `:` then can a shell be opened"


class Change:
    """One opened dialog: plans again on every edit and whenever the World moves."""

    def __init__(
        self,
        app: App[object],
        core: Core,
        title: str,
        plan: Callable[[World, dict[str, str]], Plan | Refused],
        fields: tuple[Input, ...],
        value: Hidden | None = None,
    ) -> None:
        self._app = app
        self._core = core
        self._title = title
        self._plan = plan
        self._fields = fields
        self._value = value
        self._began = 0.0
        self._followed = False
        self.granted: tuple[Opening, Hidden] | None = None
        """What was opened, and the session for it, once a plan that opens something was carried out."""

    def open(self) -> Confirm:
        """The dialog, ready to be pushed."""
        return Confirm(
            self.preview, carry_out=self.carry_out, progress=self.progress, copy=self._copy, leaves=lambda _: self.granted is not None
        )

    def preview(self, inputs: dict[str, str]) -> Preview:
        """What the dialog shows for these inputs now."""
        world = self._core.store.world
        fields = tuple(Field(name=f.name, label=f.label, value=inputs.get(f.name, f.initial)) for f in self._fields)
        planned = self._plan(world, {f.name: f.value for f in fields})
        if isinstance(planned, Refused):
            return Preview(title=self._title, badge=badge(world), fields=fields, refused=planned.reason)
        return self._preview_of(planned, world, fields)

    def _preview_of(self, plan: Plan, world: World, fields: tuple[Field, ...]) -> Preview:
        locked = f"read-only: {self._core.read_only}" if self._core.read_only else ""
        locked = locked or denied_words((step.call.action for step in plan.steps), world)
        identity = world.identity.value
        footer = f"read {_age(world, self._core)} as {identity.who if identity else '?'}"
        lines = tuple(Line(text=line.text, level=line.level) for line in plan.effect)
        undo = (Line(text=f"undo: {plan.undo}", level="plain"),) if plan.undo else ()
        profile = identity.profile if identity else ""
        region = identity.region if identity else ""
        return Preview(
            title=plan.title,
            badge=badge(world),
            fields=fields,
            lines=(*lines, *undo),
            commands=plan.commands(profile, region),
            ask=asked(plan, self._core.config.protected),
            footer=footer,
            locked=locked,
        )

    async def carry_out(self, inputs: dict[str, str]) -> Done:
        """Send what was confirmed; the core checks once more that it is still so."""
        planned = self._plan(self._core.store.world, inputs)
        if isinstance(planned, Refused):
            return Done(kind="refused", sentence=planned.reason)
        if self._value is None and hides(planned):
            return Done(kind="refused", sentence="no value was given: nothing was sent")
        self._began = self._core.facts().now
        if planned.opens is not None and planned.opens.kind == "questions" and not self._core.read_only:
            self._core.shells.agree(planned)
            self.granted = (planned.opens, Hidden(""))
            return Done(kind="done", sentence="the list is open for 15 minutes")
        self._followed = follows(planned)
        ready = planned if self._value is None else filled(planned, self._value)
        outcome = await self._core.carry_out(ready, lambda world: self._plan(world, inputs))
        self._followed = self._followed and outcome.kind == "done"
        if outcome.kind != "changed":
            self.closed()
        if planned.opens is not None and outcome.grant is not None:
            self.granted = (planned.opens, outcome.grant)
        denied = planned.steps[0].call.action in self._core.store.world.denied and outcome.kind == "failed"
        why: tuple[str, ...] = ()
        if planned.opens is not None and outcome.kind == "failed":
            why = (TUNNELS_DENIED,) if denied and planned.opens.kind == "tunnel" else () if denied else (CONDITIONS,)
        return Done(kind=outcome.kind, sentence="; ".join((outcome.sentence, *why, *outcome.warnings)))

    def closed(self) -> None:
        """Nothing more is sent from here: let go of the secret."""
        if self._value is not None:
            self._value.forget()
            self._value = None

    def progress(self) -> tuple[Spans, bool]:
        """How far the change has come, for the dialog's last line: what failed first, then what is open, then the rest."""
        world = self._core.store.world
        mine = [f for f in world.follows if f.follow.did and f.follow.started_at >= self._began - 1]
        if not mine:
            return ((Span("waiting for the first reading…", "dim"),), False) if self._followed else ((), True)
        several = len(mine) > 1
        spans: list[Span] = []
        for f in sorted(mine, key=lambda f: (LOOKS.get(f.phase) != "fail", f.follow.kind != STEPS, not f.open)):
            name = f"{f.follow.kind} {f.follow.part}: " if several else ""
            spans += [*((Span("; "),) if spans else ()), Span(f"{name}{f.phase}: {f.sentence}", LOOKS.get(f.phase, "plain"))]
        return (*self._bar(world, mine), *spans), not any(f.open for f in mine)

    def _bar(self, world: World, mine: Sequence[Following]) -> Spans:
        """The progress of the deployment that is followed, while it rolls."""
        names = {f.follow.service for f in mine if f.open}
        rolling = next((s for s in world.services.value or () if s.name in names and s.rolling), None)
        return () if rolling is None else (*rolling_bar(world, self._core.facts(), rolling), Span("  "))

    async def _copy(self, text: str) -> str:
        return await copy(self._app, text)


def follows(plan: Plan) -> bool:
    """Whether anything is followed once the plan was sent."""
    return plan.then is not None or any(step.then is not None or step.until is not None for step in plan.steps)


def asked(plan: Plan, protected: bool) -> str:
    """What has to be typed: `yes` for a normal change of an unprotected environment, else `env/name`."""
    return plan.token if protected or plan.risk is Risk.SEVERE else "yes"


def _age(world: World, core: Core) -> str:
    """How old the services are that the preview speaks of; in steps, so that it repaints seldom."""
    if world.services.seen_at is None:
        return "never"
    late = core.facts().now - world.services.seen_at
    return "now" if late < 10 else f"{steps(late)} ago"


def change(
    app: App[object],
    core: Core,
    action: Action,
    target: Target,
    chosen: str = "",
    *,
    value: Hidden | None = None,
    origin: str = "",
) -> Change:
    """The dialog for one action on one target and, where one was asked for, one choice or one secret value, fixed at this moment."""
    world, facts = core.store.world, core.facts()
    fields = action.fields(world, target, facts)
    given = {action.chosen: chosen} if chosen else {}
    if action.secret:
        given |= {"token": str(uuid.uuid4()), "origin": origin}

    def plan(world: World, inputs: dict[str, str]) -> Plan | Refused:
        return action.plan(world, target, {**inputs, **given}, core.facts())

    return Change(app, core, titled(core, action, target), plan, fields, value)


def titled(core: Core, action: Action, target: Target) -> str:
    """What is changed and how, known before anything can be planned: `SCALE clickit-prod-api`, `STOP task 6f1c2a90 of api`."""
    acts_on_task = action.on == ("task",) and target.kind == "task"
    if target.kind in ("database", "snapshot", "cache"):
        return f"{action.verb.upper()} {target.id}"
    if target.kind in ("environment", "log group"):
        return f"{action.verb.upper()} {core.config.env if target.kind == 'environment' else target.id}"
    if target.kind == "secret":
        return f"{action.verb.upper()} {core.config.names.secrets}{target.part}"
    if target.kind == "image":
        return f"{action.verb.upper()} {target.part}@{target.id[7:19]}"
    name = f"task {target.id.rsplit('/', 1)[-1][:8]} of {target.part}" if acts_on_task else core.config.names.service(target.part)
    return f"{action.verb.upper()} {name}"
