"""FastGAN, for few images: Liu et al. 2021 and the authors' code.

Both networks have skip-layer excitation, G has gated linear units, and D must decode images from
its features. These points differ from the authors' code: D averages the logits of its patches to
one; D makes the smaller image that it judges from the large one; G ends in a tanh at every size,
not at 1024 pixels only; the targets of decoding are averaged, not picked, pixels; and decoded
images are compared by absolute difference, not by a perceptual distance, which needs a network
trained on other data.
"""

import keras

from gan_cli.models.contract import (
    LOGITS,
    PUBLISHED_SIZES,
    RECONSTRUCTION_ERROR,
    Architecture,
    ModelSpec,
)
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
)
from gan_cli.models.layers.excitation import GatedLinearUnit, SkipExcitation
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.self_supervision import MeanAbsoluteDifference, RandomQuadrant
from gan_cli.models.layers.shuffle import RepeatUpsampling
from gan_cli.models.layers.spectral import SpectralConv2D, SpectralDense
from gan_cli.models.layers.styles import Noise

Size = tuple[int, int]

# Channels relative to `base_channels`, from 4 pixels up in G and from 8 pixels up in D.
_GENERATOR_MULTIPLES = (16, 8, 4, 2, 2, 1, 0.5, 0.25, 0.125)
_DISCRIMINATOR_MULTIPLES = (8, 4, 2, 1, 0.5, 0.25, 0.125, 0.125)
# Of the last features before D's logits.
_HEAD_MULTIPLE = 16
# Before `published_sizes`, D's last features were as wide as its head.
_EARLIER_LAST_MULTIPLE = 16
_SMALL_MULTIPLES = (4, 2, 1, 0.5)
# D reads images above 256 pixels by convolutions of stride 2, without residual blocks.
_MOST_BLOCKS = 5
_DECODER_MULTIPLES = (2, 1, 1, 0.5)
# Number of levels between a resolution and the one that it gates.
_GENERATOR_SKIP, _DISCRIMINATOR_SKIP = 4, 3
# Number of halvings from the finest resolution that G gates, 512 pixels, to the coarsest.
_LAST_GATED_RUNG = 7


def _width(spec: ModelSpec, multiple: float) -> int:
    return max(min(int(spec.base_channels * multiple), spec.max_channels), 1)


def _published(spec: ModelSpec) -> bool:
    return bool(spec.options.get(PUBLISHED_SIZES, True))


def _weights() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _convolution(
    channels: int, kernel_size: int, strides: int = 1, padding: str = "same"
) -> keras.layers.Layer:
    return SpectralConv2D(
        channels,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=_weights(),
    )


def _normalized(x: keras.KerasTensor) -> keras.KerasTensor:
    gamma = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=gamma)(x)


def _excited(squeezed: keras.KerasTensor, gated: keras.KerasTensor) -> keras.KerasTensor:
    return SkipExcitation(_weights())([squeezed, gated])


def _gated_convolution(
    x: keras.KerasTensor, channels: int, noise: Size | None = None
) -> keras.KerasTensor:
    """Applies a 3x3 convolution, noise of size `noise` if given, batch norm, and a gated unit."""
    x = _convolution(2 * channels, 3)(x)
    if noise is not None:
        x = keras.layers.Add()([x, Noise(noise)(x)])
    return GatedLinearUnit()(_normalized(x))


def _doubled(x: keras.KerasTensor, size: Size) -> keras.KerasTensor:
    x = RepeatUpsampling()(x)
    # Doubling exceeds an odd size by one row or column.
    surplus = x.shape[1] - size[0], x.shape[2] - size[1]
    return keras.layers.Cropping2D(((0, surplus[0]), (0, surplus[1])))(x)


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at 128 pixels.

    The features of a sixteenth of a resolution gate that resolution, up to 512 pixels.
    """
    ladder = resolution_ladder(spec.height, spec.width)[::-1]
    inputs, x = generator_inputs(spec)
    widths = [_width(spec, multiple) for multiple in _GENERATOR_MULTIPLES[: len(ladder)]]
    height, width = ladder[0]
    x = SpectralDense(
        height * width * 2 * widths[0], use_bias=False, kernel_initializer=_weights()
    )(x)
    x = keras.layers.Reshape([height, width, 2 * widths[0]])(x)
    rungs = [GatedLinearUnit()(_normalized(x))]
    skip = min(_GENERATOR_SKIP, len(ladder) - 1)
    for rung in range(1, len(ladder)):
        x = _doubled(rungs[-1], ladder[rung])
        # Every second block has two convolutions, with noise.
        for _ in range(1 + rung % 2):
            x = _gated_convolution(x, widths[rung], ladder[rung] if rung % 2 else None)
        gated = rung >= skip and (rung <= _LAST_GATED_RUNG or not _published(spec))
        rungs.append(_excited(rungs[rung - skip], x) if gated else x)
    x = _convolution(spec.channels, 3)(rungs[-1])
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is a quarter of its width at 16 pixels.

    Beside `logits` it returns `reconstruction_error`, float32 [batch]: the sum of the mean absolute
    errors of what it decodes from its last features, from a quadrant of the features before them,
    and from the features of the smaller image.
    """
    ladder = resolution_ladder(spec.height, spec.width)
    last = len(ladder) - 2
    inputs, image = discriminator_inputs(spec)
    pictures = _pyramid(inputs[0], last)
    levels = _large_path(spec, image, last)
    # Decoded images have at most 128 pixels a side where sides are powers of two.
    finest = max(last + 1 - _MOST_BLOCKS, 0)
    errors = [_decoding_error(spec, levels[last], pictures, ladder[finest : last + 1], finest)]
    x = _leaky(_normalized(_convolution(_width(spec, _HEAD_MULTIPLE), 1)(levels[last])))
    patches = [_convolution(1, 4, padding="valid")(x)]

    small = max(finest, 1)
    if small <= last:
        x = _small_path(spec, pictures[small], last - small)
        patches.append(_convolution(1, 4, padding="valid")(x))
        errors.append(_decoding_error(spec, x, pictures, ladder[finest : last + 1], finest))
    if last >= 1:
        whole = max(finest - 1, 0)
        quadrant, target = RandomQuadrant(ladder[last], ladder[whole + 1])(
            [levels[last - 1], pictures[whole]]
        )
        sizes = ladder[whole + 1 : last + 1]
        errors.append(_difference(_decoded(spec, quadrant, sizes), target))

    means = [keras.layers.GlobalAveragePooling2D()(patch) for patch in patches]
    logits = means[0] if len(means) == 1 else keras.layers.Average()(means)
    features = named_features(keras.layers.GlobalAveragePooling2D()(levels[last]))
    judging = discriminator_outputs(spec, inputs, features, logits, spectral=True)
    outputs = judging.output if isinstance(judging.output, dict) else {LOGITS: judging.output}
    total = errors[0] if len(errors) == 1 else keras.layers.Add(dtype="float32")(errors)
    outputs = {**outputs, RECONSTRUCTION_ERROR: total}
    return keras.Model(inputs, outputs, name="discriminator")


