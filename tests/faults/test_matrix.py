"""The endpoint broken in every way while somebody works; `docs/fault-matrix.md` holds the last full table."""

from __future__ import annotations

from pathlib import Path

import pytest

from clickit_tui.demo.launch import Demo
from tests.faults import matrix


async def test_a_database_service_that_breaks_and_heals_while_somebody_works(demo: Demo, tmp_path: Path) -> None:
    (cell,) = await matrix.row(demo, tmp_path, "pi", ("html",))
    assert (cell.wrong, cell.said, cell.fields) == ((), ("bad answer",), 1)


@pytest.mark.long
@pytest.mark.parametrize("service", matrix.SERVICES)
async def test_every_fault_of_a_service(service: str, demo: Demo, tmp_path: Path) -> None:
    cells = await matrix.row(demo, tmp_path, service, matrix.kinds_of(service))
    assert {one.kind: one.wrong for one in cells if one.wrong} == {}


def test_the_table_has_every_service_and_fault_and_nothing_that_is_wrong() -> None:
    rows = matrix.rows_of(matrix.FILE.read_text())
    cells = [tuple(each.strip() for each in row.split("|")[1:3]) for row in rows]
    assert cells == [(matrix.NAMED.get(service, service), kind) for service in matrix.SERVICES for kind in matrix.kinds_of(service)]
    assert [row for row in rows if not row.endswith(" ok |")] == []


def test_a_part_of_the_table_is_made_anew_without_the_rest() -> None:
    cell = matrix.Cell(service="rds", kind="deny", fields=6, said=("denied",), back_s=40.0, cpu_s=0.159)
    old = [matrix.line(cell), matrix.line(matrix.Cell(service="ecs", kind="html", wrong=("screen 1, edge emptied",)))]
    new = [matrix.line(matrix.Cell(service="ecs", kind="html"))]
    assert matrix.merged(old, new) == [*new, old[0]]
    assert old[0] == "| rds | deny | 6 | denied | 40 s | 159 ms | ok |"
    assert matrix.rows_of(matrix.page(matrix.merged(old, new))) == [*new, old[0]]
    assert "1 of 2 cells are right" in matrix.page(old)
