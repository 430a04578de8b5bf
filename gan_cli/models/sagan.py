"""The self-attention GAN: Zhang et al. 2019.

The residual SNGAN with spectral normalisation in the generator too, and one layer of self-attention
in each network, at the first resolution of at most 32 pixels below the full one (section 4).
"""

import keras

from gan_cli.models import sngan
from gan_cli.models.contract import PUBLISHED_SIZES, Architecture, ModelSpec
from gan_cli.models.layers.resolution import resolution_ladder

_ATTENTION_SIDE = 32


def attention_level(spec: ModelSpec) -> int:
    """Returns the first level below full resolution with sides of at most 32 pixels."""
    ladder = resolution_ladder(spec.height, spec.width)
    small = [level for level, size in enumerate(ladder) if max(size) <= _ATTENTION_SIDE]
    return max(small[0], 1)


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at full resolution."""
    level = min(attention_level(spec), len(resolution_ladder(spec.height, spec.width)) - 2)
    return sngan.generator(spec, spectral=True, attention_level=level)


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full resolution."""
    return sngan.discriminator(spec, attention_level=attention_level(spec))


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-4,
    generator_conditioning="batch_norm",
    generator_conditionings=("concat", "batch_norm"),
    options={PUBLISHED_SIZES: True},
)
