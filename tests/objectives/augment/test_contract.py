"""What every augmentation promises, whatever it does."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.objectives import PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.objectives.penalties.penalty import Update

SEED = tf.constant([3, 11], tf.int32)
SHAPES = [(16, 16, 3), (13, 13, 1), (9, 14, 4), (8, 8, 1)]


@pytest.fixture(params=AUGMENTATIONS.names)
def augmentation(request):
    return AUGMENTATIONS.load(request.param)


def make_images(shape, batch=6, seed=0):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.uniform(-1, 1, (batch, *shape)), tf.float32)


def at(probability):
    return tf.constant(probability, tf.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_probability_0_is_the_identity_bit_for_bit_and_so_is_its_gradient(augmentation, shape):
    images, weights = make_images(shape), make_images(shape, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(images)
        augmented = augmentation.apply(images, at(0.0), SEED)
        total = tf.reduce_sum(weights * augmented)
    np.testing.assert_array_equal(augmented, images)
    np.testing.assert_array_equal(tape.gradient(total, images), weights)


@pytest.mark.parametrize("shape", SHAPES)
def test_probability_1_changes_every_image_and_keeps_shape_and_dtype(augmentation, shape):
    images = make_images(shape)
    augmented = augmentation.apply(images, at(1.0), SEED)
    assert augmented.shape == images.shape
    assert augmented.dtype == tf.float32
    assert np.isfinite(augmented).all()
    changed = np.abs(augmented - images).max(axis=(1, 2, 3))
    assert (changed > 1e-3).all()


def test_a_seed_is_a_change(augmentation):
    images = make_images((16, 16, 3))
    once, again = (augmentation.apply(images, at(0.7), SEED) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    other = augmentation.apply(images, at(0.7), SEED + 1)
    assert np.abs(once - other).max() > 0.1


def test_images_of_a_batch_are_changed_independently(augmentation):
    images = tf.repeat(make_images((16, 16, 3), batch=1), 8, axis=0)
    augmented = augmentation.apply(images, at(1.0), SEED).numpy()
    distance = np.abs(augmented[:, None] - augmented[None]).max(axis=(2, 3, 4))
    assert (distance[~np.eye(8, dtype=bool)] > 1e-3).all()


def test_a_new_probability_traces_nothing(augmentation):
    traces = []

    @tf.function(autograph=False)
    def apply(images, probability, seed):
        traces.append(1)
        return augmentation.apply(images, probability, seed)

    images = make_images((8, 8, 1))
    results = [apply(images, at(p), SEED) for p in (0.0, 0.25, 0.5, 1.0)]
    assert len(traces) == 1
    np.testing.assert_array_equal(results[0], images)
    assert np.abs(results[3] - images).max() > 0.1


def test_a_graph_of_any_batch_gives_what_eager_does(augmentation):
    signature = [
        tf.TensorSpec([None, 8, 8, 3]),
        tf.TensorSpec([]),
        tf.TensorSpec([2], tf.int32),
    ]
    images = make_images((8, 8, 3), batch=5)
    eager = augmentation.apply(images, at(0.5), SEED)
    graph = tf.function(augmentation.apply, input_signature=signature, autograph=False)
    np.testing.assert_allclose(graph(images, at(0.5), SEED), eager, atol=1e-6)


def test_xla_compiles_it(augmentation):
    # With the random numbers of its own that XLA draws.
    compiled = tf.function(augmentation.apply, jit_compile=True, autograph=False)
    images = make_images((8, 8, 3))
    np.testing.assert_array_equal(compiled(images, at(0.0), SEED), images)
    changed = np.abs(compiled(images, at(1.0), SEED) - images).max(axis=(1, 2, 3))
    assert (changed > 1e-3).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_changes_nothing(augmentation, policy):
    images = make_images((8, 8, 3))
    plain = augmentation.apply(images, at(1.0), SEED)
    keras.mixed_precision.set_global_policy(policy)
    try:
        mixed = augmentation.apply(images, at(1.0), SEED)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert mixed.dtype == tf.float32
    np.testing.assert_array_equal(mixed, plain)


@functools.cache
def graph_of(augmentation):
    """Traced once for all seeds, which takes longer than all the rest."""
    return tf.function(augmentation.apply, autograph=False)


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 7, 3)])
@pytest.mark.parametrize("seed", [0, 1])
def test_first_and_second_derivatives_are_those_of_the_affine_map(augmentation, shape, seed):
    # For one seed, an augmentation is y = A x + b. A is read off the forward pass alone, and with
    # D(y) = sum(v y^3) / 3 the R1 of D(T(x)) is R = |A' (v y^2)|^2, whose derivatives have a closed
    # form in float64.
    apply = graph_of(augmentation)
    seed = tf.constant([seed, 5], tf.int32)
    images = make_images(shape, batch=1)
    offset = apply(tf.zeros_like(images), at(1.0), seed).numpy().astype(np.float64).ravel()
    size = offset.size
    units = tf.reshape(tf.eye(size), [size, 1, *shape])
    columns = [apply(unit, at(1.0), seed).numpy().astype(np.float64).ravel() for unit in units]
    linear = np.stack(columns, axis=1) - offset[:, None]
    x = images.numpy().astype(np.float64).ravel()
    v = np.random.default_rng(2).standard_normal(size)
    y = linear @ x + offset
    first = linear.T @ (v * y**2)
    # dR/dv and dR/dx.
    by_weight = 2.0 * y**2 * (linear @ first)
    by_image = 4.0 * linear.T @ (v * y * (linear @ first))

    weights = tf.Variable(v.reshape(1, *shape), dtype=tf.float32)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            augmented = apply(images, at(1.0), seed)
            logit = tf.reduce_sum(weights * augmented**3) / 3.0
        gradient = inner.gradient(logit, images)
        penalty = tf.reduce_sum(gradient**2)
    for got, expected in [
        (augmented, y),
        (gradient, first),
        (outer.gradient(penalty, weights), by_weight),
        (outer.gradient(penalty, images), by_image),
    ]:
        scale = np.abs(expected).max()
        np.testing.assert_allclose(np.ravel(got) / scale, expected / scale, atol=3e-5)
    assert np.abs(by_weight).max() > 0

    # The closed form itself, by central differences of R.
    for index in range(0, size, 17):
        nudge = np.zeros(size)
        nudge[index] = 1e-5
        high, low = (((linear.T @ ((v + s * nudge) * y**2)) ** 2).sum() for s in (1, -1))
        assert by_weight[index] == pytest.approx((high - low) / 2e-5, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", ["r1", "r2", "wgan_gp", "dragan", "consistency"])
def test_lazy_penalties_train_a_network_through_it_in_a_graph(augmentation, name):
    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, activation="softplus"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    real, fake = make_images((8, 8, 3)), make_images((8, 8, 3), seed=1)

    def gradients(probability, step):
        def discriminate(images):
            return network(augmentation.apply(images, probability, SEED))[:, 0]

        def value():
            update = Update(
                network="discriminator",
                seed=SEED,
                real=real,
                fake=fake,
                discriminate=discriminate,
                discriminate_fake=discriminate,
            )
            return tf.reduce_mean(PENALTIES.load(name).value(update))

        with tf.GradientTape() as tape:
            penalty = tf.cond(step % 4 == 0, value, lambda: 0.0)
        weights = [v.value for v in network.trainable_variables]
        return tape.gradient(penalty, weights, unconnected_gradients="zero")

    graph = tf.function(gradients, autograph=False)
    for probability in (0.0, 0.6):
        eager = gradients(at(probability), tf.constant(4))
        for got, expected in zip(graph(at(probability), tf.constant(4)), eager, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)
        assert max(np.abs(gradient).max() for gradient in eager) > 1e-3
    assert all(np.all(g == 0) for g in graph(at(0.6), tf.constant(5)))


@pytest.mark.parametrize("probability", [0.0, 0.4])
def test_alpha_keeps_its_values_under_color_alone(augmentation, probability):
    images = make_images((8, 8, 4))
    augmented = augmentation.only(["color"]).apply(images, at(probability), SEED)
    np.testing.assert_array_equal(augmented[..., 3], images[..., 3])


def test_color_treats_alpha_images_as_their_colors_alone(augmentation):
    images = make_images((8, 8, 4))
    color = augmentation.only(["color"])
    with_alpha = color.apply(images, at(1.0), SEED)[..., :3]
    np.testing.assert_allclose(with_alpha, color.apply(images[..., :3], at(1.0), SEED), atol=1e-6)
    assert np.abs(with_alpha - images[..., :3]).max() > 0.1


def test_policies_are_chosen_by_name(augmentation):
    names = augmentation.policies
    assert augmentation.only(names[::-1]) == augmentation
    assert augmentation.only([names[1]]).policies == (names[1],)
    with pytest.raises(UserError, match="unknown 'colour'"):
        augmentation.only(["colour"])
    with pytest.raises(UserError, match="none given"):
        augmentation.only([])
