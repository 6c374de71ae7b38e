"""The command line: what each sub-command runs."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from clickit_tui.options import NOT_RUN, parser_of_everything

if TYPE_CHECKING:
    from pathlib import Path

    from clickit_tui.config import Config
    from clickit_tui.demo.launch import Demo
    from clickit_tui.session import Session
    from clickit_tui.world.world import World

INTERRUPTED = 130
DEMO = "the demo"
"""The choice beside the environments; no environment can have this name."""
BROKEN_PIPE = 141
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""An output that takes no more; as a defect its exit code would be the one of a warning."""
FEW_FRAMES = "10"
"""Pictures a second with --low-bandwidth; a key that comes while something is painted then waits up to 0.1 s."""


TELLING = ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_DEBUG")
"""What makes Textual write down or send away every key, those of a secret's value included; read when it is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for name in TELLING:
        os.environ.pop(name, None)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = parser_of_everything()
    given, rest = parser.parse_known_args(sys.argv[1:] if arguments is None else list(arguments))
    if rest and not (given.command == "demo" and given.serve):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code = _run(given, rest)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in FULL or error.filename is not None:
            raise
        _forget_output()
        return _refuse(f"what was found could not be written: {error.strerror}")


def _forget_output() -> None:
    """What is still to be written goes nowhere, so that the end of the process does not try again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(given: argparse.Namespace, rest: Sequence[str]) -> int:
    if getattr(given, "record", None) == "":
        return _refuse("--record needs the name of a file")
    if getattr(given, "record", "") and (given.command not in (None, "demo") or getattr(given, "serve", False)):
        return _refuse("--record belongs to the dashboard")
    if given.command == "replay":
        return _replay(given)
    if given.command == "demo":
        if given.list_incidents:
            return _list_incidents()
        return _serve(given, rest) if given.serve else _demo(given)
    config = _configured(given)
    if given.command == "completion":
        return _completion(given.shell, config)
    if given.command == "doctor":
        return _doctor(given, config)
    if isinstance(config, str):
        return _refuse(config)
    if given.command is None:
        return _dashboard(config, getattr(given, "record", ""))
    if given.command == "keys":
        return _keys(config)
    if given.command == "config":
        return _config(given.what, config)
    if not config.env:
        known = " or ".join(f"--env {name}" for name in config.environments)
        return _refuse(f"{given.command} never guesses the environment: name it with {known}")
    for note in config.notes:
        _say(note)
    if given.command == "status":
        from clickit_tui.headless.status import status

        return status(config, as_json=given.json)
    if given.command == "check":
        from clickit_tui.headless.check import check

        return check(config, playbook=given.playbook, form=given.form)
    if given.command == "metrics":
        from clickit_tui.headless.metrics import metrics

        return metrics(config, within=given.range, form=given.form)
    if given.command == "alarms":
        from clickit_tui.headless.alarms import alarms

        return alarms(config, as_json=given.json)
    if given.command == "tail":
        return _tail(given, config)
    if given.command in ("sleep", "wake"):
        return _sleep_or_wake(given, config)
    if given.command == "iam-policy":
        from clickit_tui.headless.iam_policy import iam_policy

        return iam_policy(config, operator=given.role == "operator")
    if given.command == "note":
        from clickit_tui.headless.note import note as incident_note

        return incident_note(config, id=given.incident, listed=given.list)
    from clickit_tui.headless.init import init

    return init(config)


def _sleep_or_wake(given: argparse.Namespace, config: Config) -> int:
    from clickit_tui.headless.sleeping import change
    from clickit_tui.headless.tail import Unusable, duration_s

    try:
        wait_s = duration_s(given.wait) if given.wait else 0.0
    except Unusable:
        return _refuse("--wait needs a time like 90s, 30m or 1h")
    return change(config, given.command, yes=given.yes, wait_s=wait_s)


def _tail(given: argparse.Namespace, config: Config) -> int:
    from clickit_tui.headless.tail import Asked, tail

    asked = Asked(
        groups=tuple(given.group),
        since=given.since,
        follow=given.follow,
        filter=given.filter,
        level=given.level,
        as_json=given.json,
        task=given.task,
    )
    return tail(config, asked)


