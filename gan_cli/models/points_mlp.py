"""Two small fully connected networks for points of the plane.

As in the toy experiment of Metz et al. 2017 (Unrolled GAN, appendix A): two hidden layers of 128
rectified linear units in each network, orthogonal weights with gain 0.8, and a linear output. A
point is an image of one pixel with two channels.
"""

import keras

from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
)


def _dense(units: int, activation: str | None = None) -> keras.layers.Layer:
    initializer = keras.initializers.Orthogonal(gain=0.8)
    return keras.layers.Dense(units, activation, kernel_initializer=initializer)


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is the number of units of a hidden layer."""
    inputs, x = generator_inputs(spec)
    x = _dense(spec.base_channels, "relu")(x)
    x = _dense(spec.base_channels, "relu")(x)
    x = _dense(spec.height * spec.width * spec.channels)(x)
    images = keras.layers.Reshape(
        [spec.height, spec.width, spec.channels], dtype="float32", name="images"
    )(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is the number of units of a hidden layer."""
    inputs, x = discriminator_inputs(spec)
    x = keras.layers.Flatten()(x)
    x = _dense(spec.base_channels, "relu")(x)
    x = _dense(spec.base_channels, "relu")(x)
    features = named_features(x)
    return discriminator_outputs(spec, inputs, features, _dense(1)(features))


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=128,
    learning_rate=3e-3,
    smallest=1,
    largest=1,
)
