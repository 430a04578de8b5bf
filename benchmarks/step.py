"""Times our training step against the hand-written one, on the same networks, in turn."""

import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.hand_written import HandWrittenLoop
from gan_cli.assembly.state import build_optimizer
from gan_cli.config.resolved import ResolvedOptimizer
from gan_cli.data.dataset import ImageDataset
from gan_cli.data.pipeline import training_batches
from gan_cli.objectives import LOSSES
from gan_cli.training.loop import compile_steps
from gan_cli.training.objective import Objective
from gan_cli.training.precision import dtype_policy
from gan_cli.training.state import GanState
from gan_cli.training.step import Averaging, TrainStep
from gan_cli.training.step_losses import StepLosses

STEPS = 16
LEARNING_RATE = 1e-4


def alternate(
    ours: Callable[[], None], theirs: Callable[[], None], images: int, rounds: int
) -> tuple[str, str, str, str, str]:
    """Times two functions in turn, after one warm-up each; both handle `images` images.

    Returns:
      images per second of either, by its median round, then the median, least and largest ratio.
    """
    ours()
    theirs()
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for function, spent in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            function()
            spent.append(time.perf_counter() - began)
    ratios = np.divide(times[1], times[0])
    rates = [f"{images / np.median(spent):,.0f}" for spent in times]
    return (
        rates[0],
        rates[1],
        f"{np.median(ratios):.2f}",
        f"{ratios.min():.2f}",
        f"{ratios.max():.2f}",
    )


def time_step(
    images: np.ndarray,
    build: Callable[[], tuple],
    *,
    batch_size: int,
    rounds: int,
    precision: str = "float32",
    alternating: bool = True,
    steps: int = STEPS,
) -> tuple[str, ...]:
    """Times both loops by `alternate`: `steps` steps, non-saturating and without penalties.

    Args:
      images: uint8 [count, height, width, channels].
      build: returns a new generator and a new discriminator.
      precision: of our networks; the hand-written loop's are float32, as one writes them.
      alternating: which order both loops update in; see `HandWrittenLoop`.
    """

    with dtype_policy(precision):
        (generator, discriminator), (average, _) = build(), build()
    g, d = build()
    baseline = HandWrittenLoop(g, d, batch_size, alternating, LEARNING_RATE)
    optimizers = (
        build_optimizer(ResolvedOptimizer(learning_rate=LEARNING_RATE), False) for _ in range(2)
    )
    shape = [batch_size, generator.input_shape[-1]]
    losses = StepLosses(
        GanState(generator, discriminator, average, *optimizers),
        Objective(LOSSES.load("non_saturating"), simultaneous=not alternating),
        batch_size=batch_size,
        latents=lambda seed: tf.random.stateless_normal(shape, seed),
    )
    step = TrainStep(
        losses,
        Averaging(20.0),
        seed=0,
        learning_rates=(LEARNING_RATE, LEARNING_RATE),
        learning_rate_factor=lambda images_shown: tf.constant(1.0),
    )
    run_steps = compile_steps(step, images.shape[1:], xla=False)
    data = ImageDataset(images, None, (), "")
    stacks = iter(training_batches(data, batch_size, 0, steps_per_call=steps))
    batches = baseline.batches(images)

    def ours() -> None:
        batch = next(stacks)
        float(run_steps(batch["images"], batch["labels"])["generator_loss"])

    def theirs() -> None:
        for _ in range(steps):
            loss = baseline.step(next(batches))
        float(loss)

    return alternate(ours, theirs, steps * batch_size, rounds)
