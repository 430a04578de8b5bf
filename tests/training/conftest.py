"""A small GAN to step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.objective import LazyPenalty, Objective
from gan_cli.training.precision import dtype_policy
from gan_cli.training.state import GanState
from gan_cli.training.step import Averaging, TrainStep
from gan_cli.training.step_losses import StepLosses

BATCH, LATENT = 8, 6


class SmallGan:
    """Builds a state and a step on 12 x 12 images, with everything a test may vary."""

    def __init__(
        self,
        architecture="conv",
        loss="non_saturating",
        penalties=(),
        policy="float32",
        optimizer=lambda: keras.optimizers.Adam(1e-2, beta_1=0.5),
        num_classes=0,
        seed=0,
        half_life_kimg=0.05,
        learning_rate_factor=lambda images_shown: tf.constant(1.0),
        augmentation=None,
        fake_labels=None,
        skip_non_finite=False,
        remedies=None,
        options=None,
        **objective,
    ):
        keras.utils.set_random_seed(seed)
        family = ARCHITECTURES.load(architecture)
        spec = ModelSpec(
            12,
            12,
            1,
            LATENT,
            num_classes,
            base_channels=10,
            max_channels=16,
            options={**family.options, **(options or {})},
        )
        with dtype_policy(policy):
            models = (
                family.build_generator(spec),
                family.build_discriminator(spec),
                family.build_generator(spec),
            )
        for model in models:
            for weight in model.trainable_variables:
                # Attention that starts from nothing would hold its own weights still for a step.
                if weight.path.endswith("/gamma") and weight.shape == ():
                    weight.assign(0.5)
                # And so would residual blocks that end in nothing.
                if len(weight.shape) == 4 and not np.any(weight):
                    weight.assign(keras.random.normal(weight.shape, stddev=0.1, seed=1))
        optimizers = optimizer(), optimizer()
        penalty_discriminator = None
        if policy == "mixed_float16":
            optimizers = [keras.optimizers.LossScaleOptimizer(o) for o in optimizers]
            penalty_discriminator = family.build_discriminator(spec)
        self.state = GanState(*models, *optimizers)
        lazy = []
        implied = [(name, 1.0, 1) for name in family.penalties]
        for name, gamma, every in (*penalties, *implied):
            penalty = PENALTIES.load(name)
            memory = penalty.memory(self.state.discriminator.trainable_variables)
            self.state.memory.update({f"{name}/{key}": v for key, v in memory.items()})
            lazy.append(LazyPenalty(name, penalty, gamma, every, memory))
        control = None
        if augmentation:
            # So eager that a few steps move the probability.
            control = AugmentationControl(
                AUGMENTATIONS.load(augmentation),
                tf.Variable(0.0, trainable=False),
                "pair_sign",
                target=-1.0,
                adjustment_kimg=0.1,
            )
            self.state.memory.update(control.variables())
        losses = StepLosses(
            self.state,
            Objective(LOSSES.load(loss), lazy, **objective),
            batch_size=BATCH,
            latents=lambda seed: tf.random.stateless_normal([BATCH, LATENT], seed),
            gradient_models=(penalty_discriminator, None),
            augmentation=control,
            remedies=remedies,
        )
        self.step = TrainStep(
            losses,
            Averaging(half_life_kimg),
            seed=seed,
            learning_rates=tuple(float(o.learning_rate.numpy()) for o in optimizers),
            learning_rate_factor=learning_rate_factor,
            fake_labels=fake_labels,
            skip_non_finite=skip_non_finite,
        )


@pytest.fixture
def small_gan():
    return SmallGan


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, 12, 12, 1), dtype=np.uint8)
    labels = rng.integers(0, 3, BATCH).astype(np.int32)
    return tf.constant(images), tf.constant(labels)


@pytest.fixture
def snapshot():
    """Returns a function that copies all of a model's variables."""
    return lambda model: [np.array(v) for v in model.variables]
