"""Shells, commands, tunnels and questions: what is asked of AWS, what is refused, and what the scripts do in a container."""

import os
import shlex
import stat
import subprocess

import msgspec
import pytest

from clickit_tui.actions.database_questions import NO_PSQL, NO_URL, QUESTIONS, asking, connected
from clickit_tui.actions.port_forward import ready, ssh_line
from clickit_tui.actions.registry import Target, actions
from clickit_tui.aws.gateway import Gateway
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config, Reach, Thresholds
from clickit_tui.plan import Plan, Refused
from clickit_tui.world.seen import Failed, Trouble
from tests import worlds

replace = msgspec.structs.replace
FACTS = Facts(now=worlds.NOW, names=worlds.NAMES, thresholds=Thresholds(), machine=worlds.MACHINE)
WORLD = worlds.healthy_world()
TASKS = [t for t in WORLD.tasks.value if t.part == "api" and not t.stopped]
ROW = Target(kind="task", part="api", id=TASKS[0].arn)
SERVICE = Target(kind="service", part="api", id=next(s.arn for s in WORLD.services.value if s.part == "api"))
BY_ID = {one.id: one for one in actions()}
REACHING = [one for one in actions() if one.reaches]


def plan(action, target=ROW, facts=FACTS, world=WORLD, **given):
    return BY_ID[action].plan(world, target, given, facts)


@pytest.mark.parametrize("one", REACHING, ids=lambda one: one.id)
def test_nothing_is_planned_from_a_machine_without_the_plugin(one):
    facts = replace(FACTS, machine=replace(worlds.MACHINE, plugin=""))
    planned = one.plan(WORLD, ROW, {"command": "id"}, facts)
    assert isinstance(planned, Refused)
    assert "not installed" in planned.reason


@pytest.mark.parametrize("one", REACHING, ids=lambda one: one.id)
def test_every_plan_opens_something_in_the_selected_task_and_calls_only_what_it_names(one):
    planned = one.plan(WORLD, ROW, {"command": "id"}, FACTS)
    assert isinstance(planned, Plan), planned
    assert planned.opens.task == planned.basis.task == ROW.id
    assert planned.opens.target == f"ecs:clickit-prod-cluster_{TASKS[0].id}_{TASKS[0].containers[0].runtime_id}"
    assert {step.call.action for step in planned.steps} <= set(one.operations)
    assert planned.inverse is None


def test_the_chosen_container_is_meant_and_no_other():
    options = BY_ID["shell"].choices(WORLD, SERVICE, FACTS)
    assert len(options) == len(TASKS)
    planned = plan("shell", SERVICE, container=options[-1].id)
    assert f"{planned.opens.task}#api" == options[-1].id
    gone = plan("shell", SERVICE, container="arn:of:another#api")
    assert isinstance(gone, Refused)


def test_a_tunnel_takes_a_free_port_and_names_the_server_itself():
    host = WORLD.database.value.host
    planned = plan("port_forward")
    params = planned.steps[0].call.params
    assert params["Parameters"] == {"host": [host], "portNumber": ["5432"], "localPortNumber": ["15432"]}
    assert planned.opens.ready == f'psql "host={host} hostaddr=127.0.0.1 port=15432 sslmode=require"'
    taken = plan("port_forward", facts=replace(FACTS, machine=replace(worlds.MACHINE, free_ports=(16379, 40001))))
    assert taken.opens.local_port == 40001
    assert isinstance(plan("port_forward", facts=replace(FACTS, machine=replace(worlds.MACHINE, free_ports=()))), Refused)


def test_before_the_machine_was_looked_at_nothing_is_said_of_its_ports():
    unseen = plan("port_forward", facts=replace(FACTS, machine=replace(worlds.MACHINE, looked=False, free_ports=())))
    assert unseen.opens.local_port == 15432


def test_where_there_is_only_a_cache_a_tunnel_leads_there():
    world = replace(WORLD, database=worlds.faulty(worlds.denied("rds:DescribeDBInstances"), worlds.NOW))
    only = ROW if len(TASKS[0].containers) == 1 else replace(ROW, container="api")
    assert BY_ID["port_forward"].choices(world, only, FACTS) == ()
    assert plan("port_forward", only, world=world).opens.to == "cache"


def test_a_certificate_bundle_makes_the_line_check_the_server():
    facts = replace(FACTS, reach=Reach(ca_bundle="/etc/rds.pem"))
    assert ready("database", "db.example", 15432, facts, False).endswith('sslmode=verify-full sslrootcert=/etc/rds.pem"')


def test_on_a_remote_machine_the_way_on_is_said():
    facts = replace(FACTS, machine=replace(worlds.MACHINE, remote="10.1.2.3", login="anna"))
    assert ssh_line(15432, facts) == "ssh -L 15432:127.0.0.1:15432 anna@10.1.2.3"
    assert any("ssh -L 15432" in line.text for line in plan("port_forward", facts=facts).effect)


