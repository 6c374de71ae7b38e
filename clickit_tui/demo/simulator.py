"""The simulated ClickIt: both environments, their images, metrics and logs, moved second by second from a seed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clickit_tui.demo import birth, measures, scaling, scheduler, targets, traffic, watch
from clickit_tui.demo.alarms import AlarmBook
from clickit_tui.demo.insights import Insights
from clickit_tui.demo.logstore import LogStore
from clickit_tui.demo.metricpast import PastMinutes, Rewind
from clickit_tui.demo.metricseries import Point
from clickit_tui.demo.metricstore import Key, MetricStore
from clickit_tui.demo.past import furnish
from clickit_tui.demo.program import Behaviour, Image
from clickit_tui.demo.state import Environment, Service, Task
from clickit_tui.demo.traffic import Tally
from clickit_tui.demo.voice import Voice
from clickit_tui.demo.wire import ACCOUNT, REGION

HISTORY_MINUTES = 120
LOADS_KEPT_MINUTES = 7 * 1440
DELIVERED = (0.7, 0.94)
"""What the load balancer's nodes have delivered of a minute at its end, and a minute later; after two it is whole."""
SHOWN_AFTER_S = 15
"""Seconds of a minute after which it begins to show."""
DAY_SHAPE = (0.62, 0.6, 0.6, 0.62, 0.68, 0.78, 0.9, 1.0, 1.06, 1.08, 1.08, 1.05)
"""Load over a day in steps of two hours, from the time the simulator begins counted as the seventh step."""
SHAPE_START = 7.0

Shape = Callable[["Simulator", Environment], None]
Cause = Callable[["Simulator"], None]


