"""The residual SNGAN: Miyato et al. 2018, appendix B.4, tables 3 to 5.

The discriminator has spectral normalisation; the generator has batch normalisation, conditioned on
the class if there are labels (Miyato and Koyama 2018). Up to 32 pixels all blocks have one width,
and the discriminator ends in two blocks that do not pool; above 32 pixels the width doubles with
every halving, and one block does not pool. Between the two convolutions of a block, the
discriminator has the width of the block's input, as in the authors' code.
"""

import keras

from gan_cli.models.contract import PUBLISHED_SIZES, Architecture, ModelSpec
from gan_cli.models.layers.attention import SelfAttention
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
    normalized,
)
from gan_cli.models.layers.residual import convolution, discriminator_block, generator_block
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.spectral import SpectralDense

_LARGEST_OF_ONE_WIDTH = 32
_PLAIN_BLOCKS = 2


def _width_at(spec: ModelSpec, level: int) -> int:
    small = max(spec.height, spec.width) <= _LARGEST_OF_ONE_WIDTH
    return spec.width_at(0 if small else level)


def generator(spec: ModelSpec, spectral: bool, attention_level: int | None) -> keras.Model:
    """Builds the generator.

    Args:
      spectral: whether weights are spectrally normalised.
      attention_level: number of halvings of the resolution where self-attention is; None: without.
    """

    def normalize(y: keras.KerasTensor) -> keras.KerasTensor:
        return normalized(spec, inputs, y, momentum=0.9, epsilon=1e-5)

    ladder = resolution_ladder(spec.height, spec.width)
    inputs, x = generator_inputs(spec)
    top = len(ladder) - 1
    height, width = ladder[top]
    dense = SpectralDense if spectral else keras.layers.Dense
    channels = _width_at(spec, max(top - 1, 0))
    x = dense(height * width * channels)(x)
    x = keras.layers.Reshape([height, width, channels])(x)
    for level in range(top - 1, -1, -1):
        x = generator_block(x, _width_at(spec, level), ladder[level], normalize, spectral)
        if level == attention_level:
            x = SelfAttention()(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = convolution(spec.channels, 3, spectral)(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="generator")


def discriminator(
    spec: ModelSpec, attention_level: int | None, widen_late: bool = False
) -> keras.Model:
    """Builds the discriminator.

    Args:
      attention_level: see `generator`.
      widen_late: widen in the second convolution of a block instead of the first.
    """
    inputs, x = discriminator_inputs(spec)
    small = max(spec.height, spec.width) <= _LARGEST_OF_ONE_WIDTH
    levels = len(resolution_ladder(spec.height, spec.width)) - 1
    pooling = max(levels - 1, 1) if small else levels
    for level in range(pooling):
        x = discriminator_block(
            x, _width_at(spec, level), down=True, first=level == 0, widen_late=widen_late
        )
        if level + 1 == attention_level:
            x = SelfAttention()(x)
    last_blocks = 1 if spec.options.get(PUBLISHED_SIZES, True) else 0
    for _ in range(_PLAIN_BLOCKS if small else last_blocks):
        x = discriminator_block(x, x.shape[-1], down=False)
    x = keras.layers.ReLU()(x)
    pixels = x.shape[1] * x.shape[2]
    # The sum over the pixels, not the mean.
    x = keras.layers.Rescaling(float(pixels))(keras.layers.GlobalAveragePooling2D()(x))
    features = named_features(x)
    logits = SpectralDense(1)(features)
    return discriminator_outputs(spec, inputs, features, logits, spectral=True)


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at full resolution."""
    return generator(spec, spectral=False, attention_level=None)


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full resolution."""
    widen_late = bool(spec.options.get(PUBLISHED_SIZES, True))
    return discriminator(spec, attention_level=None, widen_late=widen_late)


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=128,
    learning_rate=2e-4,
    generator_conditioning="batch_norm",
    generator_conditionings=("concat", "batch_norm"),
    options={PUBLISHED_SIZES: True},
)
