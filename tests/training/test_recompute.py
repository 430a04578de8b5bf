"""Passes that compute activations again give the same values, gradients and buffers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models import ARCHITECTURES
from gan_cli.training.loop import compile_steps
from gan_cli.training.passes import Passes
from gan_cli.training.recompute import RecomputedModel, recomputed
from gan_cli.training.segments import parts_of, recomputed_bytes

BATCH = 16
# The others take minutes to compile.
QUICK = ("conv", "mlp", "points_mlp", "sequence")
OPTIMIZER = {"learning_rate": 3e-4, "beta_1": 0.5, "beta_2": 0.99, "epsilon": 1e-4}
TRAINING = {
    "batch_size": BATCH,
    "kimg": 10.0,
    "generator_optimizer": OPTIMIZER,
    "discriminator_optimizer": OPTIMIZER,
}
R1 = {"penalties": [{"name": "r1", "gamma": 1.0}]}


def test_first_and_second_derivatives_are_those_of_the_function():
    x = tf.constant([0.3, -1.2, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            (y,) = recomputed(lambda x: [tf.sin(x) * x**2], x)
        first = inner.gradient(y, x)
    second = outer.gradient(first, x)
    np.testing.assert_allclose(first, np.cos(x) * x**2 + 2 * x * np.sin(x), rtol=1e-5)
    np.testing.assert_allclose(second, 4 * x * np.cos(x) + (2 - x**2) * np.sin(x), rtol=1e-5)


def test_the_backward_pass_calls_the_function_once_more():
    calls = []

    def function(x):
        calls.append(x)
        return [tf.exp(x)]

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = recomputed(function, x)
    assert len(calls) == 1
    tape.gradient(y, x)
    assert len(calls) == 2


def chain(depth, width=16):
    x = inputs = keras.Input([8, 8, width])
    for _ in range(depth):
        x = keras.layers.Conv2D(width, 3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    return keras.Model(inputs, x)


def test_a_chain_is_cut_into_segments_of_about_the_root_of_its_length():
    parts = parts_of(chain(24))
    lengths = [len(part.model.layers) - 1 for part in parts]
    assert sum(lengths) == 72
    assert 6 <= len(parts) <= 12
    assert max(lengths) <= 14
    # 72 outputs of 4 KiB without it.
    assert recomputed_bytes(chain(24)) < 72 * 4096 / 3


def test_a_layer_that_is_called_twice_is_not_cut():
    layer = keras.layers.Dense(4)
    inputs = keras.Input([4])
    model = keras.Model(inputs, layer(keras.layers.ReLU()(layer(inputs))))
    (part,) = parts_of(model)
    assert part.model is model


def test_buffers_change_once_and_only_in_the_networks_own_pass():
    model = chain(3)
    images = tf.random.stateless_normal([4, 8, 8, 16], [1, 2])
    start = model.get_weights()
    passes, plain = Passes(model, recompute=True), Passes(model)
    np.testing.assert_allclose(passes.forward(images), plain.forward(images), rtol=1e-6)
    for before, after in zip(start, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    plain.learn(images)
    wanted = model.get_weights()
    model.set_weights(start)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(passes.learn(images) ** 2)
    tape.gradient(value, [variable.value for variable in model.trainable_variables])
    for ours, theirs in zip(model.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)


def trained(gan, steps):
    shape, dtype = gan.data.images.shape[1:], str(gan.data.images.dtype)
    chosen = np.random.default_rng(0).integers(0, len(gan.data.images), steps * BATCH)
    run = compile_steps(gan.step, shape, False, dtype)
    stacked = [
        tf.reshape(tf.gather(part, chosen), [steps, BATCH, *part.shape[1:]])
        for part in (gan.data.images, gan.data.labels)
    ]
    report = run(*stacked)
    # Norms are measured before a class's rows of an embedding are added up, or afterwards.
    report = {name: value for name, value in report.items() if "gradient_norm" not in name}
    return {name: np.array(v) for name, v in {**gan.state.variables(), **report}.items()}


@pytest.mark.parametrize(
    ("architecture", "slices"),
    [
        *(
            (name, 1) if name in QUICK else pytest.param(name, 1, marks=pytest.mark.slow)
            for name in ARCHITECTURES.names
        ),
        ("conv", 2),
    ],
)
def test_steps_are_the_same_to_rounding(small_gan, architecture, slices):
    model = {"architecture": architecture, "conditional": architecture != "points_mlp"}
    ours, theirs = (
        trained(
            small_gan(
                model=model,
                objective=R1,
                training=TRAINING | {"gradient_accumulation": slices, "recompute": recompute},
            ),
            steps=3,
        )
        for recompute in (True, False)
    )
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        a, b = np.float64(value), np.float64(theirs[name])
        deviation = np.max(np.abs(a - b) / np.maximum(np.abs(b), 1.0))
        assert deviation < 1e-4, (name, deviation)


def test_float16_with_a_float32_copy_for_penalties(small_gan):
    training = TRAINING | {"precision": "mixed_float16"}
    ours, theirs = (
        trained(small_gan(objective=R1, training=training | {"recompute": recompute}), steps=2)
        for recompute in (True, False)
    )
    for name, value in ours.items():
        np.testing.assert_allclose(
            np.float64(value), np.float64(theirs[name]), atol=1e-2, rtol=1e-2, err_msg=name
        )


def test_a_model_within_a_model_is_cut_by_itself():
    inputs = keras.Input([8, 8, 16])
    outer = keras.Model(inputs, chain(4)(chain(4)(inputs)))
    parts = parts_of(outer)
    assert [part.is_inner for part in parts] == [True, True]
    images = tf.random.stateless_normal([2, 8, 8, 16], [3, 4])
    values = {id(v): tf.convert_to_tensor(v.value) for v in outer.variables}
    outputs, buffers = RecomputedModel(outer)(images, values)
    np.testing.assert_allclose(outputs, outer(images, training=True), rtol=1e-5, atol=1e-5)
    assert len(buffers) == 16
