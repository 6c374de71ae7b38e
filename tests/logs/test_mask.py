"""Secrets are masked before a line is kept; words that only look like it are left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import line_of
from clickit_tui.logs.mask import MARK, Blocks, mask

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc\n-----END RSA PRIVATE KEY-----"

MASKED = [
    ("key AKIAIOSFODNN7EXAMPLE used", f"key {MARK} used"),
    ("ASIAIOSFODNN7EXAMPLE", MARK),
    ("old_AKIAIOSFODNN7EXAMPLE", f"old_{MARK}"),
    ("set the password to hunter2", f"set the password to {MARK}"),
    ("pw: hunter2", f"pw: {MARK}"),
    (f"got {JWT} from x", f"got {MARK} from x"),
    (f"Authorization: Bearer {JWT}", f"Authorization: {MARK}"),
    ("authorization: Basic dXNlcjpwYXNz", f"authorization: {MARK}"),
    ("sent Bearer abcdef0123456789", f"sent Bearer {MARK}"),
    ("postgres://clickit:hun/ter2@db.internal:5432/clickit", f"postgres://clickit:{MARK}@db.internal:5432/clickit"),
    ("redis://:a/b+c2@cache:6379/0", f"redis://:{MARK}@cache:6379/0"),
    ("smtp_password hunter2pw9", f"smtp_password {MARK}"),
    ("requirepass hunter2pw9", f"requirepass {MARK}"),
    ("postgres://clickit:hunter2@db.internal:5432/clickit", f"postgres://clickit:{MARK}@db.internal:5432/clickit"),
    ("postgresql+asyncpg://u:p@ss@h/db?x=1", f"postgresql+asyncpg://u:{MARK}@h/db?x=1"),
    ("redis://:s3cret@cache:6379/0", f"redis://:{MARK}@cache:6379/0"),
    (f"loaded {PEM} ok", f"loaded {MARK} ok"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE cut", MARK),
    ("password=hunter2 next", f"password={MARK} next"),
    ("PASSWORD: hunter2", f"PASSWORD: {MARK}"),
    ("password=123456", f"password={MARK}"),
    ("DB_PASSWORD=hunter2,x", f"DB_PASSWORD={MARK},x"),
    ('{"password":"hunter2","user":"a"}', f'{{"password":"{MARK}","user":"a"}}'),
    ('{"password": "with \\" quote", "a": 1}', f'{{"password": "{MARK}", "a": 1}}'),
    ('"{\\"password\\":\\"hunter2\\",\\"a\\":1}"', f'"{{\\"password\\":\\"{MARK}\\",\\"a\\":1}}"'),
    ("token=abcdefgh", f"token={MARK}"),
    ("?access_token=abcdefgh&x=1", f"?access_token={MARK}&x=1"),
    ("api_key: 9f8e7d6c5b4a", f"api_key: {MARK}"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", f"aws_secret_access_key = {MARK}"),
    ("client_secret='abc def'", f"client_secret='{MARK}'"),
    ("charge with sk_live_4eC39HqLyjWDarjtT1", f"charge with {MARK}"),
    ("whsec_abcdefgh12345678", MARK),
    ("jwt-secret-key=abc", f"jwt-secret-key={MARK}"),
    ("Cookie: sid=abc", f"Cookie: {MARK}"),
    ('{"user": "a", "pass": "hunter2"}', f'{{"user": "a", "pass": "{MARK}"}}'),
    ("db_pass=hunter2", f"db_pass={MARK}"),
    (
        "GET /b?X-Amz-Date=20261123T1200Z&X-Amz-Signature=0f3a9b HTTP/1.1",
        f"GET /b?X-Amz-Date=20261123T1200Z&X-Amz-Signature={MARK} HTTP/1.1",
    ),
    ("PASSWORD foo", f"PASSWORD {MARK}"),
    ("ALTER USER clickit PASSWORD 'foo'", f"ALTER USER clickit PASSWORD '{MARK}'"),
    ("login with password hunter2 failed", f"login with password {MARK} failed"),
    ('{"password":["a1b2c3"],"a":1}', f'{{"password":"{MARK}","a":1}}'),
    ('{"credentials":{"key":"abc","more":{"secret":"x"}},"a":1}', f'{{"credentials":"{MARK}","a":1}}'),
    ('{"secret":12345678,"level":"error"}', f'{{"secret":"{MARK}","level":"error"}}'),
    ("AWS_SECRET_ACCESS_KEY wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", f"AWS_SECRET_ACCESS_KEY {MARK}"),
    ("run --token abcdef123456 --verbose", f"run --token {MARK} --verbose"),
    ("CREATE USER a IDENTIFIED BY 'abc'", f"CREATE USER a IDENTIFIED BY '{MARK}'"),
    ("SECRET_KEY_BASE: abcdef0123", f"SECRET_KEY_BASE: {MARK}"),
    ("glpat-abcdefghijklmnopqrst", MARK),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", MARK),
    ("mysql -phunter2 -h db", f"mysql -p{MARK} -h db"),
    ("running mysqldump -h db -u root -p'hunter2' clickit", f"running mysqldump -h db -u root -p'{MARK}' clickit"),
    ("sshpass -p hunter2 ssh bastion", f"sshpass -p {MARK} ssh bastion"),
    ("redis-cli -h cache -a hunter2 ping", f"redis-cli -h cache -a {MARK} ping"),
    ("the password is hunter2 now", f"the password is {MARK} now"),
    ("password was 'swordfish'", f"password was '{MARK}'"),
    ("the password: swordfish", f"the password: {MARK}"),
    ("initial password for bob: Xy7hunter2", f"initial password for bob: {MARK}"),
    ("password set to hunter2.", f"password set to {MARK}"),
    (
        "GET /x?body=%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1%7D 200",
        f"GET /x?body=%7B%22password%22%3A%22{MARK}%22%2C%22a%22%3A1%7D 200",
    ),
    ("q=%257B%2522token%2522%253A%2522abcdefgh%2522%257D", f"q=%257B%2522token%2522%253A%2522{MARK}%2522%257D"),
    ("next=%2Flogin%3Fpassword%3Dhunter2%26a%3D1", f"next=%2Flogin%3Fpassword%3D{MARK}%26a%3D1"),
    ("connect(password=b'hunter2', user=b'bob')", f"connect(password=b'{MARK}', user=b'bob')"),
    ("{'password': b'hunter2'}", f"{{'password': b'{MARK}'}}"),
    ("password => 'hunter2'", f"password => '{MARK}'"),
    (
        "[(b'host', b'api'), (b'authorization', b'Bearer abc'), (b'cookie', b'sid=abc')]",
        f"[(b'host', b'api'), (b'authorization', b'{MARK}'), (b'cookie', b'{MARK}')]",
    ),
    ('["x-api-key","9f8e7d6c"]', f'["x-api-key","{MARK}"]'),
    ("credentials=('bob','hunter2')", f"credentials={MARK}"),
    ("Cookie: theme=dark; connect.sid=s3cr3t, GET /", f"Cookie: {MARK}, GET /"),
    ("private key: 9f8e7d6c5b4a", f"private key: {MARK}"),
    ("jwt=abcdefgh.ijkl", f"jwt={MARK}"),
    ("the password was: hunter2", f"the password was: {MARK}"),
    ("<Password>hunter2</Password>", f"<Password>{MARK}</Password>"),
    ("curl -s -u bob:hunter2 https://x", f"curl -s -u bob:{MARK} https://x"),
    ("posting to https://hooks.slack.com/services/T00000000/B00000000/abcdefgh", f"posting to https://hooks.slack.com/services/{MARK}"),
    ("OPENAI sk-proj-abcdefghijklmnopqrstuvwxyz", f"OPENAI {MARK}"),
    ("MIIEpAIBAAKCAQEAx0t7Yg3gQ2m8kWcFv1HqY5r7Zb9yq2jvXh8N4oKp1sLmT6uR", MARK),
]

LEFT = [
    "redis://cache:6379/0 is not reached by ops@example.org",
    "POST /reset_password HTTP/1.1",
    "reset_password 200",
    "changed the password to log in again",
    "pwm=3 of the fan",
    "http://localhost:3000/@vite/client",
    "password authentication failed for user clickit",
    "Invalid token: expired",
    "tokens=153 total",
    "token=null",
    "token: true",
    'password=""',
    "GET http://api:8080/v1/items?a=b@c 200",
    "mail to ops@example.com",
    "secretsmanager: 6 secrets found",
    "key=value",
    "monkey=banana",
    "basic authentication is off",
    "password=‹masked›",
    "PASSWORD ‹masked›",
    "PASSWORD RESET REQUESTED",
    "PASSWORD authentication failed",
    "bypass=enabled",
    "pass: 12 fail: 0",
    "health checks pass",
    "signature: valid",
    "secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/db-AbCdEf was not found",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "digest 6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b",
    "GET /static/chunks/main-AbCdEfGh12345678.js",
    "--key file.pem",
    "0 errors, 0 passwords rotated",
    "password is required",
    "password is incorrect for bob: 401 Unauthorized",
    "password is 14 characters long",
    "password is sha256 hashed, was md5",
    "password was changed by user42",
    "PASSWORD is wrong",
    "invalid password for user42: 3 attempts",
    "invalid password for bob: ORA-01017",
    "password is 90d old",
    "mysql --protocol=tcp --port=3306",
    "mysql -P 3306 -h db",
    "mysqld -p3306 started",
    "mysql client was killed - process 42",
    "redis-cli -h cache ping",
    "GET /search?q=%22token%20ring%22 200",
    "GET /x?token%3Dnull 200",
    "GET /docs/password%20policy 200",
    "100% of 5 tokens: valid",
    "missing fields ['password', 'token']",
    "jwt: expired",
    "private key: not found",
    "curl -s https://x:8443/v1",
    "task-definition clickit-prod-api:41 of task-0123456789abcdef01234567",
    "<token></token>",
    "the cookie: none, of 3",
    "KEY constraint violated by an unexpectedly long statement",
    "",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_secrets_are_masked(text, expected):
    assert mask(text) == expected


@pytest.mark.parametrize("text", LEFT)
def test_other_words_are_left(text):
    assert mask(text) == text


@pytest.mark.parametrize("text", [text for text, _ in MASKED])
def test_masking_twice_is_masking_once(text):
    assert mask(mask(text)) == mask(text)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(alphabet=st.sampled_from("abz019_-.:/@=\"'\\ {},‹›"), max_size=60))
def test_a_password_never_survives_whatever_stands_around_it(around):
    assert "Xy7hunter2" not in mask(f"{around} password=Xy7hunter2 {around}")


@pytest.mark.parametrize(
    "text",
    [
        "password" * 4_000,
        "a://" * 5_000,
        "token=" * 5_000,
        "eyJ." * 5_000,
        "a.b-c_" * 4_000 + "token",
        '"\\' * 8_000,
        "mysql " * 4_000,
        "%22token" * 4_000,
        "password is " * 3_000,
        "token+%3A" * 3_000,
    ],
)
def test_hostile_text_is_masked_in_linear_time(text):
    assert len(mask(text)) <= 4 * len(text)


@pytest.mark.parametrize(
    "message",
    [
        "pass\u200bword=Xy7hunter2",
        "password=Xy7\u2060hunter2",
        "password=Xy7hunt!\ufeff?er2",
        "pass\u00adword is Xy7hunter2",
        "pass\u034fword: Xy7hunter2",
        '{"message":"pass\\u200bword=Xy7hunter2"}',
        '{"message":"p\\u0061ssword=Xy7hunter2","\\u0070assword":"Xy7hunter2"}',
    ],
)
def test_a_word_taken_apart_by_what_is_not_seen_is_masked_all_the_same(message):
    line = line_of(Event(1, message, "ecs/api/x", "1", 1), "api", "/ecs/api")
    assert MARK in line.text
    assert not re.search("Xy7|hunt|er2", line.text + line.raw)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("caf\u00e9 \u2603\ufe0f ok", "caf\u00e9 \u2603\ufe0f ok"),
        ('{"message":"say \\u0022no\\u0022 \\u005c \\u00e9"}', 'say "no" \\ \u00e9'),
        (r"C:\\users \\u0061", r"C:\\users \\u0061"),
        ("0 err\u200bors", "0 errors"),
    ],
)
def test_what_is_unseen_elsewhere_changes_no_line(message, shown):
    assert line_of(Event(1, message, "ecs/api/x", "1", 1), "api", "/ecs/api").text == shown


def test_a_private_key_whose_lines_are_events_of_their_own_is_masked():
    blocks = Blocks()
    key = [
        "starting",
        "-----BEGIN EC PRIVATE KEY-----",
        "Proc-Type: 4,ENCRYPTED",
        "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY2oUoAoGCCqGSM49",
        "listening on 0.0.0.0:8000",
        "AwEHoUQDQg==",
        "-----END EC PRIVATE KEY-----",
        "AwEHoUQDQg==",
    ]
    texts = [line_of(Event(n, text, "ecs/api/a"), "api", "g", blocks=blocks).text for n, text in enumerate(key)]
    assert texts == ["starting", MARK, MARK, MARK, "listening on 0.0.0.0:8000", MARK, "-----END EC PRIVATE KEY-----", "AwEHoUQDQg=="]
    assert line_of(Event(9, "AwEHoUQDQg==", "ecs/api/b"), "api", "g", blocks=blocks).text == "AwEHoUQDQg=="


def test_the_mark_leaves_a_json_line_readable():
    line = line_of(Event(0, '{"level":"error","msg":"denied","token":12345678}'), "api", "g")
    assert (line.level, line.text) == ("error", "denied")
