"""Adam against its equations in float64, and against Keras."""

import keras
import numpy as np
import tensorflow as tf

from gan_cli.training.optimizer import FusedAdam

SETTINGS = {"learning_rate": 0.02, "beta_1": 0.3, "beta_2": 0.97, "epsilon": 1e-3}


def trained(optimizer, gradients):
    """The two weights after one update for each pair of gradients."""
    weights = [keras.Variable([1.0, -2.0, 3.0]), keras.Variable([[0.5]])]
    optimizer.build(weights)

    @tf.function(autograph=False)
    def update(pair):
        optimizer.apply(pair, weights)

    for pair in gradients:
        update([tf.constant(g, tf.float32) for g in pair])
    return [weight.numpy() for weight in weights], [v.numpy() for v in optimizer.variables]


def test_adam_is_that_of_its_paper_and_keeps_the_slots_of_keras():
    rng = np.random.default_rng(0)
    gradients = [(rng.standard_normal(3), rng.standard_normal([1, 1])) for _ in range(7)]
    found, variables = trained(FusedAdam(**SETTINGS), gradients)

    for which, start in enumerate(([1.0, -2.0, 3.0], [[0.5]])):
        weight, m, v = np.array(start), 0.0, 0.0
        for step, pair in enumerate(gradients, start=1):
            m = 0.3 * m + 0.7 * pair[which]
            v = 0.97 * v + 0.03 * pair[which] ** 2
            rate = 0.02 * np.sqrt(1 - 0.97**step) / (1 - 0.3**step)
            weight = weight - rate * m / (np.sqrt(v) + 1e-3)
        np.testing.assert_allclose(found[which], weight, rtol=1e-5)

    _, expected = trained(keras.optimizers.Adam(**SETTINGS), gradients)
    for ours, theirs in zip(variables, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_the_rate_is_the_one_assigned_and_gradients_are_clipped():
    gradient = [(np.full(3, 4.0), np.zeros([1, 1]))]
    optimizer = FusedAdam(global_clipnorm=1.0, **SETTINGS)
    optimizer.learning_rate.assign(0.5)
    (found, _), _ = trained(optimizer, gradient)
    clipped = 1.0 / np.sqrt(3.0)
    step = 0.5 * clipped / (clipped + 1e-3 / np.sqrt(0.03))
    np.testing.assert_allclose(found, np.array([1.0, -2.0, 3.0]) - step, rtol=1e-5)


def test_a_beta_2_that_moves_counts_as_if_it_had_been_so_all_the_time():
    rng = np.random.default_rng(0)
    gradients, betas = rng.standard_normal([6, 3]), np.linspace(0.9, 0.99, 6)
    optimizer = FusedAdam(**SETTINGS)
    optimizer.let_beta_2_move(0.5)
    variable = keras.Variable([1.0, -2.0, 3.0])
    optimizer.build([variable])

    @tf.function(autograph=False)
    def update(gradient, beta_2):
        optimizer.beta_2.assign(beta_2)
        optimizer.apply([gradient], [variable])

    weight, m, v = np.array([1.0, -2.0, 3.0]), 0.0, 0.0
    for step, (gradient, beta_2) in enumerate(zip(gradients, betas, strict=True), start=1):
        update(tf.constant(gradient, tf.float32), tf.constant(beta_2, tf.float32))
        m = 0.3 * m + 0.7 * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        rate = 0.02 * np.sqrt(1 - beta_2**step) / (1 - 0.3**step)
        weight = weight - rate * m / (np.sqrt(v) + 1e-3)
    np.testing.assert_allclose(variable.numpy(), weight, rtol=1e-5)
