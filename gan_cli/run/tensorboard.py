"""The run's scalars and image grids in TensorBoard's own format."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image


class TensorBoardLog:
    """Writes event files into the run directory; the step is the number of images shown."""

    def __init__(self, folder: Path):
        self._writer = tf.summary.create_file_writer(str(folder))

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        with self._writer.as_default(step=images_shown):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        pixels = np.asarray(grid)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        with self._writer.as_default(step=images_shown):
            tf.summary.image("samples", pixels[None])
        self._writer.flush()
