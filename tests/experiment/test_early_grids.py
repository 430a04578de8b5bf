"""Grids by the clock."""

import pytest

from gan_cli.experiment.early_grids import GridTimes, grid_name


def drawn_at(seconds, began=0.0, now=0.0, regular=()):
    """The seconds at which grids are drawn by the clock, if it is read at all these."""
    times, drawn = GridTimes(began, now), []
    for second in seconds:
        if second in regular:
            times.drawn(second)
        elif times.is_due(second):
            drawn.append(second)
            times.drawn(second)
    return drawn


def test_they_come_at_20_seconds_and_1_2_and_4_minutes():
    assert drawn_at(range(600)) == [20, 60, 120, 240, 480]
    # The clock is read between calls into TensorFlow, which may be slow.
    assert drawn_at(range(0, 600, 50)) == [50, 150, 250, 500]


def test_there_are_none_where_grids_come_often_enough_by_images():
    assert drawn_at(range(1000), regular=range(0, 1000, 15)) == []
    assert drawn_at(range(1000), regular=range(200, 1000, 200)) == [20, 60, 120]


def test_a_resumed_run_does_not_begin_again():
    # It has trained for 300 seconds.
    assert drawn_at(range(300, 1000), began=0.0, now=300.0) == [480, 960]


@pytest.mark.parametrize(
    ("images_shown", "every_kimg", "name"),
    [
        (0, 0.5, "grid-000000.png"),
        (25_088, 25.0, "grid-000025.png"),
        (512, 0.5, "grid-000000.512.png"),
        (25_088, 0, "grid-000025.088.png"),
    ],
)
def test_names_tell_grids_apart_that_are_close(images_shown, every_kimg, name):
    assert grid_name(images_shown, every_kimg) == name
