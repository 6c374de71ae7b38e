"""`status` and `init` against the embedded ClickIt over HTTP."""

import io
import json
import re
import tomllib

import pytest

from clickit_tui.config import Flags, load
from clickit_tui.headless.init import init
from clickit_tui.headless.status import Status, gathered, health_words, plain, status
from clickit_tui.session import Session
from clickit_tui.world.ecs import Task
from clickit_tui.world.parts import Alarm, Target
from clickit_tui.world.task_health import task_health
from clickit_tui.world.world import FIELDS, OWN
from tests.worlds import NOW, seen

pytestmark = pytest.mark.xdist_group("demo")


def config(tmp_path, env="dev", **flags):
    return load(Flags(env=env, config="/dev/null", **flags), {}, state_dir=str(tmp_path))


def asked(command, configured, **options):
    out = io.StringIO()
    code = command(configured, out=out, **options)
    return code, out.getvalue()


def test_json_holds_one_world(demo, tmp_path):
    code, text = asked(status, config(tmp_path), as_json=True)
    found = json.loads(text)
    assert set(found) == set(Status.__struct_fields__)
    assert found["account"] == f"NOT AWS 127.0.0.1:{demo.port}"
    assert [(s["part"], s["desired"], s["running"]) for s in found["services"]] == [("api", 2, 2), ("frontend", 1, 1)]
    assert {t["part"] for t in found["tasks"]} >= {"api", "frontend"}
    cpu = next(m for m in found["metrics"] if m["key"] == "api.cpu")
    assert cpu["unit"] == "%"
    assert 0 < cpu["value"] < 100
    assert 0 <= cpu["age_s"] < 600
    assert [a["state"] for a in found["alarms"]] == ["OK"]
    assert found["log"]["since"] < found["at"]
    assert found["log"]["partial"] is False
    assert found["log"]["lines"]["info"] > 0
    assert [v["part"] for v in found["verdicts"]][:5] == ["edge", "api", "frontend", "database", "cache"]
    assert found["unknown"] == []
    assert code == 0


def test_people_get_the_same_in_words(demo, tmp_path):
    code, text = asked(status, config(tmp_path, read_only=True))
    assert code == 0
    assert f"NOT AWS 127.0.0.1:{demo.port}  eu-west-1" in text
    assert "READ-ONLY (--read-only)" in text
    assert "2/2 running" in text
    assert "api.cpu " in text
    assert "123456789012  " not in text
    assert re.search(r"edge.elb_5xx +0 in 5 m", text)
    assert re.search(r"db.memory +[\d.]+ [GM]iB ", text)
    assert re.search(r"edge.p95 +\d+ ms ", text)
    assert re.search(r"api +\w{8} +RUNNING +healthy ", text)
    assert " unknown " not in text
    assert re.search(r"log\n  since .*: \d+ .*info", text)


def test_alarms_of_autoscaling_are_named_as_such():
    session = Session(load(Flags(env="prod", config="/dev/null"), {}))
    own = Alarm(name="TargetTracking-service/api-AlarmLow", state="ALARM")
    session.store.put(alarms=seen((own, Alarm(name="clickit-prod-5xx", state="OK")), NOW, "alarms"))
    text = "\n".join(plain(gathered(session), session))
    assert "autoscaling's own (ALARM)  TargetTracking-" in text
    assert not re.search(r"^ +ALARM", text, re.M)


@pytest.mark.parametrize(
    ("task", "target", "said"),
    [
        (
            Task(arn="a", id="a", part="api", status="RUNNING", health="UNKNOWN", ip="1"),
            Target(group="g", id="1", state="healthy"),
            "healthy",
        ),
        (
            Task(arn="a", id="a", part="api", status="RUNNING", health="UNKNOWN", ip="1"),
            Target(group="g", id="1", state="unhealthy"),
            "target",
        ),
        (Task(arn="a", id="a", part="api", status="RUNNING", health="HEALTHY", ip="1"), None, "no target"),
        (Task(arn="a", id="a", part="api", status="RUNNING", health="UNHEALTHY", ip="1"), None, "container"),
        (Task(arn="a", id="a", part="api", status="PENDING", health="UNKNOWN"), None, "status"),
        (Task(arn="a", id="a", part="api", status="RUNNING"), None, ""),
    ],
)
def test_the_load_balancer_has_the_word_on_a_task(task, target, said):
    assert task_health(task, target) == said


def test_without_targets_nobody_knows_whether_a_task_is_one():
    task = Task(arn="a", id="a", part="api", status="RUNNING", health="UNKNOWN", ip="1")
    assert [health_words(task, None, read) for read in (True, False)] == ["no target", "?"]


def test_what_is_denied_is_unknown_with_its_permission_and_never_zero(demo, tmp_path):
    demo.fault("rds.DescribeDBInstances=deny")
    code, text = asked(status, config(tmp_path), as_json=True)
    found = json.loads(text)
    assert code == 3
    assert found["database"] is None
    unread = next(u for u in found["unknown"] if u["field"] == "database")
    assert unread["operation"] == "rds:DescribeDBInstances"
    assert next(v for v in found["verdicts"] if v["part"] == "database")["verdict"] == "UNKNOWN"


def test_a_missing_cluster_says_what_was_looked_for_and_what_is_here(demo, tmp_path):
    code, text = asked(status, config(tmp_path, "prd"))
    assert code == 4
    assert "looked for clickit-prd-cluster; here: clickit-dev-cluster, clickit-prod-cluster; nearest: clickit-prod-cluster" in text


def test_no_answer_ends_in_bounded_time_and_says_so(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, text = asked(status, config(tmp_path), within_s=3.0)
    assert code == 4
    assert "no connection to 127.0.0.1:9" in text or "no answer in time" in text


def test_status_writes_nothing_and_asks_only_reads(demo, tmp_path):
    demo.forget_counts()
    asked(status, config(tmp_path))
    verbs = ("Describe", "Get", "List", "Filter")
    assert demo.counts()
    assert [name for name in demo.counts() if not name.split(".")[1].startswith(verbs)] == []


def test_every_field_of_the_world_has_a_source_the_tail_or_the_session(demo, tmp_path):
    session = Session(config(tmp_path))
    assert set(FIELDS) - session.poller.fields == OWN


def test_init_prints_toml_that_the_configuration_reads(demo, tmp_path):
    code, text = asked(init, config(tmp_path))
    assert code == 0
    found = tomllib.loads(text)["environments"]["dev"]
    assert found["account"] == "123456789012"
    assert found["names"]["cluster"] == "clickit-dev-cluster"
    path = tmp_path / "clickit.toml"
    path.write_text(text)
    assert load(Flags(env="dev", config=str(path)), {}).account == "123456789012"


def test_init_comments_out_what_is_not_there_and_names_the_nearest(demo, tmp_path):
    code, text = asked(init, config(tmp_path, "qa"))
    assert code == 3
    assert '# cluster = "clickit-qa-cluster"  # not found: looked for clickit-qa-cluster; here: clickit-dev-cluster' in text
    assert "cluster" not in tomllib.loads(text)["environments"]["qa"]["names"]


def test_init_without_an_account_prints_no_toml(demo, tmp_path, capsys):
    demo.fault("sts.GetCallerIdentity=expire")
    code, text = asked(init, config(tmp_path))
    assert (code, text) == (4, "")
    assert "credentials have expired" in capsys.readouterr().err
