"""Writes a run's scalars and image grids in TensorBoard's format."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from gan_cli.errors import UserError


class TensorBoardLog:
    """Writes event files into the run directory; the step is the number of images shown."""

    def __init__(self, folder: Path):
        self._folder = folder
        # Bytes, since a name need not be UTF-8.
        self._writer = tf.summary.create_file_writer(os.fsencode(folder))

    def scalars(self, images_shown: int, values: Mapping[str, float]) -> None:
        """Writes one value for each name.

        Raises:
          UserError: the event file cannot be written.
        """
        with self._writing(images_shown):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def grid(self, images_shown: int, grid: Image.Image) -> None:
        """Writes a picture.

        Raises:
          UserError: the event file cannot be written.
        """
        pixels = np.asarray(grid)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        with self._writing(images_shown):
            tf.summary.image("samples", pixels[None])

    @contextlib.contextmanager
    def _writing(self, images_shown: int) -> Iterator[None]:
        try:
            with self._writer.as_default(step=images_shown):
                yield
            self._writer.flush()
        except tf.errors.OpError as error:
            reason = error.message.splitlines()[0].rpartition("; ")[2]
            raise UserError(f"{self._folder}: events cannot be written: {reason}") from error
