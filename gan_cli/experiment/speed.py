"""Times training steps before a run, to say how long it would take."""

import time
from collections.abc import Callable, Iterable, Mapping

import tensorflow as tf

from gan_cli.domains.domain import speed_text
from gan_cli.experiment.early_grids import FIRST_EARLY_GRID_SECONDS

_ENOUGH_SECONDS = 3.0
# Lazy penalties are computed at every 16th step by default.
_ENOUGH_STEPS = 16
_MINUTES_PER_HOUR = 60
_MINUTES_PER_DAY = 24 * _MINUTES_PER_HOUR


def measured_images_per_second(
    run_steps: Callable,
    batches: Iterable[Mapping[str, tf.Tensor]],
    images_per_step: int,
    agree: Callable[[bool], bool] = bool,
    before_timing: Callable[[], object] = lambda: None,
) -> float:
    """Takes a few training steps, and returns the images shown per second.

    The first step is not counted, since TensorFlow compiles it. The steps change the state.

    Args:
      run_steps: made by `compile_steps`.
      batches: stacked batches, as `run_steps` takes them.
      images_per_step: images that one step shows.
      agree: from this worker's wish to stop to whether any worker has it.
      before_timing: called between the first step and those that are timed.
    """
    batch = next(iter(batches))
    images, labels = batch["images"][:1], batch["labels"][:1]

    def take_step() -> None:
        for value in run_steps(images, labels).values():
            float(value)

    take_step()
    before_timing()
    began, steps, seconds = time.monotonic(), 0, 0.0
    while steps < _ENOUGH_STEPS and not agree(steps > 0 and seconds >= _ENOUGH_SECONDS):
        take_step()
        steps, seconds = steps + 1, time.monotonic() - began
    return steps * images_per_step / max(seconds, 1e-9)


def duration(minutes: float) -> str:
    """Returns a duration in the unit that suits it: minutes, hours or days."""
    if minutes < 1.5:
        return f"{60 * minutes:.0f} seconds"
    if minutes < 2 * _MINUTES_PER_HOUR:
        return f"{minutes:.0f} minutes"
    if minutes < 2 * _MINUTES_PER_DAY:
        return f"{minutes / _MINUTES_PER_HOUR:.1f} hours"
    return f"{minutes / _MINUTES_PER_DAY:,.0f} days"


def long_run_warning(
    images_left: int, images_per_second: float, samples: str = "images"
) -> str | None:
    """Returns a warning of a run that would take more than a day; None: it takes less.

    Args:
      samples: name of the kind of samples.
    """
    minutes = images_left / max(images_per_second, 1e-9) / 60
    if minutes <= _MINUTES_PER_DAY:
        return None
    smaller, of_images = "training.kimg or training.max_minutes", ""
    if samples == "images":
        smaller = f"data.image_size, {smaller}"
        of_images = "; builtin:digits and builtin:fashion_mnist_idx are made for a CPU"
    return (
        f"warning: at {speed_text(images_per_second, samples, 1)} this run takes"
        f" {duration(minutes)}. Smaller networks (model.generator_channels,"
        f" model.discriminator_channels), a smaller {smaller} shorten it{of_images}"
    )


def time_line(
    images_per_second: float,
    grid_every_kimg: float,
    kimg: float,
    max_minutes: float | None,
    samples: str = "images",
) -> str:
    """Returns a line on when grids come and training ends; scoring takes further time.

    Args:
      samples: name of the kind of samples.
    """
    to_grid, to_end = (1000 * k / images_per_second / 60 for k in (grid_every_kimg, kimg))
    ending = f"{kimg:,g} kimg (thousands shown) take {duration(to_end)}"
    if max_minutes is not None and max_minutes < to_end:
        share = max_minutes / to_end
        ending = (
            f"stops after {duration(max_minutes)} by max_minutes, at about"
            f" {share * kimg:,.0f} of {kimg:,g} kimg (thousands shown), and schedules end there"
        )
    if to_grid >= to_end or (max_minutes is not None and to_grid > max_minutes):
        regular = ""
    else:
        regular = f", and every {duration(to_grid)}"
    first = f"grids from {FIRST_EARLY_GRID_SECONDS:.0f} seconds on{regular}"
    speed = speed_text(images_per_second, samples, 1)
    return f"time: {speed}; {ending}; {first}; scoring comes on top"
