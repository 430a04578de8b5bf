"""The residual SNGAN, both networks against NumPy in float64.

Spectrally normalised weights are taken as the layers give them: what they are, test_residual.py
holds.
"""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from float64_networks import convolve, exact, pool, relu, standardize, upsample

from gan_cli.models import ARCHITECTURES, sngan
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.normalization import ConditionalBatchNormalization
from gan_cli.models.layers.spectral import SpectralConv2D, SpectralDense

RNG = np.random.default_rng(0)
LABELS = np.array([0, 1, 2, 2], np.int32)


def creation(layer):
    """Keras numbers layers of a kind as they are made, the first of a process not at all."""
    number = layer.name.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


def made(model, kind):
    """Layers of one kind in the order of their making."""
    return iter(sorted((x for x in model.layers if type(x) is kind), key=creation))


def built(network, side):
    keras.utils.set_random_seed(0)
    spec = ModelSpec(side, side, 3, latent_dim=5, num_classes=3, base_channels=6)
    if network == "generator":
        spec = ModelSpec(side, side, 3, 5, 3, conditioning="batch_norm", base_channels=6)
    model = getattr(sngan, f"build_{network}")(spec)
    for variable in model.trainable_variables:
        variable.assign(RNG.standard_normal(variable.shape) * 0.3)
    return model


def test_generator_equals_the_definition_in_float64():
    model = built("generator", 16)
    z = RNG.standard_normal((4, 5)).astype(np.float32)
    found = model([tf.constant(z), tf.constant(LABELS)], training=True)
    convolutions = made(model, keras.layers.Conv2D)
    norms = made(model, ConditionalBatchNormalization)

    def conv(x):
        layer = next(convolutions)
        return convolve(x, layer.kernel, layer.bias)

    def norm(x):
        layer = next(norms)
        scale, shift = (exact(part)[LABELS][:, None, None] for part in (layer.scale, layer.shift))
        return standardize(x, 1e-5) * scale + shift

    dense = next(made(model, keras.layers.Dense))
    x = (exact(z) @ exact(dense.kernel) + exact(dense.bias)).reshape(4, 4, 4, 6)
    for _ in range(2):
        residual = conv(upsample(relu(norm(x))))
        x = conv(relu(norm(residual))) + conv(upsample(x))
    last = next(made(model, keras.layers.BatchNormalization))
    x = standardize(x, 1e-5) * exact(last.gamma) + exact(last.beta)
    np.testing.assert_allclose(found, np.tanh(conv(relu(x))), rtol=1e-3, atol=1e-4)


def test_discriminator_equals_the_definition_in_float64():
    model = built("discriminator", 32)
    images = RNG.uniform(-1, 1, (4, 32, 32, 3)).astype(np.float32)
    found = model([tf.constant(images), tf.constant(LABELS)])
    convolutions = made(model, SpectralConv2D)

    def conv(x):
        layer = next(convolutions)
        return convolve(x, layer.kernel, layer.bias)

    # The optimised first block, one that pools, two that do not.
    x = exact(images)
    x = pool(conv(relu(conv(x)))) + conv(pool(x))
    residual = pool(conv(relu(conv(relu(x)))))
    x = residual + pool(conv(x))
    for _ in range(2):
        x = conv(relu(conv(relu(x)))) + x
    features = relu(x).sum(axis=(1, 2))
    dense = next(made(model, SpectralDense))
    table = exact(model.get_layer("label_embedding").embeddings)
    expected = (features @ exact(dense.kernel) + exact(dense.bias))[:, 0]
    expected += (features * table[LABELS]).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("architecture", "published", "earlier"),
    # Between its convolutions, a block has the width of its input in SNGAN, of its output in SAGAN.
    [("sngan", 29.0, 19.5), ("sagan", 38.4, 19.6)],
)
def test_the_discriminator_at_128_pixels_ends_in_a_block_that_does_not_pool(
    architecture, published, earlier
):
    """Table 5; widths 64 to 1024, the last of them twice."""

    def counted(**options):
        spec = ModelSpec(128, 128, 3, 128, base_channels=64, max_channels=1024, options=options)
        model = ARCHITECTURES.load(architecture).build_discriminator(spec)
        return sum(math.prod(v.shape) for v in model.trainable_variables)

    ends = [64, 128, 256, 512, 1024, 1024]
    # The first block: two convolutions and the shortcut; then the linear layer.
    expected = (27 + 1) * 64 + (9 * 64 + 1) * 64 + (3 + 1) * 64 + 1024 + 1
    if architecture == "sagan":
        # At 32 pixels, of 128 channels, without biases.
        expected += 2 * 128 * 16 + 2 * 128 * 64 + 1
    for before, after in itertools.pairwise(ends):
        hidden = before if architecture == "sngan" else after
        expected += (9 * before + 1) * hidden + (9 * hidden + 1) * after
        expected += (before + 1) * after if before != after else 0
    assert counted() == expected
    assert round(expected / 1e6, 1) == published
    assert round(counted(published_sizes=False) / 1e6, 1) == earlier
