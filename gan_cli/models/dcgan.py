"""DCGAN, by the guidelines of Radford et al. 2015, section 3.

Strided and transposed 5x5 convolutions and no pooling; batch normalisation in both networks except
at the generator's output and the discriminator's input; no hidden fully connected layers; ReLU in
the generator and tanh at its end, LeakyReLU 0.2 in the discriminator; weights from N(0, 0.02).

A transposed convolution of stride 2 computes neighbouring pixels by different weights of its
kernel, which leaves a dotted texture of period two. A short low-pass before the tanh, which the
paper does not have, removes that texture.
"""

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    IMPROVED_OPTIONS,
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
    normalized,
    with_neighbours,
    without_reference,
)
from gan_cli.models.layers.dropout import Dropout
from gan_cli.models.layers.resample import LowPass
from gan_cli.models.layers.resolution import resolution_ladder


def _weights() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _batch_norm() -> dict:
    gamma = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
    return {"momentum": 0.9, "epsilon": 1e-5, "gamma_initializer": gamma}


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at half the full resolution."""
    ladder = resolution_ladder(spec.height, spec.width)
    inputs, x = generator_inputs(spec)

    top = len(ladder) - 1
    height, width = ladder[-1]
    channels = spec.width_at(top - 1)
    x = keras.layers.Dense(
        height * width * channels, use_bias=False, kernel_initializer=_weights()
    )(x)
    x = keras.layers.Reshape([height, width, channels])(x)
    x = keras.layers.ReLU()(normalized(spec, inputs, x, **_batch_norm()))
    for level in range(top - 1, -1, -1):
        last = level == 0
        x = keras.layers.Conv2DTranspose(
            spec.channels if last else spec.width_at(level - 1),
            kernel_size=5,
            strides=2,
            padding="same",
            use_bias=last,
            kernel_initializer=_weights(),
        )(x)
        height, width = ladder[level]
        # Doubling exceeds an odd size by one row or column.
        x = keras.layers.Cropping2D(((0, x.shape[1] - height), (0, x.shape[2] - width)))(x)
        if not last:
            x = keras.layers.ReLU()(normalized(spec, inputs, x, **_batch_norm()))
    if spec.options.get("low_pass", True):
        x = LowPass()(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(
        without_reference(spec, x)
    )
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at half the full resolution.

    Raises:
      UserError: the share that dropout drops is not in [0, 1).
    """
    levels = len(resolution_ladder(spec.height, spec.width)) - 1
    dropout = spec.options.get("discriminator_dropout", 0.0)
    if not 0 <= dropout < 1:
        raise UserError(
            f"model.options.discriminator_dropout: must be at least 0 and below 1, got {dropout:g}"
        )
    inputs, x = discriminator_inputs(spec)
    for level in range(levels):
        normalized_here = level > 0 and spec.options.get("discriminator_batch_norm", True)
        x = keras.layers.Conv2D(
            spec.width_at(level),
            kernel_size=5,
            strides=2,
            padding="same",
            use_bias=not normalized_here,
            kernel_initializer=_weights(),
        )(x)
        if normalized_here:
            x = keras.layers.BatchNormalization(**_batch_norm())(x)
        x = keras.layers.LeakyReLU(0.2)(x)
        if dropout:
            x = Dropout(dropout)(x)
    features = named_features(keras.layers.Flatten()(x))
    logits = keras.layers.Dense(1, kernel_initializer=_weights())(with_neighbours(spec, features))
    return discriminator_outputs(spec, inputs, features, logits)


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-4,
    generator_conditionings=("concat", "batch_norm"),
    # Through batch normalisation, the gradient for one image depends on the others of its batch,
    # so gradient penalties need a discriminator without it. Dropout as in Odena et al. 2017
    # (appendix A) and TensorFlow's tutorial.
    options={
        **IMPROVED_OPTIONS,
        "low_pass": True,
        "discriminator_batch_norm": True,
        "discriminator_dropout": 0.0,
    },
)
