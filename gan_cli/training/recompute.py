"""Passes that keep few activations and compute the others again for the backward pass.

A network is cut into segments. The forward pass keeps what flows from one segment into the next;
the backward pass runs a segment once more, from its last to its first (Chen et al. 2016, "Training
deep nets with sublinear memory cost"). The results are the same, for one more forward pass and
much less memory. A gradient may be differentiated again, as gradient penalties do; Keras' and
TensorFlow's own recomputation refuses that.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from gan_cli.training.segments import Part, parts_of

Function = Callable[..., list[tf.Tensor]]


def recomputed(function: Function, *tensors: tf.Tensor) -> list[tf.Tensor]:
    """Returns the outputs of a function, which backward passes call again.

    Args:
      function: from tensors to a list of tensors; it must always return the same values, and see
        whatever is differentiated as an argument.
      tensors: of floating-point types.
    """

    @tf.custom_gradient
    def run(*tensors: tf.Tensor) -> tuple[list[tf.Tensor], Function]:
        # Only the call below is differentiated.
        with tf.GradientTape() as unused, unused.stop_recording():
            outputs = function(*tensors)

        def gradient(*upstream: tf.Tensor) -> list[tf.Tensor]:
            # Those of an embedding's rows are sparse.
            dense = map(tf.convert_to_tensor, upstream)
            return recomputed(_backward(function, len(tensors)), *tensors, *dense)

        return outputs, gradient

    return list(run(*tensors))


def _backward(function: Function, count: int) -> Function:
    def backward(*arguments: tf.Tensor) -> list[tf.Tensor]:
        upstream = list(arguments[count:])
        # Without the dependency, TensorFlow would find that the first call has computed all this,
        # and keep it.
        with tf.control_dependencies(upstream):
            tensors = [tf.identity(tensor) for tensor in arguments[:count]]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = function(*tensors)
        gradients = tape.gradient(
            outputs, tensors, upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return list(map(tf.convert_to_tensor, gradients))

    return backward


class RecomputedModel:
    """Runs training-mode passes of a functional model in segments.

    Args:
      model: its layers must compute the same in every pass of one step, as layers do whose random
        numbers are functions of a seed.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self._parts = parts_of(model)
        self._inner = {
            index: RecomputedModel(part.model)
            for index, part in enumerate(self._parts)
            if part.is_inner
        }

    def __call__(
        self, inputs: Any, values: Mapping[int, tf.Tensor]
    ) -> tuple[Any, dict[int, tf.Tensor]]:
        """Returns the outputs, and the new values of the buffers that the pass changes.

        Args:
          values: values of all variables of the model, by the variable's `id`.
        """
        given = keras.tree.flatten(inputs)
        known = {id(tensor): value for tensor, value in zip(self.model.inputs, given, strict=True)}
        buffers: dict[int, tf.Tensor] = {}
        for index, part in enumerate(self._parts):
            own = [known[id(tensor)] for tensor in part.inputs]
            if index in self._inner:
                structure = keras.tree.pack_sequence_as(part.model.input, own)
                outputs, changed = self._inner[index](structure, values)
                found = keras.tree.flatten(outputs)
            else:
                found, changed = _run(part, own, values)
            known |= {id(t): value for t, value in zip(part.outputs, found, strict=True)}
            buffers |= changed
        outputs = [known[id(tensor)] for tensor in keras.tree.flatten(self.model.output)]
        return keras.tree.pack_sequence_as(self.model.output, outputs), buffers


def _run(
    part: Part, inputs: Sequence[tf.Tensor], values: Mapping[int, tf.Tensor]
) -> tuple[list[tf.Tensor], dict[int, tf.Tensor]]:
    model = part.model
    weights = [values[id(variable)] for variable in model.trainable_variables]
    kept = [values[id(variable)] for variable in model.non_trainable_variables]
    is_float = [tensor.dtype.is_floating for tensor in inputs]
    floats = [tensor for tensor, chosen in zip(inputs, is_float, strict=True) if chosen]

    changed: list[int] = []

    def call(*tensors: tf.Tensor) -> list[tf.Tensor]:
        own, rest = iter(tensors[: len(floats)]), list(tensors[len(floats) :])
        # Labels have no gradient.
        merged = [
            next(own) if chosen else tensor for tensor, chosen in zip(inputs, is_float, strict=True)
        ]
        outputs, buffers = model.stateless_call(rest, kept, merged, training=True)
        changed[:] = [index for index, value in enumerate(buffers) if value is not kept[index]]
        return [*keras.tree.flatten(outputs), *(tf.convert_to_tensor(buffers[i]) for i in changed)]

    found = recomputed(call, *floats, *weights)
    count = len(part.outputs)
    buffers = map(tf.stop_gradient, found[count:])
    variables = [model.non_trainable_variables[index] for index in changed]
    return found[:count], dict(zip(map(id, variables), buffers, strict=True))
