"""R3GAN: Huang et al. 2024 ("The GAN is dead; long live the GAN!"), configuration E.

Residual blocks of grouped convolutions without normalisation, initialised as in Zhang et al. 2019
(Fixup); made for the relativistic loss with R1 and R2 at every step.
"""

import math

import keras

from gan_cli.models.contract import LABEL_EMBEDDING, LOGITS, Architecture, ModelSpec
from gan_cli.models.layers.basis import BiasedLeakyReLU, DiscriminativeBasis, GenerativeBasis
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    named_features,
)
from gan_cli.models.layers.grouped import GroupedConv2D
from gan_cli.models.layers.labels import known_labels
from gan_cli.models.layers.resample import FilteredDownsampling, FilteredUpsampling
from gan_cli.models.layers.resolution import resolution_ladder

_SLOPE = 0.2
_LEAKY_RELU_GAIN = (2.0 / (1.0 + _SLOPE**2)) ** 0.5


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator, whose output is linear: only the discriminator bounds it to [-1, 1]."""
    ladder = resolution_ladder(spec.height, spec.width)
    latents = keras.Input([spec.latent_dim], dtype="float32", name="latents")
    inputs, x = [latents], latents
    if spec.num_classes:
        labels = keras.Input([], dtype="int32", name="labels")
        known = known_labels(labels, spec.num_classes)
        embedding = _embedding(spec, spec.latent_dim, gain=1.0)(known)
        inputs, x = [latents, labels], keras.layers.Concatenate()([latents, embedding])
    for level in range(len(ladder) - 1, -1, -1):
        width = spec.width_at(level)
        if level == len(ladder) - 1:
            x = GenerativeBasis(ladder[level], width)(x)
        else:
            if x.shape[-1] != width:
                x = _convolution(width, 1)(x)
            x = FilteredUpsampling(ladder[level])(x)
        x = _stage(x, spec, num_stages=len(ladder))
    x = _convolution(spec.channels, 1)(x)
    images = keras.layers.Activation("linear", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator.

    With `projection`, the logit is the inner product of features and label alone.
    """
    ladder = resolution_ladder(spec.height, spec.width)
    inputs, images = discriminator_inputs(spec)
    x = _convolution(spec.width_at(0), 1)(images)
    for level in range(len(ladder)):
        x = _stage(x, spec, num_stages=len(ladder))
        if level == len(ladder) - 1:
            break
        x = FilteredDownsampling()(x)
        if x.shape[-1] != spec.width_at(level + 1):
            x = _convolution(spec.width_at(level + 1), 1)(x)
    features = named_features(DiscriminativeBasis()(x))
    if not spec.num_classes or spec.conditioning != "projection":
        return discriminator_outputs(spec, inputs, features, _linear(1)(features))
    size = spec.width_at(0)
    embedding = _embedding(spec, size, gain=size**-0.5)(inputs[1])
    product = keras.layers.Dot(axes=1, dtype="float32")([_linear(size)(features), embedding])
    logits = keras.layers.Reshape([], dtype="float32", name=LOGITS)(product)
    return keras.Model(inputs, logits, name="discriminator")


def _stage(x: keras.KerasTensor, spec: ModelSpec, num_stages: int) -> keras.KerasTensor:
    """Applies the residual blocks of one resolution: widening 1x1, grouped 3x3, narrowing 1x1."""
    channels, blocks = x.shape[-1], spec.options["blocks_per_stage"]
    # All L blocks of m = 3 layers together keep the variance: L^(-1 / (2 m - 2)).
    gain = _LEAKY_RELU_GAIN * (blocks * num_stages) ** -0.25
    wide = channels * spec.options["expansion"]
    groups = wide // math.gcd(wide, spec.options["group_channels"])
    for _ in range(blocks):
        y = BiasedLeakyReLU(_SLOPE)(_convolution(wide, 1, gain=gain)(x))
        y = BiasedLeakyReLU(_SLOPE)(_convolution(wide, 3, groups=groups, gain=gain)(y))
        x = keras.layers.Add()([x, _convolution(channels, 1, gain=0.0)(y)])
    return x


def _convolution(
    channels: int, kernel_size: int, groups: int = 1, gain: float = 1.0
) -> GroupedConv2D:
    """Returns a convolution without bias, with weights from N(0, gain^2 / fan-in)."""
    return GroupedConv2D(
        channels,
        kernel_size,
        padding="same",
        groups=groups,
        use_bias=False,
        kernel_initializer=_initializer(gain),
    )


def _linear(units: int) -> keras.layers.Dense:
    return keras.layers.Dense(units, use_bias=False, kernel_initializer=_initializer(1.0))


def _initializer(gain: float) -> keras.initializers.Initializer:
    if not gain:
        return keras.initializers.Zeros()
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")


def _embedding(spec: ModelSpec, size: int, gain: float) -> keras.layers.Embedding:
    """Returns a linear map of the one-hot label, with weights from N(0, gain^2 / classes)."""
    return keras.layers.Embedding(
        spec.num_classes,
        size,
        embeddings_initializer=keras.initializers.RandomNormal(
            stddev=gain * spec.num_classes**-0.5
        ),
        name=LABEL_EMBEDDING,
    )


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-4,
    largest=1024,
    options={"blocks_per_stage": 2, "expansion": 2, "group_channels": 16},
)
