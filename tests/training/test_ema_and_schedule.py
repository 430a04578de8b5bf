"""The averaged generator and what moves over the run, against formulas in Python floats."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models.layers.spectral import SpectralDense
from gan_cli.training.ema import ema_decay, update_ema
from gan_cli.training.schedule import Ramp, learning_rate_factor, value_at


def test_after_one_half_life_half_of_the_old_weights_is_left():
    left = 1.0
    for step in range(1, 11):
        left *= float(ema_decay(tf.constant(10_000 + 100 * step), 100, 1.0, ramp_up=None))
    assert left == pytest.approx(0.5, rel=1e-5)


def test_ramp_up_bounds_the_half_life_by_a_share_of_the_images_seen():
    early = float(ema_decay(tf.constant(1000), 50, 10.0, ramp_up=0.05))
    assert early == pytest.approx(0.5 ** (50 / 50), rel=1e-6)
    late = float(ema_decay(tf.constant(10**6), 50, 10.0, ramp_up=0.05))
    assert late == pytest.approx(0.5 ** (50 / 10_000), rel=1e-6)


def test_a_half_life_of_zero_copies():
    assert float(ema_decay(tf.constant(1000), 50, 0.0, ramp_up=0.05)) == 0.0


def test_weights_are_averaged_and_buffers_copied():
    build = lambda: keras.Sequential(  # noqa: E731
        [keras.Input([3]), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    )
    model, average = build(), build()
    for index, variable in enumerate(model.variables):
        variable.assign(np.full(variable.shape, index + 1.0))
    before = [np.array(v) for v in average.trainable_variables]
    update_ema(average, model, tf.constant(0.9))
    for mean, old, weight in zip(
        average.trainable_variables, before, model.trainable_variables, strict=True
    ):
        np.testing.assert_allclose(mean, 0.9 * old + 0.1 * np.array(weight), rtol=1e-6, atol=1e-6)
    for copy, buffer in zip(
        average.non_trainable_variables, model.non_trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(copy, buffer)


@pytest.mark.parametrize(
    ("name", "kimg", "expected"),
    [
        ("constant", 0.0, 1.0),
        ("constant", 80.0, 1.0),
        ("linear", 25.0, 0.1 + 0.9 * 0.75),
        ("linear", 100.0, 0.1),
        ("linear", 150.0, 0.1),
        ("cosine", 25.0, 0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2),
        ("cosine", 100.0, 0.1),
    ],
)
def test_factor_without_warm_up(name, kimg, expected):
    factor = learning_rate_factor(name, tf.constant(round(kimg * 1000)), 100.0, 0.0, 0.1)
    assert float(factor) == pytest.approx(expected, rel=1e-5)


def test_warm_up_is_linear_and_never_zero():
    factors = [
        float(learning_rate_factor("constant", tf.constant(images), 100.0, 10.0, 0.0))
        for images in (0, 2500, 5000, 10_000, 20_000)
    ]
    assert factors[0] > 0
    np.testing.assert_allclose(factors[1:], [0.25, 0.5, 1.0, 1.0], rtol=1e-3)


@pytest.mark.parametrize(("start", "end"), [(0.05, 0.005), (0.9, 0.99), (0.0, 5000.0)])
def test_a_ramp_is_half_a_cosine_and_stays_where_it_arrives(start, end):
    ramp = Ramp(start, end, until_kimg=20_000.0)
    for kimg, share in ((0, 0.0), (5_000, (1 - math.sqrt(0.5)) / 2), (10_000, 0.5), (20_000, 1.0)):
        expected = start + share * (end - start)
        assert float(ramp(tf.constant(kimg * 1000))) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert float(ramp(tf.constant(250_000_000))) == pytest.approx(end, rel=1e-6)


def test_a_setting_moves_or_does_not():
    assert value_at(0.3, tf.constant(10_000)) == 0.3
    assert float(value_at(Ramp(1.0, 3.0, 20.0), tf.constant(10_000))) == pytest.approx(2.0)


def test_the_averages_singular_values_are_those_of_its_own_weights():
    """The raw network's vectors would give too small a value: it has moved elsewhere."""
    keras.utils.set_random_seed(0)
    build = lambda: keras.Sequential([keras.Input([12]), SpectralDense(9)])  # noqa: E731
    model, average = build(), build()
    raw, averaged = model.layers[0], average.layers[0]
    average.set_weights(model.get_weights())
    rng = np.random.default_rng(0)
    for _ in range(40):
        raw._kernel.assign(rng.standard_normal(raw._kernel.shape))
        raw.before_update(tf.constant(0))
        update_ema(average, model, tf.constant(0.97))
    normalized = averaged.kernel.numpy()
    assert np.linalg.svd(normalized, compute_uv=False)[0] == pytest.approx(1.0, abs=0.02)
    assert not np.array_equal(averaged.left_vector, raw.left_vector)
