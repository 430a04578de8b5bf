"""Gradient accumulation: takes the slices of a batch one after the other.

A replica's part of the batch is dealt out in slices of equal size; see `replicas.Slice`. Only the
activations of one slice are in memory at a time. What the slices compute is added up, or put
together in the order of the batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from gan_cli import replicas


@dataclass(frozen=True)
class Slicing:
    """How this replica's part of a batch is dealt out.

    Attributes:
      count: number of slices.
      examples: number of images in each.
      together: number of neighbours that stay together, a divisor of `examples`.
    """

    count: int
    examples: int
    together: int = 1

    def slice(self, index: tf.Tensor) -> replicas.Slice:
        """Returns the slice of this number, int32 scalar."""
        return replicas.Slice(self.count, self.examples // self.together, index)

    def each(
        self,
        compute: Callable[[], tuple[Any, Any]],
        buffers: Sequence[tf.Variable] = (),
        keep: bool = True,
    ) -> tuple[Any, Any]:
        """Calls a function for every slice, within `replicas.slicing`.

        Args:
          compute: returns two nested structures: of tensors to add up, and of tensors
            [examples, ...] to put together. None stays None in both.
          buffers: variables that `compute` changes. Every slice starts from their present values.
          keep: whether they end with the mean change of all slices, which is the change by the
            whole batch where they are averages over images; False: they end as they were.

        Returns:
          the sums, and the tensors [count * examples, ...]. A sparse gradient keeps the rows of all
          slices, as it does for the whole batch.
        """
        starts = [tf.identity(variable) for variable in buffers]
        moving = [i for i, start in enumerate(starts) if keep and start.dtype.is_floating]
        # The structures that `compute` returns, which are known once it is traced.
        nests: list[Any] = []

        def one(index: tf.Tensor) -> list[list[tf.Tensor]]:
            for variable, start in zip(buffers, starts, strict=True):
                variable.assign(start)
            with replicas.slicing(self.slice(index)):
                nests[:] = compute()
            summed, gathered = ([v for v in tf.nest.flatten(n) if v is not None] for n in nests)
            dense = [value for value in summed if not _is_sparse(value)]
            sparse = [(v.indices, v.values, v.dense_shape) for v in summed if _is_sparse(v)]
            changes = [buffers[i] - starts[i] for i in moving]
            return [[*dense, *changes], [*gathered, *(part for v in sparse for part in v)]]

        # Traced by itself, because a loop needs to know the shapes of what it adds up.
        traced = tf.function(one, autograph=False).get_concrete_function(
            tf.TensorSpec([], tf.int32)
        )
        sums, stacks = self._loop(traced)
        changes = [change / self.count for change in sums[len(sums) - len(moving) :]]
        # Replicas cannot take the mean of nothing.
        changes = replicas.mean(changes) if changes else []
        for i, change in zip(moving, changes, strict=True):
            buffers[i].assign(starts[i] + change)
        if not keep:
            for variable, start in zip(buffers, starts, strict=True):
                variable.assign(start)
        whole, dense, rows = self.slice(tf.constant(0)).whole, iter(sums), iter(stacks)
        gathered = _filled(nests[1], lambda value: whole(next(rows)))
        summed = _filled(
            nests[0],
            lambda value: (
                _joined(*(next(rows) for _ in range(3))) if _is_sparse(value) else next(dense)
            ),
        )
        return summed, gathered

    def _loop(self, traced: Any) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Calls a function for every slice; adds up its first results and stacks the others."""
        added, stacked = traced.structured_outputs
        zeros = [tf.zeros(spec.shape, spec.dtype) for spec in added]
        arrays = [
            tf.TensorArray(spec.dtype, self.count, element_shape=spec.shape) for spec in stacked
        ]

        def step(index: tf.Tensor, totals: list, arrays: list) -> tuple[tf.Tensor, list, list]:
            values, pieces = traced(index)
            totals = [total + value for total, value in zip(totals, values, strict=True)]
            written = [a.write(index, piece) for a, piece in zip(arrays, pieces, strict=True)]
            return index + 1, totals, written

        _, totals, arrays = tf.while_loop(
            lambda index, totals, arrays: index < self.count,
            step,
            (tf.constant(0), zeros, arrays),
            # Else TensorFlow begins further slices, whose activations take memory too.
            parallel_iterations=1,
        )
        return totals, [array.stack() for array in arrays]


def _is_sparse(value: Any) -> bool:
    return isinstance(value, tf.IndexedSlices)


def _joined(indices: tf.Tensor, values: tf.Tensor, dense_shapes: tf.Tensor) -> tf.IndexedSlices:
    """Returns one sparse gradient from those of all slices, each stacked along the first axis."""
    rows = tf.reshape(values, [-1, *values.shape[2:]])
    return tf.IndexedSlices(rows, tf.reshape(indices, [-1]), dense_shapes[0])


def _filled(nest: Any, value: Callable[[Any], Any]) -> Any:
    """Returns the structure with a new value for each that is not None."""
    flat = [None if old is None else value(old) for old in tf.nest.flatten(nest)]
    return tf.nest.pack_sequence_as(nest, flat)
