"""The controller of ADA's probability, and its signals: Karras et al. 2020, section 3.

Every signal is 0 if the discriminator does not overfit and 1 if it has memorised the training
images. Average it over the steps between two moves of the probability.
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
    """Moves the probability by one step of constant size towards the target.

    Args:
      probability: probability so far, float32 scalar.
      signal: mean signal since the last move. If it is not finite, the probability stays.
      images_since: real images shown since the last move: batch size times steps.
      target: signal above which the probability rises, and below which it falls.
      adjustment_kimg: thousands of images in which the probability can go from 0 to 1.

    Returns:
      float32 scalar in [0, 1].
    """
    size = images_since / (adjustment_kimg * 1000.0)
    signal = tf.cast(signal, tf.float32)
    direction = tf.where(tf.math.is_finite(signal), tf.sign(signal - target), 0.0)
    return tf.clip_by_value(probability + direction * size, 0.0, 1.0)


def real_sign(real_logits: tf.Tensor) -> tf.Tensor:
    """Returns r_t = E sign D(x): equation 1. It needs no held-out images.

    It is meaningless under a relativistic loss, which leaves the offset of all logits open.
    """
    return replicas.mean(tf.reduce_mean(tf.sign(real_logits)))


def pair_sign(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Returns E sign(D(x) - D(G(z))): r_t for losses that only compare logits.

    It is not in the paper. Like r_t, it is 1 if D tells all real from all generated images.
    """
    return replicas.mean(tf.reduce_mean(tf.sign(real_logits - fake_logits)))


def held_out_ratio(
    train_logits: tf.Tensor, held_out_logits: tf.Tensor, fake_logits: tf.Tensor
) -> tf.Tensor:
    """Returns r_v = (E D_train - E D_held_out) / (E D_train - E D_fake): equation 1.

    It suits every loss, because an offset or a positive factor of the logits does not change it. It
    is 0 where the discriminator does not tell real from generated images, so that the ratio would
    be meaningless.
    """
    train, held_out, fake = replicas.mean(
        [tf.reduce_mean(logits) for logits in (train_logits, held_out_logits, fake_logits)]
    )
    apart = train - fake
    return tf.where(apart > 0.0, tf.math.divide_no_nan(train - held_out, apart), 0.0)
