import fcntl
import os
import stat
import threading

import msgspec
import pytest

from clickit_tui import journal as module
from clickit_tui import linefile
from clickit_tui.journal import Intent, Journal, Note, Pins, Result, StoppedTask, who
from clickit_tui.plan import Basis, Call, Hidden, Plan, Step
from clickit_tui.world.ecs import Task
from clickit_tui.world.follow import Follow
from clickit_tui.world.parts import Alarm, Identity
from clickit_tui.world.seen import Failed

IDENTITY = Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/OnCall/anna", region="eu-west-1")

ELSEWHERE = Identity(account="123456789012", arn=IDENTITY.arn, region="eu-west-1", endpoint="127.0.0.1:5000")


def plan(**changes):
    call = Call("ecs", "UpdateService", {"cluster": "c", "service": "clickit-dev-api", "desiredCount": 3})
    built = Plan(
        action="scale",
        title="SCALE clickit-dev-api",
        env="dev",
        target="api",
        steps=(Step(call=call),),
        effect=(),
        basis=Basis(account="123456789012", desired=2),
        inverse=Call("ecs", "UpdateService", {"desiredCount": 2}),
    )
    return msgspec.structs.replace(built, **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.jsonl"


@pytest.fixture
def journal(path):
    return Journal(path, clock=lambda: 100.0)


def reread(path):
    fresh = Journal(path)
    fresh.load()
    return fresh


def test_an_intent_says_who_what_where_and_on_what_basis(journal, path, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.9 51234 10.0.0.1 22")
    key = journal.intent(plan(), IDENTITY)
    (entry,) = reread(path).entries()
    assert isinstance(entry, Intent)
    assert (entry.id, entry.at, entry.env, entry.title, entry.account, entry.region) == (
        key,
        100.0,
        "dev",
        "SCALE clickit-dev-api",
        "123456789012",
        "eu-west-1",
    )
    assert entry.who.arn == IDENTITY.arn
    assert entry.who.user
    assert entry.who.ssh == "203.0.113.9 port 51234"
    assert entry.calls[0].params["desiredCount"] == 3
    assert entry.basis.desired == 2
    assert entry.inverse.params == {"desiredCount": 2}


def test_a_hidden_value_is_never_written(journal, path):
    call = Call(
        "secretsmanager", "PutSecretValue", {"SecretId": "x", "SecretString": Hidden("hunter2"), "Deep": [{"a": Hidden("hunter2")}]}
    )
    journal.intent(plan(steps=(Step(call=call),)), IDENTITY)
    text = path.read_text()
    assert "hunter2" not in text
    assert text.count("***") == 2


def test_a_command_line_is_kept_masked(journal, path):
    journal.masked = lambda text: text.replace("hunter2", "***")
    call = Call("ecs", "ExecuteCommand", {"task": "t", "command": "sh -c 'redis-cli -a hunter2 ping'"})
    journal.intent(plan(steps=(Step(call=call),)), IDENTITY)
    assert "hunter2" not in path.read_text()
    (entry,) = reread(path).entries()
    assert entry.calls[0].params == {"task": "t", "command": "sh -c 'redis-cli -a *** ping'"}


def test_file_and_directory_are_for_the_user_alone(journal, path):
    journal.note("dev", "hello")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_intent_is_synced_before_it_returns_and_a_note_is_not(journal, monkeypatch):
    synced = []
    monkeypatch.setattr(module.os, "fsync", lambda file: synced.append(file))
    journal.note("dev", "x")
    assert synced == []
    journal.intent(plan(), IDENTITY)
    assert synced


def test_an_intent_without_outcome_is_unsettled_also_for_the_next_process(journal, path):
    first, second = journal.intent(plan(), IDENTITY), journal.intent(plan(), IDENTITY)
    journal.outcome(first, "dev", "done", requests=("r-1",), deployment="ecs-svc/1")
    for reader in (journal, reread(path)):
        assert [intent.id for intent in reader.unsettled("dev", IDENTITY)] == [second]
        assert reader.unsettled("prod", IDENTITY) == ()
        assert reader.unsettled("dev", ELSEWHERE) == ()
    (_, _, result) = reread(path).entries()
    assert isinstance(result, Result)
    assert (result.requests, result.deployment) == (("r-1",), "ecs-svc/1")


def test_open_follows_are_resumed_and_ended_ones_are_not(journal, path):
    one = journal.follow_begun(Follow(kind="scale", env="dev", part="api", intent="abc", desired=3), IDENTITY)
    journal.follow_begun(Follow(kind="stop", env="dev", part="api", task="arn:t"), IDENTITY)
    assert one == "abc"
    journal.follow_ended(one, "dev", "recovered", "5 of 5")
    journal.close()
    (left,) = reread(path).follows("dev", IDENTITY)
    assert reread(path).follows("dev", ELSEWHERE) == ()
    assert left.follow.task == "arn:t"


def test_a_follow_that_is_complete_is_resumed_as_such(journal, path):
    one = journal.follow_begun(Follow(kind="scale", env="dev", part="api", intent="abc", desired=3), IDENTITY)
    journal.follow_steady(one, "dev", 70.0)
    journal.follow_steady("of another file", "dev", 71.0)
    journal.close()
    (left,) = reread(path).follows("dev", IDENTITY)
    assert (left.id, left.steady_at) == ("abc", 70.0)


def test_a_stopped_task_and_an_alarm_state_are_recorded_once(journal, path):
    task = Task(arn="arn:task/1", id="1", part="api", status="STOPPED", stopped_reason="Essential container in task exited")
    alarm = Alarm(name="5xx", state="ALARM", since=50.0)
    assert journal.stopped_task("dev", task)
    assert not journal.stopped_task("dev", task)
    assert journal.alarm("dev", alarm)
    assert not journal.alarm("dev", alarm)
    journal.close()
    later = reread(path)
    assert not later.stopped_task("dev", task)
    assert not later.alarm("dev", alarm)
    assert later.alarm("prod", alarm)
    assert later.alarm("dev", msgspec.structs.replace(alarm, state="OK", since=60.0))
    kept = [entry.task for entry in later.entries() if isinstance(entry, StoppedTask)]
    assert kept == [task]


def test_truncated_garbled_and_unknown_lines_are_passed_over_and_counted(journal, path):
    journal.note("dev", "one")
    with path.open("ab") as file:
        file.write(b'\xff\xfe not json\n{"kind":"of a later version","at":1}\n{"kind":"note","at":"x"}\n\n{"kind":"note","at":3,"te')
    later = reread(path)
    later.note("dev", "two")
    again = reread(path)
    assert [entry.text for entry in again.entries()] == ["one", "two"]
    assert reread(path).unreadable == 4


def test_fields_of_a_later_version_do_not_hide_an_entry(path):
    path.parent.mkdir()
    path.write_text('{"kind":"note","at":1,"text":"x","mood":"fine"}\n')
    assert [entry.text for entry in Journal(path).entries()] == ["x"]


def test_no_file_is_an_empty_journal(path):
    assert list(reread(path).entries()) == []


def test_an_unwritable_journal_refuses_the_change_by_name(tmp_path):
    (tmp_path / "state").write_text("a file where the directory should be")
    with pytest.raises(Failed, match=r"journal .* cannot be written") as failed:
        Journal(tmp_path / "state" / "journal.jsonl").intent(plan(), IDENTITY)
    assert "no change is sent" in failed.value.fault.fix


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
def test_a_full_disk_refuses_the_change(tmp_path, monkeypatch):
    monkeypatch.setattr(module.os, "O_NOFOLLOW", 0)
    monkeypatch.setattr(module.os, "pread", lambda *_: b"\n")
    (tmp_path / "journal.jsonl").symlink_to("/dev/full")
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(Failed, match="No space left"):
        journal.intent(plan(), IDENTITY)
    assert journal.unsettled("dev", IDENTITY) == ()


def test_a_journal_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failed):
        Journal(tmp_path / "journal.jsonl").note("dev", "x")


def test_who_without_ssh_is_local():
    assert who("arn", {}).ssh == ""


def test_a_pin_is_set_once_and_a_difference_is_refused(tmp_path):
    pins = Pins(tmp_path / "state" / "pins.json")
    pins.check("prod", "1", "eu-west-1", 5.0)
    pins.check("dev", "2", "eu-west-1", 6.0)
    pins.check("prod", "1", "eu-west-1", 7.0)
    with pytest.raises(Failed, match=r"prod was account 1 in eu-west-1 .* account 3 in eu-west-1"):
        pins.check("prod", "3", "eu-west-1", 8.0)
    with pytest.raises(Failed, match="us-east-1"):
        pins.check("prod", "1", "us-east-1", 8.0)
    assert Pins(pins.path).all()["prod"].at == 5.0
    assert [p.name for p in pins.path.parent.iterdir()] == ["pins.json"]
    assert stat.S_IMODE(pins.path.stat().st_mode) == 0o600


def test_garbled_pins_refuse_rather_than_forget(tmp_path):
    (tmp_path / "pins.json").write_text("{")
    with pytest.raises(Failed, match=r"pins\.json cannot be used"):
        Pins(tmp_path / "pins.json").check("prod", "1", "eu-west-1", 1.0)


def test_a_quiet_alarm_is_no_news_until_it_fires(journal, path):
    quiet = Alarm(name="cpu", state="OK", since=1.0)
    assert not journal.alarm("dev", quiet)
    assert journal.alarm("dev", msgspec.structs.replace(quiet, state="ALARM", since=2.0))
    assert journal.alarm("dev", msgspec.structs.replace(quiet, state="OK", since=3.0))
    journal.close()
    assert [entry.state for entry in reread(path).entries()] == ["ALARM", "OK"]


def test_stopped_tasks_are_remembered_where_they_were_seen_newest_first(journal, path):
    def stopped(id, at, region="eu-west-1"):
        arn = f"arn:aws:ecs:{region}:123456789012:task/clickit-dev-cluster/{id}"
        return Task(arn=arn, id=id, part="api", status="STOPPED", stopped_at=at)

    here = Identity(account="123456789012", arn="a", region="eu-west-1")
    for task, env, endpoint in (
        (stopped("a", 100.0), "dev", ""),
        (stopped("b", 300.0), "dev", ""),
        (stopped("old", 10.0), "dev", ""),
        (stopped("far", 200.0, region="us-east-1"), "dev", ""),
        (stopped("other", 200.0), "prod", ""),
        (stopped("demo", 200.0), "dev", "127.0.0.1:5000"),
    ):
        journal.stopped_task(env, task, endpoint)
    journal.close()
    again = reread(path)
    for each in (journal, again):
        assert [t.id for t in each.stopped_tasks("dev", here, since=50.0)] == ["b", "a"]
    demo = msgspec.structs.replace(here, endpoint="127.0.0.1:5000")
    assert [t.id for t in again.stopped_tasks("dev", demo, since=0.0)] == ["demo"]


def test_what_nobody_waits_for_is_written_before_the_intent_that_follows_it(journal, path):
    alarms = [Alarm(name=f"a{n}", state="ALARM", since=1.0) for n in range(50)]
    for alarm in alarms:
        journal.alarm("dev", alarm)
    journal.intent(plan(), IDENTITY)
    kinds = [getattr(entry, "name", "intent") for entry in map(msgspec.json.Decoder(module.Entry).decode, path.read_bytes().splitlines())]
    assert kinds == [*(alarm.name for alarm in alarms), "intent"]


def test_what_nobody_waits_for_is_written_in_another_thread(journal, monkeypatch):
    threads = []
    monkeypatch.setattr(linefile, "write", lambda path, line, durable: threads.append(threading.current_thread()))
    journal.alarm("dev", Alarm(name="5xx", state="ALARM", since=1.0))
    journal.close()
    assert [thread is threading.current_thread() for thread in threads] == [False]


def test_what_the_disk_did_not_take_is_said_and_written_later_but_a_refused_intent_never(journal, path):
    said = []
    journal.failed = said.append
    path.parent.write_text("a file where the directory should be")
    journal.alarm("dev", Alarm(name="5xx", state="ALARM", since=1.0))
    with pytest.raises(Failed, match="cannot be written"):
        journal.intent(plan(), IDENTITY)
    assert [str(path) in fault.sentence for fault in said] == [True]
    path.parent.unlink()
    journal.note("dev", "there is space again")
    assert [type(entry).__name__ for entry in journal.entries()] == ["AlarmChange", "Note"]


def test_a_journal_that_is_too_large_becomes_the_old_one_at_the_next_start_and_both_are_read(journal, path, monkeypatch):
    first = journal.intent(plan(), IDENTITY)
    monkeypatch.setattr(linefile, "LIMIT_BYTES", path.stat().st_size)
    assert [intent.id for intent in reread(path).unsettled("dev", IDENTITY)] == [first]
    assert not path.with_name("journal.1.jsonl").exists()
    second = journal.intent(plan(), IDENTITY)
    later = reread(path)
    assert not path.exists()
    third = journal.intent(plan(), IDENTITY)
    later = reread(path)
    assert [entry.id for entry in later.entries()] == [first, second, third]
    assert [intent.id for intent in later.unsettled("dev", IDENTITY)] == [first, second, third]
    journal.note("dev", "x" * 5000)
    reread(path)
    assert [entry.text[:1] for entry in reread(path).entries() if isinstance(entry, Note)] == ["x"]
    assert stat.S_IMODE(path.with_name("journal.1.jsonl").stat().st_mode) == 0o600


def test_only_one_process_rotates(journal, path, monkeypatch):
    journal.note("dev", "x")
    monkeypatch.setattr(linefile, "LIMIT_BYTES", 0)
    with (path.parent / "journal.jsonl.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        reread(path)
        assert path.exists()
    reread(path)
    assert not path.exists()


def test_no_more_stopped_tasks_are_kept_in_memory_than_are_of_use(journal, monkeypatch):
    journal._stopped = type(journal._stopped)(maxlen=3)
    here = Identity(account="1", arn="a", region="r")
    tasks = [Task(arn=f"arn:aws:ecs:r:1:task/c/{n}", id=str(n), part="api", status="STOPPED", stopped_at=float(n)) for n in range(9)]
    assert all(journal.stopped_task("dev", task) for task in tasks)
    assert [task.id for task in journal.stopped_tasks("dev", here, 0.0)] == ["8", "7", "6"]
    assert not any(journal.stopped_task("dev", task) for task in tasks)


@pytest.mark.parametrize("kind", ["device", "pipe", "directory"])
def test_what_is_no_plain_file_is_read_as_empty_and_ends(path, kind):
    path.parent.mkdir(parents=True)
    match kind:
        case "device":
            path.symlink_to("/dev/full")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    found = Journal(path)
    found.load()
    assert list(found.entries()) == []


def test_of_a_file_that_grew_too_large_the_end_is_read(path, monkeypatch):
    monkeypatch.setattr(linefile, "READ_BYTES", 25)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(10)))
    assert list(linefile.LineFile(path).lines()) == [b"line 7\n", b"line 8\n", b"line 9\n"]
