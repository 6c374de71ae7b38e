"""What the screens need of the core; the session is one. Screens and panes stand below it and know only this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.logs.engine import Update
from clickit_tui.logs.insights import Insights
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.search import Search, Wanted
from clickit_tui.plan import Hidden, Opening, Plan, Refused
from clickit_tui.reach.capture import Captured, Output
from clickit_tui.reach.plugin import Invocation
from clickit_tui.store import Store
from clickit_tui.ui.cells import Look
from clickit_tui.world.charting import Range
from clickit_tui.world.ecs import Task, TaskDefinition
from clickit_tui.world.follow import Follow
from clickit_tui.world.machine import Tunnel
from clickit_tui.world.parts import Alarm, Series
from clickit_tui.world.playing import Playing
from clickit_tui.world.spending import Spent
from clickit_tui.world.world import World


class Outcome(Protocol):
    """How a change ended at the moment of sending."""

    @property
    def kind(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def plan(self) -> Plan | None: ...
    @property
    def grant(self) -> Hidden | None: ...


class Shells(Protocol):
    """What reaches into tasks."""

    def survey(self) -> Awaitable[None]:
        """Look again at what this machine offers; `facts().machine` then has it."""
        ...

    def invocation(self, grant: Hidden, opening: Opening) -> Awaitable[Invocation]:
        """The command that joins a granted session; raises Failed."""
        ...

    def tunnel(self, grant: Hidden, opening: Opening) -> Awaitable[Tunnel]:
        """Open a granted tunnel; raises Failed when the plugin could not be called at all."""
        ...

    def close_tunnel(self, id: str) -> Awaitable[None]:
        """Close one."""
        ...

    @property
    def outputs(self) -> Sequence[Output]:
        """What the last commands said, the newest first."""
        ...

    def keep(self, title: str) -> Output:
        """Where a command's output is to be kept."""
        ...

    def run(self, grant: Hidden, opening: Opening, told: Callable[[Captured], None]) -> Awaitable[Captured]:
        """Run a granted command to its end; raises Failed when the plugin could not be called at all."""
        ...

    def agree(self, plan: Plan) -> None:
        """The list of calls was confirmed: each may be sent for 15 minutes."""
        ...

    def agreed(self, task: str) -> tuple[Plan, float] | None:
        """The confirmed list for a task and the seconds it still holds; None when there is none."""
        ...

    def one_of(self, task: str, number: int) -> Plan | None:
        """One call of a confirmed list as a plan of its own; None when the list does not hold any more."""
        ...


class Player(Protocol):
    """What plays a recording."""

    def playing(self) -> Playing:
        """Where it stands."""
        ...

    def pause(self) -> None:
        """Stand still, or go on."""
        ...

    def faster(self, by: int) -> None:
        """The next speed, or with -1 the one before."""
        ...

    def seek(self, at: float) -> None:
        """Show another moment of the recording, epoch seconds, or the nearest one."""
        ...


