"""A small GAN to step, built from a config by the composition root."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.data.sources import domain_of
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import Architecture
from gan_cli.training.state import GanState
from gan_cli.training.step import TrainStep

CLASS_NAMES = ("a", "b", "c")
DATA = {"source": "npz", "path": "no file is read", "image_size": (12, 12), "channels": 1}
POINTS = {"source": "points", "name": "ring8"}
MODEL = {
    "architecture": "conv",
    "conditional": False,
    "latent_dim": 6,
    "generator_channels": 10,
    "discriminator_channels": 10,
    "max_channels": 16,
}
# The architecture and the way of conditioning add the penalties that they cannot do without.
OBJECTIVE = {"loss": "non_saturating", "penalties": [], "augmentation": None}
OPTIMIZER = {"learning_rate": 1e-2, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-7}
TRAINING = {
    "batch_size": 8,
    "kimg": 1.0,
    "precision": "float32",
    "generator_optimizer": OPTIMIZER,
    "discriminator_optimizer": OPTIMIZER,
    "learning_rate_schedule": {"name": "constant"},
    "ema_half_life_kimg": 0.05,
}


@dataclass(frozen=True)
class Gan:
    """What the composition root builds from a config, and data to step it with.

    Attributes:
      data: 27 samples with labels of three classes.
    """

    state: GanState
    step: TrainStep
    data: ImageDataset

    @property
    def batch(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The first 8 samples and their labels."""
        return tf.constant(self.data.images[:8]), tf.constant(self.data.labels[:8])


@pytest.fixture
def small_gan():
    """Returns a function that builds a GAN for 12x12 images, or for points with `points_mlp`.

    Its arguments are sections of the config, which override those above.
    """
    return build_small_gan


def build_small_gan(*, model=None, objective=None, training=None, guard=None) -> Gan:
    model = MODEL | (model or {})
    architecture: Architecture = ARCHITECTURES.load(model["architecture"])
    config = Config.model_validate(
        {
            "data": POINTS if architecture.largest == 1 else DATA,
            "model": model,
            "objective": OBJECTIVE | (objective or {}),
            "training": TRAINING | (training or {}),
            "guard": guard or {},
        },
        strict=False,
    )
    domain = domain_of(config.data)
    data = made_up(domain.model_shape, domain.stored_dtype)
    resolved = resolve_for(config, DataSplits(data, data, domain))
    state = build_state(resolved, len(CLASS_NAMES))
    _wake(state)
    return Gan(state, build_step(resolved, state, len(CLASS_NAMES), data), data)


def _wake(state: GanState) -> None:
    """Gives weights to branches that start from nothing, which would hold others still at first."""
    for model in (state.generator, state.discriminator):
        for weight in model.trainable_variables:
            # The strength of self-attention.
            if weight.path.endswith("/gamma") and weight.shape == ():
                weight.assign(0.5)
            # The last convolution of a residual block.
            if len(weight.shape) == 4 and not np.any(weight):
                weight.assign(keras.random.normal(weight.shape, stddev=0.1, seed=1))
    state.generator_ema.set_weights(state.generator.get_weights())


def made_up(shape, dtype="uint8") -> ImageDataset:
    """27 random samples with labels of three classes."""
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 256, (27, *shape), dtype=np.uint8)
    if dtype == "float32":
        samples = samples.astype(np.float32) / 127.5 - 1.0
    labels = rng.integers(0, len(CLASS_NAMES), 27).astype(np.int32)
    return ImageDataset(samples, labels, CLASS_NAMES, "made up")


@pytest.fixture
def dataset():
    """27 images of 12x12 pixels with labels of three classes, as every GAN for images has them."""
    return made_up((12, 12, 1))


@pytest.fixture
def batch(dataset):
    """The first 8 of these images and their labels."""
    return tf.constant(dataset.images[:8]), tf.constant(dataset.labels[:8])


@pytest.fixture
def snapshot():
    """Returns a function that copies all of a model's variables."""
    return lambda model: [np.array(v) for v in model.variables]
