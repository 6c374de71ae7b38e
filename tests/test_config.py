import pytest

from clickit_tui.config import ConfigError, Flags, choose, load


@pytest.fixture(autouse=True)
def _no_file_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "clickit.toml"
        path.write_text(text)
        return str(path)

    return write


def told(text, file, env="prod", **variables):
    return load(Flags(env=env, config=file(text)), variables)


FULL = """
time = "local"
masks = ["sk_live_[a-z0-9]+"]
[keys]
scale = "ctrl+s"
[thresholds]
api_cpu_warn = 70
[environments.prod]
profile = "clickit-prod"
region = "eu-west-1"
account = "123456789012"
[environments.prod.names]
cluster = "blue"
logs = { api = "/blue/api" }
[environments.prod.thresholds]
p95_fail_s = 2
[environments.staging]
protected = false
read_only = true
"""


def test_no_file_is_needed(tmp_path):
    config = load(Flags(env="prod"), {}, state_dir=str(tmp_path))
    assert (config.names.cluster, config.file, config.environments) == ("clickit-prod-cluster", "", ("dev", "prod"))
    assert (config.read_only, config.protected, config.local_time) == (False, True, False)
    assert config.profile_source == "default chain"


def test_no_environment_is_ever_guessed(file):
    config = load(Flags(config=file(FULL)), {"CLICKIT_ENV": "prod"})
    assert config.env == ""
    assert config.environments == ("dev", "prod", "staging")
    assert config.protected


def test_the_file_is_laid_under_the_chosen_environment(file):
    config = told(FULL, file)
    assert (config.profile, config.profile_source) == ("clickit-prod", "environment prod in clickit.toml")
    assert (config.region, config.account) == ("eu-west-1", "123456789012")
    assert config.names.cluster == "blue"
    assert config.names.logs == {"api": "/blue/api", "frontend": "/ecs/clickit-prod-frontend", "migration": "/ecs/clickit-prod-migration"}
    assert (config.thresholds.api_cpu_warn, config.thresholds.p95_fail_s, config.thresholds.p99_fail_s) == (70.0, 2.0, 3.0)
    assert config.local_time
    assert config.keymap == {"scale": "ctrl+s"}
    assert config.masks == ("sk_live_[a-z0-9]+",)


def test_masking_is_on_unless_the_file_says_otherwise_and_that_is_told(file):
    assert (told(FULL, file).mask, told(FULL, file).notes) == (True, ())
    off = told("mask = false", file)
    assert (off.mask, off.notes) == (False, ("secrets in log lines are shown: mask = false in clickit.toml",))


def test_flags_win_over_the_file(file):
    config = load(Flags(env="prod", config=file(FULL), profile="mine", region="us-east-1"), {"AWS_PROFILE": "theirs"})
    assert (config.profile, config.profile_source, config.region) == ("mine", "--profile", "us-east-1")


def test_the_file_is_named_by_flag_then_variable(file, tmp_path):
    path = file(FULL)
    assert load(Flags(env="prod"), {"CLICKIT_CONFIG": path}).file == path
    assert load(Flags(env="prod", config=path), {"CLICKIT_CONFIG": "/nowhere"}).file == path


def test_the_platform_s_directory_is_read_when_nothing_is_named(file, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "clickit-tui").mkdir()
    (tmp_path / "clickit-tui" / "clickit.toml").write_text("read_only = true")
    assert load(Flags(env="dev"), {}).read_only_source == "read_only in clickit.toml"


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"AWS_PROFILE": "ops"}, "AWS_PROFILE=ops"),
        ({"AWS_DEFAULT_PROFILE": "ops"}, "AWS_DEFAULT_PROFILE=ops"),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, "AWS_ACCESS_KEY_ID"),
    ],
)
def test_where_the_profile_came_from_is_said_and_left_to_the_sdk(variables, source):
    config = load(Flags(env="dev"), variables)
    assert (config.profile, config.profile_source) == ("", source)


@pytest.mark.parametrize(
    ("env", "text", "protected"),
    [
        ("dev", "", False),
        ("prod", "", True),
        ("qa", "", True),
        ("staging", "[environments.staging]\nprotected = false", False),
        ("dev", "[environments.dev]\nprotected = true", True),
    ],
)
def test_everything_but_dev_is_protected_unless_the_file_says_otherwise(env, text, protected, file):
    assert told(text, file, env).protected is protected


