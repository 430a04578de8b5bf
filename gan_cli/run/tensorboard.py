"""Writes a run's scalars and image grids in TensorBoard's format."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.io.regular import open_regular

_EVENTS = "events.out.tfevents."
# A longer file, such as one that is not ours, stays as it is.
_MOST_BYTES = 2**30
# Around the content of a record: its length and a checksum of it, and the content's checksum.
_LENGTH_BYTES, _HEAD_BYTES, _TAIL_BYTES = 8, 12, 4


def forget_after(folder: Path, images_shown: int) -> None:
    """Removes what event files say of later steps, lest curves run twice over the same images.

    They are of a process that ended, without a checkpoint, after it had written them. A file that
    cannot be read stays as it is.

    Raises:
      UserError: a file cannot be written.
    """
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(_EVENTS):
            continue
        try:
            with open_regular(path) as file:
                content = file.read(_MOST_BYTES + 1)
        except OSError:
            continue
        if len(content) > _MOST_BYTES:
            continue
        records = list(_records(content))
        kept = [record for record, step in records if step <= images_shown]
        if len(kept) < len(records):
            atomic_write(path, b"".join(kept))


def _records(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yields the whole records of an event file, with what is around them, and their steps."""
    start = 0
    while start + _HEAD_BYTES <= len(content):
        length = int.from_bytes(content[start : start + _LENGTH_BYTES], "little")
        end = start + _HEAD_BYTES + length + _TAIL_BYTES
        if end > len(content):
            return
        try:
            event = tf.compat.v1.Event.FromString(content[start + _HEAD_BYTES : end - _TAIL_BYTES])
        except DecodeError:
            return
        yield content[start:end], event.step
        start = end


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
