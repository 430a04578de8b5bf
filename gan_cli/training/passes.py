"""Training-mode passes of a network, which keep all activations or compute them again."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli.training.recompute import RecomputedModel


class Passes:
    """Runs a network in training mode.

    Args:
      model: a functional model.
      recompute: keep few activations, and compute the others again for the backward pass.
    """

    def __init__(self, model: keras.Model, recompute: bool = False):
        self.model = model
        self._recomputed = RecomputedModel(model) if recompute else None

    def learn(self, inputs: Any) -> Any:
        """Runs the pass of the network's own update, which updates its batch statistics."""
        if self._recomputed is None:
            return self.model(inputs, training=True)
        values = {id(variable): _value_of(variable) for variable in self.model.variables}
        outputs, buffers = self._recomputed(inputs, values)
        for variable in self.model.non_trainable_variables:
            if id(variable) in buffers:
                variable.assign(buffers[id(variable)])
        return outputs

    def forward(self, inputs: Any, weights: keras.Model | None = None) -> Any:
        """Runs a pass that leaves the network's buffers unchanged.

        A network does not change while the other one learns: updates of batch statistics are
        dropped.

        Args:
          weights: a model of the same layers whose weights are used; by default the network's own.
        """
        weights = weights or self.model
        if self._recomputed is None:
            outputs, _ = self.model.stateless_call(
                [variable.value for variable in weights.trainable_variables],
                [variable.value for variable in weights.non_trainable_variables],
                inputs,
                training=True,
            )
            return outputs
        pairs = (
            *zip(self.model.trainable_variables, weights.trainable_variables, strict=True),
            *zip(self.model.non_trainable_variables, weights.non_trainable_variables, strict=True),
        )
        values = {id(variable): _value_of(used) for variable, used in pairs}
        return self._recomputed(inputs, values)[0]


def _value_of(variable: keras.Variable) -> tf.Tensor:
    return tf.convert_to_tensor(variable.value)