@pytest.mark.parametrize("word", ["1", "true", "YES", " on "])
def test_the_variable_makes_read_only(word):
    config = load(Flags(env="dev"), {"CLICKIT_READ_ONLY": word})
    assert config.read_only
    assert config.read_only_source == f"CLICKIT_READ_ONLY={word.strip()}"
    assert config.notes == ()


@pytest.mark.parametrize("word", ["0", "false", "No", "off"])
def test_a_falsy_variable_is_said_and_lifts_nothing(word, file):
    assert not load(Flags(env="dev"), {"CLICKIT_READ_ONLY": word}).read_only
    config = told("read_only = true", file, CLICKIT_READ_ONLY=word)
    assert config.read_only
    assert f"CLICKIT_READ_ONLY={word}" in config.notes[0]


def test_a_variable_that_cannot_be_understood_locks_and_is_said():
    config = load(Flags(env="dev"), {"CLICKIT_READ_ONLY": "flase"})
    assert config.read_only
    assert "flase" in config.notes[0]


def test_an_empty_variable_is_unset():
    assert load(Flags(env="dev"), {"CLICKIT_READ_ONLY": ""}).notes == ()


def test_read_only_by_flag_and_by_environment(file):
    assert load(Flags(env="dev", read_only=True), {}).read_only_source == "--read-only"
    assert told(FULL, file, "staging").read_only_source == "environments.staging.read_only in clickit.toml"
    assert not told(FULL, file, "prod").read_only


