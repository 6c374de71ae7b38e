"""A tape: what is written is what is read, nothing secret is in it, and no end of it harms anybody."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import stat
import subprocess
import sys

import msgspec
import pytest

from clickit_tui.config import Thresholds
from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import line_of
from clickit_tui.logs.mask import MARK
from clickit_tui.naming import names
from clickit_tui.store import Store
from clickit_tui.tape import writing
from clickit_tui.tape.form import FORMAT, KNOWN, Header, TailWords
from clickit_tui.tape.reading import NoTape, opened
from clickit_tui.tape.writing import WAITING, Pace, Recording, create
from clickit_tui.world.ecs import ContainerDefinition, TaskDefinition
from clickit_tui.world.parts import Cache, ClusterMissing, Identity
from clickit_tui.world.seen import Absent, Fault, Seen, Trouble
from clickit_tui.world.world import ON_DEMAND, World
from tests import worlds
from tests.fakes import line
from tests.stepped import SteppedClock
from tests.tape import samples

ENV = "prod"


def header(clock):
    limits = msgspec.structs.asdict(Thresholds(api_cpu_warn=71.0))
    return Header(tape=FORMAT, program="0", env=ENV, began_at=clock(), names=names(ENV), thresholds=limits)


@pytest.fixture
def clock():
    return SteppedClock(worlds.NOW)


@pytest.fixture(params=["a.tape", "a.tape.gz"])
def path(request, tmp_path):
    return tmp_path / request.param


@pytest.fixture
def make(path, clock):
    """Recordings of the file, fed by a store."""

    def made(**given):
        recording = Recording(path, create(path), header(clock), clock=clock, **given)
        store = Store(World(env=ENV))
        store.on_change(recording.put)
        return recording, store

    return made


def fields(world):
    return {name: getattr(world, name) for name in KNOWN}


def text_of(path):
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()


# --- the same again ---


@pytest.mark.parametrize("seed", range(5))
def test_a_world_of_every_type_comes_back_equal(seed, make, path):
    recording, store = make()
    store.put(**fields(samples.world(seed)))
    recording.close()
    tape = opened(path)
    assert tape.world(worlds.NOW) == store.world
    assert (tape.end, tape.skipped, tape.header.limits().api_cpu_warn) == ("the session ended", {}, 71.0)


@pytest.mark.parametrize("name", ["healthy", "incident", "denied", "stale", "absent", "hostile", "huge"])
def test_the_worlds_of_the_tests_come_back_equal(name, make, path):
    recording, store = make()
    world = getattr(worlds, f"{name}_world")(worlds.NOW)
    store.put(**fields(world))
    recording.close()
    known = opened(path).world(worlds.NOW)
    assert [f for f in KNOWN - ON_DEMAND if getattr(known, f) != getattr(world, f)] == []


def test_at_every_moment_the_world_is_the_one_of_that_moment(make, path, clock):
    """Whatever changed, was read again unchanged, or failed between two moments; forwards and backwards."""
    recording, store = make()
    rng = random.Random(3)
    seen = []
    values = [samples.world(seed) for seed in range(4)]
    for turn in range(60):
        clock.now += rng.choice((0.0, 0.5, 30.0))
        some = rng.sample(sorted(KNOWN), 3)
        put = {name: getattr(rng.choice(values), name) for name in some}
        again = rng.choice(sorted(KNOWN))
        if isinstance(before := getattr(store.world, again), Seen) and again not in put:
            put[again] = msgspec.structs.replace(before, seen_at=clock(), fault=rng.choice((None, worlds_fault())))
        store.put(**put)
        seen.append((clock(), store.world))
        if turn % 7 == 0:
            recording.flush()
    recording.close()
    tape, last = opened(path), dict(seen)
    for at, world in [*last.items(), *reversed(last.items())]:
        known = tape.world(at)
        untouched = {name for name in ON_DEMAND if getattr(world, name) == Seen()}
        assert [f for f in KNOWN - untouched if getattr(known, f) != getattr(world, f)] == []


def worlds_fault():
    return Fault(kind=Trouble.THROTTLED, sentence="throttled by ECS")


def test_a_value_that_stays_is_written_once(make, path, clock):
    recording, store = make()
    value = worlds.incident_world(worlds.NOW).services.value
    for _ in range(50):
        clock.now += 5
        store.put(services=Seen(value=value, seen_at=clock()))
    recording.close()
    assert text_of(path).count("clickit-prod-api") < 20
    tape = opened(path)
    assert tape.readings == {"services": 50}
    assert tape.world(clock() - 5).services == Seen(value=value, seen_at=clock() - 5)


def test_log_lines_come_back_in_the_order_in_which_they_came(make, path, clock):
    recording, _ = make()
    first = [line(i) for i in range(700)]
    recording.add(first)
    clock.now += 10
    recording.tail(TailWords(words="BEHIND 14 s", look="warn", troubles=("api: denied",)))
    recording.add([line(1000, text="späte Zeile\nmit zweiter")])
    recording.close()
    tape = opened(path)
    assert tape.log(0, tape.batches(worlds.NOW)) == first
    assert tape.log(tape.batches(worlds.NOW), tape.batches(clock())) == [line(1000, text="späte Zeile\nmit zweiter")]
    assert (tape.tail(worlds.NOW).words, tape.tail(clock()).troubles) == ("LOADING", ("api: denied",))
    assert tape.first_of(tape.batches(clock()), 100) == 1


def test_what_nobody_had_looked_at_is_said_and_does_not_load_for_ever(make, path, clock):
    recording, store = make()
    clock.now += 60
    store.put(snapshots=Seen(value=(), seen_at=clock()))
    recording.close()
    tape = opened(path)
    assert "not in the recording" in tape.world(worlds.NOW).snapshots.fault.sentence
    assert tape.world(clock()).snapshots.value == ()
    assert tape.world(clock()).services == Seen()


# --- nothing secret ---

SECRETS = ("hunter22xyz", "AKIAABCDEFGHIJKLMNOP", "s3cr3tInUrl", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab", "Rose-4711", "t0kenOfBearer99")


def test_a_secret_is_nowhere_in_the_file_whatever_the_session_shows(make, path, clock):
    password, key, in_url, access, pattern, bearer = SECRETS
    recording, store = make(masks=(r"Rose-\d+",))
    said = (
        f"password={password} key {key} postgres://app:{in_url}@db/x secret_access_key: {access} {pattern} Authorization: Bearer {bearer}"
    )
    event = Event(at_ms=int(worlds.NOW * 1000), message=json.dumps({"message": said, "token": bearer}), stream="ecs/api/1", id="1")
    recording.add([line_of(event, "api", "/ecs/api", masked=False)])
    recording.tail(TailWords(words="STALE 9 s", troubles=(said,)))
    environment = (("DATABASE_PASSWORD", password), ("SMTP_TOKEN", bearer), ("PORT", "3000"), ("URL", f"redis://x:{in_url}@h/0"))
    container = ContainerDefinition(name="api", environment=environment, command=("run", "--password", password), labels=(("note", said),))
    definition = TaskDefinition(arn="arn:aws:ecs:::task-definition/api:1", family="api", revision=1, containers=(container,))
    fault = Fault(kind=Trouble.SERVER, sentence=said, fix=said)
    store.put(definitions=Seen(value=(definition,), seen_at=worlds.NOW), cluster=Seen(fault=fault, fault_at=worlds.NOW))
    recording.close()
    text = text_of(path)
    assert [one for one in SECRETS if one in text] == []
    assert MARK in text
    kept = opened(path).world(worlds.NOW).definitions.value[0].containers[0]
    assert dict(kept.environment) == {"DATABASE_PASSWORD": MARK, "SMTP_TOKEN": MARK, "PORT": "3000", "URL": f"redis://x:{MARK}@h/0"}


def test_a_private_key_that_came_line_by_line_is_nowhere_either(make, path):
    recording, _ = make()
    key = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7bq1mY9x0Zt5sVfGk3Lw8PqRcN2dJhXyUoTzAaBbCcDdEeFf", "q9ShortTail=="]
    recording.add([line(i, text=text) for i, text in enumerate([*key, "-----END RSA PRIVATE KEY-----", "q9ShortTail== is no more"])])
    recording.close()
    kept = [text.text for text in opened(path).log(0, 1)]
    assert kept == [MARK, MARK, MARK, "-----END RSA PRIVATE KEY-----", "q9ShortTail== is no more"]


def test_references_to_secrets_are_no_secrets(make, path):
    recording, store = make()
    reference = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/jwt-secret-key-AbCdEf"
    container = ContainerDefinition(name="api", secrets=(("JWT_SECRET_KEY", reference), ("SESSION_SECRET", "clickit/prod/session-secret")))
    definition = TaskDefinition(arn="a", family="api", revision=1, containers=(container,))
    store.put(definitions=Seen(value=(definition,), seen_at=worlds.NOW))
    recording.close()
    assert opened(path).world(worlds.NOW).definitions == store.world.definitions


# --- the file ---


def test_only_the_user_can_read_it_and_nothing_is_overwritten(make, path, tmp_path, clock):
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        make()
    assert path.read_text() == "precious"
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"exists|symbolic"):
        make()
    assert not (tmp_path / "elsewhere").exists()
    path.unlink()
    recording, _ = make()
    recording.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_disk_ends_the_recording_and_nothing_else(make, path, clock, monkeypatch):
    recording, store = make()
    store.put(alarms=Seen(value=(), seen_at=1.0))
    recording.flush()
    real = os.write

    def full(file, data):
        if len(data) < 2:
            raise OSError(28, "No space left on device")
        return real(file, data[: len(data) // 2])

    monkeypatch.setattr(writing.os, "write", full)
    clock.now += 5
    store.put(services=worlds.incident_world(worlds.NOW).services)
    recording.flush()
    monkeypatch.undo()
    assert recording.words == "REC OFF"
    assert recording.stopped == f"No space left on device: recording stopped, {path.name} holds what was seen until then"
    store.put(alarms=Seen(value=(), seen_at=2.0))
    recording.flush()
    recording.close()
    tape = opened(path)
    assert (tape.world(clock()).alarms.seen_at, tape.world(clock()).services, tape.skipped) == (1.0, Seen(), {})


def test_a_disk_that_is_full_from_the_beginning_is_said(make, path, monkeypatch):
    def full(file, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "write", full)
    recording, store = make()
    store.put(**fields(samples.world(1)))
    recording.flush()
    recording.close()
    assert recording.stopped.startswith("No space left on device")


def test_it_never_grows_beyond_its_bound(make, path, clock):
    recording, store = make(most_bytes=4_000)
    for i in range(200):
        store.put(denied=frozenset({f"ecs:Operation{i}"}))
    recording.flush()
    assert recording.stopped == f"{path.name} is as long as a recording may be: recording stopped"
    assert len(text_of(path)) < 4_200
    assert opened(path).end == "the tape is full"


def test_what_comes_faster_than_may_be_written_is_thinned_and_said(make, path, clock):
    recording, store = make(pace=Pace(0.0, 0.0, clock()))
    for i in range(WAITING + 50):
        clock.now += 0.01
        store.put(denied=frozenset({f"ecs:Operation{i}"}))
        recording.add([line(i)])
    recording.flush()
    assert len(recording._queue) == WAITING
    recording.close()
    tape = opened(path)
    assert tape.world(clock()) == msgspec.structs.replace(tape.world(worlds.NOW), denied=store.world.denied)
    assert tape.log_lines + tape.lost == WAITING + 50
    assert tape.lost > 50


def test_a_pace_gives_its_burst_and_then_its_rate():
    pace = Pace(10.0, 100.0, 0.0)
    assert pace.may(0.0)
    pace.wrote(150)
    assert [pace.may(at) for at in (0.0, 4.9, 5.1)] == [False, False, True]


# --- files that are not whole, not ours, or not friendly ---


def openable(path):
    """The tape, or None when it is refused with a sentence; nothing else may be raised."""
    try:
        return opened(path)
    except NoTape:
        return None


def test_cut_anywhere_it_opens_with_what_was_there_or_says_that_it_is_none(make, path, clock, tmp_path):
    recording, store = make()
    seen = [store.world]
    for i in range(3):
        clock.now += 1
        store.put(denied=frozenset({f"ecs:Operation{i}"}))
        recording.add([line(i)])
        recording.flush()
        seen.append(store.world)
    recording.close()
    whole, cut = path.read_bytes(), tmp_path / "cut"
    denied = {world.denied for world in seen}
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        if (tape := openable(cut)) is None:
            assert length < len(whole) * 0.9
            continue
        assert tape.world(clock()).denied in denied
        assert tape.skipped.keys() <= {"last line, cut short"}
        tape.close()


WRITER = """
import sys
from pathlib import Path
from clickit_tui.naming import names
from clickit_tui.store import Store
from clickit_tui.tape.form import FORMAT, Header
from clickit_tui.tape.writing import Recording, create
from clickit_tui.world.world import World
path = Path(sys.argv[1])
recording = Recording(path, create(path), Header(tape=FORMAT, program="0", env="prod", began_at=1.0, names=names("prod")))
store = Store(World(env="prod"))
store.on_change(recording.put)
number = 0
while True:
    number += 1
    store.put(denied=frozenset({f"ecs:{'x' * 5000}{number}"}))
    recording.flush()
    print(number, flush=True)
