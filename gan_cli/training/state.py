"""Everything that changes during training, in one object: what is not here is not saved."""

from dataclasses import dataclass, field

import keras
import tensorflow as tf


@dataclass
class GanState:
    """Both networks, the averaged generator, both optimisers, and how far training has come.

    Random numbers and the order of the data are functions of the seed and of `step` and
    `images_shown`, so they need no state of their own.

    Attributes:
      memory: what penalties and controllers keep between steps, by name.
    """

    generator: keras.Model
    discriminator: keras.Model
    generator_ema: keras.Model
    generator_optimizer: keras.optimizers.Optimizer
    discriminator_optimizer: keras.optimizers.Optimizer
    step: tf.Variable = field(
        default_factory=lambda: tf.Variable(0, trainable=False, dtype=tf.int64)
    )
    images_shown: tf.Variable = field(
        default_factory=lambda: tf.Variable(0, trainable=False, dtype=tf.int64)
    )
    memory: dict[str, tf.Variable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.generator_ema.set_weights(self.generator.get_weights())
        # Optimisers make their slots on first use, which a tf.function forbids.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def images_so_far(self) -> int:
        """`images_shown` as a number, wherever its variable is kept."""
        return int(self.images_shown.numpy())

    def variables(self) -> dict[str, tf.Variable]:
        """Every variable under its place, such as `generator/3/kernel`."""
        return {
            **model_variables("generator", self.generator),
            **model_variables("discriminator", self.discriminator),
            **model_variables("generator_ema", self.generator_ema),
            **_optimizer_variables("generator_optimizer", self.generator_optimizer),
            **_optimizer_variables("discriminator_optimizer", self.discriminator_optimizer),
            "step": self.step,
            "images_shown": self.images_shown,
            **{f"memory/{name}": variable for name, variable in self.memory.items()},
        }


def model_variables(part: str, model: keras.Model) -> dict[str, tf.Variable]:
    """A network's variables, weights and buffers, under the names that a checkpoint holds.

    Keras numbers layers through the life of a process, so that their names differ between two
    builds of one network; the order of its variables does not.
    """
    return {f"{part}/{i}/{v.name}": v.value for i, v in enumerate(model.variables)}


def _optimizer_variables(part: str, optimizer: keras.optimizers.Optimizer) -> dict:
    return {f"{part}/{i}": v.value for i, v in enumerate(optimizer.variables)}
