"""Divides feature space into cells, by k-means."""

import numpy as np

from gan_cli.metrics.maths.nearest import nearest_neighbours

_MOST_ITERATIONS = 50


def k_means(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns the centres of `count` cells: float64 [count, dimension].

    Lloyd's algorithm, from initial centres spread by their distance (k-means++: Arthur and
    Vassilvitskii 2007). A cell that loses all its points keeps its centre.

    Args:
      points: [at least count, dimension].
    """
    points = np.asarray(points, np.float64)
    centres = _initial_centres(points, count, rng)
    cells = np.full(len(points), -1)
    for _ in range(_MOST_ITERATIONS):
        previous, cells = cells, cells_of(points, centres)
        if (cells == previous).all():
            break
        sizes = np.bincount(cells, minlength=count)
        order = np.argsort(cells, kind="stable")
        filled = np.flatnonzero(sizes)
        starts = np.cumsum(sizes)[filled] - sizes[filled]
        centres[filled] = np.add.reduceat(points[order], starts) / sizes[filled, None]
    return centres


def cells_of(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Returns the index of the centre that is nearest to each point: int64 [count]."""
    return nearest_neighbours(points, centres)[0][:, 0]


def _initial_centres(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [int(rng.integers(len(points)))]
    squares = np.full(len(points), np.inf)
    while len(chosen) < count:
        squares = np.minimum(squares, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        total = squares.sum()
        # The total is 0 where all points are equal; so are all centres then.
        chances = squares / total if total > 0 else None
        chosen.append(int(rng.choice(len(points), p=chances)))
    return points[chosen]