def test_choosing_an_environment_begins_again_with_its_settings(file):
    undecided = load(Flags(config=file(FULL), region="us-east-1", read_only=True), {}, state_dir="/state")
    config = choose(undecided, "prod", {})
    assert (config.env, config.names.cluster, config.region, config.read_only, config.state_dir) == (
        "prod",
        "blue",
        "us-east-1",
        True,
        "/state",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("readonly = true", "readonly: unknown key; did you mean `read_only`?"),
        ("zzz = 1", "zzz: unknown key; known here: read_only, time, theme, mouse"),
        ('theme = "color-blind"', "theme: there is no `color-blind`; did you mean `colour-blind`?"),
        ('theme = "zz"', "theme: there is no `zz`; known: clickit, ansi, colour-blind"),
        ("theme = 1", "theme: must be a text, in quotes, and is a number"),
        ('mouse = "yes"', "mouse: must be true or false, and is a text"),
        ('time = "locale"', "time: there is no `locale`; did you mean `local`?"),
        ('time = "cet"', "time: there is no `cet`; known: utc, local"),
        ('notify = ["toast", "bel"]', "notify: there is no `bel`; did you mean `bell`?"),
        ("[keys]\nscale = 3", "keys.scale: must be a text, in quotes"),
        ('[keys]\npage.leave = "x"', 'keys.page.leave: write the name in quotes: "page.leave" = "..."'),
        ("[environments]\nprod = 3", "environments.prod: must be a table, e.g. [environments.prod]"),
        ("[environments.prod]\nprofil = 'x'", "environments.prod.profil: unknown key; did you mean `profile`?"),
        ("[environments.prod]\naccount = 123456789012", "environments.prod.account: must be a text, in quotes, and is a number"),
        ('[environments.prod]\naccount = "12"', "environments.prod.account: must be the 12 digits"),
        ('[environments.prod]\nread_only = "false"', "environments.prod.read_only: must be true or false, and is a text"),
        ('[environments.prod.names]\nclustr = "x"', "environments.prod.names.clustr: unknown key; did you mean `cluster`?"),
        ('[environments.prod.names]\nenv = "x"', "environments.prod.names.env: unknown key"),
        ('[environments.prod.names]\nlogs = "x"', "environments.prod.names.logs: must be a table by part"),
        ('[environments.prod.names]\ncluster = { a = "x" }', "environments.prod.names.cluster: must be a text"),
        ('[environments.prod.names.logs]\nfrontent = "x"', "environments.prod.names.logs.frontent: unknown key; did you mean `frontend`?"),
        ("[environments.prod.thresholds]\np95_fail = 1", "environments.prod.thresholds.p95_fail: unknown key; did you mean `p95_fail_s`?"),
        ('[thresholds]\np95_fail_s = "1"', "thresholds.p95_fail_s: must be a number"),
        ("[thresholds]\nerrors_5xx_warn = 1.5", "thresholds.errors_5xx_warn: must be a whole number"),
        ("[checks]\nunhealthy_minutes = 100000000000", "checks.unhealthy_minutes: must be at most 1,440"),
        ("[thresholds]\np95_fail_s = -1", "thresholds.p95_fail_s: must be a number, 0 or more"),
        ('[environments."Prod X"]', "environments.Prod X: the name of an environment"),
        ("environments = 3", "environments: must be a table, and is a number"),
        ('masks = ["["]', "masks: `[` is no regular expression"),
        ('masks = ["ok", "[0-9]*"]', "masks: `[0-9]*` matches where there is nothing"),
        ("masks = 3", "masks: must be a list, and is a number"),
        ('mask = "no"', "mask: must be true or false, and is a text"),
        ("maskes = []", "maskes: unknown key; did you mean `masks`?"),
        ("a = ", "is not TOML: Invalid value"),
        (f"a = {'9' * 5000}", "is not TOML: Exceeds the limit"),
        (f"a = {'[' * 3000}", "is not TOML: maximum recursion depth exceeded"),
        (f"#{'x' * 300_000}", "is longer than 256 KiB"),
        ('masks = ["a{99999999999999}"]', "masks: `a{99999999999999}` is no regular expression: the repetition number is too large"),
        (f'masks = ["{"(" * 3000}"]', "is no regular expression: maximum recursion depth exceeded"),
        ('"\\u001b[31mred" = 1', "\\x1b[31mred: unknown key, with characters in it that cannot be shown"),
        ('theme = "\\u001b]0;x\\u0007"', "theme: '\\x1b]0;x\\x07' has characters in it that cannot be shown"),
        ('notify = ["\\u009b"]', "notify: '\\x9b' has characters in it that cannot be shown"),
        ('[environments.prod]\nregion = "\\u001b[2J"', "environments.prod.region: '\\x1b[2J' has characters in it that cannot be shown"),
        ('[environments.prod]\naccount = "١٢٣٤٥٦٧٨٩٠١٢"', "environments.prod.account: must be the 12 digits"),
        ('[environments.prod.names]\nsecrets = ""', "environments.prod.names.secrets: must be a name as AWS has them"),
        ('[environments.prod.names]\ncluster = "*"', "environments.prod.names.cluster: must be a name as AWS has them"),
        ('[environments.prod.names.logs]\napi = "/ecs/${x}"', "environments.prod.names.logs.api: must be a name as AWS has them"),
    ],
)
def test_errors_name_file_key_and_nearest_spelling(text, says, file):
    with pytest.raises(ConfigError) as error:
        told(text, file)
    assert str(error.value).endswith(says) or says in str(error.value)
    assert "clickit.toml: " in str(error.value)


def test_a_named_file_must_exist_and_be_readable(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(Flags(config=str(tmp_path / "nowhere.toml")), {})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(Flags(config=str(tmp_path)), {})


def test_a_home_of_nobody_is_a_file_that_is_not_there():
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(Flags(config="~nobody-of-this-name/clickit.toml"), {})


def test_a_mask_that_python_warns_of_says_nothing(file, recwarn):
    assert told('masks = ["[[a]"]', file).masks == ("[[a]",)
    assert not recwarn.list


def test_bytes_that_are_no_text_are_said(tmp_path):
    (tmp_path / "clickit.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not TOML"):
        load(Flags(config=str(tmp_path / "clickit.toml")), {})


@pytest.mark.parametrize("env", ["Prod", "a b", "-x", "../x", "x" * 40])
def test_an_impossible_environment_name_is_refused(env):
    with pytest.raises(ConfigError, match="--env"):
        load(Flags(env=env), {})


def test_how_alarms_are_told_is_configured_and_the_bell_can_be_silenced(tmp_path):
    file = tmp_path / "clickit.toml"
    file.write_text('notify = ["toast", "bell"]\nbell = false\n')
    assert load(Flags(env="dev", config=str(file)), {}).notify == ("toast",)
    file.write_text('notify = ["horn"]\n')
    with pytest.raises(ConfigError, match="notify"):
        load(Flags(env="dev", config=str(file)), {})
