"""Squares cut from images."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits


@pytest.fixture
def scans(tmp_path):
    """Six scans of 70x100 pixels, whose pixel in row y and column x is (number, y, x)."""
    rows, columns = np.mgrid[:70, :100].astype(np.uint8)
    for number in range(6):
        pixels = np.stack([np.full_like(rows, number), rows, columns], axis=-1)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    Image.new("RGB", (31, 200)).save(tmp_path / "narrow.png")
    return tmp_path


def opened(folder, **keys):
    return open_splits(DataConfig(source="folder", path=str(folder), **keys))


@pytest.mark.parametrize("rule", ["content", "order"])
def test_tiles_are_cut_row_by_row_and_those_of_a_file_stay_together(scans, rule):
    tiles = {"size": 32, "stride": 16}
    splits = opened(scans, tiles=tiles, holdout_by=rule, holdout_fraction=0.4)
    sides = splits.train.images, splits.holdout.images
    files = [set(side[:, 0, 0, 0].tolist()) for side in sides]
    assert files[1]
    assert not files[0] & files[1]
    corners = [(y, x) for y in range(0, 39, 16) for x in range(0, 69, 16)]
    for number in range(6):
        (side,) = (side for side in sides if number in side[:, 0, 0, 0])
        found = side[side[:, 0, 0, 0] == number]
        assert [(int(t[0, 0, 1]), int(t[0, 0, 2])) for t in found] == corners
        for tile, (y, x) in zip(found, corners, strict=True):
            np.testing.assert_array_equal(tile[:, 0, 1], np.arange(y, y + 32))
            np.testing.assert_array_equal(tile[0, :, 2], np.arange(x, x + 32))
    assert splits.notes[0] == (
        f"7 images are cut into {6 * len(corners)} tiles of 32x32 pixels, 16 apart (data.tiles);"
        " 1 image is smaller than a tile and is left out"
    )


def test_by_default_tiles_lie_side_by_side_and_are_brought_to_the_image_size(scans):
    splits = opened(scans, tiles={"size": 32}, image_size=8, holdout_fraction=0)
    assert splits.train.images.shape == (6 * 2 * 3, 8, 8, 3)


def test_tiles_of_a_damaged_scan_are_named(scans):
    whole = (scans / "5.png").read_bytes()
    (scans / "5.png").write_bytes(whole[:150])
    splits = opened(scans, tiles={"size": 32}, on_corrupt="skip")
    assert len(splits.train.images) + len(splits.holdout.images) == 5 * 6
    assert len(splits.skipped) == 6
    assert "5.png, tile at row 0, column 32: " in splits.skipped[1]


def test_no_image_as_large_as_a_tile(scans, problems):
    (line,) = problems(source="folder", path=str(scans), tiles={"size": 128})
    assert line == "data.tiles.size: none of the 7 images is as large as 128x128"
