"""PNG files of many images, read by Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from gan_cli.domains.grid import to_pillow
from gan_cli.media.encode import encoded
from gan_cli.media.png_files import png_files
from gan_cli.media.provenance import Provenance

MARKS = [
    Provenance("digits", "ckpt-960", "ab" * 32, {"kind": "image", "seed": seed, "label": None})
    for seed in range(3)
]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_they_hold_the_pixels_and_the_text_of_single_ones(channels):
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 9, channels), np.uint8)
    for image, mark, content in zip(images, MARKS, png_files(images, MARKS), strict=True):
        # Sees to it that every chunk's checksum is right.
        Image.open(io.BytesIO(content)).verify()
        alone = Image.open(io.BytesIO(encoded(to_pillow(image), ".png", mark)))
        with Image.open(io.BytesIO(content)) as read:
            assert (read.mode, read.info) == (alone.mode, alone.info)
            assert read.info["XML:com.adobe.xmp"] == mark.to_xmp().decode()
            pixels = np.asarray(read).reshape(image.shape)
        np.testing.assert_array_equal(pixels, image)


def test_without_a_mark_they_say_nothing():
    (content,) = png_files(np.zeros((1, 4, 4, 1), np.uint8), [None])
    with Image.open(io.BytesIO(content)) as read:
        assert read.info == {}
