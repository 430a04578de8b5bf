"""What the training step knows of an augmentation."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from gan_cli.errors import UserError

Transform = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tuple[str, ...]], tf.Tensor]


@dataclass(frozen=True)
class Augmentation:
    """A random, differentiable change of images, the same in law for real and generated ones.

    For given draws it is an affine map of the pixels, made of operations that have gradients of
    every order, so that penalties on the discriminator's gradient can be taken through it.

    Attributes:
      transform: (images, probability, seed, policies) -> images; see `apply`.
      policies: names of the parts that `transform` applies, in its order.
      default_probability: where the config names none; where training adapts it, its first value.
      adaptive: whether it is made for a probability that a controller moves during training.
      automatic: whether `objective.augmentation: auto` stands for it where there are few images.
    """

    transform: Transform
    policies: tuple[str, ...]
    default_probability: float = 1.0
    adaptive: bool = False
    automatic: bool = False

    def apply(self, images: tf.Tensor, probability: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the images, each changed by draws of its own.

        Args:
          images: float32 [batch, height, width, 1, 3 or 4] in [-1, 1]; all but the batch static. A
            fourth channel is alpha: it moves with the pixels and keeps its values.
          probability: float32 scalar in [0, 1]; a tensor, so that changing it traces nothing anew.
            At 0 the images come back bit for bit.
          seed: stateless seed, int32 [2]. The same seed is the same change.
        """
        return self.transform(images, probability, seed, self.policies)

    def only(self, policies: Sequence[str]) -> "Augmentation":
        """Returns the same augmentation with some of its parts; they keep the order they have here.

        Raises:
          UserError: a name is unknown, or there is none.
        """
        unknown = [name for name in policies if name not in self.policies]
        if unknown or not policies:
            got = f"unknown '{unknown[0]}'" if unknown else "none given"
            raise UserError(f"augmentation policies: {got} (known: {', '.join(self.policies)})")
        kept = tuple(name for name in self.policies if name in policies)
        return dataclasses.replace(self, policies=kept)
