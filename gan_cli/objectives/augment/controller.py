"""How strongly to augment: Karras et al. 2020 (ADA), section 3, and the signals it steers by.

Every signal is 0 where the discriminator does not overfit and 1 where it has learned the training
images by heart. Average it over the steps between two moves of the probability.
"""

import tensorflow as tf

from gan_cli import replicas

SIGN_TARGET = 0.6
MOVE_EVERY_STEPS = 4
ADJUSTMENT_KIMG = 500.0


def next_probability(
    probability: tf.Tensor,
    signal: tf.Tensor,
    images_since: int,
    target: float = SIGN_TARGET,
    adjustment_kimg: float = ADJUSTMENT_KIMG,
) -> tf.Tensor:
    """Moves p one step of constant size towards the target: float32 scalar in [0, 1].

    Args:
      probability: p so far, float32 scalar.
      signal: measured since the last move. One that is not finite moves nothing.
      images_since: real images shown since the last move, batch times steps.
      adjustment_kimg: thousands of images in which p can go from 0 to 1.
    """
    size = images_since / (adjustment_kimg * 1000.0)
    signal = tf.cast(signal, tf.float32)
    direction = tf.where(tf.math.is_finite(signal), tf.sign(signal - target), 0.0)
    return tf.clip_by_value(probability + direction * size, 0.0, 1.0)


def real_sign(real_logits: tf.Tensor) -> tf.Tensor:
    """r_t = E sign D(x): equation 1. Needs no images held out.

    Means nothing under a relativistic loss, which leaves the offset of all logits open.
    """
    return replicas.mean(tf.reduce_mean(tf.sign(real_logits)))


def pair_sign(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """E sign(D(x) - D(G(z))): the counterpart of r_t where only differences of logits count.

    Not in the paper; on real and generated images told apart perfectly it is 1 as r_t is.
    """
    return replicas.mean(tf.reduce_mean(tf.sign(real_logits - fake_logits)))


def held_out_ratio(
    train_logits: tf.Tensor, held_out_logits: tf.Tensor, fake_logits: tf.Tensor
) -> tf.Tensor:
    """r_v = (E D_train - E D_held_out) / (E D_train - E D_fake): equation 1.

    No offset and no positive factor of the logits changes it, so it serves every loss. 0 where the
    discriminator does not tell real from generated images, and the ratio means nothing.
    """
    train, held_out, fake = replicas.mean(
        [tf.reduce_mean(logits) for logits in (train_logits, held_out_logits, fake_logits)]
    )
    apart = train - fake
    return tf.where(apart > 0.0, tf.math.divide_no_nan(train - held_out, apart), 0.0)
