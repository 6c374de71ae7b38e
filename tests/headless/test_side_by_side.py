"""`tail --follow` and the log pane, each with an engine of its own, over the same history: the same lines as text, in the same order."""

from __future__ import annotations

import asyncio
import io
import json

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from clickit_tui.headless.tail import Asked, Printing, sift_of, tail_of
from clickit_tui.logs.engine import LogLine, Tail
from clickit_tui.logs.plain import plain_line
from clickit_tui.panes.log import Drawing, log_rows
from clickit_tui.panes.logs_pane import LogPane
from tests.logs.fake import LogService, Stepped

GROUPS = {part: f"/ecs/clickit-dev-{part}" for part in ("api", "frontend")}
SINCE_S, LASTS_S = 900.0, 400.0

EVENT = st.tuples(
    st.sampled_from(sorted(GROUPS.values())),
    st.integers(-300, 200),
    st.sampled_from([0.0, 0.0, 0.3, 4.0, 29.0, 59.0]),
    st.sampled_from(["ERROR refused", "INFO ok", '{"level":"warn","message":"slow","status":503}', "0 errors", "\x1b[31mred\x1b[0m\ntwo"]),
)
STORY = st.fixed_dictionaries(
    {"events": st.lists(EVENT, max_size=60), "repeats": st.sampled_from([0, 2]), "page_size": st.sampled_from([10, 10_000])}
)
FILTERS = st.sampled_from(["", "refused", "!ok", "level>=warn", "part=api"])
API = GROUPS["api"]
LATE = {"events": [(API, n, 0.3, "INFO ok") for n in range(60)] + [(API, 20, 59.0, "ERROR refused")], "repeats": 2, "page_size": 10}


def service_of(story) -> LogService:
    service = LogService(Stepped(), repeats=story["repeats"], page_size=story["page_size"])
    for n, (group, at, delay, message) in enumerate(story["events"]):
        service.put(group, at + n / 1000, delay, f"{message} {n}")
    return service


async def printed(story, text: str, *, as_json: bool) -> list[str]:
    """What the command wrote until it was interrupted."""
    service, out = service_of(story), io.StringIO()
    time, asked = service.time, Asked(follow=True, filter=text, as_json=as_json)
    time.workers = len(GROUPS) + 1
    engine = tail_of(GROUPS, service.fetch, since_s=SINCE_S, clock=time.clock, sleep=time.sleep)
    printing = Printing(engine, sift_of(asked), out, asked, clock=time.clock, sleep=time.sleep, say=lambda _: None)
    await time.run(printing.run(), LASTS_S)
    return out.getvalue().splitlines()


async def shown(story, text: str, looks: list[int]) -> list[LogLine]:
    """What the pane lets through in the end, after it looked now and then and stood still in between."""
    service = service_of(story)
    time = service.time
    time.workers = len(GROUPS)
    engine, pane = Tail(GROUPS, service.fetch, clock=time.clock, sleep=time.sleep, since_s=SINCE_S), LogPane()
    pane.live.set_filter(text)
    end = time.now + LASTS_S
    running = asyncio.ensure_future(engine.run())
    for number, step in enumerate([*looks, int(LASTS_S)]):
        await time.until(min(end, time.now + step))
        update = engine.lines(pane.version)
        pane.version = update.version
        pane.taken(update)
        (pane.live.pause if number % 2 else pane.live.follow)()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return pane.live.shown_lines()


def marked(line: LogLine) -> bool:
    """Whether the pane draws the line as one that came late."""
    return log_rows(line, Drawing(), 80)[0][0].text == "~"


@settings(deadline=None, derandomize=True, max_examples=15, phases=(Phase.explicit, Phase.generate))
@given(STORY, FILTERS, st.lists(st.integers(1, 60), max_size=8))
@example(LATE, "", [30, 30, 30])
@example(LATE, "refused", [30, 30, 30])
async def test_tail_and_pane_agree_line_for_line(story, text, looks):
    """What was printed cannot be moved: a late line follows newer ones there, marked; in the pane it stands where it belongs."""
    lines = await printed(story, text, as_json=False)
    late = [line for line, said in zip(lines, await printed(story, text, as_json=True), strict=True) if json.loads(said)["late"]]
    held = await shown(story, text, looks)
    pane = [plain_line(line) for line in held]
    assert len(set(lines)) == len(lines)
    assert sorted(lines) == sorted(pane)
    assert [line for line in lines if line not in late] == [line for line in pane if line not in late]


async def test_the_late_line_is_marked_in_both_and_is_the_only_one_out_of_place():
    lines, said = await printed(LATE, "", as_json=False), await printed(LATE, "", as_json=True)
    held = await shown(LATE, "", [30, 30, 30])
    pane = [plain_line(line) for line in held]
    (late,) = [line for line, one in zip(lines, said, strict=True) if json.loads(one)["late"]]
    assert [plain_line(line) for line in held if marked(line)] == [late]
    assert late.endswith("refused 60")
    assert lines.index(late) > pane.index(late) == 21
    lines.remove(late)
    pane.remove(late)
    assert lines == pane
