"""Images of more than 8 bits: which values become black and white."""

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.value_range import common_range


def levels_of(folder, arrays, **keys):
    """Saves each array as an image, and returns the corner of each prepared one, and the notes."""
    for number, array in enumerate(arrays):
        Image.fromarray(array).save(folder / f"{number}.tif")
    splits = open_splits(DataConfig(source="folder", path=str(folder), **keys))
    images = np.concatenate([splits.train.images, splits.holdout.images])
    return sorted(images[:, 0, 0, 0].tolist()), splits


def constant(value, dtype):
    return np.full((9, 9), value, dtype)


def test_twelve_bits_are_scaled_over_the_whole_set(tmp_path):
    arrays = [constant(value, np.uint16) for value in (0, 1000, 2000, 4000)]
    levels, splits = levels_of(tmp_path, arrays)
    assert levels == [round(value * 255 / 4095) for value in (0, 1000, 2000, 4000)]
    assert splits.value_range == (0, 4095)
    assert splits.notes == (
        "4 of 4 images have more than 8 bits: 0 becomes black and 4095 white (data.value_range)",
    )


def test_floats_between_0_and_1_are_no_longer_black(tmp_path):
    arrays = [constant(value, np.float32) for value in (0.2, 0.5, 0.8)]
    assert levels_of(tmp_path, arrays)[0] == [51, 128, 204]


def test_images_of_one_value_are_black_however_large_it_is(tmp_path):
    assert levels_of(tmp_path, [constant(1e20, np.float32)] * 2)[0] == [0, 0]


def test_a_given_range_clips_and_that_of_the_type_is_as_before(tmp_path):
    arrays = [constant(value, np.uint16) for value in (500, 1000, 1500, 3000)]
    assert levels_of(tmp_path, arrays, value_range=(1000, 2000))[0] == [0, 0, 128, 255]
    levels, splits = levels_of(tmp_path, arrays, value_range="type")
    assert levels == [round(value / 257) for value in (500, 1000, 1500, 3000)]
    assert splits.value_range is None
    assert not splits.notes


def test_held_out_images_have_the_range_of_the_training_images(tmp_path):
    for split, values in (("train", (100, 4000)), ("test", (10, 100))):
        (tmp_path / split).mkdir()
        for value in values:
            path = tmp_path / split / f"{value}.png"
            Image.fromarray(constant(value, np.uint16)).save(path)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert sorted(splits.holdout.images[:, 0, 0, 0].tolist()) == [1, 6]


def test_images_of_8_bits_among_others_stay_as_they_are(tmp_path):
    arrays = [constant(200, np.uint8), constant(1000, np.uint16), constant(1023, np.uint16)]
    assert levels_of(tmp_path, arrays)[0] == [200, 249, 255]


@pytest.mark.parametrize(
    ("extents", "are_floats", "expected"),
    [
        ([(3, 200), (0, 255)], False, (0, 255)),
        ([(0, 200), (0, 16000)], False, (0, 16383)),
        ([(-5, 200), (0, 90)], False, (-5, 200)),
        ([(0, 70_000)], False, (0, 70_000)),
        ([(-0.5, 0.9)], True, (-1, 1)),
        ([(0.0, 1.001)], True, (0, 1.001)),
        ([(7.0, 7.0)], True, (7, 8)),
        ([(1e20, 1e20)], True, (1e20, 1e20 + 2**14)),
        ([], True, None),
    ],
)
def test_the_narrowest_usual_range_holds_all_values(extents, are_floats, expected):
    assert common_range(extents, are_floats) == expected


@pytest.mark.parametrize(
    "given", [(2.0, 1.0), (0.0, float("inf")), (-1e308, 1e308), (0, 1e-310), "whole"]
)
def test_what_is_no_range_is_refused(given):
    with pytest.raises(ValidationError):
        DataConfig(source="folder", path="x", value_range=given)
