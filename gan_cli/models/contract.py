"""What an architecture is, and everything that the rest of gan-cli may ask of its networks.

An `Architecture` builds a generator and a discriminator from a `ModelSpec`. Two plain Keras models
are enough. A network offers more by two conventions, all of which stand in this module:

- Layers and outputs of certain names, such as `features` (see the constants below).
- Layers with certain methods, here called hooks, such as `before_update` (see the protocols).

Nobody looks for these names or methods elsewhere: all other code calls the functions below.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# bool, int, float or str; the architecture that has the option knows which.
Option = Any

# An option of architectures whose networks once had other sizes than the authors' code: true, or
# not given, builds those of the authors; false the earlier ones, which earlier runs have.
PUBLISHED_SIZES = "published_sizes"

# An option of architectures of equalised learning rate whose class head once had a plain layer:
# true, or not given, equalises it as all others; false is for earlier runs.
EQUALIZED_CLASS_HEAD = "equalized_class_head"

# Outputs of a discriminator. One with a single output, of any name, returns the logits.
# float32 [batch]: above 0 where it takes an image for real.
LOGITS = "logits"
# float32 [batch, num_classes]: the class that it sees, for `auxiliary` conditioning.
CLASS_LOGITS = "class_logits"
# float32 [batch]: how badly it decodes each real image from its features (fastgan).
RECONSTRUCTION_ERROR = "reconstruction_error"

# A layer of a discriminator, float32 [batch, n]: what its last layer reads. Feature matching
# compares it, and the search for latents of an image uses it.
FEATURES = "features"
# The layer that embeds labels, in either network. `orthogonal` leaves its weights alone.
LABEL_EMBEDDING = "label_embedding"
# The last layer of a generator, float32 [batch, height, width, channels].
IMAGES = "images"

# The two models that a generator with styles consists of: from latents (and labels) to styles,
# float32 [batch, layers, n], and from styles to images. Both names are present, or neither.
MAPPING, SYNTHESIS = "mapping", "synthesis"
# A layer of `mapping` whose `average`, float32 [n], is the mean style. Truncation needs it.
STYLE_AVERAGE = "style_average"


@dataclass(frozen=True)
class ModelSpec:
    """The sizes of one network.

    Attributes:
      height, width, channels: size of the images.
      latent_dim: length of a latent vector.
      num_classes: number of class labels to condition on; 0: unconditional.
      conditioning: how a label enters this network; see `layers.conditioning`.
      base_channels: width of the layers at full resolution.
      max_channels: upper bound of the width, which doubles with every halving of the resolution.
      options: every setting of `Architecture.options`, with the value that the config gives it.
      layout: what the kind of sample tells beside its shape; see `domains.domain.Domain.layout`.
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
    layout: Mapping[str, int] = field(default_factory=dict)

    def width_at(self, level: int) -> int:
        """Returns the number of channels after `level` halvings of the resolution."""
        return min(self.base_channels * 2**level, self.max_channels)


@dataclass(frozen=True)
class Architecture:
    """A family of generator and discriminator.

    Attributes:
      build_generator: returns a model from latents, float32 [batch, latent_dim], to images, float32
        [batch, height, width, channels], nominally in [-1, 1] and clipped there when written. A
        conditional one takes [latents, labels].
      build_discriminator: returns a model from images to logits, float32 [batch], or to a dict of
        outputs by name. A conditional one takes [images, labels], except for `auxiliary`
        conditioning, where it takes images alone. Labels are int32 [batch].
      base_channels: width at full resolution where the config gives none.
      learning_rate: learning rate of both optimisers where the config gives none.
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


@runtime_checkable
class BeforeUpdate(Protocol):
    """A layer that does something before each update of its network."""

    def before_update(self, images_shown: "tf.Tensor") -> None:
        """Called within the step's `tf.function`, outside its gradient tapes.

        Spectral normalisation takes steps of its power iteration; noise and progressive growing
        set their clocks.

        Args:
          images_shown: real images that training has shown so far, int64 scalar.
        """


@runtime_checkable
class DrawsInTraining(Protocol):
    """A layer of a generator that draws random numbers in training-mode passes."""

    def draw_anew(self) -> None:
        """Makes the next passes use other random numbers; called between passes of one step."""


@runtime_checkable
class FollowsWeights(Protocol):
    """A layer with buffers that follow from its weights, such as a singular vector."""

    def own_buffers(self) -> "list[keras.Variable]":
        """Returns these buffers, which a running average of the network does not copy."""
        ...

    def after_averaging(self) -> None:
        """Updates the buffers of a running average after its weights have moved."""


@runtime_checkable
class ViewOfReals(Protocol):
    """A layer of a discriminator that changes the real images which the step compares."""

    def view_of_reals(self, images: "tf.Tensor") -> "tf.Tensor":
        """Returns real images at the resolution that generated images have by now.

        Args:
          images: float32 [batch, height, width, channels]; the result has the same shape.
        """


@runtime_checkable
class GrowsInStages(Protocol):
    """A layer of a network whose new parts begin to be trained in the course of training."""

    def begins_stage(self, images_before: "tf.Tensor", images_shown: "tf.Tensor") -> "tf.Tensor":
        """Returns whether a stage begins in this step, bool scalar.

        Args:
          images_before, images_shown: real images shown before the previous step and before this
            one, int64 scalars.
        """
        ...


@runtime_checkable
class FixForExport(Protocol):
    """A layer that chooses between branches while it trains."""

    def fix_for_export(self) -> None:
        """Keeps to the present branch from now on: formats for inference have no branches."""


@runtime_checkable
class AlwaysWhole(Protocol):
    """A layer that computes a part of itself, depending on its state.

    Attributes:
      always_whole: compute the whole layer without branches, whatever the state. False at first.
    """

    always_whole: bool


@runtime_checkable
class InnerActivations(Protocol):
    """A layer that holds activations within, beside its output."""

    @property
    def inner_activation_bytes(self) -> int:
        """Bytes of the inner activations for one image, where all of the layer is computed."""
        ...


def layers_within(model: "keras.Model") -> "list[keras.Layer]":
    """Returns the layers of a model, those of inner models, and layers within layers."""
    # Keras has no public way to reach layers within layers.
    return list(model._flatten_layers(include_self=False))


def before_update(model: "keras.Model", images_shown: "tf.Tensor") -> None:
    """Calls every `before_update` hook of a network; `images_shown` is an int64 scalar."""
    for layer in layers_within(model):
        if isinstance(layer, BeforeUpdate):
            layer.before_update(images_shown)


def draw_anew(generator: "keras.Model") -> None:
    """Makes the generator's next training-mode passes use other random numbers."""
    for layer in layers_within(generator):
        if isinstance(layer, DrawsInTraining):
            layer.draw_anew()


