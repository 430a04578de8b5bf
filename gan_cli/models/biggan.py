"""BigGAN: Brock et al. 2019, section 3 and appendix B, tables 4 to 6 (not BigGAN-deep).

The residual SNGAN with spectral normalisation in both networks, one layer of self-attention in
each, orthogonal initial weights, and batch normalisation whose scale and shift are linear in one
label embedding that all layers share, beside each layer's own part of the latents ("hierarchical
latents"). Up to 32 pixels all blocks have one width, as in the authors' code for CIFAR-10.
"""

from collections.abc import Callable
from typing import Any

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import LABEL_EMBEDDING, PUBLISHED_SIZES, Architecture, ModelSpec
from gan_cli.models.layers.attention import SelfAttention
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    named_features,
)
from gan_cli.models.layers.labels import known_labels
from gan_cli.models.layers.normalization import ProjectedBatchNormalization
from gan_cli.models.layers.residual import convolution, discriminator_block, generator_block
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.spectral import SpectralDense

OPTIONS = {"hierarchical": True, "shared_dim": 128, "attention_side": 64, PUBLISHED_SIZES: True}

_LARGEST_OF_ONE_WIDTH = 32
_PLAIN_BLOCKS = 2
# Channels relative to those at full resolution, after 0, 1, 2... halvings, by the largest side.
_MULTIPLES = {
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
    512: (1, 1, 2, 4, 8, 8, 16, 16),
}
# With images of up to 64 pixels, G's first layer is no wider than its second.
_LARGEST_OF_NARROW_START = 64
_BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}


def _option(spec: ModelSpec, name: str) -> Any:
    return spec.options.get(name, OPTIONS[name])


def _is_small(spec: ModelSpec) -> bool:
    return max(spec.height, spec.width) <= _LARGEST_OF_ONE_WIDTH


def width_at(spec: ModelSpec, level: int) -> int:
    """Returns the number of channels after `level` halvings of the resolution."""
    multiple = 1
    if not _is_small(spec):
        side = max(spec.height, spec.width)
        multiples = next(table for most, table in _MULTIPLES.items() if side <= most)
        # With unequal sides, the ladder may be longer than that of a square.
        multiple = multiples[min(level, len(multiples) - 1)]
    return min(spec.base_channels * multiple, spec.max_channels)


def first_width(spec: ModelSpec) -> int:
    """Returns the number of channels of the generator's first layer."""
    level = len(resolution_ladder(spec.height, spec.width)) - 1
    narrow = max(spec.height, spec.width) <= _LARGEST_OF_NARROW_START
    return width_at(spec, level - 1 if narrow and _option(spec, PUBLISHED_SIZES) else level)


def attention_level(spec: ModelSpec) -> int | None:
    """Returns the first level below full resolution with sides of at most `attention_side`.

    Returns None without attention.
    """
    side = _option(spec, "attention_side")
    if _is_small(spec) or not side:
        return None
    ladder = resolution_ladder(spec.height, spec.width)
    small = [level for level, size in enumerate(ladder) if level and max(size) <= side]
    return small[0] if small else None


def latent_parts(latent_dim: int, blocks: int) -> list[int]:
    """Returns the lengths of the parts of the latents: first layer, then one for each block.

    All blocks have parts of equal length, and the first layer takes the rest.

    Raises:
      UserError: there are fewer latents than parts.
    """
    part = latent_dim // (blocks + 1)
    if part < 1:
        raise UserError(
            f"model.latent_dim: must be at least {blocks + 1} for hierarchical latents in a"
            f" generator of {blocks} blocks, got {latent_dim}"
        )
    return [latent_dim - blocks * part, *[part] * blocks]


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at full resolution."""
    ladder = resolution_ladder(spec.height, spec.width)
    top = len(ladder) - 1
    latents = keras.Input([spec.latent_dim], dtype="float32", name="latents")
    inputs, embedding = [latents], []
    if spec.num_classes:
        inputs.append(keras.Input([], dtype="int32", name="labels"))
        embedding = [_shared_embedding(spec)(known_labels(inputs[1], spec.num_classes))]
    first, conditions = latents, [embedding] * top
    if _option(spec, "hierarchical"):
        parts = _split(latents, latent_parts(spec.latent_dim, top))
        first, conditions = parts[0], [[*embedding, part] for part in parts[1:]]

    height, width = ladder[top]
    channels = first_width(spec)
    x = SpectralDense(
        height * width * channels, kernel_initializer=keras.initializers.Orthogonal()
    )(first)
    x = keras.layers.Reshape([height, width, channels])(x)
    attending = attention_level(spec)
    for level, condition in zip(range(top - 1, -1, -1), conditions, strict=True):
        normalize = _normalization(condition)
        x = generator_block(x, width_at(spec, level), ladder[level], normalize, True, True)
        if level == attending:
            x = SelfAttention(keras.initializers.Orthogonal())(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(**_BATCH_NORM)(x))
    x = convolution(spec.channels, 3, spectral=True, orthogonal=True)(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="generator")


def _shared_embedding(spec: ModelSpec) -> keras.layers.Layer:
    # Without spectral normalisation, as in the authors' code.
    return keras.layers.Embedding(
        spec.num_classes,
        _option(spec, "shared_dim"),
        embeddings_initializer=keras.initializers.Orthogonal(),
        name=LABEL_EMBEDDING,
    )


def _split(latents: keras.KerasTensor, lengths: list[int]) -> list[keras.KerasTensor]:
    ends = [sum(lengths[:index]) for index in range(1, len(lengths))]
    return keras.ops.split(latents, ends, axis=1)


def _normalization(
    condition: list[keras.KerasTensor],
) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    """Returns batch normalisation conditioned on these vectors, or plain without any."""
    if not condition:
        return lambda x: keras.layers.BatchNormalization(**_BATCH_NORM)(x)
    vector = condition[0] if len(condition) == 1 else keras.layers.Concatenate()(condition)
    return lambda x: ProjectedBatchNormalization(**_BATCH_NORM)([x, vector])


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full resolution."""
    inputs, x = discriminator_inputs(spec)
    small = _is_small(spec)
    levels = len(resolution_ladder(spec.height, spec.width)) - 1
    pooling = max(levels - 1, 1) if small else levels
    attending = attention_level(spec)
    for level in range(pooling):
        x = discriminator_block(
            x, width_at(spec, level), down=True, first=level == 0, orthogonal=True
        )
        if level + 1 == attending:
            x = SelfAttention(keras.initializers.Orthogonal())(x)
    for _ in range(_PLAIN_BLOCKS if small else 1):
        x = discriminator_block(x, width_at(spec, pooling), down=False, orthogonal=True)
    x = keras.layers.ReLU()(x)
    pixels = x.shape[1] * x.shape[2]
    # The sum over the pixels, not the mean.
    x = keras.layers.Rescaling(float(pixels))(keras.layers.GlobalAveragePooling2D()(x))
    features = named_features(x)
    logits = SpectralDense(1, kernel_initializer=keras.initializers.Orthogonal())(features)
    return discriminator_outputs(
        spec,
        inputs,
        features,
        logits,
        spectral=True,
        embeddings_initializer=keras.initializers.Orthogonal(),
    )


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-4,
    generator_conditioning="batch_norm",
    generator_conditionings=("batch_norm",),
    largest=512,
    options=OPTIONS,
)
