"""FastGAN: its layers and blocks in float64, its sizes, and what its discriminator reconstructs."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from float64_networks import convolve, exact, leaky, pool, standardize, upsample

from gan_cli.models import fastgan
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.excitation import GatedLinearUnit, SkipExcitation, pool_to
from gan_cli.models.layers.self_supervision import MeanAbsoluteDifference, RandomQuadrant
from gan_cli.models.layers.spectral import SpectralConv2D
from gan_cli.models.layers.styles import Noise


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def drawn(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (4, 4), (3, 5), (7, 11)])
def test_pooling_to_a_side_averages_the_areas_that_cover_the_image(height, width):
    x = drawn(2, height, width, 3)
    expected = np.empty((2, 4, 4, 3))
    for row in range(4):
        rows = slice(math.floor(row * height / 4), math.ceil((row + 1) * height / 4))
        for column in range(4):
            columns = slice(math.floor(column * width / 4), math.ceil((column + 1) * width / 4))
            expected[:, row, column] = exact(x)[:, rows, columns].mean(axis=(1, 2))
    np.testing.assert_allclose(pool_to(tf.constant(x), 4), expected, atol=1e-6)


def test_skip_excitation_gates_channels_by_another_resolution():
    layer = SkipExcitation()
    low, high = drawn(2, 8, 8, 6), drawn(2, 5, 7, 3)
    result = layer([tf.constant(low), tf.constant(high)])
    x = convolve(pool(exact(low)), layer.squeeze.kernel, padding=(0, 0))
    gates = sigmoid((x * sigmoid(x)) @ exact(layer.excite.kernel)[0, 0])
    assert gates.shape == (2, 1, 1, 3)
    np.testing.assert_allclose(result, exact(high) * gates, rtol=1e-4, atol=1e-5)


def test_the_gated_linear_unit_halves_the_channels():
    x = drawn(2, 3, 3, 8)
    expected = x[..., :4] * sigmoid(x[..., 4:])
    np.testing.assert_allclose(GatedLinearUnit()(tf.constant(x)), expected, atol=1e-6)


def test_a_quadrant_is_the_same_of_features_and_of_the_image_and_changes_with_the_step():
    keras.utils.set_random_seed(0)
    layer = RandomQuadrant((4, 3), (8, 6))
    features = np.arange(7 * 6, dtype=np.float32).reshape(1, 7, 6, 1)
    image = upsample(np.float32(features))[:, :14, :12]
    seen = set()
    for step in range(30):
        layer.before_update(tf.constant(8 * step, tf.int64))
        part, target = (
            x.numpy() for x in layer([tf.constant(features), tf.constant(image)], training=True)
        )
        corner = int(part[0, 0, 0, 0])
        seen.add(corner)
        row, column = divmod(corner, 6)
        np.testing.assert_array_equal(part, features[:, row : row + 4, column : column + 3])
        np.testing.assert_array_equal(target, image[:, 2 * row :, 2 * column :][:, :8, :6])
    assert seen == {0, 3, 18, 21}
    part, _ = layer([tf.constant(features), tf.constant(image)])
    assert part[0, 0, 0, 0] == 0


def test_an_up_block_with_noise_equals_the_definition():
    keras.utils.set_random_seed(0)
    inputs = keras.Input([4, 4, 5])
    outputs = fastgan._gated_convolution(fastgan._doubled(inputs, (8, 8)), 3, (8, 8))
    model = keras.Model(inputs, outputs)
    x = drawn(4, 4, 4, 5)
    noise, conv, norm = (
        next(layer for layer in model.layers if isinstance(layer, kind))
        for kind in (Noise, SpectralConv2D, keras.layers.BatchNormalization)
    )
    noise.strength.assign(0.7)
    # At inference, where the noise is known; the moving statistics are 0 and 1 at the start.
    y = convolve(upsample(exact(x)), conv.kernel) + 0.7 * exact(noise.constant)
    y = y / np.sqrt(1 + 1e-5) * exact(norm.gamma)
    expected = y[..., :3] * sigmoid(y[..., 3:])
    np.testing.assert_allclose(model(tf.constant(x)), expected, rtol=1e-4, atol=1e-5)


def test_a_down_block_equals_the_definition():
    keras.utils.set_random_seed(0)
    inputs = keras.Input([8, 8, 5])
    model = keras.Model(inputs, fastgan._residual_block(inputs, 3))
    x = exact(drawn(4, 8, 8, 5))

    def of(kind):
        layers = [layer for layer in model.layers if isinstance(layer, kind)]
        return sorted(layers, key=lambda layer: int(layer.name.rpartition("_")[2] or 0))

    first, second, third = of(SpectralConv2D)
    gammas = [exact(layer.gamma) for layer in of(keras.layers.BatchNormalization)]
    main = leaky(standardize(convolve(x, first.kernel, 0.0, 2, (1, 1)), 1e-5) * gammas[0])
    main = leaky(standardize(convolve(main, second.kernel), 1e-5) * gammas[1])
    direct = leaky(standardize(convolve(pool(x), third.kernel), 1e-5) * gammas[2])
    result = model(tf.constant(x, tf.float32), training=True)
    np.testing.assert_allclose(result, (main + direct) / 2, rtol=1e-3, atol=1e-4)


def weights_of(model):
    return sum(math.prod(v.shape) for v in model.trainable_variables)


def test_sizes_at_256_pixels_are_those_of_the_authors_code():
    """Counted block by block from their models.py, for 256 latents and width 64."""
    w = {4: 1024, 8: 512, 16: 256, 32: 128, 64: 128, 128: 64, 256: 32}

    def norm(channels):
        return 2 * channels

    def up(before, channels):
        return 9 * before * 2 * channels + norm(2 * channels)

    def up_with_noise(before, channels):
        return up(before, channels) + up(channels, channels) + 2

    def excitation(squeezed, channels):
        return 16 * squeezed * channels + channels**2

    generator = 256 * 16 * 2 * w[4] + norm(2 * w[4])
    generator += up_with_noise(w[4], w[8]) + up(w[8], w[16]) + up_with_noise(w[16], w[32])
    generator += up(w[32], w[64]) + up_with_noise(w[64], w[128]) + up(w[128], w[256])
    generator += excitation(w[4], w[64]) + excitation(w[8], w[128]) + excitation(w[16], w[256])
    generator += 9 * w[256] * 3
    spec = ModelSpec(256, 256, 3, latent_dim=256, base_channels=64, max_channels=1024)
    assert weights_of(fastgan.build_generator(spec)) == generator

    def down(before, channels):
        return 17 * before * channels + 9 * channels**2 + 3 * norm(channels)

    def decoder(channels):
        return up(channels, 128) + up(128, 64) + up(64, 64) + up(64, 32) + 9 * 32 * 3

    discriminator = 9 * 3 * 16
    for before, channels in ((16, 32), (32, 64), (64, 128), (128, 256), (256, 512)):
        discriminator += down(before, channels)
    discriminator += 512 * 1024 + norm(1024) + 16 * 1024
    discriminator += excitation(16, 128) + excitation(32, 256) + excitation(64, 512)
    discriminator += 16 * 3 * 32 + 16 * 256
    for before, channels in ((32, 64), (64, 128), (128, 256)):
        discriminator += 16 * before * channels + norm(channels)
    discriminator += decoder(512) + 2 * decoder(256)
    assert round(discriminator / 1e6, 1) == 11.5
    assert weights_of(fastgan.build_discriminator(spec)) == discriminator


def test_without_published_sizes_the_discriminator_is_that_of_earlier_runs():
    options = {"published_sizes": False}
    spec = ModelSpec(256, 256, 3, 256, base_channels=64, max_channels=1024, options=options)
    # Counted by the version before the option.
    assert weights_of(fastgan.build_discriminator(spec)) == 24_668_944


def test_the_generator_gates_up_to_512_pixels():
    def gates(**options):
        spec = ModelSpec(1024, 1024, 3, 8, base_channels=1, options=options)
        layers = fastgan.build_generator(spec).layers
        return sum(isinstance(layer, SkipExcitation) for layer in layers)

    assert gates() == 4
    assert gates(published_sizes=False) == 5


@pytest.mark.parametrize("side", [8, 16, 32])
def test_the_reconstruction_error_is_that_of_all_decoders(side):
    keras.utils.set_random_seed(0)
    model = fastgan.build_discriminator(ModelSpec(side, side, 3, 8, base_channels=4))
    parts = [layer for layer in model.layers if isinstance(layer, MeanAbsoluteDifference)]
    # Of the last features, of a quadrant of those before, and of the smaller image.
    assert len(parts) == {8: 1, 16: 3, 32: 3}[side]
    inner = keras.Model(model.inputs, [x for layer in parts for x in (*layer.input, layer.output)])
    images = tf.random.stateless_uniform([3, side, side, 3], [1, 2], -1.0, 1.0)
    total = np.zeros(3)
    results = inner(images)
    for decoded, target, error in zip(results[::3], results[1::3], results[2::3], strict=True):
        assert decoded.shape == target.shape
        expected = np.abs(exact(decoded) - exact(target)).mean(axis=(1, 2, 3))
        np.testing.assert_allclose(error, expected, rtol=1e-5)
        total += expected
    np.testing.assert_allclose(model(images)["reconstruction_error"], total, rtol=1e-5)


def test_the_decoders_learn_to_reconstruct():
    keras.utils.set_random_seed(0)
    model = fastgan.build_discriminator(ModelSpec(16, 16, 1, 8, base_channels=8))
    # Pictures of one colour each.
    images = tf.tile(tf.linspace(-0.8, 0.8, 8)[:, None, None, None], [1, 16, 16, 1])
    optimizer = keras.optimizers.Adam(2e-2)

    def step():
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(model(images, training=True)["reconstruction_error"])
        gradients = tape.gradient(error, [v.value for v in model.trainable_variables])
        pairs = zip(gradients, model.trainable_variables, strict=True)
        optimizer.apply_gradients([(g, v) for g, v in pairs if g is not None])
        return error

    first = float(step())
    for _ in range(6):
        last = float(step())
    assert first > 0.9
    assert last < 0.75 * first
