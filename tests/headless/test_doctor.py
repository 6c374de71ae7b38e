"""`clickit-tui doctor`: on the embedded ClickIt, broken in several ways, and with nothing there at all."""

import io
import json
import os
import sys

import msgspec
import pytest

from clickit_tui import cli
from clickit_tui.aws.probes import NOT_TRIED
from clickit_tui.aws.reads import READS, permission
from clickit_tui.checks.registry import Verdict
from clickit_tui.config import Flags, Reach, load
from clickit_tui.headless import doctor as room
from clickit_tui.headless.doctor import Report, _clock, _credentials, doctor, plain
from clickit_tui.headless.surroundings import surroundings
from clickit_tui.world.parts import Identity

pytestmark = pytest.mark.xdist_group("demo")
LISTED = {permission(*read) for read in READS}


def config(tmp_path, env="dev", **changes):
    made = load(Flags(env=env, config=os.devnull), {}, state_dir=str(tmp_path))
    return msgspec.structs.replace(made, **changes)


def examined(configured, **options):
    """(exit code, report) of one run with `--json`."""
    out = io.StringIO()
    code = doctor(configured, as_json=True, out=out, **options)
    report = msgspec.json.decode(out.getvalue(), type=Report)
    assert report.code == code
    return code, report


def items(report):
    return {item.name: item for item in report.items}


def by_verdict(report):
    found = {}
    for each in report.reads:
        found.setdefault(each.verdict, set()).add(each.permission)
    return found


# --- on the embedded ClickIt ---------------------------------------------------------------------------------------------------------


def test_every_listed_read_is_tried_and_denied_is_told_from_what_is_not_known(demo, tmp_path):
    for fault in ("logs.FilterLogEvents=deny", "ecs.ListTasks=deny", "ec2.DescribeVpcEndpoints=unserved", "rds.DescribeEvents=html"):
        demo.fault(fault)
    demo.fault("*.*=skew:2m")
    demo.forget_counts()
    code, report = examined(config(tmp_path))
    assert [each.permission for each in report.reads] == sorted(LISTED)
    found = by_verdict(report)
    assert found[Verdict.FAIL] == {"logs:FilterLogEvents", "ecs:ListTasks"}
    assert found[Verdict.UNKNOWN] == {"ec2:DescribeVpcEndpoints", "rds:DescribeEvents", "ecs:DescribeTasks"}
    assert found[Verdict.NONE] == set(NOT_TRIED) | {"ec2:GetManagedPrefixListEntries", "pi:GetResourceMetrics"}
    assert len(found[Verdict.PASS]) == len(LISTED) - 5 - len(found[Verdict.NONE])
    assert all(each.sentence for each in report.reads if each.verdict is not Verdict.PASS)
    assert code == 2
    called = {tuple(name.split(".")) for name in demo.counts()}
    assert called <= READS
    assert not called & {("ce", "GetCostAndUsage"), ("logs", "StartQuery")}
    assert report.identity.account == "123456789012"
    assert -140 < report.clock_ahead_s < -100
    about = items(report)
    assert about["clock"].verdict is Verdict.WARN
    assert (about["endpoint"].verdict, about["endpoint"].sentence) == (Verdict.WARN, f"NOT AWS: 127.0.0.1:{demo.port} is asked")
    assert about["credentials"].verdict is Verdict.PASS
    assert all(each.verdict is Verdict.NONE for each in report.changes)
    assert {"ecs:UpdateService", "ssm:StartSession", "rds:AddTagsToResource"} <= {each.permission for each in report.changes}
    lines = plain(report)
    assert "  FAIL     logs:FilterLogEvents: denied (AccessDeniedException)" in lines
    assert "       clickit-tui iam-policy --env dev" in lines
    assert "FAIL (exit code 2): fail ecs:ListTasks, logs:FilterLogEvents; unknown" in " ".join(lines)
    assert all(len(line) <= 80 or "docs.aws" in line or str(tmp_path) in line for line in lines)


def test_another_account_than_the_configured_one_is_asked_nothing_more(demo, tmp_path):
    demo.forget_counts()
    configured = config(tmp_path, account="999999999999")
    code, report = examined(msgspec.structs.replace(configured, reach=Reach(plugin=demo.plugin)))
    assert code == 2
    assert (items(report)["plugin"].verdict, items(report)["plugin"].sentence) == (Verdict.PASS, demo.plugin)
    assert items(report)["plugin version"].verdict is Verdict.PASS
    assert "configured for 999999999999" in items(report)["identity"].sentence
    assert set(by_verdict(report)) == {Verdict.UNKNOWN}
    assert set(demo.counts()) == {"sts.GetCallerIdentity"}


