"""The Data and the Supply screen over every fixture World: nothing raises, nothing overflows, what is denied is named, drift is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Facts, Finding, Verdict
from clickit_tui.config import Thresholds
from clickit_tui.panes.data import data_rows
from clickit_tui.panes.data_detail import data_detail
from clickit_tui.panes.keys import row_changes, why_not
from clickit_tui.panes.network_path import path_lines
from clickit_tui.panes.rebuild import rebuild_steps
from clickit_tui.panes.services import Options, service_rows
from clickit_tui.panes.supply import supply_rows
from clickit_tui.panes.supply_detail import one_key, supply_detail
from clickit_tui.panes.view import View
from clickit_tui.screens.supply import ways_back
from clickit_tui.ui.cells import Spans, spans_width
from clickit_tui.ui.looks import glyphs
from clickit_tui.world.drift import drifts
from clickit_tui.world.network import SecurityRule
from clickit_tui.world.parts import Database, Identity, ScalableTarget
from clickit_tui.world.seen import Seen
from clickit_tui.world.supply import Repository, Scan
from clickit_tui.world.world import World
from tests import worlds
from tests.worlddata import full_database, repositories, snapshot, supply_secret
from tests.worlds import NAMES, NOW, container, denied, faulty

VIEW = View(
    facts=Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True), glyphs=glyphs({"LANG": "C.UTF-8"}, "utf-8"), env="prod"
)
HEALTHY = worlds.healthy_world(NOW)
WORLDS = {name: getattr(worlds, f"{name}_world")() for name in ("healthy", "incident", "denied", "stale", "loading", "hostile", "absent")}


def world(**fields: Any) -> World:
    seen = {name: value if isinstance(value, Seen) else Seen(value=value, seen_at=NOW - 1) for name, value in fields.items()}
    return msgspec.structs.replace(HEALTHY, **seen)


def text(lines: list[Spans]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def detail(of: World, key: str) -> str:
    kind = key.partition(":")[0]
    return text(supply_detail(of, VIEW, key) if kind in ("secret", "image") else data_detail(of, VIEW, key))


def rows(of: World, width: int = 80) -> str:
    return text([row.spans for row in (*data_rows(of, VIEW, width), *supply_rows(of, VIEW, width))])


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("width", [80, 150])
def test_every_world_is_drawn_within_its_width_and_every_row_has_details(name: str, width: int) -> None:
    of = WORLDS[name]
    drawn = [*data_rows(of, VIEW, width, every=True), *supply_rows(of, VIEW, width, every=True)]
    assert drawn
    for row in drawn:
        told = "".join(span.text for span in row.spans)
        assert spans_width(row.spans) <= width or not row.key, told
        assert told.isprintable()
        if row.key and not row.key.startswith("rebuild:"):
            assert detail(of, row.key)
    assert rebuild_steps(of, VIEW)


def test_what_is_denied_is_named_and_hides_no_more_than_its_own() -> None:
    hidden = {
        "snapshots": "rds:DescribeDBSnapshots",
        "maintenance": "rds:DescribePendingMaintenanceActions",
        "db_events": "rds:DescribeEvents",
        "rules": "ec2:DescribeSecurityGroupRules",
        "repositories": "ecr:DescribeImages",
        "secrets": "secretsmanager:DescribeSecret",
        "cache_events": "elasticache:DescribeEvents",
    }
    of = world(**{field: faulty(denied(operation), NOW) for field, operation in hidden.items()})
    told = (
        rows(of)
        + detail(of, f"database:{NAMES.database}")
        + detail(of, f"cache:{NAMES.cache}")
        + text([s.line for s in rebuild_steps(of, VIEW)])
    )
    for operation in hidden.values():
        assert f"no permission: {operation}" in told, operation
    assert "✔ available" in told
    assert "nothing pending" not in told
    assert "none in 14 days" not in told


def test_a_secret_is_not_called_unused_where_definitions_were_not_read() -> None:
    blind = world(definitions=faulty(denied("ecs:DescribeTaskDefinition"), NOW))
    assert "not used" not in rows(blind)
    assert "users unknown" in rows(blind)
    url = supply_secret(NOW, "database-url", 40)
    assert "unknown: the task definition of api, frontend was not read: no permission" in detail(blind, f"secret:{url.arn}")
    kept = tuple(each for each in HEALTHY.definitions.value or () if each.family == NAMES.api)
    assert "api, ?" in rows(world(definitions=kept))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("stopped", "✖ stopped: RDS starts it by itself 30 Nov 14:03Z"),
        ("storage-full", "✖ storage-full: broken; it does not come back by itself"),
        ("modifying", "! modifying: it changes, and may be away for minutes"),
        ("new-status", "? new-status: not a status that is known here"),
        ("available", "✔ available"),
    ],
)
def test_a_broken_instance_is_told_from_one_that_changes(status: str, says: str) -> None:
    of = world(database=full_database(NOW, status=status, restarts_at=NOW + 7 * 86_400))
    assert says in detail(of, f"database:{NAMES.database}")


@pytest.mark.parametrize(("late_s", "says"), [(0.0, "288"), (590.0, "288"), (900.0, "no data")])
def test_credits_come_every_five_minutes_and_stay_a_value_until_the_next_ones_are_due(late_s: float, says: str) -> None:
    metrics = HEALTHY.metrics.value
    assert metrics is not None
    held = metrics.series["db.credits"]
    moved = msgspec.structs.replace(held, times=tuple(at - held.times[-1] + NOW - 300 - late_s + 1 for at in held.times))
    of = world(metrics=msgspec.structs.replace(metrics, series={**metrics.series, "db.credits": moved}))
    (told,) = [each for each in detail(of, f"database:{NAMES.database}").splitlines() if each.startswith(" cpu credits")]
    assert told.removeprefix(" cpu credits").strip().startswith(says)


def test_the_database_page_tells_budget_limit_storage_and_what_waits() -> None:
    told = detail(HEALTHY, f"database:{NAMES.database}")
    for part in (
        "21  of the team's budget 60;",
        "≈178 (estimated)",
        "14.0 GiB free of 20 GiB (70 %)",
        "system-update",
        "restorable to     13:59:19Z, 4 m ago",
    ):
        assert part in told
    pending = detail(world(database=full_database(NOW, pending=("DBInstanceClass",))), f"database:{NAMES.database}")
    assert "DBInstanceClass is to be modified" in pending


@pytest.mark.parametrize(("verdict", "look"), [(Verdict.FAIL, "fail"), (Verdict.WARN, "warn"), (Verdict.PASS, "plain")])
def test_a_figure_of_the_database_has_the_colour_of_what_its_check_found(verdict: Verdict, look: str) -> None:
    view = msgspec.structs.replace(VIEW, found={"db.connections": Finding(verdict=verdict, sentence="")})
    (line,) = [one for one in data_detail(HEALTHY, view, "database:clickit-prod-db") if one and one[0].text.strip() == "connections"]
    assert line[1].look == look


def test_a_snapshot_that_is_made_shows_its_percentage_and_what_it_would_lose() -> None:
    of = world(snapshots=(snapshot(NOW, "new", 0, status="creating", percent=34, created_at=None), snapshot(NOW, "old", 7200)))
    assert "! creating 34 %" in rows(of)
    told = detail(of, "snapshot:old")
    assert "everything since 12:03:19Z: 2 h" in told
    assert "everything since 13:59:19Z: 4 m" in told


def test_a_restored_instance_stands_beside_the_present_one_with_what_is_left_to_do() -> None:
    new = full_database(NOW, id="clickit-prod-db-new", status="creating", host="")
    other = full_database(NOW, id="somebody-else", status="available")
    of = world(databases=(full_database(NOW), new, other))
    assert "restored clickit-prod-db-new" in rows(of)
    assert "somebody-else" not in rows(of)
    assert "to do once it is available" in detail(of, "database:clickit-prod-db-new")


# --- the path by security groups -----------------------------------------------------------------------------------------------

OUT = SecurityRule(group="sg-0api", egress=True, protocol="-1", cidr="0.0.0.0/0")
BY_GROUP = SecurityRule(group="sg-0db", egress=False, protocol="tcp", from_port=5432, to_port=5432, other_group="sg-0api")


def test_what_does_not_speak_to_the_database_does_not_fail_for_want_of_a_way() -> None:
    api, frontend = HEALTHY.services.value or ()
    apart = msgspec.structs.replace(frontend, security_groups=("sg-0front",))
    of = world(rules=(OUT, msgspec.structs.replace(OUT, group="sg-0front"), BY_GROUP), services=(api, apart))
    database = of.database.value
    assert isinstance(database, Database)
    told = text(path_lines(of, VIEW, database)).splitlines()
    assert [line.split()[:2] for line in told[1:]] == [["✔", "api"], ["–", "frontend"]]


def test_the_path_names_the_group_whose_rule_decides() -> None:
    api, *others = HEALTHY.services.value or ()
    second = msgspec.structs.replace(OUT, group="sg-0second")
    entering = msgspec.structs.replace(BY_GROUP, other_group="sg-0second")
    two = msgspec.structs.replace(api, security_groups=("sg-0first", "sg-0second"))
    of = world(rules=(second, entering), services=(two, *others))
    database = of.database.value
    assert isinstance(database, Database)
    (line,) = [each for each in text(path_lines(of, VIEW, database)).splitlines() if " api " in each]
    assert "sg-0second" in line
    assert "sg-0first" not in line


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((OUT, BY_GROUP), "✔ api"),
        ((OUT,), "NO ingress rule"),
        ((BY_GROUP,), "NO egress rule"),
        ((OUT, msgspec.structs.replace(BY_GROUP, from_port=6379, to_port=6379)), "NO ingress rule"),
        ((OUT, msgspec.structs.replace(BY_GROUP, other_group="", cidr="0.0.0.0/0")), "TOO OPEN"),
        ((OUT, msgspec.structs.replace(BY_GROUP, other_group="", prefix_list="pl-1")), "ingress ?"),
        ((OUT, msgspec.structs.replace(BY_GROUP, other_group="", cidr="10.0.0.0/8")), "✔ api"),
        ((OUT, msgspec.structs.replace(BY_GROUP, other_group="", cidr="192.168.0.0/16")), "NO ingress rule"),
        ((msgspec.structs.replace(OUT, cidr="::/0"), BY_GROUP), "egress ?"),
        ((msgspec.structs.replace(OUT, cidr="192.168.0.0/16"), BY_GROUP), "egress ?"),
        ((msgspec.structs.replace(OUT, cidr="10.0.0.0/8"), BY_GROUP), "✔ api"),
    ],
)
def test_the_path_is_drawn_with_the_rule_that_decides(rules: tuple[SecurityRule, ...], says: str) -> None:
    of = world(rules=rules)
    database = of.database.value
    assert isinstance(database, Database)
    lines = text(path_lines(of, VIEW, database))
    assert "NACLs and routes are not checked" in lines
    assert says in next(line for line in lines.splitlines() if " api " in line), lines


# --- supply -------------------------------------------------------------------------------------------------------------------


def test_no_scan_is_never_no_findings() -> None:
    digest = container("api", 42).digest
    for scan, says in (
        (Scan(repository="clickit/api", digest=digest, status="NONE"), "no scan"),
        (Scan(repository="clickit/api", digest=digest, status="IN_PROGRESS"), "scan in progress"),
        (Scan(repository="clickit/api", digest=digest, status="SCAN_ELIGIBILITY_EXPIRED"), "scan eligibility expired"),
        (Scan(repository="clickit/api", digest=digest, why="no permission"), "scan unknown: no permission"),
        (Scan(repository="clickit/api", digest=digest, status="COMPLETE", told=False), "scan complete, result not told"),
        (Scan(repository="clickit/api", digest=digest, status="COMPLETE"), "0 findings"),
    ):
        told = rows(world(scans=(scan,)), 150)
        assert says in told
        assert ("0 findings" in told) is (says == "0 findings")


def test_a_running_image_that_the_repository_lost_is_an_error_row() -> None:
    held, frontend = repositories(NOW)
    short = msgspec.structs.replace(held, images=tuple(i for i in held.images if i.digest != container("api", 41).digest), total=2)
    told = rows(world(repositories=(short, frontend)), 150)
    assert "✖ not in ECR" in told
    assert "no new task can start" in told
    assert "repository not" not in told
    partly = msgspec.structs.replace(short, total=3)
    assert "not in ECR" not in rows(world(repositories=(partly, frontend)), 150), "an entry without a digest may be the one that runs"
    key = f"image:clickit/api@{container('api', 41).digest}"
    assert "whether it is in the repository is not known" in detail(world(repositories=(partly, frontend)), key)
    assert "there is no such repository" in rows(world(repositories=(Repository(name="clickit/api", exists=False),)))


def test_an_image_names_its_way_back() -> None:
    found = ways_back(HEALTHY, container("api", 40).digest)
    assert [(s.part, c.number) for s, c in found] == [("api", "40")]
    assert ways_back(HEALTHY, "sha256:none") == []


def test_the_key_row_names_what_is_possible_for_a_row() -> None:
    key = supply_secret(NOW, "database-url", 90)
    live = world(secrets=(key,), secret_list=())
    target = Target(kind="secret", part="database-url", id=key.arn)
    assert row_changes(live, VIEW, target) == "rotate, redeploy its users"
    assert row_changes(live, VIEW, target, 80) == "rotate, …"
    gone = world(secrets=(msgspec.structs.replace(key, deleted_at=NOW + 9),), secret_list=())
    assert row_changes(gone, VIEW, target) == "restore secret"
    assert row_changes(live, msgspec.structs.replace(VIEW, read_only="asked for"), target) == "actions"
    assert row_changes(live, VIEW, None) == "actions"
    stopping = msgspec.structs.replace(full_database(NOW), status="stopping")
    assert "snapshot" not in row_changes(world(database=stopping), VIEW, Target(kind="database", part="db", id=stopping.id))


def test_what_has_to_be_selected_is_said_with_its_article() -> None:
    sleep = next(a for a in actions() if a.on == ("environment",))
    rotate = next(a for a in actions() if a.id == "rotate")
    assert why_not(sleep, None, HEALTHY, VIEW).startswith("select an environment")
    assert why_not(rotate, None, HEALTHY, VIEW) == "select a secret (screen 8)"


def test_the_secret_page_explains_json_and_shows_no_value_of_any_kind() -> None:
    url = supply_secret(NOW, "database-url", 40)
    api, *others = HEALTHY.definitions.value or ()
    keyed = msgspec.structs.replace(api.containers[0], secrets=(("URL", f"{url.reference}:url::"),))
    of = world(definitions=(msgspec.structs.replace(api, containers=(keyed,)), *others))
    told = detail(of, f"secret:{url.arn}")
    assert "one key cannot be changed without reading the others" in told
    assert "--secret-id clickit/prod/database-url \\\n   --secret-string file:///dev/stdin" in told
    assert "a JSON object" not in detail(HEALTHY, f"secret:{url.arn}")


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("jq")), reason="bash or jq is not installed")
def test_one_key_of_a_secret_is_changed_by_the_lines_shown_and_its_value_is_no_argument(tmp_path: Path) -> None:
    here = Identity(account="1", arn="", region="eu-west-1", profile="on call")
    (tmp_path / "secret").write_text('{"api-key": "old", "URL": "kept"}')
    programs = {
        "aws": 'if [ "$2" = get-secret-value ]; then cat secret; else cat > written; fi',
        "jq": f'{shutil.which("jq")} "$@"',
    }
    for name, does in programs.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> arguments\n{does}\n')
        (tmp_path / name).chmod(0o755)
    value, *change = (each.replace("KEY", "api-key") for each in one_key("clickit/prod/it's", here))
    assert max(map(len, change)) <= 72, "a screen of 80 columns breaks none of them"
    typed = f"{value}\n  new 'value\\ \n" + "\n".join(change) + "\n"
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash"], input=typed, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "written").read_text() == """{"api-key":"  new 'value\\\\ ","URL":"kept"}"""
    arguments = (tmp_path / "arguments").read_text()
    assert "new" not in arguments
    assert arguments.count("--secret-id clickit/prod/it's ") == arguments.count("--profile on call --region eu-west-1\n") == 2


# --- drift --------------------------------------------------------------------------------------------------------------------


def drift(of: World) -> list[str]:
    return [f"{d.part}: {d.text}" for d in drifts(of, NOW)]


def test_nothing_drifts_at_rest_and_nothing_is_concluded_from_what_was_not_read() -> None:
    assert drift(HEALTHY) == []
    assert drift(WORLDS["loading"]) == []
    stale = Seen(value=HEALTHY.secrets.value, seen_at=NOW - 9999)
    assert drift(world(secrets=stale)) == []


def test_tasks_older_than_their_secret_are_told_on_triage() -> None:
    of = world(secrets=(supply_secret(NOW, "database-url", 0.5),))
    assert drift(of) == [
        "api: 3 tasks older than secret database-url: started before it changed",
        "frontend: 2 tasks older than secret database-url: started before it changed",
    ]
    shown = text([row.spans for row in service_rows(of, VIEW, 80, Options())])
    assert "! 3 tasks older than secret database-url" in shown
    assert "older" not in text([row.spans for row in service_rows(HEALTHY, VIEW, 80, Options())])


def test_a_tag_that_moved_a_newer_definition_and_a_count_out_of_bounds() -> None:
    images = tuple(msgspec.structs.replace(i, digest="sha256:ffffffffffff") if i.id == "v2.3.0" else i for i in HEALTHY.images.value or ())
    (moved,) = drift(world(images=images))
    assert "v2.3.0 names ffffffff" in moved
    assert moved.endswith("runs: the tag moved")
    gone = tuple(msgspec.structs.replace(i, exists=False) if i.id == "v2.3.0" else i for i in HEALTHY.images.value or ())
    assert drift(world(images=gone)) == ["api: image tag v2.3.0 is not in ECR any more: no new task can start"]
    newer = (worlds.definition("api", 99, NOW, 60), *(HEALTHY.definitions.value or ()))
    assert drift(world(definitions=newer)) == ["api: :41 is deployed, :99 is the newest revision"]
    assert drift(world(scaling=(ScalableTarget(part="api", minimum=4, maximum=6),))) == ["api: desired 3 is outside autoscaling 4–6"]


def test_a_secret_to_be_deleted_is_told_before_the_next_task_starts() -> None:
    of = world(secrets=(supply_secret(NOW, "database-url", 40, deleted_at=NOW + 86_400),))
    assert "api: secret database-url is scheduled for deletion: no new task can start" in drift(of)
    assert "✖ to be deleted" in rows(of)


# --- the rebuild --------------------------------------------------------------------------------------------------------------


def test_the_rebuild_is_copied_line_by_line_and_destroy_by_no_key() -> None:
    steps = rebuild_steps(HEALTHY, VIEW)
    told = text([step.line for step in steps])
    assert "terraform destroy" in told
    commands = [step.command for step in steps if step.command]
    assert not [command for command in commands if "destroy" in command]
    assert commands[:2] == ["cd infra/terraform/environments/prod", "terraform apply"]
    (migration,) = [command for command in commands if "run-task" in command]
    assert "--task-definition clickit-prod-migration" in migration
    assert '"subnet-0a1"' in migration
    assert all(f" --region {worlds.REGION}" in command for command in commands if "aws " in command)
    assert "newest manual snapshot before-v2-3-1" in told
    assert "deletion protection: terraform destroy stops there" in told
    without = text([s.line for s in rebuild_steps(world(snapshots=(snapshot(NOW, "rds:x", 60),)), VIEW)])
    assert "no manual snapshot" in without


def test_what_was_not_read_does_not_pass_before_a_rebuild() -> None:
    def told(**fields: Any) -> str:
        return text([step.line for step in rebuild_steps(world(**fields), VIEW)])

    url = supply_secret(NOW, "database-url", 40, exists=None, why="throttled")
    assert "? 1 secrets, 0 missing or to be deleted, 1 could not be read" in told(secrets=(url,), secret_list=())
    assert "! 0 secrets" in told(secrets=(), secret_list=())
    assert "? database, and whether it has deletion protection: no permission: rds:DescribeDBInstances" in told(
        database=faulty(denied("rds:DescribeDBInstances"), NOW)
    )
    api, *others = HEALTHY.services.value or ()
    silent = snapshot(NOW, "by-hand", 60, kind="", status="")
    assert "? snapshots: type or status of 1 of 1 is not told" in told(snapshots=(silent,))
    assert "newest snapshot unknown" in detail(world(snapshots=(silent,)), f"database:{NAMES.database}")
    assert "? unknown" in rows(world(snapshots=(silent,)))
    public = told(services=(msgspec.structs.replace(api, public_addresses=True), *others))
    assert '"assignPublicIp": "ENABLED"' in public
