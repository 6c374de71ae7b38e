"""The API answers 5xx."""

from __future__ import annotations

from clickit_tui.checks.registry import Todo, Verdict
from clickit_tui.checks.suspects import before
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks import commands
from clickit_tui.playbooks.evidence import Rollout, answers_5xx, back, crashing, deployed, failing, first_5xx, onset, rollouts
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each
from clickit_tui.world.words import clock, several

PLAYBOOK = Playbook(
    id="5xx",
    title="API returning 5xx",
    order=1,
    steps=(
        Step(title="answers", checks=("edge.5xx", "edge.split")),
        Step(title="logs", checks=each("errors", "log_lines")),
        Step(title="targets", checks=("edge.targets", *each("targets"))),
        Step(title="database", checks=("db.status", "db.alive", "db.reach", "db.logs")),
        Step(title="db load", checks=("db.cpu", "db.connections", "db.memory", "db.locks")),
        Step(title="deployment", checks=each("deployment", "breaker")),
        Step(title="restarts", checks=each("stops", "memory")),
        Step(title="image, secrets", checks=each("image", "secrets")),
        Step(title="NAT", checks=("nat.state", "nat.ports", "nat.connects", "nat.drops", "nat.peak")),
        Step(title="a request", person="send one failing request yourself and note path, status and time"),
    ),
)

SYMPTOMS = ("edge.5xx", "edge.targets", "edge.latency", "alarms.state")
FEW = 3
"""Fewer error lines than this are strays: they explain nothing (heuristic). From there on they have to be as many as half of the 5xx,
or as many as the logs' own check warns at."""
WITHIN_S = 1200.0
"""Trouble that begins longer after a deployment is not its doing (heuristic): a roll-out takes minutes."""


def suffering(case: Case) -> bool:
    """Whether anything is wrong that a user or a pager would notice."""
    return case.poor(*SYMPTOMS, *each("tasks", "targets", "stops")) is not None


def felt(case: Case) -> bool:
    """Whether users notice something now; an alarm that pages nobody is not felt."""
    return case.poor(*SYMPTOMS[:3], *each("tasks", "targets", "stops")) is not None or case.bad("alarms.state") is not None


@cause("5xx", 120, "edge.5xx", "edge.targets", *each("deployment"))
def deployment(case: Case) -> Clue | None:
    """The newest deployment, when the 5xx rose with it, or while it rolls out and its service suffers."""
    if not suffering(case) or exhausted(case) is not None:
        return None
    began, many = onset(case), case.bad("edge.5xx") is not None
    stops = failing(case)
    for one in rollouts(case):
        if stops is not None and crashing(stops) and stops.part == one.service.part and not one.service.rolling:
            continue
        if many and began is not None and one.at - 60 <= began <= one.at + WITHIN_S:
            first = first_5xx(case) or began
            began = first if one.at - 60 <= first <= began else began
            return _bad(case, one, f"{before(began - one.at)} the first 5xx", began)
        own = tuple(f"{one.service.part}.{name}" for name in ("targets", "tasks", "stops", "deployment"))
        if one.service.rolling and not many and (found := case.poor(*own)):
            return _bad(case, one, found.sentence, None)
    return None


def exhausted(case: Case) -> object:
    """Connections at their limit: a better name for what a release does to the database than the release itself."""
    digest = case.world.log.known(case.facts.now)
    full = digest is not None and any(name in ("db.too-many-clients", "db.no-slots") and n > 0 for _, name, n, _ in digest.matches)
    return case.bad("db.connections") if full else None


def _bad(case: Case, one: Rollout, why: str, began: float | None) -> Clue:
    part = one.service.part
    timed = f"first 5xx {clock(began)}, deployment began {clock(one.at)}" if began is not None else ""
    errors = case.found.get(f"{part}.errors")
    split = case.found.get("edge.split")
    reasons = (
        timed,
        errors.sentence if errors is not None and errors.verdict is Verdict.WARN else "",
        split.sentence if split is not None and split.verdict is Verdict.WARN else "",
    )
    joined = f"deployment {one.name}, {why}" if began is not None else f"deployment {one.name}: {why}"
    return Clue(
        id="deployment.bad",
        sentence=joined,
        part=part,
        reasons=tuple(filter(None, reasons)),
        todo=back(case, part),
        explains=("targets.unhealthy", "app.errors", "app.crash", "deployment.failed"),
    )


@cause("5xx", 130, *each("stops"))
def hanging(case: Case) -> Clue | None:
    """Tasks that ran for long, failed the load balancer's checks and were replaced: the program hangs."""
    stops = failing(case)
    if stops is None or stops.cause.id != "elb-health" or deployed(case, stops):
        return None
    return Clue(
        id="app.hang",
        sentence=f"{several(len(stops.tasks), 'task')} of {stops.part} hung: they failed health checks and were replaced, nothing deployed",
        part=stops.part,
        reasons=(stops.reason, "exit 137 is ECS's own SIGKILL here: no OutOfMemoryError", "nothing was deployed"),
        todo=(commands.its_errors(case, stops.part), Todo(words="read what they wrote before they ended", screen="3")),
        explains=("targets.unhealthy", "app.errors", "app.crash"),
    )


@cause("5xx", 150, "edge.targets", *each("targets", "tasks"))
def no_healthy_target(case: Case) -> Clue | None:
    bad = case.bad("edge.targets", *each("targets"), *each("tasks"))
    return Clue(id="targets.unhealthy", sentence=bad.sentence, part=bad.part, todo=bad.todo, explains=("app.errors",)) if bad else None


@cause("5xx", 300, "nat.ports", "nat.connects")
def ports(case: Case) -> Clue | None:
    """The way out is full: connections to other providers fail."""
    bad = case.poor("nat.ports")
    if bad is None or not felt(case):
        return None
    connects = case.poor("nat.connects")
    return Clue(
        id="nat.ports",
        sentence=bad.sentence,
        part="nat",
        reasons=tuple(filter(None, (connects.sentence if connects else "", "a NAT gateway has 55,000 ports for each destination"))),
        todo=(commands.more_ports(case),),
        explains=("app.errors", "database.unreachable", "app.slow"),
    )


@cause("5xx", 700, "edge.5xx", *each("errors"))
def application(case: Case) -> Clue | None:
    """Nothing but the application's own errors."""
    digest = case.world.log.known(case.facts.now)
    if digest is None or not digest.shapes or case.poor("edge.5xx") is None:
        return None
    part, _, count, example = max(digest.shapes, key=lambda one: one[2])
    lines = sum(one[2] for one in digest.shapes if one[0] == part)
    enough = case.facts.thresholds.log_errors_warn
    if case.bad("edge.5xx") is not None:
        enough = min(enough, max(FEW, round(answers_5xx(case) / 2)))
    if lines < enough:
        return None
    words = example if len(example) <= 60 else example[:59] + "…"
    return Clue(
        id="app.errors",
        sentence=f"{part} errors, {count} like “{words}”",
        part=part if part in SERVICES else "edge",
        todo=(Todo(words="read the log", screen="3"), commands.its_errors(case, part)),
    )


@cause("5xx", 900, *each("log_lines"))
def dropped(case: Case) -> Clue | None:
    """Quiet logs that prove nothing."""
    bad = case.poor(*each("log_lines"))
    return Clue(id="logs.dropped", sentence=bad.sentence, part=bad.part, todo=bad.todo) if bad else None