"""


def test_killed_in_the_middle_of_writing_it_still_replays(path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        for said in writer.stdout:
            if int(said) >= 20:
                break
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    tape = opened(path)
    (last,) = tape.world(tape.ended_at).denied
    assert int(last.rpartition("x")[2]) >= 20
    assert tape.end == ""


def plain(tmp_path, *lines, first=None):
    path = tmp_path / "made.tape"
    head = json.loads(msgspec.json.encode(header(SteppedClock(worlds.NOW)))) if first is None else first
    path.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in (head, *lines)))
    return path


def test_a_newer_format_is_refused_with_both_numbers(tmp_path):
    with pytest.raises(NoTape, match="was written in format 9 by a newer clickit-tui; this one reads up to 1"):
        opened(plain(tmp_path, first={"tape": 9, "who": "knows"}))


def test_thresholds_of_another_version_are_taken_as_far_as_they_are_known(tmp_path):
    first = json.loads(msgspec.json.encode(header(SteppedClock(worlds.NOW))))
    tape = opened(plain(tmp_path, first={**first, "thresholds": {"errors_5xx_fail": 12.0, "moon_phase_warn": 3}}))
    assert tape.header.limits() == Thresholds(errors_5xx_fail=12)
    assert tape.skipped == {"threshold `moon_phase_warn`, which this version does not know": 1}
    for bad in ({"errors_5xx_fail": 12.5}, {"unhealthy_minutes": 1e11}):
        with pytest.raises(NoTape, match="first line cannot be read"):
            opened(plain(tmp_path, first={**first, "thresholds": bad}))


def test_what_is_not_known_is_skipped_and_counted(tmp_path):
    at = worlds.NOW
    path = plain(
        tmp_path,
        {"at": at, "put": {"dreams": [1], "alarms": {"value": [], "seen_at": at, "mood": 3}}, "mood": "new"},
        {"at": at, "put": {"cache": {"value": {"type": "Cache"}, "seen_at": at}}},
        {"at": at, "lines": [{"part": "api"}]},
        {"at": 1e300, "put": {}},
        ["no", "line"],
    )
    tape = opened(path)
    assert tape.world(at).alarms == Seen(value=(), seen_at=at)
    assert tape.world(at).cache == Seen()
    assert tape.skipped == {
        "reading of `dreams`, which this version does not know": 1,
        "reading of `cache`, of another form": 1,
        "log line": 1,
        "line": 2,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity", {"account": "1", "arn": "a", "region": "r", "expires_at": 1e300}),
        ("identity", {"account": "1", "arn": "a", "region": "r", "expires_at": -99_999_999_999}),
        ("identity", {"account": "größer", "arn": "a", "region": "r", "expires_at": 253_402_300_800}),
        ("metrics", {"series": {}, "start": 0, "end": 10**12}),
    ],
)
def test_moments_that_are_none_are_left_out_of_a_foreign_tape(field, value, tmp_path):
    tape = opened(plain(tmp_path, {"at": worlds.NOW, "put": {field: {"value": value, "seen_at": worlds.NOW}}}))
    assert tape.skipped == {f"reading of `{field}`, of another form": 1}
    assert getattr(tape.world(worlds.NOW), field) == Seen()


def test_series_without_a_value_for_every_time_are_left_out(make, path, tmp_path):
    recording, store = make()
    store.put(metrics=worlds.healthy_world().metrics)
    recording.close()
    written = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    first, *rest = [json.loads(each) for each in written.splitlines()]
    series = rest[0]["put"]["metrics"]["value"]["series"]
    series["api.cpu"]["values"].pop()
    assert opened(plain(tmp_path, *rest, first=first)).skipped == {"reading of `metrics`, of another form": 1}


def test_log_lines_of_no_moment_are_left_out(tmp_path):
    shown = json.loads(msgspec.json.encode(line(0)))
    bad = [{**shown, "at_ms": 10**18}, {**shown, "ingested_ms": -(10**18)}]
    tape = opened(plain(tmp_path, {"at": worlds.NOW, "lines": [shown, *bad]}))
    assert (tape.log_lines, tape.skipped) == (1, {"log line": 2})


@pytest.mark.parametrize("instead", [b"", b"x" * 100_000, b"{}\n" * 50_000])
def test_a_file_that_is_changed_while_it_is_played_is_said(instead, tmp_path):
    shown = json.loads(msgspec.json.encode(line(0)))
    put = {"denied": ["ecs:ListTasks"], "alarms": {"value": [], "seen_at": worlds.NOW}}
    path = plain(tmp_path, {"at": worlds.NOW, "put": put, "lines": [shown], "tail": {"words": "LIVE"}})
    tape = opened(path)
    path.write_bytes(instead)
    world = tape.world(worlds.NOW)
    assert (world.denied, world.alarms.value) == (frozenset(), None)
    assert "has been changed meanwhile" in world.alarms.fault.sentence
    assert tape.log(0, 1) == []
    assert tape.tail(worlds.NOW).words != "LIVE"


def test_a_line_without_an_end_is_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("clickit_tui.tape.reading.LONGEST", 2_000)
    long = {"at": worlds.NOW, "put": {"denied": ["x" * 5_000]}}
    path = plain(tmp_path, long, {"at": worlds.NOW, "put": {"denied": ["ecs:ListTasks"]}})
    tape = opened(path)
    assert tape.world(worlds.NOW).denied == {"ecs:ListTasks"}
    assert tape.skipped == {"line, too long": 1}


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"hello\n", b"{}\n", b'{"tape":"x"}\n', b"\x1f\x8bnonsense", b"[" * 100_000 + b"\n", b"\xff\xfe\n"]
)
def test_other_files_are_no_recordings(content, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(NoTape, match="is no recording of clickit-tui"):
        opened(path)


def test_what_is_no_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NoTape, match="is no file"):
        opened(tmp_path / "pipe")
    for name in ("absent", "."):
        with pytest.raises(NoTape, match="cannot be read"):
            opened(tmp_path / name)


def test_what_a_terminal_would_obey_is_taken_out_of_a_foreign_tape(tmp_path):
    bad = "red\x1b[31m \u202e\x9b2J\x07 bell \x7f \b"
    shown = json.loads(msgspec.json.encode(line(0)))
    path = plain(
        tmp_path,
        {"at": worlds.NOW, "put": {"identity": {"value": {"account": bad, "arn": "a", "region": bad}, "fault": None}}},
        {"at": worlds.NOW, "lines": [{**shown, "text": bad, "raw": bad}], "tail": {"words": bad}},
        {"at": worlds.NOW, "end": bad},
    )
    tape = opened(path)
    identity = tape.world(worlds.NOW).identity.value
    (one,) = tape.log(0, 1)
    for text in (identity.account, identity.region, one.text, one.raw, tape.tail(worlds.NOW).words, tape.end):
        assert text.isprintable(), text


def test_kinds_of_parts_are_told_apart(make, path):
    recording, store = make()
    missing, absent = ClusterMissing(looked_for="clickit-prod-cluster"), Absent(looked_for="clickit-prod-redis*")
    store.put(cluster=Seen(value=missing), cache=Seen(value=absent), balancer=Seen(value=absent))
    recording.flush()
    recording._clock.now += 1
    store.put(cache=Seen(value=Cache(id="c")), identity=Seen(value=Identity(account="1", arn="a", region="r")))
    recording.close()
    tape = opened(path)
    assert (tape.world(worlds.NOW).cluster.value, tape.world(worlds.NOW).cache.value) == (missing, absent)
    assert tape.world(worlds.NOW + 1) == msgspec.structs.replace(
        tape.world(worlds.NOW), cache=store.world.cache, identity=store.world.identity
    )
