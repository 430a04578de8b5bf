"""The objective that a step minimises: the adversarial loss and both networks' penalties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import Penalty
from gan_cli.training.schedule import Setting


@dataclass(frozen=True)
class LazyPenalty:
    """A penalty that is applied in every `every`-th step, `every` times as strongly.

    Attributes:
      memory: the variables that the penalty keeps between steps.
    """

    name: str
    penalty: Penalty
    gamma: Setting
    every: int = 1
    memory: Mapping[str, tf.Variable] = field(default_factory=dict)


@dataclass(frozen=True)
class InstanceNoise:
    """Gaussian noise on every image that D sees, fading out (Sonderby et al. 2017, section 3.2).

    Attributes:
      std: standard deviation at the start, for images in [-1, 1]; it falls linearly to 0 at
        `until_kimg`.
    """

    std: float
    until_kimg: float


@dataclass(frozen=True)
class Objective:
    """What a step minimises, and how often it updates the discriminator.

    Attributes:
      penalties, generator_penalties: penalties of the discriminator's and the generator's update.
      real_target: label of real images, below 1 for one-sided label smoothing.
      n_critic: discriminator updates per generator update, each on real images of its own.
      fresh_generator_batch: whether the generator's update has latents, labels and, if it needs
        any, real images of its own.
      simultaneous: take the gradients of both updates at the same weights, from the same passes,
        instead of one after the other. Requires `n_critic` 1 and a shared batch.
      weight_clip: bound of the discriminator's weights after each of its updates.
      pack: number of images that the discriminator judges together.
    """

    loss: Loss
    penalties: Sequence[LazyPenalty] = ()
    generator_penalties: Sequence[LazyPenalty] = ()
    real_target: float = 1.0
    n_critic: int = 1
    fresh_generator_batch: bool = False
    simultaneous: bool = False
    weight_clip: float | None = None
    pack: int = 1
    instance_noise: InstanceNoise | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the discriminator's outputs that the penalties need beside logits."""
        lazies = (*self.penalties, *self.generator_penalties)
        return tuple(dict.fromkeys(name for lazy in lazies for name in lazy.penalty.needs_outputs))

    @property
    def needs_real_deviation(self) -> bool:
        """Whether a penalty needs the standard deviation of the real images."""
        lazies = (*self.penalties, *self.generator_penalties)
        return any(lazy.penalty.needs_real_deviation for lazy in lazies)

    @property
    def generator_sees_real(self) -> bool:
        """Whether the generator's update passes real images through the discriminator."""
        needed = [lazy.penalty.needs_real_outputs for lazy in self.generator_penalties]
        return self.loss.generator_sees_real or any(needed)

    @property
    def generator_has_reals(self) -> bool:
        """Whether the generator's update has real images of its own."""
        return self.fresh_generator_batch and self.generator_sees_real

    @property
    def real_batches(self) -> int:
        """Number of batches of real images that a step takes."""
        return self.n_critic + self.generator_has_reals
