"""Sheets with names."""

import numpy as np

from gan_cli.media.named_sheet import named_sheet


def test_names_stand_beside_their_rows_and_above_their_columns():
    images = np.zeros((3, 4, 32, 32, 3), np.uint8)
    plain = named_sheet(images)
    named = named_sheet(images, ["", "i", "→ é"], ["", "", "x", ""])
    left, above = named.width - plain.width, named.height - plain.height
    pixels = np.asarray(named).astype(int)[..., 0]
    np.testing.assert_array_equal(pixels[above:, left:], np.asarray(plain)[..., 0])
    inked = np.nonzero(pixels[above:, :left] < 128)[0]
    # The first row, of 2 + 68 pixels, has an empty name.
    assert inked.min() > 70
    assert inked.max() < above + 3 * 68
    columns = np.nonzero(pixels[:above, left:] < 128)[1]
    assert 4 + 2 * 68 < columns.min() <= columns.max() < 4 + 3 * 68


def test_a_high_sheet_wraps_in_blocks_of_rows():
    shades = np.arange(26, dtype=np.uint8)[:, None, None, None, None]
    images = np.broadcast_to(shades, (26, 10, 64, 64, 1))
    names = [f"class {number}" for number in range(26)]
    high = named_sheet(images, names)
    wrapped = named_sheet(images, names, wrap=True)
    assert high.height > 2 * high.width
    assert (wrapped.width, wrapped.height) == (2 * high.width, 2 + 13 * 66)
    pixels = np.asarray(wrapped)
    assert pixels[4, wrapped.width // 2 - 4] == 0
    assert pixels[4, wrapped.width - 4] == 13
