"""Doubles and halves the resolution through the low-pass filter [1, 3, 3, 1].

Zhang 2019 explains why to filter; the filter is that of Karras et al. 2020 (StyleGAN2), appendix B.
It is computed as sums of shifted images, which have gradients of every order on every device.
"""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.parts import part


def doubled(x: tf.Tensor) -> tf.Tensor:
    """Doubles both sides of images [batch, height, width, n], with zeros beyond the border."""
    return _doubled_along(_doubled_along(x, 1), 2)


def halved(x: tf.Tensor) -> tf.Tensor:
    """Halves both sides of images [batch, height, width, n], rounded up."""
    return _halved_along(_halved_along(x, 1), 2)


def filtered(x: tf.Tensor, padding: int, gain: float = 1.0) -> tf.Tensor:
    """Convolves both sides with the filter, after `padding` zeros at each end.

    The filter sums to `gain` ** 2. A side of n becomes n + 2 `padding` - 3.
    """
    for axis in (1, 2):
        x = _padded(x, axis, padding, padding)
        size = x.shape[axis] - 3
        outer = part(x, axis, 0, size) + part(x, axis, 3, size)
        inner = part(x, axis, 1, size) + part(x, axis, 2, size)
        x = (outer + 3.0 * inner) * tf.cast(gain / 8.0, x.dtype)
    return x


def smoothed(x: tf.Tensor) -> tf.Tensor:
    """Averages images [batch, height, width, n] along both sides by [1, 2, 1] / 4.

    The size stays the same; beyond the border the outermost pixels repeat. Patterns of period two
    vanish, whichever of the two sides they run along.
    """
    for axis in (1, 2):
        size = x.shape[axis]
        first, last = part(x, axis, 0, 1), part(x, axis, size - 1, 1)
        wide = tf.concat([first, x, last], axis=axis)
        outer = part(wide, axis, 0, size) + part(wide, axis, 2, size)
        x = (outer + 2.0 * x) * tf.cast(0.25, x.dtype)
    return x


def cropped(x: tf.Tensor, size: tuple[int, ...]) -> tf.Tensor:
    """Returns the top left part of this size: doubling exceeds odd sizes by a row or a column."""
    return x if tuple(x.shape[1:3]) == size else x[:, : size[0], : size[1]]


def _doubled_along(x: tf.Tensor, axis: int) -> tf.Tensor:
    size = x.shape[axis]
    wide = _padded(x, axis, 1, 1)
    before, after = part(wide, axis, 0, size), part(wide, axis, 2, size)
    pairs = tf.stack([before + 3.0 * x, 3.0 * x + after], axis=axis + 1)
    shape = [-1, *x.shape[1:]]
    shape[axis] = 2 * size
    return tf.reshape(pairs, shape) * tf.cast(0.25, x.dtype)


def _halved_along(x: tf.Tensor, axis: int) -> tf.Tensor:
    size = (x.shape[axis] + 1) // 2
    # One row of zeros in front for the filter, and as many behind as make the number even.
    wide = _padded(x, axis, 1, 2 * size + 1 - x.shape[axis])
    shape = list(wide.shape)
    shape[0] = -1
    shape[axis : axis + 1] = [size + 1, 2]
    even, odd = tf.unstack(tf.reshape(wide, shape), axis=axis + 1)
    # In the window (a, b, c, d), a and c are at even places, b and d at odd places.
    outer = part(even, axis, 0, size) + part(odd, axis, 1, size)
    inner = part(odd, axis, 0, size) + part(even, axis, 1, size)
    return (outer + 3.0 * inner) * tf.cast(0.125, x.dtype)


def _padded(x: tf.Tensor, axis: int, before: int, after: int) -> tf.Tensor:
    paddings = [[0, 0]] * 4
    paddings[axis] = [before, after]
    return tf.pad(x, paddings)


@keras.saving.register_keras_serializable("gan_cli")
class FilteredUpsampling(keras.layers.Layer):
    """Doubles the resolution, and crops to `size`, [height, width]."""

    def __init__(self, size: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return cropped(doubled(inputs), self.size)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0], *self.size, input_shape[-1]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class FilteredDownsampling(keras.layers.Layer):
    """Halves the resolution, rounded up."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return halved(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, height, width, channels = input_shape
        return batch, (height + 1) // 2, (width + 1) // 2, channels


@keras.saving.register_keras_serializable("gan_cli")
class LowPass(keras.layers.Layer):
    """Averages neighbouring pixels by [1, 2, 1] / 4 along both sides: see `smoothed`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return smoothed(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
