"""Everything that changes during training, in one object; checkpoints save nothing else."""

from dataclasses import dataclass, field

import keras
import tensorflow as tf


@dataclass
class GanState:
    """Both networks, the averaged generator, both optimisers, and the progress of training.

    Random numbers and the order of the data are functions of the seed, `step` and `images_shown`,
    so they need no state of their own.

    Attributes:
      memory: variables that penalties and controllers keep between steps, by name.
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
        # Optimisers create their slots on first use, which is not possible within a tf.function.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def images_so_far(self) -> int:
        """Returns `images_shown` as a number."""
        return int(self.images_shown.numpy())

    def variables(self) -> dict[str, tf.Variable]:
        """Returns every variable by its place, such as `generator/3/kernel`."""
        return {
            **model_variables("generator", self.generator),
            **model_variables("discriminator", self.discriminator),
            **model_variables("generator_ema", self.generator_ema),
            **optimizer_variables("generator_optimizer", self.generator_optimizer),
            **optimizer_variables("discriminator_optimizer", self.discriminator_optimizer),
            "step": self.step,
            "images_shown": self.images_shown,
            **{f"memory/{name}": variable for name, variable in self.memory.items()},
        }


def model_variables(part: str, model: keras.Model) -> dict[str, tf.Variable]:
    """Returns a network's variables, weights and buffers, by their names in checkpoints.

    Names hold the position of the variable: Keras numbers layers throughout a process, so that
    layer names differ between two builds of one network, while the order of variables does not.
    """
    return {f"{part}/{i}/{v.name}": v.value for i, v in enumerate(model.variables)}


def optimizer_variables(part: str, optimizer: keras.optimizers.Optimizer) -> dict[str, tf.Variable]:
    """Returns an optimiser's variables by their names in checkpoints."""
    return {f"{part}/{i}": v.value for i, v in enumerate(optimizer.variables)}
