"""Memory that a training step takes, estimated from the outputs of the layers."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from gan_cli.assembly.slicing import next_slice_count, slice_counts
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.errors import UserError
from gan_cli.experiment.out_of_memory import OUT_OF_MEMORY, size_text
from gan_cli.io.memory import memory_in_use, memory_limit
from gan_cli.models.contract import inner_activation_bytes
from gan_cli.training.segments import recomputed_bytes
from gan_cli.training.state import GanState

# Measured peaks of a step on a CPU were 1.9 to 2.8 times the estimate, by architecture: gradients,
# and what kernels need for themselves.
_LEAST_TIMES, _MOST_TIMES = 1.8, 2.8
# Share of the memory from which on a way to take less is named.
_MUCH = 0.5


def activation_bytes(model: keras.Model) -> int:
    """Returns the bytes of all layers' outputs for one image, inner models included."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += activation_bytes(layer)
            continue
        for tensor in tf.nest.flatten(layer.output):
            total += int(np.prod(tensor.shape[1:])) * tf.as_dtype(tensor.dtype).size
        total += inner_activation_bytes(layer)
    return total


def step_bytes(config: ResolvedConfig, state: GanState) -> int:
    """Returns the bytes of the outputs of layers that a step holds for its backward passes."""
    held = recomputed_bytes if config.training.recompute else activation_bytes
    generator, discriminator = map(held, (state.generator, state.discriminator))
    # The discriminator holds those of real and of generated images.
    images = config.training.batch_size // config.training.gradient_accumulation
    return images * (generator + 2 * discriminator)


def estimated_bytes(config: ResolvedConfig, state: GanState, data: DataSplits) -> dict[str, int]:
    """Returns estimated bytes of the variables, a step's activations, and all samples."""
    return {
        "state": sum(v.dtype.size * v.shape.num_elements() for v in state.variables().values()),
        "activations": step_bytes(config, state),
        "samples": data.train.images.nbytes + data.holdout.images.nbytes,
    }


def memory_line(config: ResolvedConfig, estimated: Mapping[str, int], peak: int | None) -> str:
    """Returns a line on the memory of training, as estimated and as measured.

    Args:
      estimated: see `estimated_bytes`.
      peak: bytes held at the peak of some steps; None: nobody knows.
    """
    slices = config.training.gradient_accumulation
    batch = f"batches of {config.training.batch_size}"
    batch += f" in {slices} slices" if slices > 1 else ""
    line = (
        f"memory: estimated, {size_text(estimated['activations'])} of activations for {batch},"
        f" {size_text(estimated['state'])} of weights, averages and optimiser slots"
    )
    if peak is None:
        return line
    if tf.config.list_physical_devices("GPU"):
        return f"{line}; measured, {size_text(peak)} on a GPU at the peak of a step"
    limit = memory_limit()
    line += f"; measured, {size_text(peak)} of {size_text(limit)} in all at the peak of a step"
    more = next_slice_count(config)
    if peak > _MUCH * limit and more is not None:
        line += f"; training.gradient_accumulation {more} makes the same updates in less"
    elif peak > _MUCH * limit and not config.training.recompute:
        line += "; training.recompute: true makes the same updates in less"
    return line


def refuse_what_cannot_fit(config: ResolvedConfig, state: GanState) -> None:
    """Refuses steps that need more memory than the CPU can have.

    TensorFlow's kernels end the process where an allocation fails, so it is too late then to say
    anything. On GPUs they raise errors.

    Raises:
      UserError: even the least estimate exceeds what is free.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    limit, in_use = memory_limit(), memory_in_use()
    free, needed, batch_size = limit - in_use, step_bytes(config, state), config.training.batch_size
    slices = config.training.gradient_accumulation
    if _LEAST_TIMES * needed <= free:
        return
    pack = config.model.pack
    fits = int(free / (_MOST_TIMES * needed * slices / batch_size)) // pack * pack
    advice = f"about {fits} images fit" if fits > 0 else "not even a single image is sure to fit"
    fitting = [n for n in slice_counts(config, pack) if batch_size // n <= fits]
    if fitting:
        advice += (
            f" at a time; training.gradient_accumulation {fitting[0]} makes the same update of"
            f" {batch_size} images in slices of {batch_size // fitting[0]}"
        )
    of = f" in {slices} slices" if slices > 1 else ""
    raise UserError(
        f"training.batch_size: {OUT_OF_MEMORY}: a step on {batch_size} images{of} takes at least"
        f" {size_text(_LEAST_TIMES * needed)}, and {size_text(max(free, 0))} of"
        f" {size_text(limit)} are free; {advice}; smaller networks (model.generator_channels,"
        " model.discriminator_channels) take less too"
    )
