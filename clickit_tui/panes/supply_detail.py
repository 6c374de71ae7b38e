"""What is known of a row of the Supply screen, as lines."""

from __future__ import annotations

import shlex

from clickit_tui.panes.data_detail import followed, line, plain
from clickit_tui.panes.figures import amount, since_minutes
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.supply import image_of, is_json, scan_of, scan_words, secret_of, secret_state, where_words
from clickit_tui.panes.view import View, reason
from clickit_tui.plan import aimed
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.ui.wrapping import command_lines
from clickit_tui.world.drift import older_tasks, short, unread, uses
from clickit_tui.world.parts import Identity
from clickit_tui.world.supply import Image, Repository, Secret
from clickit_tui.world.world import World

BROKEN = " \\"
"""The end of a line that a shell joins with the next."""
LINE = 70
"""Cells of the lines to copy: no screen of 80 columns breaks them."""
FINDINGS = 20
"""Most findings of a scan that are shown."""


def supply_detail(world: World, view: View, key: str | None) -> list[Spans]:
    """The lines for a row's key."""
    kind, _, rest = (key or "").partition(":")
    if kind == "secret":
        found = secret_of(world, rest)
        return secret_page(world, view, found) if found else []
    if kind == "image":
        held = image_of(world, rest)
        return image_page(world, view, *held) if held else []
    return []


# --- secrets ------------------------------------------------------------------------------------------------------------------


def secret_page(world: World, view: View, of: Secret) -> list[Spans]:
    """Whether it is there, what uses it, and who still runs with the value before. Never a value."""
    state, look = secret_state(of, view)
    lines = [
        *followed(world, view, short(of)),
        line("secret", plain(of.name or of.reference)),
        line("state", plain(state + (f": {of.why}" if of.why else ""), look)),
        *(
            [line("deletion", plain(f"dated {view.moment(of.deleted_at)}: a task cannot read it any more", "fail"))]
            if of.deleted_at
            else []
        ),
        row("last changed", _when(of.changed_at, view)),
        row("rotation", _rotation(of, view)),
        row("last read", _day(of.accessed_at, view)),
        row("version", _versions(of)),
        row("description", of.description),
        *_uses(world, of),
        *_older(world, view, of),
    ]
    return [*lines, *_json(world, of)]


def _when(at: float | None, view: View) -> str | None:
    return None if at is None else f"{view.moment(at)} ({since_minutes(at, view.now)} ago)"


