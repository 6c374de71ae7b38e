"""Sub-commands and options, as they may be typed."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from clickit_tui import __version__

NOT_RUN = 4
"""Exit code of a command that could not run."""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is a command that could not run: 2 is a verdict here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        told = "".join(char if char.isprintable() or char == "\n" else "?" for char in message)
        self.exit(NOT_RUN, f"{self.prog}: error: {told}\n")


def descriptor(text: str) -> int:
    """A number of a file descriptor; looked at here, before this program opens files that could get the number."""
    number = int(text)
    if number > 2:
        try:
            os.fstat(number)
        except OSError:
            raise argparse.ArgumentTypeError(f"{number} is not open: give it a file or a command, e.g. {number}< FILE") from None
    return number


def parser_of_everything() -> argparse.ArgumentParser:
    """Every sub-command with its options."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    common.add_argument("--env", metavar="NAME", help="environment, e.g. dev or prod; never guessed")
    common.add_argument("--profile", metavar="NAME", help="AWS profile; else the environment's in the configuration, else the SDK's chain")
    common.add_argument("--region", metavar="NAME", help="AWS region; else the environment's, else the SDK's chain")
    common.add_argument("--config", metavar="PATH", help="configuration file; else CLICKIT_CONFIG, else clickit.toml of the user")
    common.add_argument("--read-only", action="store_true", help="nothing can be changed for the life of the process")
    common.add_argument("--low-bandwidth", action="store_true", help="for a slow connection: fewer pictures a second, the log more seldom")
    common.add_argument("--secret-fd", type=descriptor, metavar="N", help="file descriptor that `rotate` may read a new value from, once")
    recorded = _Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    recorded.add_argument("--record", metavar="FILE", help="also write what is seen into a new file, masked, for `replay`; gzip with .gz")
    parser = _Parser(
        prog="clickit-tui",
        description="A terminal dashboard for the on-call engineer of ClickIt on AWS.",
        parents=[common, recorded],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"clickit-tui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands (none opens the dashboard)")
    status = commands.add_parser("status", parents=[common], allow_abbrev=False, help="print one reading of everything and exit")
    status.add_argument("--json", action="store_true", help="as JSON")
    check = commands.add_parser("check", parents=[common], allow_abbrev=False, help="run the playbooks' checks and exit 0, 1, 2, 3 or 4")
    check.add_argument("--playbook", default="", metavar="NAME", help="5xx, start, database or latency; all of them by default")
    form = check.add_mutually_exclusive_group()
    for name, words in (("json", "as JSON"), ("markdown", "for a chat or a ticket"), ("plain", "plain lines, the default")):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, default="plain", help=words)
    metrics = commands.add_parser("metrics", parents=[common], allow_abbrev=False, help="print every metric over a range")
    metrics.add_argument("--range", default="1h", choices=("15m", "1h", "3h", "12h", "24h", "7d", "30d"), help="how far back")
    written = metrics.add_mutually_exclusive_group()
    written.add_argument("--json", dest="form", action="store_const", const="json", default="plain", help="as JSON, with every point")
    written.add_argument("--csv", dest="form", action="store_const", const="csv", help="as CSV, a line a point")
    alarms = commands.add_parser("alarms", parents=[common], allow_abbrev=False, help="print the alarms, and those that are missing")
    alarms.add_argument("--json", action="store_true", help="as JSON, with every change")
    tail = commands.add_parser("tail", parents=[common], allow_abbrev=False, help="print the log's lines, each once and in order")
    tail.add_argument("group", nargs="*", metavar="GROUP", help="api, frontend, migration or the name of a log group; all three by default")
    tail.add_argument("--since", default="15m", metavar="TIME", help="how far back: 90s, 15m, 1h, 2d")
    tail.add_argument("--follow", action="store_true", help="go on until interrupted")
    tail.add_argument("--filter", default="", metavar="PATTERN", help="as on the log screen: word, !word, /regex/, field=value, field>=500")
    tail.add_argument("--level", default="", choices=("error", "warn", "info", "debug"), help="this level and worse")
    tail.add_argument("--task", default="", metavar="ID", help="only this task: its id or how it begins")
    tail.add_argument("--json", action="store_true", help="one JSON object a line")
    note = commands.add_parser("note", parents=[common], allow_abbrev=False, help="print the note of an incident as Markdown")
    note.add_argument("--incident", default="", metavar="ID", help="which one; the newest by default")
    note.add_argument("--list", action="store_true", help="print the incidents that are known instead")
    commands.add_parser("keys", parents=[common], allow_abbrev=False, help="print every key with the id that the configuration calls it by")
    for name, about in (("sleep", "scale to nothing and stop the database"), ("wake", "restore what was put to sleep")):
        nap = commands.add_parser(name, parents=[common], allow_abbrev=False, help=f"{about}; prints the plan, with --yes carries it out")
        nap.add_argument("--yes", action="store_true", help="carry the plan out: this is its confirmation")
        nap.add_argument("--wait", default="", metavar="TIME", help="wait until it is complete: 90s, 30m, 1h")
    commands.add_parser("init", parents=[common], allow_abbrev=False, help="print the configuration of an environment as found")
    _add_tools(commands, common)
    _add_plays(commands, common, recorded)
    return parser


