"""What the replicas of a step share: random numbers drawn, and means taken, for the global batch.

Under `tf.distribute` every replica takes the same step on its slice of the global batch. Whatever
looks at the whole batch or draws numbers for it goes through here, so that the replicas together
compute what one device would. Outside of a strategy there is one replica, and every function here
is the plain operation of TensorFlow.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import tensorflow as tf

# What is due in the step that is being traced: {(every, phase): whether}; see `when`.
_due: Mapping[tuple[int, int], bool] = {}


def count() -> int:
    """Number of replicas that take the step together."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1


def slice_of(whole: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """This replica's part of what was drawn for the global batch.

    Args:
      axis: the one that counts examples; the number of replicas divides it.
    """
    if count() == 1:
        return whole
    index = tf.distribute.get_replica_context().replica_id_in_sync_group
    # The index is a tensor, which a list cannot be indexed by.
    return tf.stack(tf.split(whole, count(), axis))[index]


def uniform(shape, seed, minval=0, maxval=None, dtype=tf.float32, axis: int = 0) -> tf.Tensor:
    """`tf.random.stateless_uniform` for this replica's examples, of `shape`."""
    whole = tf.random.stateless_uniform(_whole(shape, axis), seed, minval, maxval, dtype)
    return slice_of(whole, axis)


def normal(shape, seed, axis: int = 0) -> tf.Tensor:
    """`tf.random.stateless_normal` for this replica's examples, of `shape`."""
    return slice_of(tf.random.stateless_normal(_whole(shape, axis), seed), axis)


def share(loss: tf.Tensor) -> tf.Tensor:
    """This replica's part of the global loss, of which it has taken the mean over its examples."""
    return loss if count() == 1 else loss / count()


def total(values):
    """The sum over the replicas of gradients; None stays None.

    Of sparse ones the slices of all replicas, as one device would have them: Keras' Adam does not
    treat them as their sum.
    """
    if count() == 1:
        return values
    return _reduced(tf.distribute.ReduceOp.SUM, values)


def mean(values):
    """The mean over the replicas of a tensor, or of each of several; it can be differentiated.

    Replicas hold as many examples each, so that it is the global mean of their means.
    """
    if count() == 1:
        return values
    return _reduced(tf.distribute.ReduceOp.MEAN, values)


def _reduced(how: tf.distribute.ReduceOp, values):
    flat = tf.nest.flatten(values)
    # All in one reduction, which costs far less than many.
    found = [value for value in flat if value is not None]
    reduced = iter(tf.distribute.get_replica_context().all_reduce(how, found))
    return tf.nest.pack_sequence_as(
        values, [None if value is None else next(reduced) for value in flat]
    )


def moments(values: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """`tf.nn.moments` of the global batch, which is axis 0 of `values` and one of `axes`."""
    if count() == 1:
        return tf.nn.moments(values, axes)
    centre = mean(tf.reduce_mean(values, axes, keepdims=True))
    # As in `tf.nn.moments`, whose second derivatives these must share.
    distance = tf.math.squared_difference(values, tf.stop_gradient(centre))
    return tf.squeeze(centre, axes), mean(tf.reduce_mean(distance, axes))


def standard_deviation(values: tf.Tensor) -> tf.Tensor:
    """Of all values of the global batch: float32 scalar."""
    if count() == 1:
        return tf.math.reduce_std(values)
    centre = mean(tf.reduce_mean(values))
    return tf.sqrt(mean(tf.reduce_mean(tf.square(values - centre))))


def when(
    step: tf.Tensor, every: int, phase: int, value: Callable[[], tf.Tensor], otherwise: Callable
) -> tf.Tensor:
    """`value()` in the steps of which `step % every == phase`, else `otherwise()`.

    With several replicas whoever runs the step must have said, by `tracing`, which it is: replicas
    cannot meet, as for a mean, within a branch of their own.
    """
    if count() == 1:
        return tf.cond(step % every == phase, value, otherwise)
    return value() if _due[every, phase] else otherwise()


@contextlib.contextmanager
def tracing(due: Mapping[tuple[int, int], bool]) -> Iterator[None]:
    """Says what is due, by (every, phase), in the step that is traced meanwhile."""
    global _due
    previous, _due = _due, due
    try:
        yield
    finally:
        _due = previous


def apply(
    optimizer, gradients: Sequence[tf.Tensor], variables: Sequence, wanted: tf.Tensor | None = None
) -> None:
    """Lets a Keras optimiser take a step on gradients that are the same on all replicas.

    Args:
      wanted: bool scalar, the same on all replicas: whether to take it at all; None: always.
    """
    if wanted is None:
        optimizer.apply(gradients, variables)
        return
    if count() == 1:
        _only_if(wanted, lambda: optimizer.apply(gradients, variables))
        return

    def decide(strategy, gradients, wanted):
        first = strategy.experimental_local_results(wanted)[0]
        step = lambda *own: optimizer.apply(own, variables)  # noqa: E731
        _only_if(first, lambda: strategy.extended.call_for_each_replica(step, args=gradients))

    # Replicas meet within the optimiser, which they cannot in a branch of their own.
    tf.distribute.get_replica_context().merge_call(decide, args=(tuple(gradients), wanted))


def _only_if(wanted: tf.Tensor, act: Callable[[], object]) -> None:
    tf.cond(wanted, lambda: (act(), tf.constant(True))[1], lambda: tf.constant(False))


def _whole(shape, axis: int):
    """The shape of all replicas' parts together."""
    if count() == 1:
        return shape
    known = tf.get_static_value(tf.convert_to_tensor(shape))
    parts = tf.unstack(shape) if known is None else known.tolist()
    parts[axis] *= count()
    return parts
