"""The architecture for tokens: what its outputs are, and what passes back through them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.one_hot import GumbelNoise, TokenSoftmax
from gan_cli.models.layers.pairs import Following, Pairs

SEQUENCE = ARCHITECTURES.load("sequence")


def test_straight_through_is_one_hot_forward_and_softmax_backward():
    logits = tf.random.stateless_normal([3, 5, 7, 2], [1, 2])
    weights = tf.random.stateless_normal([3, 5, 7, 2], [3, 4])
    gradients = []
    for hard in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            tokens = TokenSoftmax(0.7, hard)(logits)
            total = tf.reduce_sum(weights * tokens)
        gradients.append(tape.gradient(total, logits).numpy())
    np.testing.assert_allclose(gradients[1], gradients[0], atol=1e-6)
    expected = np.moveaxis(np.eye(7)[np.argmax(logits, axis=2)], -1, 2)
    np.testing.assert_array_equal(tokens, expected)
    soft = keras.ops.softmax(logits / 0.7, axis=2)
    np.testing.assert_allclose(TokenSoftmax(0.7)(logits), soft, atol=1e-6)


@pytest.mark.parametrize("options", [{"shortest": 32, "blocks": 5}, {"shortest": 3, "kernel": 3}])
def test_every_place_and_stream_is_one_token(options):
    spec = ModelSpec(22, 9, 4, latent_dim=8, options={**SEQUENCE.options, **options})
    tokens = SEQUENCE.build_generator(spec)(tf.random.stateless_normal([6, 8], [1, 2]))
    assert tokens.shape == (6, 22, 9, 4)
    np.testing.assert_array_equal(np.sum(tokens, axis=2), 1.0)
    assert SEQUENCE.build_discriminator(spec)(tokens).shape == (6,)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"output": "hard"},
            "model.options.output: must be straight_through, softmax, gumbel, got",
        ),
        ({"temperature": 0.0}, "model.options.temperature: must be above 0, got 0.0"),
        ({"kernel": 0}, "model.options.kernel: must be at least 1, got 0"),
        ({"output": "gumbel"}, r"model.latent_dim: .* \(8 x 9 x 1\) .* above 72, got 8"),
    ],
)
def test_wrong_options_are_refused(options, problem):
    spec = ModelSpec(8, 9, 1, latent_dim=8, options={**SEQUENCE.options, **options})
    with pytest.raises(UserError, match=problem):
        SEQUENCE.build_generator(spec)


def test_gumbel_noise_draws_tokens_by_their_softmax():
    normal = tf.random.stateless_normal([40_000, 1, 4, 1], [1, 2])
    logits = tf.constant([0.5, -1.0, 1.5, 0.0])[:, None]
    tokens = TokenSoftmax(hard=True)(logits + GumbelNoise()(normal))
    drawn = np.mean(tokens, axis=0)[0, :, 0]
    np.testing.assert_allclose(drawn, keras.ops.softmax(logits[:, 0]), atol=0.01)


@pytest.mark.parametrize("num_classes", [0, 3])
def test_the_last_latents_are_the_noise_of_gumbel(num_classes):
    """They choose among tokens, and the first ones say how likely each token is."""
    options = {**SEQUENCE.options, "output": "gumbel"}
    spec = ModelSpec(8, 5, 1, 48, num_classes, "concat", base_channels=8, options=options)
    generator = SEQUENCE.build_generator(spec)
    latents = tf.random.stateless_normal([32, 48], [1, 2])
    labels = [tf.zeros([32], tf.int32)] if num_classes else []
    noise = keras.Model(generator.inputs, generator.get_layer("gumbel_noise").output)
    logits = generator.get_layer("images").input
    chances = keras.Model(generator.inputs, logits)([latents, *labels]) - noise([latents, *labels])
    other = tf.concat([latents[:, :8], tf.zeros([32, 40])], axis=1)
    again = keras.Model(generator.inputs, logits)([other, *labels]) - noise([other, *labels])
    np.testing.assert_allclose(again, chances, atol=1e-4)
    assert np.any(noise([latents, *labels]) != noise([other, *labels]))


def test_minibatch_standard_deviation_lets_samples_see_one_another():
    spec = ModelSpec(
        8, 9, 1, 8, base_channels=8, options={**SEQUENCE.options, "minibatch_std_group": 4}
    )
    one = tf.one_hot(tf.zeros([1, 8, 1], tf.int32), 9, axis=2)
    other = tf.one_hot(tf.ones([3, 8, 1], tf.int32), 9, axis=2)
    discriminator = SEQUENCE.build_discriminator(spec)
    alike, among_others = (
        discriminator(tf.concat([one, more], axis=0))[0] for more in (tf.repeat(one, 3, 0), other)
    )
    assert abs(alike - among_others) > 1e-4


def test_pairs_are_one_hot_vectors_of_a_symbol_and_the_one_behind_it():
    symbols = np.random.default_rng(0).integers(0, 7, [5, 9])
    one_hot = tf.one_hot(symbols, 7)
    pairs = Pairs()(one_hot, Following()(one_hot)).numpy()
    assert pairs.shape == (5, 9, 49)
    np.testing.assert_array_equal(pairs.sum(axis=2), [[1.0] * 8 + [0.0]] * 5)
    expected = 7 * symbols[:, :-1] + symbols[:, 1:]
    np.testing.assert_array_equal(pairs[:, :-1].argmax(axis=2), expected)


@pytest.mark.parametrize("following", [0, 1, 2])
def test_the_first_layer_sees_as_many_symbols_behind_each_place(following):
    """Of a sum over places of first layers, changes behind a place act on it up to there alone."""
    options = {**SEQUENCE.options, "following": following}
    network = SEQUENCE.build_discriminator(ModelSpec(8, 5, 1, latent_dim=8, options=options))
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv1D))
    # Before it, two places are put side by side.
    seen = keras.Model(network.inputs, first.input)
    symbols = np.random.default_rng(1).integers(0, 5, [1, 8])
    changed = symbols.copy()
    changed[0, 5] = (changed[0, 5] + 1) % 5
    outputs = [seen(tf.one_hot(each, 5, axis=2)[..., None]).numpy() for each in (symbols, changed)]
    differs = np.any(outputs[0] != outputs[1], axis=0).reshape(8, -1).any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(differs), np.arange(5 - following, 6))


@pytest.mark.parametrize(
    ("following", "tokens", "problem"),
    [(3, 5, "must be 0, 1 or 2, got 3"), (1, 65, "for at most 64 symbols a place, .* have 65")],
)
def test_following_is_refused_where_there_are_too_many_pairs(following, tokens, problem):
    options = {**SEQUENCE.options, "following": following}
    with pytest.raises(UserError, match=f"model.options.following: .*{problem}"):
        SEQUENCE.build_discriminator(ModelSpec(8, tokens, 1, latent_dim=8, options=options))
