"""Which cause is named: strays are no cause, what is named has evidence enough, and its fix is that of the part that suffers."""

import msgspec
import pytest

from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.checks.strip import findings
from clickit_tui.checks.suspects import bad_run, bad_runs
from clickit_tui.config import Thresholds
from clickit_tui.playbooks.diagnosis import cause, diagnose
from clickit_tui.playbooks.evidence import first_5xx
from clickit_tui.playbooks.registry import Case
from clickit_tui.world.parts import Database, LogDigest
from tests import worlds
from tests.worlds import NAMES, NOW, seen

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
CALM = worlds.healthy_world()
STRAY = "GET /dashboard 500 11ms"


def with_(world=CALM, **fields):
    return msgspec.structs.replace(world, **{name: seen(value, NOW, name) for name, value in fields.items()})


def logged(*shapes, matches=(), levels=()):
    return LogDigest(shapes=shapes, matches=matches, minutes=levels, since=NOW - 900)


def answering(count, *, own=0):
    """A world without a new deployment in which the targets answered so many 5xx in the newest closed minute, the balancer `own`."""
    return with_(metrics=worlds.metrics(NOW, {"edge.target_5xx": (0, 0, 0, 0, count, 0, 0), "edge.elb_5xx": (0, 0, 0, 0, own, 0, 0)}))


def test_a_single_stray_error_is_no_likely_cause():
    stray = logged(("frontend", STRAY, 1, STRAY), levels=(("frontend", NOW - 120, "error", 1),))
    world = with_(answering(1), log=stray)
    line = cause(world, FACTS)
    assert not line.likely
    assert line.id == "nothing"
    assert line.sentence.startswith("nothing fails; 2 warnings: 1 answer 5xx in 5 min")


@pytest.mark.parametrize(("lines", "named"), [(1, ""), (2, ""), (19, ""), (20, "app.errors"), (400, "app.errors")])
def test_few_lines_do_not_explain_many_5xx(lines, named, monkeypatch):
    facts = msgspec.structs.replace(FACTS, thresholds=Thresholds(log_errors_warn=100))
    world = with_(answering(40), log=logged(("frontend", STRAY, lines, STRAY)))
    line = cause(world, facts)
    assert line.id == named
    if not named:
        assert line.sentence.startswith("no cause found")


def test_the_lines_of_the_part_that_writes_most_are_named():
    shapes = (("api", "a", 3, "a"), ("frontend", STRAY, 30, STRAY))
    line = cause(with_(answering(40), log=logged(*shapes)), FACTS)
    assert (line.part, line.sentence) == ("frontend", f"likely: frontend errors, 30 like “{STRAY}”")


@pytest.mark.parametrize(("lines", "named"), [(2, "nothing"), (3, "database.unreachable")])
def test_a_stray_line_about_the_database_is_no_likely_cause(lines, named):
    refused = logged(matches=(("api", "db.refused", lines, NOW - 60),))
    assert cause(with_(log=refused), FACTS).id == named


def test_what_nobody_feels_is_no_cause():
    modified = msgspec.structs.replace(CALM.database.value, status="modifying")
    assert isinstance(modified, Database)
    quiet = with_(database=modified)
    assert findings(quiet, FACTS)["db.status"].verdict is Verdict.WARN
    assert cause(quiet, FACTS).id == "nothing"
    assert cause(with_(answering(40), database=modified), FACTS).id == "database.status"
    ports = {"nat.port_errors": (0, 0, 0, 1, 0, 0, 0)}
    assert cause(with_(metrics=worlds.metrics(NOW, ports)), FACTS).id == "nothing"
    felt = worlds.metrics(NOW, {**ports, "edge.target_5xx": (9,) * 7})
    assert cause(with_(metrics=felt), FACTS).id == "nat.ports"


def test_causes_that_have_nothing_to_do_with_each_other_stand_in_one_line_and_what_follows_from_one_does_not():
    incident = worlds.incident_world()
    busy = worlds.metrics(NOW, {"db.cpu": [100.0] * 8, "db.write_latency": [90.0] * 8, "edge.target_5xx": [0] * 4 + [40] * 4})
    world = msgspec.structs.replace(incident, metrics=seen(busy, NOW, "metrics"))
    diagnosis = diagnose(world, FACTS)
    assert [root.id for root in diagnosis.roots] == ["deployment.bad", "database.cpu"]
    standing = {clue.id: diagnosis.standing(clue) for clue in diagnosis.clues[1:]}
    assert (standing["app.crash"], standing["database.cpu"]) == ("follows from it", "independent")
    assert "database.load" in standing, "it follows from the second cause"
    line = cause(world, FACTS).sentence
    assert line.startswith("likely: (1 of 2) deployment api:42 (v2.3.1)")
    assert "; (2) database CPU" in line
    assert "latency" not in line
    assert "(1 of" not in cause(incident, FACTS).sentence, "connections that only warn are no second cause"


@pytest.mark.parametrize(
    ("breaker", "went"),
    [("TRIGGERED", "the circuit breaker rolled the deployment back"), ("MONITORING", "the deployment was rolled back")],
)
def test_the_breaker_is_named_only_where_it_acted(breaker, went):
    died = [
        worlds.stopped(NOW, "api", 0x30 + n, 42, 120, "Essential container in task exited", "EssentialContainerExited", 1) for n in range(3)
    ]
    record = worlds.service_deployment("api", 42, NOW, 300, status="ROLLBACK_SUCCESSFUL", finished_at=NOW - 60, breaker=breaker)
    world = with_(tasks=(*died, *(CALM.tasks.value or ())), service_deployments=(record, *(CALM.service_deployments.value or ())))
    found = diagnose(world, FACTS, findings(world, FACTS))
    assert went in next(clue for clue in found.clues if clue.part == "api").reasons


def test_an_environment_that_sleeps_says_so():
    tags = (("clickit:asleep", f"desired=2 since={int(NOW) - 7200} by=night"),)
    sleeping = tuple(msgspec.structs.replace(one, desired=0, running=0, tags=tags) for one in CALM.services.value)
    line = cause(with_(services=sleeping), FACTS)
    assert line.id == "nothing"
    assert line.sentence == "nothing is wrong: the environment is asleep by our mark, since 2 h by night"


def test_cause_and_timeline_take_the_first_5xx_from_one_place():
    world = worlds.incident_world()
    run = bad_run(world, FACTS, "edge.5xx")
    assert run is not None
    assert run in bad_runs(world, FACTS)
    assert first_5xx(Case(world=world, facts=FACTS, found={})) == run.at
    assert diagnose(world, FACTS).first.reasons[0].startswith(f"first 5xx {worlds_clock(run.at)}")


def worlds_clock(at):
    return f"{int(at % 86400 // 3600):02d}:{int(at % 3600 // 60):02d}Z"
