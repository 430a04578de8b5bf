"""What --dry_run prints: config, networks, arithmetic and memory, and a sheet of real images."""

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from gan_cli.config.load import dump_config
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.data.pipeline import training_batches
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory
from gan_cli.training.state import GanState

_MEBIBYTE = 2**20


def describe_experiment(
    config: ResolvedConfig, data: DataSplits, state: GanState, run: RunDirectory
) -> None:
    """Prints everything that is known before the first step.

    Raises:
      UserError: the sheet of images cannot be written.
    """
    console = Console()
    console.print(dump_config(config), highlight=False, markup=False, soft_wrap=True)
    for model in (state.generator, state.discriminator):
        model.summary(line_length=100)
    table = Table("network", "parameters", "FLOPs per image, forward", "activations per image")
    for model in (state.generator, state.discriminator):
        table.add_row(
            model.name,
            f"{model.count_params():,}",
            f"{flops_per_image(model):,}",
            f"{activation_bytes(model) / _MEBIBYTE:.2f} MiB",
        )
    console.print(table)
    state_bytes = sum(v.dtype.size * v.shape.num_elements() for v in state.variables().values())
    # Both networks' activations are held for the backward passes: G once; D for reals and fakes.
    activations = config.training.batch_size * (
        activation_bytes(state.generator) + 2 * activation_bytes(state.discriminator)
    )
    images = data.train.images.nbytes + data.holdout.images.nbytes
    console.print(
        f"memory, estimated: {state_bytes / _MEBIBYTE:.0f} MiB of weights, averages and optimiser"
        f" slots, {activations / _MEBIBYTE:.0f} MiB of activations at batch"
        f" {config.training.batch_size}, {images / _MEBIBYTE:.0f} MiB of images",
        soft_wrap=True,
    )
    batch = next(
        iter(
            training_batches(
                data.train, config.training.batch_size, config.seed, mirror=config.data.mirror
            )
        )
    )
    path = run.path / "dry-run-reals.png"
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        data.domain.picture(np.array(batch["images"][0]), 8, data.train.images).save(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
    console.print(f"the first batch of real images: {path}", soft_wrap=True)


def flops_per_image(model) -> int:
    """Floating point operations of a forward pass of one image, by TensorFlow's own count.

    Of a network that grows, when it is whole: TensorFlow counts no branches.
    """
    specs = [tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    inputs = specs if len(specs) > 1 else specs[0]
    growing = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if hasattr(layer, "always_whole")
    ]
    for layer in growing:
        layer.always_whole = True
    forward = tf.function(lambda x: model(x, training=False), autograph=False)
    graph = forward.get_concrete_function(inputs).graph
    for layer in growing:
        layer.always_whole = False
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    counted = profiler.profile(graph, options=options.with_empty_output().build())
    return counted.total_float_ops


def activation_bytes(model) -> int:
    """Bytes of all layers' outputs for one image, those of models within the model too."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += activation_bytes(layer)
            continue
        for tensor in tf.nest.flatten(layer.output):
            total += int(np.prod(tensor.shape[1:])) * tf.as_dtype(tensor.dtype).size
        total += getattr(layer, "inner_activation_bytes", 0)
    return total