def test_a_command_must_be_typed_and_says_where_it_is_kept():
    assert isinstance(plan("run_command", command=" "), Refused)
    assert any("CloudTrail" in line.text for line in plan("run_command", command="id").effect)


def test_the_questions_are_one_plan_of_one_call_each_that_changes_nothing():
    planned = plan("questions")
    assert [step.words for step in planned.steps] == [q.name for q in QUESTIONS]
    for step, question in zip(planned.steps, QUESTIONS, strict=True):
        assert "set transaction read only" in step.call.params["command"]
        assert question.sql.startswith("select ")
        assert ";" not in question.sql
        assert '"' not in question.sql
        assert "$" not in question.sql


def run(script, tmp_path, psql=True, **env):
    """What a container's sh makes of a script; psql prints its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    if psql:
        (folder / "psql").write_text('#!/bin/sh\nprintf "<%s>" "$PGOPTIONS" "$@"\n')
        (folder / "psql").chmod(stat.S_IRWXU)
    for tool in ("sed", "sh"):
        if not (folder / tool).exists():
            os.symlink(f"/bin/{tool}" if os.path.exists(f"/bin/{tool}") else f"/usr/bin/{tool}", folder / tool)
    done = subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(folder), **env}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_drivers_suffix_is_removed_in_the_container(tmp_path):
    script = connected("CLICKIT_DATABASE_URL", 'psql "$@"')
    code, said = run(script, tmp_path, CLICKIT_DATABASE_URL="postgresql+asyncpg://u:p+w@h:5432/db?a=b")
    assert (code, said) == (0, "<><postgresql://u:p+w@h:5432/db?a=b>")


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("postgres://u:p@h/db?ssl=require", "postgres://u:p@h/db?sslmode=require"),
        ("postgresql+asyncpg://u:p@h/db?prepared_statement_cache_size=0&ssl=true", "postgresql://u:p@h/db?sslmode=require"),
        ("postgresql+asyncpg://u:p%40q@h/db?command_timeout=5", "postgresql://u:p%40q@h/db"),
        ("postgresql:///db?host=/run", "postgresql:///db?host=/run"),
        ("postgresql://h/db?a=1&command_timeout=5&async_fallback=1&b=2", "postgresql://h/db?a=1&b=2"),
        ("postgresql://u:p&&q@h/db", "postgresql://u:p&&q@h/db"),
    ],
)
def test_what_only_the_driver_knows_is_left_out(given, passed, tmp_path):
    assert run(connected("X_URL", 'psql "$@"'), tmp_path, X_URL=given) == (0, f"<><{passed}>")


@pytest.mark.parametrize("password", ["p@ss-word", "p/ass-word", "p%zass-word", "p%"])
def test_an_address_that_psql_could_not_parse_is_not_given_to_it_because_it_would_say_the_password(password, tmp_path):
    code, said = run(connected("X_URL", 'psql "$@"'), tmp_path, X_URL=f"postgresql://u:{password}@h/db")
    assert (code, said) == (126, f"X_URL {NO_URL}\n")
    assert run(connected("X_URL", 'psql "$@"'), tmp_path, X_URL="mysql://u:p@h/db")[0] == 126


def test_the_containers_own_variables_come_first(tmp_path):
    code, said = run(connected("CLICKIT_DATABASE_URL", 'psql "$@"'), tmp_path, CLICKIT_DATABASE_URL="postgresql://secret", PGHOST="h")
    assert code == 0
    assert "secret" not in said


def test_an_image_without_psql_or_address_says_so(tmp_path):
    assert run(connected("X_URL", 'psql "$@"'), tmp_path, psql=False) == (127, f"{NO_PSQL}\n")
    assert run(connected("X_URL", 'psql "$@"'), tmp_path) == (126, "neither PGHOST nor X_URL is set here\n")


def test_a_question_reaches_psql_whole(tmp_path):
    planned = plan("questions")
    for step, question in zip(planned.steps, QUESTIONS, strict=True):
        script = shlex.split(step.call.params["command"])[2]
        code, said = run(script, tmp_path, PGHOST="h")
        assert code == 0
        assert f"<{question.sql}>" in said
        assert "__clickit_rc=0" in said
    assert "-1 " in asking("select 1")


@pytest.mark.parametrize("one", REACHING, ids=lambda one: one.id)
async def test_read_only_refuses_every_call_at_the_gateway(one):
    gateway = Gateway(Config(env="prod", names=worlds.NAMES, read_only=True, read_only_source="--read-only"))
    for step in one.plan(WORLD, ROW, {"command": "id"}, FACTS).steps:
        with pytest.raises(Failed) as refused:
            await gateway.execute(step.call)
        assert refused.value.fault.kind is Trouble.REFUSED
        assert "read-only" in refused.value.fault.sentence
