"""Parts of tensors are those of slices, bit for bit, in gradients and in gradients of gradients."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models.layers import resample, voices
from gan_cli.models.layers.parts import part
from gan_cli.objectives.augment import ada_color, diffaugment
from gan_cli.objectives.augment.draws import Draws

SEED = tf.constant([3, 11], tf.int32)
LOWEST = [36, 40, 48]


def sliced(x, axis, start, size):
    return x[(slice(None),) * axis + (slice(start, start + size),)]


def split_by_slices(x, sizes, axis):
    sizes = [x.shape[axis] // sizes] * sizes if isinstance(sizes, int) else sizes
    starts = np.cumsum([0, *sizes[:-1]])
    return [sliced(x, axis, start, size) for start, size in zip(starts, sizes, strict=True)]


def heard(symbols):
    """What `choir` hears, where two of three voices are one track."""
    pitches = voices.SoundingPitches().call(symbols)
    classes = voices.PitchClasses(LOWEST, [0, 1, 1]).call(pitches)
    found = [
        voices.Intervals(2, [1]).call(classes),
        voices.Contours(LOWEST).call(pitches),
        classes,
        symbols,
    ]
    return tf.concat([tf.reshape(each, [symbols.shape[0], -1]) for each in found], axis=1)


def recolored(images):
    draws = Draws(SEED, tf.shape(images)[0], ada_color.COLOR_UNIFORMS, ada_color.COLOR_NORMALS)
    return ada_color.recolor(images, ada_color.draw_color(draws, tf.constant(0.7)))


def colored(images):
    return diffaugment.color(images, Draws(SEED, tf.shape(images)[0], 3))


def resampled(images):
    return resample.halved(resample.filtered(resample.doubled(images), 2))


def with_penalty(transform, inputs):
    """A sum behind one layer, its gradient, and that of a penalty on it for the layer."""
    generator = np.random.default_rng(1)
    features = int(np.prod(transform(inputs).shape[1:]))
    weights = tf.Variable(generator.normal(0, 0.1, [features, 8]).astype(np.float32))

    @tf.function(autograph=False)
    def step(inputs):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                flat = tf.reshape(transform(inputs), [inputs.shape[0], features])
                logits = tf.reduce_sum(tf.tanh(flat @ weights))
            gradient = inner.gradient(logits, inputs)
            penalty = tf.reduce_sum(tf.square(gradient))
        return logits, gradient, outer.gradient(penalty, weights)

    return [value.numpy() for value in step(inputs)]


def images_of(channels):
    values = np.random.default_rng(0).uniform(-1, 1, [6, 12, 10, channels])
    return tf.constant(values, tf.float32)


def symbols():
    values = np.random.default_rng(0).dirichlet([0.1] * 26, [6, 3, 16])
    return tf.constant(values.transpose(0, 2, 3, 1), tf.float32)


@pytest.mark.parametrize(
    ("transform", "inputs"),
    [
        (heard, symbols()),
        (resampled, images_of(3)),
        *((each, images_of(channels)) for each in (recolored, colored) for channels in (3, 4)),
    ],
)
def test_steps_with_penalties_are_those_with_slices(transform, inputs, monkeypatch):
    found = with_penalty(transform, inputs)
    for room in (resample, voices):
        monkeypatch.setattr(room, "part", sliced)
    monkeypatch.setattr(tf, "split", split_by_slices)
    expected = with_penalty(transform, inputs)
    assert np.abs(expected[2]).max() > 0
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("axis", range(3))
def test_a_part_is_along_any_axis_and_of_any_batch(axis):
    x = np.arange(60).reshape(3, 4, 5)
    take = tf.function(
        lambda x: part(x, axis, 1, 2), input_signature=[tf.TensorSpec([None, 4, 5], tf.int64)]
    )
    np.testing.assert_array_equal(take(x), np.take(x, [1, 2], axis))
