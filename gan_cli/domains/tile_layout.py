"""How images are enlarged and separated in a picture of many; loads no image library."""

import math
from dataclasses import dataclass

RESAMPLING = ("nearest", "lanczos")
_FEWEST_COLUMNS, _MOST_COLUMNS = 5, 32
# Images side by side in a rectangle without holes, at most so many times as wide as high.
_WIDEST = 13


@dataclass(frozen=True, kw_only=True)
class TileLayout:
    """How images are enlarged and separated in a picture.

    Attributes:
      scale: whole factor by which images are enlarged; None: small images to about 64 pixels.
      resample: `nearest` repeats pixels; `lanczos` smooths.
      padding: pixels of white around each image, before enlargement.
    """

    scale: int | None = None
    resample: str = "nearest"
    padding: int = 2


# The layout of grids during training.
FRAMED = TileLayout()


def columns_by_class(num_classes: int, about: int) -> int:
    """Returns about so many columns, such that classes taken in turn keep to their columns.

    The number of classes divides that of columns, or the other way round. Where there is no such
    number from 5 to 32, or there are no classes, it is `about`.
    """
    fitting = [
        columns
        for columns in range(_FEWEST_COLUMNS, _MOST_COLUMNS + 1)
        if num_classes and 0 in (columns % num_classes, num_classes % columns)
    ]
    return min(fitting, key=lambda columns: abs(columns - about), default=about)


def columns_without_holes(count: int) -> int:
    """Returns the columns of a wide rectangle that so many images fill, if there is one.

    Of several, the one nearest to a square is chosen; without any, a square with holes at its end.
    """
    columns = math.isqrt(count - 1) + 1
    for wide in range(columns, count + 1):
        if count % wide == 0 and wide * wide <= _WIDEST * count:
            return wide
    return columns
