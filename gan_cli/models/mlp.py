"""The fully connected GAN of Goodfellow et al. 2014, with the sizes of its MNIST experiment.

Generator: two hidden layers of 1200 rectified linear units and a sigmoid, here rescaled to [-1, 1].
Discriminator: two layers of 240 maxout units of 5 pieces, dropout 0.2 on the images and 0.5 on the
hidden layers. Weights start from U(-0.05, 0.05) and U(-0.005, 0.005).
"""

from typing import Any

import keras

from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
)
from gan_cli.models.layers.dropout import Dropout
from gan_cli.models.layers.maxout import Maxout


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is the number of units of a hidden layer."""

    def dense(units: int, **kwargs: Any) -> keras.layers.Layer:
        return keras.layers.Dense(
            units, kernel_initializer=keras.initializers.RandomUniform(-0.05, 0.05), **kwargs
        )

    inputs, x = generator_inputs(spec)
    x = dense(spec.base_channels, activation="relu")(x)
    x = dense(spec.base_channels, activation="relu")(x)
    x = dense(spec.height * spec.width * spec.channels)(x)
    x = keras.layers.Activation("sigmoid", dtype="float32")(x)
    x = keras.layers.Rescaling(2.0, offset=-1.0, dtype="float32")(x)
    images = keras.layers.Reshape(
        [spec.height, spec.width, spec.channels], dtype="float32", name="images"
    )(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator, with `spec.base_channels / 5` maxout units in a hidden layer."""
    initializer = keras.initializers.RandomUniform(-0.005, 0.005)
    units = max(spec.base_channels // 5, 1)
    inputs, x = discriminator_inputs(spec)
    x = keras.layers.Flatten()(x)
    x = Dropout(0.2)(x)
    x = Maxout(units, pieces=5, kernel_initializer=initializer)(x)
    x = Dropout(0.5)(x)
    x = Maxout(units, pieces=5, kernel_initializer=initializer)(x)
    x = Dropout(0.5)(x)
    features = named_features(x)
    logits = keras.layers.Dense(1, kernel_initializer=initializer)(features)
    return discriminator_outputs(spec, inputs, features, logits)


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=1200,
    learning_rate=2e-4,
    largest=64,
)