class Core(Protocol):
    """The running core as the screens use it."""

    config: Config
    store: Store
    ask_mfa: Callable[[str], Awaitable[str | None]] | None
    """Asks the user for the code of an MFA device; the app sets it, and None as an answer means no."""
    notices: list[str]
    """Sentences for the user, oldest first; grows."""

    cursor: float | None
    """The moment that charts and log look at, epoch seconds; None follows the newest. Screens set it."""

    @property
    def shells(self) -> Shells: ...

    @property
    def recording(self) -> str:
        """`REC` while the session is recorded, `REC OFF` when that ended; empty otherwise."""
        ...

    @property
    def player(self) -> Player | None:
        """What plays a recording; None in a session that reads AWS."""
        ...

    @property
    def read_only(self) -> str:
        """Why the process is read-only; empty in operator mode."""
        ...

    def facts(self) -> Facts: ...
    def refresh(self, fields: Sequence[str]) -> None:
        """Poll the sources of these fields now; all of them when none is named."""
        ...

    def lock(self, why: str) -> None:
        """Make the process read-only for the rest of its life."""
        ...

    def carry_out(self, plan: Plan, replan: Callable[[World], Plan | Refused]) -> Awaitable[Outcome]: ...
    def last_change(self) -> Plan | None:
        """The newest change that was sent, for `U`."""
        ...

    def log_lines(self) -> Sequence[LogLine]:
        """The log buffer, oldest first."""
        ...

    def log_update(self, since: int) -> Update:
        """What changed in the log buffer since a version of it; read at once, do not keep."""
        ...

    def log_version(self) -> int:
        """Grows whenever the log buffer or its state changes."""
        ...

    def log_state(self) -> tuple[str, Look]:
        """(words, look): `LIVE`, `BEHIND 14 s`, `THROTTLED`."""
        ...

    def log_troubles(self) -> Sequence[str]:
        """Why some groups are not read at the moment, a sentence each."""
        ...

    def log_search(self, wanted: Wanted) -> Search:
        """A search on the server, not yet begun."""
        ...

    def task_log(self, task: Task) -> Awaitable[Sequence[LogLine]]:
        """The last 50 lines of a task's own streams, also of a stopped one; raises Failed."""
        ...

    def task_definitions(self, family: str, /) -> Awaitable[tuple[Sequence[str], bool]]:
        """(ARNs of a family's newest registered revisions, newest first; whether these are all); raises Failed."""
        ...

    def task_definition(self, arn: str, /) -> Awaitable[TaskDefinition]:
        """One task definition, also one that nothing runs; raises Failed."""
        ...

    def follow(self, wanted: Follow) -> None:
        """Watch a change that somebody else began, until it ends; one that is followed already is not followed twice."""
        ...

    def insights(self) -> Insights:
        """What asks CloudWatch Logs Insights."""
        ...

    def bookmark(self, text: str, about: float | None = None, *, step: str = "", said: str | None = None) -> Awaitable[str]:
        """Put a text into the timeline, at a moment (epoch seconds) or now; returns why that failed, or an empty string.

        `step` (`playbook/step`): a person has done that step and `said` this, or took the tick away (None).
        """
        ...

    def note(self, text: str, about: float | None = None) -> Awaitable[str]:
        """The same for what a person has to say."""
        ...

    def chart(self, wanted: Range | None) -> None:
        """How far back the charts look now; None while none is shown, and then nothing is read that only they need."""
        ...

    def declare(self, title: str, began_at: float) -> Awaitable[str]:
        """Begin an incident; returns why that failed, or an empty string; so do the next two."""
        ...

    def amend(self, *, title: str = "", began_at: float | None = None) -> Awaitable[str]:
        """Correct title or beginning of the open incident."""
        ...

    def resolve(self, resolution: str) -> Awaitable[str]:
        """End the open incident."""
        ...

    def incident_note(self, id: str = "") -> Awaitable[tuple[str, str]]:
        """(the note of an incident, of the newest when none is named, as Markdown; the file it was written to, or why it was not)."""
        ...

    def database_load(self) -> Awaitable[Sequence[str]]:
        """What Performance Insights saw of the database in the last 15 minutes, as lines; or why it cannot tell."""
        ...

    def alarm_metric(self, alarm: Alarm, start: float, end: float) -> Awaitable[Series]:
        """An alarm's own metric in its own period over a window, epoch seconds; raises Failed."""
        ...

    def rest(self, resting: bool) -> None:
        """Poll more seldom while nobody is there and nothing is wrong, or as ever again."""
        ...

    def spending(self) -> Spent:
        """What this session asked of AWS so far."""
        ...

    def spent(self) -> tuple[int, float]:
        """(AWS calls in the last minute, dollars of this session)."""
        ...

    def login(self, say: Callable[[str], None]) -> Awaitable[str]:
        """Log in again through SSO's device flow; says address and code; returns how it ended."""
        ...
