"""The controller of p and its signals, against loops and closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives.augment.controller import (
    held_out_ratio,
    next_probability,
    pair_sign,
    real_sign,
)


def test_moves_equal_a_loop_by_hand():
    signals = [0.9, 0.7, 0.2, 0.1, 0.1, 0.6, 0.95, -1.0]
    batch, interval, kimg = 64, 4, 2.0
    probability, by_hand = tf.constant(0.0), 0.0
    for signal in signals:
        probability = next_probability(
            probability, tf.constant(signal), batch * interval, adjustment_kimg=kimg
        )
        by_hand += (
            np.sign(signal - 0.6 if signal != 0.6 else 0.0) * batch * interval / (kimg * 1000)
        )
        by_hand = min(max(by_hand, 0.0), 1.0)
        assert float(probability) == pytest.approx(by_hand, abs=1e-6)


def test_500_kimg_above_the_target_go_from_0_to_1_and_stay_there():
    probability = tf.constant(0.0)
    halfway = None
    for move in range(2100):
        if move == 976:
            halfway = float(probability)
        probability = next_probability(probability, tf.constant(0.61), 4 * 64)
    assert halfway == pytest.approx(976 * 256 / 500_000, abs=1e-4)
    assert float(probability) == 1.0


@pytest.mark.parametrize("signal", [np.nan, np.inf, -np.inf])
def test_a_signal_that_is_not_finite_moves_nothing(signal):
    probability = next_probability(tf.constant(0.3), tf.constant(signal, tf.float32), 256)
    assert float(probability) == pytest.approx(0.3)


def test_the_target_is_free():
    for target, expected in [(0.4, 0.75), (0.5, 0.5), (0.6, 0.25)]:
        moved = next_probability(
            tf.constant(0.5), tf.constant(0.5), 250, target=target, adjustment_kimg=1.0
        )
        assert float(moved) == pytest.approx(expected)


def test_signs_are_means_of_signs():
    real, fake = tf.constant([2.0, -0.1, 5.0, 0.0]), tf.constant([1.0, -3.0, 6.0, 0.0])
    assert float(real_sign(real)) == pytest.approx((1 - 1 + 1 + 0) / 4)
    assert float(pair_sign(real, fake)) == pytest.approx((1 + 1 - 1 + 0) / 4)
    # Only differences: an offset of all logits changes nothing.
    assert float(pair_sign(real - 9.0, fake - 9.0)) == float(pair_sign(real, fake))


def test_held_out_ratio_is_0_without_and_1_with_full_overfitting():
    train, fake = tf.constant([3.0, 5.0]), tf.constant([-2.0, 0.0])
    assert float(held_out_ratio(train, train, fake)) == 0.0
    assert float(held_out_ratio(train, fake, fake)) == 1.0
    held_out = tf.constant([1.0, 2.0, 3.0])
    ratio = float(held_out_ratio(train, held_out, fake))
    assert ratio == pytest.approx((4 - 2) / (4 + 1))
    changed = held_out_ratio(2.0 * train + 7.0, 2.0 * held_out + 7.0, 2.0 * fake + 7.0)
    assert float(changed) == pytest.approx(ratio)


def test_held_out_ratio_is_0_where_real_is_not_told_from_fake():
    train, fake = tf.constant([1.0]), tf.constant([2.0])
    assert float(held_out_ratio(train, tf.constant([-9.0]), fake)) == 0.0
    assert float(held_out_ratio(train, tf.constant([-9.0]), train)) == 0.0
