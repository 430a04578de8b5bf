"""Shrinking, against Pillow."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.studio.fit.shrink import shrinking_matrix


@pytest.mark.parametrize(
    ("size", "smaller"), [((16, 16), (5, 5)), ((12, 30), (6, 7)), ((9, 8), (8, 3))]
)
def test_it_is_pillows_antialiased_bilinear_filter(size, smaller):
    image = np.random.default_rng(0).random(size).astype(np.float32)
    expected = Image.fromarray(image).resize(smaller[::-1], Image.Resampling.BILINEAR)
    rows, columns = map(shrinking_matrix, size, smaller)
    np.testing.assert_allclose(rows @ image @ columns.T, np.asarray(expected), atol=2e-6)