def _leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.LeakyReLU(0.2)(x)


def _pyramid(images: keras.KerasTensor, last: int) -> list[keras.KerasTensor]:
    """Returns the images at the first `last` + 1 resolutions, averaged over 2x2 pixels."""
    pyramid = [images]
    for _ in range(last):
        halve = keras.layers.AveragePooling2D(2, padding="same", dtype="float32")
        pyramid.append(halve(pyramid[-1]))
    return pyramid


def _large_path(spec: ModelSpec, image: keras.KerasTensor, last: int) -> list[keras.KerasTensor]:
    """Returns the features at each level, gated by those of three levels above."""
    last_multiple, *others = _DISCRIMINATOR_MULTIPLES[: last + 1]
    multiples = [last_multiple if _published(spec) else _EARLIER_LAST_MULTIPLE, *others]
    widths = [_width(spec, multiple) for multiple in multiples][::-1]
    stem = max(last - _MOST_BLOCKS, 0)
    levels = []
    x = image
    if not stem:
        x = _leaky(_convolution(widths[0], 3)(x))
    levels.append(x)
    skip = min(_DISCRIMINATOR_SKIP, last - stem)
    for level in range(1, last + 1):
        if level <= stem:
            x = _convolution(widths[level], 4, strides=2)(x)
            x = _leaky(x if level == 1 else _normalized(x))
        else:
            x = _residual_block(x, widths[level])
        if skip and level - skip >= stem:
            x = _excited(levels[level - skip], x)
        levels.append(x)
    return levels


def _small_path(spec: ModelSpec, image: keras.KerasTensor, halvings: int) -> keras.KerasTensor:
    """Returns the features of the smaller image after `halvings`."""
    multiples = _SMALL_MULTIPLES[: max(halvings, 1)][::-1]
    widths = [_width(spec, multiple) for multiple in multiples]
    if not halvings:
        return _leaky(_convolution(widths[0], 3)(image))
    x = _leaky(_convolution(widths[0], 4, strides=2)(image))
    for width in widths[1:]:
        if _published(spec):
            x = _leaky(_normalized(_convolution(width, 4, strides=2)(x)))
        else:
            x = _residual_block(x, width)
    return x


def _residual_block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Halves the resolution: the mean of two convolutions and of pooling and a 1x1 convolution."""
    main = _leaky(_normalized(_convolution(channels, 4, strides=2)(x)))
    main = _leaky(_normalized(_convolution(channels, 3)(main)))
    direct = keras.layers.AveragePooling2D(2, padding="same")(x)
    direct = _leaky(_normalized(_convolution(channels, 1)(direct)))
    return keras.layers.Average()([main, direct])


def _decoding_error(
    spec: ModelSpec,
    features: keras.KerasTensor,
    pictures: list[keras.KerasTensor],
    sizes: list[Size],
    finest: int,
) -> keras.KerasTensor:
    return _difference(_decoded(spec, features, sizes), pictures[finest])


def _difference(decoded: keras.KerasTensor, target: keras.KerasTensor) -> keras.KerasTensor:
    return MeanAbsoluteDifference()([decoded, target])


def _decoded(spec: ModelSpec, features: keras.KerasTensor, sizes: list[Size]) -> keras.KerasTensor:
    """Decodes features of the last of `sizes` to an image of the first of them."""
    x = features
    for multiple, size in zip(_DECODER_MULTIPLES, sizes[-2::-1], strict=False):
        x = _gated_convolution(_doubled(x, size), _width(spec, multiple))
    x = _convolution(spec.channels, 3)(x)
    return keras.layers.Activation("tanh", dtype="float32")(x)


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-4,
    largest=1024,
    penalties=("reconstruction",),
    options={PUBLISHED_SIZES: True},
)
