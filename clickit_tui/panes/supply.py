"""The rows of the Supply screen: the secrets that tasks read when they start, and the images that they run."""

from __future__ import annotations

from clickit_tui.panes.data import thing, unseen_row
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Row, Span, fit
from clickit_tui.world.drift import digests, older_tasks, short, unread, users, uses
from clickit_tui.world.supply import Image, Repository, Scan, Secret
from clickit_tui.world.words import several
from clickit_tui.world.world import World

NEWEST = 3
"""Images of a repository that are listed although nothing runs them."""


def supply_rows(world: World, view: View, width: int, every: bool = False) -> list[Row]:
    """One row a secret and an image; `every` lists all images."""
    return [*_secret_rows(world, view, width), *_image_rows(world, view, width, every)]


# --- secrets ------------------------------------------------------------------------------------------------------------------


def secrets(world: World) -> list[Secret]:
    """Those that the deployed task definitions name, as they were looked up one by one; then what else stands under the prefix."""
    used = [s for s in world.secrets.value or () if users(world, s)]
    listed = {s.arn: s for s in world.secret_list.value or ()}
    known = {s.arn for s in used if s.arn}
    return [*sorted(used, key=lambda s: s.name or s.reference), *(s for s in listed.values() if s.arn not in known)]


def secret_key(secret: Secret) -> str:
    """The key of its row, the same whichever list told of it."""
    return f"secret:{secret.arn or secret.reference}"


def secret_of(world: World, key: str) -> Secret | None:
    """The secret of a row's key, without its kind."""
    return next((s for s in secrets(world) if key in (s.arn, s.reference)), None)


def secret_state(secret: Secret, view: View) -> tuple[str, Look]:
    """Whether a task could read it now."""
    if secret.exists is None:
        return f"{view.mark('UNKNOWN')} unknown", "unknown"
    if not secret.exists:
        return f"{view.mark('FAIL')} missing", "fail"
    if secret.deleted_at is not None:
        return f"{view.mark('FAIL')} to be deleted", "fail"
    if secret.has_value is False:
        return f"{view.mark('FAIL')} no value", "fail"
    return f"{view.mark('PASS')} exists", "plain"


def _secret_rows(world: World, view: View, width: int) -> list[Row]:
    rows = [_secret_row(world, view, s, width) for s in secrets(world)]
    if world.secrets.value is None:
        return [unseen_row("secrets", world.secrets, view), *rows]
    return rows or [Row(key="", spans=(Span(" " + fit("secrets", 9), "dim"), Span("none: no task definition names one", "dim")))]


def _secret_row(world: World, view: View, secret: Secret, width: int) -> Row:
    parts = users(world, secret)
    old = older_tasks(world, secret)
    state, look = secret_state(secret, view)
    if old and look == "plain":
        state, look = f"{view.mark('WARN')} {several(len(old), 'task')} older", "warn"
    blind = bool(unread(world))
    used = ", ".join((*parts, "?") if blind else parts) if parts else "users unknown" if blind else "not used"
    rest = f"{since_minutes(secret.changed_at, view.now):>4}  {used}{'  JSON' if is_json(world, secret) else ''}"
    return thing(secret_key(secret), "secret", _tail(secret.name, view.facts.names.secrets) or short(secret), (state, look), rest, width)


def _tail(name: str, prefix: str) -> str:
    """A name without the prefix that all of them have."""
    return name.removeprefix(prefix)


def is_json(world: World, secret: Secret) -> bool:
    """Whether a task definition takes a key out of it: then its value is a JSON object."""
    return any(key for _, _, key in uses(world, secret))


# --- images -------------------------------------------------------------------------------------------------------------------


def image_of(world: World, key: str) -> tuple[Repository, Image] | None:
    """The image of a row's key `REPOSITORY@DIGEST`."""
    name, _, digest = key.partition("@")
    found = next((r for r in world.repositories.value or () if r.name == name), None)
    held = next((i for i in found.images if i.digest == digest), None) if found else None
    if found is None:
        return None
    if held is None:
        gone = found.exists and found.total <= len(found.images)
        held = Image(registry="", repository=name, id=digest, exists=False if gone else None, digest=digest)
    return found, held


def scan_of(world: World, digest: str) -> Scan | None:
    return next((s for s in world.scans.value or () if s.digest == digest), None)