def begins_stage(
    model: "keras.Model", images_before: "tf.Tensor", images_shown: "tf.Tensor"
) -> "tf.Tensor | None":
    """Returns whether a stage of a growing network begins in this step; None: it never grows.

    Args:
      images_before, images_shown: see `GrowsInStages`.
    """
    for layer in layers_within(model):
        if isinstance(layer, GrowsInStages):
            return layer.begins_stage(images_before, images_shown)
    return None


def layers_that_follow_weights(model: "keras.Model") -> list[FollowsWeights]:
    """Returns the layers whose buffers a running average computes from its own weights."""
    return [layer for layer in layers_within(model) if isinstance(layer, FollowsWeights)]


def view_of_reals(discriminator: "keras.Model", images: "tf.Tensor") -> "tf.Tensor":
    """Returns real images as they are to be compared with generated ones in this step.

    They come back unchanged unless a layer has the hook `view_of_reals`.

    Args:
      images: float32 [batch, height, width, channels] in [-1, 1].
    """
    for layer in layers_within(discriminator):
        if isinstance(layer, ViewOfReals):
            images = layer.view_of_reals(images)
    return images


def fix_for_export(generator: "keras.Model") -> None:
    """Makes layers that choose between branches keep to the branch that they are in, for good."""
    for layer in layers_within(generator):
        if isinstance(layer, FixForExport):
            layer.fix_for_export()


@contextlib.contextmanager
def whole(model: "keras.Model") -> Iterator[None]:
    """Within this context, networks that grow compute all of themselves, without branches."""
    layers = [layer for layer in layers_within(model) if isinstance(layer, AlwaysWhole)]
    for layer in layers:
        layer.always_whole = True
    try:
        yield
    finally:
        for layer in layers:
            layer.always_whole = False


def inner_activation_bytes(layer: "keras.Layer") -> int:
    """Returns the bytes of activations within a layer for one image; 0 without the hook."""
    return layer.inner_activation_bytes if isinstance(layer, InnerActivations) else 0


def output_names(discriminator: "keras.Model") -> set[str]:
    """Returns the names that `output_of` accepts: outputs and layers of a discriminator."""
    outputs = discriminator.output if isinstance(discriminator.output, dict) else ()
    return {*outputs, *(layer.name for layer in discriminator.layers)}


def output_of(discriminator: "keras.Model", name: str) -> "keras.KerasTensor":
    """Returns the output of a discriminator that has this name, or else the output of a layer.

    Raises:
      ValueError: there is neither.
    """
    outputs = discriminator.output if isinstance(discriminator.output, dict) else {}
    return outputs[name] if name in outputs else discriminator.get_layer(name).output


def has_styles(generator: "keras.Model") -> bool:
    """Returns whether a generator consists of a `mapping` to styles and a `synthesis` from them."""
    return {MAPPING, SYNTHESIS} <= {layer.name for layer in generator.layers}


def style_size_of(generator: "keras.Model") -> int | None:
    """Returns how many numbers a style has; None where the generator has no styles."""
    return synthesis_of(generator).inputs[0].shape[-1] if has_styles(generator) else None


def mapping_of(generator: "keras.Model") -> "keras.Model":
    """Returns the model from latents (and labels) to styles, float32 [batch, layers, n].

    Raises:
      ValueError: the generator has no styles.
    """
    return generator.get_layer(MAPPING)


def synthesis_of(generator: "keras.Model") -> "keras.Model":
    """Returns the model from styles, float32 [batch, layers, n], to images.

    Raises:
      ValueError: the generator has no styles.
    """
    return generator.get_layer(SYNTHESIS)


def style_average_of(generator: "keras.Model") -> "keras.Variable":
    """Returns the variable that holds the mean style: float32 [n].

    Raises:
      ValueError: the generator has no styles, or its mapping keeps no mean.
    """
    return mapping_of(generator).get_layer(STYLE_AVERAGE).average