def test_a_clock_that_is_wrong_by_ten_minutes_is_named_although_nothing_is_answered(demo, tmp_path):
    demo.fault("*.*=skew:10m")
    code, report = examined(config(tmp_path))
    assert items(report)["clock"].verdict is Verdict.FAIL
    assert items(report)["identity"].verdict is Verdict.UNKNOWN
    assert code == 2


def test_expired_credentials_are_a_failure_and_no_read_is_tried(demo, tmp_path):
    demo.fault("sts.*=expire")
    demo.forget_counts()
    code, report = examined(config(tmp_path))
    assert code == 2
    assert "expired" in items(report)["credentials"].sentence
    assert set(demo.counts()) == {"sts.GetCallerIdentity"}
    assert "  UNKNOWN  every read: not tried: the credentials have expired (ExpiredToken)" in plain(report)


# --- with nothing there --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Neither credentials nor a configuration, and no way to any endpoint."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLICKIT_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def test_without_credentials_and_region_it_says_so_and_goes_on(bare, capsys):
    assert cli.main(["doctor"]) == 2
    said = capsys.readouterr()
    assert said.err == ""
    for words in ("FAIL     region        none is configured", "FAIL     credentials   default chain: no AWS credentials found"):
        assert words in said.out
    assert "NONE     environment   none is named" in said.out
    assert "UNKNOWN  clock" in said.out
    assert "0 allowed, 0 denied, 77 unknown".replace("77", str(len(READS))) in said.out


