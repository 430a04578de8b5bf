"""What an architecture is: the sizes it is given, and the two builders that it provides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

# bool, int, float or str: which one, the architecture that has the option knows.
Option = Any


@dataclass(frozen=True)
class ModelSpec:
    """The sizes of one network.

    Attributes:
      height, width, channels: of the images.
      latent_dim: length of a latent vector.
      num_classes: number of class labels to condition on; 0: unconditional.
      conditioning: how a label enters this network; see `layers.conditioning`.
      base_channels: width of the layers at full resolution.
      max_channels: bound of the width, which doubles with every halving of the resolution.
      options: every setting of `Architecture.options`, with the value that the config gives it.
    """

    height: int
    width: int
    channels: int
    latent_dim: int
    num_classes: int = 0
    conditioning: str | None = None
    base_channels: int = 32
    max_channels: int = 512
    options: Mapping[str, Option] = field(default_factory=dict)

    def width_at(self, level: int) -> int:
        """Channels after `level` halvings of the resolution."""
        return min(self.base_channels * 2**level, self.max_channels)


@dataclass(frozen=True)
class Architecture:
    """A family of generator and discriminator.

    Attributes:
      build_generator: returns a model from latents, float32 [batch, latent_dim], to images, float32
        [batch, height, width, channels], meant for [-1, 1] and cut off there when they are written;
        conditional: from [latents, labels].
      build_discriminator: returns a model from images to logits, float32 [batch]; conditional: from
        [images, labels]. Labels are int32 [batch].
      base_channels: width at full resolution where the config names none.
      learning_rate: of both Adam optimisers, where the config names none.
      generator_conditioning, discriminator_conditioning: how a label enters each network where the
        config does not say.
      generator_conditionings, discriminator_conditionings: every way that it offers; see
        `layers.conditioning`.
      conditioning_penalties: for a way of conditioning the discriminator, the penalties that both
        networks' updates need with it and get unless the config names them itself.
      penalties: penalties that the discriminator's update needs with this discriminator, and gets
        unless the config names them itself.
      smallest, largest: bounds of the image side in pixels.
      options: settings that only this architecture has, with their default values. A config sets
        them in `model.options` and must keep to the defaults' types.
    """

    build_generator: "Callable[[ModelSpec], keras.Model]"
    build_discriminator: "Callable[[ModelSpec], keras.Model]"
    base_channels: int
    learning_rate: float
    generator_conditioning: str = "concat"
    generator_conditionings: tuple[str, ...] = ("concat",)
    discriminator_conditioning: str = "projection"
    discriminator_conditionings: tuple[str, ...] = ("projection", "concat", "auxiliary")
    conditioning_penalties: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"auxiliary": ("auxiliary_classifier",)}
    )
    penalties: tuple[str, ...] = ()
    smallest: int = 8
    largest: int = 256
    options: Mapping[str, Option] = field(default_factory=dict)
