"""The time that a run would take."""

import pytest

from gan_cli.experiment.recorder import likely_total
from gan_cli.experiment.speed import duration, long_run_warning, time_line


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.5, "30 seconds"), (30, "30 minutes"), (150, "2.5 hours"), (90 * 1440, "90 days")],
)
def test_a_duration_has_the_unit_that_suits_it(minutes, text):
    assert duration(minutes) == text


def test_the_end_is_whichever_comes_first():
    # 10 img/s: 60 kimg take 100 minutes.
    whole = time_line(10.0, 3.0, 60.0, None)
    assert whole == (
        "time: 10.0 img/s; 60 kimg (thousands shown) take 100 minutes; grids from 20 seconds on,"
        " and every 5 minutes; scoring comes on top"
    )
    assert "stops after 25 minutes by max_minutes, at about 15 of 60 kimg" in time_line(
        10.0, 3.0, 60.0, 25.0
    )
    assert "take 100 minutes; grids" in time_line(10.0, 3.0, 60.0, 200.0)
    assert "grids from 20 seconds on; scoring" in time_line(10.0, 3.0, 60.0, 4.0)


def test_a_run_of_days_is_warned_of_and_one_of_a_day_is_not():
    # 3 img/s: 25,000 kimg take 96 days.
    warning = long_run_warning(25_000_000, 3.0)
    assert warning.startswith("warning: at 3.0 img/s this run takes 96 days. Smaller networks")
    assert warning.endswith("builtin:digits and builtin:fashion_mnist_idx are made for a CPU")
    assert long_run_warning(3 * 86_400, 3.0) is None


@pytest.mark.parametrize(
    ("speed", "deadline", "total"),
    [
        (100.0, None, 10_000),
        (0.0, 50.0, 10_000),
        # 40 of 50 seconds are left.
        (100.0, 50.0, 5_000),
        (1000.0, 50.0, 10_000),
        (100.0, 5.0, 1_000),
    ],
)
def test_the_bar_ends_where_the_clock_ends_training(speed, deadline, total):
    assert likely_total(10_000, 1_000, speed, deadline, now=10.0) == total