def _add_tools(commands: Any, common: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse's own type is private
    """Commands about this program itself."""
    fit = commands.add_parser("doctor", parents=[common], allow_abbrev=False, help="tell what is missing here: exit 0, 1, 2, 3 or 4")
    fit.add_argument("--json", action="store_true", help="as JSON, with every permission")
    rights = commands.add_parser("iam-policy", parents=[common], allow_abbrev=False, help="print the IAM policy that the environment needs")
    role = rights.add_mutually_exclusive_group()
    for name, words in (("observer", "reads only, the default"), ("operator", "also what actions can do")):
        role.add_argument(f"--{name}", dest="role", action="store_const", const=name, default="observer", help=words)
    file = commands.add_parser("config", parents=[common], allow_abbrev=False, help="check the configuration, or print its JSON schema")
    file.add_argument("what", choices=("check", "schema"), help="whether the file can be used, or what it may say")
    shells = commands.add_parser("completion", parents=[common], allow_abbrev=False, help="print a script by which the shell completes")
    shells.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def _add_plays(commands: Any, common: argparse.ArgumentParser, recorded: argparse.ArgumentParser) -> None:  # noqa: ANN401 - as above
    """Dashboards that need no AWS."""
    replay = commands.add_parser("replay", parents=[common], allow_abbrev=False, help="the dashboard over a recording; asks nothing of AWS")
    replay.add_argument("file", metavar="FILE", help="what --record wrote")
    replay.add_argument("--at", default="", metavar="TIME", help="begin there: 14:03, 14:03:20, +5m, end; at the start by default")
    replay.add_argument("--summary", "--plain", dest="summary", action="store_true", help="print what it holds instead; needs no terminal")
    demo = commands.add_parser(
        "demo", parents=[common, recorded], allow_abbrev=False, help="the dashboard on an embedded ClickIt; needs no AWS"
    )
    demo.add_argument("--serve", action="store_true", help="only the endpoint, for any AWS client")
    demo.add_argument("--port", type=int, default=0, metavar="N", help="port of the endpoint; 0 chooses")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="what happens in it")
    demo.add_argument("--latency-ms", type=float, default=0.0, metavar="N", help="delay every answer")
    demo.add_argument("--incident", default="", metavar="NAME", help="what goes wrong; `random` lets the seed choose")
    demo.add_argument("--list-incidents", action="store_true", help="print the incidents' names and what the team is told")
    demo.add_argument("--elapsed", default="0", metavar="TIME", help="let this much time have passed already: 90s, 25m, 1h")
    demo.add_argument("--fault", action="append", default=[], metavar="WHAT", help="what AWS refuses: ecs.DescribeTasks=throttle:20s")
