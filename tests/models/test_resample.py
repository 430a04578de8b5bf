"""Resampling gives the very numbers of `x[:, a:b]`, with faster gradients."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models.layers.resample import doubled, filtered, halved

PADDING, GAIN = 1, 2.0


def filtered_by_strided_slices(x):
    for axis in (1, 2):
        paddings = np.zeros([4, 2], int)
        paddings[axis] = PADDING
        x = tf.pad(x, paddings)
        size = x.shape[axis] - 3

        def part(start, x=x, axis=axis, size=size):
            return x[:, start : start + size] if axis == 1 else x[:, :, start : start + size]

        # In this order: a compiled sum of gradients rounds by the order in which parts are taken.
        outer = part(0) + part(3)
        inner = part(1) + part(2)
        x = (outer + 3.0 * inner) * tf.constant(GAIN / 8.0)
    return x


def value_and_gradients(resample, batch=None):
    """Compiled: the value for an image, its gradient, and that of a function of the gradient."""

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([batch, 9, 8, 3])])
    def compute(images):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                value = resample(images)
                total = tf.reduce_sum(value**3)
            gradient = inner.gradient(total, images)
            penalty = tf.reduce_sum(gradient**3)
        return value, gradient, outer.gradient(penalty, images)

    return compute


@pytest.mark.parametrize("batch", [None, 4])
def test_is_bit_for_bit_the_filter_by_strided_slices(batch):
    images = tf.random.stateless_normal([4, 9, 8, 3], [0, 0])
    ours = value_and_gradients(lambda x: filtered(x, PADDING, GAIN), batch)(images)
    theirs = value_and_gradients(filtered_by_strided_slices, batch)(images)
    for one, other in zip(ours, theirs, strict=True):
        assert np.abs(other).max() > 0.1
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("resample", [doubled, halved, lambda x: filtered(x, PADDING)])
def test_no_gradient_is_that_of_a_strided_slice(resample):
    graph = value_and_gradients(resample).get_concrete_function().graph
    used = {operation.type for operation in graph.get_operations()}
    assert "Slice" in used
    assert "StridedSliceGrad" not in used
