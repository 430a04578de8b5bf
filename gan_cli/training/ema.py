"""The running average of the generator, which samples and scores come from."""

import keras
import tensorflow as tf

from gan_cli.models.contract import layers_that_follow_weights


def ema_decay(
    images_shown: tf.Tensor,
    batch_size: int,
    half_life_kimg: float | tf.Tensor,
    ramp_up: float | None,
) -> tf.Tensor:
    """Returns the decay of one step: 0.5 ** (batch / half-life), as in Karras et al. 2020.

    Early in training, `ramp_up` times the images seen bounds the half-life, so that the average
    forgets the initial weights. A half-life of 0 copies the weights.

    Args:
      images_shown: integer scalar.

    Returns:
      float32 scalar in [0, 1).
    """
    half_life = tf.convert_to_tensor(half_life_kimg * 1000.0, tf.float32)
    if ramp_up is not None:
        half_life = tf.minimum(half_life, ramp_up * tf.cast(images_shown, tf.float32))
    # 0.5 ** (batch / 0) = 0, without dividing by zero.
    return tf.pow(0.5, batch_size / tf.maximum(half_life, 1e-3))


def update_ema(average: keras.Model, model: keras.Model, decay: tf.Tensor) -> None:
    """Moves the average towards the model, in place.

    Trainable weights are averaged. Other variables, such as batch statistics, are copied: they are
    averages already. Those that follow from the weights, such as singular vectors, are not copied:
    the vector of the model's weights would underestimate the singular value of the averaged ones.
    """
    for mean, weight in zip(average.trainable_variables, model.trainable_variables, strict=True):
        # mean - (1 - decay) * (mean - weight), by a kernel that passes over memory fewer times than
        # separate operations.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=mean.value.handle, alpha=1.0 - decay, delta=mean.value - weight.value
        )
    following = layers_that_follow_weights(average)
    own = {id(buffer) for layer in following for buffer in layer.own_buffers()}
    for copy, buffer in zip(
        average.non_trainable_variables, model.non_trainable_variables, strict=True
    ):
        if id(copy) not in own:
            copy.assign(buffer)
    for layer in following:
        layer.after_averaging()
