"""Start the embedded ClickIt in a child process and steer it: `Demo`. Start-up is reported through a callback."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from clickit_tui.demo.plugin import install

REGION_SHOWN = "eu-west-1"
Progress = Callable[[str], None]
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 5.0
CONTROL_WITHIN_S = 120.0


class DemoFailed(Exception):
    """The embedded ClickIt did not start, or refused a command; the text says why."""


class Demo:
    """A running embedded ClickIt. It ends with `stop()`, at the end of a `with` block, or when this process ends in any way."""

    def __init__(
        self, process: subprocess.Popen[bytes], lifeline: int, home: tempfile.TemporaryDirectory[str], port: int, token: str
    ) -> None:
        self._process = process
        self._lifeline = lifeline
        self._home = home
        self._token = token
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def plugin(self) -> str:
        """Path of what stands in for session-manager-plugin; it is there as long as this is."""
        return os.path.join(self._home.name, "session-manager-plugin")

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def environ(self) -> dict[str, str]:
        """The AWS_* variables that point any AWS client at this ClickIt and at nothing else."""
        return aws_variables(self.url, os.path.join(self._home.name, "empty"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the child; nothing when it has ended."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._home.cleanup()

    def control(self, do: str, **given: object) -> dict[str, Any]:
        """One command of the control endpoint; its answer has paused, now, seed and counts. Raises DemoFailed."""
        body = json.dumps({"do": do} | given).encode()
        headers = {"X-Clickit-Token": self._token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_clickit/control", data=body, headers=headers)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=CONTROL_WITHIN_S) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise DemoFailed(error.read().decode("utf-8", "replace")) from None
        except OSError as error:
            raise DemoFailed(f"the embedded ClickIt does not answer: {error}") from None

    def pause(self) -> None:
        """Hold the simulator still: no causes, no log lines, no new points; calls that change something still do."""
        self.control("pause")

    def resume(self) -> None:
        """Let the simulator run on."""
        self.control("resume")

    def reset(self, *, seed: int = 1, paused: bool = False, elapsed_s: float = 0.0, incident: str = "") -> None:
        """A fresh ClickIt without faults and counts; `elapsed_s` seconds of it and of the incident have passed already."""
        self.control("reset", seed=seed, paused=paused, elapsed_s=elapsed_s, incident=incident)

    def incident(self, name: str) -> None:
        """Let an incident begin now, without long pauses between its causes; `random` lets the seed choose.

        Raises DemoFailed for an unknown one.
        """
        self.control("incident", name=name)

    def step(self, seconds: float) -> None:
        """Move the simulator that many seconds at once; its time then runs ahead of the wall clock."""
        self.control("step", seconds=seconds)

    def log_rate(self, factor: float) -> None:
        """Multiply how many ordinary log lines are written; 0 silences them."""
        self.control("log_rate", factor=factor)

    def latency(self, milliseconds: float) -> None:
        """Delay every answer."""
        self.control("latency", ms=milliseconds)

    def fault(self, text: str) -> None:
        """Inject a fault, written as `faults.parse` reads it: `ecs.DescribeTasks=throttle:20s`. Raises DemoFailed."""
        self.control("fault", fault=text)

    def heal(self) -> None:
        """Take all faults away."""
        self.control("heal")

    def counts(self) -> dict[str, int]:
        """Requests since the start, the last reset or `forget_counts`, by `service.Operation`."""
        found: dict[str, int] = self.control("state")["counts"]
        return found

    def forget_counts(self) -> None:
        """Count requests from zero."""
        self.control("forget_counts")


def aws_variables(url: str, empty_file: str) -> dict[str, str]:
    """The AWS_* variables for an endpoint; `empty_file` stands in for the configuration files."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "AKIADEMO000000000000",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_REGION": REGION_SHOWN,
        "AWS_DEFAULT_REGION": REGION_SHOWN,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": empty_file,
        "AWS_SHARED_CREDENTIALS_FILE": empty_file,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def clean_environ(base: Mapping[str, str], demo: Demo) -> dict[str, str]:
    """The environment without any AWS_* variable but the demo's, so that no real account can be reached."""
    kept = {name: value for name, value in base.items() if not name.upper().startswith("AWS_")}
    return kept | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"} | demo.environ()


def start(
    *,
    seed: int = 1,
    latency_ms: float = 0.0,
    port: int = 0,
    elapsed_s: float = 0.0,
    paused: bool = False,
    incident: str = "",
    given: Sequence[str] = (),
    progress: Progress | None = None,
) -> Demo:
    """Start an embedded ClickIt and wait until it answers; `port` 0 lets it choose. `given` are faults. Blocks; raises DemoFailed."""
    reading, lifeline = os.pipe()
    said, saying = os.pipe()
    options = ["--seed", str(seed), "--latency-ms", str(latency_ms), "--port", str(port), "--elapsed-s", str(elapsed_s)]
    options += ["--incident", incident, *(f"--fault={each}" for each in given)]
    command = [sys.executable, "-m", "clickit_tui.demo.child", str(reading), str(saying), *options, *(["--paused"] if paused else [])]
    home = tempfile.TemporaryDirectory(prefix="clickit-demo-")
    with open(os.path.join(home.name, "empty"), "w", encoding="utf-8"):
        pass
    install(home.name)
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("AWS_")}
    process = subprocess.Popen(  # noqa: S603
        command, pass_fds=(reading, saying), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=kept
    )
    os.close(reading)
    os.close(saying)
    try:
        ready = _ready(said, progress or (lambda _: None))
    except DemoFailed:
        os.close(lifeline)
        process.kill()
        process.wait()
        home.cleanup()
        raise
    finally:
        os.close(said)
    return Demo(process, lifeline, home, int(ready["port"]), str(ready["token"]))


async def start_async(
    *,
    seed: int = 1,
    latency_ms: float = 0.0,
    port: int = 0,
    elapsed_s: float = 0.0,
    paused: bool = False,
    incident: str = "",
    given: Sequence[str] = (),
    progress: Progress | None = None,
) -> Demo:
    """`start` without blocking the event loop; `progress` is called from another thread."""
    import asyncio

    said: dict[str, Any] = {"seed": seed, "latency_ms": latency_ms, "port": port, "elapsed_s": elapsed_s, "paused": paused}
    return await asyncio.to_thread(lambda: start(**said, incident=incident, given=given, progress=progress))


def _ready(said: int, progress: Progress) -> dict[str, Any]:
    """Read what the child says, a JSON object on each line, until it is ready."""
    buffer, end = b"", time.monotonic() + READY_WITHIN_S
    with selectors.DefaultSelector() as waiting:
        waiting.register(said, selectors.EVENT_READ)
        while time.monotonic() < end:
            if not waiting.select(end - time.monotonic()):
                break
            chunk = os.read(said, 65_536)
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                found: dict[str, Any] = json.loads(line)
                if "error" in found:
                    raise DemoFailed(f"the embedded ClickIt could not start: {found['error']}")
                if "port" in found:
                    return found
                progress(str(found.get("progress", "")))
            if not chunk:
                raise DemoFailed("the embedded ClickIt ended while it was starting")
    raise DemoFailed(f"the embedded ClickIt was not ready within {READY_WITHIN_S:.0f} s")
