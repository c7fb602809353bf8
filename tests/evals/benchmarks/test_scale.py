"""Sizes are checked before an hour is spent on them, and larger ones are reckoned from two."""

from __future__ import annotations

import pytest

from evals.benchmarks.scale import check_room, reckoned, wanted_sizes
from evals.benchmarks.scale_steps import compared
from prompts.errors import SettingsError


def test_sizes_are_read_and_sorted() -> None:
    assert wanted_sizes("1000000, 20000,20000") == [20_000, 1_000_000]


@pytest.mark.parametrize("given", ["", "many", "1e6", "10,", "999", "-5000", "20000,0"])
def test_sizes_that_mean_nothing_are_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="PLUMB_BENCH_CHUNKS"):
        wanted_sizes(given)


def test_a_disk_that_is_too_small_is_reported_at_once() -> None:
    check_room(10_000_000, 66_000_000_000)
    with pytest.raises(SettingsError, match=r"take up to 42 GB .* and 30 GB are free; set TMPDIR"):
        check_room(10_000_000, 30_000_000_000)


def test_more_chunks_are_reckoned_on_a_line_and_on_a_power() -> None:
    line, power = reckoned((100_000, 2.0), (1_000_000, 20.0), 10_000_000)
    assert (line, power) == (pytest.approx(200), pytest.approx(200))
    # Ten times as many chunks take twice as long.
    line, power = reckoned((100_000, 10.0), (1_000_000, 20.0), 10_000_000)
    assert line == pytest.approx(20 + 9_000_000 * 10 / 900_000)
    assert power == pytest.approx(40)


def test_brute_force_is_asked_less_where_it_is_slow() -> None:
    assert compared(1_000_000) == 60
    assert compared(10_000_000) == 20
