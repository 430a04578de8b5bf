"""The low-pass of the architectures that would leave a pattern of period two."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models import conv, dcgan
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.resample import LowPass


@pytest.mark.parametrize(("height", "width"), [(6, 8), (5, 7), (1, 2)])
def test_the_low_pass_averages_neighbours_and_repeats_the_border(height, width):
    x = np.random.default_rng(0).standard_normal((2, height, width, 3)).astype(np.float32)
    wide = np.pad(x.astype(np.float64), [(0, 0), (1, 1), (1, 1), (0, 0)], "edge")
    rows = (wide[:, :-2] + 2.0 * wide[:, 1:-1] + wide[:, 2:]) / 4.0
    expected = (rows[:, :, :-2] + 2.0 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 4.0
    np.testing.assert_allclose(LowPass()(tf.constant(x)), expected, atol=1e-6)


def _generator(architecture, low_pass):
    keras.utils.set_random_seed(0)
    spec = ModelSpec(16, 16, 3, 8, base_channels=8, options={"low_pass": low_pass})
    model = architecture.build_generator(spec)
    for variable in model.trainable_variables:
        # Bright enough for the pattern to show, and below what tanh bends much.
        factor = 5.0 if architecture is dcgan and len(variable.shape) > 1 else 2.0
        variable.assign(factor * variable)
    return model


def _pattern(images):
    """The mean absolute component of period two along both sides."""
    signs = (-1.0) ** np.add.outer(np.arange(16), np.arange(16))[..., None]
    return np.abs((np.asarray(images) * signs).mean(axis=(1, 2))).mean()


@pytest.mark.parametrize("architecture", [conv, dcgan])
def test_the_low_pass_removes_the_pattern_of_period_two(architecture):
    latents = tf.random.stateless_normal([32, 8], [0, 1])
    without, with_low_pass = (
        _pattern(_generator(architecture, on)(latents)) for on in (False, True)
    )
    assert without > 0.01
    assert with_low_pass < 0.1 * without


@pytest.mark.parametrize("architecture", [conv, dcgan])
def test_the_low_pass_has_no_weights(architecture):
    shapes = [[v.shape for v in _generator(architecture, on).variables] for on in (False, True)]
    assert shapes[0] == shapes[1]
