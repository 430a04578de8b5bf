"""Sequences of tokens: a pyramid of convolutions over places, with a softmax for every token.

A cheap form of the character model of Gulrajani et al. 2017 (WGAN-GP, section 5.4), whose residual
blocks it keeps: instead of working at full length throughout, the generator starts from few places
and doubles them, and the discriminator halves them. The generator makes all places at once, so that
gradients pass through the whole sequence. The discriminator has no normalisation, as gradient
penalties require.
"""

import math

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import IMAGES, Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
    normalized,
)
from gan_cli.models.layers.one_hot import GumbelNoise, TokenSoftmax
from gan_cli.models.layers.pairs import Following, Pairs
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation
from gan_cli.models.option_checks import count_option, temperature_option

_OUTPUTS = ("straight_through", "softmax", "gumbel")
# How much a residual block adds to its input, as in the code of Gulrajani et al.
_RESIDUAL = 0.3
# Pairs of symbols that the discriminator may be shown at each place, and the length of codes that
# stand for a pair and for the symbol behind it.
_MOST_PAIRS = 4096
_CODES = 256


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at full length.

    Returns:
      A model to float32 [batch, places, tokens, streams], which add up to 1 over the tokens.
    """
    output = spec.options["output"]
    if output not in _OUTPUTS:
        raise UserError(f"model.options.output: must be {', '.join(_OUTPUTS)}, got '{output}'")
    temperature = temperature_option(spec)
    lengths, kernel = _lengths(spec), count_option(spec, "kernel", 1)
    inputs, x = generator_inputs(spec)
    noise = None
    if output == "gumbel":
        shape = [spec.height, spec.width, spec.channels]
        rest = spec.latent_dim - math.prod(shape)
        if rest < 1:
            raise UserError(
                "model.latent_dim: output 'gumbel' takes one latent for every token of every place"
                f" ({' x '.join(map(str, shape))}) as noise, and more to start from; it must be"
                f" above {math.prod(shape)}, got {spec.latent_dim}"
            )
        noise = keras.layers.Reshape(shape)(inputs[0][:, rest:])
        noise = GumbelNoise(dtype="float32", name="gumbel_noise")(noise)
        x = keras.layers.Concatenate()([x[:, :rest], x[:, spec.latent_dim :]])
    width = spec.width_at(len(lengths) - 1)
    x = keras.layers.Dense(lengths[-1] * width)(x)
    x = keras.layers.Reshape([lengths[-1], width])(x)
    x = _blocks(spec, x, "blocks", width)
    for level in range(len(lengths) - 2, -1, -1):
        if spec.options["normalization"]:
            x = normalized(spec, inputs, x, momentum=0.9)
        x = keras.layers.ReLU()(x)
        width = spec.width_at(level)
        x = keras.layers.Conv1D(2 * width, kernel, padding="same")(x)
        x = keras.layers.Reshape([2 * lengths[level + 1], width])(x)
        # Doubling exceeds an odd length by one place.
        x = keras.layers.Cropping1D((0, x.shape[1] - lengths[level]))(x)
        x = _blocks(spec, x, "blocks", width)
    x = keras.layers.Dense(spec.width * spec.channels)(x)
    x = keras.layers.Reshape([spec.height, spec.width, spec.channels])(x)
    if noise is not None:
        x = keras.layers.Add(dtype="float32")([x, noise])
    tokens = TokenSoftmax(temperature, output != "softmax", dtype="float32", name=IMAGES)
    return keras.Model(inputs, tokens(x), name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full length."""
    lengths, kernel = _lengths(spec), count_option(spec, "kernel", 1)
    inputs, x = discriminator_inputs(spec)
    x = keras.layers.Reshape([spec.height, -1])(x)
    x = _embedded(spec, x)
    x = _blocks(spec, x, "discriminator_blocks", spec.width_at(0))
    for level, length in enumerate(lengths[1:], start=1):
        width = spec.width_at(level)
        x = keras.layers.ZeroPadding1D((0, 2 * length - lengths[level - 1]))(x)
        x = keras.layers.Reshape([length, 2 * x.shape[-1]])(x)
        x = keras.layers.Conv1D(width, kernel, padding="same")(x)
        x = keras.layers.LeakyReLU(0.2)(x)
        x = _blocks(spec, x, "discriminator_blocks", width)
    if group := count_option(spec, "minibatch_std_group", 0):
        x = keras.layers.Reshape([lengths[-1], 1, x.shape[-1]])(x)
        x = MinibatchStandardDeviation(group)(x)
    features = named_features(keras.layers.Flatten()(x))
    return discriminator_outputs(spec, inputs, features, keras.layers.Dense(1)(features))


def _embedded(spec: ModelSpec, symbols: keras.KerasTensor) -> keras.KerasTensor:
    """Returns a vector for each place: of its symbol, and as an option of those that follow.

    A sum of one-hot vectors of pairs times a matrix is what a linear layer over symbols cannot be;
    products of two codes stand for triples, of which there are too many.
    """
    x = keras.layers.Dense(spec.width_at(0))(symbols)
    following = count_option(spec, "following", 0)
    if not following:
        return x
    if following > 2:
        raise UserError(f"model.options.following: must be 0, 1 or 2, got {following}")
    if symbols.shape[-1] ** 2 > _MOST_PAIRS:
        raise UserError(
            f"model.options.following: is for at most {math.isqrt(_MOST_PAIRS)} symbols a place,"
            f" and these data have {symbols.shape[-1]}; set it to 0"
        )
    second = Following()(symbols)
    pairs = Pairs()(symbols, second)
    parts = [x, keras.layers.Dense(spec.width_at(0))(pairs)]
    if following > 1:
        codes = [keras.layers.Dense(_CODES)(each) for each in (pairs, Following()(second))]
        triples = keras.layers.Multiply()(codes)
        parts.append(keras.layers.Dense(spec.width_at(0))(triples))
    return keras.layers.Add()(parts)


def _lengths(spec: ModelSpec) -> list[int]:
    """Returns the number of places at every level, from full length to the shortest."""
    shortest = count_option(spec, "shortest", 1)
    lengths = [spec.height]
    while lengths[-1] > shortest:
        lengths.append((lengths[-1] + 1) // 2)
    return lengths


def _blocks(spec: ModelSpec, x: keras.KerasTensor, option: str, width: int) -> keras.KerasTensor:
    """Adds residual blocks: x + 0.3 conv(relu(conv(relu(x))))."""
    kernel = count_option(spec, "kernel", 1)
    for _ in range(count_option(spec, option, 0)):
        inner = x
        for _ in range(2):
            inner = keras.layers.ReLU()(inner)
            inner = keras.layers.Conv1D(width, kernel, padding="same")(inner)
        x = keras.layers.Add()([x, keras.layers.Rescaling(_RESIDUAL)(inner)])
    return x


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=1e-3,
    smallest=2,
    largest=1024,
    options={
        "output": "straight_through",
        "temperature": 1.0,
        "kernel": 5,
        "shortest": 4,
        "blocks": 1,
        "discriminator_blocks": 0,
        "minibatch_std_group": 0,
        "normalization": True,
        "following": 0,
    },
)
