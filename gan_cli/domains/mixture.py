"""Mixtures of Gaussians in the plane, whose modes are known: the test bed of mode collapse."""

import hashlib
import math
import re
from dataclasses import dataclass

import numpy as np

from gan_cli.errors import UserError

# A point is of high quality within so many standard deviations of a mode's centre.
QUALITY_RADIUS = 3.0
_MOST_MODES = 10_000


@dataclass(frozen=True)
class Mixture:
    """Equally likely round Gaussians of one width.

    Attributes:
      centres: float64 [modes, 2], within [-1, 1].
      std: standard deviation of each coordinate about its centre.
    """

    name: str
    centres: np.ndarray
    std: float

    @property
    def sha256(self) -> str:
        """SHA-256 of the centres and the width, in hexadecimal."""
        return hashlib.sha256(self.centres.tobytes() + np.float64(self.std).tobytes()).hexdigest()

    def draw(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns points, float32 [count, 2], and the mode that each is of, int32 [count]."""
        rng = np.random.default_rng(seed)
        modes = rng.integers(0, len(self.centres), count)
        points = self.centres[modes] + self.std * rng.standard_normal((count, 2))
        return points.astype(np.float32), modes.astype(np.int32)


def mixture_named(name: str, mode_std: float | None = None) -> Mixture:
    """Returns the mixture of a name, with modes of a standard deviation.

    `ring8`: 8 modes on the unit circle, by default of standard deviation 0.01. `grid25`: 5 x 5
    modes spread over [-1, 1] x [-1, 1], by default of a fortieth of their spacing, 0.0125. These
    are the 2D-ring and, at a quarter of its size, the 2D-grid of Srivastava et al. 2017 (VEEGAN)
    and Lin et al. 2018 (PacGAN, section 4.1). Other numbers of modes likewise.

    Raises:
      UserError: no such mixture, or modes so wide that points could be of several.
    """
    match = re.fullmatch(r"(ring|grid)([1-9]\d{0,4})", name)
    shape, count = (match[1], int(match[2])) if match else ("", 0)
    side = math.isqrt(count)
    sound = 2 <= count <= _MOST_MODES and (shape == "ring" or side**2 == count)
    if not sound:
        raise UserError(
            f"data.name: must be 'ring' and a number of modes, such as ring8, or 'grid' and a"
            f" square number, such as grid25, up to {_MOST_MODES}; got '{name}'"
        )
    if shape == "ring":
        angles = 2 * np.pi * np.arange(count) / count
        centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        spacing, usual_std = 2 * math.sin(math.pi / count), 0.01
    else:
        ticks = np.linspace(-1.0, 1.0, side)
        centres = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
        spacing = 2 / (side - 1)
        usual_std = spacing / 40
    std = mode_std or usual_std
    if 2 * QUALITY_RADIUS * std >= spacing:
        raise UserError(
            f"data.mode_std: modes of {name} are {spacing:.3g} apart, so that it must be less than"
            f" {spacing / (2 * QUALITY_RADIUS):.3g} for circles of {QUALITY_RADIUS:g} standard"
            f" deviations to stay apart, got {std:g}"
        )
    return Mixture(name, centres, std)
