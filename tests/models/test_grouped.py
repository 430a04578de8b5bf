"""Grouped convolution, of TensorFlow's own kernel and of one convolution a group."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models.layers import grouped
from gan_cli.models.layers.grouped import GroupedConv2D, group_by_group, native_gradients

GROUPS, HEIGHT, WIDTH = 3, 5, 4


def by_loops(images, kernel):
    """float64; stride 1, as many rows and columns as before."""
    side, channels = kernel.shape[0], kernel.shape[2]
    filters = kernel.shape[3] // GROUPS
    padded = np.pad(images, ((0, 0), (side // 2,) * 2, (side // 2,) * 2, (0, 0)))
    result = np.zeros((*images.shape[:3], kernel.shape[3]))
    for y, x, out in np.ndindex(HEIGHT, WIDTH, kernel.shape[3]):
        start = out // filters * channels
        window = padded[:, y : y + side, x : x + side, start : start + channels]
        result[:, y, x, out] = (window * kernel[..., out]).sum(axis=(1, 2, 3))
    return result


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    images = rng.standard_normal((2, HEIGHT, WIDTH, 2 * GROUPS))
    return images, rng.standard_normal((3, 3, 2, 4 * GROUPS))


def test_both_ways_are_the_definition(tensors):
    images, kernel = tensors
    expected = by_loops(images, kernel)
    layer = GroupedConv2D(4 * GROUPS, 3, padding="same", groups=GROUPS, use_bias=False)
    layer.build(images.shape)
    layer.kernel.assign(kernel)
    one_by_one = group_by_group(tf.constant(images), tf.constant(kernel), GROUPS, (1, 1), "SAME")
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-12, atol=1e-12)
    for native in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(grouped, "native_gradients", lambda dtype, native=native: native)
            result = layer(images.astype(np.float32))
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


def test_gradients_are_the_same(tensors):
    if not native_gradients("float32"):
        pytest.skip("TensorFlow has no gradients of grouped convolutions on this processor")
    images, kernel = (tf.constant(each, tf.float32) for each in tensors)

    def gradients(convolve):
        with tf.GradientTape() as tape:
            tape.watch([images, kernel])
            loss = tf.reduce_sum(tf.square(convolve()))
        return tape.gradient(loss, [images, kernel])

    native = gradients(lambda: tf.nn.conv2d(images, kernel, 1, "SAME"))
    own = gradients(lambda: group_by_group(images, kernel, GROUPS, (1, 1), "SAME"))
    for one, other in zip(own, native, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_gradients_exist_in_half_precision(tensors, policy):
    """TensorFlow may have them in float32 alone."""
    images, kernel = (tf.constant(each, tf.float32) for each in tensors)

    def gradient(policy):
        layer = GroupedConv2D(
            4 * GROUPS, 3, padding="same", groups=GROUPS, use_bias=False, dtype=policy
        )
        layer.build(images.shape)
        layer.kernel.assign(kernel)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.cast(layer(images), tf.float32)))
        return tape.gradient(loss, layer.kernel.value).numpy()

    exact = gradient("float32")
    np.testing.assert_allclose(gradient(policy), exact, atol=0.02 * np.abs(exact).max())


def test_gradients_exist_without_onednn():
    """Where TensorFlow's kernel has none, they come group by group; seen in a new process."""
    code = (
        "import tensorflow as tf\n"
        "from gan_cli.models.layers.grouped import GroupedConv2D, native_gradients\n"
        "layer = GroupedConv2D(6, 3, groups=3)\n"
        "images = tf.random.stateless_normal([2, 8, 8, 6], [0, 1])\n"
        "with tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_sum(tf.square(layer(images)))\n"
        "gradient = tape.gradient(loss, layer.kernel)\n"
        "print(native_gradients('float32'), float(tf.norm(gradient)) > 0)\n"
    )
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
