"""How many columns pictures of many images have."""

import math

import pytest

from gan_cli.domains.tile_layout import columns_by_class, columns_without_holes
from gan_cli.studio.picture_requests import Grid


@pytest.mark.parametrize(
    ("num_classes", "columns"),
    [(0, 10), (2, 10), (3, 9), (7, 7), (10, 10), (26, 13), (29, 29), (37, 10)],
)
def test_classes_in_turn_keep_to_their_columns_where_some_number_allows_it(num_classes, columns):
    assert columns_by_class(num_classes, 10) == columns
    if num_classes and num_classes != 37:
        places = {(index % columns, index % num_classes) for index in range(columns * num_classes)}
        assert len(places) == max(columns, num_classes)


@pytest.mark.parametrize("count", range(1, 200))
def test_images_fill_a_rectangle_or_the_smallest_square_that_holds_them(count):
    columns = columns_without_holes(count)
    whole = [c for c in range(1, count + 1) if count % c == 0 and count <= c * c <= 13 * count]
    assert columns == (min(whole) if whole else math.ceil(math.sqrt(count)))


def test_a_grid_of_classes_has_whole_rows_and_earlier_records_keep_theirs():
    seeds, columns = Grid().layout(64, 26)
    assert (len(seeds), columns) == (52, 13)
    assert Grid(layout_version=2).layout(64, 26) == (range(64), 8)
    assert Grid().layout(64) == (range(64), 8)
    assert Grid((2, 5)).layout(64, 26)[1] == 5
    assert Grid(seeds=(1, 2, 3)).layout(64, 26)[1] == 3
