"""Virtual batch normalisation and minibatch discrimination, in float64 and within networks."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.improved import (
    MinibatchDiscrimination,
    ReferenceBatch,
    VirtualBatchNormalization,
)
from gan_cli.training.precision import dtype_policy

SPEC = ModelSpec(8, 8, 1, latent_dim=6, base_channels=8, max_channels=16)
VIRTUAL = dataclasses.replace(SPEC, options={"virtual_batch_norm": 5})


def drawn(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_minibatch_discrimination_sums_nearness_over_the_batch():
    layer = MinibatchDiscrimination(kernels=4, dimensions=3)
    x = drawn(6, 7)
    result = layer(tf.constant(x)).numpy()
    rows = (x.astype(np.float64) @ np.asarray(layer.kernel, np.float64)).reshape(6, 4, 3)
    expected = np.zeros((6, 4))
    for image in range(6):
        for other in range(6):
            for kernel in range(4):
                distance = np.abs(rows[image, kernel] - rows[other, kernel]).sum()
                expected[image, kernel] += np.exp(-distance)
    np.testing.assert_array_equal(result[:, :7], x)
    np.testing.assert_allclose(result[:, 7:], expected, rtol=1e-4)
    collapsed = layer(tf.tile(x[:1], [6, 1])).numpy()
    np.testing.assert_allclose(collapsed[:, 7:], 6.0, rtol=1e-6)


def test_virtual_batch_norm_takes_the_statistics_of_the_reference_and_of_the_image():
    layer = VirtualBatchNormalization(3, epsilon=1e-5)
    x = drawn(5, 4, 2, 6) * 3 + 1
    layer.build(x.shape)
    layer.gamma.assign(drawn(6))
    layer.beta.assign(drawn(6) - 1)
    result = layer(tf.constant(x)).numpy()
    exact = x.astype(np.float64)
    for row in range(5):
        # All of the reference's pixels, and the image's own beside them.
        pixels = exact[:3] if row < 3 else exact[[0, 1, 2, row]]
        standard = (exact[row] - pixels.mean((0, 1, 2))) / np.sqrt(pixels.var((0, 1, 2)) + 1e-5)
        expected = standard * drawn(6) + drawn(6) - 1
        np.testing.assert_allclose(result[row], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["conv", "dcgan"])
@pytest.mark.parametrize("num_classes", [0, 3])
def test_an_image_does_not_depend_on_the_rest_of_its_batch(name, num_classes):
    keras.utils.set_random_seed(0)
    spec = dataclasses.replace(VIRTUAL, num_classes=num_classes, conditioning="concat")
    model = ARCHITECTURES.load(name).build_generator(spec)
    assert not [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    z, labels = tf.constant(drawn(4, 6)), tf.constant([0, 1, 2, 1])

    def images(rows, training):
        given = tf.gather(z, rows), tf.gather(labels, rows)
        return model(list(given) if num_classes else given[0], training=training).numpy()

    whole = images([0, 1, 2, 3], True)
    assert whole.shape == (4, 8, 8, 1)
    np.testing.assert_allclose(images([2], True), whole[2:3], atol=1e-6)
    np.testing.assert_allclose(images([2, 3], False), whole[2:], atol=1e-6)
    assert np.abs(whole[0] - whole[1]).max() > 1e-3


def test_the_reference_is_saved_and_is_not_learned():
    model = ARCHITECTURES.load("conv").build_generator(VIRTUAL)
    reference = next(layer for layer in model.layers if isinstance(layer, ReferenceBatch))
    assert [v.shape for v in reference.non_trainable_variables] == [(5, 6)]
    assert any(v is reference.reference for v in model.non_trainable_variables)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_stays_near_float32(policy):
    keras.utils.set_random_seed(0)
    options = {"virtual_batch_norm": 5, "minibatch_discrimination": 6}
    spec = dataclasses.replace(SPEC, options=options)
    conv = ARCHITECTURES.load("conv")
    pairs = [(conv.build_generator, drawn(4, 6)), (conv.build_discriminator, drawn(4, 8, 8, 1))]
    for build, inputs in pairs:
        reference = build(spec)
        with dtype_policy(policy):
            mixed = build(spec)
        mixed.set_weights(reference.get_weights())
        expected = reference(tf.constant(inputs)).numpy()
        np.testing.assert_allclose(
            mixed(tf.constant(inputs)), expected, atol=0.03 * np.abs(expected).max() + 0.01
        )


@pytest.mark.parametrize("name", ["conv", "dcgan"])
def test_with_minibatch_discrimination_a_logit_depends_on_the_other_images(name):
    keras.utils.set_random_seed(0)
    build = ARCHITECTURES.load(name).build_discriminator
    images = tf.constant(np.clip(drawn(4, 8, 8, 1), -1, 1))
    alone = build(SPEC)
    np.testing.assert_allclose(alone(images)[:2], alone(images[:2]), atol=1e-5)
    with_neighbours = build(dataclasses.replace(SPEC, options={"minibatch_discrimination": 4}))
    difference = with_neighbours(images)[:2] - with_neighbours(images[:2])
    assert np.abs(difference).min() > 1e-4


@pytest.mark.parametrize(
    ("options", "conditioning", "problem"),
    [
        ({"virtual_batch_norm": -1}, None, "virtual_batch_norm: must be at least 0, got -1"),
        ({"virtual_batch_norm": 5}, "batch_norm", "must be 'concat', got 'batch_norm'"),
    ],
)
def test_what_cannot_be_had_is_refused(options, conditioning, problem):
    spec = dataclasses.replace(SPEC, num_classes=3, conditioning=conditioning, options=options)
    with pytest.raises(UserError, match=problem):
        ARCHITECTURES.load("conv").build_generator(spec)
