"""Our default: a small convolutional pair that learns fast, even on CPUs.

Most of the work is 3x3 convolutions of stride 1 at half the resolution and below, which processors
run close to their peak speed; pixel shuffle and its inverse change the resolution. Only the
generator has batch normalisation, so that the discriminator judges each image independently, as
gradient penalties require.

The four pixels that one pixel of lower resolution becomes come from independent channels, and
nothing makes them agree: images get a dotted texture of period two. A short low-pass behind the
last pixel shuffle removes that texture; it costs little, because it acts on the image's channels.
"""

import keras

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
from gan_cli.models.layers.resample import LowPass
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.shuffle import DepthToSpace, SpaceToDepth


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at half the full resolution."""

    def rectified(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.ReLU()(normalized(spec, inputs, x, momentum=0.9))

    def doubled(
        x: keras.KerasTensor, channels: int, size: tuple[int, int], use_bias: bool
    ) -> keras.KerasTensor:
        x = keras.layers.Conv2D(4 * channels, 3, padding="same", use_bias=use_bias)(x)
        x = DepthToSpace()(x)
        # Doubling exceeds an odd size by one row or column.
        surplus = x.shape[1] - size[0], x.shape[2] - size[1]
        return keras.layers.Cropping2D(((0, surplus[0]), (0, surplus[1])))(x)

    ladder = resolution_ladder(spec.height, spec.width)
    inputs, x = generator_inputs(spec)
    height, width = ladder[-1]
    channels = spec.width_at(len(ladder) - 2)
    x = keras.layers.Dense(height * width * channels, use_bias=False)(x)
    x = rectified(keras.layers.Reshape([height, width, channels])(x))
    for level in range(len(ladder) - 2, 0, -1):
        x = rectified(doubled(x, spec.width_at(level - 1), ladder[level], use_bias=False))
    x = doubled(x, spec.channels, ladder[0], use_bias=True)
    if spec.options.get("low_pass", True):
        x = LowPass()(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(
        without_reference(spec, x)
    )
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at half the full resolution."""
    levels = len(resolution_ladder(spec.height, spec.width)) - 1
    inputs, x = discriminator_inputs(spec)
    for level in range(levels - 1):
        x = keras.layers.Conv2D(spec.width_at(level), 3, padding="same")(SpaceToDepth()(x))
        x = keras.layers.LeakyReLU(0.2)(x)
    x = keras.layers.Conv2D(spec.width_at(levels - 1), 4, strides=2, padding="same")(x)
    x = keras.layers.LeakyReLU(0.2)(x)
    features = named_features(keras.layers.Flatten()(x))
    return discriminator_outputs(
        spec, inputs, features, keras.layers.Dense(1)(with_neighbours(spec, features))
    )


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=16,
    learning_rate=1e-3,
    generator_conditionings=("concat", "batch_norm"),
    options=IMPROVED_OPTIONS | {"low_pass": True},
)
