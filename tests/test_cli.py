"""The command line: options before and after the command, refusals, and what is not imported."""

import os
import re
import signal
import subprocess
import sys
import types
import urllib.request
from contextlib import suppress

import pytest

from clickit_tui import __version__, cli

OPTIONS = ["--env", "prod", "--profile", "p", "--region", "us-east-1", "--read-only"]


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """Neither the user's configuration nor their AWS variables; what the command does to the environment is undone."""
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLICKIT_"))]:
        del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = str(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def opened(monkeypatch):
    """What would be opened: configurations given to the dashboard, `status` and `init`."""
    seen = []
    monkeypatch.setattr(cli, "no_terminal", lambda environ: "")
    monkeypatch.setitem(
        sys.modules,
        "clickit_tui.app",
        types.SimpleNamespace(run=lambda core, commands=(): seen.append(core.config) or 0, choose_environment=None, TO_DEMO=75),
    )
    monkeypatch.setattr("clickit_tui.headless.status.status", lambda config, as_json: seen.append(config) or 0)
    monkeypatch.setattr("clickit_tui.headless.init.init", lambda config: seen.append(config) or 0)
    return seen


@pytest.mark.parametrize("command", ["status", "init"])
@pytest.mark.parametrize("place", ["before", "after", "around"])
def test_the_common_options_stand_before_or_after_a_command(command, place, opened):
    arguments = {"before": [*OPTIONS, command], "after": [command, *OPTIONS], "around": [*OPTIONS[:2], command, *OPTIONS[2:]]}[place]
    assert cli.main(arguments) == 0
    (config,) = opened
    assert (config.env, config.profile, config.region, config.read_only_source) == ("prod", "p", "us-east-1", "--read-only")


@pytest.mark.parametrize("arguments", [["--config", "{}", "status", "--env", "qa"], ["status", "--env", "qa", "--config", "{}"]])
def test_config_stands_before_or_after_too(arguments, opened, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[environments.qa]\nregion = "eu-north-1"\n')
    assert cli.main([word.format(path) for word in arguments]) == 0
    assert opened[0].region == "eu-north-1"


def test_no_command_opens_the_dashboard(opened):
    assert cli.main(["--env", "dev"]) == 0
    assert opened[0].env == "dev"


def test_without_an_environment_the_first_screen_asks_and_leaving_it_opens_nothing(opened, monkeypatch):
    asked, answers = [], ["", "prod"]
    monkeypatch.setattr(sys.modules["clickit_tui.app"], "choose_environment", lambda each, theme, told: asked.append(each) or answers.pop())
    assert cli.main([]) == 0
    assert [env for env, _ in asked[0]] == ["dev", "prod", cli.DEMO]
    assert [words.split("  ")[0] for _, words in asked[0]] == ["not protected", "protected", "an embedded ClickIt; needs no AWS"]
    assert opened[0].env == "prod"
    assert cli.main([]) == cli.NOT_RUN
    assert len(opened) == 1


def test_the_demo_is_opened_from_the_first_screen_and_from_the_page_of_a_first_run(opened, monkeypatch):
    demos = []
    monkeypatch.setattr(cli, "_demo", lambda given: demos.append((given.command, given.incident, given.port)) or 0)
    monkeypatch.setattr(sys.modules["clickit_tui.app"], "choose_environment", lambda each, theme, told: cli.DEMO)
    assert cli.main([]) == 0
    assert opened == []
    monkeypatch.setattr(sys.modules["clickit_tui.app"], "run", lambda core, commands=(): 75)
    assert cli.main(["--env", "dev"]) == 0
    assert demos == [("demo", "", 0)] * 2


@pytest.mark.parametrize("command", ["status", "init"])
def test_a_command_without_a_screen_never_guesses_the_environment(command, opened, capsys):
    assert cli.main([command]) == cli.NOT_RUN
    assert opened == []
    assert "never guesses the environment: name it with --env dev or --env prod" in capsys.readouterr().err


def test_a_bad_configuration_is_one_sentence(opened, capsys, tmp_path):
    (tmp_path / "clickit.toml").write_text("readonly = true")
    assert cli.main(["status", "--env", "dev", "--config", str(tmp_path / "clickit.toml")]) == cli.NOT_RUN
    assert capsys.readouterr().err.strip().endswith("readonly: unknown key; did you mean `read_only`?")


@pytest.mark.parametrize(
    "arguments",
    [["--env", "\x1b[31m", "status"], ["--env", "dev", "replay", "\x1b[31m", "--summary"], ["status", "--\x1b[31m"], ["\x9b31m"]],
)
def test_nothing_that_is_quoted_reaches_the_terminal_as_an_order(arguments, capsys):
    with suppress(SystemExit):
        assert cli.main(arguments) == cli.NOT_RUN
    said = capsys.readouterr().err
    assert said
    assert said.replace("\n", "").isprintable()


def test_a_recording_without_a_name_is_refused(opened, capsys):
    assert cli.main(["--env", "dev", "--record", ""]) == cli.NOT_RUN
    assert "--record needs the name of a file" in capsys.readouterr().err
    assert not opened


def test_notes_of_the_configuration_are_said(opened, capsys):
    os.environ["CLICKIT_READ_ONLY"] = "maybe"
    assert cli.main(["status", "--env", "dev"]) == 0
    assert "taken as read-only" in capsys.readouterr().err
    assert opened[0].read_only


@pytest.mark.parametrize("arguments", [["--env", "dev", "--frobnicate"], ["status", "--read"], ["statsu"]])
def test_what_is_not_understood_is_a_usage_error(arguments, opened):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == cli.NOT_RUN
    assert opened == []


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out.strip() == f"clickit-tui {__version__}"


HEAVY = ("textual", "rich", "aiobotocore", "botocore", "moto", "msgspec", "asyncio")


@pytest.mark.parametrize("arguments", [["--help"], ["status", "--help"], ["demo", "--help"], ["--version"]])
def test_help_imports_neither_screen_nor_sdk(arguments):
    code = f"""
import sys
from clickit_tui.cli import main
try:
    main({arguments!r})
except SystemExit as ended:
    assert ended.code == 0
print("LOADED", sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().endswith("LOADED []"), done.stdout + done.stderr


def test_a_status_imports_no_screen():
    code = "import sys, clickit_tui.headless.status; print(sorted({'textual', 'aiobotocore', 'moto'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "clickit_tui", *arguments], capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["--env", "prod"], "clickit-tui check --env prod --plain"),
        ([], "clickit-tui check --env dev --plain"),
        (["demo"], "clickit-tui demo --serve"),
    ],
)
def test_without_a_terminal_the_dashboard_refuses_and_names_what_needs_none(arguments, instead):
    done = run(*arguments, stdin=subprocess.DEVNULL)
    assert done.returncode == cli.NOT_RUN
    assert "needs a terminal, and standard input is none" in done.stderr
    assert instead in done.stderr
    assert "--plain" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("name", "said"), [("stdin", "standard input"), ("stdout", "standard output"), ("stderr", "standard error")])
def test_each_stream_that_is_no_terminal_is_named(name, said, monkeypatch):
    for each in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, each, types.SimpleNamespace(isatty=lambda each=each: each != name))
    assert cli.no_terminal({"TERM": "xterm"}) == f"the dashboard needs a terminal, and {said} is none"


@pytest.mark.parametrize(("flags", "frames"), [([], None), (["--low-bandwidth"], cli.FEW_FRAMES)])
def test_only_low_bandwidth_caps_the_frames(flags, frames, opened):
    os.environ.pop("TEXTUAL_FPS", None)
    assert cli.main(["--env", "dev", *flags]) == 0
    assert os.environ.get("TEXTUAL_FPS") == frames
    assert opened[0].low_bandwidth is bool(flags)


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_place_the_cursor_is_refused(term, monkeypatch):
    for each in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, each, types.SimpleNamespace(isatty=lambda: True))
    assert f"(TERM is {term or 'not set'})" in cli.no_terminal({"TERM": term})
    assert cli.no_terminal({"TERM": "xterm"}) == ""


def test_an_output_that_cannot_show_a_character_gets_its_escape(tmp_path):
    (tmp_path / "clickit.toml").write_text('[keys]\nscale = "é"\n', encoding="utf-8")
    done = run("--config", str(tmp_path / "clickit.toml"), "keys", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert re.search(r"^scale +\\xe9 ", done.stdout, re.M)


def test_an_output_that_is_full_is_one_sentence_and_no_verdict():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "clickit_tui", "iam-policy", "--env", "dev"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == cli.NOT_RUN
    assert done.stderr.splitlines()[-1] == "clickit-tui: what was found could not be written: No space left on device"


def test_an_output_that_is_closed_early_is_no_traceback():
    command = f"{sys.executable} -m clickit_tui status --env dev | true; echo ${{PIPESTATUS[0]}}"
    env = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}
    env |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": os.devnull}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=env, timeout=90)
    assert "Traceback" not in done.stderr
    assert done.stdout.strip() == str(cli.BROKEN_PIPE)


def test_serve_says_ready_and_ends_on_a_signal():
    serving = subprocess.Popen(
        [sys.executable, "-m", "clickit_tui", "demo", "--serve", "--seed", "3", "--paused"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert any(line.startswith("ready http://127.0.0.1:") for line in serving.stdout)
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=30)
    assert serving.returncode == 0


class Opened:
    """The dashboard's stand-in: looks around and leaves."""

    def __call__(self, core, commands):
        import botocore.session

        self.commands = dict(commands)

        self.config = core.config
        self.aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        self.account = botocore.session.Session().create_client("sts").get_caller_identity()["Account"]
        self.state_dir_there = os.path.isdir(core.config.state_dir)
        return 7


def test_the_demo_reaches_only_itself_and_leaves_nothing_behind(monkeypatch, tmp_path, capfd):
    looked = Opened()
    monkeypatch.setattr(cli, "no_terminal", lambda environ: "")
    monkeypatch.setitem(sys.modules, "clickit_tui.app", types.SimpleNamespace(run=looked))
    (tmp_path / "clickit-tui").mkdir()
    (tmp_path / "clickit-tui" / "clickit.toml").write_text('[environments.dev]\nprofile = "real"\naccount = "999999999999"\n')
    os.environ |= {"AWS_PROFILE": "real", "AWS_SESSION_TOKEN": "secret", "AWS_ENDPOINT_URL_ECS": "https://ecs.amazonaws.com"}
    assert cli.main(["demo", "--seed", "2", "--read-only"]) == 7
    assert (looked.config.env, looked.config.profile, looked.config.account, looked.config.read_only) == ("dev", "", "", True)
    assert looked.account == "123456789012"
    assert {"demo: hold causes still", "incident: bad-deployment", "incident: random"} <= set(looked.commands)
    assert looked.aws["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_ECS"} & set(looked.aws)
    assert looked.state_dir_there
    assert not os.path.exists(looked.config.state_dir)
    assert " ..." in capfd.readouterr().err
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(looked.aws["AWS_ENDPOINT_URL"], timeout=5)


def test_the_demo_opens_the_environment_that_is_named(opened, monkeypatch):
    from clickit_tui.demo import launch

    class Nothing:
        plugin = "stand-in"

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def environ(self):
            return {}

    given = {}
    monkeypatch.setattr(launch, "start", lambda **options: given.update(options) or Nothing())
    assert cli.main(["--env", "prod", "demo", "--port", "1234", "--latency-ms", "50"]) == 0
    assert opened[0].env == "prod"
    assert (given["port"], given["latency_ms"], given["seed"]) == (1234, 50.0, 1)


def test_a_demo_that_cannot_start_is_one_sentence(opened, monkeypatch, capsys):
    from clickit_tui.demo import launch

    def fails(**_):
        raise launch.DemoFailed("port 80 is taken")

    monkeypatch.setattr(launch, "start", fails)
    assert cli.main(["demo"]) == cli.NOT_RUN
    assert capsys.readouterr().err == "clickit-tui: port 80 is taken\n"


def test_a_demo_without_its_extra_says_how_to_install_it(opened, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["demo"]) == cli.NOT_RUN
    assert "pipx install 'clickit-tui[demo]'" in capsys.readouterr().err


def test_keys_prints_the_table_without_terminal_and_environment_and_says_what_is_refused(tmp_path, capsys):
    (tmp_path / "clickit.toml").write_text('[keys]\nscale = "ctrl+s"\nrefersh = "x"\n')
    assert cli.main(["keys", "--config", str(tmp_path / "clickit.toml")]) == 0
    said = capsys.readouterr()
    assert any(line.split()[:2] == ["scale", "ctrl+s"] for line in said.out.splitlines())
    assert said.err == "clickit-tui: keys.refersh: there is no such action; did you mean `refresh`?\n"


def test_what_would_make_textual_write_down_every_key_is_taken_away(tmp_path):
    log = tmp_path / "keys.log"
    told = "from clickit_tui.cli import main; main(['keys']); from textual import constants; raise SystemExit(bool(constants.LOG_FILE))"
    asked = os.environ | {"TEXTUAL_LOG": str(log), "TEXTUAL_DEBUG": "1"}
    assert subprocess.run([sys.executable, "-c", told], env=asked, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert list(tmp_path.glob("*.log")) == []


def test_a_recording_never_overwrites_and_belongs_to_the_dashboard(opened, tmp_path, capsys):
    there = tmp_path / "there"
    there.write_text("mine")
    assert cli.main(["--env", "dev", "--record", str(there)]) == 4
    assert "there is such a file already" in capsys.readouterr().err
    assert cli.main(["--env", "dev", "--record", str(tmp_path / "none" / "a")]) == 4
    assert "/a: No such file or directory" in capsys.readouterr().err
    assert cli.main(["--env", "dev", "--record", str(there), "status"]) == 4
    assert "belongs to the dashboard" in capsys.readouterr().err
    assert (opened, there.read_text()) == ([], "mine")
    assert cli.main(["--env", "dev", "--record", str(tmp_path / "new")]) == 0
    assert [config.env for config in opened] == ["dev"]
    assert not (tmp_path / "new").exists(), "no session was begun"


def test_a_replay_without_a_terminal_names_the_summary_which_prints_what_it_holds(tmp_path, capsys, monkeypatch):
    from tests.tape.taped import recorded

    path = recorded(tmp_path / "a.tape.gz")
    assert cli.main(["replay", str(path)]) == 4
    assert f"without one: clickit-tui replay {path} --summary" in capsys.readouterr().err
    assert cli.main(["replay", str(path), "--plain"]) == 0
    said = capsys.readouterr().out
    for words in ("prod, account 123456789012", "2026-11-23 14:03:19Z, 20 m 0 s", "log lines   1,230", "FAIL api", "likely: "):
        assert words in said
    assert cli.main(["replay", str(path), "--summary", "--env", "dev"]) == 4
    assert "is a recording of prod, not of dev" in capsys.readouterr().err
    assert cli.main(["replay", str(tmp_path / "none"), "--summary"]) == 4
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setattr(cli, "no_terminal", lambda environ: "")
    assert cli.main(["replay", str(path), "--at", "12:00"]) == 4
    assert "--at 12:00: outside the recording" in capsys.readouterr().err
