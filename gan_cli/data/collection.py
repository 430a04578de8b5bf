"""What a source gives: images that can be read one by one, in a fixed order."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gan_cli.errors import UserError


@dataclass(frozen=True)
class Collection:
    """A finite, ordered set of images, none of which is read yet.

    Attributes:
      count: how many there are.
      read: from an index to the image: Pillow's, or uint8 [height, width(, channels)]. Raises
        `CorruptImageError` where it cannot be decoded.
      describe: from an index to the name a user knows it by, such as a file.
      labels: int32 [count], or None.
      class_names: names of the labels, empty where there are none.
      identity: text that changes whenever the files behind it do, read without decoding them.
      images: all of them, uint8 [count, height, width(, channels)], if they are in memory anyway.
        Points are float32 [count, 1, 1, 2].
    """

    count: int
    read: Callable[[int], Image.Image | np.ndarray]
    describe: Callable[[int], str]
    labels: np.ndarray | None
    class_names: tuple[str, ...]
    identity: str
    images: np.ndarray | None = None


@dataclass(frozen=True)
class SourceSplits:
    """The training images, and those kept apart where the source itself keeps some apart."""

    train: Collection
    holdout: Collection | None = None


class CorruptImageError(Exception):
    """One image that cannot be decoded; the text says why."""


def array_collection(
    images: np.ndarray,
    labels: np.ndarray | None,
    class_names: tuple[str, ...],
    name: str,
    identity: str,
) -> Collection:
    """A collection of images that are in memory: uint8 [count, height, width(, 1, 3 or 4)].

    Raises:
      UserError: they have another shape or type.
    """
    right_shape = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in (1, 3, 4))
    if images.dtype != np.uint8 or not right_shape or 0 in images.shape[1:]:
        raise UserError(
            f"{name}: images must be uint8 [count, height, width] or [count, height, width, 1, 3"
            f" or 4], got {images.dtype} {list(images.shape)}"
        )
    return Collection(
        count=len(images),
        read=lambda index: images[index],
        describe=lambda index: f"{name}[{index}]",
        labels=None if labels is None else labels.astype(np.int32),
        class_names=class_names,
        identity=identity,
        images=images,
    )


def numbered_classes(labels: np.ndarray) -> tuple[str, ...]:
    """Class names '0', '1', ... up to the largest label."""
    return tuple(str(label) for label in range(int(labels.max()) + 1 if labels.size else 0))
