"""Parts of images by channel, with a fast gradient.

Not by `images[..., a:b]`, whose gradient has a slow kernel on CPUs, which penalties of gradients
run once more.
"""

import tensorflow as tf

_COLOURS = 3


def channels_of(images: tf.Tensor, start: int, count: int) -> tf.Tensor:
    """Returns `count` channels of images [batch, height, width, channels], from `start` on."""
    if images.shape[3] == count:
        return images
    # TensorFlow's graph optimiser reorders sums by the names of what is added: with this name, each
    # sum rounds as with `images[..., a:b]`.
    with tf.name_scope("strided_slice"):
        return tf.slice(images, [0, 0, 0, start], [-1, -1, -1, count])


def divided(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the colours and the alpha channel of images; the latter is empty without one."""
    count = min(_COLOURS, images.shape[3])
    alpha = images.shape[3] - count
    rest = channels_of(images, count, alpha) if alpha else images[..., :0]
    return channels_of(images, 0, count), rest
