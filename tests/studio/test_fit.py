"""The search for latents, where the nearest image is known in closed form."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.studio.fit.search import fit_latents, psnr_db

LATENT, SIDE = 4, 3


@pytest.fixture(scope="module")
def linear():
    """Images that are linear in the latents, shifted by the class: and the matrix."""
    matrix = np.random.default_rng(0).normal(0, 0.3, (LATENT, SIDE * SIDE)).astype(np.float32)
    shifts = np.array([[0.0] * 9, [0.5] * 9, [-0.5] * 9], np.float32)
    latents, labels = keras.Input([LATENT]), keras.Input([], dtype="int32")
    dense = keras.layers.Dense(SIDE * SIDE, use_bias=False)
    table = keras.layers.Embedding(3, SIDE * SIDE)
    flat = dense(latents) + table(labels)
    model = keras.Model([latents, labels], keras.layers.Reshape([SIDE, SIDE, 1])(flat))
    dense.set_weights([matrix])
    table.set_weights([shifts])
    return model, matrix, shifts


def draw(count):
    return np.random.default_rng(1).normal(size=(count, LATENT)).astype(np.float32)


def misfit_of(target):
    return lambda images: tf.reduce_mean(tf.square(images - target), axis=[1, 2, 3])


def search(linear, target, **options):
    classes, pool = options.pop("classes", [0, 1, 2]), options.pop("draw", draw)(512)
    given = {
        "pool": np.tile(pool, (len(classes), 1)),
        "labels": np.repeat(np.array(classes, np.int32), len(pool)),
        "uniform": False,
        "starts": 8,
        "steps": 400,
    }
    return fit_latents(linear[0], misfit_of(target), **(given | options))


def test_latents_and_class_of_a_generated_image_are_found(linear):
    model, _, _ = linear
    own = np.array([[0.5, -1.5, 1.0, 0.2]], np.float32)
    target = model([own, np.array([1])]).numpy()[0]
    found = search(linear, target)
    assert found.label == 1
    np.testing.assert_allclose(found.latents, own[0], atol=0.02)
    assert found.misfit < 1e-4 < found.first_misfit
    assert found.misfit_by_step == sorted(found.misfit_by_step, reverse=True)
    assert len(found.misfit_by_step) == 400


def test_the_nearest_of_an_image_that_is_none_is_the_least_squares_solution(linear):
    _, matrix, shifts = linear
    target = np.random.default_rng(2).normal(0, 0.5, (SIDE, SIDE, 1)).astype(np.float32)
    found = search(linear, target, classes=[2])
    expected, *_ = np.linalg.lstsq(matrix.T, target.ravel() - shifts[2], rcond=None)
    np.testing.assert_allclose(found.latents, expected, atol=0.02)


def test_uniform_latents_stay_in_their_range(linear):
    model, _, _ = linear
    target = model([np.array([[3.0, -3.0, 3.0, 3.0]], np.float32), np.array([0])]).numpy()[0]
    found = search(linear, target, uniform=True, draw=lambda n: np.clip(draw(n), -1, 1))
    assert np.abs(found.latents).max() <= 1.0


def test_the_same_search_finds_the_same(linear):
    target = np.full([SIDE, SIDE, 1], 0.3, np.float32)
    one, other = (search(linear, target, steps=20) for _ in range(2))
    np.testing.assert_array_equal(one.latents, other.latents)
    assert one.misfit_by_step == other.misfit_by_step


def test_psnr():
    zeros = np.zeros([4, 4, 1], np.uint8)
    assert psnr_db(zeros, zeros) == math.inf
    # A difference of 51 everywhere: 20 log10(255 / 51).
    assert psnr_db(zeros, zeros + np.uint8(51)) == pytest.approx(20 * math.log10(5))


def test_noise_belongs_to_the_latents_that_are_found(linear):
    model, _, _ = linear
    target = np.random.default_rng(2).normal(0, 0.5, (SIDE, SIDE, 1)).astype(np.float32)
    # One step, which has all of the noise.
    plain, found = (search(linear, target, steps=1, noise=noise) for noise in (0.0, 0.5))
    assert np.abs(found.latents - plain.latents).max() > 0.1
    images = model([found.latents[None], np.array([found.label])])
    assert found.misfit == pytest.approx(float(misfit_of(target)(images)[0]), rel=1e-5)
