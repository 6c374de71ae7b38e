"""psql in a container, and canned questions that change nothing: what holds connections, what runs long, what blocks whom."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import reaching, state
from clickit_tui.actions.reaching import Place
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Line, Plan, Step
from clickit_tui.reach.capture import with_code
from clickit_tui.world.world import World

NO_PSQL = "psql is not in this image"
NO_URL = "is no postgresql:// address, or a special character in its password is not percent-encoded"
"""Said of such an address instead of giving it to psql, whose message would show a part of the password."""
NO_SLOT = ("remaining connection slots are reserved", "too many clients already", "too many connections for")
"""What PostgreSQL says when it has no connection left."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sql: str


QUESTIONS = (
    Question(
        name="connections by state and client",
        sql="select coalesce(state, backend_type, 'not visible to ' || current_user) as state, host(client_addr) as client, "
        "application_name as application, count(*), date_trunc('second', max(now() - state_change)) as longest, "
        "sum(count(*)) over () || ' of ' || current_setting('max_connections') as total "
        "from pg_stat_activity where datid is not null and pid <> pg_backend_pid() group by 1, 2, 3 order by 4 desc limit 30",
    ),
    Question(
        name="longest running",
        sql="select pid, usename, coalesce(state, 'not visible') as state, date_trunc('second', now() - xact_start) as transaction, "
        "date_trunc('second', now() - query_start) as query_for, wait_event_type as waits, left(query, 120) as query "
        "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state is distinct from 'idle' "
        "order by xact_start nulls last limit 20",
    ),
    Question(
        name="blocked and blocking",
        sql="select b.pid as blocked, date_trunc('second', now() - b.query_start) as since, p.pid as blocking, "
        "case when p.pid = 0 then 'prepared transaction' else coalesce(k.state, 'not visible') end as its_state, "
        "left(b.query, 80) as blocked_query, left(k.query, 80) as blocking_query from pg_stat_activity b "
        "join lateral unnest(pg_blocking_pids(b.pid)) as p(pid) on true left join pg_stat_activity k on k.pid = p.pid "
        "order by 2 desc nulls last limit 20",
    ),
    Question(
        name="locks held by a migration",
        sql="select l.pid, date_trunc('second', now() - a.xact_start) as since, l.mode, l.granted, l.relation::regclass as relation, "
        "a.application_name as application, coalesce(a.state, 'not visible') as state, left(a.query, 100) as query "
        "from pg_locks l left join pg_stat_activity a on a.pid = l.pid "
        "where l.database = (select oid from pg_database where datname = current_database()) and l.relation is not null "
        "and l.pid is distinct from pg_backend_pid() "
        "and l.mode in ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock') order by 2 desc nulls last limit 30",
    ),
    Question(
        name="database size",
        sql="select datname, pg_size_pretty(bytes) as size from (select datname, case when has_database_privilege(oid, 'CONNECT') "
        "or pg_has_role('pg_read_all_stats', 'USAGE') then pg_database_size(oid) end as bytes from pg_database where datallowconn) as d "
        "order by bytes desc nulls last limit 10",
    ),
)


_PLAIN = (
    r"s#^postgres\(ql\)*+[a-z0-9_]*://#postgresql://#; "
    r"s#\([?&]\)ssl=#\1sslmode=#; s#sslmode=true#sslmode=require#; "
    r":a; s#\([?&]\)\(prepared_statement_[a-z_]*\|statement_cache_size\|command_timeout\|async_fallback\)=[^&]*&*#\1#; ta; s#[?&]*$##; "
    r"/%[^0-9A-Fa-f]/d; /%.[^0-9A-Fa-f]/d; \#^postgres[a-z]*://\([^/@]*@\)\{0,1\}[^@]*$#p"
)
"""For sed: the address as psql takes it, without the driver's name and parameters; nothing of one that psql could not parse."""


def connected(variable: str, run: str) -> str:
    """A script that runs psql with the container's own PG* variables, or its address without the driver's suffix."""
    return (
        f'command -v psql >/dev/null 2>&1 || {{ echo "{NO_PSQL}"; exit 127; }}; set --; '
        f'if [ -z "$PGHOST" ]; then [ -n "${variable}" ] || {{ echo "neither PGHOST nor {variable} is set here"; exit 126; }}; '
        f'set -- "$(printf %s "${variable}" | sed -n \'{_PLAIN}\')"; '
        f'[ -n "$1" ] || {{ echo "{variable} {NO_URL}"; exit 126; }}; fi; {run}'
    )


def shown(variable: str) -> str:
    """How psql learns where the database is, and who can see it."""
    return f"by PG* variables if the container has them; else ${variable} stands in psql's command line in the container"


def asking(sql: str) -> str:
    """psql for one question in one transaction: it can change nothing, and ends after ten seconds, whatever the address says."""
    limits = '-c "set transaction read only" -c "set local statement_timeout=10000"'
    return f'PGAPPNAME=clickit_tui PGCONNECT_TIMEOUT=5 psql -X -w -q -1 -P pager=off -P null=- {limits} -c "{sql}" "$@"'


@reaching.in_container(id="psql", verb="psql", title="psql in a container")
def plan(world: World, place: Place, given: dict[str, str], facts: Facts) -> Plan:
    """psql in the container, on the container's own connection to the database."""
    task, container = place
    variable = facts.reach.database_url
    return reaching.planned(
        world,
        facts,
        place,
        action="psql",
        title=f"PSQL in {container.name} of task {task.id[:8]}",
        steps=(Step(call=reaching.execute(facts, place, connected(variable, 'exec psql "$@"'))),),
        effect=(
            Line(text=f"psql as the program's own user, in container {container.name} of task {task.id[:8]} ({task.part})"),
            state.warn("what you do there is neither previewed nor journalled, and can change data"),
            Line(text=shown(variable)),
        ),
        undo="what is committed stays",
        opens=reaching.opening(facts, place, "shell", program="psql", told=shown(variable)),
    )


@reaching.in_container(id="questions", key="Q", verb="questions", title="Ask the database from a container")
def questions(world: World, place: Place, given: dict[str, str], facts: Facts) -> Plan:
    """One confirmation opens the fixed list on one task for 15 minutes; each question asked is journalled."""
    variable = facts.reach.database_url
    scripts = [(q.name, with_code(connected(variable, asking(q.sql)))) for q in QUESTIONS]
    names = ", ".join(q.name for q in QUESTIONS)
    return reaching.planned(
        world,
        facts,
        place,
        action="questions",
        title=f"QUESTIONS to the database from task {place.task.id[:8]} of {place.task.part}",
        steps=tuple(Step(call=reaching.execute(facts, place, script), name=name) for name, script in scripts),
        effect=(
            Line(text=f"for 15 minutes these can be asked, each by one of the calls below, when you choose it: {names}"),
            Line(text="read-only transactions of at most 10 s, by psql in the container; each takes one connection"),
            Line(text=shown(variable)),
        ),
        undo="nothing is changed",
        opens=reaching.opening(facts, place, "questions"),
    )
