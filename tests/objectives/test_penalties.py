"""Penalties against the closed form for a quadratic discriminator, and by finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.models.layers.equalized import EqualizedDense
from gan_cli.models.layers.normalization import ConditionalBatchNormalization
from gan_cli.models.layers.styles import LearnedConstant
from gan_cli.objectives import PENALTIES
from gan_cli.objectives.penalties.logits import flip_and_shift
from gan_cli.objectives.penalties.penalty import Update

GRADIENT_PENALTIES = ["r1", "r2", "wgan_gp", "dragan"]

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


def update(discriminate, real, fake, **parts):
    return Update(
        network="discriminator",
        seed=SEED,
        real=real,
        fake=fake,
        discriminate=discriminate,
        discriminate_fake=discriminate,
        **parts,
    )


def value_of(name, discriminate, real, fake):
    return PENALTIES.load(name).value(update(discriminate, real, fake))


def dragan_points(real):
    """x + alpha 1/2 std u, drawn as the penalty draws and computed in float64."""
    pixel_seed, alpha_seed = tf.unstack(tf.random.split(SEED, 2))
    noise = tf.random.stateless_uniform(tf.shape(real), pixel_seed).numpy().astype(np.float64)
    alpha = tf.random.stateless_uniform([len(real), 1, 1, 1], alpha_seed).numpy()
    exact = real.numpy().astype(np.float64)
    return exact + alpha.astype(np.float64) * 0.5 * exact.std() * noise


def expected(name, real, fake, curvature, slope):
    if name == "r1":
        return 0.5 * squared_norm(real, curvature, slope)
    if name == "r2":
        return 0.5 * squared_norm(fake, curvature, slope)
    if name == "dragan":
        points = tf.constant(dragan_points(real))
    else:
        points = real + tf.constant(alphas(len(real)), tf.float32) * (fake - real)
    return (np.sqrt(squared_norm(points, curvature, slope)) - 1.0) ** 2


@pytest.mark.parametrize("name", GRADIENT_PENALTIES)
def test_value_equals_the_closed_form(name, images, weights):
    real, fake = images
    curvature, slope = weights
    discriminate = quadratic(tf.constant(curvature, tf.float32), tf.constant(slope, tf.float32))
    value = value_of(name, discriminate, real, fake)
    np.testing.assert_allclose(value, expected(name, real, fake, *weights), rtol=1e-5)


@pytest.mark.parametrize("name", GRADIENT_PENALTIES)
def test_weight_gradient_equals_finite_differences_of_the_closed_form(name, images, weights):
    real, fake = images
    curvature, slope = weights
    variable = tf.Variable(slope, dtype=tf.float32)
    with tf.GradientTape() as tape:
        discriminate = quadratic(tf.constant(curvature, tf.float32), variable)
        total = tf.reduce_mean(value_of(name, discriminate, real, fake))
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
    value = value_of("wgan_gp", quadratic(1.0, 0.0), tf.zeros_like(fake), fake).numpy()
    alpha = 1.0 - np.sqrt(value)
    assert alpha.mean() == pytest.approx(0.5, abs=0.03)
    assert np.var(alpha) == pytest.approx(1 / 12, abs=0.01)
    assert 0 <= alpha.min() < 0.01
    assert 0.99 < alpha.max() <= 1


def test_wgan_gp_has_a_finite_gradient_where_the_discriminator_is_flat():
    weight = tf.Variable(0.0)
    images = tf.ones([2, 3, 3, 1])
    with tf.GradientTape() as tape:
        value = value_of(
            "wgan_gp", lambda x: weight * tf.reduce_sum(x, axis=[1, 2, 3]), images, images
        )
        total = tf.reduce_mean(value)
    assert np.isfinite(tape.gradient(total, weight))


def outputs(**values):
    return {name: tf.constant(value, tf.float32) for name, value in values.items()}


def penalty_with_memory(name, weights=()):
    penalty = PENALTIES.load(name)
    return penalty, penalty.memory([tf.Variable(w, dtype=tf.float32) for w in weights])


def test_drift_is_the_square_of_the_real_logits():
    given = Update(
        network="discriminator", seed=SEED, real_outputs=outputs(logits=[1.5, -2.0, 0.0])
    )
    np.testing.assert_allclose(PENALTIES.load("drift").value(given), [2.25, 4.0, 0.0])


@pytest.mark.parametrize(("options", "decay"), [({}, 0.99), ({"decay": 0.5}, 0.5)])
def test_lecam_equals_the_rule_written_out_and_remembers(options, decay):
    rng = np.random.default_rng(0)
    penalty, memory = penalty_with_memory("lecam")
    penalty = penalty.with_options(options)
    anchor_real = anchor_fake = None
    for _ in range(4):
        real, fake = rng.standard_normal((2, 5)) + 3.0
        given = Update(
            network="discriminator",
            seed=SEED,
            real_outputs=outputs(logits=real),
            fake_outputs=outputs(logits=fake),
            memory=memory,
        )
        value = penalty.value(given)
        if anchor_real is None:
            # They start from the first means, not from 0.
            anchor_real, anchor_fake = real.mean(), fake.mean()
        anchor_real = decay * anchor_real + (1 - decay) * real.mean()
        anchor_fake = decay * anchor_fake + (1 - decay) * fake.mean()
        expected_value = (
            np.maximum(real - anchor_fake, 0) ** 2 + np.maximum(anchor_real - fake, 0) ** 2
        )
        np.testing.assert_allclose(value, expected_value, rtol=1e-5, atol=1e-6)


def test_consistency_is_zero_for_what_flips_and_shifts_do_not_change_and_not_for_the_rest(images):
    real, fake = images
    flat = tf.ones_like(real) * tf.reduce_mean(real, axis=[1, 2], keepdims=True)
    discriminate = quadratic(1.0, tf.reshape(tf.range(24.0), SHAPE))
    np.testing.assert_allclose(value_of("consistency", discriminate, flat, flat), 0, atol=1e-4)
    value = value_of("consistency", discriminate, real, fake)
    seeds = tf.unstack(tf.random.split(SEED, 2))
    by_hand = [
        (discriminate(side).numpy() - discriminate(flip_and_shift(side, seed)).numpy()) ** 2
        for side, seed in zip(images, seeds, strict=True)
    ]
    np.testing.assert_allclose(value, sum(by_hand), rtol=1e-5)
    assert float(tf.reduce_max(value)) > 0


def test_flip_and_shift_moves_whole_pixels_by_up_to_an_eighth_and_flips_half():
    size, count = 16, 400
    picture = np.arange(size * size, dtype=np.float32).reshape(size, size)
    moved = flip_and_shift(tf.constant(np.tile(picture[None, ..., None], [count, 1, 1, 1])), SEED)
    shifted = {
        (flip, row, column): np.pad(side, 2, mode="reflect")[
            row : row + size, column : column + size
        ]
        for flip, side in ((0, picture), (1, picture[:, ::-1]))
        for row in range(5)
        for column in range(5)
    }
    found = []
    for image in moved.numpy()[..., 0]:
        matches = [key for key, side in shifted.items() if np.array_equal(side, image)]
        assert len(matches) == 1
        found += matches
    assert np.mean([flip for flip, _, _ in found]) == pytest.approx(0.5, abs=0.1)
    assert len(set(found)) == 50


def orthogonal_value(weights):
    given = Update(network="generator", seed=SEED, weights=weights)
    return float(PENALTIES.load("orthogonal").value(given))


def test_orthogonal_counts_products_of_different_filters_only():
    rng = np.random.default_rng(0)
    kernel, bias = rng.standard_normal((3, 2, 4)), rng.standard_normal(4)
    weights = [
        keras.Variable(value, dtype="float32", name=name)
        for value, name in ((kernel, "kernel"), (bias, "bias"))
    ]
    total = 0.0
    for one in range(4):
        for other in range(4):
            if one != other:
                total += (kernel[..., one] * kernel[..., other]).sum() ** 2
    assert orthogonal_value(weights) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (keras.layers.Embedding(10, 128, embeddings_initializer="ones"), [None]),
        (ConditionalBatchNormalization(10), ([None, 8, 8, 128], [None])),
        (LearnedConstant([4, 4], 128), [None, 128]),
        (EqualizedDense(128, name="label_embedding"), [None, 10]),
    ],
)
def test_orthogonal_leaves_out_weights_that_are_no_kernels(layer, shape):
    values = np.random.default_rng(0).standard_normal((5, 4))
    kernel = keras.Variable(values, dtype="float32", name="kernel")
    alone = orthogonal_value([kernel])
    layer.build(shape)
    assert any(len(weight.shape) >= 2 for weight in layer.trainable_variables)
    assert orthogonal_value([*layer.trainable_variables, kernel]) == alone


def test_orthogonal_is_refused_without_kernels():
    with pytest.raises(UserError, match="needs a generator with kernels"):
        orthogonal_value([keras.Variable(tf.ones([10, 128]), name="embeddings")])


def test_historical_averaging_compares_with_the_mean_of_all_weights_so_far():
    rng = np.random.default_rng(0)
    history = rng.standard_normal((5, 3))
    penalty, memory = penalty_with_memory("historical_averaging", [history[0]])
    variable = tf.Variable(history[0], dtype=tf.float32)
    for count in range(1, 6):
        variable.assign(history[count - 1])
        given = Update(network="discriminator", seed=SEED, weights=[variable], memory=memory)
        distance = history[count - 1] - history[:count].mean(axis=0)
        assert float(penalty.value(given)) == pytest.approx((distance**2).sum(), rel=1e-4, abs=1e-6)


def test_feature_matching_is_the_squared_distance_of_mean_features():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 6, 4))
    given = Update(
        network="generator",
        seed=SEED,
        real_outputs=outputs(features=real),
        fake_outputs=outputs(features=fake),
    )
    distance = ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
    assert float(PENALTIES.load("feature_matching").value(given)) == pytest.approx(distance)


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_auxiliary_classifier_is_the_cross_entropy_of_the_labels(network):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 6, 3))
    labels = rng.integers(0, 3, (2, 6)).astype(np.int32)

    def cross_entropy(logits, wanted):
        return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), wanted]

    given = Update(
        network=network,
        seed=SEED,
        real_labels=tf.constant(labels[0]),
        fake_labels=tf.constant(labels[1]),
        real_outputs=outputs(class_logits=real),
        fake_outputs=outputs(class_logits=fake),
    )
    total = cross_entropy(fake, labels[1])
    if network == "discriminator":
        total = total + cross_entropy(real, labels[0])
    value = PENALTIES.load("auxiliary_classifier").value(given)
    np.testing.assert_allclose(value, total, rtol=1e-5)


def test_path_length_equals_the_closed_form_of_a_linear_generator():
    """Images = sum over layers of A_l w_l: J^T y is known, and with it lengths and gradients."""
    rng = np.random.default_rng(0)
    matrices = rng.standard_normal((2, 3, 4 * 5))
    styles = rng.standard_normal((6, 2, 3))
    weights = tf.Variable(matrices, dtype=tf.float32)

    def generate(seed, tape):
        given = tf.constant(styles, tf.float32)
        tape.watch(given)
        flat = tf.einsum("blk,lkp->bp", given, weights)
        return given, tf.reshape(flat, [6, 4, 5, 1])

    penalty, memory = penalty_with_memory("path_length")
    memory["mean"].assign(0.3)
    update = Update(network="generator", seed=SEED, generate=generate, memory=memory)
    with tf.GradientTape() as tape:
        value = penalty.value(update)
        mean_value = tf.reduce_mean(value)
    noise_seed = tf.random.split(SEED, 2)[1]
    noise = tf.random.stateless_normal([6, 4, 5, 1], noise_seed).numpy().reshape(6, 20)

    def closed_form(matrices):
        """The penalty of each image, and the moved mean."""
        products = np.einsum("lkp,bp->blk", matrices, noise.astype(np.float64) / 20**0.5)
        lengths = np.sqrt((products**2).sum(axis=2).mean(axis=1))
        mean = 0.3 + 0.01 * (lengths.mean() - 0.3)
        return (lengths - mean) ** 2, mean

    expected, mean = closed_form(matrices)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)
    assert float(memory["mean"]) == pytest.approx(mean, rel=1e-5)
    gradient, step = tape.gradient(mean_value, weights).numpy(), 1e-6
    for index in [(0, 0, 0), (1, 2, 19), (0, 1, 7), (1, 0, 12)]:
        sides = []
        for sign in (1, -1):
            moved = matrices.copy()
            moved[index] += sign * step
            sides.append(closed_form(moved)[0].mean())
        slope = (sides[0] - sides[1]) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", PENALTIES.names)
def test_every_penalty_says_what_it_is_for(name):
    penalty = PENALTIES.load(name)
    assert set(penalty.networks) <= {"discriminator", "generator"}
    assert penalty.networks