def _configured(given: argparse.Namespace, *, state_dir: str = "", **instead: str) -> Config | str:
    """The configuration, or why there is none."""
    from clickit_tui.config import ConfigError, Flags, load

    said = {
        name: getattr(given, name)
        for name in ("env", "profile", "region", "config", "read_only", "low_bandwidth", "secret_fd")
        if hasattr(given, name)
    }
    try:
        return load(Flags(**{**instead, **said}), state_dir=state_dir)
    except ConfigError as error:
        return str(error)


def _say(sentence: str) -> None:
    """On standard error, harmless whatever is quoted in it."""
    from clickit_tui.world.seen import clean

    print(f"clickit-tui: {clean(sentence)}", file=sys.stderr)


def _refuse(sentence: str) -> int:
    _say(sentence)
    return NOT_RUN


def no_terminal(environ: Mapping[str, str]) -> str:
    """Why the dashboard cannot be drawn here; empty when it can."""
    streams = (("standard input", sys.stdin), ("standard output", sys.stdout), ("standard error", sys.stderr))
    for name, stream in streams:
        if stream is None or not stream.isatty():
            return f"the dashboard needs a terminal, and {name} is none"
    if environ.get("TERM", "") in ("", "dumb", "unknown"):
        return f"the dashboard needs a terminal that can place the cursor (TERM is {environ.get('TERM') or 'not set'})"
    return ""


def instead(env: str) -> str:
    """What answers without a terminal."""
    return f"without one: clickit-tui check --env {env or 'dev'} --plain, for its verdicts, or clickit-tui status --env {env or 'dev'}"


def _dashboard(config: Config, record: str) -> int:
    if why := no_terminal(os.environ):
        return _refuse(f"{why}; {instead(config.env)}")
    _spare(config)
    if not config.env:
        chosen = _asked(config)
        if isinstance(chosen, str):
            return _demo(parser_of_everything().parse_args(["demo"])) if chosen == DEMO else _refuse(chosen)
        config = chosen
    code = _shown(config, record)
    from clickit_tui.app import TO_DEMO

    return _demo(parser_of_everything().parse_args(["demo"])) if code == TO_DEMO else code


def _shown(config: Config, record: str, commands: Sequence[tuple[str, Callable[[], None]]] = ()) -> int:
    """The dashboard, recorded where a file is named; the file is made before anything is opened."""
    if not record:
        return _run_dashboard(config, commands)
    from pathlib import Path

    from clickit_tui.tape.writing import create

    try:
        file = create(Path(record))
    except OSError as error:
        there = "there is such a file already; a recording never overwrites one"
        return _refuse(f"--record {record}: {there if isinstance(error, FileExistsError) else error.strerror or error}")
    code = _run_dashboard(config, commands, (Path(record), file))
    with suppress(OSError):
        if not os.path.getsize(record):
            os.unlink(record)  # the session was never begun
    return code


def _run_dashboard(config: Config, commands: Sequence[tuple[str, Callable[[], None]]] = (), tape: tuple[Path, int] | None = None) -> int:
    """Open the dashboard. What is made before its first frame is no garbage: none is looked for meanwhile."""
    import gc

    gc.disable()
    try:
        from clickit_tui.app import run
        from clickit_tui.opening import later

        return run(later(config, partial(_session, tape=tape)), commands)
    finally:
        gc.enable()


def _session(config: Config, tape: tuple[Path, int] | None) -> Session:
    """The core, built after the first frame. What is there by then stays there; so does what the first reading brought.

    Garbage is looked for in what comes later only: a look at all of it would hold every key up for a tenth of a second.
    """
    import gc

    if tape is None:
        from clickit_tui.session import Session

        session = Session(config)
    else:
        from clickit_tui.taping import TapedSession

        session = TapedSession(config, *tape)
    gc.freeze()
    gc.enable()

    def again(world: World, _: frozenset[str]) -> None:
        if world.metrics.seen_at is not None:
            leave()
            gc.freeze()

    leave = session.store.subscribe(("metrics",), again)
    return session


