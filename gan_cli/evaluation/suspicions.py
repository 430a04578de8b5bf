"""Generated images of other programs that are not what they seem: grids, and BGR."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from gan_cli.data.collection import Collection, CorruptImageError
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of

# Images of a set that are looked at.
_LOOKED_AT = 8
_WIDEST_GAP = 8
# Steps of gray within a gap that JPEG leaves of one colour.
_FLAT = 8.0
# Where two images meet, neighbouring pixels differ by more than so many times what those beside
# them do or, on a ground of one colour, by less than this share of the usual.
_SEAM, _NO_SEAM = 1.5, 0.1
_IMAGES_FOR_COLOUR, _PIXELS_FOR_COLOUR = 500, 200_000
# A set whose exchange of red and blue leaves less than this share of the distance is taken for BGR,
# where the distance is more than so many of 255 levels.
_MUCH_NEARER, _LEAST_LEVELS = 0.25, 5.0


class Layout(NamedTuple):
    """Rows and columns of a grid of images, and the pixels between them."""

    rows: int
    columns: int
    gap: int


def warning_of_grids(path: str, collection: Collection, height: int, width: int) -> str | None:
    """Returns a sentence where most images of a set are grids of images of this size.

    Args:
      path: of the set, for the sentence.
      collection: the images as they are stored.
    """
    found: Counter[Layout] = Counter()
    chosen = np.unique(np.linspace(0, collection.count - 1, _LOOKED_AT).astype(int))
    for index in chosen.tolist():
        try:
            image = collection.read(index)
        except CorruptImageError:
            continue
        if not isinstance(image, np.ndarray):
            image = np.asarray(image.convert("RGB"))
        layout = layout_of(image.astype(np.float64), height, width)
        if layout is not None:
            found[layout] += 1
    if not found or found.total() <= len(chosen) / 2:
        return None
    layout = found.most_common(1)[0][0]
    return (
        f"warning: {path} seems to hold grids, such as of {layout.rows}x{layout.columns} images of"
        f" {height}x{width} pixels: each grid is scored as if it were one image; cut them up first"
    )


def layout_of(image: np.ndarray, height: int, width: int) -> Layout | None:
    """Returns how an image is composed of images of a size, or None where it is a single one.

    Args:
      image: float64 [height, width(, channels)].
    """
    for gap in range(_WIDEST_GAP + 1):
        for border in (0, gap) if gap else (0,):
            rows, columns = (
                _count(side, own, gap, border)
                for side, own in zip(image.shape[:2], (height, width), strict=True)
            )
            if rows * columns < 2:
                continue
            seams = [
                _is_seam(image if axis == 0 else image.swapaxes(0, 1), side, count, gap, border)
                for axis, side, count in ((0, height, rows), (1, width, columns))
                if count > 1
            ]
            if all(seams):
                return Layout(rows, columns, gap)
    return None


def _count(side: int, own: int, gap: int, border: int) -> int:
    """Returns how many images of a side fill another one, or 0."""
    count, rest = divmod(side - 2 * border + gap, own + gap)
    return 0 if rest else count


def _is_seam(image: np.ndarray, side: int, count: int, gap: int, border: int) -> bool:
    """Returns whether images meet wherever they would in a column of so many."""
    ends = border + side + (side + gap) * np.arange(count - 1)
    if gap:
        strips = np.stack([image[end : end + gap] for end in ends])
        return bool(strips.std(axis=(0, 1, 2)).max() <= _FLAT) and image.std() > _FLAT
    steps = np.abs(np.diff(image, axis=0)).reshape(len(image) - 1, -1).mean(axis=1)
    at_ends, beside = steps[ends - 1].mean(), np.r_[steps[ends - 2], steps[ends]].mean()
    elsewhere = np.delete(steps, ends - 1).mean()
    stands_out = at_ends > max(_SEAM * beside, elsewhere)
    return bool(stands_out or at_ends < _NO_SEAM * elsewhere)


def warning_of_bgr(path: str, generated: np.ndarray, real: np.ndarray) -> str | None:
    """Returns a sentence where generated images have the real ones' colours in the order BGR.

    Args:
      path: of the generated images, for the sentence.
      generated, real: uint8 [count, height, width, channels].
    """
    if real.shape[3] != 3:
        return None
    real_colours = moments_of(_colours(real))
    colours = _colours(generated)
    as_is, exchanged = (
        float(np.sqrt(frechet_distance(real_colours, moments_of(each))))
        for each in (colours, colours[:, ::-1])
    )
    if as_is < _LEAST_LEVELS or exchanged >= _MUCH_NEARER * as_is:
        return None
    return (
        f"warning: with red and blue exchanged, the colours of {path} would be nearer to the real"
        f" ones, {exchanged:.0f} in place of {as_is:.0f} of 255 away: they may be in the order BGR,"
        " as OpenCV has them; in NumPy: images = images[..., ::-1]"
    )


def _colours(images: np.ndarray) -> np.ndarray:
    """Returns colours of pixels spread over the images: float64 [count, channels]."""
    count = min(len(images), _IMAGES_FOR_COLOUR)
    spread = np.linspace(0, len(images) - 1, count).astype(int)
    pixels = np.asarray(images[spread], np.float64).reshape(-1, images.shape[3])
    return pixels[:: max(len(pixels) // _PIXELS_FOR_COLOUR, 1)]
