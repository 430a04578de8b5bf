"""Paths through the latent space."""

from collections.abc import Callable

import numpy as np


def linear_path(nodes: np.ndarray, steps: int, closed: bool = False) -> np.ndarray:
    """Returns straight lines from node to node; the path passes through every node exactly.

    Args:
      nodes: float32 [count, latent_dim], at least two.
      steps: from one node to the next.
      closed: whether the path returns from the last node to the first, which it does not repeat.

    Returns:
      float32 [length, latent_dim]; length is steps * (count - 1) + 1 or, closed, steps * count.
    """
    return _through(nodes, steps, closed, lambda a, b, share: (1.0 - share) * a + share * b)


def spherical_path(nodes: np.ndarray, steps: int, closed: bool = False) -> np.ndarray:
    """Returns great circles from node to node (Shoemake 1985; White 2016, section 2.1).

    In many dimensions, normal latents lie near a sphere. A straight line between two of them passes
    far inside the sphere, where training saw hardly any latents; an arc stays on it.

    Args and Returns: as of `linear_path`.
    """
    return _through(nodes, steps, closed, arc)


def circle_path(first: np.ndarray, second: np.ndarray, steps: int) -> np.ndarray:
    """Returns a closed loop, cos(t) first + sin(t) second.

    Where `first` and `second` are independent N(0, 1) latents, so is every latent of the loop.
    `second` lies a quarter of the way round.

    Args:
      first, second: float32 [latent_dim].
      steps: latents on each quarter.

    Returns:
      float32 [4 * steps, latent_dim].
    """
    angles = np.arange(4 * steps)[:, None] * (np.pi / (2 * steps))
    path = np.cos(angles) * first.astype(np.float64) + np.sin(angles) * second.astype(np.float64)
    # Exactly: the cosine of a rounded right angle is not 0.
    path[:: 2 * steps] = [first, -first]
    path[steps :: 2 * steps] = [second, -second]
    return path.astype(np.float32)


def arc(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Returns what lies the given share of the way along the great circle from start to end.

    Args:
      start, end: float64 [latent_dim].
      share: 0 to 1.
    """
    if share == 0.0:
        return start
    norms = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / norms, -1.0, 1.0)) if norms else 0.0
    # Parallel vectors have no arc between them, opposite ones infinitely many: use the line.
    if np.sin(angle) < 1e-6:
        return (1.0 - share) * start + share * end
    weights = np.sin((1.0 - share) * angle), np.sin(share * angle)
    return (weights[0] * start + weights[1] * end) / np.sin(angle)


def _through(
    nodes: np.ndarray,
    steps: int,
    closed: bool,
    between: Callable[[np.ndarray, np.ndarray, float], np.ndarray],
) -> np.ndarray:
    nodes = np.asarray(nodes, np.float64)
    targets = np.roll(nodes, -1, axis=0) if closed else nodes[1:]
    path = [
        between(start, end, step / steps)
        for start, end in zip(nodes, targets, strict=False)
        for step in range(steps)
    ]
    if not closed:
        path.append(nodes[-1])
    return np.array(path, np.float32)
