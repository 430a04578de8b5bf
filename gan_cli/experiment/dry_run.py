"""What is known about an experiment before its first step."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_cli.config.load import dump_config
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.data.pipeline import training_batches
from gan_cli.data.report import DataReport
from gan_cli.errors import UserError
from gan_cli.experiment.machine import device_text
from gan_cli.experiment.measured import quality_line
from gan_cli.experiment.speed import time_line
from gan_cli.experiment.step_memory import activation_bytes, estimated_bytes, memory_line
from gan_cli.models.contract import whole
from gan_cli.run.directory import RunDirectory
from gan_cli.training.state import GanState

_SUMMARY_WIDTH = 100


@dataclass(frozen=True)
class NetworkDescription:
    """Size and cost of one network.

    Attributes:
      summary: a table of its layers, as Keras writes it.
      flops: floating point operations of a forward pass of one image.
      activation_bytes: memory of all layers' outputs for one image.
    """

    name: str
    summary: str
    parameters: int
    flops: int
    activation_bytes: int


@dataclass(frozen=True)
class Description:
    """What would be trained.

    Attributes:
      overview: what matters most, a line for each fact: data, labels, device, time, memory,
        and for images what quality to expect.
      config: the resolved config, as YAML.
      state_bytes: estimated memory of weights, averages and optimiser slots.
      activation_bytes: estimated memory of a step's activations.
      image_bytes: memory of all samples.
      picture: file with the first batch of real samples.
      samples: their kind, as a plural, such as `strings`.
    """

    overview: tuple[str, ...]
    config: str
    generator: NetworkDescription
    discriminator: NetworkDescription
    batch_size: int
    state_bytes: int
    activation_bytes: int
    image_bytes: int
    picture: Path
    samples: str


def describe_experiment(
    config: ResolvedConfig,
    data: DataSplits,
    state: GanState,
    run: RunDirectory,
    images_per_second: float,
    report: DataReport,
    replicas: int = 1,
    peak: int | None = None,
) -> Description:
    """Describes an experiment, and writes a sheet of real images into its run directory.

    Args:
      replicas: number of devices that take a step together.
      peak: bytes held at the peak of a step; None: not measured.

    Raises:
      UserError: the sheet of images cannot be written.
    """
    batch_size = config.training.batch_size
    generator, discriminator = map(_describe_network, (state.generator, state.discriminator))
    training = config.training
    estimated = estimated_bytes(config, state, data)
    return Description(
        (
            *(f"data: {line}" for line in report.lines()),
            *label_lines(config, data),
            f"device: {device_text(replicas)}, {training.precision}",
            time_line(
                images_per_second,
                training.grid_every_kimg,
                training.kimg,
                training.max_minutes,
                data.domain.name,
            ),
            memory_line(config, estimated, peak),
            *_quality(config, data),
        ),
        dump_config(config),
        generator,
        discriminator,
        batch_size,
        estimated["state"],
        estimated["activations"],
        estimated["samples"],
        _write_picture(config, data, run),
        data.domain.name,
    )


def label_lines(config: ResolvedConfig, data: DataSplits) -> list[str]:
    """Returns a line that says so where the data has labels and the run does not use them."""
    classes = len(data.train.class_names)
    if config.model.conditional or classes < 2:
        return []
    return [
        f"labels: {classes} classes are found, and not used: model.conditional: true lets you"
        " choose the class of a sample"
    ]


def _quality(config: ResolvedConfig, data: DataSplits) -> list[str]:
    """Returns a line on the quality to expect; nothing was measured for others than images."""
    return [quality_line(config, len(data.train.images))] if data.domain.name == "images" else []


def _describe_network(model: keras.Model) -> NetworkDescription:
    lines: list[str] = []
    model.summary(line_length=_SUMMARY_WIDTH, print_fn=lambda line, **_: lines.append(line))
    return NetworkDescription(
        model.name,
        "\n".join(lines).removesuffix("\n"),
        model.count_params(),
        flops_per_image(model),
        activation_bytes(model),
    )


def _write_picture(config: ResolvedConfig, data: DataSplits, run: RunDirectory) -> Path:
    batches = training_batches(
        data.train,
        config.training.batch_size,
        config.seed,
        mirror=config.data.mirror,
        flip=config.data.flip,
        quarter_turns=config.data.quarter_turns,
        even_classes=config.data.class_sampling == "uniform",
        vary=data.domain.varied if data.domain.varies else None,
    )
    batch = next(iter(batches))
    path = run.path / "dry-run-reals.png"
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        data.domain.picture(np.array(batch["images"][0]), 8, data.train.images).save(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def flops_per_image(model: keras.Model) -> int:
    """Returns the floating point operations of a forward pass of one image, as TensorFlow counts.

    A network that grows is counted at its full size: TensorFlow counts no branches.
    """
    specs = [tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    inputs = specs if len(specs) > 1 else specs[0]
    forward = tf.function(lambda x: model(x, training=False), autograph=False)
    with whole(model):
        graph = forward.get_concrete_function(inputs).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    counted = profiler.profile(graph, options=options.with_empty_output().build())
    return counted.total_float_ops
