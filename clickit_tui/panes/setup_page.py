"""The page of a first run: what is missing, where it was looked for, and how to go on."""

from __future__ import annotations

import os
from collections.abc import Mapping

from clickit_tui.config import Config, usual_file
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.world.setup import missing
from clickit_tui.world.world import World


def setup_page(world: World, view: View, config: Config, environ: Mapping[str, str] = os.environ) -> list[Spans]:
    """Built anew each time the World changes, so that it says when all is there."""
    faults = missing(world)
    if not faults:
        return [(Span(f" {view.mark('PASS')} nothing is missing any more", "ok"),), (), (Span(" esc shows the dashboard.", "dim"),)]
    env = config.env
    return [
        *((Span(f" {view.mark('FAIL')} {fault.sentence}", "fail"),) for fault in faults),
        (),
        (Span(" They are looked for as the AWS CLI does; nothing was changed."),),
        (),
        title("where it was looked for"),
        row("environment", env),
        row("profile", f"{config.profile or _variable('AWS_PROFILE', environ)}  ({config.profile_source})"),
        row("region", config.region or _variable("AWS_REGION", environ)),
        row("configuration", _file(config)),
        (),
        title("how to go on"),
        row("a profile", f"clickit-tui --env {env} --profile NAME --region NAME"),
        row("SSO", "aws sso login --profile NAME"),
        row("for good", f"profile, region in [environments.{env}] of that file"),
        row("what is wrong", f"clickit-tui doctor --env {env}"),
        row("without AWS", "D here, or clickit-tui demo: an embedded ClickIt"),
    ]


def _variable(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(name) or f"none named, {name} is not set"


def _file(config: Config) -> str:
    """The file that was read, or where one would have been."""
    home = os.path.expanduser("~")
    path = config.file or str(usual_file())
    shown = f"~{path[len(home) :]}" if path.startswith(f"{home}{os.sep}") else path
    return shown if config.file else f"none: {shown} is not there"
