"""Applies affine maps to images: by copying pixels onto pixels, or through wavelet filters.

Beyond its borders, an image continues as its own reflection, without end and without repeating the
border pixels. Maps are [batch, 3, 3], from output to input coordinates; see `ada_geometry`.

Between pixels, Karras et al. 2020 (appendix B) sample bilinearly at twice the resolution. The
orthogonal wavelet sym6 is used for upsampling and downsampling. Because the filter is orthogonal to
its own shifts by two, the identity map returns the image itself.
"""

import numpy as np
import tensorflow as tf

from gan_cli.objectives.augment.pixels import centred, gather_pixels

# Low-pass taps of Daubechies' least asymmetric wavelet of 6 vanishing moments; sum: sqrt(2).
SYM6 = np.array(
    [
        0.015404109327027373,
        0.0034907120842174702,
        -0.11799011114819057,
        -0.048311742585633,
        0.4910559419267466,
        0.787641141030194,
        0.3379294217276218,
        -0.07263752278646252,
        -0.021060292512300564,
        0.04472490177066578,
        0.0017677118642428036,
        -0.007800708325034148,
    ]
)
# The tap of the pixel itself: the filter delays low frequencies by about this much.
CENTRE_TAP = 5


def reflected(positions: tf.Tensor, size: int) -> tf.Tensor:
    """Returns the positions in 0 .. size - 1 that an endless reflection shows: whole numbers."""
    period = max(2 * (size - 1), 1)
    within = positions % period
    return (size - 1) - abs((size - 1) - within)


def blit(images: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """Applies maps of the pixel grid onto itself, by copying pixels."""
    height, width = images.shape[1:3]
    rows, columns = _positions(source, centred(height), centred(width))
    rows = reflected(tf.cast(tf.round(rows + (height - 1) / 2), tf.int32), height)
    columns = reflected(tf.cast(tf.round(columns + (width - 1) / 2), tf.int32), width)
    return gather_pixels(images, rows, columns)


def warp(images: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """Applies any affine maps, filtered against aliasing: float32 in and out, same shape."""
    height, width = images.shape[1:3]
    # Channels first: sampling single numbers takes half the time of sampling short vectors with
    # one weight.
    fine = _along_both(tf.transpose(images, [0, 3, 1, 2]), _up(height), _up(width))
    rows, columns = _positions(source, _fine_coordinates(height), _fine_coordinates(width))
    sampled = _bilinear(
        fine,
        2.0 * (columns + (width - 1) / 2) + CENTRE_TAP,
        2.0 * (rows + (height - 1) / 2) + CENTRE_TAP,
    )
    return tf.transpose(_along_both(sampled, _down(height), _down(width)), [0, 3, 2, 1])


def _along_both(planes: tf.Tensor, down: tf.Tensor, across: tf.Tensor) -> tf.Tensor:
    """Filters planes [batch, channels, rows, columns] by a matrix per axis, and transposes them.

    Returns [batch, channels, columns, rows]. It multiplies two plain matrices: `tf.matmul` of a
    matrix with a stack of others has corrupted memory in TensorFlow 2.21 on CPUs.
    """

    def along_last(planes: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
        channels, rows, columns = planes.shape[1:]
        filtered = tf.matmul(tf.reshape(planes, [-1, columns]), matrix, transpose_b=True)
        return tf.reshape(filtered, [-1, channels, rows, matrix.shape[0]])

    across_done = along_last(planes, across)
    return along_last(tf.transpose(across_done, [0, 1, 3, 2]), down)


def _positions(source: tf.Tensor, y: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the sources of the grid y [rows] times x [columns]: y, x [batch, rows, columns]."""
    entry = source[:, :, :, None, None]
    y, x = y[:, None], x[None, :]
    return (
        entry[:, 1, 0] * x + entry[:, 1, 1] * y + entry[:, 1, 2],
        entry[:, 0, 0] * x + entry[:, 0, 1] * y + entry[:, 0, 2],
    )


def _fine_coordinates(size: int) -> tf.Tensor:
    """Returns coordinates of the samples before downsampling, from the centre: [2 size + 10]."""
    count = 2 * size + len(SYM6) - 2
    return (tf.range(count, dtype=tf.float32) - CENTRE_TAP) / 2.0 - (size - 1) / 2


def _up(size: int) -> tf.Tensor:
    """Returns the matrix that upsamples an axis and its endless reflection: [samples, size].

    The samples are one period and its first sample again, so that all have a right neighbour.
    """
    pixels = max(2 * (size - 1), 1)
    matrix = np.zeros([2 * pixels + 1, size])
    for sample in range(2 * pixels + 1):
        for tap in range(sample % 2, len(SYM6), 2):
            matrix[sample, reflected((sample - tap) // 2, size)] += SYM6[tap] * np.sqrt(2.0)
    return tf.constant(matrix, tf.float32)


def _down(size: int) -> tf.Tensor:
    """Returns the matrix that downsamples an axis, the adjoint of `_up`: [size, 2 size + 10]."""
    matrix = np.zeros([size, 2 * size + len(SYM6) - 2])
    for pixel in range(size):
        matrix[pixel, 2 * pixel : 2 * pixel + len(SYM6)] = SYM6 / np.sqrt(2.0)
    return tf.constant(matrix, tf.float32)


def _bilinear(fine: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Samples one period of periodic planes at any positions.

    Args:
      fine: [batch, channels, height + 1, width + 1], one period and its first row and column.
      rows, columns: float32 [batch, ...].

    Returns:
      [batch, channels, ...].
    """
    _, channels, height, width = fine.shape
    top, down = _split(rows, height - 1)
    left, right = _split(columns, width - 1)
    plane = tf.reshape(tf.range(tf.shape(fine)[0] * channels), [-1, channels, 1, 1])
    corner = plane * (height * width) + (top * width + left)[:, None]
    numbers = tf.reshape(fine, [-1])
    upper_left, upper_right, lower_left, lower_right = (
        tf.gather(numbers, corner + offset) for offset in (0, 1, width, width + 1)
    )
    upper = upper_left + right * (upper_right - upper_left)
    lower = lower_left + right * (lower_right - lower_left)
    return upper + down * (lower - upper)


def _split(position: tf.Tensor, period: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the sample at or before a position, in the period, and the rest: [batch, 1, ...]."""
    whole = tf.floor(position)
    return tf.cast(whole, tf.int32) % period, (position - whole)[:, None]
