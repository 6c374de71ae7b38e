"""The append-only record of one person's machine: what was intended, what came of it, and what was seen once. One JSON object a line."""

from __future__ import annotations

import getpass
import os
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from clickit_tui.linefile import LineFile, write
from clickit_tui.plan import Basis, Call, Hidden, Plan
from clickit_tui.world.ecs import Task
from clickit_tui.world.follow import Follow
from clickit_tui.world.incident import Incident
from clickit_tui.world.parts import Alarm, Identity
from clickit_tui.world.seen import Failed, Fault, Trouble


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted: the identity AWS sees and the person's own session."""

    arn: str = ""
    user: str = ""
    """Name of the operating system's user."""
    ssh: str = ""
    """`SSH_CONNECTION` without our own side: client address and port; empty when local."""
    process: str = ""
    """Machine and number of the process: `bastion:4711`."""


class SentCall(msgspec.Struct, frozen=True, kw_only=True):
    service: str
    operation: str
    params: Mapping[str, object] = {}
    """Parameters as sent, hidden values as `***`."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    at: float
    """Epoch seconds."""
    env: str = ""


class Intent(_Record, frozen=True, kw_only=True, tag="intent"):
    """Written, and on the disk, before anything is sent."""

    id: str
    action: str = ""
    title: str = ""
    target: str = ""
    account: str = ""
    region: str = ""
    endpoint: str = ""
    who: Who = Who()
    calls: tuple[SentCall, ...] = ()
    basis: Basis = Basis()
    undo: str = ""
    inverse: SentCall | None = None


class Result(_Record, frozen=True, kw_only=True, tag="outcome"):
    """What came of an intent: done, failed or unknown. A later one for the same intent settles an unknown one."""

    id: str
    state: str
    sentence: str = ""
    requests: tuple[str, ...] = ()
    """Request ids of the answers."""
    deployment: str = ""


class Progressed(_Record, frozen=True, kw_only=True, tag="step"):
    """How far a plan of several calls has come; on the disk before and after each of them."""

    id: str
    """The intent's."""
    number: int
    """Which call, from 1."""
    of: int
    name: str = ""
    state: str = ""
    """sending, sent."""

    @property
    def words(self) -> str:
        return f"call {self.number} of {self.of} ({self.name}) {'was being sent' if self.state == 'sending' else 'was accepted'}"


class FollowBegun(_Record, frozen=True, kw_only=True, tag="follow"):
    id: str
    follow: Follow
    account: str = ""
    region: str = ""
    endpoint: str = ""
    steady_at: float | None = None
    """When it was complete, as a later entry says; None while it is not."""


class FollowSteady(_Record, frozen=True, kw_only=True, tag="steady"):
    """A followed change is complete; whether it recovers is still awaited."""

    id: str
    steady_at: float


class FollowEnded(_Record, frozen=True, kw_only=True, tag="followed"):
    id: str
    phase: str
    sentence: str = ""


class StoppedTask(_Record, frozen=True, kw_only=True, tag="stopped task"):
    """Kept because ECS forgets a stopped task after about an hour."""

    task: Task
    endpoint: str = ""
    """`host:port` of an endpoint that is not AWS's own."""


class AlarmChange(_Record, frozen=True, kw_only=True, tag="alarm"):
    name: str
    state: str
    since: float | None = None
    """When the state changed; `at` is when it was seen."""
    reason: str = ""


class _Placed(_Record, frozen=True, kw_only=True):
    """Told of one account, region and endpoint; empty where that was not known yet."""

    account: str = ""
    region: str = ""
    endpoint: str = ""


class Bookmark(_Placed, frozen=True, kw_only=True, tag="bookmark"):
    text: str
    about: float | None = None
    """The moment it is about; None is when it was made."""
    step: str = ""
    """`playbook/step` where it says that a person has done a step, or has not."""
    said: str | None = None
    """What was noted with the tick; None takes the tick away."""


class Note(_Placed, frozen=True, kw_only=True, tag="note"):
    text: str
    about: float | None = None


class VerdictChange(_Placed, frozen=True, kw_only=True, tag="verdict"):
    """A part of the strip has another verdict; `part` is `cause` for the likely cause."""

    part: str
    verdict: str
    text: str = ""
    detail: str = ""
    """The evidence, a line each."""


class IncidentState(_Placed, frozen=True, kw_only=True, tag="incident"):
    """An incident as it stands from now on; the newest one of an id counts."""

    incident: Incident


