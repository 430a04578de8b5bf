"""Samples of image files that may hold several images, such as animations and stacks of slices."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gan_cli.data.collection import CorruptImageError
from gan_cli.data.decode import decode_frame, decode_image, open_image, problems_as_corrupt
from gan_cli.data.value_range import Range, extent, scaled


class Frames:
    """Reads every frame of files as a sample of its own, file by file.

    The frames of most animations build on one another. So each thread keeps its last file open, and
    reading frames in their order decodes each of them about once.

    Attributes:
      file_numbers: int64 [samples], the place of each sample's file among the files.
      frame_numbers: int64 [samples], the place of each sample in its file.
      value_range: the values of black and white in images of more than 8 bits; None: the whole
        range of their type.
    """

    def __init__(
        self,
        files: Sequence[Path],
        frame_counts: Sequence[int],
        colours_to_srgb: bool,
        max_pixels: int,
        at_full_size: bool = False,
    ) -> None:
        """Takes the files, and the number of frames of each.

        Args:
          colours_to_srgb: whether colours are converted as a file's ICC profile says.
          max_pixels: images of more pixels are refused.
          at_full_size: whether giant JPEGs, too, are decoded with every pixel.
        """
        counts = np.asarray(frame_counts, np.int64)
        self.file_numbers = np.repeat(np.arange(len(files)), counts)
        first = np.cumsum(counts) - counts
        self.frame_numbers = np.arange(counts.sum()) - first[self.file_numbers]
        self._files = files
        self._counts = counts
        self._how = colours_to_srgb, max_pixels, at_full_size
        self._max_pixels = max_pixels
        self._open = threading.local()
        self.value_range: Range | None = None

    def file(self, index: int) -> Path:
        """Returns the file of a sample."""
        return self._files[self.file_numbers[index]]

    def describe(self, index: int) -> str:
        """Returns the name by which a user knows a sample."""
        count = self._counts[self.file_numbers[index]]
        frame = "" if count == 1 else f", frame {self.frame_numbers[index] + 1:,} of {count:,}"
        return f"{self.file(index)}{frame}"

    def extent(self, index: int) -> Range | None:
        """Returns the least and the greatest value of a sample, or None if it is damaged."""
        try:
            return extent(self._decoded(index))
        except CorruptImageError:
            return None

    def read(self, index: int) -> Image.Image:
        """Decodes a sample; one of more than 8 bits is scaled by `value_range`.

        Raises:
          CorruptImageError: it cannot be decoded.
        """
        image = self._decoded(index)
        return image if self.value_range is None else scaled(image, self.value_range)

    def _decoded(self, index: int) -> Image.Image:
        path = self.file(index)
        if self._counts[self.file_numbers[index]] == 1:
            return decode_image(path, *self._how)
        with problems_as_corrupt(path):
            image = self._opened(path)
            image.seek(int(self.frame_numbers[index]))
            return decode_frame(image, *self._how)

    def _opened(self, path: Path) -> Image.Image:
        known, image = getattr(self._open, "last", (None, None))
        if image is None or known != path:
            if image is not None:
                image.close()
            image = open_image(path, self._max_pixels)
            self._open.last = (path, image)
        return image