def _spare(config: Config) -> None:
    """Textual reads how many pictures a second it may send when it is imported."""
    if config.low_bandwidth:
        os.environ["TEXTUAL_FPS"] = FEW_FRAMES


def _replay(given: argparse.Namespace) -> int:
    """The dashboard over a recording, or what it holds in words."""
    from pathlib import Path

    from clickit_tui.tape.reading import NoTape, opened

    if not given.summary and (why := no_terminal(os.environ)):
        return _refuse(f"{why}; without one: clickit-tui replay {given.file} --summary")
    try:
        tape = opened(Path(given.file), getattr(given, "env", ""), _progress)
    except NoTape as error:
        return _refuse(str(error))
    if given.summary:
        from clickit_tui.headless.tape import summary

        return summary(tape)
    if isinstance(config := _configured(given, env=tape.header.env), str):
        return _refuse(config)
    _spare(config)
    from clickit_tui.replay_app import play

    played = play(config, tape, given.at)
    return played if isinstance(played, int) else _refuse(f"--at {given.at}: {played}")


def _keys(config: Config) -> int:
    from clickit_tui.app import keys

    lines, refused = keys(config.keymap)
    print("\n".join(lines))
    for sentence in refused:
        _say(sentence)
    return 0


def _doctor(given: argparse.Namespace, config: Config | str) -> int:
    """Examine; a configuration that cannot be used is one of the findings, and all else is looked at without it."""
    from clickit_tui.headless.doctor import doctor

    trouble = config if isinstance(config, str) else ""
    usable = _without(given) if isinstance(config, str) else config
    if isinstance(usable, str):
        return _refuse(usable)
    return doctor(usable, trouble=trouble, refused=no_terminal(os.environ), as_json=given.json)


def _without(given: argparse.Namespace) -> Config | str:
    """The configuration as it is without a file, or why there is none even so."""
    return _configured(argparse.Namespace(**{**vars(given), "config": os.devnull}))


def _completion(shell: str, config: Config | str) -> int:
    """Print the script; a configuration that cannot be used leaves it with the usual environments, and that is said."""
    from clickit_tui.config import DEFAULT_ENVIRONMENTS
    from clickit_tui.headless.completion import commands, script, values

    if isinstance(config, str):
        _say(config)
    environments = DEFAULT_ENVIRONMENTS if isinstance(config, str) else config.environments
    print(script(shell, commands(parser_of_everything(), values(environments, incident_names()))), end="")
    return 0


def incident_names() -> tuple[str, ...]:
    """The demo's incidents by the names of their files: importing them would bring the SDK."""
    import pkgutil

    from clickit_tui.demo import incidents

    files = {module.name for module in pkgutil.iter_modules(incidents.__path__)} - {"causes", "plot", "registry"}
    return (*sorted(name.replace("_", "-") for name in files), "random")


def _config(what: str, config: Config) -> int:
    from clickit_tui.headless import configuration

    if what == "schema":
        print(configuration.text(), end="")
        return 0
    from clickit_tui.app import keys

    return configuration.check(config, keys(config.keymap)[1])


def _asked(config: Config) -> Config | str:
    """The configuration of the environment that is chosen on the first screen, or DEMO, or why there is none."""
    from clickit_tui.app import choose_environment
    from clickit_tui.config import ConfigError, choose
    from clickit_tui.headless.configuration import described

    try:
        each = [choose(config, name) for name in config.environments]
        words = [*((c.env, "  ".join(filter(None, described(c)))) for c in each), (DEMO, "an embedded ClickIt; needs no AWS")]
        name = choose_environment(words, config.theme, config.file or "no configuration file")
        if name == DEMO:
            return DEMO
        return choose(config, name) if name else "no environment was chosen: nothing is opened"
    except ConfigError as error:
        return str(error)