REMEMBERED = 500
"""Most stopped tasks that are handed out."""
KEPT = 4 * REMEMBERED
"""Most stopped tasks that are kept in memory."""
TOLD = 1000
"""Most entries of one kind that are kept in memory for the timeline."""

Entry: TypeAlias = (
    Intent
    | Result
    | Progressed
    | FollowBegun
    | FollowSteady
    | FollowEnded
    | StoppedTask
    | AlarmChange
    | Bookmark
    | Note
    | VerdictChange
    | IncidentState
)

TIMELINE = (Intent, Result, Progressed, FollowEnded, AlarmChange, Bookmark, Note, VerdictChange, IncidentState)


def _plain(value: object) -> object:
    return "***" if isinstance(value, Hidden) else str(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Journal:
    """One file in the state directory, and an old one beside it, shared by every process of this user. Reading never fails.

    What must be there before one goes on (intents, outcomes, bookmarks, notes) is written when the method returns, which blocks, or raises
    `Failed`. The rest is written soon after in the order given, without blocking; `failed` is called, in another thread, when it cannot be.
    What stands in the files is read once, at `load`; until then `unsettled`, `follows` and the seen-once checks know only this process.
    """

    def __init__(self, path: str | Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        self.failed: Callable[[Fault], None] = lambda fault: None
        self.masked: Callable[[str], str] = str
        """What a command line that was typed becomes before it is kept."""
        self._file = LineFile(self.path)
        self._file.failed = lambda error: self.failed(_unwritable(self.path, error))
        self._clock = clock
        self._open_intents: dict[str, Intent] = {}
        self._steps: dict[str, Progressed] = {}
        self._open_follows: dict[str, FollowBegun] = {}
        self._tasks: set[str] = set()
        self._stopped: deque[StoppedTask] = deque(maxlen=KEPT)
        self._told: dict[type, deque[Entry]] = {}
        self._alarms: dict[tuple[str, str], tuple[str, float | None]] = {}
        self.unreadable = 0
        """Lines that could not be read: cut short, garbled, or of a later version."""

    def load(self) -> None:
        """Begin a new file if this one is too large, and read both; blocking."""
        self._file.rotate()
        self.unreadable = 0
        for entry in self.entries():
            self._note(entry)

    def entries(self) -> Iterator[Entry]:
        """Every readable entry, oldest first; blocking. Lines that cannot be read are counted in `unreadable` and passed over."""
        for line in self._file.lines():
            if line.strip():
                try:
                    yield _DECODER.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    self.unreadable += 1

    def close(self) -> None:
        """Return when everything that waits was written, or could not be; the journal can be used again. Blocking."""
        self._file.close()

    def intent(self, plan: Plan, identity: Identity) -> str:
        """Record what is about to be sent and wait until it is on the disk; returns its id. Blocking.

        When this raises, the change must not be sent.
        """
        entry = Intent(
            at=self._clock(),
            env=plan.env,
            id=secrets.token_hex(6),
            action=plan.action,
            title=plan.title,
            target=plan.target,
            account=identity.account,
            region=identity.region,
            endpoint=identity.endpoint,
            who=who(identity.arn),
            calls=tuple(self._kept(s.call) for s in plan.steps),
            basis=plan.basis,
            undo=plan.undo,
            inverse=self._kept(plan.inverse) if plan.inverse else None,
        )
        self._append_now(entry, durable=True)
        return entry.id

    def _kept(self, call: Call) -> SentCall:
        typed = (
            {"command": self.masked(str(call.params["command"]))} if call.operation == "ExecuteCommand" and "command" in call.params else {}
        )
        return SentCall(service=call.service, operation=call.operation, params={**call.params, **typed})

    def outcome(self, id: str, env: str, state: str, sentence: str = "", *, requests: tuple[str, ...] = (), deployment: str = "") -> None:
        """Record what came of an intent; on the disk when it returns. Blocking."""
        entry = Result(at=self._clock(), env=env, id=id, state=state, sentence=sentence, requests=requests, deployment=deployment)
        self._append_now(entry, durable=True)

    def progressed(self, id: str, env: str, number: int, of: int, name: str, state: str) -> None:
        """Record that a call of a plan of several is about to be sent, or was accepted; on the disk when it returns. Blocking."""
        self._append_now(Progressed(at=self._clock(), env=env, id=id, number=number, of=of, name=name, state=state), durable=True)

    def answered(self, ids: Collection[str]) -> frozenset[str]:
        """Which of these intents have an outcome in the files by now, whoever wrote it. Blocking."""
        return frozenset(entry.id for entry in self.entries() if isinstance(entry, Result) and entry.id in ids)

    def reached(self, intent: Intent) -> str:
        """How far an intent without an outcome had come, in words; empty for a plan of one call and before the first one."""
        last = self._steps.get(intent.id)
        return "" if last is None else last.words

    def give_up(self, intent: Intent) -> None:
        """Record that nobody knows what came of an intent of an earlier session."""
        far = self.reached(intent)
        sentence = f"no outcome was recorded{f': {far}' if far else ''}"
        self._append(Result(at=self._clock(), env=intent.env, id=intent.id, state="unknown", sentence=sentence))

    def follow_begun(self, follow: Follow, identity: Identity | None = None) -> str:
        """Record that a change is being followed, and where; returns the follow's id, which is its intent's where it has one."""
        key = follow.intent or secrets.token_hex(6)
        begun = FollowBegun(at=self._clock(), env=follow.env, id=key, follow=follow)
        self._append(msgspec.structs.replace(begun, **_where(identity)))
        return key

    def follow_steady(self, id: str, env: str, steady_at: float) -> None:
        """Record that a followed change is complete, so that a later session does not take what changes then for its failure."""
        self._append(FollowSteady(at=self._clock(), env=env, id=id, steady_at=steady_at))

    def follow_ended(self, id: str, env: str, phase: str, sentence: str) -> None:
        self._append(FollowEnded(at=self._clock(), env=env, id=id, phase=phase, sentence=sentence))

    def stopped_task(self, env: str, task: Task, endpoint: str = "") -> bool:
        """Record a stopped task unless it was seen before; True when it is new."""
        if task.arn in self._tasks:
            return False
        self._append(StoppedTask(at=self._clock(), env=env, task=task, endpoint=endpoint))
        return True

    def stopped_tasks(self, env: str, identity: Identity, since: float) -> tuple[Task, ...]:
        """Stopped tasks that were seen in this environment, account, region and endpoint and ended since then, newest first."""
        own = [s.task for s in self._stopped if s.env == env and s.endpoint == identity.endpoint and _in(s.task.arn, identity)]
        found = [task for task in own if (task.stopped_at or 0.0) >= since]
        return tuple(sorted(found, key=lambda task: -(task.stopped_at or 0.0)))[:REMEMBERED]

    def alarm(self, env: str, alarm: Alarm) -> bool:
        """Record an alarm's state unless it is the one last recorded; True when it is new. The first sight of a quiet alarm is no news."""
        last, state = self._alarms.get((env, alarm.name)), (alarm.state, alarm.since)
        if last == state or (last is None and alarm.state != "ALARM"):
            self._alarms[env, alarm.name] = state
            return False
        self._append(AlarmChange(at=self._clock(), env=env, name=alarm.name, state=alarm.state, since=alarm.since, reason=alarm.reason))
        return True

    def bookmark(
        self, env: str, text: str, about: float | None = None, identity: Identity | None = None, *, step: str = "", said: str | None = None
    ) -> None:
        """Record a text for the timeline, or what became of a person's step. Blocking."""
        self._append_now(Bookmark(at=self._clock(), env=env, text=text, about=about, step=step, said=said, **_where(identity)))

    def note(self, env: str, text: str, about: float | None = None, identity: Identity | None = None) -> None:
        """Record what a person has to say. Blocking."""
        self._append_now(Note(at=self._clock(), env=env, text=text, about=about, **_where(identity)))

    def incident(self, env: str, incident: Incident, identity: Identity | None = None) -> None:
        """Record how an incident stands; on the disk when it returns. Blocking."""
        self._append_now(IncidentState(at=self._clock(), env=env, incident=incident, **_where(identity)), durable=True)

    def verdict(self, env: str, part: str, verdict: str, text: str, detail: str = "", identity: Identity | None = None) -> None:
        """Record that a part has another verdict."""
        self._append(VerdictChange(at=self._clock(), env=env, part=part, verdict=verdict, text=text, detail=detail, **_where(identity)))

    def told(self) -> tuple[Entry, ...]:
        """What the timeline is made of, oldest first: the newest `TOLD` of each kind."""
        return tuple(sorted((entry for kept in list(self._told.values()) for entry in list(kept)), key=lambda entry: entry.at))

    def unsettled(self, env: str, identity: Identity) -> tuple[Intent, ...]:
        """Intents in this environment, account, region and endpoint that have no outcome: sent or not, nobody knows."""
        return tuple(intent for intent in self._open_intents.values() if _here(intent, env, identity))

    def follows(self, env: str, identity: Identity) -> tuple[FollowBegun, ...]:
        """Follows in this environment, account, region and endpoint that have not ended, oldest first."""
        return tuple(begun for begun in self._open_follows.values() if _here(begun, env, identity))

    def _note(self, entry: Entry) -> None:
        if isinstance(entry, TIMELINE):
            self._told.setdefault(type(entry), deque(maxlen=TOLD)).append(entry)
        match entry:
            case Intent():
                self._open_intents[entry.id] = entry
            case Result():
                self._open_intents.pop(entry.id, None)
                self._steps.pop(entry.id, None)
            case Progressed():
                self._steps[entry.id] = entry
            case FollowBegun():
                self._open_follows[entry.id] = entry
            case FollowSteady() if entry.id in self._open_follows:
                self._open_follows[entry.id] = msgspec.structs.replace(self._open_follows[entry.id], steady_at=entry.steady_at)
            case FollowEnded():
                self._open_follows.pop(entry.id, None)
            case StoppedTask():
                self._tasks.add(entry.task.arn)
                self._stopped.append(entry)
            case AlarmChange():
                self._alarms[entry.env, entry.name] = (entry.state, entry.since)
            case Bookmark() | Note() | VerdictChange() | IncidentState() | FollowSteady():
                pass

    def _append(self, entry: Entry) -> None:
        self._file.append(_ENCODER.encode(entry) + b"\n")
        self._note(entry)

    def _append_now(self, entry: Entry, durable: bool = False) -> None:
        try:
            self._file.append_now(_ENCODER.encode(entry) + b"\n", durable=durable)
        except OSError as error:
            raise Failed(_unwritable(self.path, error)) from error
        self._note(entry)


def _in(arn: str, identity: Identity) -> bool:
    """Whether an ARN is of the identity's account and region."""
    parts = arn.split(":")
    return len(parts) > 4 and parts[3:5] == [identity.region, identity.account]


def _here(entry: Intent | FollowBegun, env: str, identity: Identity) -> bool:
    where = (entry.env, entry.account, entry.region, entry.endpoint)
    return where == (env, identity.account, identity.region, identity.endpoint)


def _where(identity: Identity | None) -> dict[str, str]:
    return {} if identity is None else {"account": identity.account, "region": identity.region, "endpoint": identity.endpoint}


def _unwritable(path: Path, error: OSError) -> Fault:
    return Fault(
        kind=Trouble.REFUSED,
        sentence=f"the journal {path} cannot be written: {error.strerror or error}",
        fix="free space or correct its permissions; until then no change is sent",
    )


def who(arn: str, environ: Mapping[str, str] | None = None) -> Who:
    """The person behind this process: AWS identity, operating system's user, SSH client."""
    env = os.environ if environ is None else environ
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    client = env.get("SSH_CONNECTION", "").split()
    return Who(arn=arn, user=user, ssh=" port ".join(client[:2]), process=process())


def process() -> str:
    """This process as the journal names it."""
    return f"{os.uname().nodename}:{os.getpid()}"


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an environment was when a change was first confirmed for it."""

    account: str
    region: str
    at: float = 0.0


class Pins:
    """Account and region of each environment, as ssh remembers hosts; a small file beside the journal, replaced in one step. Blocking."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def all(self) -> dict[str, Pin]:
        """Pins by environment. Raises `Failed` when the file is there and cannot be read: then nothing can be compared."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, Pin])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Failed(_bad_pins(self.path, str(error))) from error

    def check(self, env: str, account: str, region: str, at: float) -> None:
        """Remember account and region the first time; raise `Failed` when they differ from the remembered ones."""
        pins = self.all()
        known = pins.get(env)
        if known is None:
            self._replace({**pins, env: Pin(account=account, region=region, at=at)})
        elif (known.account, known.region) != (account, region):
            was, now = f"account {known.account} in {known.region}", f"account {account} in {region}"
            sentence = f"{env} was {was} when it was first changed; this is {now}"
            raise Failed(Fault(kind=Trouble.REFUSED, sentence=sentence, fix=f"if {env} really moved, remove it from {self.path}"))

    def _replace(self, pins: Mapping[str, Pin]) -> None:
        fresh = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            write(fresh, msgspec.json.format(msgspec.json.encode(pins), indent=2) + b"\n", True)
            fresh.replace(self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise Failed(_bad_pins(self.path, error.strerror or str(error))) from error


def _bad_pins(path: Path, why: str) -> Fault:
    return Fault(
        kind=Trouble.REFUSED, sentence=f"{path} cannot be used: {why}", fix="correct or remove the file; until then no change is sent"
    )
