"""Images that show the same: copies in another format, of another size or quality."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from gan_cli.data.collection import Collection, CorruptImageError
from gan_cli.data.value_range import is_deep

# Images are compared at this size, where compression and scaling leave few traces.
_SIDE = 16
# Images whose contrast is below this, of 255, are compared by their exact content alone: nearly
# everything that is almost of one colour looks alike.
_LEAST_CONTRAST = 4.0
# Two images show the same if they differ by less than this share of their contrast (root mean
# square), and nowhere by more than the second figure times their contrast.
_MOST_DIFFERENCE = 0.12
_MOST_AT_A_PIXEL = 0.8
# Beyond so many images, comparing them takes minutes.
MOST_COMPARED = 200_000
# Candidates are images that fall into one cell of a grid in the space of the first principal
# components. Each round shifts the grid.
_COMPONENTS = 6
_ROUNDS = 12
_CELL = 0.35
# Within a cell, images are compared with so many that follow them in the order of a component.
_NEIGHBOURS = 8
_SEED = 20_140_610
_TASK_SIZE = 64


def thumbnails(
    collection: Collection,
    indices: np.ndarray,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Returns small versions of images: float32 [count, 16, 16, 3]; of damaged ones, NaN.

    Transparent pixels are composed on gray, so that neither white nor black shapes vanish.
    """
    result = np.full((len(indices), _SIDE, _SIDE, 3), np.nan, np.float32)

    def fill(first: int) -> None:
        for row in range(first, min(first + _TASK_SIZE, len(indices))):
            try:
                result[row] = _thumbnail(collection.read(int(indices[row])))
            except CorruptImageError:
                continue

    with ThreadPoolExecutor() as threads:
        starts = range(0, len(indices), _TASK_SIZE)
        for done, _ in enumerate(threads.map(fill, starts), 1):
            if progress is not None:
                progress(min(done * _TASK_SIZE, len(indices)), len(indices))
    return result


def _thumbnail(image: Image.Image | np.ndarray) -> np.ndarray:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(
            image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
        )
    if is_deep(image.mode):
        values = np.asarray(image, np.float64)
        values = values * (1 / 257 if image.mode != "F" else 1)
        image = Image.fromarray(np.clip(np.nan_to_num(values), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128, 255)), image)
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(small, np.float32)


def groups_of(small: np.ndarray) -> np.ndarray:
    """Returns int64 [count]: for each image the first one of those that show the same.

    Where A shows the same as B and B the same as C, all three are of one group, even if A and C
    differ more: neighbouring frames of a film do.

    Args:
      small: of `thumbnails`.
    """
    count = len(small)
    groups = np.arange(count)
    flat = small.reshape(count, -1)
    contrast = flat.std(axis=1)
    usable = np.flatnonzero(contrast >= _LEAST_CONTRAST)  # NaN is not.
    if len(usable) < 2:
        return groups
    flat, contrast = flat[usable], contrast[usable]
    places = _components((flat - flat.mean(axis=1, keepdims=True)) / contrast[:, np.newaxis])
    rng = np.random.default_rng(_SEED)
    for each in range(_ROUNDS):
        cells = np.floor(places / _CELL + rng.random(places.shape[1])).astype(np.int64)
        order = np.lexsort((places[:, each % places.shape[1]], *cells.T))
        in_order = cells[order]
        for step in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
            pairs = np.flatnonzero((in_order[step:] == in_order[:-step]).all(axis=1))
            one, other = order[pairs], order[pairs + step]
            apart = np.linalg.norm(places[one] - places[other], axis=1)
            one, other = one[apart < _MOST_DIFFERENCE], other[apart < _MOST_DIFFERENCE]
            same = _show_the_same(flat, contrast, one, other)
            for first, second in zip(usable[one[same]], usable[other[same]], strict=True):
                _join(groups, int(first), int(second))
    return np.array([_root(groups, index) for index in range(count)])


def _components(vectors: np.ndarray) -> np.ndarray:
    """Returns float32 [count, at most 6], the coordinates of most variance, in units of an image.

    Two images that show the same lie closer together than `_MOST_DIFFERENCE`: averaging brings
    images closer together, never further apart.
    """
    # Of the full vectors, a decomposition would take ten seconds.
    halved = vectors.reshape(len(vectors), _SIDE // 2, 2, _SIDE // 2, 2, 3).mean(axis=(2, 4, 5))
    halved = halved.reshape(len(vectors), -1)
    rng = np.random.default_rng(_SEED)
    some = halved[rng.permutation(len(halved))[:2_000]]
    _, _, directions = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)
    return halved @ directions[:_COMPONENTS].T / np.sqrt(halved.shape[1])


def _show_the_same(
    flat: np.ndarray, contrast: np.ndarray, one: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """Returns bool [pairs]."""
    result = np.zeros(len(one), bool)
    # In parts: all pairs at once may take gigabytes.
    for start in range(0, len(one), 4_096):
        part = slice(start, start + 4_096)
        scale = np.minimum(contrast[one[part]], contrast[other[part]])
        difference = flat[one[part]] - flat[other[part]]
        mean = np.sqrt(np.square(difference).mean(axis=1))
        most = np.abs(difference).max(axis=1)
        result[part] = (mean < _MOST_DIFFERENCE * scale) & (most < _MOST_AT_A_PIXEL * scale)
    return result


def _root(groups: np.ndarray, index: int) -> int:
    while groups[index] != index:
        groups[index] = groups[groups[index]]
        index = int(groups[index])
    return index


def _join(groups: np.ndarray, one: int, other: int) -> None:
    first, second = sorted((_root(groups, one), _root(groups, other)))
    groups[second] = first
