"""What runs of this package have reached before: the measured run that is nearest to a new one."""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gan_cli.config.resolved import ResolvedConfig

_FILE = Path(__file__).with_name("measured.json")
# How much differences count against each other: a factor of two in the side, another architecture,
# a factor of ten in the number of images, a factor of ten in the length.
_SIDE, _ARCHITECTURE, _IMAGES, _LENGTH = 2.0, 2.0, 1.0, 0.5
# Beyond this factor, a run has another side, number of images or length.
_MUCH = 1.5


@dataclass(frozen=True)
class MeasuredRun:
    """One run that was trained and scored.

    Attributes:
      what: what its images show.
      images: number of training images.
      classes: number of classes that it was conditional on; 0: none.
      augmentation: name, or None.
      minutes: how long it took on two CPU cores; None: unknown.
      features: feature network of the distance.
      fd: Fréchet distance to held-out images.
      floor: the distance of training images; None: unknown.
      source: page that reports it.
    """

    what: str
    images: int
    side: int
    channels: int
    classes: int
    architecture: str
    augmentation: str | None
    kimg: float
    minutes: float | None
    features: str
    fd: float
    floor: float | None
    source: str


@cache
def measured_runs() -> tuple[MeasuredRun, ...]:
    """Returns all measured runs."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))["rows"]
    return tuple(MeasuredRun(**row) for row in rows)


def quality_line(config: ResolvedConfig, num_images: int) -> str:
    """Returns a line on what the nearest measured run reached, and in what this one differs.

    Args:
      config: of a run on images.
      num_images: training images.
    """
    side, kimg = max(config.data.image_size), config.training.kimg
    named = config.model.architecture
    architecture = named if isinstance(named, str) else "other networks"

    def distance(run: MeasuredRun) -> float:
        return (
            _SIDE * abs(math.log2(side / run.side))
            + _ARCHITECTURE * (architecture != run.architecture)
            + _IMAGES * abs(math.log10(max(num_images, 1) / run.images))
            + _LENGTH * abs(math.log10(kimg / run.kimg))
        )

    run = min(measured_runs(), key=distance)
    differences = []
    if not 1 / _MUCH < side / run.side < _MUCH:
        differences.append(f"{side} pixels")
    if architecture != run.architecture:
        differences.append(architecture)
    if not 1 / _MUCH < num_images / run.images < _MUCH:
        differences.append(f"{num_images:,} images")
    if not 1 / _MUCH < kimg / run.kimg < _MUCH:
        differences.append(f"{kimg:,g} kimg")
    took = "" if run.minutes is None else f" in {run.minutes:g} minutes on 2 CPU cores"
    floor = "" if run.floor is None else f", where real images get {run.floor:g}"
    own = f"; unlike that one, this run has {', '.join(differences)}" if differences else ""
    return (
        f"quality: of the measured runs, the nearest is on {run.images:,} {run.what} of"
        f" {run.side}x{run.side} pixels, {run.architecture}, {run.kimg:g} kimg{took}: it reached a"
        f" Fréchet distance of {run.fd:g} ({run.features} features){floor} ({run.source}){own}"
    )