def test_without_a_network_nothing_is_claimed(bare, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never-shown")
    assert cli.main(["doctor", "--env", "prod", "--region", "eu-west-1", "--json", "--read-only"]) == 3
    said = capsys.readouterr().out
    report = msgspec.json.decode(said, type=Report)
    assert report.identity is None
    assert set(by_verdict(report)) == {Verdict.UNKNOWN}
    assert items(report)["credentials"].verdict is Verdict.UNKNOWN
    assert items(report)["environment"].sentence == "prod, protected, read-only (--read-only)"
    assert items(report)["region"].sentence == "eu-west-1, from --region"
    assert "never-shown" not in said


def test_a_configuration_that_cannot_be_used_is_one_of_the_findings(bare, capsys):
    (bare / "clickit.toml").write_text("readonly = true")
    assert cli.main(["doctor", "--env", "dev", "--config", str(bare / "clickit.toml"), "--json"]) == 2
    found = items(msgspec.json.decode(capsys.readouterr().out, type=Report))
    assert found["configuration"].verdict is Verdict.FAIL
    assert "did you mean `read_only`?" in found["configuration"].sentence
    assert found["environment"].sentence.startswith("dev")


def test_a_name_that_is_none_could_not_be_examined(bare, capsys):
    assert cli.main(["doctor", "--env", "Prod!"]) == cli.NOT_RUN
    assert "the name of an environment" in capsys.readouterr().err


# --- the parts -----------------------------------------------------------------------------------------------------------------------


class Held:
    """As much of a gateway as credentials are judged by."""

    profile, profile_source = "", "AWS_ACCESS_KEY_ID"

    def __init__(self, expires_at):
        self.known = Identity(account="1", arn="a", region="r", expires_at=expires_at)


@pytest.mark.parametrize(
    ("expires_at", "source", "verdict", "words"),
    [
        (None, room.Source("env", False), Verdict.PASS, "without an end"),
        (None, room.Source("env", True), Verdict.PASS, "do not tell when they end"),
        (None, room.Source("sso", True), Verdict.PASS, "renewed by the SDK"),
        (8000.0, room.Source("assume-role", True), Verdict.PASS, "1 h 56 m left"),
        (1600.0, room.Source("assume-role", True), Verdict.WARN, "10 m only"),
        (900.0, room.Source("assume-role", True), Verdict.WARN, "about to end"),
    ],
)
def test_credentials_tell_the_time_left(expires_at, source, verdict, words):
    told = _credentials(Held(expires_at), source, None, 1000.0)
    assert told.verdict is verdict
    assert words in told.sentence


@pytest.mark.parametrize(
    ("ahead_s", "verdict"),
    [
        (None, Verdict.UNKNOWN),
        (0.4, Verdict.PASS),
        (-29.0, Verdict.PASS),
        (45.0, Verdict.WARN),
        (-45.0, Verdict.WARN),
        (-400.0, Verdict.FAIL),
    ],
)
def test_the_clock(ahead_s, verdict):
    assert _clock(ahead_s).verdict is verdict


def near(tmp_path, environ, refused=""):
    return {item.name: item for item in surroundings(config(tmp_path), refused, environ)}


@pytest.mark.parametrize(
    ("environ", "name", "verdict", "words"),
    [
        ({"TERM": "xterm-256color"}, "colours", Verdict.PASS, "256; TERM=xterm-256color"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "colours", Verdict.PASS, "24 bits"),
        ({"TERM": "linux"}, "colours", Verdict.PASS, "16;"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "colours", Verdict.PASS, "none: NO_COLOR is set"),
        ({"TERM": "xterm", "LANG": "C"}, "locale", Verdict.WARN, "LANG=C"),
        ({"TERM": "xterm", "LANG": "en_GB.UTF-8"}, "locale", Verdict.PASS, "en_GB.UTF-8"),
        ({"TERM": "xterm"}, "clipboard", Verdict.PASS, "OSC 52"),
        ({"TERM": "linux"}, "clipboard", Verdict.WARN, "takes none"),
        ({"TERM": "screen", "TMUX": "/tmp/x,1,0", "PATH": "/nowhere"}, "clipboard", Verdict.WARN, "no tmux on PATH"),
    ],
)
def test_what_the_terminal_can_show(tmp_path, monkeypatch, environ, name, verdict, words):
    for variable in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    item = near(tmp_path, environ)[name]
    assert item.verdict is verdict
    assert words in item.sentence


def test_the_theme_ansi_sends_sixteen_colours(tmp_path, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    item = next(item for item in surroundings(config(tmp_path, theme="ansi"), "", {}) if item.name == "colours")
    assert item.sentence.startswith("16 of 256, by the theme ansi")


def test_a_terminal_too_small_or_refused_is_said(tmp_path, monkeypatch):
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    sizes = [os.terminal_size((80, 24)), os.terminal_size((79, 24))]
    monkeypatch.setattr(os, "get_terminal_size", lambda _: sizes.pop())
    environ = {"TERM": "xterm", "SSH_CONNECTION": "a 1 b 2", "TMUX": "x"}
    assert near(tmp_path, environ)["terminal"].verdict is Verdict.WARN
    whole = near(tmp_path, environ)["terminal"]
    assert (whole.verdict, whole.sentence) == (Verdict.PASS, "xterm, 80x24, over SSH, inside tmux")
    assert near(tmp_path, environ, refused="TERM is dumb")["terminal"].verdict is Verdict.FAIL


def test_a_state_folder_that_cannot_be_written_forbids_changes(tmp_path):
    (tmp_path / "file").touch()
    item = near(tmp_path / "file" / "below", {})["journal"]
    assert item.verdict is Verdict.FAIL
    assert "no change can be made" in item.sentence


def test_a_journal_that_is_no_file_or_not_ours_forbids_changes(tmp_path, monkeypatch):
    (tmp_path / "journal.jsonl").mkdir()
    assert near(tmp_path, {})["journal"].verdict is Verdict.FAIL
    (tmp_path / "journal.jsonl").rmdir()
    (tmp_path / "journal.jsonl").touch()
    assert near(tmp_path, {})["journal"].verdict is Verdict.PASS
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("journal.jsonl"))
    item = near(tmp_path, {})["journal"]
    assert item.verdict is Verdict.FAIL
    assert "journal.jsonl cannot be written: no change can be made" in item.sentence


def test_a_state_folder_below_a_closed_one_forbids_changes(tmp_path, monkeypatch):
    def closed(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    folder = tmp_path / "closed" / "state"
    real = os.stat
    monkeypatch.setattr(os, "stat", lambda path, *more, **named: closed(path) if "closed" in str(path) else real(path, *more, **named))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert near(folder, {})["journal"].verdict is Verdict.FAIL


def test_nothing_from_outside_reaches_the_terminal_as_an_order(tmp_path):
    _, report = _report_with(tmp_path, {"TERM": "xterm\x1b]0;owned\x07"})
    assert all(line.isprintable() for line in plain(report))


def _report_with(tmp_path, environ):
    made = surroundings(config(tmp_path), "", environ)
    return 0, Report(
        version="1", at=0.0, env="dev", verdict=Verdict.PASS, code=0, items=made, identity=None, clock_ahead_s=None, reads=(), changes=()
    )


def test_json_is_one_object_that_tells_the_verdicts_as_words(bare, capsys):
    cli.main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "FAIL"
    assert {each["verdict"] for each in found["items"]} <= {"PASS", "WARN", "FAIL", "UNKNOWN", "NONE"}
    assert set(found["reads"][0]) == {"permission", "verdict", "sentence"}


def test_credentials_that_have_ended_are_told(bare, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "never-shown")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    assert cli.main(["doctor", "--region", "eu-west-1"]) == 2
    said = capsys.readouterr()
    assert "FAIL     credentials" in said.out
    assert "the credentials have expired" in said.out
    assert "never-shown" not in said.out + said.err
