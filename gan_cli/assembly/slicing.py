"""Gradient accumulation of a resolved config: what it needs, and what it changes."""

import keras
import tensorflow as tf

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.errors import UserError
from gan_cli.models.contract import layers_within
from gan_cli.models.layers.improved import MinibatchDiscrimination
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation
from gan_cli.objectives.losses import Loss
from gan_cli.training.objective import Objective

_KEY = "training.gradient_accumulation"


def slice_counts(config: ResolvedConfig, unit: int) -> list[int]:
    """Returns the numbers of slices, more than one, into which the batch can be dealt.

    Args:
      unit: number of images by which the size of a slice, on all devices, must be divisible.
    """
    units = config.training.batch_size // unit
    whole = config.training.batch_size % unit == 0
    return [count for count in range(2, units + 1) if whole and units % count == 0]


def next_slice_count(config: ResolvedConfig) -> int | None:
    """Returns the next larger number of slices that fits the batch; None: there is none."""
    now = config.training.gradient_accumulation
    return next((n for n in slice_counts(config, config.model.pack) if n > now), None)


def check_slices(config: ResolvedConfig, objective: Objective, replicas: int) -> None:
    """Checks that each update's batch can be dealt out in slices of equal size.

    Raises:
      UserError: it cannot.
    """
    count, batch_size = config.training.gradient_accumulation, config.training.batch_size
    if count == 1:
        return
    if not objective.loss.compares_images and _depends_on_others(objective.loss):
        raise UserError(
            f"objective.loss: '{config.objective.loss}' compares the images of a batch; its Loss"
            f" must have compares_images=True to be used with {_KEY}"
        )
    unit = replicas * config.model.pack
    parts = [f"{replicas} devices"] if replicas > 1 else []
    parts += [f"packs of {config.model.pack}"] if config.model.pack > 1 else []
    measured = [lazy.name for lazy in objective.generator_penalties if lazy.penalty.measure]
    if measured and unit % 2:
        # It takes every other image.
        unit *= 2
        parts.append(f"pairs for {measured[0]}")
    fitting = slice_counts(config, unit)
    if count in fitting:
        return
    of = f" of {' and '.join(parts)}" if parts else ""
    others = f"{_one_of(fitting)} would fit" if fitting else "no other number than 1 would fit"
    raise UserError(
        f"{_KEY}: training.batch_size {batch_size} cannot be split into {count} equal slices{of};"
        f" {others}"
    )


def _depends_on_others(loss: Loss) -> bool:
    """Returns whether an example's loss changes with the logits of another one."""
    logits = tf.constant([0.3, -0.7, 1.1, -0.2])
    others = tf.constant([0.3, -0.7, 2.3, 0.9])

    def first_two(logits: tf.Tensor) -> tf.Tensor:
        both = [loss.discriminator(logits, -logits, 1.0), loss.generator(logits, -logits)]
        return tf.stack(both)[:, :2]

    return bool(tf.reduce_any(tf.abs(first_two(logits) - first_two(others)) > 1e-6))


def _one_of(counts: list[int]) -> str:
    *first, last = map(str, counts)
    return f"{', '.join(first)} or {last}" if first else last


def slicing_notes(
    config: ResolvedConfig, networks: tuple[keras.Model, ...], replicas: int = 1
) -> list[str]:
    """Returns a sentence on each kind of layer that sees a slice in place of the whole batch.

    Args:
      networks: as built for the config.
    """
    count = config.training.gradient_accumulation
    if count == 1:
        return []
    layers = [layer for network in networks for layer in layers_within(network)]
    whole = config.training.batch_size // replicas
    judged = whole // config.model.pack
    differing = []
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers):
        differing.append("batch normalisation")
    if any(isinstance(layer, MinibatchDiscrimination) for layer in layers):
        differing.append("minibatch discrimination")
    if any(
        isinstance(layer, MinibatchStandardDeviation)
        and layer.group_of(judged // count) != layer.group_of(judged)
        for layer in layers
    ):
        differing.append("minibatch standard deviation")
    if not differing:
        return []
    # Batch normalisation is synchronised over devices only where the batch is whole.
    seen = config.training.batch_size if "batch normalisation" in differing else whole
    return [
        f"{_KEY}: {' and '.join(differing)} {'sees' if len(differing) == 1 else 'see'}"
        f" {whole // count} images at a time instead of {seen}, so training differs from that on"
        " the whole batch"
    ]
