"""Adam in one pass over memory."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gan_cli")
class FusedAdam(keras.optimizers.Adam):
    """Kingma and Ba 2015, end of section 2, by TensorFlow's fused kernel.

    It makes the same update as `keras.optimizers.Adam`, with the same slots. Keras' version passes
    over weights and slots a dozen times: a few per cent of a training step on a CPU.
    """

    def let_beta_2_move(self, start: float) -> None:
        """Makes `beta_2` a variable, which the training step assigns.

        The bias correction uses the present value as if it had never changed, as in PyTorch.
        """
        self.beta_2 = keras.Variable(
            start, dtype="float32", trainable=False, aggregation="only_first_replica"
        )

    def update_step(self, gradient: tf.Tensor, variable: Any, learning_rate: tf.Tensor) -> None:
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        beta_2 = keras.ops.convert_to_tensor(self.beta_2, "float32")
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
        )


def _handle(variable: keras.Variable | tf.Variable) -> tf.Tensor:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