def _day(at: float | None, view: View) -> str | None:
    days = None if at is None else int((view.now - at) // 86_400)
    return None if days is None else f"{'today' if days <= 0 else f'{days} d ago'} (AWS keeps the day only)"


def _rotation(of: Secret, view: View) -> str:
    word = "unknown" if of.rotation is None else "by Secrets Manager itself" if of.rotation else "by hand only"
    return f"{word}, last {view.moment(of.rotated_at)}" if of.rotated_at else word


def _versions(of: Secret) -> str | None:
    told = [f"{stage} {version[:8]}" for version, stages in of.versions for stage in stages]
    return "  ".join(told) if told else None


def _uses(world: World, of: Secret) -> list[Spans]:
    found = uses(world, of)
    words = [f"{part} as {variable}{f' (key {key})' if key else ''}" for part, variable, key in found]
    if not (why := unread(world)):
        return [row("used by", ", ".join(words) if words else "no deployed task definition")]
    return [line("used by", *((plain(", ".join(words)),) if words else ()), plain(f"unknown: {why}", "unknown"))]


def _older(world: World, view: View, of: Secret) -> list[Spans]:
    old = older_tasks(world, of)
    if not old:
        return []
    told = ", ".join(f"{t.part}/{t.id[:6]} {since_minutes(t.started_at, view.now)}" for t in old[:6])
    more = f" and {len(old) - 6} more" if len(old) > 6 else ""
    lines = [line("older tasks", plain(f"{told}{more} started before it changed", "warn"))]
    return [
        *lines,
        plain("                    they may run with the value before (any change moves the date): redeploy reads it anew", "dim"),
    ]


def _json(world: World, of: Secret) -> list[Spans]:
    if not is_json(world, of):
        return []
    value, *change = one_key(of.name or of.reference, world.identity.value)
    return [
        (),
        title("a JSON object"),
        plain(" one key cannot be changed without reading the others, and this program reads no secret's value."),
        plain(" In a bash or zsh of your own, first this, with the new value typed unseen after it, then enter:"),
        plain(f" {value}"),
        plain(" then, with the key's name for KEY:"),
        *(plain(f" {text}") for text in change),
    ]


def one_key(name: str, identity: Identity | None) -> tuple[str, ...]:
    """Lines for bash or zsh that change one key of a JSON secret; no value is shown, or is an argument of any program.

    None is wider than `LINE`: one that a narrow screen broke would, pasted as it stands there, print the whole secret.
    """
    read = aimed(f"aws secretsmanager get-secret-value --secret-id {shlex.quote(name)} --query SecretString --output text", identity)
    write = aimed(f"aws secretsmanager put-secret-value --secret-id {shlex.quote(name)} --secret-string file:///dev/stdin", identity)
    return (
        "IFS= read -rs v",
        *(f"{text.removesuffix(BROKEN)}{BROKEN}" for text in command_lines(read, LINE)),
        f'  | jq -cj --rawfile v <(printf %s "$v") \'.["KEY"] = $v\'{BROKEN}',
        *(f"  {text.strip()}" for text in command_lines(f"| {write}; unset v", LINE - 2)),
    )


# --- images -------------------------------------------------------------------------------------------------------------------


def image_page(world: World, view: View, repository: Repository, of: Image) -> list[Spans]:
    """The image, where it runs and what a scan found."""
    held: tuple[str, Look] = ("in the repository", "plain")
    if of.exists is None:
        held = ("whether it is in the repository is not known: the list tells only a part of it", "unknown")
    elif of.exists is False:
        held = ("not in the repository any more: no new task can start", "fail")
    elif of.status == "ARCHIVED":
        held = ("archived: it cannot be pulled", "fail")
    scan = scan_of(world, of.digest)
    words, look = scan_words(scan, world.scans.value is not None)
    lines = [
        row("repository", repository.name),
        line("image", plain(held[0], held[1])),
        row("tags", ", ".join(of.tags) if of.tags else "none"),
        row("digest", of.digest),
        row("pushed", _when(of.pushed_at, view)),
        row("size", None if of.size_bytes is None else amount(of.size_bytes, "B")),
        row("runs", where_words(world, of.digest).removeprefix("runs ") or "nowhere"),
        line("scan", plain(words, look), plain(_scanned(scan, view), "dim")),
    ]
    if world.scans.value is None and world.scans.fault:
        lines.append(line("scan", plain(reason(world.scans.fault), "unknown")))
    return [*lines, *_findings(scan)]


def _scanned(scan: object, view: View) -> str:
    at, why = getattr(scan, "at", None), getattr(scan, "why", "")
    return f"{view.moment(at)} ({since_minutes(at, view.now)} ago)" if at is not None else why


def _findings(scan: object) -> list[Spans]:
    found = getattr(scan, "findings", ())[:FINDINGS]
    if not found:
        return []
    lines: list[Spans] = [(), title("worst findings")]
    for each in found:
        look: Look = "fail" if each.severity == "CRITICAL" else "warn" if each.severity == "HIGH" else "plain"
        mended = f"mended in {each.fix}" if each.fix else "no fix named"
        what = f"{each.package} {each.version}".strip() or "package not named"
        lines.append((Span(f" {each.severity:<9} ", look), Span(f"{each.name:<18} "), Span(f"{what}  "), Span(mended, "dim")))
    return lines
