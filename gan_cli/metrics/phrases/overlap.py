"""How far distances among real phrases and from real to generated ones agree."""

import numpy as np

_POINTS = 1024


def overlap_area(real: np.ndarray, generated: np.ndarray) -> float:
    """Returns the overlap of two densities of distances, from 0 to 1.

    Yang and Lerch 2020 (On the evaluation of generative models in music), section 3.4: the first
    density is of the distances among all pairs of real values, the second of those from all real to
    all generated ones. Both are estimated on one grid, by Gaussian kernels of Scott's width.

    Args:
      real, generated: one descriptor of each phrase, float64 [count].
    """
    first, second = np.triu_indices(len(real), 1)
    among = np.abs(real[first] - real[second])
    between = np.abs(real[:, None] - generated[None, :]).ravel()
    widths = [each.std(ddof=1) * len(each) ** -0.2 for each in (among, between)]
    highest = max(among.max(), between.max())
    # A density of equal values has no width; give it one that the grid resolves.
    floor = max(highest, 1.0) / 200
    widths = [max(width, floor) for width in widths]
    margin = 4 * max(widths)
    grid = np.linspace(-margin, highest + margin, _POINTS)
    densities = [
        _density(each, grid, width) for each, width in zip((among, between), widths, strict=True)
    ]
    return float(np.minimum(*densities).sum() * (grid[1] - grid[0]))


def _density(values: np.ndarray, grid: np.ndarray, width: float) -> np.ndarray:
    """Returns a kernel density at the points of a grid, from values shared out to these points."""
    spacing = grid[1] - grid[0]
    places = (values - grid[0]) / spacing
    left = np.clip(places.astype(np.int64), 0, len(grid) - 2)
    share = places - left
    masses = np.bincount(left, 1 - share, len(grid)) + np.bincount(left + 1, share, len(grid))
    away = np.arange(-len(grid) + 1, len(grid)) * spacing
    kernel = np.exp(-0.5 * (away / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.convolve(masses / len(values), kernel)[len(grid) - 1 : 2 * len(grid) - 1]
