"""Losses against their definitions, written with probabilities in float64."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives import LOSSES

REAL = np.array([-3.0, -0.4, 0.0, 0.7, 2.5])
FAKE = np.array([1.5, -2.0, 0.3, 0.0, -0.8])


def sigmoid(logits):
    return 1.0 / (1.0 + np.exp(-logits))


def log_d(real, fake):
    """E[log D(x)] + E[log(1 - D(G(z)))], example by example."""
    return np.log(sigmoid(real)) + np.log(1.0 - sigmoid(fake))


DEFINITIONS = {
    "minimax": (lambda r, f: -log_d(r, f), lambda r, f: np.log(1.0 - sigmoid(f))),
    "non_saturating": (lambda r, f: -log_d(r, f), lambda r, f: -np.log(sigmoid(f))),
    "least_squares": (
        lambda r, f: ((r - 1) ** 2 + f**2) / 2,
        lambda r, f: (f - 1) ** 2 / 2,
    ),
    "hinge": (
        lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f),
        lambda r, f: -f,
    ),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "relativistic": (
        lambda r, f: -np.log(sigmoid(r - f)),
        lambda r, f: -np.log(sigmoid(f - r)),
    ),
}


def test_every_registered_loss_has_a_definition_here():
    assert set(DEFINITIONS) == set(LOSSES.names)


@pytest.mark.parametrize("name", LOSSES.names)
def test_loss_equals_its_definition(name):
    loss = LOSSES.load(name)
    real, fake = tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32)
    discriminator, generator = DEFINITIONS[name]
    np.testing.assert_allclose(
        loss.discriminator(real, fake, 1.0), discriminator(REAL, FAKE), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(
        loss.generator(real, fake), generator(REAL, FAKE), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("name", LOSSES.names)
def test_generator_sees_real_is_declared(name):
    loss = LOSSES.load(name)
    fake = tf.constant(FAKE, tf.float32)
    values = [loss.generator(tf.constant(real, tf.float32), fake) for real in (REAL, REAL + 1.0)]
    depends = not np.allclose(values[0], values[1])
    assert depends == loss.generator_sees_real


@pytest.mark.parametrize("name", LOSSES.names)
def test_finite_values_and_gradients_at_extreme_logits(name):
    loss = LOSSES.load(name)
    real = tf.Variable([-1e4, -100.0, 100.0, 1e4])
    fake = tf.Variable([1e4, 100.0, -100.0, -1e4])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss.discriminator(real, fake, 1.0) + loss.generator(real, fake))
    for value in (total, *tape.gradient(total, [real, fake])):
        assert np.isfinite(value).all()


def test_label_smoothing_is_the_cross_entropy_with_a_softer_real_target():
    real, fake = tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32)
    expected = -(
        0.9 * np.log(sigmoid(REAL)) + 0.1 * np.log(1 - sigmoid(REAL)) + np.log(1 - sigmoid(FAKE))
    )
    for name in ("minimax", "non_saturating"):
        np.testing.assert_allclose(
            LOSSES.load(name).discriminator(real, fake, 0.9), expected, rtol=1e-6
        )


@pytest.mark.parametrize("name", LOSSES.names)
def test_has_real_target_is_declared(name):
    loss = LOSSES.load(name)
    real, fake = tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32)
    values = [loss.discriminator(real, fake, target) for target in (1.0, 0.8)]
    assert (not np.allclose(values[0], values[1])) == loss.has_real_target


@pytest.mark.parametrize("name", LOSSES.names)
def test_gradients_pull_the_logits_the_right_way(name):
    loss = LOSSES.load(name)
    real, fake = tf.Variable([0.3]), tf.Variable([0.2])
    with tf.GradientTape(persistent=True) as tape:
        discriminator = loss.discriminator(real, fake, 1.0)
        generator = loss.generator(real, fake)
    assert tape.gradient(discriminator, real) < 0 < tape.gradient(discriminator, fake)
    assert tape.gradient(generator, fake) < 0


def test_least_squares_takes_other_targets():
    """Mao et al. 2017, equation 8: a = -1, b = 1 and c = 0."""
    given = {"fake_target": -1.0, "generator_target": 0.0}
    loss = LOSSES.load("least_squares").with_options(given)
    real, fake = tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32)
    expected = ((REAL - 1) ** 2 + (FAKE + 1) ** 2) / 2
    np.testing.assert_allclose(loss.discriminator(real, fake, 1.0), expected, rtol=1e-6)
    np.testing.assert_allclose(loss.generator(real, fake), FAKE**2 / 2, rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES.names)
def test_the_options_are_the_keyword_arguments_with_their_defaults(name):
    loss = LOSSES.load(name)
    expected = {"fake_target": 0.0, "generator_target": 1.0} if name == "least_squares" else {}
    assert loss.options == expected
    assert loss.with_options(loss.options).options == expected
