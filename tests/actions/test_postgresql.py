"""The questions to the database and the way psql is connected, on a real PostgreSQL server where this machine has one."""

import contextlib
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from clickit_tui.actions.database_questions import NO_SLOT, QUESTIONS, asking, connected
from clickit_tui.reach.capture import with_code


def programs():
    """Folder of initdb and pg_ctl; None where there is no server."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def account():
    """The user that may run a server: this one, or another one for root; None where there is none."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return next((entry.pw_name for entry in pwd.getpwall() if entry.pw_name in ("postgres", "nobody")), None)


pytestmark = [
    pytest.mark.skipif(programs() is None or shutil.which("psql") is None, reason="no PostgreSQL server and psql on this machine"),
    pytest.mark.skipif(account() is None, reason="root cannot run a PostgreSQL server, and there is no other user for it"),
    pytest.mark.xdist_group("postgresql"),
]

SETTINGS = "-c listen_addresses=127.0.0.1 -c max_connections=8 -c superuser_reserved_connections=3 -c fsync=off -c shared_buffers=8MB"
SETUP = """create role clickit login password 'p@ss/word%'; create database clickit owner clickit;
create role stranger login password 'x'; create database rdsadmin; revoke connect on database rdsadmin from public"""


class Server:
    """A server of its own, its folder and its port."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def control(self, program, *arguments):
        command = [str(programs() / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(command, user=account(), cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        password = self.folder / "password"
        password.write_text("boss")
        password.chmod(0o644)
        self.control("initdb", "-A", "scram-sha-256", f"--pwfile={password}", "-U", "boss", "-N", "-E", "UTF8", "--locale=C")
        options = f"{SETTINGS} -p {self.port} -k {self.folder}"
        self.control("pg_ctl", "-w", "-s", "-l", str(self.folder / "log"), "-o", options, "start")
        for statement in SETUP.split(";"):
            self.psql("boss", "boss", "postgres", statement)

    def psql(self, user, password, database, statement):
        """One statement, carried out."""
        subprocess.run(
            ["psql", "-X", "-q", "-c", statement], env=self.environ(user, password, database), check=True, stdout=subprocess.DEVNULL
        )

    def environ(self, user, password, database="clickit", program="psql"):
        named = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": user, "PGPASSWORD": password}
        return {"PATH": os.environ["PATH"], "PGDATABASE": database, "PGAPPNAME": program, **named}

    def session(self, program, *statements):
        """A session that carries out statements and stays."""
        held = subprocess.Popen(
            ["psql", "-X", "-q"],
            env=self.environ("clickit", "p@ss/word%", program=program),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(BrokenPipeError):  # the server may have refused it already
            held.stdin.write("".join(f"{statement};\n" for statement in statements).encode())
            held.stdin.flush()
        return held

    def address(self, user, password):
        return f"postgresql+asyncpg://{user}:{password}@127.0.0.1:{self.port}/clickit?ssl=prefer&prepared_statement_cache_size=0"

    def ask(self, name, user="clickit", password="p%40ss%2Fword%25"):
        """(exit code, what a container's sh makes of a question)."""
        sql = next(q.sql for q in QUESTIONS if q.name == name)
        script = with_code(connected("CLICKIT_DATABASE_URL", asking(sql)))
        environ = {"PATH": os.environ["PATH"], "CLICKIT_DATABASE_URL": self.address(user, password)}
        command = shlex.split(f"sh -c {shlex.quote(script)}")
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        said, _, code = done.stdout.partition("__clickit_rc=")
        return int(code), said + done.stderr

    def until(self, name, *words):
        """The answer to a question, once it holds some words."""
        for _ in range(100):
            code, said = self.ask(name)
            if all(word in said for word in words):
                return code, said
            time.sleep(0.05)
        raise AssertionError(said)


@pytest.fixture(scope="module")
def server():
    folder = Path(tempfile.mkdtemp(prefix="clickit-pg-"))
    shutil.chown(folder, account())
    running = Server(folder)
    try:
        running.start()
        yield running
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            running.control("pg_ctl", "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def busy(server):
    """A migration that holds a lock, somebody who waits for it, and a long query."""
    server.psql("clickit", "p@ss/word%", "clickit", "create table if not exists links (id int)")
    held = [server.session("alembic", "begin", "alter table links add column note text")]
    server.until("locks held by a migration", "alembic")
    held += [server.session("api", "select count(*) from links"), server.session("report", "select pg_sleep(600)")]
    server.until("longest running", "pg_sleep(600)", "count(*) from links")
    yield server
    for one in held:
        one.stdin.close()
        one.kill()
        one.wait()
    server.psql("boss", "boss", "postgres", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clickit'")


def test_every_question_is_answered(busy):
    for question in QUESTIONS:
        assert busy.ask(question.name)[0] == 0, question.name
    assert "3 of 8" in busy.ask("connections by state and client")[1]
    assert "idle in transaction" in busy.ask("longest running")[1]
    blocked = busy.ask("blocked and blocking")[1]
    assert "(1 row)" in blocked
    assert "alter table links" in blocked
    locks = busy.ask("locks held by a migration")[1]
    assert all(word in locks for word in ("AccessExclusiveLock", "alembic", " links "))
    assert "rdsadmin" in busy.ask("database size")[1]


def test_what_a_role_may_not_see_is_said_and_not_left_out(busy):
    def stranger(name):
        return busy.ask(name, "stranger", "x")

    assert "not visible to stranger" in stranger("connections by state and client")[1]
    assert stranger("longest running")[1].count("<insufficient privilege>") == 3
    assert "not visible" in stranger("blocked and blocking")[1]
    assert "AccessExclusiveLock" in stranger("locks held by a migration")[1]
    code, sizes = stranger("database size")
    assert code == 0
    assert "rdsadmin  | -" in sizes


@pytest.mark.parametrize("more", ["", "&options=-c%20default_transaction_read_only%3Doff%20-c%20statement_timeout%3D0"])
def test_a_question_changes_nothing_and_ends_after_ten_seconds_whatever_the_address_says(server, more):
    def asked(sql):
        environ = {"PATH": os.environ["PATH"], "CLICKIT_DATABASE_URL": server.address("clickit", "p%40ss%2Fword%25") + more}
        script = connected("CLICKIT_DATABASE_URL", asking(sql))
        done = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert "cannot execute CREATE TABLE in a read-only transaction" in asked("create table no (id int)")
    assert "10s" in asked("show statement_timeout")
    assert "SET" not in asked("select 1")


def test_a_database_without_a_connection_left_and_a_wrong_password_are_said(server):
    held = []
    try:
        said = filled(server, held)
        assert any(sign in said for sign in NO_SLOT), said
    finally:
        for one in held:
            one.stdin.close()
            one.wait(20)
    code, said = server.ask("database size", password="wr0ngpass")
    assert code == 2
    assert "password authentication failed" in said
    assert "wr0ngpass" not in said


def filled(server, held):
    """Open sessions until none is left, for one may find the place of another that is still going; returns what is said then."""
    for _ in range(100):
        code, said = server.ask("database size")
        if code:
            return said
        held.append(server.session("api", "select 1"))
    raise AssertionError("there always was a connection left")
