"""Penalties against the closed form for a quadratic discriminator, and by finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives import PENALTIES

SHAPE = (3, 4, 2)
SEED = tf.constant([5, 7], tf.int32)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 6, *SHAPE))
    return tf.constant(real, tf.float32), tf.constant(fake, tf.float32)


@pytest.fixture
def weights():
    rng = np.random.default_rng(1)
    return rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)


def quadratic(curvature, slope):
    """D(x) = sum(1/2 curvature x^2 + slope x), whose gradient is curvature x + slope."""
    return lambda x: tf.reduce_sum(0.5 * curvature * x * x + slope * x, axis=[1, 2, 3])


def squared_norm(images, curvature, slope):
    return ((curvature * images.numpy().astype(np.float64) + slope) ** 2).sum((1, 2, 3))


def alphas(count):
    return tf.random.stateless_uniform([count, 1, 1, 1], SEED).numpy().astype(np.float64)


def expected(name, real, fake, curvature, slope):
    if name == "r1":
        return 0.5 * squared_norm(real, curvature, slope)
    if name == "r2":
        return 0.5 * squared_norm(fake, curvature, slope)
    between = real + tf.constant(alphas(len(real)), tf.float32) * (fake - real)
    return (np.sqrt(squared_norm(between, curvature, slope)) - 1.0) ** 2


@pytest.mark.parametrize("name", PENALTIES.names)
def test_value_equals_the_closed_form(name, images, weights):
    real, fake = images
    curvature, slope = weights
    discriminate = quadratic(tf.constant(curvature, tf.float32), tf.constant(slope, tf.float32))
    value = PENALTIES.load(name).value(discriminate, real, fake, SEED)
    np.testing.assert_allclose(value, expected(name, real, fake, *weights), rtol=1e-5)


@pytest.mark.parametrize("name", PENALTIES.names)
def test_weight_gradient_equals_finite_differences_of_the_closed_form(name, images, weights):
    real, fake = images
    curvature, slope = weights
    variable = tf.Variable(slope, dtype=tf.float32)
    with tf.GradientTape() as tape:
        discriminate = quadratic(tf.constant(curvature, tf.float32), variable)
        total = tf.reduce_mean(PENALTIES.load(name).value(discriminate, real, fake, SEED))
    gradient = tape.gradient(total, variable).numpy()

    width = 1e-6
    for index in np.ndindex(SHAPE):
        nudge = np.zeros(SHAPE)
        nudge[index] = width
        high, low = (
            expected(name, real, fake, curvature, slope + sign * nudge).mean() for sign in (1, -1)
        )
        assert gradient[index] == pytest.approx((high - low) / (2 * width), rel=2e-4, abs=1e-4)


def test_wgan_gp_draws_one_alpha_per_example_from_the_whole_unit_interval():
    # With D(x) = 1/2 ||x||^2, the gradient's norm is that of the point itself: on the segment from
    # 0 to a unit vector the norm is alpha, and the penalty (alpha - 1)^2.
    fake = tf.one_hot(tf.zeros(2000, tf.int32), 12)
    fake = tf.reshape(fake, [2000, 2, 3, 2])
    value = (
        PENALTIES.load("wgan_gp")
        .value(quadratic(1.0, 0.0), tf.zeros_like(fake), fake, SEED)
        .numpy()
    )
    alpha = 1.0 - np.sqrt(value)
    assert alpha.mean() == pytest.approx(0.5, abs=0.03)
    assert np.var(alpha) == pytest.approx(1 / 12, abs=0.01)
    assert 0 <= alpha.min() < 0.01
    assert 0.99 < alpha.max() <= 1


def test_wgan_gp_has_a_finite_gradient_where_the_discriminator_is_flat():
    weight = tf.Variable(0.0)
    images = tf.ones([2, 3, 3, 1])
    with tf.GradientTape() as tape:
        value = PENALTIES.load("wgan_gp").value(
            lambda x: weight * tf.reduce_sum(x, axis=[1, 2, 3]), images, images, SEED
        )
        total = tf.reduce_mean(value)
    assert np.isfinite(tape.gradient(total, weight))
