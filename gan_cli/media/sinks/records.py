"""TFRecord files of `tf.train.Example`, as input pipelines of TensorFlow read them."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_cli.io.files import move_into_place, unfinished
from gan_cli.io.regular import open_regular
from gan_cli.media.credentials import Signer
from gan_cli.media.encode import sidecar
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.picture_sink import PictureSink

SHARD_IMAGES = 8192


class RecordSink(PictureSink):
    """`NAME.tfrecord` or, from 8,193 images on, `NAME-00000-of-00007.tfrecord` and so forth.

    An example has `image/encoded` (PNG), `image/format`, `image/height`, `image/width`, `seed` and,
    if there are classes, `image/class/label` and `image/class/text`. What was interrupted is
    continued behind its last whole file. `NAME.tfrecord.json` says where all examples come from.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None,
        class_names: tuple[str, ...],
    ):
        super().__init__(out, provenance, marked, count, signer)
        self.class_names = class_names
        shards = -(-count // SHARD_IMAGES)
        self.shards = [
            out if shards == 1 else out.with_name(f"{out.stem}-{n:05}-of-{shards:05}.tfrecord")
            for n in range(shards)
        ]
        self._written = 0
        self._writer: tf.io.TFRecordWriter | None = None

    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        self._hold_name()
        whole = 0
        if sidecar(self.out).is_file() and len(self.shards) > 1:
            self._refuse_another(sidecar(self.out), str(sidecar(self.out)))
            while whole < len(self.shards) and self._is_whole(whole):
                whole += 1
        if len(self.shards) > 1:
            self._keep_record(sidecar(self.out))
        self._written = min(whole * SHARD_IMAGES, self.count)
        return self._written

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        for content, seed, label in self._contents(images, seeds, labels):
            if self._writer is None:
                self._writer = tf.io.TFRecordWriter(os.fsencode(self._aside()))
            example = self._example(content, images.shape[1:], seed, label)
            self._writer.write(example.SerializeToString(deterministic=True))
            self._written += 1
            if self._written % SHARD_IMAGES == 0 or self._written == self.count:
                self._close_shard()

    def finish(self) -> None:
        # A single file's record is that of the file before until here.
        self._keep_record(sidecar(self.out))

    def _is_whole(self, shard: int) -> bool:
        """Returns whether a file has as many examples as it must, and nothing behind them."""
        expected = min(SHARD_IMAGES, self.count - shard * SHARD_IMAGES)
        try:
            with open_regular(self.shards[shard]) as file:
                size, position, found = os.fstat(file.fileno()).st_size, 0, 0
                while position < size and len(head := file.read(8)) == 8:
                    # The length and its checksum, the example and its own.
                    position += 16 + int.from_bytes(head, "little")
                    found += 1
                    file.seek(min(position, size))
        except OSError:
            return False
        return (position, found) == (size, expected)

    def _aside(self) -> Path:
        return unfinished(self.shards[self._written // SHARD_IMAGES])

    def _close_shard(self) -> None:
        assert self._writer is not None  # It has just taken an image.
        self._writer.close()
        self._writer = None
        shard = self.shards[(self._written - 1) // SHARD_IMAGES]
        move_into_place(unfinished(shard), shard)

    def _example(
        self, content: bytes, shape: tuple[int, ...], seed: int, label: int | None
    ) -> tf.train.Example:
        features: dict[str, bytes | int] = {
            "image/encoded": content,
            "image/format": b"png",
            "image/height": shape[0],
            "image/width": shape[1],
            "seed": seed,
        }
        if label is not None:
            features["image/class/label"] = label
            features["image/class/text"] = os.fsencode(self.class_names[label])
        return tf.train.Example(
            features=tf.train.Features(
                feature={name: _feature(value) for name, value in features.items()}
            )
        )


def _feature(value: bytes | int) -> tf.train.Feature:
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