class Simulator:
    """Everything that exists, and time.

    `now` is epoch seconds, a whole number; `step(until)` moves it. For one seed and the same calls at the same times after the start,
    everything is the same: states, ids, text, numbers. `shape` may change each environment before anything has happened in it.
    """

    def __init__(self, *, seed: int = 1, now: float, shape: Shape | None = None) -> None:
        self.seed = seed
        self.now = self.start = float(int(now))
        self.served = self.now
        """The time of the call that is being answered; later than `now` while the simulator is held."""
        self.rng = random.Random(seed)  # noqa: S311
        self.unknown_behaviour = Behaviour()
        self.images: list[Image] = birth.images(self.rng, self.start)
        self.logs = LogStore(region=REGION, account=ACCOUNT)
        self.insights = Insights(self.logs)
        self._past = PastMinutes(self._usual_hour, seed=seed, origin=int(self.start // 60))
        self._noise: dict[tuple[str, int], float] = {}
        self._owners: dict[frozenset[tuple[str, str]], str] = {}
        self.metrics = MetricStore(compute=self._recall, draw=self._draw)
        self.alarms = AlarmBook(region=REGION, account=ACCOUNT)
        self.voice = Voice(self)
        self.envs: dict[str, Environment] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.grants: dict[str, dict[str, Any]] = {}
        """What the sessions are for, and the tokens that join them."""
        self.causes: list[tuple[float, Cause]] = []
        """What will be done at which time, from outside the system that is simulated."""
        self.loads: dict[str, dict[int, traffic.Load]] = {name: {} for name in birth.SCALES}
        """What held queries up in each minute of the last week, by environment."""
        self._tallies: dict[str, Tally] = {}
        self._published = self.now
        self._undelivered: dict[int, list[measures.Measured]] = {}
        for name in birth.SCALES:
            env = birth.environment(name, self.rng, self.start, self.images)
            self.envs[name] = env
            if shape:
                shape(self, env)
            furnish(self, env)
        self._usual = copy.deepcopy(self.envs)
        self._rewinds = {name: Rewind(env) for name, env in self._usual.items()}
        for env in self.envs.values():
            self._remember(env)
        watch.settle(self)

    def hexes(self, length: int) -> str:
        """Random hexadecimal digits."""
        return birth.hexes(self.rng, length)

    def number(self, digits: int) -> str:
        """A random number of that many digits."""
        return str(self.rng.randrange(10 ** (digits - 1), 10**digits))

    def token(self, length: int) -> str:
        """Random letters and digits."""
        return "".join(self.rng.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(length))

    def uuid(self) -> str:
        """A random UUID."""
        return f"{self.hexes(8)}-{self.hexes(4)}-4{self.hexes(3)}-a{self.hexes(3)}-{self.hexes(12)}"

    def image(self, name: str) -> Image | None:
        """The ECR image behind a task definition's image text (`HOST/REPOSITORY:TAG` or `...@DIGEST`)."""
        path = name.split("/", 1)[-1]
        if "@" in path:
            return self.by_digest(path.partition("@")[2])
        repository, _, tag = path.partition(":")
        return next((each for each in self.images if each.repository == repository and (tag or "latest") in each.tags), None)

    def by_digest(self, digest: str) -> Image | None:
        """The image of that digest."""
        return next((each for each in self.images if each.digest == digest), None)

    def service_of(self, env: Environment, task: Task) -> Service | None:
        """The service that a task belongs to."""
        return next((each for each in env.services.values() if each.name == task.service), None) if task.service else None

    def rate(self, env: Environment, at: float) -> float:
        """Requests per second that arrive at a time: the day's shape, slow noise, surges."""
        place = (SHAPE_START + (at - self.start) / 7200) % len(DAY_SHAPE)
        low = int(place)
        here, after = DAY_SHAPE[low], DAY_SHAPE[(low + 1) % len(DAY_SHAPE)]
        shape = here + (after - here) * (place - low)
        minute = (at - self.start) / 60
        first = int(minute // 1)
        part = minute - first
        wave = self._wobble(env.name, first) * (1 - part) + self._wobble(env.name, first + 1) * part
        return env.rps * shape * (0.9 + 0.2 * wave) * env.surge

    def _wobble(self, name: str, minute: int) -> float:
        key = (name, minute)
        found = self._noise.get(key)
        if found is None:
            if len(self._noise) > 4096:
                self._noise.clear()
            found = self._noise[key] = random.Random(f"{self.seed}:{name}:{minute}").random()  # noqa: S311
        return found

    def cause(self, at: float, do: Cause) -> None:
        """Have something done at a time; it is done at once when that lies in the past and time moves on."""
        self.causes.append((at, do))
        self.causes.sort(key=lambda each: each[0])

    def step(self, until: float) -> None:
        """Move to `until`, second by second; nothing happens when that lies in the past."""
        while self.now + 1 <= until:
            self.now += 1
            self._tick()

    def _tick(self) -> None:
        now = self.now
        while self.causes and self.causes[0][0] <= now:
            self.causes.pop(0)[1](self)
        for env in self.envs.values():
            watch.database(self, env, now)
            scheduler.tick(self, env, now)
            targets.tick(env, now)
            tally = self._tallies.setdefault(env.name, Tally())
            traffic.tick(env, tally, self.rate(env, now), 1.0, self.rng, self.voice.failed)
            self.voice.ordinary(env, now, 1.0)
        if now % 60 == 0:
            self._close_minute(int(now // 60) - 1)

    def _close_minute(self, minute: int) -> None:
        for env in self.envs.values():
            loads = self.loads[env.name]
            loads[minute] = traffic.load(env)
            loads.pop(minute - LOADS_KEPT_MINUTES, None)
            found = list(measures.points(env, self._tallies.pop(env.name), minute))
            for each in found:
                if not measures.late(each):
                    self.metrics.add(each.namespace, each.name, each.dimensions, minute * 60.0, each.point, unit=each.unit)
            self._undelivered.setdefault(minute, []).extend(each for each in found if measures.late(each))
        self._deliver(minute)
        self.alarms.evaluate(self.metrics, self.now)
        for env in self.envs.values():
            scaling.minute(self, env, self.now)

    def _deliver(self, minute: int) -> None:
        """Publish of the last minutes what the load balancer's nodes have delivered by the end of this one."""
        for at, found in list(self._undelivered.items()):
            if minute - at >= len(DELIVERED):
                for each in self._undelivered.pop(at):
                    self.metrics.add(each.namespace, each.name, each.dimensions, at * 60.0, each.point, unit=each.unit)
                continue
            for each in found:
                self._grow(each, at * 60.0, DELIVERED[minute - at])

    def _grow(self, whole: measures.Measured, at: float, share: float) -> None:
        each = measures.part(whole, share)
        if each:
            self.metrics.grow(each.namespace, each.name, each.dimensions, at, each.point, unit=each.unit)

    def publish_running_minute(self) -> None:
        """Give the metrics what has been measured of the minute that has not ended yet, as CloudWatch shows it: early, and growing."""
        if self._published == self.now:
            return
        self._published = self.now
        for env in self.envs.values():
            tally = self._tallies.get(env.name)
            if tally and tally.seconds >= SHOWN_AFTER_S:
                for each in measures.points(env, tally, int(self.now // 60)):
                    self._grow(each, self.now, DELIVERED[0] if measures.late(each) else 1.0)

    def _remember(self, env: Environment) -> None:
        """Two hours of metrics before the start, and half an hour of log lines."""
        last = int(self.start // 60)
        for minute in range(last - HISTORY_MINUTES, last):
            for each in self._usual_minute(env.name, minute):
                self.metrics.add(each.namespace, each.name, each.dimensions, minute * 60.0, each.point, unit=each.unit)
                self._owners.setdefault(frozenset(each.dimensions.items()), env.name)
        for part in range(30, 0, -1):
            self.voice.ordinary(env, self.start - 60 * part + 55, 60.0)

    def _usual_hour(self, name: str, minute: int) -> list[measures.Measured]:
        """The minute that stands for an hour; it has the rare metrics too."""
        return self._usual_minute(name, minute, times=2, shown_as=0)

    def _usual_minute(self, name: str, minute: int, *, times: int = 8, shown_as: int | None = None) -> list[measures.Measured]:
        """A minute as it is when nothing is wrong; each response time stands for so many."""
        self._rewinds[name]()
        env, tally = self._usual[name], Tally()
        rng = random.Random(f"{self.seed}:{name}:past:{minute - int(self.start // 60)}")  # noqa: S311
        traffic.tick(env, tally, self.rate(env, minute * 60.0), 60.0, rng)
        for served in tally.served.values():
            served.seconds *= times
            served.seconds = [value * rng.lognormvariate(0, 0.2) for value in served.seconds]
        return list(measures.points(env, tally, minute if shown_as is None else shown_as))

    def _recall(self, namespace: str, name: str, dims: Mapping[str, str], minute: int) -> Point | None:
        """A metric in a minute long before the start."""
        key = (namespace, name, frozenset(dims.items()))
        owner = self._owners.get(key[2])
        return self._past.point(owner, key, minute) if owner else None

    def _draw(self, key: Key, stat: str, first: int, stop: int, step: int) -> Iterable[tuple[int, float]]:
        """A metric's statistic in the periods long before the start."""
        owner = self._owners.get(key[2])
        return self._past.line(owner, key, stat, first, stop, step) if owner else ()
