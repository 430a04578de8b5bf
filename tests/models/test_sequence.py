"""The architecture for tokens: what its outputs are, and what passes back through them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.one_hot import TokenSoftmax

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
        ({"output": "hard"}, "model.options.output: must be straight_through or softmax, got"),
        ({"temperature": 0.0}, "model.options.temperature: must be above 0, got 0.0"),
        ({"kernel": 0}, "model.options.kernel: must be at least 1, got 0"),
    ],
)
def test_wrong_options_are_refused(options, problem):
    spec = ModelSpec(8, 9, 1, latent_dim=8, options={**SEQUENCE.options, **options})
    with pytest.raises(UserError, match=problem):
        SEQUENCE.build_generator(spec)