def scan_words(scan: Scan | None, seen: bool) -> tuple[str, Look]:
    """`2 critical 5 high`, `0 findings`, `no scan`: never the one for the other."""
    if scan is None:
        return ("scan not read", "dim") if seen else ("scan …", "dim")
    if scan.status == "NONE":
        return "no scan", "warn"
    if not scan.status:
        return f"scan unknown: {scan.why}", "unknown"
    if not scan.judged:
        silent = "" if scan.told or scan.status not in ("COMPLETE", "ACTIVE") else ", result not told"
        return f"scan {scan.status.lower().replace('_', ' ').removeprefix('scan ')}{silent}", "warn"
    if not scan.counts:
        return "0 findings", "plain"
    told = "  ".join(f"{count} {severity.lower()}" for severity, count in scan.counts[:3])
    return told, "fail" if scan.counts[0][0] == "CRITICAL" else "warn" if scan.counts[0][0] == "HIGH" else "plain"


def running_images(world: World, repository: Repository) -> list[str]:
    """Digests that tasks of this repository's parts run, also those that the repository does not hold any more."""
    parts = {*repository.parts, *(("migration",) if "api" in repository.parts else ())}
    held = {i.digest for i in repository.images}
    return [digest for digest, where in digests(world).items() if digest in held or set(where) & parts]


def _image_rows(world: World, view: View, width: int, every: bool) -> list[Row]:
    if world.repositories.value is None:
        return [unseen_row("images", world.repositories, view)]
    return [row for repository in world.repositories.value for row in _repository_rows(world, view, repository, width, every)]


def _repository_rows(world: World, view: View, of: Repository, width: int, every: bool) -> list[Row]:
    if of.exists is not True:
        mark, look = (view.mark("FAIL"), "fail") if of.exists is False else (view.mark("UNKNOWN"), "unknown")
        words = "there is no such repository" if of.exists is False else of.why
        return [Row(key="", spans=(Span(" " + fit("image", 9), "dim"), Span(f"{of.name}  {mark} {words}", look)))]  # type: ignore[arg-type]
    running = running_images(world, of)
    gone = [digest for digest in running if digest not in {i.digest for i in of.images}]
    shown = [i for n, i in enumerate(of.images) if every or n < NEWEST or i.digest in running]
    rows = [_image_row(world, view, of, i, width) for i in shown]
    rows += [_gone_row(world, view, of, digest, width) for digest in gone if of.total <= len(of.images)]
    more = of.total - len(shown)
    folded = Row(
        key="", spans=(Span(f"{'':<10}{more} older of {of.name}{' (. shows them)' if not every else ''}", "dim"),), search="images"
    )
    return [*rows, folded] if more > 0 else rows


def where_words(world: World, digest: str) -> str:
    """`runs api 2, migration 1`; empty when nothing runs it."""
    where = digests(world).get(digest, {})
    return "runs " + ", ".join(f"{part} {count}" for part, count in where.items()) if where else ""


def _image_row(world: World, view: View, of: Repository, image: Image, width: int) -> Row:
    own = of.name.rsplit("/", 1)[-1]
    name = f"{own}:{','.join(image.tags)}" if image.tags else f"{own}@{image.digest[7:19]}"
    runs = where_words(world, image.digest)
    if image.status == "ARCHIVED":
        state: tuple[str, Look] = (f"{view.mark('FAIL')} archived", "fail")
    else:
        state = (f"{view.mark('PASS')} {runs}", "plain") if runs else ("  held", "dim")
    words, look = scan_words(scan_of(world, image.digest), world.scans.value is not None)
    row = thing(f"image:{of.name}@{image.digest}", "image", name, state, f"{since_minutes(image.pushed_at, view.now):>4}  {words}", width)
    return row._replace(spans=(*row.spans[:-1], row.spans[-1]._replace(look=look)))


def _gone_row(world: World, view: View, of: Repository, digest: str, width: int) -> Row:
    state: tuple[str, Look] = (f"{view.mark('FAIL')} not in ECR", "fail")
    rest = f"{where_words(world, digest)}: no new task can start"
    return thing(f"image:{of.name}@{digest}", "image", f"{of.name.rsplit('/', 1)[-1]}@{digest[7:19]}", state, rest, width)
