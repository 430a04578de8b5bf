"""Samples of a source, which can be read one by one in a fixed order."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from gan_cli.errors import UserError


@dataclass(frozen=True)
class Forms:
    """How many images have which size, (height, width), and which number of channels.

    Attributes:
      is_complete: whether all images of a set were looked at, and not only some.
      first: the index of one image with each number of channels, where it is known.
    """

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)
    is_complete: bool = False
    first: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """A finite, ordered set of samples, none of which has been read yet.

    Attributes:
      count: number of samples.
      read: from an index to an image: Pillow's, or uint8 [height, width(, channels)]. Raises
        `CorruptImageError` if it cannot be decoded.
      describe: from an index to the name by which a user knows the sample, such as a file.
      labels: int32 [count], or None.
      class_names: names of the labels, empty where there are none.
      identity: text that changes whenever the files behind the samples do; decodes none of them.
      images: all samples, if they are in memory anyway: uint8 [count, height, width(, channels)],
        or in the stored form of the source's domain.
      content: from an index to bytes that are the same for samples of the same content, and others
        for other samples, whatever their names; None: samples are known by their order alone.
      groups: int32 [count], the group of each sample, or None. Samples of one group, such as parts
        of one piece of music, are either trained on or held out.
      corrupt: a line for each file that cannot be read, where that shows on opening.
      passed_over: a line for each file that is no sample.
      value_range: the values of black and white by which images of more than 8 bits were scaled,
        or None where there are no such images, or where they span the range of their type.
      is_one_file_each: whether each sample with a `content` is a file of its own.
      forms: sizes and channels of all images, where the source knows them without decoding any.
      notes: a sentence for each thing that the source does to the files without being asked.
    """

    count: int
    read: Callable[[int], Image.Image | np.ndarray]
    describe: Callable[[int], str]
    labels: np.ndarray | None
    class_names: tuple[str, ...]
    identity: str
    images: np.ndarray | None = None
    content: Callable[[int], bytes] | None = None
    groups: np.ndarray | None = None
    corrupt: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None
    forms: Forms | None = None
    is_one_file_each: bool = True

    def with_notes(self, notes: tuple[str, ...]) -> "Collection":
        """Returns the collection with further notes before its own."""
        return dataclasses.replace(self, notes=notes + self.notes)


@dataclass(frozen=True)
class SourceSplits:
    """Training samples, and those held out where the source itself holds some out."""

    train: Collection
    holdout: Collection | None = None


class CorruptImageError(Exception):
    """An image cannot be decoded; the text says why."""


def array_collection(
    images: np.ndarray,
    labels: np.ndarray | None,
    class_names: tuple[str, ...],
    name: str,
    identity: str,
) -> Collection:
    """Returns a collection of images in memory: uint8 [count, height, width(, 1, 3 or 4)].

    Raises:
      UserError: they have another shape or type.
    """
    right_shape = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in (1, 3, 4))
    if images.dtype != np.uint8 or not right_shape or 0 in images.shape[1:]:
        raise UserError(
            f"{name}: images must be uint8 [count, height, width] or [count, height, width, 1, 3"
            f" or 4], got {images.dtype} {list(images.shape)}{_how_to_convert(images)}"
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


def _how_to_convert(images: np.ndarray) -> str:
    """Returns the line of NumPy that brings common other forms to the right one, or nothing."""
    channels_first = images.ndim == 4 and images.shape[1] in (1, 3, 4)
    moved = channels_first and images.shape[3] not in (1, 3, 4)
    code = "images.transpose(0, 2, 3, 1)" if moved else "images"
    if images.dtype.kind == "f" and images.size:
        least, greatest = float(images.min()), float(images.max())
        if least >= 0 and greatest <= 1:
            code = f"({code} * 255).round().astype('uint8')"
        elif least >= -1 and greatest <= 1:
            code = f"({code} * 127.5 + 127.5).round().astype('uint8')"
        elif least >= 0 and greatest <= 255:
            code = f"{code}.round().astype('uint8')"
        else:
            return ""
    return "" if code == "images" else f"; in NumPy: images = {code}"


def numbered_classes(labels: np.ndarray) -> tuple[str, ...]:
    """Returns class names '0', '1', ... up to the largest label."""
    return tuple(str(label) for label in range(int(labels.max()) + 1 if labels.size else 0))
