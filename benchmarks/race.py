"""Trains three GANs for five minutes each on Fashion-MNIST, and compares what they reach.

python -m benchmarks.race [SECONDS]

The contenders are gan-cli's default recipe, a plain conv GAN, and TensorFlow's DCGAN tutorial. They
train for the same time on the same machine, one after the other, and are scored in the features of
one classifier; only training counts as time. Grids, curves and a table are written
to docs/figures.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

import gan_cli
from benchmarks import tutorial
from benchmarks.hand_written import HandWrittenLoop
from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.config.data_section import DataConfig, IdxKeys
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.domains.grid import image_grid
from gan_cli.domains.images import Images
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import classifier
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.training.loop import compile_steps
from gan_cli.training.objective import LazyPenalty, Objective
from gan_cli.training.state import GanState
from gan_cli.training.step import Averaging, TrainStep
from gan_cli.training.step_losses import StepLosses

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "docs" / "figures"
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
MARKS = (0.1, 0.25, 0.5, 0.75, 1.0)
NUM_SAMPLES = 10_000


@dataclass
class Contender:
    """A name, a generator that trains a little at each `next`, and the network to be scored."""

    name: str
    training: Iterator[int]
    generator: Any
    latent_dim: int


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    data = open_splits(DataConfig(source="idx", idx=IdxKeys(path=FASHION_MNIST)))
    network = classifier.build(data.train, data.holdout)
    assert network.accuracy is not None
    evaluator = FeatureEvaluator(network, data.train, data.holdout)
    FIGURES.mkdir(parents=True, exist_ok=True)
    floor = evaluator.frechet([data.train.images[:NUM_SAMPLES]])
    results = {}
    makers: tuple[Callable[..., Contender], ...] = (ours, plain_conv, tutorial_dcgan)
    for make in makers:
        contender = make(data)
        curve, images = race(contender, evaluator, seconds)
        probabilities = network.probabilities(images)
        assert probabilities is not None
        classes = probabilities.argmax(axis=1)
        shares = np.bincount(classes, minlength=10) / len(classes)
        results[contender.name] = {
            "curve": curve,
            "least_class_share": shares.min(),
            "largest_class_share": shares.max(),
        }
        slug = contender.name.replace(" ", "-")
        image_grid(images[:100], 10).save(FIGURES / f"race-{slug}.png")
        # After each, so that a race that is cut short leaves what it has.
        report(results, floor, seconds, network.accuracy)


def race(contender: Contender, evaluator, seconds: float):
    """Trains for `seconds`, scoring at the marks; returns the curve and the last images."""
    latents = latents_for_seeds(range(NUM_SAMPLES), contender.latent_dim, "normal")
    sampler = Sampler(contender.generator, Images(contender.generator.output_shape[1:]))
    next(contender.training)  # traces the graph
    spent, curve, images = 0.0, [], np.zeros(0)
    for mark in MARKS:
        while spent < mark * seconds:
            began = time.perf_counter()
            shown = next(contender.training)
            spent += time.perf_counter() - began
        images = sampler.images(latents)
        curve.append((spent, shown, evaluator.frechet([images])))
    return curve, images


def ours(data) -> Contender:
    """Returns gan-cli with the config file as users run it."""
    config = gan_cli.load_config(ROOT / "configs" / "fashion_mnist_idx.yaml")
    config = resolve_for(config, data)
    state: GanState = build_state(config, 10)
    return Contender(
        "gan-cli",
        _steps(build_step(config, state, 10, data.holdout), data),
        state.generator_ema,
        config.model.latent_dim,
    )


def plain_conv(data) -> Contender:
    """Returns a plain conv GAN with the relativistic loss, R1, R2 and an averaged generator."""

    def generator() -> keras.Model:
        latents = keras.Input([64])
        x = keras.layers.Dense(4 * 4 * 128, use_bias=False)(latents)
        x = keras.layers.Reshape([4, 4, 128])(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
        for channels, crop in ((64, 1), (32, 0)):
            x = keras.layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False)(x)
            x = keras.layers.Cropping2D(((0, crop), (0, crop)))(x)
            x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
        x = keras.layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh")(x)
        return keras.Model(latents, x)

    images = keras.Input([28, 28, 1])
    x = images
    for channels in (32, 64, 128):
        x = keras.layers.LeakyReLU(0.2)(keras.layers.Conv2D(channels, 4, 2, padding="same")(x))
    logits = keras.layers.Reshape([])(keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    adam = lambda: keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.99)  # noqa: E731
    state = GanState(generator(), keras.Model(images, logits), generator(), adam(), adam())
    penalties = [LazyPenalty(name, PENALTIES.load(name), 0.1, 16) for name in ("r1", "r2")]
    losses = StepLosses(
        state,
        Objective(LOSSES.load("relativistic"), penalties),
        batch_size=64,
        latents=lambda seed: tf.random.stateless_normal([64, 64], seed),
    )
    step = TrainStep(
        losses,
        Averaging(10.0, ramp_up=None),
        seed=0,
        learning_rates=(5e-4, 5e-4),
        learning_rate_factor=lambda images_shown: tf.constant(1.0),
    )
    return Contender("plain conv GAN", _steps(step, data), state.generator_ema, 64)


def tutorial_dcgan(data) -> Contender:
    loop = HandWrittenLoop(tutorial.build_generator(), tutorial.build_discriminator(), 256)

    def training() -> Iterator[int]:
        shown = 0
        for batch in loop.batches(data.train.images):
            float(loop.step(batch))
            shown += 256
            yield shown

    return Contender("tutorial DCGAN", training(), loop.generator, tutorial.LATENT_DIM)


def _steps(step, data) -> Iterator[int]:
    run_steps = compile_steps(step, (28, 28, 1), xla=False)
    for batch in training_batches(data.train, step.reals_per_step, 0, steps_per_call=16):
        float(run_steps(batch["images"], batch["labels"])["generator_loss"])
        yield int(step.state.images_shown)


def report(results: dict, floor: float, seconds: float, accuracy: float) -> None:
    """Prints the table, and writes it and the curves."""
    table = Table("contender", *(f"{mark * seconds:.0f} s" for mark in MARKS), "kimg", "classes")
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for name, result in results.items():
        curve = result["curve"]
        table.add_row(
            name,
            *(f"{value:.3g}" for _, _, value in curve),
            f"{curve[-1][1] / 1000:.0f}",
            f"{100 * result['least_class_share']:.0f}-{100 * result['largest_class_share']:.0f} %",
        )
        axes.plot([t for t, _, _ in curve], [v for _, _, v in curve], "o-", label=name)
    axes.axhline(floor, color="gray", linestyle=":", label="training images")
    axes.set(xlabel="seconds of training", ylabel="Fréchet distance, classifier", yscale="log")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    figure.savefig(FIGURES / "race.png", dpi=120)
    (FIGURES / "race.json").write_text(
        json.dumps({"floor": floor, "accuracy": accuracy, **results}, indent=1)
    )
    console = Console(width=110)
    console.print("Fréchet distance to the held-out images, by seconds of training")
    console.print(table)
    console.print(f"floor (training images): {floor:.3g}; classifier: {100 * accuracy:.1f} % right")


if __name__ == "__main__":
    main()
