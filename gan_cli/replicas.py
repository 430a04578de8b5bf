"""Random numbers and means for the global batch, which the replicas of a step share.

Under `tf.distribute` every replica takes the same step on its slice of the global batch. All code
that uses the whole batch, or draws random numbers for it, calls these functions, so that the
replicas together compute what one device would. Outside a strategy there is one replica, and every
function here is the plain operation of TensorFlow.

With gradient accumulation, a replica takes its part in slices, one after the other. Within
`slicing`, these functions are about one slice in the same way.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

# Whether work is due in the step that is being traced, by (every, phase); see `when`.
_due: Mapping[tuple[int, int], bool] = {}


@dataclass(frozen=True)
class Slice:
    """One slice of a replica's part of the batch.

    The part is dealt out in blocks of neighbours, like cards: the first block to the first slice,
    the second to the second, and so on. Images that pair up across the batch at equal distances, as
    those of a group of minibatch standard deviation, thus stay together.

    Attributes:
      count: number of slices.
      blocks: number of blocks in each.
      index: number of this slice, int32 scalar.
    """

    count: int
    blocks: int
    index: tf.Tensor

    def of(self, whole: tf.Tensor, axis: int = 0) -> tf.Tensor:
        """Returns this slice of a tensor whose `axis` holds the examples of a replica's part."""
        shape = [tf.shape(whole)[i] if n is None else n for i, n in enumerate(whole.shape)]
        before, length, after = shape[:axis], shape[axis], shape[axis + 1 :]
        block = length // (self.count * self.blocks)
        dealt = tf.reshape(whole, [*before, self.blocks, self.count, block, *after])
        own = tf.gather(dealt, self.index, axis=axis + 1)
        return tf.reshape(own, [*before, self.blocks * block, *after])

    def whole(self, slices: tf.Tensor) -> tf.Tensor:
        """Inverts `of` for all slices: [count, examples, ...] to [count * examples, ...]."""
        count, examples, *rest = slices.shape
        blocks = tf.reshape(slices, [count, self.blocks, examples // self.blocks, *rest])
        return tf.reshape(tf.experimental.numpy.swapaxes(blocks, 0, 1), [count * examples, *rest])


# The slice that is being traced; None: the replica's whole part.
_slice: Slice | None = None


def count() -> int:
    """Returns the number of replicas that take the step together."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1


def parts() -> int:
    """Returns into how many parts the global batch is divided: replicas times slices."""
    return count() * (_slice.count if _slice else 1)


@contextlib.contextmanager
def slicing(part: Slice) -> Iterator[None]:
    """Within this context, the functions of this module are about one slice of the batch.

    Replicas cannot communicate there: means are those of the slice.
    """
    global _slice
    previous, _slice = _slice, part
    try:
        yield
    finally:
        _slice = previous


def dealt(part: tf.Tensor | None) -> Any:
    """Returns the present slice of a tensor that holds this replica's examples; None stays None."""
    return part if _slice is None or part is None else _slice.of(part)


def slice_of(whole: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns this replica's part of a tensor for the global batch.

    Args:
      axis: the axis of examples, whose length the number of replicas divides.
    """
    if count() > 1:
        index = tf.distribute.get_replica_context().replica_id_in_sync_group
        # A tensor cannot index a list.
        whole = tf.stack(tf.split(whole, count(), axis))[index]
    return whole if _slice is None else _slice.of(whole, axis)


def uniform(
    shape: Any,
    seed: tf.Tensor,
    minval: Any = 0,
    maxval: Any = None,
    dtype: tf.DType = tf.float32,
    axis: int = 0,
) -> tf.Tensor:
    """Returns `tf.random.stateless_uniform` of `shape` for this replica's examples."""
    whole = tf.random.stateless_uniform(_whole(shape, axis), seed, minval, maxval, dtype)
    return slice_of(whole, axis)


def normal(shape: Any, seed: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns `tf.random.stateless_normal` of `shape` for this replica's examples."""
    return slice_of(tf.random.stateless_normal(_whole(shape, axis), seed), axis)


def share(loss: tf.Tensor) -> tf.Tensor:
    """Returns this part's share of the global loss, given the mean over its own examples."""
    return loss if parts() == 1 else loss / parts()


def total(values: Any) -> Any:
    """Returns the sum of gradients over the replicas; None stays None.

    Sparse gradients keep the slices of all replicas, as on one device: Keras' Adam does not treat
    them like their sum.
    """
    if count() == 1:
        return values
    return _reduced(tf.distribute.ReduceOp.SUM, values)


def mean(values: Any) -> Any:
    """Returns the mean over the replicas of a tensor, or of each of several; it is differentiable.

    All replicas hold equally many examples, so that the mean of their means is the global mean.
    """
    if count() == 1 or _slice is not None:
        return values
    return _reduced(tf.distribute.ReduceOp.MEAN, values)


def _reduced(how: tf.distribute.ReduceOp, values: Any) -> Any:
    flat = tf.nest.flatten(values)
    # One reduction of all tensors costs far less than many reductions.
    found = [value for value in flat if value is not None]
    reduced = iter(tf.distribute.get_replica_context().all_reduce(how, found))
    return tf.nest.pack_sequence_as(
        values, [None if value is None else next(reduced) for value in flat]
    )


def moments(values: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns `tf.nn.moments` of the global batch; `axes` must hold axis 0, the batch."""
    if count() == 1:
        return tf.nn.moments(values, axes)
    centre = mean(tf.reduce_mean(values, axes, keepdims=True))
    # As in `tf.nn.moments`, so that second derivatives are equal.
    distance = tf.math.squared_difference(values, tf.stop_gradient(centre))
    return tf.squeeze(centre, axes), mean(tf.reduce_mean(distance, axes))


def standard_deviation(values: tf.Tensor) -> tf.Tensor:
    """Returns the standard deviation of all values of the global batch: float32 scalar."""
    if count() == 1:
        return tf.math.reduce_std(values)
    centre = mean(tf.reduce_mean(values))
    return tf.sqrt(mean(tf.reduce_mean(tf.square(values - centre))))


def when(
    step: tf.Tensor, every: int, phase: int, value: Callable[[], tf.Tensor], otherwise: Callable
) -> tf.Tensor:
    """Returns `value()` in steps with `step % every == phase`, else `otherwise()`.

    With several replicas, the caller of the step must say by `tracing` which steps are traced:
    replicas cannot communicate, as for a mean, within a branch.
    """
    if count() == 1:
        return tf.cond(step % every == phase, value, otherwise)
    return value() if _due[every, phase] else otherwise()


@contextlib.contextmanager
def tracing(due: Mapping[tuple[int, int], bool]) -> Iterator[None]:
    """Within this context, `due` says which work is due in the traced step, by (every, phase)."""
    global _due
    previous, _due = _due, due
    try:
        yield
    finally:
        _due = previous


def apply(
    optimizer: Any,
    gradients: Sequence[tf.Tensor],
    variables: Sequence,
    wanted: tf.Tensor | None = None,
) -> None:
    """Takes a step of a Keras optimiser on gradients that are equal on all replicas.

    Args:
      wanted: whether to take the step, a bool scalar that is equal on all replicas; None: always.
    """
    if wanted is None:
        optimizer.apply(gradients, variables)
        return
    if count() == 1:
        _only_if(wanted, lambda: optimizer.apply(gradients, variables))
        return

    def decide(strategy: Any, gradients: Any, wanted: Any) -> None:
        first = strategy.experimental_local_results(wanted)[0]
        step = lambda *own: optimizer.apply(own, variables)  # noqa: E731
        _only_if(first, lambda: strategy.extended.call_for_each_replica(step, args=gradients))

    # Replicas communicate within the optimiser, which is not possible within a branch.
    tf.distribute.get_replica_context().merge_call(decide, args=(tuple(gradients), wanted))


def restart(optimizer: Any, wanted: tf.Tensor) -> None:
    """Sets the moments and the step count of a Keras optimiser to 0, if wanted.

    Args:
      wanted: bool scalar that is equal on all replicas.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    state = [variable for variable in inner.variables if variable is not inner.learning_rate]

    def clear() -> None:
        for variable in state:
            variable.assign(tf.zeros(variable.shape, variable.dtype))

    if count() == 1:
        _only_if(wanted, clear)
        return

    def decide(strategy: Any, wanted: Any) -> None:
        _only_if(strategy.experimental_local_results(wanted)[0], clear)

    tf.distribute.get_replica_context().merge_call(decide, args=(wanted,))


def _only_if(wanted: tf.Tensor, act: Callable[[], object]) -> None:
    tf.cond(wanted, lambda: (act(), tf.constant(True))[1], lambda: tf.constant(False))


def _whole(shape: Any, axis: int) -> Any:
    """Returns the shape of all parts together."""
    if parts() == 1:
        return shape
    known = tf.get_static_value(tf.convert_to_tensor(shape))
    sides = tf.unstack(shape) if known is None else known.tolist()
    sides[axis] *= parts()
    return sides
