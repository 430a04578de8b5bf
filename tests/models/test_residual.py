"""Spectral normalisation, attention, conditional batch norm; SNGAN's published sizes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.attention import SelfAttention
from gan_cli.models.layers.normalization import ConditionalBatchNormalization
from gan_cli.models.layers.shuffle import RepeatUpsampling
from gan_cli.models.layers.spectral import SpectralConv2D, SpectralDense, SpectralEmbedding

LAYERS = {
    "conv": (lambda: SpectralConv2D(5, 3, padding="same"), (2, 4, 4, 3)),
    "dense": (lambda: SpectralDense(5), (2, 7)),
}


def built(name):
    keras.utils.set_random_seed(0)
    make, shape = LAYERS[name]
    layer = make()
    layer.build(shape)
    return layer


def iterate(layer, times=200):
    for _ in range(times):
        layer.before_update(tf.constant(0))


@pytest.mark.parametrize("name", LAYERS)
def test_the_largest_singular_value_is_one(name):
    layer = built(name)
    iterate(layer)
    matrix = layer.kernel.numpy().reshape(-1, 5)
    assert np.linalg.svd(matrix, compute_uv=False)[0] == pytest.approx(1.0, abs=1e-5)
    raw = layer._kernel.numpy().reshape(-1, 5)
    np.testing.assert_allclose(matrix, raw / np.linalg.svd(raw, compute_uv=False)[0], rtol=1e-4)


def test_the_embedding_table_is_normalised_too():
    layer = SpectralEmbedding(6, 4)
    layer.build()
    iterate(layer)
    assert np.linalg.svd(layer.embeddings.numpy(), compute_uv=False)[0] == pytest.approx(
        1, abs=1e-5
    )
    np.testing.assert_allclose(layer(tf.constant([2])), layer.embeddings.numpy()[2:3], rtol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_the_gradient_goes_through_the_singular_value(name):
    """Against finite differences of W / sigma(W) with NumPy's singular value in float64."""
    layer = built(name)
    iterate(layer)
    raw = layer._kernel.numpy().astype(np.float64)
    direction = np.random.default_rng(0).standard_normal(raw.shape)

    def value(weight):
        sigma = np.linalg.svd(weight.reshape(-1, 5), compute_uv=False)[0]
        return (direction * weight / sigma).sum()

    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.constant(direction, tf.float32) * layer.kernel)
    gradient = tape.gradient(total, layer._kernel.value).numpy()
    for index in list(np.ndindex(raw.shape))[::7]:
        nudge = np.zeros(raw.shape)
        nudge[index] = 1e-6
        slope = (value(raw + nudge) - value(raw - nudge)) / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-3, abs=1e-4)


def test_only_an_update_moves_the_singular_vector_and_no_pass_moves_the_weights():
    layer = built("dense")
    x = tf.ones([2, 7])
    before = [np.array(v) for v in layer.variables]
    layer(x, training=True)
    for old, new in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(old, new)
    layer.before_update(tf.constant(0))
    assert not np.array_equal(before[-1], layer.left_vector)
    np.testing.assert_array_equal(before[0], layer._kernel)


def test_attention_equals_the_definition_pixel_by_pixel():
    keras.utils.set_random_seed(0)
    layer = SelfAttention()
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 16)).astype(np.float32)
    np.testing.assert_array_equal(layer(x), x)
    layer.gamma.assign(0.7)

    def weight(part):
        return part.kernel.numpy()[0, 0].astype(np.float64)

    def pooled(y):
        return y.reshape(2, 2, 3, 2, y.shape[-1]).max(axis=(1, 3)).reshape(6, -1)

    for image, result in zip(x.astype(np.float64), layer(x).numpy(), strict=True):
        query = (image @ weight(layer.query)).reshape(24, -1)
        key, value = pooled(image @ weight(layer.key)), pooled(image @ weight(layer.value))
        for pixel in range(24):
            scores = np.exp(query[pixel] @ key.T)
            attended = (scores / scores.sum()) @ value @ weight(layer.output_projection)
            expected = image.reshape(24, -1)[pixel] + 0.7 * attended
            np.testing.assert_allclose(
                result.reshape(24, -1)[pixel], expected, rtol=1e-4, atol=1e-5
            )


def test_conditional_batch_norm_is_batch_norm_with_the_labels_scale_and_shift():
    layer = ConditionalBatchNormalization(3, epsilon=1e-5)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 2, 2, 4)).astype(np.float32) * 3 + 1
    labels = np.array([0, 1, 2, 2, 1, 0], np.int32)
    layer.build([x.shape, labels.shape])
    scale, shift = rng.standard_normal((2, 3, 4))
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    exact = x.astype(np.float64)
    standard = (exact - exact.mean((0, 1, 2))) / np.sqrt(exact.var((0, 1, 2)) + 1e-5)
    expected = standard * scale[labels][:, None, None] + shift[labels][:, None, None]
    result = layer([tf.constant(x), tf.constant(labels)], training=True)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_repeat_upsampling_shows_each_pixel_four_times():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    np.testing.assert_array_equal(RepeatUpsampling()(x), x.repeat(2, axis=1).repeat(2, axis=2))


def test_sngan_has_the_published_number_of_weights_at_32_pixels():
    sngan = ARCHITECTURES.load("sngan")
    generator = sngan.build_generator(ModelSpec(32, 32, 3, latent_dim=128, base_channels=256))
    # Table 3: dense to 4x4x256, three blocks of 256, batch norm, 3x3 to RGB.
    block = 2 * (9 * 256 * 256 + 256) + 256 * 256 + 256 + 2 * 2 * 256
    dense, end = 129 * 4 * 4 * 256, 2 * 256 + 9 * 256 * 3 + 3
    assert dense + 3 * block + end == 4_276_739
    assert sum(np.prod(v.shape) for v in generator.trainable_variables) == 4_276_739
    discriminator = sngan.build_discriminator(ModelSpec(32, 32, 3, 128, base_channels=128))
    # Table 3: two blocks that pool, two that do not, and a linear layer.
    plain = 2 * (9 * 128 * 128 + 128)
    first = 9 * 3 * 128 + 128 + 9 * 128 * 128 + 128 + 3 * 128 + 128
    expected = first + (plain + 128 * 128 + 128) + 2 * plain + 129
    assert sum(np.prod(v.shape) for v in discriminator.trainable_variables) == expected


@pytest.mark.parametrize("conditioning", ["projection", "concat", "auxiliary"])
@pytest.mark.parametrize("architecture", ["conv", "sngan"])
def test_every_conditioning_of_a_discriminator(architecture, conditioning):
    spec = ModelSpec(
        12, 12, 1, 7, num_classes=3, conditioning=conditioning, base_channels=8, max_channels=16
    )
    model = ARCHITECTURES.load(architecture).build_discriminator(spec)
    images = tf.random.stateless_uniform([4, 12, 12, 1], [1, 2], -1.0, 1.0)
    if conditioning == "auxiliary":
        answers = model(images)
        assert answers["logits"].shape == (4,)
        assert answers["class_logits"].shape == (4, 3)
        assert answers["class_logits"].dtype == tf.float32
        return
    outputs = [model([images, tf.fill([4], label)]).numpy() for label in (0, 1)]
    assert np.abs(outputs[0] - outputs[1]).min() > 0
