"""A month's dollars agree with the price table of the AWS reference."""

from __future__ import annotations

import pytest

from clickit_tui.world.spending import WORK_H, Spent, monthly, per_minute


@pytest.mark.parametrize(
    ("metrics", "every_s", "always", "working"),
    [(20, 60, 8.76, 2.11), (56, 60, 24.53, 5.91), (56, 10, 147.17, 35.48), (40, 300, 3.50, 0.84)],
)
def test_a_month_costs_what_the_price_page_says(metrics, every_s, always, working):
    rate = metrics * 60 / every_s
    assert round(monthly(rate), 2) == always
    assert round(monthly(rate, WORK_H), 2) == working


def test_the_rate_leaves_out_the_first_fill_and_counts_slow_metrics_evenly():
    recent = ((0.0, 65), *((60.0 * i, 60 if i % 5 == 0 else 56) for i in range(1, 41)))
    assert per_minute(Spent(began_at=0.0, recent=recent), 2410.0) == pytest.approx(56.8)
    assert per_minute(Spent(began_at=0.0, recent=recent[:1]), 60.0) is None
    assert per_minute(Spent(began_at=0.0, recent=()), 7200.0) == 0.0
