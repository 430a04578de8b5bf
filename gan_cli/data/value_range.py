"""The values of images of more than 8 bits that stand for black and white."""

import math
from collections.abc import Iterable

import numpy as np
from PIL import Image

from gan_cli.data.collection import CorruptImageError

# From the narrowest to the widest: the range of 8, 10, 12, 14 and 16 bits.
_INTEGERS = tuple((0.0, float(2**bits - 1)) for bits in (8, 10, 12, 14, 16))
_FLOATS = ((0.0, 1.0), (-1.0, 1.0))

Range = tuple[float, float]


def is_deep(mode: str) -> bool:
    """Returns whether Pillow's mode has values of more than 8 bits."""
    return mode in ("I", "F") or mode.startswith("I;")


def extent(image: Image.Image) -> Range | None:
    """Returns the least and the greatest value of an image, or None if some are not finite."""
    values = np.asarray(image)
    least, greatest = float(values.min()), float(values.max())
    return (least, greatest) if np.isfinite([least, greatest]).all() else None


def common_range(extents: Iterable[Range], are_floats: bool) -> Range | None:
    """Returns the narrowest usual range that holds all values of a set, or None for an empty set.

    Usual are the ranges of 8, 10, 12, 14 and 16 bits for integers, and [0, 1] and [-1, 1] for
    floats. Where no such range holds all values, it is the range from the least to the greatest
    one.

    Args:
      extents: the least and the greatest value of each image.
    """
    known = list(extents)
    if not known:
        return None
    least, greatest = min(low for low, _ in known), max(high for _, high in known)
    for black, white in _FLOATS if are_floats else _INTEGERS:
        if black <= least and greatest <= white:
            return black, white
    # A set of one value is black. From 2**53 on, the next number is more than 1 away.
    return least, greatest if greatest > least else least + max(1.0, math.ulp(least))


def scaled(image: Image.Image, value_range: Range) -> Image.Image:
    """Returns an image of more than 8 bits as one of 8 bits; others are returned as they are.

    Args:
      value_range: the values of black and white; those outside are clipped.

    Raises:
      CorruptImageError: values are not finite.
    """
    if not is_deep(image.mode):
        return image
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise CorruptImageError("holds values that are not finite")
    black, white = value_range
    levels = np.clip(np.round((values - black) * (255 / (white - black))), 0, 255)
    return Image.fromarray(levels.astype(np.uint8))
