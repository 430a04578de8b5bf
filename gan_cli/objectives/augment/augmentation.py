"""The interface of an augmentation."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from gan_cli.errors import UserError

Transform = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tuple[str, ...]], tf.Tensor]


@dataclass(frozen=True)
class Augmentation:
    """A random, differentiable change of images, with one distribution for real and generated ones.

    For given draws, the change is an affine map of the pixels, of operations with gradients of
    every order, so that penalties on the discriminator's gradient can pass through it.

    Attributes:
      transform: (images, probability, seed, policies) -> images; see `apply`.
      policies: names of the parts that `transform` applies, in its order.
      further_policies: names of parts that are applied only where `only` names them, after those of
        `policies`.
      alternatives: pairs of policies of which `only` takes one at most.
      default_probability: probability where the config gives none; the initial value where
        training adapts it.
      adaptive: whether a controller moves the probability during training by default.
      automatic: whether `objective.augmentation: auto` stands for it where there are few images.
      leaks_above: probability above which generated images may show what it does; None: never.
    """

    transform: Transform
    policies: tuple[str, ...]
    further_policies: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, str], ...] = ()
    default_probability: float = 1.0
    adaptive: bool = False
    automatic: bool = False
    leaks_above: float | None = None

    def apply(self, images: tf.Tensor, probability: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the images, each changed by its own draws.

        Args:
          images: float32 [batch, height, width, 1, 3 or 4] in [-1, 1], of static shape except for
            the batch. A fourth channel is alpha: it moves with the pixels and keeps its values.
          probability: float32 scalar in [0, 1]; a tensor, so that changing it needs no new trace.
            At 0 the images come back bit for bit.
          seed: stateless seed, int32 [2]. The same seed gives the same change.
        """
        return self.transform(images, probability, seed, self.policies)

    def only(self, policies: Sequence[str]) -> "Augmentation":
        """Returns the same augmentation with some of its policies, in their usual order.

        Raises:
          UserError: a name is unknown, two names exclude each other, or there are no names.
        """
        known = dict.fromkeys((*self.policies, *self.further_policies))
        unknown = [name for name in policies if name not in known]
        if unknown or not policies:
            got = f"unknown '{unknown[0]}'" if unknown else "none given"
            raise UserError(f"augmentation policies: {got} (known: {', '.join(known)})")
        for one, other in self.alternatives:
            if one in policies and other in policies:
                raise UserError(f"augmentation policies: name '{one}' or '{other}', not both")
        kept = tuple(name for name in known if name in policies)
        return dataclasses.replace(self, policies=kept)
