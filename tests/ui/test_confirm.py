"""What confirms a change, what never does, and what the dialog looks like at 80x24."""

from __future__ import annotations

import pytest

from clickit_tui.ui.cells import Span
from clickit_tui.ui.confirm import Confirm, ConfirmModel, Done, Field, Line, Preview
from clickit_tui.ui.looks import symbols
from tests.ui.gallery import Gallery
from tests.ui.snapshot import HOSTILE, plain, same_as_kept, widths

CELLS, ROWS = 77, 24
PROGRESS = (Span("2 of 5 running, 1 healthy"),)
SCALE = Preview(
    title="SCALE clickit-prod-api",
    badge="PROD 123456789012 eu-west-1",
    fields=(Field(name="desired", label="desired  3 →", value="5"),),
    lines=(
        Line(text="running 1   pending 2   healthy targets 1 of 3"),
        Line(text="autoscaling 2–6: cpu-60 may take it back", level="warn"),
        Line(text="deployment api:42 running", level="warn"),
        Line(text="after  5 tasks × 0.5 vCPU, 1 GiB, + $0.05/h", level="good"),
        Line(text="undo  U: scale back to 3"),
    ),
    commands=(
        "aws ecs update-service --cluster clickit-prod-cluster --service clickit-prod-api --desired-count 5"
        " --profile oncall --region eu-west-1",
    ),
    ask="prod/api",
    footer="read 0.4 s ago as OnCall/oncall",
)
STOP = Preview(
    title="STOP TASK 8f3a21 of clickit-prod-migration",
    badge="PROD 123456789012 eu-west-1",
    lines=(
        Line(text="a migration is running: stopping it may leave the schema half applied", level="warn"),
        Line(text="undo: cannot be undone"),
    ),
    commands=(
        "aws ecs stop-task --cluster clickit-prod-cluster --task arn:aws:ecs:eu-west-1:123456789012:task/clickit-prod-cluster/8f3a21",
    ),
    ask="prod/migration",
    footer="read 2 s ago as OnCall/oncall",
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class World:
    """What a preview is made from; a test changes it."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        self.asked: list[dict[str, str]] = []

    def __call__(self, inputs: dict[str, str]) -> Preview:
        self.asked.append(inputs)
        return self.preview


def opened(preview: Preview, settled: bool = True) -> tuple[ConfirmModel, World, Clock]:
    clock, world = Clock(), World(preview)
    model = ConfirmModel(world, clock)
    clock.now += 1.0 if settled else 0.0
    return model, world, clock


def typing(model: ConfirmModel, text: str) -> list[str]:
    return [want for char in text if (want := model.key(char, char))]


def drawn(model: ConfirmModel, rows: int = ROWS) -> list[str]:
    lines = model.lines(CELLS, rows, symbols(False))
    assert widths(lines) == {CELLS}
    assert len(lines) <= rows
    return plain(lines)


# -- what confirms --------------------------------------------------------------------------------------------------


def test_the_last_character_of_the_token_confirms_once() -> None:
    model, _, _ = opened(STOP)
    assert typing(model, "prod/migratio") == []
    assert model.key("n", "n") == "carry out"
    assert typing(model, "nnn") == []
    assert model.key("enter", "\r") == ""


def test_enter_right_after_the_last_character_does_not_close_what_tells_of_the_progress() -> None:
    model, _, clock = opened(STOP)
    assert typing(model, "prod/migration") == ["carry out"]
    model.answered(Done(kind="done", sentence="accepted"))
    clock.now += 0.49
    assert model.key("enter", "\r") == ""
    assert model.key("escape", None) == "leave"
    clock.now += 0.02
    assert model.key("enter", "\r") == "leave"


def test_enter_never_confirms() -> None:
    model, _, _ = opened(STOP)
    typing(model, "prod/migratio")
    assert model.key("enter", "\r") == ""
    assert any("enter does not confirm" in line for line in drawn(model))


def test_a_paste_never_confirms() -> None:
    model, _, _ = opened(STOP)
    model.paste("prod/migration")
    assert model.dialog.token.text == ""
    typing(model, "prod/migratio")
    model.paste("n")
    assert model.dialog.phase == "asking"
    assert any("a paste does not confirm" in line for line in drawn(model))


def test_keys_within_half_a_second_of_opening_do_nothing() -> None:
    model, _, clock = opened(STOP, settled=False)
    clock.now += 0.49
    assert typing(model, "prod/migration") == []
    assert model.dialog.token.text == ""
    model.paste("x")
    clock.now += 0.02
    assert typing(model, "prod/migration") == ["carry out"]


def test_a_deletion_or_a_movement_never_confirms() -> None:
    model, _, _ = opened(STOP)
    typing(model, "prod/migratiox")
    assert model.key("backspace", "\x08") == ""
    assert typing(model, "nx") == ["carry out"]
    model, _, _ = opened(STOP)
    assert typing(model, "xprod/migration") == []
    model.key("home", None)
    assert model.key("delete", None) == ""
    assert model.dialog.phase == "asking"
    assert any("type n once more" in line for line in drawn(model))


@pytest.mark.parametrize("change", [{"refused": "already at 5"}, {"locked": "read-only: by flag"}])
def test_what_is_refused_or_locked_cannot_be_confirmed(change: dict[str, str]) -> None:
    preview = Preview(**{field: getattr(STOP, field) for field in STOP.__struct_fields__} | change)
    model, _, _ = opened(preview)
    assert typing(model, "prod/migration") == []
    assert not model.confirmable
    assert not any("type prod/migration" in line for line in drawn(model))
    assert model.key("ctrl+y", None) == "copy"


def test_typing_into_a_field_previews_again_and_never_confirms() -> None:
    model, world, _ = opened(SCALE)
    model.key("backspace", None)
    assert typing(model, "prod/api") == []
    assert model.inputs == {"desired": "prod/api"}
    assert world.asked[-1] == {"desired": "prod/api"}
    model.key("tab", "\t")
    assert typing(model, "prod/api") == ["carry out"]


def test_a_paste_into_a_field_is_taken_as_one_line() -> None:
    model, _, _ = opened(SCALE)
    model.key("ctrl+u", None)
    model.paste("7\nrm -rf")
    assert model.inputs == {"desired": "7"}


def test_enter_in_a_field_goes_on_to_the_next() -> None:
    model, _, _ = opened(SCALE)
    assert model.key("enter", "\r") == ""
    assert model.dialog.focus == ""
    model.key("shift+tab", None)
    assert model.dialog.focus == "desired"


# -- changed --------------------------------------------------------------------------------------------------------


def test_a_change_of_the_world_asks_again_with_the_token_kept() -> None:
    model, world, clock = opened(STOP)
    typing(model, "prod/migration")
    world.preview = Preview(title="NEW", badge="PROD", commands=("aws ecs new",), ask="prod/migration")
    model.answered(Done(kind="changed", sentence="another deployment began"))
    assert model.dialog.token.text == "prod/migration"
    assert model.key("n", "n") == ""
    clock.now += 0.6
    shown = "\n".join(drawn(model))
    assert "NEW" in shown
    assert "another deployment began" in shown
    assert "type n once more" in shown
    assert model.key("enter", "\r") == ""
    assert model.key("x", "x") == ""
    assert model.key("backspace", None) == ""
    assert model.key("n", "n") == "carry out"


def test_commands_that_change_under_the_fingers_have_to_be_looked_at() -> None:
    model, world, clock = opened(STOP)
    typing(model, "prod/migratio")
    model.renew()
    assert typing(model, "") == []
    world.preview = Preview(title="STOP", badge=STOP.badge, commands=("aws ecs other",), ask="prod/migration")
    model.renew()
    assert model.key("n", "n") == ""
    clock.now += 0.6
    assert model.key("n", "n") == "carry out"


def test_live_counts_do_not_hold_up_the_fingers() -> None:
    model, world, _ = opened(STOP)
    typing(model, "prod/migratio")
    world.preview = Preview(title=STOP.title, badge=STOP.badge, lines=(Line(text="other"),), commands=STOP.commands, ask=STOP.ask)
    model.renew()
    assert model.key("n", "n") == "carry out"


def test_it_cannot_be_left_before_the_answer() -> None:
    model, _, _ = opened(STOP)
    typing(model, "prod/migration")
    assert model.key("escape", "\x1b") == ""
    model.answered(Done(kind="unknown", sentence="the answer was lost"))
    assert "unknown: the answer was lost" in "\n".join(drawn(model))
    assert model.key("escape", "\x1b") == "leave"


# -- looks ----------------------------------------------------------------------------------------------------------


def variant(preview: Preview, **change: object) -> Preview:
    return Preview(**{field: getattr(preview, field) for field in preview.__struct_fields__} | change)


LONG = variant(
    SCALE,
    title="ROTATE clickit/prod/jwt-secret-key and restart every task",
    lines=tuple(
        Line(text=f"effect {i} " + "of a change that has very much to say about itself " * 2, level="warn" if i < 3 else "plain")
        for i in range(8)
    ),
    commands=(
        "aws secretsmanager update-secret --secret-id clickit/prod/jwt-secret-key "
        "--secret-string '***' --profile oncall --region eu-west-1",
        "aws ecs update-service --cluster clickit-prod-cluster --service clickit-prod-api --force-new-deployment --profile oncall",
    ),
)


@pytest.mark.parametrize(
    ("name", "preview", "keys"),
    [
        ("normal", variant(SCALE, ask="yes", badge="DEV NOT AWS 127.0.0.1:41234 us-east-1"), ["tab", "y", "e"]),
        ("severe", STOP, [*"prod/a"]),
        ("locked", variant(SCALE, locked="read-only: started with --read-only"), []),
        ("refused", variant(SCALE, refused="desired must be between 0 and 10, not 500", commands=()), []),
        ("long", LONG, ["tab", "p"]),
    ],
)
def test_the_dialog_at_80x24(name: str, preview: Preview, keys: list[str]) -> None:
    model, _, _ = opened(preview)
    for key in keys:
        model.key(key, key if len(key) == 1 else None)
    lines = drawn(model)
    assert preview.badge in lines[0]
    same_as_kept(f"confirm-{name}", lines)


def test_what_does_not_fit_scrolls_while_token_and_badge_stay() -> None:
    model, _, _ = opened(LONG)
    seen: set[str] = set()
    for _ in range(12):
        lines = drawn(model)
        assert LONG.badge in lines[0]
        assert any("type prod/api:" in line for line in lines)
        seen.update(lines)
        model.key("pagedown", None)
    assert any("--force-new-deployment" in line for line in seen)
    assert any("effect 7" in line for line in seen)
    assert "end" in "\n".join(drawn(model))


def test_followed_in_the_same_place() -> None:
    model, _, _ = opened(SCALE)
    model.key("tab", None)
    typing(model, "prod/api")
    assert any("waiting for the answer" in line for line in drawn(model))
    model.answered(Done(kind="done", sentence="accepted in 0.3 s"))
    model.told((PROGRESS, False))
    same_as_kept("confirm-followed", drawn(model))


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_in_its_box(hostile: str) -> None:
    preview = Preview(
        title=hostile,
        badge=hostile[:40],
        fields=(Field(name="x", label=hostile[:60], value=hostile[:300]),),
        lines=(Line(text=hostile, level="warn"),),
        commands=(hostile[:5000],),
        footer=hostile,
        refused=hostile,
    )
    model, _, _ = opened(preview)
    assert all(line.isprintable() for line in drawn(model))


# -- on the screen --------------------------------------------------------------------------------------------------


@pytest.fixture
def app() -> Gallery:
    return Gallery()


async def test_a_change_on_the_screen_from_preview_to_outcome(app: Gallery) -> None:
    clock = Clock()
    async with app.run_test(size=(80, 24)) as pilot:
        world = World(SCALE)
        said: list[object] = []
        dialog = Confirm(world, carry_out=app.carry_out, progress=lambda: (PROGRESS, True), copy=app.copied, clock=clock)
        app.push_screen(dialog, said.append)
        await pilot.pause()
        await pilot.press(*"prod/api")
        assert dialog.model.inputs == {"desired": "5"}
        clock.now += 1
        await pilot.press("tab", *"prod/ap", "enter")
        assert app.carried == []
        assert "enter does not confirm" in dialog.text
        world.preview = variant(SCALE, lines=(Line(text="running 3"),))
        dialog.renew()
        assert "running 3" in dialog.text
        app.answer = Done(kind="changed", sentence="desired is 4 now")
        await pilot.press("i")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.carried == [{"desired": "5"}]
        assert "desired is 4 now" in dialog.text
        app.answer = Done(kind="done", sentence="accepted")
        clock.now += 1
        await pilot.press("i")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(app.carried) == 2
        assert "2 of 5 running" in dialog.text
        await pilot.press("escape")
        await pilot.pause()
        assert said == [app.answer]


async def test_keys_of_the_screen_below_do_not_work_in_the_dialog(app: Gallery) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await pilot.press("n", "q", "?", "/")
        assert app.count == 0
        assert isinstance(app.screen, Confirm)
        await pilot.press("escape")
        assert not isinstance(app.screen, Confirm)