def _lacking() -> str:
    """What the demo needs and is not installed; empty when all is there."""
    from importlib.util import find_spec

    lacking = [name for name in ("moto", "flask", "werkzeug") if find_spec(name) is None]
    return f"the demo needs {', '.join(lacking)}: pipx install 'clickit-tui[demo]'" if lacking else ""


def _serve(given: argparse.Namespace, rest: Sequence[str]) -> int:
    if why := _lacking():
        return _refuse(why)
    from clickit_tui.demo.__main__ import serve

    options = ["--port", str(given.port), "--seed", str(given.seed), "--latency-ms", str(given.latency_ms)]
    options += ["--incident", given.incident, "--elapsed", given.elapsed, *(f"--fault={each}" for each in given.fault)]
    return serve([*options, *rest])


def _list_incidents() -> int:
    if why := _lacking():
        return _refuse(why)
    from clickit_tui.demo.incidents import registry

    print(registry.listing())
    return 0


def _wanted(given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """(environment, options of `launch.start`) that a demo's options ask for. Raises ValueError, whose text says what is wrong."""
    from clickit_tui.demo import faults

    for each in given.fault:
        faults.parse(each, 0.0)
    wanted = {"elapsed_s": faults.duration(given.elapsed), "incident": given.incident, "given": given.fault}
    if not given.incident:
        return "dev", wanted
    from clickit_tui.demo.incidents import registry

    incident = registry.find(given.incident, given.seed)
    return incident.env if incident else "dev", wanted


def _incident_commands(demo: Demo) -> list[tuple[str, Callable[[], None]]]:
    """What the palette offers beside the screens: incidents to begin, and what steers the demo."""
    import threading
    from functools import partial

    from clickit_tui.demo.incidents import registry

    def steer(given: Mapping[str, str]) -> None:
        threading.Thread(target=_steer, args=(demo, given), daemon=True).start()

    asked = {"demo: hold causes still": {"do": "pause"}, "demo: let causes go on": {"do": "resume"}, "demo: begin afresh": {"do": "reset"}}
    asked |= {f"incident: {name}": {"do": "incident", "name": name} for name in [*registry.INCIDENTS, registry.RANDOM]}
    return [(name, partial(steer, given)) for name, given in asked.items()]


def _steer(demo: Demo, given: Mapping[str, str]) -> None:
    """Give the demo a command; nothing when it has ended meanwhile."""
    import contextlib

    from clickit_tui.demo.launch import DemoFailed

    with contextlib.suppress(DemoFailed):
        demo.control(**given)


def _demo(given: argparse.Namespace) -> int:
    """The dashboard on an embedded ClickIt: its state in a folder of its own, the user's configuration left aside unless named."""
    import tempfile

    if why := no_terminal(os.environ):
        return _refuse(f"{why}; without one: clickit-tui demo --serve, which says how to point clickit-tui check --plain at it")
    if why := _lacking():
        return _refuse(why)
    from clickit_tui.demo.launch import DemoFailed, start

    with tempfile.TemporaryDirectory(prefix="clickit-state-") as state:
        for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
            del os.environ[name]
        try:
            env, wanted = _wanted(given)
        except ValueError as error:
            return _refuse(str(error))
        config = _configured(given, state_dir=state, env=env, config=os.devnull)
        if isinstance(config, str):
            return _refuse(config)
        try:
            with start(seed=given.seed, latency_ms=given.latency_ms, port=given.port, progress=_progress, **wanted) as demo:
                return _opened(config, demo, getattr(given, "record", ""))
        except DemoFailed as failed:
            return _refuse(str(failed))


def _progress(said: str) -> None:
    print(f"{said} ...", file=sys.stderr, flush=True)


def _opened(config: Config, demo: Demo, record: str) -> int:
    import msgspec

    _spare(config)
    from clickit_tui.demo.launch import clean_environ

    config = msgspec.structs.replace(config, reach=msgspec.structs.replace(config.reach, plugin=demo.plugin))
    kept = clean_environ(os.environ, demo)
    os.environ.clear()
    os.environ.update(kept)
    return _shown(config, record, _incident_commands(demo))
