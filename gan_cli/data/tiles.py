"""Squares cut from large images, each of them a sample."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gan_cli.data.collection import CorruptImageError
from gan_cli.data.frames import Frames
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory

# What is kept of a square until the images are prepared.
_BYTES_EACH = 80


class Tiles:
    """Cuts every image of some files into squares, row by row.

    An image is decoded once for all of its squares, as long as these are read in about their order.
    What remains at the right and lower edges and fills no square is left out, and so are images
    that are smaller than a square.

    Attributes:
      file_numbers: int64 [samples], the place of each sample's file among the files.
    """

    def __init__(
        self, frames: Frames, sizes: Sequence[tuple[int, int]], side: int, stride: int
    ) -> None:
        """Takes whole images, their heights and widths, and the squares' side and distance.

        Raises:
          UserError: there are too many squares to list.
        """
        total = sum(_count(size, side, stride) for size in sizes)
        if total * _BYTES_EACH > machine_memory() // 4:
            raise UserError(
                f"data.tiles: the images are large enough for {total:,} tiles, whose list would"
                " take more than a quarter of this machine's memory; take a larger stride, or"
                " remove images"
            )
        corners = [_corners(size, side, stride) for size in sizes]
        counts = [len(each) for each in corners]
        self.frame_of_sample = np.repeat(np.arange(len(sizes)), counts)
        self.file_numbers = frames.file_numbers[self.frame_of_sample]
        self.too_small = counts.count(0)
        self._corners = np.concatenate(corners) if corners else np.zeros((0, 2), np.int64)
        self._frames = frames
        self._side = side
        self._recent = _Recent(os.cpu_count() or 1)

    def file(self, index: int) -> Path:
        """Returns the file of a sample."""
        return self._frames.file(int(self.frame_of_sample[index]))

    def describe(self, index: int) -> str:
        """Returns the name by which a user knows a sample."""
        top, left = self._corners[index]
        whole = self._frames.describe(int(self.frame_of_sample[index]))
        return f"{whole}, tile at row {top}, column {left}"

    def read(self, index: int) -> Image.Image:
        """Returns a square of an image.

        Raises:
          CorruptImageError: the image cannot be decoded, or is smaller than its header says.
        """
        frame = int(self.frame_of_sample[index])
        image = self._recent.get(frame, lambda: self._frames.read(frame))
        top, left = map(int, self._corners[index])
        right, bottom = left + self._side, top + self._side
        if right > image.width or bottom > image.height:
            raise CorruptImageError("the image is smaller than its header says")
        return image.crop((left, top, right, bottom))


def _count(size: tuple[int, int], side: int, stride: int) -> int:
    """Returns the number of squares."""
    height, width = (max(length - side + stride, 0) // stride for length in size)
    return height * width


def _corners(size: tuple[int, int], side: int, stride: int) -> np.ndarray:
    """Returns int64 [count, 2], top and left of each square."""
    tops, lefts = (np.arange(0, length - side + 1, stride) for length in size)
    return np.stack(np.meshgrid(tops, lefts, indexing="ij"), axis=-1).reshape(-1, 2)


class _Recent:
    """Keeps the images that were read last, and lets threads wait for one that is being read."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._entries: OrderedDict[int, _Entry] = OrderedDict()

    def get(self, key: int, read: Callable[[], Image.Image]) -> Image.Image:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        with entry.lock:
            if entry.problem is not None:
                raise CorruptImageError(entry.problem)
            if entry.image is None:
                try:
                    entry.image = read()
                except CorruptImageError as error:
                    entry.problem = str(error)
                    raise
            return entry.image


class _Entry:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.image: Image.Image | None = None
        self.problem: str | None = None
