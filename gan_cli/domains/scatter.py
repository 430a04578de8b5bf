"""Generated points of the plane in one picture, over real ones."""

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

# The picture shows the square from -1.5 to 1.5; modes lie within [-1, 1].
_EXTENT = 1.5
MOST_REAL_POINTS = 2000


def scatter_plot(points: np.ndarray, real: np.ndarray) -> Image.Image:
    """Draws points over real ones, in 480 x 480 pixels, and says how many lie outside.

    Args:
      points, real: float32 [..., 2]. At most 2,000 real ones are drawn.
    """
    points, real = np.reshape(points, (-1, 2)), np.reshape(real, (-1, 2))[:MOST_REAL_POINTS]
    figure = Figure(figsize=(4.8, 4.8), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(real[:, 0], real[:, 1], s=14, c="#c4c9ce", linewidths=0, label="real")
    axes.scatter(
        points[:, 0], points[:, 1], s=5, c="#d1495b", alpha=0.6, linewidths=0, label="generated"
    )
    axes.set(xlim=(-_EXTENT, _EXTENT), ylim=(-_EXTENT, _EXTENT), aspect="equal")
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])
    axes.spines[["top", "right"]].set_visible(False)
    # Written so that points that are not finite count as outside.
    outside = int((~(np.abs(points) <= _EXTENT).all(axis=1)).sum())
    if outside:
        axes.set_xlabel(f"{outside} of {len(points)} generated points lie outside")
    axes.legend(frameon=False, loc="upper right", ncols=2, markerscale=2.0)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return Image.open(content).convert("RGB")
