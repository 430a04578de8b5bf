"""Paths through the latent space."""

import numpy as np


def linear_path(nodes: np.ndarray, steps: int, closed: bool = False) -> np.ndarray:
    """Straight lines from node to node, both of which are on the path exactly.

    Args:
      nodes: float32 [count, latent_dim], at least two.
      steps: from one node to the next.
      closed: whether it goes on from the last node towards the first, which it does not repeat.

    Returns:
      float32 [length, latent_dim]; length is steps * (count - 1) + 1 or, closed, steps * count.
    """
    return _through(nodes, steps, closed, lambda a, b, share: (1.0 - share) * a + share * b)


def spherical_path(nodes: np.ndarray, steps: int, closed: bool = False) -> np.ndarray:
    """Great circles from node to node (Shoemake 1985; White 2016, section 2.1).

    In many dimensions normal latents lie near a sphere. A straight line between two of them passes
    far inside it, where hardly any latent of training was; an arc stays on it.

    Args and Returns: as of `linear_path`.
    """
    return _through(nodes, steps, closed, arc)


def circle_path(first: np.ndarray, second: np.ndarray, steps: int) -> np.ndarray:
    """A closed loop, cos(t) first + sin(t) second, of which every point is distributed alike.

    For independent N(0, 1) latents each point is N(0, 1) itself. A quarter of the way is `second`.

    Args:
      first, second: float32 [latent_dim].
      steps: points on each quarter.

    Returns:
      float32 [4 * steps, latent_dim].
    """
    angles = np.arange(4 * steps)[:, None] * (np.pi / (2 * steps))
    path = np.cos(angles) * first.astype(np.float64) + np.sin(angles) * second.astype(np.float64)
    # Exactly: the cosine of a rounded right angle is not 0.
    path[:: 2 * steps] = [first, -first]
    path[steps :: 2 * steps] = [second, -second]
    return path.astype(np.float32)


def _through(nodes, steps, closed, between) -> np.ndarray:
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


def arc(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    if share == 0.0:
        return start
    norms = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / norms, -1.0, 1.0)) if norms else 0.0
    # Parallel: there is no arc. Opposite: there are infinitely many.
    if np.sin(angle) < 1e-6:
        return (1.0 - share) * start + share * end
    weights = np.sin((1.0 - share) * angle), np.sin(share * angle)
    return (weights[0] * start + weights[1] * end) / np.sin(angle)
